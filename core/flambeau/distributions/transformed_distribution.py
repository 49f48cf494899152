"""Distributions of what transforms make of samples."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled, drawn
from .distribution import Distribution
from .independent import Independent
from .transforms import ComposeTransform, Transform
from .utils import _sum_rightmost

__all__ = ["TransformedDistribution"]


def _as_list(transforms: Any) -> list[Transform]:
    if isinstance(transforms, Transform):
        return [transforms]
    if not isinstance(transforms, list):
        raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
    if not all(isinstance(each, Transform) for each in transforms):
        raise ValueError("transforms must be a Transform or a list of Transforms")
    return transforms


class TransformedDistribution(Sampled):
    """Samples of a distribution, transformed. Source of the semantics: ``torch.distributions.TransformedDistribution``.

    Args:
        base_distribution: the distribution; it is expanded where the transforms broadcast.
        transforms: a transform, or a list of them, the first one first.
        validate_args: False to take anything.

    Raises:
        ValueError: they are no transforms, or need more dimensions than the distribution has.

    Example:
        >>> import flambeau as torch
        >>> d = torch.distributions
        >>> transforms = [d.SigmoidTransform().inv, d.AffineTransform(loc=0.0, scale=2.0)]
        >>> logistic = d.TransformedDistribution(d.Uniform(0.0, 1.0), transforms)
        >>> logistic.log_prob(torch.tensor(0.0))
        tensor(-2.0794)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, base_distribution: Distribution, transforms: Any, validate_args: bool | None = None) -> None:
        self.transforms = _as_list(transforms)
        transform = ComposeTransform(self.transforms)
        domain, codomain = transform.domain.event_dim, transform.codomain.event_dim
        base = Size((*base_distribution.batch_shape, *base_distribution.event_shape))
        base_event = len(base_distribution.event_shape)
        if len(base) < domain:
            raise ValueError(f"base_distribution needs to have shape with size at least {domain}, but got {base}.")
        shape = transform.forward_shape(base)
        wide = transform.inverse_shape(shape)
        if base != wide:
            base_distribution = base_distribution.expand(Size(wide[: len(wide) - base_event]))
        if domain > base_event:
            base_distribution = Independent(base_distribution, domain - base_event)
        self.base_dist = base_distribution
        cut = len(shape) - max(codomain, base_event + codomain - domain)
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        wide = Size((*shape, *self._event_shape))
        for transform in reversed(self.transforms):
            wide = transform.inverse_shape(wide)
        base = self.base_dist.expand(Size(wide[: len(wide) - len(self.base_dist.event_shape)]))
        return super()._expanded(shape) | {"base_dist": base, "transforms": self.transforms}

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        """The codomain of the last transform, for whole events."""
        if not self.transforms:
            return self.base_dist.support
        region = self.transforms[-1].codomain
        more = len(self._event_shape) - region.event_dim
        return constraints.independent(region, more) if more > 0 else region

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """As the base."""
        return self.base_dist.has_rsample

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        with no_grad():
            return self._transformed(drawn(self.base_dist.sample, sample_shape, generator))

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples with gradients; see :meth:`Distribution.rsample`."""
        return self._transformed(drawn(self.base_dist.rsample, sample_shape, generator))

    def _transformed(self, value: Tensor) -> Tensor:
        for transform in self.transforms:
            value = transform(value)
        return value

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density: that of the base, less those of the transforms' derivatives."""
        self._checked(value)
        event_dim, total = len(self._event_shape), None
        for transform in reversed(self.transforms):
            before = transform.inv(value)
            domain = transform.domain.event_dim
            event_dim += domain - transform.codomain.event_dim
            term = _sum_rightmost(transform.log_abs_det_jacobian(before, value), event_dim - domain)
            total = -term if total is None else total - term
            value = before
        density = _sum_rightmost(self.base_dist.log_prob(value), event_dim - len(self.base_dist.event_shape))
        return density if total is None else total + density

    def _turned(self, probability: Tensor) -> Tensor:
        """A probability counted from the other end where the transforms turn the order round."""
        sign = ComposeTransform(self.transforms).sign
        return probability if isinstance(sign, int) and sign == 1 else sign * (probability - 0.5) + 0.5

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``, where the transforms are monotonic."""
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._turned(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``, where the transforms are monotonic."""
        return self._transformed(self.base_dist.icdf(self._turned(value)))
