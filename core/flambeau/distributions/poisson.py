"""Poisson's distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.elementwise.exponential import xlogy
from flambeau.ops.random import poisson
from flambeau.ops.special.gamma import lgamma
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .exp_family import ExponentialFamily
from .utils import broadcast_all

__all__ = ["Poisson"]


class Poisson(Sampled, ExponentialFamily):
    """Counts of Poisson's distribution. Source of the semantics: ``torch.distributions.Poisson``.

    Raises:
        ValueError: a rate is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Poisson(4.0).variance
        tensor(4.)
    """

    arg_constraints: ClassVar = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return poisson(self.rate.detach().expand(shape), generator=generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        rate, value = broadcast_all(self.rate, self._checked(value))
        never = (value == 0) & (rate == 0)  # there the derivative of xlogy is 0 / 0
        return xlogy(value, rate.masked_fill(never, 1.0)) - rate - lgamma(value + 1)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.rate

    @property
    def mode(self) -> Tensor:
        """The most likely count."""
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.rate

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.rate.log(),)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        return natural_params[0].exp()
