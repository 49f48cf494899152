"""How far distributions are from each other, pair by pair. Source of the semantics: ``torch.distributions.kl``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.ops.creation.filled import full_like
from flambeau.ops.nn.gates import logsigmoid
from flambeau.ops.special.error import erf

from .continuous import Cauchy, Exponential, Laplace, LogNormal, Normal, Uniform
from .discrete import Bernoulli, Binomial, Categorical, Geometric, Poisson
from .distribution import Distribution
from .utils import weighted

__all__ = ["kl_divergence", "register_kl"]

Divergence: TypeAlias = Callable[[Any, Any], Tensor]

_REGISTERED: dict[tuple[type, type], Divergence] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Divergence], Divergence]:
    """Make a function the divergence of distributions of two classes, and of subclasses that have none of their own.

    Raises:
        TypeError: one is no class of distributions.

    Example:
        >>> import flambeau as torch
        >>> class Mine(torch.distributions.Normal):
        ...     pass
        >>> @torch.distributions.register_kl(Mine, Mine)
        ... def _between(p, q):
        ...     return p.loc - q.loc
        >>> torch.distributions.kl_divergence(Mine(3.0, 1.0), Mine(1.0, 1.0))
        tensor(2.)
    """
    for name, cls in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(cls, type) and issubclass(cls, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {cls}")

    def register(function: Divergence) -> Divergence:
        _REGISTERED[type_p, type_q] = function
        return function

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence of ``q`` from ``p``, of the batch shape of both broadcast.

    Raises:
        NotImplementedError: there is none for these two classes.

    Example:
        >>> import flambeau as torch
        >>> normal = torch.distributions.Normal
        >>> torch.distributions.kl_divergence(normal(0.0, 1.0), normal(1.0, 1.0))
        tensor(0.5000)
    """
    return _most_specific(type(p), type(q))(p, q)


def _most_specific(p: type, q: type) -> Divergence:
    """The function for the nearest classes: by the first one, then the second; a warning if the other order differs."""
    rows, columns = p.__mro__, q.__mro__
    fits = [
        (rows.index(a), columns.index(b), function)
        for (a, b), function in _REGISTERED.items()
        if a in rows and b in columns
    ]
    if not fits:
        raise NotImplementedError(f"No KL(p || q) is implemented for p type {p.__name__} and q type {q.__name__}")
    found = min(fits, key=lambda fit: fit[:2])
    other = min(fits, key=lambda fit: fit[1::-1])
    if found[2] is not other[2]:
        left, right = rows[found[0]].__name__, columns[other[1]].__name__
        warnings.warn(
            f"Ambiguous kl_divergence({p.__name__}, {q.__name__}). Please register_kl({left}, {right})",
            RuntimeWarning,
            stacklevel=level_of_caller(),
        )
    return found[2]


# -- the same kind ---------------------------------------------------------------


def _terms(p: Tensor, q: Tensor, logarithm: Tensor) -> Tensor:
    """``p`` times the logarithm of p / q: 0 where p is 0, infinite where only q is; no nan flows back from there."""
    never, impossible = p == 0, q == 0
    finite = p * logarithm.masked_fill(never | impossible, 0.0)
    return finite.masked_fill(impossible & ~never, math.inf)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    ones = _terms(p.probs, q.probs, logsigmoid(p.logits) - logsigmoid(q.logits))
    return ones + _terms(1 - p.probs, 1 - q.probs, logsigmoid(-p.logits) - logsigmoid(-q.logits))


@register_kl(Binomial, Binomial)
def _binomial_binomial(p: Binomial, q: Binomial) -> Tensor:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    each = _bernoulli_bernoulli(Bernoulli(**_parameter(p)), Bernoulli(**_parameter(q)))
    return weighted(p.total_count, each).masked_fill(p.total_count > q.total_count, math.inf)


def _parameter(distribution: Binomial) -> dict[str, Any]:
    name = "probs" if "probs" in distribution.__dict__ else "logits"
    return {name: distribution.__dict__[name], "validate_args": False}


@register_kl(Categorical, Categorical)
def _categorical_categorical(p: Categorical, q: Categorical) -> Tensor:
    return _terms(p.probs, q.probs, p.logits - q.logits).sum(-1)


@register_kl(Cauchy, Cauchy)
def _cauchy_cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    return ((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log() - (4 * p.scale * q.scale).log()


@register_kl(Exponential, Exponential)
def _exponential_exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Geometric, Geometric)
def _geometric_geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Laplace, Laplace)
def _laplace_laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return distance / q.scale + ratio * (-distance / p.scale).exp() - ratio.log() - 1


@register_kl(LogNormal, LogNormal)
def _lognormal_lognormal(p: LogNormal, q: LogNormal) -> Tensor:
    return _normal_normal(p.base_dist, q.base_dist)


@register_kl(Normal, Normal)
def _normal_normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(Poisson, Poisson)
def _poisson_poisson(p: Poisson, q: Poisson) -> Tensor:
    return weighted(p.rate, p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Uniform, Uniform)
def _uniform_uniform(p: Uniform, q: Uniform) -> Tensor:
    wider = ((q.high - q.low) / (p.high - p.low)).log()
    return wider.masked_fill((q.low > p.low) | (q.high < p.high), math.inf)


# -- different kinds ---------------------------------------------------------------


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (weighted(p.probs, q.rate.log()) - q.rate)


@register_kl(Exponential, Normal)
def _exponential_normal(p: Exponential, q: Normal) -> Tensor:
    variance, squared = q.scale**2, p.rate**2
    spread = (1 / squared - q.loc / p.rate + q.loc**2 * 0.5) / variance
    return 0.5 * (squared * variance * (2 * math.pi)).log() - 1 + spread


@register_kl(Laplace, Normal)
def _laplace_normal(p: Laplace, q: Normal) -> Tensor:
    variance = q.scale**2
    ratio = p.scale**2 / variance
    return ratio - 0.5 * (2 * ratio / math.pi).log() + 0.5 * (p.loc - q.loc) ** 2 / variance - 1


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    distance, ratio = p.loc - q.loc, p.scale / q.scale
    scaled = distance / p.scale
    near = math.sqrt(2 / math.pi) * p.scale * (-0.5 * scaled**2).exp()
    far = distance * erf(math.sqrt(0.5) * scaled)
    return (near + far) / q.scale - ratio.log() - 0.5 * (1 + math.log(0.5 * math.pi))


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    width = p.high - p.low
    return (q.rate * (p.high + p.low) / 2 - (width * q.rate).log()).masked_fill(p.low < 0, math.inf)


@register_kl(Uniform, Normal)
def _uniform_normal(p: Uniform, q: Normal) -> Tensor:
    width, middle = p.high - p.low, (p.high + p.low) / 2
    spread = width**2 / 12 + (middle - q.loc) ** 2
    return (math.sqrt(2 * math.pi) * q.scale / width).log() + 0.5 * spread / q.scale**2


@register_kl(Exponential, Uniform)
@register_kl(Laplace, Exponential)
@register_kl(Laplace, Uniform)
@register_kl(Normal, Exponential)
@register_kl(Normal, Uniform)
@register_kl(Poisson, Bernoulli)
@register_kl(Poisson, Binomial)
def _infinite(p: Distribution, q: Distribution) -> Tensor:
    """Where ``p`` has values that ``q`` has not."""
    return full_like(p.mean, math.inf)
