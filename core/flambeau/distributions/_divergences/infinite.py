"""Pairs of distributions of which the first has values that the second has not: they are infinitely far apart."""

from __future__ import annotations

import math

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import full

from ..bernoulli import Bernoulli
from ..beta import Beta
from ..binomial import Binomial
from ..continuous_bernoulli import ContinuousBernoulli
from ..distribution import Distribution
from ..exponential import Exponential
from ..gamma import Gamma
from ..gumbel import Gumbel
from ..laplace import Laplace
from ..normal import Normal
from ..pareto import Pareto
from ..poisson import Poisson
from ..uniform import Uniform
from .registry import register_kl

_BOUNDED = (Beta, ContinuousBernoulli, Pareto, Uniform)
_REACHING: dict[type, tuple[type, ...]] = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: _BOUNDED,
    Gamma: _BOUNDED,
    Gumbel: (*_BOUNDED, Exponential, Gamma),
    Laplace: (*_BOUNDED, Exponential, Gamma),
    Normal: (*_BOUNDED, Exponential, Gamma),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}
"""By the first distribution, those in whose support it has not all of its values."""


def _infinite(p: Distribution, q: Distribution) -> Tensor:
    parameter = next(iter(p.arg_constraints))
    like: Tensor = getattr(p, parameter)
    return full(p.batch_shape, math.inf, dtype=like.dtype, device=like.device)


for _type_p, _types_q in _REACHING.items():
    for _type_q in _types_q:
        register_kl(_type_p, _type_q)(_infinite)
