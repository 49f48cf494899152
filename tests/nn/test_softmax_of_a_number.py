"""Softmax of a tensor without dimensions: of one element, as along a dimension of size 1."""

from __future__ import annotations

import math
from types import ModuleType

import pytest

import flambeau
from expressions import outcome

VALUES = ["2.0", "-0.0", "nan", "inf", "-inf"]


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_gives_nan(name: str, value: float) -> None:
    x = flambeau.tensor(value, requires_grad=True)
    result = getattr(flambeau, name)(x, 0)
    (grad,) = flambeau.autograd.grad(result, x)
    assert math.isnan(result.item())
    assert math.isnan(grad.item())


@pytest.mark.oracle
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "nn.functional.softmin"])
def test_values_and_derivatives_are_pytorchs(torch: ModuleType, name: str, dtype: str, value: str) -> None:
    of = f"lambda x: t.{name}(x, 0)"
    point = f"t.tensor({value}, dtype=t.{dtype})"
    for expression in (
        f"({of})({point})",
        f"t.autograd.functional.vjp({of}, {point}, t.tensor(3.0, dtype=t.{dtype}))",
        f"t.autograd.functional.hessian({of}, {point})",
    ):
        assert outcome(flambeau, expression) == outcome(torch, expression)
