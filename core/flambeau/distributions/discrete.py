"""Distributions of counts and categories. Samples are drawn in PyTorch's order, number for number."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from ..ops.creation import full_like, zeros_like
from ..ops.exponential import xlogy
from ..ops.gamma_functions import lgamma
from ..ops.logsums import logsumexp
from ..ops.ranges import arange
from ..ops.rectifiers import choose as where
from ..random import bernoulli, binomial, multinomial, poisson, rand
from ..shapes import Size
from ..special import expit
from .distribution import Distribution, broadcast, check

__all__ = ["Bernoulli", "Binomial", "Categorical", "Geometric", "Poisson"]


def _one_of(owner: str, probs: Any, logits: Any) -> None:
    if (probs is None) == (logits is None):
        raise ValueError(f"Either `probs` or `logits` must be specified, but not both: {owner}")


def _in_unit(value: Tensor) -> Tensor:
    return (value >= 0) & (value <= 1)


class _OfProbability(Distribution):
    """A distribution of a probability, or of its logit."""

    _parameters: tuple[str, ...] = ("probs", "logits")

    def __init__(self, probs: Any, logits: Any, validate_args: bool | None, *with_it: Any) -> None:
        _one_of(type(self).__name__, probs, logits)
        (given, *rest) = broadcast(logits if probs is None else probs, *with_it)
        self.__dict__["logits" if probs is None else "probs"] = given
        self._rest = rest
        super().__init__(tuple(given.shape))
        if validate_args is not False and probs is not None:
            check(self, "probs", given, _in_unit(given), "in the interval [0, 1]")

    @property
    def _probability(self) -> Tensor:
        found = self.__dict__.get("probs")
        return expit(self.__dict__["logits"]) if found is None else found

    @property
    def _logit(self) -> Tensor:
        found = self.__dict__.get("logits")
        if found is not None:
            return found  # type: ignore[no-any-return]
        finest = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23}.get(
            self._probability.dtype.name, 2.0**-52
        )
        clamped = self._probability.clamp(finest, 1 - finest)
        return clamped.log() - (-clamped).log1p()

    def __getattr__(self, name: str) -> Any:
        if name == "probs":
            return self._probability
        if name == "logits":
            return self._logit
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


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

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(probs, logits, validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return bernoulli(self._probability.expand(shape), generator=generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        logit = self._logit
        return value * logit - logit.clamp(min=0) - (-logit.abs()).exp().log1p()

    def entropy(self) -> Tensor:
        """The entropy."""
        logit, chance = self._logit, self._probability
        return logit.clamp(min=0) + (-logit.abs()).exp().log1p() - logit * chance

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self._probability

    @property
    def mode(self) -> Tensor:
        """The most likely value; nan where both are as likely."""
        chance = self._probability
        return where(chance == 0.5, full_like(chance, float("nan")), (chance >= 0.5).to(chance.dtype))

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self._probability * (1 - self._probability)


class Geometric(_OfProbability):
    """How many trials fail before one succeeds. Source of the semantics: ``torch.distributions.Geometric``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Geometric(0.25).mean
        tensor(3.)
    """

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(probs, logits, validate_args)
        if validate_args is not False and probs is not None:
            check(self, "probs", self._probability, self._probability > 0, "positive")

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        chance = self._probability.expand(shape)
        tiny = {"float16": 2.0**-14, "float64": 2.0**-1022}.get(chance.dtype.name, 2.0**-126)
        numbers = rand(shape, dtype=chance.dtype, device=chance.device, generator=generator).clamp(min=tiny)
        return (numbers.log() / (-chance).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        chance = self._probability
        failures = where((chance == 1) & (value == 0), zeros_like(chance), chance)
        return value * (-failures).log1p() + chance.log()

    def entropy(self) -> Tensor:
        """The entropy."""
        logit, chance = self._logit, self._probability
        return (logit.clamp(min=0) + (-logit.abs()).exp().log1p() - logit * chance) / chance

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return 1.0 / self._probability - 1.0

    @property
    def mode(self) -> Tensor:
        """The most likely number: 0."""
        return zeros_like(self._probability)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return (1.0 / self._probability - 1.0) / self._probability


class Binomial(_OfProbability):
    """How many of a number of trials succeed. Source of the semantics: ``torch.distributions.Binomial``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Binomial(10, 0.25).mean
        tensor(2.5000)
    """

    _parameters = ("total_count", "probs", "logits")

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args, total_count)
        (self.total_count,) = self._rest
        if validate_args is not False:
            check(self, "total_count", self.total_count, self.total_count >= 0, "a number of trials")

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return binomial(self.total_count.expand(shape), self._probability.expand(shape), generator=generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        trials, logit = self.total_count, self._logit
        ways = lgamma(trials + 1) - lgamma(value + 1) - lgamma(trials - value + 1)
        return ways + value * logit - trials * (logit.clamp(min=0) + (-logit.abs()).exp().log1p())

    def entropy(self) -> Tensor:
        """The entropy.

        Raises:
            NotImplementedError: the numbers of trials differ.
        """
        most = int(self.total_count.max().item())
        if int(self.total_count.min().item()) != most:
            raise NotImplementedError("the entropy of binomial distributions with different numbers of trials")
        counts = arange(most + 1, dtype=self.total_count.dtype, device=self.total_count.device)
        chances = self.log_prob(counts.reshape(-1, *[1] * len(self.batch_shape)))
        return -(chances.exp() * chances).sum(0)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.total_count * self._probability

    @property
    def mode(self) -> Tensor:
        """The most likely count."""
        return ((self.total_count + 1) * self._probability).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.total_count * self._probability * (1 - self._probability)


class Poisson(Distribution):
    """Counts of Poisson's distribution. Source of the semantics: ``torch.distributions.Poisson``.

    Raises:
        ValueError: a rate is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Poisson(4.0).variance
        tensor(4.)
    """

    _parameters = ("rate",)

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast(rate)
        if validate_args is not False:
            check(self, "rate", self.rate, self.rate >= 0, "not negative")
        super().__init__(tuple(self.rate.shape))

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return poisson(self.rate.expand(shape), generator=generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        return xlogy(value, self.rate) - self.rate - lgamma(value + 1)

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


class Categorical(Distribution):
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

    _parameters = ("probs", "logits")

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        _one_of("Categorical", probs, logits)
        given = logits if probs is None else probs
        if given.dim() < 1:
            raise ValueError("`probs` or `logits` parameter must be at least one-dimensional.")
        if probs is not None:
            if validate_args is not False:
                check(
                    self,
                    "probs",
                    probs,
                    (probs >= 0) & (probs.sum(-1, keepdim=True) > 0),
                    "weights that are not negative",
                )
            self.probs = probs / probs.sum(-1, keepdim=True)
        else:
            self.logits = logits - logsumexp(logits, -1, keepdim=True)
        super().__init__(tuple(given.shape[:-1]))

    def __getattr__(self, name: str) -> Any:
        if name == "probs":
            return self.logits.softmax(-1)
        if name == "logits":
            finest = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23}.get(
                self.probs.dtype.name, 2.0**-52
            )
            return self.probs.clamp(finest, 1 - finest).log()
        raise AttributeError(f"'Categorical' object has no attribute '{name}'")

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        rows = self.probs.reshape(-1, self.probs.shape[-1])
        count = Size(shape[: len(shape) - len(self.batch_shape)]).numel()
        drawn = multinomial(rows, count, True, generator=generator).t()
        return drawn.reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        logits: Tensor = self.logits
        shape = (*value.shape,) if value.dim() >= logits.dim() - 1 else (*logits.shape[:-1],)
        places = value.long().expand(shape).unsqueeze(-1)
        return logits.expand(*shape, logits.shape[-1]).gather(-1, places).squeeze(-1)

    def entropy(self) -> Tensor:
        """The entropy."""
        logits: Tensor = self.logits
        probs: Tensor = self.probs
        return -(logits * probs).sum(-1)

    @property
    def mode(self) -> Tensor:
        """The most likely category."""
        probs: Tensor = self.probs
        return probs.argmax(-1)

    @property
    def mean(self) -> Tensor:
        """There is none: nan."""
        return full_like(self.probs[..., 0], float("nan"))

    @property
    def variance(self) -> Tensor:
        """There is none: nan."""
        return full_like(self.probs[..., 0], float("nan"))
