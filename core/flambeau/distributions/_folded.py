"""The absolute values of a distribution that is symmetric about 0."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like

from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform

__all__ = ["_Folded"]


class _Folded(TransformedDistribution):
    """Absolute values, of a distribution about 0 that has a scale."""

    arg_constraints: ClassVar = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    base_dist: Any

    def __init__(self, base: Any, validate_args: bool | None) -> None:
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of the distribution about 0."""
        return self.base_dist.scale  # type: ignore[no-any-return]

    @property
    def mode(self) -> Tensor:
        """The most likely value: 0."""
        return zeros_like(self.scale)

    def _twice(self, value: Tensor) -> Tensor:
        """The logarithm of twice the density, and that of 0 for what is not 0 or more, nan too."""
        logarithm: Tensor = self.base_dist.log_prob(value) + math.log(2)
        return logarithm.masked_fill(~(value >= 0), -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return 2 * self.base_dist.cdf(self._checked(value)) - 1  # type: ignore[no-any-return]

    def icdf(self, prob: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``prob``."""
        return self.base_dist.icdf((prob + 1) / 2)  # type: ignore[no-any-return]

    def entropy(self) -> Tensor:
        """The entropy."""
        return self.base_dist.entropy() - math.log(2)  # type: ignore[no-any-return]
