"""Layer normalization of strange rows, and gradients of every kind that come to it, beside the formulas in plain Python."""

from __future__ import annotations

import math
from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_sums

_ROWS = (
    [1.0, 2.0, 4.0],
    [0.0, -1.0, 0.5],
    [2.0**15, 0.0, -(2.0**14)],
    [nan, 1.0, 2.0],
    [inf, 1.0, 2.0],
    [1.0, -inf, 2.0],
    [-0.0, 0.0, 2.0],
)
_CAME = (
    [1.0, -2.0, 0.5],
    [2.0**15, 30.0, 0.0],
    [nan, 1.0, 1.0],
    [inf, 1.0, 1.0],
    [1.0, 0.25, -inf],
    [2.0**-20, -(2.0**-21), 2.0**-22],
)
_WEIGHTS = ([1.5, -0.5, 2.0], [nan, 1.0, -1.0], [inf, 1.0, 0.0])
_EPS = 1e-5


def _normal(row: list[float]) -> tuple[list[float], float]:
    """The row less its mean over its deviation, and the inverse of that."""
    mean = sum(row) / len(row)
    apart = [each - mean for each in row]
    inverse = 1 / math.sqrt(sum(each * each for each in apart) / len(row) + _EPS)
    return [each * inverse for each in apart], inverse


def _terms(came: list[float], row: list[float], weight: list[float]) -> list[tuple[float, ...]]:
    """Of each element of what goes out of a row, the terms."""
    normal, inverse = _normal(row)
    weighted = [one * two for one, two in zip(came, weight, strict=True)]
    whole = sum(weighted) / len(row)
    along = sum(one * two for one, two in zip(weighted, normal, strict=True)) / len(row)
    return [
        (inverse * one, -inverse * whole, -inverse * two * along) for one, two in zip(weighted, normal, strict=True)
    ]


def _expect_terms(found: list[float], terms: list[tuple[float, ...]], relative: float, what: str) -> None:
    for one, parts in zip(found, terms, strict=True):
        if all(map(math.isfinite, parts)):
            expect_sums([one], [parts], relative, what)
        else:  # an infinity, or nan where infinities meet
            expect(not math.isfinite(one), f"{what} has {one!r} for the sum of {parts}")


def _check_layer_norm(subject: Subject, dtype: str) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    rows, came = [row for row in _ROWS for _ in _CAME], [row for _ in _ROWS for row in _CAME]
    for weight in _WEIGHTS:
        for turned in (False, True):
            x, grad = (t.tensor(each, dtype=kind) for each in (rows, came))
            if turned:
                x, grad = (each.t().clone(memory_format=t.contiguous_format).t() for each in (x, grad))
            scale = t.tensor([each for number in weight for each in (number, 1.0)], dtype=kind)[::2]
            _check_rows(t, x, scale, grad, DTYPES[dtype], f"for the weights {weight}, turned: {turned},")


def _check_rows(t: Any, x: Any, weight: Any, grad: Any, relative: float, what: str) -> None:
    given = [each.tolist() for each in (x, weight, grad)]
    for each in (x, weight):
        each.requires_grad_()
    y = t.nn.functional.layer_norm(x, (3,), weight, None, _EPS)
    t.autograd.grad(y, (x, weight), grad, retain_graph=True)  # which leaves everything as it is
    of_x, _ = t.autograd.grad(y, (x, weight), grad)
    if x.is_contiguous():
        expect_equal(tuple(of_x.stride()), (3, 1), "the strides")
    for row, came, values, found in zip(given[0], given[2], y.tolist(), of_x.tolist(), strict=True):
        normal, _ = _normal(row)
        results = [(one * two,) for one, two in zip(normal, given[1], strict=True)]
        expect_sums(values, results, relative, f"the normal form of {row} {what}")
        _expect_terms(found, _terms(came, row, given[1]), relative, f"the gradient of {row} for {came} {what}")
    expect_equal(repr([each.tolist() for each in (x, weight, grad)]), repr(given), "what was given, afterwards,")


def _check_weight(subject: Subject, dtype: str) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    for row in _ROWS:
        for came in _CAME:
            rows, grads = [row, [3.0, 1.0, -1.0]], [came, [0.5, 2.0, 1.0]]
            x, grad = (
                t.tensor([list(each) for each in zip(*lines, strict=True)], dtype=kind).t() for lines in (rows, grads)
            )
            weight = t.ones(3, dtype=kind).requires_grad_()
            y = t.nn.functional.layer_norm(x, (3,), weight, None, _EPS)
            t.autograd.grad(y, weight, grad, retain_graph=True)
            (found,) = t.autograd.grad(y, weight, grad)
            normals = [_normal(each)[0] for each in rows]
            terms = [tuple(grads[line][place] * normals[line][place] for line in (0, 1)) for place in range(3)]
            expect_sums(found.tolist(), terms, DTYPES[dtype], f"the gradient of weights for {row} and {came}")


for _dtype in DTYPES:
    case(f"layer_norm/incoming/rows/{_dtype}", dtypes=(_dtype,))(partial(_check_layer_norm, dtype=_dtype))
    case(f"layer_norm/incoming/weights/{_dtype}", dtypes=(_dtype,))(partial(_check_weight, dtype=_dtype))
