"""Factors and solutions of infinite matrices, and of many small ones."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...programs import programs
from ...subject import Subject

_LINALG = ("linalg",)


def _factors(t: Any, dtype: str) -> Any:
    """Of matrices whose last pivot is infinite: the root of that is, and nothing fails."""
    kind = getattr(t, dtype)
    found = []
    for rows in ([[inf]], [[4.0, 0.0], [0.0, inf]], [[4.0, 2.0], [2.0, inf]]):
        matrix = t.tensor(rows, dtype=kind)
        factor, info = t.linalg.cholesky_ex(matrix)
        found.append([factor, t.linalg.cholesky(matrix, upper=True), info])
    return found


def _failures(t: Any) -> Any:
    """At which minor it fails where something is infinite, and not at a pivot."""
    return [
        t.linalg.cholesky_ex(t.tensor(rows)).info
        for rows in ([[-inf]], [[4.0, inf], [inf, 1.0]], [[4.0, -inf], [-inf, inf]])
    ]


_FACTORS = [
    [[[inf]], [[inf]], 0],
    [[[2.0, 0.0], [0.0, inf]], [[2.0, 0.0], [0.0, inf]], 0],
    [[[2.0, 0.0], [1.0, inf]], [[2.0, 1.0], [0.0, inf]], 0],
]

for _dtype in ("float32", "float64"):
    programs(
        "linalg.cholesky",
        {"infinite": (partial(_factors, dtype=_dtype), _FACTORS)},
        dtypes=(_dtype,),
        extensions=_LINALG,
    )
programs("linalg.cholesky_ex", {"infinite": (_failures, [1, 2, 2])}, extensions=_LINALG)


def _substituted(t: Any) -> Any:
    """Beside the diagonal an infinity goes into what is found; on it, it makes a zero."""
    found = []
    for number in (inf, -inf):
        below, first = t.tensor([[2.0, 0.0], [number, 4.0]]), t.tensor([[number, 0.0], [1.0, 4.0]])
        found += [t.linalg.solve_triangular(each, t.ones(2, 1), upper=False).abs() for each in (below, first)]
    return found


programs(
    "linalg.solve_triangular", {"infinite": (_substituted, [[[0.5], [inf]], [[0.0], [0.25]]] * 2)}, extensions=_LINALG
)


programs(
    "linalg.solve",
    {"zero": (lambda t: t.linalg.solve(t.tensor([[-4.0]]), t.tensor([[0.0, -0.0, 2.0]])), [[-0.0, 0.0, -0.5]])},
    extensions=_LINALG,
)


@case("linalg.solve/value/many/float32", dtypes=("float32",), extensions=_LINALG)
def _check_many(subject: Subject) -> None:
    """A long batch of small systems."""
    t = subject.torch
    numbers = (t.arange(501) % 8 + 1.0).reshape(-1, 1, 1)
    expect_equal(t.linalg.solve(numbers, numbers * 0.5).unique().tolist(), [0.5], "the solutions")
    long = t.linalg.solve(t.tensor([[2.0, 0.0], [0.0, 4.0]]), t.ones(2, 501))
    expect_equal(long.unique(dim=1).tolist(), [[0.5], [0.25]], "the solutions of many right-hand sides")
