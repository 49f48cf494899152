"""Densities, entropies and divergences, and their gradients, beside PyTorch's; at the edges too."""

from __future__ import annotations

import itertools
import math
from types import ModuleType
from typing import Any

import pytest

import flambeau

INF = math.inf
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "Normal": [{"loc": [0.0, -1.0, 3.0], "scale": [1.0, 0.5, 2.0]}],
    "LogNormal": [{"loc": [0.0, -1.0, 0.5], "scale": [1.0, 0.5, 0.25]}],
    "Uniform": [{"low": [0.0, -1.0, 2.0], "high": [1.0, 1.0, 5.0]}],
    "Exponential": [{"rate": [1.0, 0.25, 4.0]}],
    "Cauchy": [{"loc": [0.0, -1.0, 3.0], "scale": [1.0, 0.5, 2.0]}],
    "Laplace": [{"loc": [0.0, -1.0, 3.0], "scale": [1.0, 0.5, 2.0]}],
    "Bernoulli": [{"probs": [0.0, 1.0, 0.5, 0.2]}, {"logits": [0.0, -3.0, 60.0, -60.0]}],
    "Geometric": [{"probs": [1.0, 0.5, 0.2]}, {"logits": [0.0, -3.0, 2.0]}],
    "Binomial": [
        {"total_count": [3.0, 3.0, 3.0, 3.0], "probs": [0.0, 1.0, 0.5, 0.2]},
        {"total_count": [3.0, 3.0, 3.0], "logits": [0.0, -3.0, 60.0]},
    ],
    "Poisson": [{"rate": [1.0, 0.25, 4.0]}],
    "Categorical": [
        {"probs": [[0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]},
        {"logits": [[1.0, 2.0, -INF], [-INF, 0.0, -INF]]},
        {"logits": [[0.0, 0.0, 0.0], [-500.0, 500.0, 0.0]]},
    ],
}
VALUES: dict[str, list[float]] = {
    "Normal": [0.0, -1.0, 2.0, 60.0], "LogNormal": [1.0, 0.001, 50.0], "Uniform": [0.0, 1.0, 0.5, 2.0, -1.0],
    "Exponential": [0.0, 0.5, 200.0], "Cauchy": [0.0, -1.0, 1e6], "Laplace": [0.0, -1.0, 3.0, 90.0],
    "Bernoulli": [0.0, 1.0], "Geometric": [0.0, 1.0, 7.0], "Binomial": [0.0, 1.0, 3.0], "Poisson": [0.0, 1.0, 9.0],
    "Categorical": [0.0, 1.0, 2.0],
}  # fmt: skip
NOT_IMPLEMENTED, UNUSED = -98765.0, -87654.0
"""Numbers in the place of a result, or of a gradient, that is not there."""
CASES = [(name, given) for name, choices in PARAMETERS.items() for given in choices]


def _made(t: Any, name: str, given: dict[str, Any], **options: Any) -> tuple[Any, list[Any]]:
    leaves = {key: t.tensor(value, dtype=t.float64, requires_grad=True) for key, value in given.items()}
    return getattr(t.distributions, name)(**leaves, **options), list(leaves.values())


def _with_gradients(t: Any, compute: Any, leaves: list[Any]) -> list[Any]:
    try:
        result = compute()
    except NotImplementedError:
        return [NOT_IMPLEMENTED]
    grads = t.autograd.grad(result.sum(), leaves, allow_unused=True, retain_graph=True) if result.requires_grad else ()
    return [result.tolist(), *[UNUSED if grad is None else grad.tolist() for grad in grads]]


def _flat(value: Any) -> list[Any]:
    return [entry for part in value for entry in _flat(part)] if isinstance(value, list) else [value]


