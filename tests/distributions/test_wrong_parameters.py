"""Parameters that no distribution has, taken without a check or refused, and what is said of wrong values."""

from __future__ import annotations

import math
from typing import Any

import pytest

import flambeau
from flambeau import distributions

HALF = flambeau.tensor([0.5])


def test_entropies_are_of_whole_numbers_of_trials() -> None:
    made = distributions.Binomial(flambeau.tensor(2.5), flambeau.tensor(0.5), validate_args=False)
    for asked in (made.entropy, made.enumerate_support):
        with pytest.raises(NotImplementedError, match=f"Inhomogeneous total count not supported by `{asked.__name__}`"):
            asked()


def test_a_negative_number_of_trials_is_refused() -> None:
    with pytest.raises(ValueError, match=r"total_count .* IntegerGreaterThan\(lower_bound=0\).*\n-1"):
        distributions.Multinomial(-1, HALF)
    assert distributions.Multinomial(-1, HALF, validate_args=False).total_count == -1


def test_infinite_rates_have_no_counts() -> None:
    with pytest.raises(RuntimeError, match="expected rate to be finite"):
        flambeau.poisson(flambeau.tensor([1.0, math.inf]))
    with pytest.raises(RuntimeError, match="expected rate to be finite"):
        distributions.Poisson(flambeau.tensor(math.inf), validate_args=False).sample()


@pytest.mark.parametrize("shape", [-0.7, -1.0, -30.0])
def test_gamma_numbers_of_negative_shapes_are_none(shape: float) -> None:
    made = distributions.Gamma(flambeau.tensor(shape), flambeau.tensor(1.0), validate_args=False)
    assert made.sample().isnan()


def test_no_category_has_no_mean() -> None:
    made = distributions.Categorical(flambeau.zeros(2, 0), validate_args=False)
    for value in (made.mean, made.variance, made.stddev):
        assert (value.shape, value.isnan().all().item()) == ((2,), True)


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (lambda given: distributions.Geometric(**given), [-1.0]),
        (lambda given: distributions.NegativeBinomial(2, **given), [-1.0]),
        (lambda given: distributions.ContinuousBernoulli(**given), [2.0]),
        (lambda given: distributions.Bernoulli(**given), [2.0]),
        (lambda given: distributions.Binomial(2, **given), [3.0]),
        (lambda given: distributions.RelaxedBernoulli(HALF[0], **given), [2.0]),
        (lambda given: distributions.Categorical(**given), [7.0]),
        (lambda given: distributions.Multinomial(2, **given), [7.0]),
        (lambda given: distributions.RelaxedOneHotCategorical(HALF[0], **given), [7.0]),
    ],
)
@pytest.mark.parametrize("name", ["probs", "logits"])
def test_a_refusal_shows_the_parameters_that_were_given(made: Any, wrong: list[float], name: str) -> None:
    other = {"probs": "logits", "logits": "probs"}[name]
    for question in ("log_prob", "cdf"):
        built = made({name: HALF})
        with pytest.raises((NotImplementedError, ValueError)) as refused:
            getattr(built, question)(flambeau.tensor(wrong))
        assert f"{other}:" not in str(refused.value)


@pytest.mark.parametrize("wrong", ["1", [1.0], None, 1j])
def test_parameters_of_beta_are_numbers_or_tensors(wrong: Any) -> None:
    for pair in ((wrong, 2.0), (2.0, wrong)):
        with pytest.raises(ValueError, match="must all be instances of Number"):
            distributions.Beta(*pair)
    assert distributions.Beta(1.0, 3.0).mean == 0.25


def test_degrees_of_freedom_may_be_integers() -> None:
    drawn = []
    for first in (flambeau.tensor([1, 2]), flambeau.tensor([1.0, 2.0])):
        flambeau.manual_seed(0)
        drawn.append(distributions.FisherSnedecor(first, 3.0 * flambeau.ones(2)).sample((3,)))
    assert drawn[0].equal(drawn[1])


def test_angles_of_any_concentration_are_found() -> None:
    """No number is ever accepted as an angle of nan, of infinity, or of nothing; the search would not end."""
    flambeau.manual_seed(0)
    concentration = flambeau.tensor([0.0, math.nan, math.inf])
    made = distributions.VonMises(flambeau.tensor([0.0, 0.0, 1.0]), concentration, validate_args=False)
    everywhere, none, mean = made.sample((4000,)).unbind(-1)
    assert bool(none.isnan().all())
    assert bool((mean - 1.0).abs().max() < 1e-6)
    assert everywhere.cos().mean().abs() < 0.05
    assert everywhere.sin().mean().abs() < 0.05


@pytest.mark.parametrize("value", [[[math.inf, math.inf], [math.inf, math.inf]], [[math.inf, 0.0], [0.0, 1.0]]])
def test_infinite_matrices_are_not_positive_definite(value: list[list[float]]) -> None:
    assert not distributions.constraints.positive_definite.check(flambeau.tensor(value))
    made = distributions.Wishart(flambeau.tensor(3.0), flambeau.eye(2))
    with pytest.raises(ValueError, match=r"to be within the support \(PositiveDefinite\(\)\)"):
        made.log_prob(flambeau.tensor(value))
