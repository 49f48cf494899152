"""Gradients of every kind that come to losses and layers: strange, huge and tiny ones, in every order of memory.

What is given and what goes out is told by formulas, in plain Python.
"""

from __future__ import annotations

import math
from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_close, expect_sums

# -- cross entropy ---------------------------------------------------------------------------------------

_SCORES = ([0.5, -1.0, 2.0], [0.0, 0.0, 0.0], [3.0, 1.0, -2.0], [-1.0, 1.5, 0.25])
_TARGETS = [2, 0, 1, 0]
_WEIGHTS = ([1.0, 1.0, 1.0], [0.5, 2.0, -0.0], [3.0, -inf, nan], [inf, 1.0, 0.0])
_OF_LOSSES = ([1.0, -2.0, 0.5, 3.0], [nan, inf, -inf, -0.0], [2.0**15, 2.0**-20, 0.0, 30.0])


def _log_shares(scores: list[float]) -> list[float]:
    most = max(scores)
    total = math.log(math.fsum(math.exp(score - most) for score in scores))
    return [score - most - total for score in scores]


def _check_cross_entropy(subject: Subject, dtype: str) -> None:
    t, relative, kind = subject.torch, DTYPES[dtype], getattr(subject.torch, dtype)
    logs = [_log_shares(row) for row in _SCORES]
    for weights in _WEIGHTS:
        for grads in _OF_LOSSES:
            x = t.tensor(_SCORES, dtype=kind).requires_grad_()
            weight, target, grad = (_apart(t, each, of) for each, of in ((weights, kind), (_TARGETS, t.int64), (grads, kind)))
            loss = t.nn.functional.cross_entropy(x, target, weight, reduction="none")
            what = f"for the weights {weights} and gradients {grads}"
            expected = [-row[place] * weights[place] for row, place in zip(logs, _TARGETS, strict=True)]
            expect_close(loss.tolist(), expected, relative, f"the loss {what}")
            terms = [
                [(came * weights[place] * math.exp(log), -came * weights[place] if number == place else 0.0) for number, log in enumerate(row)]
                for row, place, came in zip(logs, _TARGETS, grads, strict=True)
            ]  # fmt: skip
            for _ in range(2):
                (found,) = t.autograd.grad(loss, x, grad, retain_graph=True)
                expect_equal(tuple(found.stride()), (3, 1), "the strides")
                for row, parts in zip(found.tolist(), terms, strict=True):
                    expect_sums(row, parts, relative, f"the gradient {what}")
                found.fill_(5.0)
            expect_equal(repr([each.tolist() for each in (weight, target, grad)]), repr([weights, _TARGETS, grads]), "what was given, afterwards,")


def _apart(t: Any, numbers: list[Any], dtype: Any) -> Any:
    """A vector whose elements lie apart."""
    return t.tensor([each for number in numbers for each in (number, 1)], dtype=dtype)[::2]


for _dtype in DTYPES:
    case(f"cross_entropy/incoming/losses/{_dtype}", dtypes=(_dtype, "int64"))(partial(_check_cross_entropy, dtype=_dtype))
