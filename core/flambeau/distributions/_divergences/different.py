"""Divergences of continuous distributions of different kinds."""

from __future__ import annotations

import math

from flambeau._tensor import Tensor
from flambeau.ops.elementwise.exponential import xlogy
from flambeau.ops.special.error import erf
from flambeau.ops.special.gamma import digamma, lgamma

from ..beta import Beta
from ..continuous_bernoulli import ContinuousBernoulli
from ..exponential import Exponential
from ..gamma import Gamma
from ..gumbel import Gumbel
from ..laplace import Laplace
from ..normal import Normal
from ..pareto import Pareto
from ..uniform import Uniform
from ..utils import euler_constant
from .registry import register_kl


def _gamma_normalizer(q: Gamma) -> Tensor:
    """What the density of a gamma distribution is divided by, as a logarithm."""
    return lgamma(q.concentration) - q.concentration * q.rate.log()


def _squared_distance(mean: Tensor, variance: Tensor, q: Normal) -> Tensor:
    """The mean of half the squared distance from the middle of a normal distribution, in its deviations."""
    return 0.5 * (variance + (mean - q.loc).pow(2)) / q.scale.pow(2)


def _to_normal(entropy: Tensor, mean: Tensor, variance: Tensor, q: Normal) -> Tensor:
    """The divergence from a normal distribution, of which mean and variance are enough."""
    return -entropy + 0.5 * math.log(2 * math.pi) + q.scale.log() + _squared_distance(mean, variance, q)


# -- from beta -----------------------------------------------------------------------------------------------------------


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p: Beta, q: ContinuousBernoulli) -> Tensor:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm()


@register_kl(Beta, Exponential)
def _beta_exponential(p: Beta, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Beta, Gamma)
def _beta_gamma(p: Beta, q: Gamma) -> Tensor:
    logarithm = digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0)
    return -p.entropy() + _gamma_normalizer(q) - (q.concentration - 1) * logarithm + q.rate * p.mean


@register_kl(Beta, Normal)
def _beta_normal(p: Beta, q: Normal) -> Tensor:
    return _to_normal(p.entropy(), p.mean, p.variance, q)


@register_kl(Beta, Uniform)
def _beta_uniform(p: Beta, q: Uniform) -> Tensor:
    return ((q.high - q.low).log() - p.entropy()).masked_fill((q.low > 0) | (q.high < 1), math.inf)


# -- from the continuous Bernoulli distribution -----------------------------------------------------------------------


@register_kl(ContinuousBernoulli, Exponential)
def _continuous_bernoulli_exponential(p: ContinuousBernoulli, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(ContinuousBernoulli, Normal)
def _continuous_bernoulli_normal(p: ContinuousBernoulli, q: Normal) -> Tensor:
    return _to_normal(p.entropy(), p.mean, p.variance, q)


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: ContinuousBernoulli, q: Uniform) -> Tensor:
    """As PyTorch, which counts bounds that are the same as too narrow."""
    return ((q.high - q.low).log() - p.entropy()).masked_fill((q.low >= 0) | (q.high <= 1), math.inf)


# -- from exponential and gamma -----------------------------------------------------------------------------------------


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Tensor:
    ratio = q.rate / p.rate
    normalizer = lgamma(q.concentration) - q.concentration * ratio.log()
    return normalizer + ratio + q.concentration * euler_constant - (1 + euler_constant)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Exponential, q: Gumbel) -> Tensor:
    product, place = p.rate * q.scale, q.loc / q.scale
    return product.log() - 1 - place + place.exp() * product / (product + 1) + product.reciprocal()


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Gamma, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Gamma, q: Gumbel) -> Tensor:
    product, place, shape = p.rate * q.scale, q.loc / q.scale, p.concentration
    own = (shape - 1) * digamma(shape) - lgamma(shape) - shape
    return own + product.log() + shape / product + place.exp() * (1 + product.reciprocal()).pow(-shape) - place


@register_kl(Gamma, Normal)
def _gamma_normal(p: Gamma, q: Normal) -> Tensor:
    return _to_normal(p.entropy(), p.mean, p.variance, q)


# -- from Gumbel's, the normal and Pareto's ------------------------------------------------------------------------


@register_kl(Gumbel, Normal)
def _gumbel_normal(p: Gumbel, q: Normal) -> Tensor:
    return _to_normal(p.entropy(), p.mean, p.variance, q)


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Normal, q: Gumbel) -> Tensor:
    ratio, place = (p.scale / q.scale).pow(2), (p.loc - q.loc) / q.scale
    return place - 0.5 * ratio.log() + (0.5 * ratio - place).exp() - 0.5 * (1 + math.log(2 * math.pi))


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Pareto, q: Exponential) -> Tensor:
    product = p.scale * q.rate
    finite = (p.alpha / product).log() - p.alpha.reciprocal() + p.alpha * product / (p.alpha - 1) - 1
    return finite.masked_fill(p.alpha <= 1, math.inf)


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Pareto, q: Gamma) -> Tensor:
    logarithm = p.scale.log() + p.alpha.reciprocal()
    mean = p.alpha * p.scale / (p.alpha - 1)
    finite = p.alpha.log() - q.concentration * logarithm + _gamma_normalizer(q) + q.rate * mean - 1
    return finite.masked_fill(p.alpha <= 1, math.inf)


@register_kl(Pareto, Normal)
def _pareto_normal(p: Pareto, q: Normal) -> Tensor:
    part = p.scale / (p.alpha - 1)
    variance = p.alpha * part.pow(2) / (p.alpha - 2)
    finite = _to_normal(p.entropy(), p.alpha * part, variance, q)
    return finite.masked_fill(p.alpha <= 2, math.inf)


# -- from uniform --------------------------------------------------------------------------------------------------------


def _mean_log(high: Tensor, low: Tensor) -> Tensor:
    """The mean of the logarithm of numbers between two bounds."""
    return (xlogy(high, high) - xlogy(low, low)) / (high - low) - 1


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    ones, zeros = _mean_log(p.high, p.low), _mean_log(1 - p.low, 1 - p.high)
    normalizer = lgamma(q.concentration1) + lgamma(q.concentration0) - lgamma(q.concentration1 + q.concentration0)
    scores = (q.concentration1 - 1) * ones + (q.concentration0 - 1) * zeros
    return (normalizer - (p.high - p.low).log() - scores).masked_fill((p.high > 1) | (p.low < 0), math.inf)


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Uniform, q: ContinuousBernoulli) -> Tensor:
    """As PyTorch, which counts bounds that are the same as too wide."""
    finite = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm()
    return finite.masked_fill((p.high >= 1) | (p.low <= 0), math.inf)


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Uniform, q: Gamma) -> Tensor:
    scores = (q.concentration - 1) * _mean_log(p.high, p.low)
    finite = _gamma_normalizer(q) - (p.high - p.low).log() - scores + q.rate * (p.high + p.low) / 2
    return finite.masked_fill(p.low < 0, math.inf)


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Uniform, q: Gumbel) -> Tensor:
    share = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return share.log() + 0.5 * (high + low) - share * ((-high).exp() - (-low).exp())


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    scores = (q.alpha + 1) * _mean_log(p.high, p.low)
    finite = scores - (q.alpha * q.scale.pow(q.alpha) * (p.high - p.low)).log()
    return finite.masked_fill(p.low < q.scale, math.inf)


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


# -- from the normal and Laplace's to each other, and from exponential to the normal --------------------------------
