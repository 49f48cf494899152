"""The absolute values of Cauchy's distribution."""

from __future__ import annotations

import math
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.creation.filled import full

from ._folded import _Folded
from .cauchy import Cauchy

__all__ = ["HalfCauchy"]


class HalfCauchy(_Folded):
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

    base_dist: Cauchy

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        """It is infinite."""
        return full(self._extended_shape(), math.inf, dtype=self.scale.dtype, device=self.scale.device)

    @property
    def variance(self) -> Tensor:
        """It is infinite."""
        return self.base_dist.variance

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value = as_tensor(self._checked(value), dtype=self.scale.dtype, device=self.scale.device)
        return self._twice(value)
