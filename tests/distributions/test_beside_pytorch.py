"""Every distribution beside PyTorch's: densities, moments, their gradients, texts, and samples with the same seed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau
from distribution_cases import CASES, built

pytestmark = pytest.mark.filterwarnings("ignore:Singular sample:UserWarning")

LAST_DIGITS = {"float64": 4e-14, "float32": 4e-6}
"""How far a sample may be off that functions of several steps make of the numbers: their last digits are the machine's."""

EXACT = {
    "Normal", "Uniform", "Exponential", "Cauchy", "Laplace", "Bernoulli", "Bernoulli logits", "Binomial",
    "Binomial logits", "Geometric", "Geometric logits", "Poisson", "Categorical", "Categorical logits", "Gamma", "Beta",
    "Dirichlet", "Chi2", "StudentT", "FisherSnedecor", "HalfNormal", "HalfCauchy", "InverseGamma", "NegativeBinomial",
    "NegativeBinomial logits", "Multinomial", "Multinomial logits", "OneHotCategorical", "Independent", "MixtureSameFamily",
    "MixtureSameFamily vectors", "VonMises", "Pareto", "Gumbel",
}  # fmt: skip
"""Distributions whose samples are PyTorch's bit for bit."""


def _questions(distribution: Any, values: Any, chances: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "log_prob", lambda: distribution.log_prob(values)
    yield "cdf", lambda: distribution.cdf(values)
    yield "icdf", lambda: distribution.icdf(chances)
    for name in ("entropy", "perplexity", "enumerate_support"):
        yield name, getattr(distribution, name)
    for name in ("mean", "mode", "variance", "stddev"):
        yield name, lambda name=name: getattr(distribution, name)


def _answer(t: Any, question: Callable[[], Any], leaves: list[Any]) -> Any:
    """The result and the gradients by all parameters; the class of the error instead."""
    try:
        result = question()
    except (NotImplementedError, ValueError) as error:
        return type(error).__name__
    grads: Any = ()
    if result.requires_grad:
        try:
            grads = t.autograd.grad(result.sum(), leaves, allow_unused=True, retain_graph=True)
        except (NotImplementedError, RuntimeError):  # by the first parameter of igamma there is none
            return np.array(result.tolist(), dtype=float), None
        else:
            grads = [np.zeros(()) if grad is None else np.array(grad.tolist()) for grad in grads]
    return np.array(result.tolist(), dtype=float), grads


def _chances(t: Any, distribution: Any) -> Any:
    size = distribution.batch_shape[-1] if distribution.batch_shape else 1
    return t.tensor([0.2, 0.5, 0.8][:size], dtype=t.float64)


@pytest.mark.parametrize("name", CASES)
def test_values_moments_and_gradients_are_pytorchs(torch: ModuleType, name: str) -> None:
    theirs, their_leaves, their_values = built(torch, name)
    ours, leaves, values = built(flambeau, name)
    both = zip(
        _questions(theirs, their_values, _chances(torch, theirs)),
        _questions(ours, values, _chances(flambeau, ours)),
        strict=True,
    )
    for (what, their_question), (_, question) in both:
        if name == "GeneralizedPareto" and what in ("log_prob", "cdf"):
            continue  # PyTorch raises an error for float64; its numbers for float32 are compared below
        expected = _answer(torch, their_question, their_leaves)
        found = _answer(flambeau, question, leaves)
        if isinstance(expected, str) or isinstance(found, str):
            assert found == expected, what
            continue
        np.testing.assert_allclose(found[0], expected[0], rtol=5e-8, atol=1e-12, err_msg=what)
        if (name, what) == ("Uniform", "mode"):
            continue  # nan without a history here
        if expected[1] is None:
            assert found[1] is None
            continue
        for grad, wanted in zip(found[1], expected[1], strict=True):
            np.testing.assert_allclose(grad, wanted, rtol=1e-6, atol=1e-10, err_msg=f"the gradient of {what}")


@pytest.mark.parametrize("name", CASES)
def test_texts_and_shapes_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (torch, flambeau):
        made = built(t, name)[0]
        wide = made.expand((2, *made.batch_shape))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = wide.sample((5,))
        found.append([
            repr(made), repr(wide), tuple(made.batch_shape), tuple(made.event_shape), made.has_enumerate_support,
            sorted(made.arg_constraints), type(made.support).__name__, made.support.is_discrete, made.support.event_dim,
            tuple(wide.batch_shape), tuple(drawn.shape), bool(made.support.check(drawn).all()), str(drawn.dtype),
        ])  # fmt: skip
    assert found[0] == found[1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_samples_are_pytorchs(torch: ModuleType, name: str, dtype: str) -> None:
    for shape in ((), (3, 2)):
        for method in ("sample", "rsample"):
            found: list[Any] = []
            for t in (torch, flambeau):
                made, leaves, _ = built(t, name, dtype)
                t.manual_seed(7)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found.append(_answer(t, lambda m=made, s=shape, how=method: getattr(m, how)(s), leaves))
                found.append(t.rand(3).tolist())  # as many numbers were taken
            expected, next_expected, ours, next_ours = found
            assert next_ours == next_expected
            if isinstance(expected, str) or isinstance(ours, str):
                assert ours == expected
                continue
            if name in EXACT and dtype == "float64":
                assert np.array_equal(ours[0], expected[0])
            tolerance = LAST_DIGITS[dtype]
            np.testing.assert_allclose(ours[0], expected[0], rtol=tolerance, atol=tolerance)
            if "Wishart" in name:
                continue  # PyTorch writes over what its gradient needs
            for grad, wanted in zip(ours[1], expected[1], strict=True):
                loose = 1e-6 if dtype == "float64" else 2e-3
                np.testing.assert_allclose(grad, wanted, rtol=loose, atol=loose, err_msg="the gradient")


def test_generalized_pareto_in_float32(torch: ModuleType) -> None:
    found = []
    for t in (torch, flambeau):
        made, _, values = built(t, "GeneralizedPareto", "float32")
        names = ("log_prob", "cdf", "log_cdf", "log_survival_function")
        found.append([getattr(made, name)(values).tolist() for name in names])
    np.testing.assert_allclose(found[1], found[0], rtol=2e-5)
