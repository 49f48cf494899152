"""Distributions of counts and categories. Samples are drawn in PyTorch's order, number for number."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.dtypes import int64
from flambeau.ops.creation.filled import full_like, zeros_like
from flambeau.ops.creation.ranges import arange
from flambeau.ops.elementwise.exponential import xlogy
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.ops.nn.gates import logsigmoid
from flambeau.ops.nn.rectifiers import choose as where
from flambeau.ops.random import bernoulli, binomial, multinomial, poisson, rand
from flambeau.ops.reductions.logsums import logsumexp
from flambeau.ops.special.gamma import lgamma
from flambeau.shapes import Size
from flambeau.type_info import finfo

from . import constraints
from .distribution import Sampled
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits, weighted

__all__ = ["Bernoulli", "Binomial", "Categorical", "Geometric", "Poisson"]


def _one_of(probs: Any, logits: Any) -> None:
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


class _Chances(Sampled):
    """A distribution of ``probs`` or of ``logits``."""

    @property
    def _param(self) -> Tensor:
        """The one that was given."""
        return self.__dict__["probs" if "probs" in self.__dict__ else "logits"]  # type: ignore[no-any-return]

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._param.shape


class _OfProbability(_Chances):
    """A distribution of a probability, or of its logit; the other one is computed when it is asked for."""

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(self, probs: Any, logits: Any, validate_args: bool | None) -> None:
        _one_of(probs, logits)
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        (self.__dict__[name],) = broadcast_all(given)
        super().__init__(self._param.size(), validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        """The probability."""
        return logits_to_probs(self.logits, is_binary=True)

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithm of the odds."""
        return probs_to_logits(self.probs, is_binary=True)

    def _losses(self, ones: Tensor, zeros: Tensor) -> Tensor:
        """Minus the log-probability of numbers of successes and failures; finite also at infinite logits if it is so."""
        return -weighted(ones, logsigmoid(self.logits)) - weighted(zeros, logsigmoid(-self.logits))


def _counts(distribution: Sampled, last: int, like: Tensor, dtype: Any, expand: bool) -> Tensor:
    """The numbers from 0 to ``last`` in a new first dimension."""
    batch = distribution.batch_shape
    values = arange(last + 1, dtype=dtype, device=like.device).reshape(-1, *[1] * len(batch))
    return values.expand(-1, *batch) if expand else values


class Bernoulli(_OfProbability):
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

    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(probs, logits, validate_args)

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
        infinite = self.logits.isinf()
        logits = self.logits.masked_fill(infinite, 0.0)  # so that no nan flows back from there
        return where(infinite, self._losses(value, 1 - value), (1 - value) * logits - logsigmoid(logits))

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1; see :meth:`Distribution.enumerate_support`."""
        return _counts(self, 1, self._param, self._param.dtype, expand)

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


class Geometric(_OfProbability):
    """How many trials fail before one succeeds. Source of the semantics: ``torch.distributions.Geometric``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Geometric(0.25).mean
        tensor(3.)
    """

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(probs, logits, validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            shape, wrong = tuple(self.probs.shape), self.probs.detach()[~(self.probs > 0)]
            raise ValueError(
                f"Expected parameter probs (Tensor of shape {shape}) of distribution {self!r} to be positive but found invalid "
                f"values:\n{wrong}"
            )

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        chance = self.probs.expand(shape)
        tiny = {"float16": 2.0**-14, "float64": 2.0**-1022}.get(chance.dtype.name, 2.0**-126)
        numbers = rand(shape, dtype=chance.dtype, device=chance.device, generator=generator).clamp(min=tiny)
        return (numbers.log() / (-chance).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        chance = self.probs
        certain = (chance == 1) & (self._checked(value) == 0)  # there the factor 0 meets an infinite logarithm
        return value * (-chance.masked_fill(certain, 0.0)).log1p() + chance.log()

    def entropy(self) -> Tensor:
        """The entropy."""
        return self._losses(self.probs, 1 - self.probs) / self.probs

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        """The most likely number: 0."""
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return (1.0 / self.probs - 1.0) / self.probs


class Binomial(_OfProbability):
    """How many of a number of trials succeed. Source of the semantics: ``torch.distributions.Binomial``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Binomial(10, 0.25).mean
        tensor(2.5000)
    """

    arg_constraints: ClassVar = {"total_count": constraints.nonnegative_integer, **_OfProbability.arg_constraints}
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        _one_of(probs, logits)
        trials, given = broadcast_all(total_count, logits if probs is None else probs)
        self.total_count = trials.type_as(given)
        super().__init__(None if probs is None else given, None if logits is None else given, validate_args)

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
        chances = self.log_prob(self.enumerate_support(False))
        return -weighted(chances.exp(), chances).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """From 0 to the number of trials; see :meth:`Distribution.enumerate_support`.

        Raises:
            NotImplementedError: the numbers of trials differ.
        """
        most = int(self.total_count.max().item())
        if int(self.total_count.min().item()) != most:
            raise NotImplementedError("Inhomogeneous total count not supported by `enumerate_support`.")
        return _counts(self, most, self._param, self._param.dtype, expand)

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


class Poisson(Sampled):
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
        never = (self._checked(value) == 0) & (self.rate == 0)  # there the derivative of xlogy is 0 / 0
        return xlogy(value, self.rate.masked_fill(never, 1.0)) - self.rate - lgamma(value + 1)

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


class Categorical(_Chances):
    """Numbers of categories, by their probabilities. Source of the semantics: ``torch.distributions.Categorical``.

    Args:
        probs: weights, (…, categories), which need not add up to 1.
        logits: their logarithms, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, there are no dimensions, or a weight is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Categorical(torch.tensor([1.0, 3.0])).probs
        tensor([0.2500, 0.7500])
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        _one_of(probs, logits)
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is None:
            self.__dict__["logits"] = logits - logsumexp(logits, -1, keepdim=True)
        else:
            self.__dict__["probs"] = probs / probs.sum(-1, keepdim=True)
        super().__init__(given.size()[:-1], validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits)

    @lazy_property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return probs_to_logits(self.probs)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        """The numbers of the categories."""
        return constraints.integer_interval(0, self._param.size(-1) - 1)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        rows = self.probs.reshape(-1, self.probs.shape[-1])
        count = Size(shape[: len(shape) - len(self.batch_shape)]).numel()
        drawn = multinomial(rows, count, True, generator=generator).t()
        return drawn.reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        places, logits = broadcast_tensors(self._checked(value).long().unsqueeze(-1), self.logits)
        return logits.gather(-1, places[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """The entropy; categories without a chance do not count."""
        logits: Tensor = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The numbers of the categories; see :meth:`Distribution.enumerate_support`."""
        return _counts(self, self._param.size(-1) - 1, self._param, int64, expand)

    @property
    def mode(self) -> Tensor:
        """The most likely category."""
        return self.probs.argmax(-1)

    @property
    def mean(self) -> Tensor:
        """There is none: nan."""
        return full_like(self.probs[..., 0], float("nan"))

    @property
    def variance(self) -> Tensor:
        """There is none: nan."""
        return full_like(self.probs[..., 0], float("nan"))
