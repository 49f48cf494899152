"""Densities beside SciPy's, and what is drawn follows its own law: Kolmogorov and Smirnov's test at a fixed seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

import flambeau as torch
from distribution_cases import CASES, built

d = torch.distributions
COUNT, SIGNIFICANCE = 2000, 1e-4


def _wide(number: float) -> Any:
    return torch.tensor(number, dtype=torch.float64)


LAWS: dict[str, tuple[Any, Any]] = {
    "Gamma": (lambda: d.Gamma(_wide(2.5), _wide(2.0)), scipy.stats.gamma(2.5, scale=0.5)),
    "Gamma below 1": (lambda: d.Gamma(_wide(0.3), _wide(1.0)), scipy.stats.gamma(0.3)),
    "Beta": (lambda: d.Beta(_wide(2.5), _wide(0.7)), scipy.stats.beta(2.5, 0.7)),
    "Chi2": (lambda: d.Chi2(_wide(3.0)), scipy.stats.chi2(3)),
    "StudentT": (lambda: d.StudentT(_wide(3.0), 1.0, 2.0), scipy.stats.t(3, 1, 2)),
    "FisherSnedecor": (lambda: d.FisherSnedecor(_wide(3.0), _wide(7.0)), scipy.stats.f(3, 7)),
    "Gumbel": (lambda: d.Gumbel(_wide(1.0), _wide(2.0)), scipy.stats.gumbel_r(1, 2)),
    "Weibull": (lambda: d.Weibull(_wide(2.0), _wide(1.5)), scipy.stats.weibull_min(1.5, scale=2)),
    "Pareto": (lambda: d.Pareto(_wide(2.0), _wide(5.0)), scipy.stats.pareto(5, scale=2)),
    "GeneralizedPareto": (lambda: d.GeneralizedPareto(_wide(1.0), 2.0, 0.2), scipy.stats.genpareto(0.2, 1, 2)),
    "HalfNormal": (lambda: d.HalfNormal(_wide(2.0)), scipy.stats.halfnorm(scale=2)),
    "HalfCauchy": (lambda: d.HalfCauchy(_wide(2.0)), scipy.stats.halfcauchy(scale=2)),
    "InverseGamma": (lambda: d.InverseGamma(_wide(4.5), _wide(2.0)), scipy.stats.invgamma(4.5, scale=2)),
    "LogNormal": (lambda: d.LogNormal(_wide(0.5), _wide(0.7)), scipy.stats.lognorm(0.7, scale=np.exp(0.5))),
    "VonMises": (lambda: d.VonMises(_wide(0.5), _wide(3.0)), scipy.stats.vonmises(3.0, 0.5)),
}
COUNTS: dict[str, tuple[Any, Any]] = {
    "NegativeBinomial": (lambda: d.NegativeBinomial(_wide(3.5), _wide(0.4)), scipy.stats.nbinom(3.5, 0.6)),
}
VECTORS: dict[str, tuple[Any, Any, Any]] = {
    "Dirichlet": (
        lambda: d.Dirichlet(torch.tensor([0.5, 2.0, 3.0], dtype=torch.float64)), scipy.stats.dirichlet([0.5, 2.0, 3.0]),
        [0.2, 0.3, 0.5],
    ),
    "MultivariateNormal": (
        lambda: d.MultivariateNormal(torch.tensor([1.0, 2.0], dtype=torch.float64), _covariance()),
        scipy.stats.multivariate_normal([1.0, 2.0], [[2.0, 0.5], [0.5, 1.0]]), [0.5, 1.5],
    ),
    "Multinomial": (
        lambda: d.Multinomial(6, torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)), scipy.stats.multinomial(6, [0.2, 0.3, 0.5]),
        [1.0, 2.0, 3.0],
    ),
    "Wishart": (
        lambda: d.Wishart(_wide(4.0), _covariance()), scipy.stats.wishart(4.0, [[2.0, 0.5], [0.5, 1.0]]), [[3.0, 0.2], [0.2, 2.0]]
    ),
}  # fmt: skip


def _covariance() -> Any:
    return torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)


@pytest.mark.parametrize("name", LAWS)
def test_samples_densities_and_moments_follow_the_law(name: str) -> None:
    made, law = LAWS[name][0](), LAWS[name][1]
    drawn = np.array(made.sample((COUNT,), generator=torch.Generator().manual_seed(5)).tolist())
    assert scipy.stats.kstest(drawn, law.cdf).pvalue > SIGNIFICANCE
    density = made.log_prob(torch.tensor(drawn[:50])).tolist()
    rel = 1e-6 if name == "VonMises" else 1e-9  # as PyTorch, by a series of seven digits
    assert density == pytest.approx(law.logpdf(drawn[:50]).tolist(), rel=rel)
    if name not in ("HalfCauchy", "VonMises"):
        assert made.mean.item() == pytest.approx(law.mean())
        assert made.variance.item() == pytest.approx(law.var())
        assert made.stddev.item() == pytest.approx(law.std())
    for what, expected in (("entropy", law.entropy()), ("cdf", law.cdf(drawn[:9]))):
        try:
            found = made.entropy() if what == "entropy" else made.cdf(torch.tensor(drawn[:9]))
        except NotImplementedError:
            continue
        assert found.tolist() == pytest.approx(np.asarray(expected).tolist(), rel=1e-5)
    try:
        back = made.icdf(made.cdf(torch.tensor(drawn[:9])))
    except NotImplementedError:
        return
    assert back.tolist() == pytest.approx(drawn[:9].tolist(), rel=1e-5)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_follow_the_law(name: str) -> None:
    made, law = COUNTS[name][0](), COUNTS[name][1]
    drawn = made.sample((COUNT,), generator=torch.Generator().manual_seed(5))
    assert drawn.mean().item() == pytest.approx(law.mean(), rel=0.1)
    assert made.log_prob(drawn[:50]).tolist() == pytest.approx(law.logpmf(drawn[:50].tolist()).tolist(), rel=1e-9)
    assert (made.mean.item(), made.variance.item()) == pytest.approx((law.mean(), law.var()))


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_follow_the_law(name: str) -> None:
    made, law, value = VECTORS[name][0](), *VECTORS[name][1:]
    score = getattr(law, "logpdf", None) or law.logpmf
    assert made.log_prob(torch.tensor(value, dtype=torch.float64)).item() == pytest.approx(
        float(score(value)), rel=1e-9
    )
    assert made.entropy().item() == pytest.approx(float(law.entropy()), rel=1e-6)
    drawn = made.sample((COUNT,), generator=torch.Generator().manual_seed(5))
    far = (drawn.mean(0) - made.mean).abs() / (made.variance / COUNT).sqrt()
    assert bool((far < 4).all())
    spread = (drawn.var(0) / made.variance - 1).abs()
    assert bool((spread < 0.25).all())


def test_correlations_of_two_are_uniform_at_concentration_1() -> None:
    """Of larger matrices only the first two rows are: PyTorch's samples are reproduced, which do not follow the density."""
    drawn = d.LKJCholesky(3, _wide(1.5)).sample((COUNT,), generator=torch.Generator().manual_seed(5))
    matrices = np.array((drawn @ drawn.mT).tolist())
    assert matrices[:, range(3), range(3)] == pytest.approx(1.0)
    assert scipy.stats.kstest(matrices[:, 1, 0], scipy.stats.beta(2, 2, loc=-1, scale=2).cdf).pvalue > SIGNIFICANCE
    pairs = d.LKJCholesky(2, _wide(1.0)).sample((COUNT,), generator=torch.Generator().manual_seed(5))
    assert scipy.stats.kstest(pairs[:, 1, 0].tolist(), scipy.stats.uniform(-1, 2).cdf).pvalue > SIGNIFICANCE


