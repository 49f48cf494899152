"""Cauchy's distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import empty, full_like
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .utils import broadcast_all

__all__ = ["Cauchy"]


class Cauchy(Sampled):
    """Numbers of Cauchy's distribution, which has neither mean nor variance. Source: ``torch.distributions.Cauchy``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Cauchy(1.0, 2.0).entropy()
        tensor(3.2242)
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        noise = empty(shape, dtype=self.loc.dtype, device=self.loc.device).cauchy_(generator=generator)
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return -math.log(math.pi) - self.scale.log() - (((self._checked(value) - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return ((self._checked(value) - self.loc) / self.scale).atan() / math.pi + 0.5

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
