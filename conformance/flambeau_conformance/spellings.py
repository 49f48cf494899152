"""Under which names programs call an op, so that a trace of what a case called tells whether it called the op in its address."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from flambeau.ops import ROWS

__all__ = ["is_among", "spellings"]

_SIGNS = {"div": "truediv", "floor_divide": "floordiv", "remainder": "mod"}
"""What Python calls the operators of ops."""

_ATTRIBUTES = {"t": ("T", "mT"), "transpose": ("mT",), "adjoint": ("H", "mH")}
"""Attributes that are ops."""

_METHODS = {"reshape": ("reshape_method",)}
"""Functions that are a method alone."""


@cache
def spellings(op: str) -> frozenset[str]:
    """The last parts of the names under which an op can be called: function, methods, in place, operators, attributes."""
    rows = [row for row in ROWS.values() if op in (row.name, *row.aliases)]
    names = {op, *(name for row in rows for name in (row.name, *row.methods, *row.aliases))}
    signs = {_SIGNS.get(name, name) for name in names}
    return frozenset(
        names
        | {f"{name}_" for name in names}
        | {f"__{side}{sign}__" for sign in signs for side in ("", "r", "i")}
        | {other for name in names for other in (*_ATTRIBUTES.get(name, ()), *_METHODS.get(name, ()))}
    )


def is_among(op: str, called: Iterable[str]) -> bool:
    """Whether one of the names with dots that were called is the op's; underscores around it, of parts of an op, do not count."""
    own = {name.strip("_") for name in spellings(op)}
    return not own.isdisjoint(name.rpartition(".")[2].strip("_") for name in called)
