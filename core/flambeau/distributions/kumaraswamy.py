"""Kumaraswamy's distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import full_like
from flambeau.ops.special.gamma import digamma, lgamma

from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .uniform import Uniform
from .utils import broadcast_all, euler_constant

__all__ = ["Kumaraswamy"]


class Kumaraswamy(TransformedDistribution):
    """Shares between 0 and 1, much as of a beta distribution. Source of the semantics: ``torch.distributions.Kumaraswamy``.

    Args:
        concentration1: the first parameter, positive.
        concentration0: the second one, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Kumaraswamy(1.0, 3.0).mean
        tensor(0.2500)
    """

    arg_constraints: ClassVar = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        base = Uniform(full_like(self.concentration0, 0), full_like(self.concentration0, 1), validate_args)
        transforms = [
            PowerTransform(self.concentration0.reciprocal()),
            AffineTransform(loc=1.0, scale=-1.0),
            PowerTransform(self.concentration1.reciprocal()),
        ]
        super().__init__(base, transforms, validate_args=validate_args)

    def _moment(self, order: int) -> Tensor:
        """The mean of a power."""
        first, b = 1 + order / self.concentration1, self.concentration0
        return b * (lgamma(first) + lgamma(b) - lgamma(first + b)).exp()

    def entropy(self) -> Tensor:
        """The entropy."""
        one, zero = self.concentration1, self.concentration0
        harmonic = digamma(zero + 1) + euler_constant
        return (1 - zero.reciprocal()) + (1 - one.reciprocal()) * harmonic - one.log() - zero.log()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        """The most likely value; nan where a parameter is below 1."""
        one, zero = self.concentration1, self.concentration0
        logarithm = zero.reciprocal() * (-zero).log1p() - (-zero * one).log1p()
        return logarithm.masked_fill((zero < 1) | (one < 1), math.nan).exp()

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self._moment(2) - self.mean.pow(2)