def _same(ours: list[Any], theirs: list[Any]) -> None:
    assert _flat(ours) == pytest.approx(_flat(theirs), rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(("name", "given"), CASES)
@pytest.mark.parametrize("method", ["log_prob", "cdf"])
def test_values_and_gradients_of_densities_are_pytorchs(torch: ModuleType, name: str, given: Any, method: str) -> None:
    for number in VALUES[name]:
        found = []
        for t in (flambeau, torch):
            distribution, leaves = _made(t, name, given, validate_args=False)
            value = t.tensor(number, dtype=t.float64)
            found.append(_with_gradients(t, lambda d=distribution, v=value: getattr(d, method)(v), leaves))
        _same(*found)


@pytest.mark.parametrize(("name", "given"), CASES)
def test_entropies_and_their_gradients_are_pytorchs(torch: ModuleType, name: str, given: Any) -> None:
    found = []
    for t in (flambeau, torch):
        distribution, leaves = _made(t, name, given)
        found.append(_with_gradients(t, distribution.entropy, leaves))
    _same(*found)


@pytest.mark.parametrize(("name", "given"), CASES)
def test_moments_and_inverses_are_pytorchs(torch: ModuleType, name: str, given: Any) -> None:
    for attribute in ("mean", "mode", "variance", "stddev"):
        found = [_flat(getattr(_made(t, name, given)[0], attribute).tolist()) for t in (flambeau, torch)]
        assert found[0] == pytest.approx(found[1], nan_ok=True), attribute
    for chance in (0.0, 0.25, 0.5, 1.0):
        results = []
        for t in (flambeau, torch):
            distribution, leaves = _made(t, name, given)
            value = t.tensor(chance, dtype=t.float64)
            results.append(_with_gradients(t, lambda d=distribution, v=value: d.icdf(v), leaves))
        _same(*results)


@pytest.mark.parametrize(("name", "given"), CASES)
def test_supports_are_enumerated_as_in_pytorch(torch: ModuleType, name: str, given: Any) -> None:
    for expand in (True, False):
        found: list[Any] = []
        for t in (flambeau, torch):
            distribution = _made(t, name, given)[0]
            assert distribution.has_enumerate_support == (name in ("Bernoulli", "Binomial", "Categorical"))
            try:
                values = distribution.enumerate_support(expand)
                found.append((str(values.dtype), values.tolist()))
            except NotImplementedError:
                found.append("none")
        assert found[0] == found[1]


def test_divergences_are_pytorchs(torch: ModuleType) -> None:
    short = {
        name: [{key: value[-3:] for key, value in given.items()} for given in all_] for name, all_ in PARAMETERS.items()
    }
    for (one, p), (two, q) in itertools.product([(n, g) for n, all_ in short.items() for g in all_], repeat=2):
        found = []
        for t in (flambeau, torch):
            (first, leaves), (second, others) = _made(t, one, p), _made(t, two, q)
            compute = lambda p=first, q=second, t=t: t.distributions.kl_divergence(p, q)  # noqa: E731
            found.append(_with_gradients(t, compute, leaves + others))
        if not any(isinstance(v, float) and math.isnan(v) for v in _flat(found[1])):
            _same(*found)
        assert not any(isinstance(v, float) and math.isnan(v) for v in _flat(found[0])), (one, p, two, q, found)


def test_impossible_outcomes_leave_no_nan() -> None:
    """PyTorch gives nan for most of these."""
    logits = flambeau.tensor([-INF, INF, 0.0], requires_grad=True)
    for name in ("Bernoulli", "Binomial"):
        given = {"total_count": 2} if name == "Binomial" else {}
        distribution = getattr(flambeau.distributions, name)(logits=logits, **given)
        entropy = distribution.entropy()
        assert entropy[:2].tolist() == [0.0, 0.0]
        (grad,) = flambeau.autograd.grad(entropy.sum(), logits, retain_graph=True)
        assert grad[:2].tolist() == [0.0, 0.0]
        certain = distribution.log_prob(flambeau.tensor([0.0, float(given.get("total_count", 1)), 0.0]))
        assert certain[:2].tolist() == [0.0, 0.0]
        (grad,) = flambeau.autograd.grad(certain.sum(), logits, retain_graph=True)
        assert grad[:2].tolist() == [0.0, 0.0]
        assert flambeau.distributions.kl_divergence(distribution, distribution).tolist() == [0.0, 0.0, 0.0]
        impossible = distribution.log_prob(flambeau.tensor([1.0, 0.0, 0.0]))
        assert impossible[:2].tolist() == [-INF, -INF]
    rate = flambeau.tensor([0.0, 2.0], requires_grad=True)
    poisson = flambeau.distributions.Poisson(rate)
    nothing = poisson.log_prob(flambeau.tensor(0.0))
    assert nothing.tolist() == [0.0, -2.0]
    assert flambeau.autograd.grad(nothing.sum(), rate)[0].tolist() == [-1.0, -1.0]


def test_masked_actions_have_a_finite_gradient() -> None:
    for dtype in (flambeau.float32, flambeau.float64, flambeau.float16):
        logits = flambeau.tensor([[1.0, 2.0, -INF], [-INF, 0.0, -INF]], dtype=dtype, requires_grad=True)
        policy = flambeau.distributions.Categorical(logits=logits)
        entropy = policy.entropy()
        assert entropy.tolist() == pytest.approx([0.5822, 0.0], abs=1e-3)
        entropy.sum().backward(retain_graph=True)
        assert logits.grad is not None
        assert logits.grad.tolist()[0] == pytest.approx([0.1966, -0.1966, 0.0], abs=1e-3)
        assert logits.grad.tolist()[1] == [0.0, 0.0, 0.0]
        assert policy.log_prob(flambeau.tensor([0, 0])).tolist()[1] == -INF


def test_certain_outcomes_have_no_entropy() -> None:
    assert flambeau.distributions.Bernoulli(0.0).entropy().item() == 0
    chances = flambeau.tensor([0.0, 0.5], dtype=flambeau.float64)
    assert flambeau.distributions.Bernoulli(chances).entropy().tolist() == [0, math.log(2)]
    assert flambeau.distributions.Bernoulli(logits=flambeau.tensor([-50.0, 1000.0])).entropy().tolist() == [0, 0]
    assert flambeau.distributions.Bernoulli(0.0).log_prob(flambeau.tensor(0.0)).item() == 0


@pytest.mark.parametrize("name", ["HalfNormal", "HalfCauchy"])
def test_what_is_not_a_positive_number_has_no_density(name: str) -> None:
    made = getattr(flambeau.distributions, name)(2.0, validate_args=False)
    assert made.log_prob(flambeau.tensor([float("nan"), -1.0])).tolist() == [-float("inf")] * 2


def test_the_logits_of_a_relaxed_bernoulli_are_checked_by_default_alone() -> None:
    """As in PyTorch, whose distribution of logits is not told of ``validate_args``."""
    made = flambeau.distributions.RelaxedBernoulli(
        flambeau.tensor(1.0), probs=flambeau.tensor(0.5), validate_args=False
    )
    with pytest.raises(ValueError, match="within the support"):
        made.log_prob(flambeau.tensor(float("nan")))


@pytest.mark.parametrize("name", ["Poisson", "Geometric", "Bernoulli"])
def test_one_value_counts_as_many_when_dtypes_meet(name: str) -> None:
    made = getattr(flambeau.distributions, name)(flambeau.tensor([0.25, 0.5]))
    assert made.log_prob(flambeau.tensor(1.0, dtype=flambeau.float64)).dtype is flambeau.float64


def test_infinite_values_have_infinite_slopes() -> None:
    logits = flambeau.tensor([0.5, 3.0], requires_grad=True)
    made = flambeau.distributions.Bernoulli(logits=logits, validate_args=False)
    made.log_prob(flambeau.tensor([float("inf"), 1.0])).sum().backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [float("inf"), pytest.approx(0.04742587)]
