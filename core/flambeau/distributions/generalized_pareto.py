"""The generalised Pareto distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.elementwise.closeness import isclose
from flambeau.ops.nn.rectifiers import choose as where
from flambeau.ops.random import rand
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .utils import broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Sampled):
    """What exceeds a high bound. Source of the semantics: ``torch.distributions.GeneralizedPareto``.

    Args:
        loc: the bound.
        scale: the scale, positive.
        concentration: the shape parameter: 0 makes it exponential, below 0 there is a largest value.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter does not satisfy its constraint.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.GeneralizedPareto(0.0, 1.0, 0.5).mean
        tensor(2.)
    """

    arg_constraints: ClassVar = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        """From the bound on, up to the largest value if there is one."""
        largest = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, where(self.concentration < 0, largest, math.inf))

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return self.icdf(rand(shape, dtype=self.loc.dtype, device=self.loc.device, generator=generator))

    def _unit(self, value: Tensor) -> Tensor:
        return (value - self.loc) / self.scale

    def _shape(self) -> tuple[Tensor, Tensor]:
        """Where the shape parameter is 0, and it with 1 there: what is divided by."""
        nothing = isclose(self.concentration, zeros_like(self.concentration))
        return nothing, self.concentration.masked_fill(nothing, 1.0)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        z = self._unit(self._checked(value))
        nothing, shape = self._shape()
        power = 1 / shape + 1
        curved = where(power == 0, 0.0, power * (shape * z).log1p())
        return -self.scale.log() - where(nothing, z, curved)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """The logarithm of how likely a sample is more than ``value``."""
        z = self._unit(self._checked(value))
        nothing, shape = self._shape()
        return where(nothing, -z, -(shape * z).log1p() / shape)

    def log_cdf(self, value: Tensor) -> Tensor:
        """The logarithm of how likely a sample is at most ``value``."""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return self.log_cdf(value).exp()

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        nothing, shape = self._shape()
        logarithm = (-value).log1p()
        curved = self.loc + self.scale / shape * (-shape * logarithm).expm1()
        return where(nothing, self.loc - self.scale * logarithm, curved)

    def entropy(self) -> Tensor:
        """The entropy."""
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)

    @property
    def mean(self) -> Tensor:
        """The mean; nan where the concentration is not below 1."""
        missing = ~(self.concentration < 1)
        return (self.loc + self.scale / (1 - self.concentration.masked_fill(missing, 0.5))).masked_fill(
            missing, math.nan
        )

    @property
    def mode(self) -> Tensor:
        """The bound."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance; nan where the concentration is not below 1/2."""
        missing = ~(self.concentration < 0.5)
        shape = self.concentration.masked_fill(missing, 0.25)
        return (self.scale**2 / ((1 - shape) ** 2 * (1 - 2 * shape))).masked_fill(missing, math.nan)
