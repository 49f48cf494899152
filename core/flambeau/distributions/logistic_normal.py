"""The logistic normal distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor

from . import constraints
from .independent import Independent
from .normal import Normal
from .transformed_distribution import TransformedDistribution
from .transforms import StickBreakingTransform

__all__ = ["LogisticNormal"]


class LogisticNormal(TransformedDistribution):
    """Shares that add up to 1, made of normal numbers. Source of the semantics: ``torch.distributions.LogisticNormal``.

    Args:
        loc: the mean of the normal numbers, (…, shares - 1).
        scale: their standard deviation, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter does not satisfy its constraint.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.LogisticNormal(torch.zeros(2), torch.ones(2)).sample().shape
        torch.Size([3])
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex
    has_rsample = True
    base_dist: Independent

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args)
        if not base.batch_shape:
            base = base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the normal numbers."""
        return self.base_dist.base_dist.loc  # type: ignore[attr-defined, no-any-return]

    @property
    def scale(self) -> Tensor:
        """Their standard deviation."""
        return self.base_dist.base_dist.scale  # type: ignore[attr-defined, no-any-return]
