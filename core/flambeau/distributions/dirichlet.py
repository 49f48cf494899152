"""Dirichlet's distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.elementwise.exponential import xlogy
from flambeau.ops.nn.rectifiers import choose as where
from flambeau.ops.random.gammas import _sample_dirichlet
from flambeau.ops.special.gamma import digamma, lgamma
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .exp_family import ExponentialFamily
from .utils import one_hot_like

__all__ = ["Dirichlet"]


class Dirichlet(Sampled, ExponentialFamily):
    """Vectors of shares that add up to 1. Source of the semantics: ``torch.distributions.Dirichlet``.

    Gradients of :meth:`rsample` are implicit ones, by approximations.

    Args:
        concentration: a positive number for each share, (…, shares).
        validate_args: False to take anything.

    Raises:
        ValueError: there are no dimensions, or a concentration is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Dirichlet(torch.tensor([1.0, 3.0])).mean
        tensor([0.2500, 0.7500])
    """

    arg_constraints: ClassVar = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return _sample_dirichlet(self.concentration.expand(shape), generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        parts = self.concentration
        weights = xlogy(parts - 1.0, self._checked(value)).sum(-1)
        return weights + lgamma(parts.sum(-1)) - lgamma(parts).sum(-1)

    def entropy(self) -> Tensor:
        """The entropy."""
        parts = self.concentration
        count, total = parts.size(-1), parts.sum(-1)
        scores = ((parts - 1.0) * digamma(parts)).sum(-1)
        return lgamma(parts).sum(-1) - lgamma(total) - (count - total) * digamma(total) - scores

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Tensor:
        """The most likely vector; the first corner where all concentrations are below 1."""
        above = (self.concentration - 1).clamp(min=0.0)
        inside = above / above.sum(-1, True)
        corner = (self.concentration < 1).all(-1, True)
        return where(corner, one_hot_like(inside.argmax(-1), inside), inside)

    @property
    def variance(self) -> Tensor:
        """The variance of each share."""
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.concentration,)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (parts,) = natural_params
        return lgamma(parts).sum(-1) - lgamma(parts.sum(-1))
