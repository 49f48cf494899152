"""Divergences of every pair of distributions beside PyTorch's, their gradients, and pairs that have none."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau
from distribution_cases import CASES, built

NAMES = [name for name in CASES if name not in ("Categorical", "Bernoulli", "OneHotCategoricalStraightThrough")]


def _divergence(t: Any, one: str, other: str) -> Any:
    (p, leaves, _), (q, others, _) = built(t, one), built(t, other)
    try:
        result = t.distributions.kl_divergence(p, q)
    except (NotImplementedError, ValueError, RuntimeError) as error:
        return type(error).__name__, " ".join(str(error).split())
    grads = t.autograd.grad(result.sum(), [*leaves, *others], allow_unused=True) if result.requires_grad else ()
    return np.array(result.tolist()), [None if grad is None else np.array(grad.tolist()) for grad in grads]


@pytest.mark.parametrize("one", NAMES)
def test_divergences_and_their_gradients_are_pytorchs(torch: ModuleType, one: str) -> None:
    kind = one.split()[0]
    for other in (name for name in NAMES if " " not in name or name.split()[0] == kind):
        expected, found = (_divergence(t, one, other) for t in (torch, flambeau))
        pair = f"{one}, {other}"
        if isinstance(expected[0], str):
            assert found[0] == expected[0], pair
            assert expected[0] == "RuntimeError" or not expected[1] or found[1] == expected[1], pair
            continue
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-8, atol=1e-14, err_msg=pair)
        for grad, wanted in zip(found[1], expected[1] or [None] * len(found[1]), strict=True):
            if wanted is None:
                assert grad is None or "Wishart" in one or not grad.any()  # by natural parameters, PyTorch has none
            elif grad is None:
                assert not np.nan_to_num(wanted).any(), pair
            else:
                np.testing.assert_allclose(grad, wanted, rtol=1e-6, atol=1e-10, err_msg=pair)


INFINITE = {
    "a uniform that reaches beyond": lambda d: (d.Uniform(0.0, 2.0), d.Beta(1.0, 1.0)),
    "a beta beyond a uniform": lambda d: (d.Beta(2.0, 2.0), d.Uniform(0.5, 1.0)),
    "a mean that is not there": lambda d: (d.Pareto(1.0, 1.0), d.Exponential(1.0)),
    "a variance that is not there": lambda d: (d.Pareto(1.0, 2.0), d.Normal(0.0, 1.0)),
    "a lower bound": lambda d: (d.Pareto(1.0, 3.0), d.Pareto(2.0, 3.0)),
    "all numbers": lambda d: (d.Gumbel(0.0, 1.0), d.Gamma(1.0, 1.0)),
    "more trials": lambda d: (d.Binomial(3, flambeau.tensor(0.5)), d.Binomial(2, flambeau.tensor(0.5))),
}


@pytest.mark.parametrize("what", INFINITE)
def test_values_that_the_second_has_not_are_infinitely_far(what: str) -> None:
    assert flambeau.distributions.kl_divergence(*INFINITE[what](flambeau.distributions)).item() == float("inf")


def test_a_family_has_divergences_and_entropy_by_its_natural_parameters() -> None:
    """The formulas of each distribution against those by the gradients of its log-normaliser."""
    d = flambeau.distributions
    from flambeau.distributions.exp_family import bregman

    for name in ("Normal", "Exponential", "Bernoulli logits", "Poisson", "Gamma", "Beta", "Dirichlet", "Wishart"):
        (p, leaves, _), q = built(flambeau, name), built(flambeau, name)[0]
        q = d.Poisson(p.rate.detach() * 2) if name == "Poisson" else q
        for closed, own in ((d.kl_divergence(p, q), bregman(p, q)), *_entropies(name, p)):
            np.testing.assert_allclose(own.tolist(), closed.tolist(), rtol=1e-9, atol=1e-9)
            for expected, found in zip(*(_grads(value, leaves) for value in (closed, own)), strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def _entropies(name: str, p: Any) -> list[tuple[Any, Any]]:
    if name in ("Poisson", "Beta", "Dirichlet", "Normal"):  # no measure, or one that the base class does not know
        return []
    return [(p.entropy(), flambeau.distributions.ExponentialFamily.entropy(p))]


def _grads(value: Any, leaves: list[Any]) -> list[Any]:
    grads = flambeau.autograd.grad(value.sum(), leaves, allow_unused=True, retain_graph=True)
    return [np.zeros(()) if grad is None else np.array(grad.tolist()) for grad in grads]


def test_every_pair_is_positive_and_that_of_equals_is_0() -> None:
    d = flambeau.distributions
    for one, other in itertools.product(
        ("Gamma", "Beta", "Dirichlet", "Gumbel", "Pareto", "MultivariateNormal"), repeat=2
    ):
        p, q = built(flambeau, one)[0], built(flambeau, other)[0]
        try:
            found = d.kl_divergence(p, q)
        except NotImplementedError:
            continue
        assert bool((found.abs() < 1e-9).all()) if one == other else bool((found > 0).all())
