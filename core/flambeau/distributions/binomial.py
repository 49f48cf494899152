"""The binomial distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.random import binomial
from flambeau.ops.special.gamma import lgamma
from flambeau.shapes import Size

from . import constraints
from ._probabilities import OfProbability, one_of
from .utils import broadcast_all, counts_up_to, weighted

__all__ = ["Binomial"]


class Binomial(OfProbability):
    """How many of a number of trials succeed. Source of the semantics: ``torch.distributions.Binomial``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Binomial(10, 0.25).mean
        tensor(2.5000)
    """

    arg_constraints: ClassVar = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        name, given = one_of(probs, logits)
        trials, self._param = broadcast_all(total_count, given)
        self.total_count = trials.type_as(self._param)
        self.__dict__[name] = self._param
        super().__init__(self._param.size(), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        """From 0 to the number of trials."""
        return constraints.integer_interval(0, self.total_count)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return binomial(self.total_count.expand(shape), self.probs.expand(shape), generator=generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        trials = self.total_count
        ways = lgamma(trials + 1) - lgamma(self._checked(value) + 1) - lgamma(trials - value + 1)
        return ways - self._losses(value, trials - value)

    def entropy(self) -> Tensor:
        """The entropy.

        Raises:
            NotImplementedError: the numbers of trials differ.
        """
        chances = self.log_prob(self._counts("entropy", False))
        return -weighted(chances.exp(), chances).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """From 0 to the number of trials; see :meth:`Distribution.enumerate_support`.

        Raises:
            NotImplementedError: the numbers of trials differ.
        """
        return self._counts("enumerate_support", expand)

    def _counts(self, what: str, expand: bool) -> Tensor:
        most = int(self.total_count.max().item())
        if not bool((self.total_count == most).all()):
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{what}`.")
        return counts_up_to(most, self._param, self._batch_shape, expand)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        """The most likely count."""
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.total_count * self.probs * (1 - self.probs)
