"""Weibull's distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import ones_like
from flambeau.ops.special.gamma import lgamma
from flambeau.shapes import Size

from . import constraints
from .exponential import Exponential
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .utils import broadcast_all, euler_constant

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """Powers of exponential numbers, such as times until a failure. Source of the semantics: ``torch.distributions.Weibull``.

    Args:
        scale: the scale, positive.
        concentration: the shape parameter, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Weibull(2.0, 1.0).mean
        tensor(2.)
    """

    arg_constraints: ClassVar = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        base = Exponential(ones_like(self.scale), validate_args)
        transforms = [PowerTransform(self.concentration_reciprocal), AffineTransform(loc=0, scale=self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return super()._expanded(shape) | {"concentration_reciprocal": self.concentration_reciprocal.expand(shape)}

    def entropy(self) -> Tensor:
        """The entropy."""
        inverse = self.concentration_reciprocal
        return euler_constant * (1 - inverse) + (self.scale * inverse).log() + 1

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.scale * lgamma(1 + self.concentration_reciprocal).exp()

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        shape = self.concentration
        return self.scale * ((shape - 1) / shape) ** self.concentration_reciprocal

    @property
    def variance(self) -> Tensor:
        """The variance."""
        inverse = self.concentration_reciprocal
        return self.scale.pow(2) * (lgamma(1 + 2 * inverse).exp() - (2 * lgamma(1 + inverse)).exp())
