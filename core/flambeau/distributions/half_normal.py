"""The absolute values of a normal distribution."""

from __future__ import annotations

import math
from typing import Any

from flambeau._tensor import Tensor

from ._folded import _Folded
from .normal import Normal

__all__ = ["HalfNormal"]


class HalfNormal(_Folded):
    """Absolute values of normal numbers of mean 0. Source of the semantics: ``torch.distributions.HalfNormal``.

    Args:
        scale: the standard deviation of the normal numbers, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: the scale is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.HalfNormal(1.0).mean
        tensor(0.7979)
    """

    base_dist: Normal

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.scale.pow(2) * (1 - 2 / math.pi)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return self._twice(self._checked(value))
