"""Further distributions: densities, moments and inverses against recorded numbers, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...declare import FLOATS, Error, Sample, op
from ...inputs import In

__all__ = ["KINDS", "known"]

_AB = (In((3,), "unit"), In((3,), "positive"))
_MOMENTS = ("mean", "variance")


def _covariance(b: Any) -> Any:
    """A positive definite matrix."""
    return b.diag() + b.unsqueeze(-1) * b


def _mixture(d: Any, a: Any, b: Any) -> Any:
    return d.MixtureSameFamily(d.Categorical(b), d.Normal(a, b))


def _sticks(b: Any) -> Any:
    """Shares that add up to 1."""
    return b / b.sum()


def _unit_rows(b: Any) -> Any:
    """The Cholesky factor of a correlation matrix of two."""
    root = (1 - (b[0] / 4) ** 2).sqrt()
    zero = b[0] * 0
    return (
        b.new_tensor([[1.0, 0.0], [0.0, 0.0]])
        + (zero + b[0] / 4) * b.new_tensor([[0.0, 0.0], [1.0, 0.0]])
        + root * b.new_tensor([[0.0, 0.0], [0.0, 1.0]])
    )


# By name: how it is made of two tensors, the values whose density is asked, what else it knows, and what it refuses.
KINDS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[str, ...], tuple[Any, ...]]] = {
    "Gamma": (lambda d, a, b: d.Gamma(b, b + 0.5), lambda a, b: b, ("cdf", "entropy", *_MOMENTS, "mode"),
              (lambda d: d.Gamma(-1.0, 1.0), "Expected parameter concentration")),
    "Beta": (lambda d, a, b: d.Beta(b, b + 0.5), lambda a, b: b / 4, ("entropy", *_MOMENTS),
             (lambda d: d.Beta(-1.0, 1.0), "Expected parameter concentration")),
    "Dirichlet": (lambda d, a, b: d.Dirichlet(b + 1), lambda a, b: _sticks(b), ("entropy", *_MOMENTS, "mode"),
                  (lambda d: d.Dirichlet(1.0 * _ones(d, 0)), "at least one-dimensional")),
    "Chi2": (lambda d, a, b: d.Chi2(b), lambda a, b: b, ("entropy", *_MOMENTS), (lambda d: d.Chi2(-1.0), "Expected parameter df")),
    "StudentT": (lambda d, a, b: d.StudentT(b + 2.5, a, b), lambda a, b: a + 0.5, ("entropy", *_MOMENTS, "mode"),
                 (lambda d: d.StudentT(-1.0), "Expected parameter df")),
    "FisherSnedecor": (lambda d, a, b: d.FisherSnedecor(b + 2.5, b + 4.5), lambda a, b: b, (*_MOMENTS, "mode"),
                       (lambda d: d.FisherSnedecor(1.0, -1.0), "Expected parameter")),
    "Gumbel": (lambda d, a, b: d.Gumbel(a, b), lambda a, b: a + 0.5, ("cdf", "icdf", "entropy", *_MOMENTS, "mode", "stddev"),
               (lambda d: d.Gumbel(0.0, -1.0), "Expected parameter scale")),
    "Weibull": (lambda d, a, b: d.Weibull(b, b + 1.5), lambda a, b: b * 0.9, ("cdf", "icdf", "entropy", *_MOMENTS, "mode"),
                (lambda d: d.Weibull(-1.0, 1.0), "Expected parameter")),
    "Pareto": (lambda d, a, b: d.Pareto(b, b + 2.5), lambda a, b: b * 2, ("cdf", "icdf", "entropy", *_MOMENTS, "mode"),
               (lambda d: d.Pareto(1.0, -1.0), "Expected parameter")),
    "Kumaraswamy": (lambda d, a, b: d.Kumaraswamy(b + 1, b + 1.5), lambda a, b: b / 4, ("cdf", "icdf", "entropy", *_MOMENTS, "mode"),
                    (lambda d: d.Kumaraswamy(-1.0, 1.0), "Expected parameter concentration1")),
    "HalfNormal": (lambda d, a, b: d.HalfNormal(b), lambda a, b: b * 0.7, ("cdf", "icdf", "entropy", *_MOMENTS, "mode"),
                   (lambda d: d.HalfNormal(-1.0), "Expected parameter scale")),
    "HalfCauchy": (lambda d, a, b: d.HalfCauchy(b), lambda a, b: b * 0.7, ("cdf", "icdf", "entropy", "mode"),
                   (lambda d: d.HalfCauchy(-1.0), "Expected parameter scale")),
    "InverseGamma": (lambda d, a, b: d.InverseGamma(b + 2.5, b), lambda a, b: b * 0.7, ("entropy", *_MOMENTS, "mode"),
                     (lambda d: d.InverseGamma(-1.0, 1.0), "Expected parameter concentration")),
    "ContinuousBernoulli": (
        lambda d, a, b: d.ContinuousBernoulli(b / 4), lambda a, b: b / 5, ("cdf", "icdf", "entropy", *_MOMENTS),
        (lambda d: d.ContinuousBernoulli(0.5, 0.5), "Either `probs` or `logits`")
    ),
    "ContinuousBernoulli-logits": (lambda d, a, b: d.ContinuousBernoulli(logits=a), lambda a, b: b / 5, ("entropy", "mean"), ()),
    "NegativeBinomial": (
        lambda d, a, b: d.NegativeBinomial(b, b / 4), lambda a, b: b * 0 + 2, _MOMENTS,
        (lambda d: d.NegativeBinomial(1.0), "Either `probs` or `logits`")
    ),
    "NegativeBinomial-logits": (lambda d, a, b: d.NegativeBinomial(b, logits=a), lambda a, b: b * 0 + 2, _MOMENTS, ()),
    "Multinomial": (lambda d, a, b: d.Multinomial(5, b), lambda a, b: (b * 0 + 1).detach(), _MOMENTS,
                    (lambda d: d.Multinomial(5), "Either `probs` or `logits`")),
    "Multinomial-logits": (lambda d, a, b: d.Multinomial(5, logits=a), lambda a, b: (b * 0 + 1).detach(), _MOMENTS, ()),
    "OneHotCategorical": (lambda d, a, b: d.OneHotCategorical(b), lambda a, b: b.new_tensor([0.0, 1.0, 0.0]), ("entropy", *_MOMENTS),
                          (lambda d: d.OneHotCategorical(), "Either `probs` or `logits`")),
    "OneHotCategoricalStraightThrough": (
        lambda d, a, b: d.OneHotCategoricalStraightThrough(logits=a), lambda a, b: b.new_tensor([0.0, 1.0, 0.0]), ("entropy", "mean"),
        (lambda d: d.OneHotCategoricalStraightThrough(), "Either `probs` or `logits`")
    ),
    "MultivariateNormal": (
        lambda d, a, b: d.MultivariateNormal(a, _covariance(b)), lambda a, b: a + 0.5, ("entropy", "scale_tril", "precision_matrix", *_MOMENTS),
        (lambda d: d.MultivariateNormal(_ones(d, 2)), "Exactly one of covariance_matrix")
    ),
    "MultivariateNormal-precision": (
        lambda d, a, b: d.MultivariateNormal(a, precision_matrix=_covariance(b)), lambda a, b: a + 0.5, ("entropy", "covariance_matrix"), ()
    ),
    "MultivariateNormal-factor": (
        lambda d, a, b: d.MultivariateNormal(a, scale_tril=_covariance(b).tril()), lambda a, b: a + 0.5, ("entropy",), ()
    ),
    "LowRankMultivariateNormal": (
        lambda d, a, b: d.LowRankMultivariateNormal(a, a.unsqueeze(-1) + 0.5, b), lambda a, b: a + 0.5,
        ("entropy", "scale_tril", "precision_matrix", "covariance_matrix", *_MOMENTS),
        (lambda d: d.LowRankMultivariateNormal(_ones(d, 2), _ones(d, 3).unsqueeze(-1), _ones(d, 2)), "cov_factor must be")
    ),
    "Independent": (lambda d, a, b: d.Independent(d.Normal(a, b), 1), lambda a, b: a + 0.5, ("entropy", *_MOMENTS, "mode"),
                    (lambda d: d.Independent(d.Normal(0.0, 1.0), 1), "Expected reinterpreted_batch_ndims")),
    "TransformedDistribution": (
        lambda d, a, b: d.TransformedDistribution(d.Normal(a, b), [d.AffineTransform(a, b), d.SigmoidTransform()]), lambda a, b: b / 4,
        ("cdf", "icdf"), (lambda d: d.TransformedDistribution(d.Normal(0.0, 1.0), 3), "transforms must be a Transform")
    ),
    "MixtureSameFamily": (_mixture, lambda a, b: a[0] + 0.5, ("cdf", *_MOMENTS),
                          (lambda d: d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(0.0, 1.0)), "needs to be an")),
    "RelaxedBernoulli": (lambda d, a, b: d.RelaxedBernoulli(b[0], b / 4), lambda a, b: b / 5, ("probs", "logits"),
                         (lambda d: d.RelaxedBernoulli(_ones(d, 0)), "Either `probs` or `logits`")),
    "relaxed_bernoulli.LogitRelaxedBernoulli": (
        lambda d, a, b: d.relaxed_bernoulli.LogitRelaxedBernoulli(b[0], logits=a), lambda a, b: a + 0.5, ("probs",),
        (lambda d: d.relaxed_bernoulli.LogitRelaxedBernoulli(_ones(d, 0)), "Either `probs` or `logits`")
    ),
    "RelaxedOneHotCategorical": (lambda d, a, b: d.RelaxedOneHotCategorical(b[0], b), lambda a, b: _sticks(b), ("probs", "logits"),
                                 (lambda d: d.RelaxedOneHotCategorical(_ones(d, 0)), "Either `probs` or `logits`")),
    "relaxed_categorical.ExpRelaxedCategorical": (
        lambda d, a, b: d.relaxed_categorical.ExpRelaxedCategorical(b[0], logits=a), lambda a, b: _sticks(b).log(), ("probs",),
        (lambda d: d.relaxed_categorical.ExpRelaxedCategorical(_ones(d, 0)), "Either `probs` or `logits`")
    ),
    "LogisticNormal": (lambda d, a, b: d.LogisticNormal(a[:2], b[:2]), lambda a, b: _sticks(b), ("loc", "scale"),
                       (lambda d: d.LogisticNormal(_ones(d, 2), -_ones(d, 2)), "Expected parameter scale")),
    "VonMises": (lambda d, a, b: d.VonMises(a, b), lambda a, b: a + 0.5, ("mean", "variance", "mode"),
                 (lambda d: d.VonMises(0.0, -1.0), "Expected parameter concentration")),
    "Wishart": (lambda d, a, b: d.Wishart(b[0] + 3, _covariance(b)), lambda a, b: _covariance(b) * 2, ("entropy", *_MOMENTS, "mode"),
                (lambda d: d.Wishart(1.0, _ones(d, 2).diag()), "greater than ndim - 1")),
    "LKJCholesky": (lambda d, a, b: d.LKJCholesky(2, b[0]), lambda a, b: _unit_rows(b), (),
                    (lambda d: d.LKJCholesky(1), "Expected dim to be an integer")),
}  # fmt: skip


def _ones(d: Any, size: int) -> Any:
    """Ones made by the library under test: a vector, or a number if the size is 0."""
    mean = d.Exponential(1.0).mean
    return mean.expand(size) if size else mean


def known(t: Any, kind: str, what: str, a: Any, b: Any) -> Any:
    """What a distribution says of itself."""
    make, value, *_ = KINDS[kind]
    made = make(t.distributions, a, b)
    if what in ("log_prob", "cdf"):
        return getattr(made, what)(value(a, b))
    if what == "icdf":
        return made.icdf(b / 4)
    found = getattr(made, what)
    return found() if what == "entropy" else found


def _errors(refused: Any) -> list[Error]:
    if not refused:
        return []
    return [Error("parameters", lambda t: refused[0](t.distributions), (ValueError,), refused[1])]


_BY_FACTORS = ("MultivariateNormal", "LowRankMultivariateNormal", "Wishart")
"""What factorises matrices."""

_OF_LOGARITHMS = {("ContinuousBernoulli", "entropy"), ("ContinuousBernoulli-logits", "entropy")}
"""What is near 0 as the difference of logarithms that are not."""

for _name, (_, _, _others, _refused) in KINDS.items():
    op(f"distributions.{_name}", dtypes=FLOATS, extensions=("linalg",) if _name.startswith(_BY_FACTORS) else (), tolerance="special", method=False, refuses=False, errors=_errors(_refused), samples=[
        Sample(what, lambda t, a, b, what=what, name=_name: known(t, name, what, a, b), _AB, gradient=what == "log_prob",
               tolerance="logs" if (_name, what) in _OF_LOGARITHMS else "") for what in ("log_prob", *_others)
    ])  # fmt: skip
