"""The distribution whose logarithm is normal."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor

from . import constraints
from .normal import Normal
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform

__all__ = ["LogNormal"]


class LogNormal(TransformedDistribution):
    """Numbers whose logarithms are normal. Source of the semantics: ``torch.distributions.LogNormal``.

    Args:
        loc: the mean of the logarithm.
        scale: its standard deviation, positive.
        validate_args: False to take anything, see :class:`Distribution`.

    Raises:
        ValueError: a parameter does not satisfy its constraint.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.LogNormal(0.0, 1.0).mean
        tensor(1.6487)
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    has_rsample = True
    base_dist: Normal

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale, validate_args), ExpTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

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
