"""Transforms of transforms: one after another, of more dimensions at once, and of shapes."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.shapes import Size

from .. import constraints
from ..utils import _sum_rightmost, lazy_property
from .base import Transform

__all__ = ["ComposeTransform", "IndependentTransform", "ReshapeTransform", "identity_transform"]


def _of_events(constraint: Any, event_dim: int) -> Any:
    """A constraint of events of so many dimensions."""
    if event_dim < constraint.event_dim:
        raise AssertionError(f"event_dim {event_dim} must be >= {constraint.event_dim}, the constraint's own")
    more = event_dim - constraint.event_dim
    return constraints.independent(constraint, more) if more else constraint


class ComposeTransform(Transform):
    """Transforms one after another. Source of the semantics: ``torch.distributions.transforms.ComposeTransform``.

    Args:
        parts: the transforms, the first one first.
        cache_size: of each of them.

    Example:
        >>> import flambeau as torch
        >>> transforms = torch.distributions.transforms
        >>> both = transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(1.0, 2.0)])
        >>> both(torch.zeros(1)), both.inv(torch.tensor([3.0]))
        (tensor([3.]), tensor([0.]))
    """

    def __init__(self, parts: list[Transform], cache_size: int = 0) -> None:
        if cache_size:
            parts = [part.with_cache(cache_size) for part in parts]
        super().__init__(cache_size=cache_size)
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    def _arguments(self) -> tuple[Any, ...]:
        return (self.parts,)

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """That of the first one, of as many dimensions as the others need."""
        if not self.parts:
            return constraints.real
        event_dim = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            event_dim += part.domain.event_dim - part.codomain.event_dim
            event_dim = max(event_dim, part.domain.event_dim)
        return _of_events(self.parts[0].domain, event_dim)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """That of the last one, of as many dimensions as the others need."""
        if not self.parts:
            return constraints.real
        event_dim = self.parts[0].domain.event_dim
        for part in self.parts:
            event_dim += part.codomain.event_dim - part.domain.event_dim
            event_dim = max(event_dim, part.codomain.event_dim)
        return _of_events(self.parts[-1].codomain, event_dim)

    @lazy_property
    def bijective(self) -> bool:
        """Whether all are."""
        return all(part.bijective for part in self.parts)

    @lazy_property
    def sign(self) -> Any:
        """The product of all."""
        sign: Any = 1
        for part in self.parts:
            sign = sign * part.sign
        return sign

    @property
    def inv(self) -> Transform:
        """The inverses in the other order."""
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv  # type: ignore[no-any-return]

    def __call__(self, x: Tensor) -> Tensor:
        """What the last one makes of what the others made."""
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of all."""
        if not self.parts:
            return zeros_like(x)
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        event_dim, total = self.domain.event_dim, None
        for part, value, image in zip(self.parts, values[:-1], values[1:], strict=True):
            term = _sum_rightmost(part.log_abs_det_jacobian(value, image), event_dim - part.domain.event_dim)
            total = term if total is None else total + term
            event_dim += part.codomain.event_dim - part.domain.event_dim
        assert total is not None
        return total

    def forward_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.forward_shape`."""
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.inverse_shape`."""
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        return "ComposeTransform(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform of events with more dimensions. Source: ``torch.distributions.transforms.IndependentTransform``.

    Args:
        base_transform: the transform.
        reinterpreted_batch_ndims: how many dimensions more belong to an event: the jacobian's logarithm is summed over them.
        cache_size: see :class:`Transform`.

    Example:
        >>> import flambeau as torch
        >>> transforms = torch.distributions.transforms
        >>> rows = transforms.IndependentTransform(transforms.ExpTransform(), 1)
        >>> rows.log_abs_det_jacobian(torch.ones(2, 3), torch.ones(2, 3).exp())
        tensor([3., 3.])
    """

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def _arguments(self) -> tuple[Any, ...]:
        return self.base_transform, self.reinterpreted_batch_ndims

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """That of the transform, for whole events."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """That of the transform, for whole events."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """As the transform."""
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        """As that of the transform."""
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        _check_dims(x.dim(), self.domain.event_dim)
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        _check_dims(y.dim(), self.codomain.event_dim)
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the transform, summed over events."""
        return _sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_transform!r}, {self.reinterpreted_batch_ndims})"

    def forward_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.forward_shape`."""
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.inverse_shape`."""
        return self.base_transform.inverse_shape(shape)


def _check_dims(found: int, least: int) -> None:
    if found < least:
        raise ValueError("Too few dimensions on input")


def _reshaped(shape: Any, old: Size, new: Size) -> Size:
    """A shape whose last dimensions are replaced."""
    _check_dims(len(shape), len(old))
    cut = len(shape) - len(old)
    if Size(shape[cut:]) != old:
        raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {old}")
    return Size((*shape[:cut], *new))


class ReshapeTransform(Transform):
    """Events of another shape. Source of the semantics: ``torch.distributions.transforms.ReshapeTransform``.

    Args:
        in_shape: of events that are transformed.
        out_shape: of the results.
        cache_size: see :class:`Transform`.

    Raises:
        ValueError: the shapes have different numbers of elements.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.ReshapeTransform((4,), (2, 2))(torch.zeros(3, 4)).shape
        torch.Size([3, 2, 2])
    """

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size=cache_size)

    def _arguments(self) -> tuple[Any, ...]:
        return self.in_shape, self.out_shape

    @constraints.dependent_property
    def domain(self) -> Any:
        """Real numbers of the first shape."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self) -> Any:
        """Real numbers of the second shape."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape((*self._batch(x), *self.out_shape))

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape((*y.shape[: y.dim() - len(self.out_shape)], *self.in_shape))

    def _batch(self, x: Tensor) -> Size:
        return x.shape[: x.dim() - len(self.in_shape)]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """0 for each event."""
        return x.new_zeros(self._batch(x))

    def forward_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.forward_shape`.

        Raises:
            ValueError: its last dimensions are not ``in_shape``.
        """
        return _reshaped(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        """See :meth:`Transform.inverse_shape`.

        Raises:
            ValueError: its last dimensions are not ``out_shape``.
        """
        return _reshaped(shape, self.out_shape, self.in_shape)
