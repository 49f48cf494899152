"""The gamma distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.elementwise.exponential import xlogy
from flambeau.ops.random.gammas import _standard_gamma
from flambeau.ops.special.gamma import digamma, igamma, lgamma
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .exp_family import ExponentialFamily
from .utils import broadcast_all, tiny_of

__all__ = ["Gamma"]


class Gamma(Sampled, ExponentialFamily):
    """Gamma numbers, sums of exponential ones. Source of the semantics: ``torch.distributions.Gamma``.

    Gradients of :meth:`rsample` by the concentration are implicit ones, by approximations.

    Args:
        concentration: the shape parameter, positive.
        rate: the inverse of the scale, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Gamma(2.0, 4.0).mean
        tensor(0.5000)
    """

    arg_constraints: ClassVar = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.size(), validate_args=validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        value = _standard_gamma(self.concentration.expand(shape), generator) / self.rate.expand(shape)
        value.detach().clamp_(min=tiny_of(value.dtype))  # apart from the history: the gradient stays
        return value

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        value = self._checked(as_tensor(value, dtype=self.rate.dtype, device=self.rate.device))
        shape, rate = self.concentration, self.rate
        return xlogy(shape, rate) + xlogy(shape - 1, value) - rate * value - lgamma(shape)

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        return igamma(self.concentration, self.rate * self._checked(value))

    def entropy(self) -> Tensor:
        """The entropy."""
        shape = self.concentration
        return shape - self.rate.log() + lgamma(shape) + (1.0 - shape) * digamma(shape)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.concentration / self.rate.pow(2)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        x, y = natural_params
        return lgamma(x + 1) + (x + 1) * (-y.reciprocal()).log()
