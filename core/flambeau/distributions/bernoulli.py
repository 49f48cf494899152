"""Bernoulli's distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import full_like
from flambeau.ops.nn.gates import logsigmoid
from flambeau.ops.nn.rectifiers import choose as where
from flambeau.ops.random import bernoulli
from flambeau.shapes import Size

from . import constraints
from ._probabilities import OfProbability
from .exp_family import ExponentialFamily
from .utils import broadcast_all, counts_up_to

__all__ = ["Bernoulli"]


class Bernoulli(OfProbability, ExponentialFamily):
    """Ones with a probability, zeros otherwise. Source of the semantics: ``torch.distributions.Bernoulli``.

    Args:
        probs: the probability of one, in [0, 1].
        logits: its logarithmic odds, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, or a probability is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Bernoulli(0.25).variance
        tensor(0.1875)
    """

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return bernoulli(self.probs.detach().expand(shape), generator=generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        return -self._loss(self._checked(value))

    def entropy(self) -> Tensor:
        """The entropy."""
        return self._loss(self.probs)

    def _loss(self, value: Tensor) -> Tensor:
        """Minus the log-probability of ``value``: as PyTorch rounds it, which is 0 where that is the nearest of all."""
        logits, value = broadcast_all(self.logits, value)
        infinite = logits.isinf()
        logits = logits.masked_fill(infinite, 0.0)  # so that no nan flows back from there, nor from infinite values
        there = value.masked_fill(~infinite, 0.0)
        return where(infinite, self._losses(there, 1 - there), (1 - value) * logits - logsigmoid(logits))

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1; see :meth:`Distribution.enumerate_support`."""
        return counts_up_to(1, self._param, self._batch_shape, expand)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The most likely value; nan where both are as likely."""
        chance = self.probs
        return where(chance == 0.5, full_like(chance, float("nan")), (chance >= 0.5).to(chance.dtype))

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.probs * (1 - self.probs)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        return natural_params[0].exp().log1p()
