"""The uniform distribution."""

from __future__ import annotations

import math
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import full_like
from flambeau.ops.random import rand
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .utils import broadcast_all

__all__ = ["Uniform"]


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
