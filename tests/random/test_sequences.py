"""Sequences of calls over random seeds, sizes and dtypes: values and state are PyTorch's after each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

Call = Callable[[Any, int, str], Any]

CALLS: dict[str, Call] = {
    "rand": lambda m, n, d: m.rand(n, dtype=getattr(m, d)),
    "randn": lambda m, n, d: m.randn(n, dtype=getattr(m, d)),
    "randint": lambda m, n, d: m.randint(-5, 1 << 30, (n,)),
    "randperm": lambda m, n, d: m.randperm(n),
    "uniform_": lambda m, n, d: m.zeros(n, dtype=getattr(m, d)).uniform_(-1, 2),
    "normal_ strided": lambda m, n, d: m.zeros(2 * n, dtype=getattr(m, d))[::2].normal_(1, 3),
    "normal_ turned": lambda m, n, d: m.zeros(3, n, dtype=getattr(m, d)).t().normal_(),
    "exponential_": lambda m, n, d: m.zeros(n, dtype=getattr(m, d)).exponential_(2),
    "cauchy_": lambda m, n, d: m.zeros(n, dtype=getattr(m, d)).cauchy_(),
    "log_normal_": lambda m, n, d: m.zeros(n, dtype=getattr(m, d)).log_normal_(0, 0.5),
    "geometric_": lambda m, n, d: m.zeros(n, dtype=getattr(m, d)).geometric_(0.3),
    "bernoulli_": lambda m, n, d: m.zeros(n, dtype=getattr(m, d)).bernoulli_(0.4),
    "bernoulli": lambda m, n, d: m.bernoulli(m.full((n,), 0.4, dtype=getattr(m, d))),
    "random_": lambda m, n, d: m.zeros(n, dtype=getattr(m, d)).random_(),
    "dropout": lambda m, n, d: m.nn.functional.dropout(m.ones(n, dtype=getattr(m, d)), 0.3),
    "poisson": lambda m, n, d: m.poisson(m.linspace(0, 25, n)),
    "multinomial": lambda m, n, d: m.multinomial(m.arange(1.0, n + 2), 1 + n // 2),
    "multinomial again": lambda m, n, d: m.multinomial(m.arange(1.0, n + 2), n + 2, replacement=True),
    "init": lambda m, n, d: m.nn.init.trunc_normal_(m.empty(n, dtype=getattr(m, d))),
}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(-(1 << 63), (1 << 64) - 1),
    calls=st.lists(
        st.tuples(
            st.sampled_from(list(CALLS)),
            st.sampled_from([0, 1, 5, 15, 16, 17, 100, 1003]),
            st.sampled_from(["float32", "float64", "float16", "bfloat16"]),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_values_and_states_are_pytorchs(seed: int, calls: list[tuple[str, int, str]]) -> None:
    for module in (flambeau, torch):
        module.manual_seed(seed)
    for call, size, dtype in calls:
        found, expected = (CALLS[call](module, size, dtype) for module in (flambeau, torch))
        assert found.tolist() == expected.tolist(), (call, size, dtype)
        assert flambeau.get_rng_state().tolist() == torch.get_rng_state().tolist(), (call, size, dtype)
