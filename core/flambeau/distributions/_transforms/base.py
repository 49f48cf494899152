"""What all transforms share: a cache of one value, an inverse, and shapes."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor

from .. import constraints

__all__ = ["Transform"]


class Transform:
    """A differentiable function of samples, invertible where ``bijective``. Source: ``torch.distributions.transforms.Transform``.

    A subclass gives ``domain`` and ``codomain`` (constraints), ``_call`` and ``_inverse``, and
    :meth:`log_abs_det_jacobian`; ``sign``, +1 or -1, if it is monotonic in one variable; ``forward_shape`` and
    ``inverse_shape`` if it changes shapes.

    Args:
        cache_size: 1 to keep the last value with its image, so that an inverse gives the very tensor back, or 0.

    Raises:
        ValueError: ``cache_size`` is neither.

    Example:
        >>> import flambeau as torch
        >>> class Cube(torch.distributions.transforms.Transform):
        ...     domain = codomain = torch.distributions.constraints.real
        ...     bijective = True
        ...     sign = +1
        ...
        ...     def _call(self, x):
        ...         return x**3
        ...
        ...     def _inverse(self, y):
        ...         return y.sign() * y.abs() ** (1 / 3)
        ...
        ...     def log_abs_det_jacobian(self, x, y):
        ...         return (3 * x**2).log()
        >>> Cube().inv(torch.tensor([-8.0]))
        tensor([-2.])
    """

    bijective = False
    domain: constraints.Constraint
    codomain: constraints.Constraint

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._inv: Any = None
        if cache_size:
            self._cached_x_y: tuple[Any, Any] = (None, None)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_inv": None}

    @property
    def event_dim(self) -> int:
        """The number of dimensions that are transformed together.

        Raises:
            ValueError: it differs between domain and codomain.
        """
        if self.domain.event_dim == self.codomain.event_dim:
            return self.domain.event_dim
        raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")

    @property
    def inv(self) -> Transform:
        """The inverse; that of the inverse is the transform itself."""
        if self._inv is None:
            self._inv = _InverseTransform(self)
        return self._inv  # type: ignore[no-any-return]

    @property
    def sign(self) -> Any:
        """Whether a monotonic transform grows, 1, or falls, -1; a tensor where that differs."""
        raise NotImplementedError

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The transform with a cache of this size."""
        if self._cache_size == cache_size:
            return self
        make: Any = type(self)
        return make(*self._arguments(), cache_size=cache_size)  # type: ignore[no-any-return]

    def _arguments(self) -> tuple[Any, ...]:
        """What another transform like this one is made of, its cache apart."""
        if type(self).__init__ is Transform.__init__:
            return ()
        raise NotImplementedError(f"{type(self)}.with_cache is not implemented")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __call__(self, x: Tensor) -> Tensor:
        """The image of ``x``."""
        if not self._cache_size:
            return self._call(x)
        kept, image = self._cached_x_y
        if x is kept:
            return image  # type: ignore[no-any-return]
        y = self._call(x)
        self._cached_x_y = x, y
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        if not self._cache_size:
            return self._inverse(y)
        kept, image = self._cached_x_y
        if y is image:
            return kept  # type: ignore[no-any-return]
        x = self._inverse(y)
        self._cached_x_y = x, y
        return x

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the determinant of the derivative, without its sign, of each event of ``x`` with image ``y``."""
        raise NotImplementedError

    def forward_shape(self, shape: Any) -> Any:
        """The shape of the image of a tensor of a shape."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of the tensor whose image has a shape."""
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class OfKind(Transform):
    """A transform without parameters: all of a class are equal."""

    def _arguments(self) -> tuple[Any, ...]:
        return ()

    def __eq__(self, other: object) -> bool:
        kind = next(cls for cls in type(self).__mro__ if OfKind in cls.__bases__)
        return isinstance(other, kind)


class _InverseTransform(Transform):
    """The inverse of a transform."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(cache_size=transform._cache_size)
        self._inv = transform

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """The codomain of the transform."""
        return self._inv.codomain

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """The domain of the transform."""
        return self._inv.domain

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """As the transform."""
        return self._inv.bijective  # type: ignore[no-any-return]

    @property
    def sign(self) -> Any:
        """As that of the transform."""
        return self._inv.sign

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The inverse of the transform with a cache of this size."""
        return self.inv.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._inv == other._inv

    def __repr__(self) -> str:
        return f"_InverseTransform({self._inv!r})"

    def __call__(self, x: Tensor) -> Tensor:
        """The value whose image is ``x``."""
        return self._inv._inv_call(x)  # type: ignore[no-any-return]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Minus that of the transform."""
        return -self._inv.log_abs_det_jacobian(y, x)  # type: ignore[no-any-return]

    def forward_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.inverse_shape`."""
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.forward_shape`."""
        return self._inv.forward_shape(shape)
