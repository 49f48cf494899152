"""Gradients of every kind that come to activation functions: strange, huge and tiny ones, in every order of memory.

What must go out is told by the formula of the slope, in plain Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from math import exp, inf, nan, pi, sqrt
from typing import Any, TypeAlias

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject

Slope: TypeAlias = Callable[[float, float, float], float]
"""From what comes in, the argument and the result to what goes out."""

DTYPES = {"float32": 1e-5, "float64": 1e-10}
"""Each with what is tolerated of a result, however small it is."""

_INCOMING = (nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 2.0**15, 2.0**-20)
_ARGUMENTS = (nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -1.5, 2.0, 2.0**15, -(2.0**15), 2.0**-20)


def expect_close(found: list[float], expected: list[float], relative: float, what: str) -> None:
    """Check flat lists of numbers: nan equals nan, and zeros have signs."""
    expect_equal(len(found), len(expected), f"the number of elements of {what}")
    for place, (one, two) in enumerate(zip(found, expected, strict=True)):
        if two != two or not two:
            same = one != one if two != two else one == 0 and math.copysign(1, one) == math.copysign(1, two)
        else:
            same = math.isclose(one, two, rel_tol=relative)
        expect(same, f"element {place} of {what} is {one!r}, expected {two!r}")


# -- element by element ----------------------------------------------------------------------------------


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x)) if x <= 0 else nan


def _silu(grad: float, x: float, _: float) -> float:
    gate = _sigmoid(x)
    return grad * gate * (x * (1 - gate) + 1)


def _gelu(grad: float, x: float, _: float) -> float:
    density = exp(-min(x * x / 2, 800.0)) / sqrt(2 * pi)
    return grad * (math.erfc(-x * sqrt(0.5)) / 2 + x * density)


_FUNCTIONS: dict[str, tuple[Callable[[Any, Any], Any], Slope]] = {
    "relu": (lambda t, x: t.relu(x), lambda grad, _, y: 0.0 if y <= 0 else grad),
    "sigmoid": (lambda t, x: t.sigmoid(x), lambda grad, _, y: grad * (1 - y) * y),
    "tanh": (lambda t, x: t.tanh(x), lambda grad, _, y: grad * (1 - y * y)),
    "silu": (lambda t, x: t.nn.functional.silu(x), _silu),
    "gelu": (lambda t, x: t.nn.functional.gelu(x), _gelu),
}


def _in_every_order(t: Any, x: list[list[float]], grad: list[list[float]], dtype: Any) -> dict[str, tuple[Any, Any]]:
    """The same argument and gradient in several orders of memory."""

    def turned(rows: list[list[float]]) -> Any:
        return t.tensor([list(row) for row in zip(*rows, strict=True)], dtype=dtype).t()

    def spread(rows: list[list[float]]) -> Any:
        return t.tensor([[each for number in row for each in (number, 7.0)] for row in rows], dtype=dtype)[:, ::2]

    def plain(rows: list[list[float]]) -> Any:
        return t.tensor(rows, dtype=dtype)

    return {
        "in rows": (plain(x), plain(grad)), "in columns": (turned(x), turned(grad)), "apart": (spread(x), spread(grad)),
        "in two orders": (plain(x), turned(grad)),
    }  # fmt: skip


def _check_slope(t: Any, call: Any, slope: Slope, x: Any, grad: Any, relative: float, what: str) -> None:
    """Check what goes out, twice, and that nothing else has changed."""
    given, came = x.tolist(), grad.tolist()
    x.requires_grad_()
    y = call(t, x)
    result = y.tolist()
    expected = [
        slope(*each) for rows in zip(came, given, result, strict=True) for each in zip(*rows, strict=True)
    ]  # fmt: skip
    for time in ("the gradient", "the second gradient"):
        (found,) = t.autograd.grad(y, x, grad, retain_graph=True)
        expect_close(found.flatten().tolist(), expected, relative, f"{time} {what}")
        if x.is_contiguous() and grad.is_contiguous():
            expect_equal(tuple(found.stride()), tuple(x.stride()), f"the strides {what}")
        found.fill_(5.0)
    for name, now, before in (("argument", x, given), ("result", y, result), ("incoming gradient", grad, came)):
        expect_equal(repr(now.tolist()), repr(before), f"the {name} {what}, afterwards,")


def _check_function(subject: Subject, name: str, dtype: str) -> None:
    t, (call, slope) = subject.torch, _FUNCTIONS[name]
    x = [list(_ARGUMENTS) for _ in _INCOMING]
    grads = [[number] * len(_ARGUMENTS) for number in _INCOMING]
    for order, pair in _in_every_order(t, x, grads, getattr(t, dtype)).items():
        _check_slope(t, call, slope, *pair, DTYPES[dtype], order)
    column = t.full((501, 1), 0.75, dtype=getattr(t, dtype))
    _check_slope(t, call, slope, column, t.full_like(column, -1.5), DTYPES[dtype], "of a long column")
    all_pass = t.full((2, 3), 3.0, dtype=getattr(t, dtype))
    _check_slope(t, call, slope, all_pass, t.full_like(all_pass, 2.0), DTYPES[dtype], "of positive numbers")


for _name in _FUNCTIONS:
    for _dtype in DTYPES:
        case(f"{_name}/incoming/elements/{_dtype}", dtypes=(_dtype,))(
            partial(_check_function, name=_name, dtype=_dtype)
        )


# -- along rows ------------------------------------------------------------------------------------------

_ROWS = ([1.0, 2.0, 0.5], [-inf, 0.0, 0.0], [inf, 0.0, 0.0], [nan, 0.0, 0.0], [0.0, -9.0, -17.0], [0.0, -30.0, 0.0])
_CAME = (
    [1.0, -1.0, 0.5], [2.0, -2.0, 0.0], [nan, 1.0, 1.0], [inf, 1.0, 1.0], [-inf, 1.0, 1.0], [inf, -inf, 1.0],
    [-0.0, -0.0, -0.0], [0.0, 0.0, 0.0], [2.0**15, 3.0, 2.0**-20], [-(2.0**15), 25.0, -2.5], [1.0, 1.0, 1.0],
)  # fmt: skip


def _softmax(grad: list[float], y: list[float]) -> list[tuple[float, float]]:
    whole = sum(one * two for one, two in zip(grad, y, strict=True))
    return [(two * one, -two * whole) for one, two in zip(grad, y, strict=True)]


def _log_softmax(grad: list[float], y: list[float]) -> list[tuple[float, float]]:
    whole = sum(grad)
    return [(one, -exp(two) * whole) for one, two in zip(grad, y, strict=True)]


_ALONG = {"softmax": _softmax, "log_softmax": _log_softmax}
"""From a row of what comes in and of the result to two terms of each element of what goes out: they may cancel."""


def _check_rows(subject: Subject, name: str, dtype: str) -> None:
    t, slope = subject.torch, _ALONG[name]
    x = [row for row in _ROWS for _ in _CAME]
    grads = [row for _ in _ROWS for row in _CAME]
    for order, (given, came) in _in_every_order(t, x, grads, getattr(t, dtype)).items():
        for dim in (1, 0):
            one, two = (given, came) if dim else (given.t(), came.t())
            _check_along(t, getattr(t, name), slope, one.detach(), two, dim, DTYPES[dtype], f"{order} along {dim}")
    column = t.full((501, 2), 0.75, dtype=getattr(t, dtype))
    _check_along(t, getattr(t, name), slope, column, t.full_like(column, -1.5), 1, DTYPES[dtype], "of a long column")
    balanced = t.tensor([[1.0, -1.0], [0.5, -0.5]], dtype=getattr(t, dtype))
    _check_along(t, getattr(t, name), slope, column[:2].detach(), balanced, 1, DTYPES[dtype], "of what adds up to 0")


def expect_sums(found: list[float], terms: Sequence[tuple[float, ...]], relative: float, what: str) -> None:
    """Check sums of terms that may cancel: what is tolerated is a share of the largest."""
    for place, (one, parts) in enumerate(zip(found, terms, strict=True)):
        total = sum(parts)
        allowed = relative * max(map(abs, parts)) if math.isfinite(total) else 0.0
        same = one != one if total != total else one == total or abs(one - total) <= allowed
        expect(same, f"element {place} of {what} is {one!r}, expected {total!r}")


def _check_along(t: Any, call: Any, slope: Any, x: Any, grad: Any, dim: int, relative: float, what: str) -> None:
    given, came = x.tolist(), grad.tolist()
    x.requires_grad_()
    y = call(x, dim)
    rows = [each if dim else each.t() for each in (grad, y.detach())]
    expected = [slope(*each) for each in zip(*(each.tolist() for each in rows), strict=True)]
    for time in ("the gradient", "the second gradient"):
        (found,) = t.autograd.grad(y, x, grad, retain_graph=True)
        listed = (found if dim else found.t()).tolist()
        for place, row in enumerate(expected):
            expect_sums(listed[place], row, relative, f"row {place} of {time} {what}")
        if x.is_contiguous() and grad.is_contiguous():
            expect_equal(tuple(found.stride()), tuple(x.stride()), f"the strides {what}")
        found.fill_(5.0)
    for thing, now, before in (("argument", x, given), ("incoming gradient", grad, came)):
        expect_equal(repr(now.tolist()), repr(before), f"the {thing} {what}, afterwards,")


for _name in _ALONG:
    for _dtype in DTYPES:
        case(f"{_name}/incoming/rows/{_dtype}", dtypes=(_dtype,))(partial(_check_rows, name=_name, dtype=_dtype))
