"""Distributions of every kind, with values in their supports: what several tests go through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["CASES", "Case", "built"]

Case = tuple[Callable[[Any, Any], Any], Any]
"""From a module of distributions and a maker of parameters to a distribution; values."""

_LOC, _SCALE = [0.5, -1.0, 2.0], [1.0, 0.5, 2.0]
_CHANCES, _ROWS = [0.2, 0.5, 0.9], [[0.2, 0.5, 0.9], [1.0, 2.0, 3.0]]
_COVARIANCE = [[2.0, 0.5], [0.5, 1.0]]
_FACTORS = [[[1.0, 0.0], [0.5, 2.0]], [[2.0, 0.0], [-0.5, 1.0]]]


def _mixture_of_vectors(d: Any, p: Any) -> Any:
    normal = d.Normal(p([[[-1.0, 1.0], [0.0, 2.0]]]).expand(3, 2, 2), p([1.0, 2.0]))
    return d.MixtureSameFamily(d.Categorical(p([[0.3, 0.7], [0.5, 0.5], [0.1, 0.9]])), d.Independent(normal, 1))


def _transformed(d: Any, p: Any) -> Any:
    transforms = [d.AffineTransform(p([1.0, 2.0, 3.0]), p([2.0, -1.0, 0.5])), d.SigmoidTransform()]
    return d.TransformedDistribution(d.Normal(p(_LOC), p(_SCALE)), transforms)


CASES: dict[str, Case] = {
    "Normal": (lambda d, p: d.Normal(p(_LOC), p(_SCALE)), [0.0, 1.0, -2.0]),
    "LogNormal": (lambda d, p: d.LogNormal(p(_LOC), p(_SCALE)), [0.1, 1.0, 3.0]),
    "Uniform": (lambda d, p: d.Uniform(p(_LOC), p([1.0, 0.5, 3.0])), [0.7, 0.0, 2.5]),
    "Exponential": (lambda d, p: d.Exponential(p(_SCALE)), [0.7, 0.1, 2.5]),
    "Cauchy": (lambda d, p: d.Cauchy(p(_LOC), p(_SCALE)), [0.0, 1.0, -2.0]),
    "Laplace": (lambda d, p: d.Laplace(p(_LOC), p(_SCALE)), [0.0, 1.0, -2.0]),
    "Bernoulli": (lambda d, p: d.Bernoulli(p(_CHANCES)), [0.0, 1.0, 1.0]),
    "Bernoulli logits": (lambda d, p: d.Bernoulli(logits=p(_LOC)), [0.0, 1.0, 1.0]),
    "Binomial": (lambda d, p: d.Binomial(5, p(_CHANCES)), [0.0, 3.0, 5.0]),
    "Binomial logits": (lambda d, p: d.Binomial(25, logits=p(_LOC)), [0.0, 3.0, 5.0]),
    "Geometric": (lambda d, p: d.Geometric(p(_CHANCES)), [0.0, 3.0, 5.0]),
    "Geometric logits": (lambda d, p: d.Geometric(logits=p(_LOC)), [0.0, 3.0, 5.0]),
    "Poisson": (lambda d, p: d.Poisson(p([0.5, 1.0, 20.0])), [0.0, 3.0, 25.0]),
    "Categorical": (lambda d, p: d.Categorical(p(_ROWS)), [0, 2]),
    "Categorical logits": (lambda d, p: d.Categorical(logits=p(_ROWS)), [0, 2]),
    "Gamma": (lambda d, p: d.Gamma(p([0.3, 1.0, 9.5]), p(_SCALE)), [0.1, 1.0, 4.0]),
    "Beta": (lambda d, p: d.Beta(p([0.3, 1.0, 9.5]), p([1.0, 0.5, 12.0])), [0.1, 0.5, 0.4]),
    "Dirichlet": (lambda d, p: d.Dirichlet(p([[0.3, 1.0, 9.5], [0.2, 0.5, 0.7]])), [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]),
    "Chi2": (lambda d, p: d.Chi2(p([0.3, 1.0, 9.5])), [0.1, 1.0, 4.0]),
    "StudentT": (lambda d, p: d.StudentT(p([0.7, 1.5, 9.5]), p(_LOC), p(_SCALE)), [0.1, 1.0, 4.0]),
    "FisherSnedecor": (lambda d, p: d.FisherSnedecor(p([0.7, 3.5, 9.5]), p([1.0, 3.5, 12.0])), [0.1, 1.0, 4.0]),
    "Gumbel": (lambda d, p: d.Gumbel(p(_LOC), p(_SCALE)), [0.0, 1.0, -2.0]),
    "Weibull": (lambda d, p: d.Weibull(p(_SCALE), p([1.0, 0.5, 2.0])), [0.1, 1.0, 2.0]),
    "Pareto": (lambda d, p: d.Pareto(p(_SCALE), p([1.0, 1.5, 3.0])), [1.6, 1.5, 2.2]),
    "GeneralizedPareto": (lambda d, p: d.GeneralizedPareto(p(_LOC), p(_SCALE), p([0.0, 0.3, -0.5])), [0.6, 1.5, 2.2]),
    "Kumaraswamy": (lambda d, p: d.Kumaraswamy(p([0.5, 1.5, 2.0]), p([1.0, 1.5, 3.0])), [0.6, 0.5, 0.2]),
    "HalfNormal": (lambda d, p: d.HalfNormal(p(_SCALE)), [0.6, 0.5, 0.2]),
    "HalfCauchy": (lambda d, p: d.HalfCauchy(p(_SCALE)), [0.6, 0.5, 0.2]),
    "InverseGamma": (lambda d, p: d.InverseGamma(p([0.5, 1.5, 3.0]), p(_SCALE)), [0.6, 0.5, 0.2]),
    "ContinuousBernoulli": (lambda d, p: d.ContinuousBernoulli(p([0.2, 0.4995, 0.9])), [0.6, 0.5, 0.2]),
    "ContinuousBernoulli logits": (lambda d, p: d.ContinuousBernoulli(logits=p([0.2, 0.0001, -2.0])), [0.6, 0.5, 0.2]),
    "NegativeBinomial": (lambda d, p: d.NegativeBinomial(p([1.0, 3.0, 5.5]), p(_CHANCES)), [0.0, 3.0, 5.0]),
    "NegativeBinomial logits": (lambda d, p: d.NegativeBinomial(p([1.0, 3.0, 5.5]), logits=p(_CHANCES)), [0.0, 3.0, 5.0]),
    "Multinomial": (lambda d, p: d.Multinomial(4, p(_CHANCES)), [0.0, 3.0, 1.0]),
    "Multinomial logits": (lambda d, p: d.Multinomial(4, logits=p(_ROWS)), [0.0, 3.0, 1.0]),
    "OneHotCategorical": (lambda d, p: d.OneHotCategorical(p(_ROWS)), [0.0, 0.0, 1.0]),
    "OneHotCategoricalStraightThrough": (lambda d, p: d.OneHotCategoricalStraightThrough(logits=p(_ROWS)), [0.0, 0.0, 1.0]),
    "MultivariateNormal": (lambda d, p: d.MultivariateNormal(p([0.5, -1.0]), p(_COVARIANCE)), [0.0, 1.0]),
    "MultivariateNormal precision": (
        lambda d, p: d.MultivariateNormal(p([[0.5, -1.0], [1.0, 2.0], [0.0, 0.0]]), precision_matrix=p(_COVARIANCE)), [0.0, 1.0]
    ),
    "MultivariateNormal factor": (lambda d, p: d.MultivariateNormal(p([0.5, -1.0]), scale_tril=p(_FACTORS)), [0.0, 1.0]),
    "LowRankMultivariateNormal": (
        lambda d, p: d.LowRankMultivariateNormal(p([0.5, -1.0, 1.0]), p([[1.0], [0.5], [-1.0]]), p([1.0, 2.0, 0.5])),
        [0.0, 1.0, 2.0],
    ),
    "LowRankMultivariateNormal batch": (
        lambda d, p: d.LowRankMultivariateNormal(p([_LOC, _SCALE]), p([[1.0], [0.5], [-1.0]]), p([1.0, 2.0, 0.5])),
        [0.0, 1.0, 2.0],
    ),
    "Independent": (lambda d, p: d.Independent(d.Normal(p(_ROWS), p(_SCALE)), 1), [0.0, 1.0, -2.0]),
    "TransformedDistribution": (_transformed, [0.3, 0.6, 0.1]),
    "MixtureSameFamily": (
        lambda d, p: d.MixtureSameFamily(d.Categorical(p([0.3, 0.7])), d.Normal(p([-1.0, 1.0]), p([1.0, 2.0]))), 0.5
    ),
    "MixtureSameFamily vectors": (_mixture_of_vectors, [0.5, 0.1]),
    "LogitRelaxedBernoulli": (lambda d, p: d.relaxed_bernoulli.LogitRelaxedBernoulli(p(0.7), p(_CHANCES)), [0.5, 0.1, -1.0]),
    "RelaxedBernoulli": (lambda d, p: d.RelaxedBernoulli(p(0.7), logits=p(_CHANCES)), [0.5, 0.1, 0.7]),
    "ExpRelaxedCategorical": (lambda d, p: d.relaxed_categorical.ExpRelaxedCategorical(p(0.7), p(_CHANCES)), [-0.5, -1.0, -1.5]),
    "RelaxedOneHotCategorical": (lambda d, p: d.RelaxedOneHotCategorical(p(0.7), logits=p(_ROWS)), [0.2, 0.3, 0.5]),
    "LogisticNormal": (lambda d, p: d.LogisticNormal(p([0.2, 0.5]), p([1.0, 2.0])), [0.2, 0.3, 0.5]),
    "LogisticNormal of numbers": (lambda d, p: d.LogisticNormal(p(0.2), p(2.0)), [0.2, 0.8]),
    "VonMises": (lambda d, p: d.VonMises(p(_CHANCES), p([1.0, 2.0, 5.0])), [0.2, 0.8, -1.0]),
    "Wishart": (lambda d, p: d.Wishart(p(3.5), p(_COVARIANCE)), [[2.0, 0.3], [0.3, 1.0]]),
    "Wishart precision": (lambda d, p: d.Wishart(p([3.5, 5.0]), precision_matrix=p(_COVARIANCE)), [[2.0, 0.3], [0.3, 1.0]]),
    "Wishart factor": (lambda d, p: d.Wishart(4.0, scale_tril=p(_FACTORS[0])), [[2.0, 0.3], [0.3, 1.0]]),
    "LKJCholesky": (lambda d, p: d.LKJCholesky(3, p([1.0, 2.0])), [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]),
}  # fmt: skip


def built(t: Any, name: str, dtype: str = "float64", *, moves: bool = True) -> tuple[Any, list[Any], Any]:
    """A distribution of a case, its parameters, which are leaves of the graph if they move, and the values."""
    make, values = CASES[name]
    leaves: list[Any] = []

    def parameter(value: Any) -> Any:
        leaves.append(t.tensor(value, dtype=getattr(t, dtype), requires_grad=moves))
        return leaves[-1]

    distribution = make(t.distributions, parameter)
    whole = isinstance(values, list) and isinstance(values[0], int)
    return distribution, leaves, t.tensor(values, dtype=None if whole else getattr(t, dtype))
