"""Softmax and its logarithm where results or gradients are tiny, nothing, or strange; and the derivatives of their derivatives."""

from __future__ import annotations

import math
from functools import partial
from math import exp, inf, nan
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_close, expect_sums

_NAMES = ("softmax", "log_softmax")


def _check_tiny(subject: Subject, name: str, dtype: str) -> None:
    """Logarithms of what is nearly 1, and gradients of tiny ones."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    for number in (-12.0, -8.0, -14.0) if dtype == "float64" else ():
        y = getattr(t, name)(t.tensor([[0.0, number]], dtype=kind), 1)
        log = -math.log1p(exp(number))
        expected = [exp(log), exp(number + log)] if name == "softmax" else [log, number + log]
        expect_close(y[0].tolist(), expected, 1e-8, f"the result for {number}")
    x = t.tensor([[0.0, 0.0, -30.0]], dtype=kind, requires_grad=True)
    grad = [2.0**-15, -(2.0**-17), 2.0**-14]
    (found,) = t.autograd.grad(getattr(t, name)(x, 1), x, t.tensor([grad], dtype=kind))
    shares = [1 / (2 + exp(-30.0)), 1 / (2 + exp(-30.0)), exp(-30.0) / (2 + exp(-30.0))]
    if name == "softmax":
        whole = sum(one * two for one, two in zip(grad, shares, strict=True))
        terms = [(one * two, -two * whole) for one, two in zip(grad, shares, strict=True)]
    else:
        terms = [(one, -two * sum(grad)) for one, two in zip(grad, shares, strict=True)]
    expect_sums(found[0].tolist(), terms, DTYPES[dtype], "the gradient")


def _check_nothing(subject: Subject, name: str, dtype: str) -> None:
    """A gradient of zeros goes out as another one, in memory of its own; so does one of a single share."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    for shape in ((2, 3), (4, 1)):
        x, grad = t.ones(shape, dtype=kind, requires_grad=True), t.zeros(shape, dtype=kind)
        y = getattr(t, name)(x, 1)
        before = repr(y.tolist())
        (found,) = t.autograd.grad(y, x, grad, retain_graph=True)
        found.fill_(5.0)
        expect_equal(grad.flatten().tolist(), [0.0] * grad.numel(), "the gradient that came")
        expect_equal(repr(y.tolist()), before, "the result, afterwards,")


def _twice(t: Any, name: str, dtype: Any, rows: tuple[list[float], list[float], list[float]]) -> tuple[Any, Any]:
    """The gradients, of what came and of the argument, of the gradient that goes out."""
    x, grad, again = (t.tensor([each], dtype=dtype, requires_grad=True) for each in rows)
    (found,) = t.autograd.grad(getattr(t, name)(x, 1), x, grad, create_graph=True)
    of_grad, of_x = t.autograd.grad(found, (grad, x), again.detach())
    return of_grad[0], of_x[0]


def _by_hand(name: str, rows: tuple[list[float], list[float], list[float]]) -> tuple[list[Any], list[Any]]:
    """The same by the formulas, as the terms of each element."""
    x, grad, again = rows
    whole = sum(map(exp, x))
    shares = [exp(each) / whole for each in x]
    mean_again = sum(one * two for one, two in zip(again, shares, strict=True))
    if name == "log_softmax":
        of_result = [-sum(grad) * one * two for one, two in zip(shares, again, strict=True)]
        of_grad = [(one, -mean_again) for one in again]
        of_x = [(one, -two * sum(of_result)) for one, two in zip(of_result, shares, strict=True)]
        return of_grad, of_x
    mean = sum(one * two for one, two in zip(grad, shares, strict=True))
    of_grad = [(two * one, -two * mean_again) for one, two in zip(again, shares, strict=True)]
    of_result = [one * two - one * mean - two * mean_again for one, two in zip(again, grad, strict=True)]
    whole = sum(one * two for one, two in zip(of_result, shares, strict=True))
    return of_grad, [(one * two, -two * whole) for one, two in zip(of_result, shares, strict=True)]


_TWICE = (
    ([0.0, 1.0, 0.5], [1.0, -2.0, 0.5], [0.5, 1.0, -1.0]),
    ([0.0, 1.0, 0.5], [30.0, -2.0, 50.0], [0.5, 1.0, -1.0]),
    ([nan, 1.0, 0.5], [1.0, -2.0, 0.5], [0.5, 1.0, -1.0]),
    ([0.5], [inf], [1.0]),
    ([0.5], [-inf], [0.0]),
    ([0.5, 1.0], [inf, 1.0], [0.0, 1.0]),
)
"""Rows of arguments, of gradients, and of gradients of the gradients."""


def _check_twice(subject: Subject, name: str, dtype: str) -> None:
    t = subject.torch
    for rows in _TWICE:
        found, expected = _twice(t, name, getattr(t, dtype), rows), _by_hand(name, rows)
        for what, one, terms in zip(("what came", "the argument"), found, expected, strict=True):
            expect_sums(one.tolist(), terms, DTYPES[dtype], f"the gradient of {what} for {rows}")


def _check_twice_halves(subject: Subject, name: str) -> None:
    """The same in 16 bits, rounded."""
    t, rows = subject.torch, _TWICE[0]
    single = _twice(t, name, t.float32, rows)
    for dtype in (t.float16, t.bfloat16):
        for one, two in zip(_twice(t, name, dtype, rows), single, strict=True):
            expect(t.allclose(one.float(), two, 0.02, 0.02), f"{one} in {dtype}, {two} in float32")


for _name in _NAMES:
    for _dtype in DTYPES:
        for _label, _check in (("tiny", _check_tiny), ("nothing", _check_nothing), ("twice", _check_twice)):
            case(f"{_name}/edges/{_label}/{_dtype}", dtypes=(_dtype,))(partial(_check, name=_name, dtype=_dtype))
    case(f"{_name}/edges/twice-halves/-", dtypes=("float32", "float16", "bfloat16"))(
        partial(_check_twice_halves, name=_name)
    )