@pytest.mark.parametrize("name", CASES)
def test_samples_come_from_the_generator_that_is_given(name: str) -> None:
    made = built(torch, name)[0]
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first, second = (made.sample((2,), generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(3)
    assert torch.equal(made.sample((2,)), first)
    if made.has_rsample:
        moved = made.rsample((2,), generator=torch.Generator().manual_seed(3))
        assert moved.shape == first.shape
    assert not first.requires_grad


def test_a_distribution_of_a_programs_own_may_be_a_part() -> None:
    """It takes no generator, and is given none."""

    class Own(torch.distributions.Distribution):
        arg_constraints: dict[str, Any] = {}  # noqa: RUF012
        support = torch.distributions.constraints.real
        has_rsample = True

        def rsample(self, sample_shape: Any = ()) -> Any:
            return torch.rand(self._extended_shape(sample_shape))

        def log_prob(self, value: Any) -> Any:
            return torch.zeros_like(value)

    own = Own(batch_shape=torch.Size([3]))
    assert d.Independent(own, 1).rsample((2,)).shape == (2, 3)
    assert d.TransformedDistribution(own, d.ExpTransform()).sample((2,)).shape == (2, 3)
    mixture = d.MixtureSameFamily(d.Categorical(torch.ones(3)), own)
    assert mixture.sample((2,)).shape == (2,)
    with pytest.raises(TypeError, match="generator"):
        d.Independent(own, 1).sample(generator=torch.Generator())
