"""Divergences of distributions of counts and categories."""

from __future__ import annotations

import math
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.nn.gates import logsigmoid

from ..bernoulli import Bernoulli
from ..binomial import Binomial
from ..categorical import Categorical
from ..geometric import Geometric
from ..one_hot_categorical import OneHotCategorical
from ..poisson import Poisson
from ..utils import weighted
from .registry import register_kl


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
    name = "probs" if distribution.__dict__.get("probs") is distribution._param else "logits"
    return {name: distribution._param, "validate_args": False}


@register_kl(Categorical, Categorical)
def _categorical_categorical(p: Categorical, q: Categorical) -> Tensor:
    return _terms(p.probs, q.probs, p.logits - q.logits).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _onehot_onehot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical_categorical(p._categorical, q._categorical)


@register_kl(Geometric, Geometric)
def _geometric_geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson_poisson(p: Poisson, q: Poisson) -> Tensor:
    return weighted(p.rate, p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (weighted(p.probs, q.rate.log()) - q.rate)
