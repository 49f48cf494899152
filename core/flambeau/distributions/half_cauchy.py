"""The absolute values of Cauchy's distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.creation.filled import full, zeros_like

from . import constraints
from .cauchy import Cauchy
from .half_normal import folded
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform

__all__ = ["HalfCauchy"]


class HalfCauchy(TransformedDistribution):
    """Absolute values of numbers of Cauchy's distribution. Source of the semantics: ``torch.distributions.HalfCauchy``.

    Args:
        scale: the scale of Cauchy's distribution, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: the scale is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.HalfCauchy(1.0).entropy()
        tensor(1.8379)
    """

    arg_constraints: ClassVar = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    base_dist: Cauchy

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of Cauchy's distribution."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        """It is infinite."""
        return full(self._extended_shape(), math.inf, dtype=self.scale.dtype, device=self.scale.device)

    @property
    def mode(self) -> Tensor:
        """The most likely value: 0."""
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        """It is infinite."""
        return self.base_dist.variance

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value = as_tensor(self._checked(value), dtype=self.scale.dtype, device=self.scale.device)
        return folded(self.base_dist.log_prob(value), value)

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return 2 * self.base_dist.cdf(self._checked(value)) - 1

    def icdf(self, prob: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``prob``."""
        return self.base_dist.icdf((prob + 1) / 2)

    def entropy(self) -> Tensor:
        """The entropy."""
        return self.base_dist.entropy() - math.log(2)
