"""What is linear but for some bends has a second derivative, which is 0: penalties on gradients go through it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau

FUNCTIONS = [
    "F.relu(x)", "F.relu6(x)", "F.hardtanh(x)", "F.leaky_relu(x)", "F.threshold(x, 0.0, 0.0)", "F.rrelu(x)",
    "F.rrelu(x, training=True)", "F.prelu(x, t.tensor(0.5, dtype=t.float64))", "F.hardshrink(x)", "F.softshrink(x)",
    "(x * 1).relu_()", "F.relu6(x * 1, inplace=True)", "F.rrelu(x * 1, inplace=True)", "F.relu(x) * x", "F.relu6(x) * x",
    "F.rrelu(x) * x",
]  # fmt: skip


def _derivatives(torch: ModuleType, function: str) -> list[Any]:
    x = torch.tensor([7.0, -4.0, 0.25, 0.0], dtype=torch.float64, requires_grad=True)
    result = eval(function, {"F": torch.nn.functional, "x": x, "t": torch})
    (first,) = torch.autograd.grad(result.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad((first * first).sum(), x)
    return second.tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("function", FUNCTIONS[:13])
def test_the_second_derivative_is_zero(function: str) -> None:
    assert _derivatives(flambeau, function) == [0.0] * 4


@pytest.mark.oracle
@pytest.mark.parametrize("function", [each for each in FUNCTIONS if "training" not in each])
def test_second_derivatives_are_pytorchs(torch: ModuleType, function: str) -> None:
    assert _derivatives(flambeau, function) == pytest.approx(_derivatives(torch, function))


def test_both_second_derivatives_of_a_learnt_slope() -> None:
    x = flambeau.tensor([1.0, -2.0], requires_grad=True)
    weight = flambeau.tensor([0.5], requires_grad=True)
    (first,) = flambeau.autograd.grad(flambeau.prelu(x, weight).sum(), x, create_graph=True)
    by_x, by_weight = flambeau.autograd.grad(first.sum(), (x, weight))
    assert by_x.tolist() == [0.0, 0.0]
    assert by_weight.tolist() == [1.0]


def test_without_a_further_derivative_nothing_is_recorded() -> None:
    x = flambeau.tensor([1.0, -2.0], requires_grad=True)
    (first,) = flambeau.autograd.grad(flambeau.nn.functional.relu6(x).sum(), x)
    assert first.grad_fn is None


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_no_derivative_of_gelu_loses_nan(approximate: str) -> None:
    x = flambeau.tensor([float("nan"), 1.0], requires_grad=True)
    result = flambeau.nn.functional.gelu(x, approximate=approximate)
    (first,) = flambeau.autograd.grad(result.sum(), x, create_graph=True)
    (second,) = flambeau.autograd.grad(first.sum(), x)
    assert [flambeau.isnan(each).tolist() for each in (result, first, second)] == [[True, False]] * 3
