"""Transforms of each number by itself."""

from __future__ import annotations

import math
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import full_like
from flambeau.ops.nn.gates import softplus
from flambeau.shapes import Size, broadcast_shapes
from flambeau.type_info import finfo

from .. import constraints
from ..utils import _sum_rightmost, broadcast_all, lazy_property, tiny_of
from .base import OfKind, Transform

__all__ = [
    "AbsTransform", "AffineTransform", "CumulativeDistributionTransform", "ExpTransform", "PowerTransform", "SigmoidTransform",
    "SoftplusTransform", "TanhTransform",
]  # fmt: skip


def _broadcast(shape: Any, *parameters: Any) -> Size:
    """A shape broadcast with those of parameters, which may be numbers."""
    return Size(broadcast_shapes(tuple(shape), *(tuple(getattr(each, "shape", ())) for each in parameters)))


class ExpTransform(OfKind):
    """The exponential function. Source of the semantics: ``torch.distributions.transforms.ExpTransform``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.ExpTransform().inv(torch.ones(1))
        tensor([0.])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``x`` itself."""
        return x


class PowerTransform(Transform):
    """A power. Source of the semantics: ``torch.distributions.transforms.PowerTransform``.

    Args:
        exponent: a number or tensor, not 0.
        cache_size: see :class:`Transform`.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.PowerTransform(2.0)(torch.tensor([3.0]))
        tensor([9.])
    """

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Tensor | float, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        (self.exponent,) = broadcast_all(exponent)

    def _arguments(self) -> tuple[Any, ...]:
        return (self.exponent,)

    @lazy_property
    def sign(self) -> Any:
        """That of the exponent."""
        return self.exponent.sign()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and bool((self.exponent == other.exponent).all())

    def _call(self, x: Tensor) -> Tensor:
        return x.pow(self.exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of ``exponent * y / x``."""
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        """The shape broadcast with the exponent's."""
        return _broadcast(shape, self.exponent)

    def inverse_shape(self, shape: Any) -> Any:
        """The shape broadcast with the exponent's."""
        return _broadcast(shape, self.exponent)


def clipped(probability: Tensor) -> Tensor:
    """A probability kept above 0 and below 1."""
    return probability.clamp(tiny_of(probability.dtype), 1.0 - finfo(probability.dtype).eps)


class SigmoidTransform(OfKind):
    """The logistic function. Source of the semantics: ``torch.distributions.transforms.SigmoidTransform``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.SigmoidTransform()(torch.zeros(1))
        tensor([0.5000])
    """

    domain = constraints.real
    codomain = constraints.unit_interval
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return clipped(x.sigmoid())

    def _inverse(self, y: Tensor) -> Tensor:
        y = clipped(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of ``y * (1 - y)``."""
        return -softplus(-x) - softplus(x)


class SoftplusTransform(OfKind):
    """``log(1 + exp(x))``, which is x from 20 on. Source: ``torch.distributions.transforms.SoftplusTransform``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.SoftplusTransform()(torch.zeros(1))
        tensor([0.6931])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the logistic function."""
        return -softplus(-x)


class TanhTransform(OfKind):
    """The hyperbolic tangent. Source of the semantics: ``torch.distributions.transforms.TanhTransform``.

    Near -1 and 1 the inverse loses digits; with a cache it gives back what was transformed.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.TanhTransform().codomain
        Interval(lower_bound=-1.0, upper_bound=1.0)
    """

    domain = constraints.real
    codomain = constraints.interval(-1.0, 1.0)
    bijective = True
    sign = +1

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of ``1 - y**2``, by ``x``."""
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


class AbsTransform(OfKind):
    """The absolute value, whose inverse is itself. Source: ``torch.distributions.transforms.AbsTransform``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.AbsTransform()(torch.tensor([-2.0]))
        tensor([2.])
    """

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


def _equal(one: Any, other: Any) -> bool:
    """Whether numbers or tensors are the same."""
    return bool((one == other).all()) if isinstance(one, Tensor) or isinstance(other, Tensor) else bool(one == other)


class AffineTransform(Transform):
    """``loc + scale * x``. Source of the semantics: ``torch.distributions.transforms.AffineTransform``.

    Args:
        loc: a number or tensor.
        scale: a number or tensor, not 0.
        event_dim: how many of the last dimensions make one event.
        cache_size: see :class:`Transform`.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.AffineTransform(1.0, 2.0).log_abs_det_jacobian(torch.zeros(2), torch.ones(2))
        tensor([0.6931, 0.6931])
    """

    bijective = True

    def __init__(self, loc: Tensor | float, scale: Tensor | float, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    def _arguments(self) -> tuple[Any, ...]:
        return self.loc, self.scale, self._event_dim

    @property
    def event_dim(self) -> int:
        """As it was given."""
        return self._event_dim

    def _numbers(self) -> Any:
        return constraints.independent(constraints.real, self._event_dim) if self._event_dim else constraints.real

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """Real numbers."""
        return self._numbers()

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """Real numbers."""
        return self._numbers()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AffineTransform) and _equal(self.loc, other.loc) and _equal(self.scale, other.scale)

    @property
    def sign(self) -> Any:
        """That of the scale."""
        if isinstance(self.scale, Tensor):
            return self.scale.sign()
        return (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the scale, summed over events."""
        scale, shape = self.scale, x.shape
        logarithm = scale.abs().log() if isinstance(scale, Tensor) else full_like(x, math.log(abs(scale)))
        if self._event_dim:
            logarithm = _sum_rightmost(logarithm, min(self._event_dim, logarithm.dim()))
            shape = shape[: -self._event_dim]
        return logarithm.expand(shape)

    def forward_shape(self, shape: Any) -> Any:
        """The shape broadcast with the parameters'."""
        return _broadcast(shape, self.loc, self.scale)

    def inverse_shape(self, shape: Any) -> Any:
        """The shape broadcast with the parameters'."""
        return _broadcast(shape, self.loc, self.scale)


class CumulativeDistributionTransform(Transform):
    """How likely samples of a distribution are below. Source: ``torch.distributions.transforms.CumulativeDistributionTransform``.

    Args:
        distribution: it has ``cdf``, ``icdf`` and ``log_prob``.
        cache_size: see :class:`Transform`.

    Example:
        >>> import flambeau as torch
        >>> normal = torch.distributions.Normal(0.0, 1.0)
        >>> torch.distributions.transforms.CumulativeDistributionTransform(normal)(torch.zeros(1))
        tensor([0.5000])
    """

    bijective = True
    codomain = constraints.unit_interval
    sign = +1

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.distribution = distribution

    def _arguments(self) -> tuple[Any, ...]:
        return (self.distribution,)

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """The support of the distribution."""
        return self.distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)  # type: ignore[no-any-return]

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)  # type: ignore[no-any-return]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the density."""
        return self.distribution.log_prob(x)  # type: ignore[no-any-return]
