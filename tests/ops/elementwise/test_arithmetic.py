"""Arithmetic compared with PyTorch bit for bit: rounded quotients, remainders, numbers beside 16 bits, numbers over tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.matrices import assert_same

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_NUMBERS = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 3.0, 0.3, -0.7, 1e30, -65504.0, math.inf, -math.inf, math.nan]

_FORMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "remainder": lambda t, a, b: t.remainder(a, b),
    "remainder in place": lambda t, a, b: a.clone().remainder_(b),
    "remainder reversed": lambda t, a, b: b % a,
    "remainder by out": lambda t, a, b: t.remainder(a, b, out=t.empty_like(a)),
    "fmod": lambda t, a, b: t.fmod(a, b),
    "fmod in place": lambda t, a, b: a.clone().fmod_(b),
    "floor_divide": lambda t, a, b: t.floor_divide(a, b),
    "floor_divide in place": lambda t, a, b: a.clone().floor_divide_(b),
    "floor_divide reversed": lambda t, a, b: b // a,
    "div floor": lambda t, a, b: t.div(a, b, rounding_mode="floor"),
    "div trunc": lambda t, a, b: a.clone().div_(b, rounding_mode="trunc"),
}


def _bits(tensor: Any) -> list[tuple[float, float]]:
    """The values with the signs of zeros; all nan are one."""
    values = tensor.double().tolist()
    return [("nan", 0.0) if value != value else (value, math.copysign(1.0, value)) for value in values]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("form", _FORMS)
def test_rounded_quotients_and_remainders(form: str, dtype: str) -> None:
    function = _FORMS[form]
    first, second = zip(*((a, b) for a in _NUMBERS for b in _NUMBERS), strict=True)
    found, expected = (
        _bits(function(t, *(t.tensor(column, dtype=getattr(t, dtype)) for column in (first, second))))
        for t in (flambeau, torch)
    )
    assert found == expected


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("form", [form for form in _FORMS if form != "floor_divide reversed"])
@pytest.mark.parametrize("number", [0.0, -0.0, 0.3, -2.5, 3, 0.1, math.inf, -math.inf, math.nan])
def test_rounded_quotients_and_remainders_with_a_number(form: str, dtype: str, number: float) -> None:
    found, expected = (
        _bits(_FORMS[form](t, t.tensor(_NUMBERS, dtype=getattr(t, dtype)), number)) for t in (flambeau, torch)
    )
    assert found == expected


_BESIDE: dict[str, Callable[[Any, Any, Any], Any]] = {
    "mul": lambda t, x, number: x * number,
    "mul by the number first": lambda t, x, number: t.mul(number, x),
    "mul in place": lambda t, x, number: x.clone().mul_(number),
    "div": lambda t, x, number: x / number,
    "div of the number": lambda t, x, number: t.div(number, x),
    "number over": lambda t, x, number: number / x,
    "floor_divide": lambda t, x, number: x // number,
    "floor": lambda t, x, number: t.div(x, number, rounding_mode="floor"),
    "trunc": lambda t, x, number: t.div(x, number, rounding_mode="trunc"),
    "add": lambda t, x, number: x + number,
    "rsub": lambda t, x, number: number - x,
    "remainder": lambda t, x, number: x % number,
    "maximum": lambda t, x, number: t.clamp_min(x, number),
}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("kind", ["number", "integer", "0-d float64", "0-d float32", "0-d int64"])
@pytest.mark.parametrize("form", _BESIDE)
def test_a_number_or_0d_tensor_beside_a_tensor(form: str, kind: str, dtype: str) -> None:
    values = [round(math.sin(k) * 3, 3) for k in range(1, 40)]
    results = []
    for t in (flambeau, torch):
        others = {
            "number": 0.3, "integer": 3001, "0-d float64": t.tensor(0.3, dtype=t.float64),
            "0-d float32": t.tensor(0.3), "0-d int64": t.tensor(3001),
        }  # fmt: skip
        results.append(_bits(_BESIDE[form](t, t.tensor(values, dtype=getattr(t, dtype)), others[kind])))
    assert results[0] == results[1]


@pytest.mark.parametrize("function", ["remainder", "fmod", "floor_divide"])
@pytest.mark.parametrize("dtype", ["bool", "complex64"])
def test_dtypes_without_remainders(function: str, dtype: str) -> None:
    assert_same(flambeau, torch, f"M.{function}(ramp('int64', 2).to(M.{dtype}), ramp('int64', 2).to(M.{dtype}))")


@pytest.mark.parametrize(
    "expression",
    [
        "M.lerp(ramp('int64', 2), ramp('int64', 2), 0.5)",
        "M.lerp(ramp('bool', 2), ramp('bool', 2), 0.5)",
        "M.lerp(ramp('float32', 2), ramp('float32', 2), 0.5j)",
        "M.lerp(ramp('float64', 2), ramp('float64', 2), 0.5j)",
        "M.div(ramp('complex64', 2), 2, rounding_mode='floor')",
        "M.logit(ramp('complex64', 2))",
        "F.threshold(ramp('complex64', 2), 0.0, 1.0)",
        "F.threshold(ramp('bool', 2), 0.0, 1.0)",
        "F.hardtanh(ramp('complex64', 2))",
        "F.relu6(ramp('complex64', 2))",
        "F.mse_loss(ramp('complex64', 2), ramp('complex64', 2))",
        "F.mse_loss(ramp('float32', 2), ramp('complex64', 2))",
        "F.mse_loss(ramp('int64', 2), ramp('int64', 2))",
        "F.mse_loss(ramp('bool', 2), ramp('bool', 2))",
        "F.mse_loss(ramp('float32', 2), ramp('bool', 2))",
        "F.mse_loss(ramp('float32', 2), ramp('int64', 2))",
    ],
)
def test_dtypes_refused(expression: str) -> None:
    assert_same(flambeau, torch, expression)


@pytest.mark.parametrize(
    "name", ["floor", "ceil", "trunc", "round", "sign", "signbit", "relu", "deg2rad", "erf", "lgamma", "digamma", "i0"]
)
def test_functions_of_real_numbers_refuse_complex_ones(name: str) -> None:
    assert_same(flambeau, torch, f"M.{name}(ramp('complex64', 2))")
