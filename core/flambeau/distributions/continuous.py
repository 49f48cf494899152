"""Distributions of real numbers. Samples are drawn in PyTorch's order, number for number."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import empty, full_like
from flambeau.ops.random import normal, rand
from flambeau.ops.special.error import erf, erfinv
from flambeau.shapes import Size
from flambeau.type_info import finfo

from . import constraints
from .distribution import Sampled
from .utils import broadcast_all

__all__ = ["Cauchy", "Exponential", "Laplace", "LogNormal", "Normal", "Uniform"]


class _LocationScale(Sampled):
    """A distribution that a location moves and a scale stretches."""

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def _unit(self, value: Tensor) -> Tensor:
        """How many scales a value is from the location."""
        return (self._checked(value) - self.loc) / self.scale


class Normal(_LocationScale):
    """Normal numbers. Source of the semantics: ``torch.distributions.Normal``.

    Args:
        loc: the mean.
        scale: the standard deviation, positive.
        validate_args: False to take anything, see :class:`Distribution`.

    Raises:
        ValueError: a parameter does not satisfy its constraint, a value to be scored is not in the support.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Normal(0.0, 2.0).sample((3,)).shape
        torch.Size([3])
        >>> torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(0.0))
        tensor(-0.9189)
    """

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        shape = self._extended_shape(sample_shape)
        return normal(self.loc.detach().expand(shape), self.scale.detach().expand(shape), generator=generator)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        noise = empty(shape, dtype=self.loc.dtype, device=self.loc.device).normal_(generator=generator)
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        variance = self.scale**2
        return (
            -((self._checked(value) - self.loc) ** 2) / (2 * variance)
            - self.scale.log()
            - math.log(math.sqrt(2 * math.pi))
        )

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return 0.5 * (1 + erf(self._unit(value) / math.sqrt(2)))

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        return self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self) -> Tensor:
        """The entropy."""
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    mode = mean

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.scale**2


class LogNormal(Sampled):
    """Numbers whose logarithms are normal. Source of the semantics: ``torch.distributions.LogNormal``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.LogNormal(0.0, 1.0).mean
        tensor(1.6487)
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.base_dist = Normal(loc, scale, validate_args)
        super().__init__(self.base_dist.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """See :meth:`Distribution.expand`."""
        new = super().expand(batch_shape, _instance)
        new.base_dist = self.base_dist.expand(batch_shape)
        return new

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        return self.base_dist.sample(sample_shape, generator=generator).exp()

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return self.base_dist._draw(shape, generator).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        logarithm = self._checked(value).log()
        return self.base_dist.log_prob(logarithm) - logarithm

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return self.base_dist.cdf(value.log())

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        return self.base_dist.icdf(value).exp()

    def entropy(self) -> Tensor:
        """The entropy."""
        return self.base_dist.entropy() + self.loc

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Tensor:
        """The variance."""
        squared = self.scale**2
        return squared.expm1() * (2 * self.loc + squared).exp()


class Uniform(Sampled):
    """Uniform numbers in [low, high). Source of the semantics: ``torch.distributions.Uniform``.

    Raises:
        ValueError: ``low`` is not below ``high``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Uniform(1.0, 3.0).mean
        tensor(2.)
    """

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.size(), validate_args=validate_args)

    @property
    def arg_constraints(self) -> dict[str, constraints.Constraint]:
        """Each bound by the other."""
        return {"low": constraints.less_than(self.high), "high": constraints.greater_than(self.low)}

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        """Between the bounds; both belong to it."""
        return constraints.interval(self.low, self.high)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        numbers = rand(shape, dtype=self.low.dtype, device=self.low.device, generator=generator)
        return self.low + numbers * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        inside = (self.low <= self._checked(value)) & (self.high > value)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return ((self._checked(value) - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        """The entropy."""
        return (self.high - self.low).log()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        """There is none: nan."""
        return full_like(self.low, math.nan)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return (self.high - self.low) ** 2 / 12

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return (self.high - self.low) / 12**0.5


class Exponential(Sampled):
    """Exponential numbers. Source of the semantics: ``torch.distributions.Exponential``.

    Raises:
        ValueError: a rate is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Exponential(4.0).mean
        tensor(0.2500)
    """

    arg_constraints: ClassVar = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return (
            empty(shape, dtype=self.rate.dtype, device=self.rate.device).exponential_(generator=generator) / self.rate
        )

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return self.rate.log() - self.rate * self._checked(value)

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return 1 - (-self.rate * self._checked(value)).exp()

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        return -(-value).log1p() / self.rate

    def entropy(self) -> Tensor:
        """The entropy."""
        return 1.0 - self.rate.log()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        """The most likely value: 0."""
        return full_like(self.rate, 0)

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.rate.pow(-2)


class Cauchy(_LocationScale):
    """Numbers of Cauchy's distribution, which has neither mean nor variance. Source: ``torch.distributions.Cauchy``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Cauchy(1.0, 2.0).entropy()
        tensor(3.2242)
    """

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        noise = empty(shape, dtype=self.loc.dtype, device=self.loc.device).cauchy_(generator=generator)
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return -math.log(math.pi) - self.scale.log() - (self._unit(value) ** 2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return self._unit(value).atan() / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Tensor:
        """The entropy."""
        return math.log(4 * math.pi) + self.scale.log()

    @property
    def mean(self) -> Tensor:
        """There is none: nan."""
        return full_like(self.loc, math.nan)

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """It is infinite."""
        return full_like(self.loc, math.inf)


class Laplace(_LocationScale):
    """Numbers of Laplace's distribution. Source of the semantics: ``torch.distributions.Laplace``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Laplace(0.0, 2.0).variance
        tensor(8.)
    """

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        finest = finfo(self.loc.dtype).eps
        noise = empty(shape, dtype=self.loc.dtype, device=self.loc.device).uniform_(finest - 1, 1, generator=generator)
        return self.loc - self.scale * noise.sign() * (-noise.abs()).log1p()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return -(2 * self.scale).log() - (self._checked(value) - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        distance = self._checked(value) - self.loc
        return 0.5 - 0.5 * distance.sign() * (-distance.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        term = value - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Tensor:
        """The entropy."""
        return 1 + (2 * self.scale).log()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    mode = mean

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return 2**0.5 * self.scale

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return 2 * self.scale.pow(2)
