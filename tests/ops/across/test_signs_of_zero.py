"""The sign of zero, which PyTorch keeps where a function is odd or the identity there."""

from __future__ import annotations

from types import ModuleType

import pytest

import flambeau
from expressions import lines, outcome

FUNCTIONS = lines("""
t.relu(x)
x.clone().relu_()
t.nn.functional.relu6(x)
t.nn.functional.hardtanh(x, 0, 1)
t.clamp(x, 0)
t.nn.functional.elu(x)
t.selu(x)
t.celu(x)
t.erfinv(x)
t.erf(x)
t.cumsum(x, 0)
x.clone().cumsum_(0)
t.cumprod(x, 0)
t.nn.functional.leaky_relu(x)
""")


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("size", [1, 3, 40, 5000])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_of_minus_zero_are_pytorchs(torch: ModuleType, function: str, size: int, dtype: str) -> None:
    expression = f"(lambda x: {function})(t.full(({size},), -0.0, dtype=t.{dtype})).signbit().unique()"
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("name", ["relu", "selu", "celu", "erfinv"])
def test_minus_zero_stays(name: str) -> None:
    assert flambeau.signbit(getattr(flambeau, name)(flambeau.tensor([-0.0]))).item()


def test_a_running_sum_is_never_minus_zero() -> None:
    assert not flambeau.signbit(flambeau.cumsum(flambeau.tensor([-0.0, -0.0]), 0)).any().item()
