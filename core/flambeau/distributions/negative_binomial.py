"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.nn.gates import logsigmoid
from flambeau.ops.random import poisson
from flambeau.ops.special.gamma import lgamma

from . import constraints
from ._probabilities import OfProbability, one_of
from .gamma import Gamma
from .utils import broadcast_all, lazy_property

__all__ = ["NegativeBinomial"]


class NegativeBinomial(OfProbability):
    """How many trials succeed before so many fail. Source of the semantics: ``torch.distributions.NegativeBinomial``.

    Args:
        total_count: how many fail; it need not be whole.
        probs: the probability of success, in [0, 1).
        logits: its logarithmic odds, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, or a parameter does not satisfy its constraint.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.NegativeBinomial(3.0, torch.tensor(0.5)).mean
        tensor(3.)
    """

    arg_constraints: ClassVar = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        name, given = one_of(probs, logits)
        failures, self._param = broadcast_all(total_count, given)
        self.total_count = failures.type_as(self._param)
        self.__dict__[name] = self._param
        super().__init__(self._param.size(), validate_args=validate_args)

    @lazy_property
    def _gamma(self) -> Gamma:
        """Of the rates of Poisson numbers."""
        return Gamma(self.total_count, (-self.logits).exp(), validate_args=False)

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        return poisson(self._gamma.sample(sample_shape, generator=generator), generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        value, count = self._checked(value), self.total_count
        powers = count * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        ways = lgamma(count + value) - lgamma(1.0 + value) - lgamma(count)
        return powers + ways.masked_fill(count + value == 0.0, 0.0)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        """The most likely count."""
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.mean / (-self.logits).sigmoid()
