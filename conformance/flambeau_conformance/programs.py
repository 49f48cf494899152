"""How short programs are written whose results are known: one row of a table, or one function, each.

    programs("hooks", {
        "order": (lambda t: ..., ["first", "second"]),
    })

    @program("hooks/value/removed", [[2.0]])
    def _removed(t): ...

    refusals("views", {"leaf": (lambda t: ..., RuntimeError, "a leaf Variable that requires grad")})
    texts("printing", {"zeros": (lambda t: t.zeros(2), "tensor([0., 0.])")})

A program is a function of the module on trial. What it gives is compared to the last bits of float32, with the sign of
zeros and with the types of numbers: tensors as nested lists, dtypes and sizes as text and lists. What it is warned of,
PyTorch and others may be of another mind about; a program about warnings records them itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .checks import expect, expect_printed, expect_raises, quietly
from .declare import case
from .subject import Subject

__all__ = ["plain", "program", "programs", "refusals", "texts"]

Program: TypeAlias = Callable[[Any], Any]
Errors: TypeAlias = type[BaseException] | tuple[type[BaseException], ...]

_FLOAT = ("float32",)
_LAST_BITS = 3e-6


def program(
    address: str, expected: Any, *, dtypes: tuple[str, ...] = _FLOAT, extensions: tuple[str, ...] = (),
    anchors: tuple[str, ...] = (),
) -> Callable[[Program], Program]:  # fmt: skip
    """Add a function as a case that gives a known result; the address lacks its last part, the dtype."""

    def add(call: Program) -> Program:
        @case(f"{address}/{_variant(dtypes)}", dtypes=dtypes, extensions=extensions, anchors=anchors)
        def check(subject: Subject) -> None:
            found = plain(quietly(lambda: call(subject.torch)))
            expect(_alike(found, expected), f"the result is {found!r}, expected {expected!r}")

        return call

    return add


def programs(
    op: str, table: Mapping[str, tuple[Program, Any]], *, aspect: str = "value", dtypes: tuple[str, ...] = _FLOAT,
    extensions: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Add a case for every row: a program and what it gives."""
    for name, (call, expected) in table.items():
        program(f"{op}/{aspect}/{name}", expected, dtypes=dtypes, extensions=extensions)(call)


def refusals(
    op: str, table: Mapping[str, tuple[Program, Errors, str]], *, dtypes: tuple[str, ...] = _FLOAT,
    extensions: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Add a case for every row: a program, the error that it raises, and words of the message."""

    def add(name: str, call: Program, errors: Errors, words: str) -> None:
        @case(f"{op}/error/{name}/{_variant(dtypes)}", dtypes=dtypes, extensions=extensions)
        def check(subject: Subject) -> None:
            expect_raises(lambda: quietly(lambda: call(subject.torch)), errors, re.escape(words))

    for name, row in table.items():
        add(name, *row)


def texts(
    op: str, table: Mapping[str, tuple[Program, str]], *, dtypes: tuple[str, ...] = _FLOAT,
    extensions: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Add a case for every row: a program and how what it gives is printed, but for the device, which is the backend's."""

    def add(name: str, call: Program, expected: str) -> None:
        @case(f"{op}/text/{name}/{_variant(dtypes)}", dtypes=dtypes, extensions=extensions)
        def check(subject: Subject) -> None:
            expect_printed(str(quietly(lambda: call(subject.torch))), expected)

    for name, row in table.items():
        add(name, *row)


def _variant(dtypes: tuple[str, ...]) -> str:
    return dtypes[0] if dtypes else "-"


def plain(value: Any) -> Any:
    """What a program gave, as lists, dictionaries, numbers and text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return value
    return str(value)


def _alike(found: Any, expected: Any) -> bool:
    if isinstance(expected, (list, tuple)):
        return isinstance(found, list) and len(found) == len(expected) and all(map(_alike, found, expected))
    if isinstance(expected, dict):
        return isinstance(found, dict) and list(found) == list(expected) and all(
            _alike(found[key], value) for key, value in expected.items()
        )  # fmt: skip
    if isinstance(expected, float) and isinstance(found, float):
        return _close(found, expected)
    if isinstance(expected, complex) and isinstance(found, complex):
        return abs(found - expected) <= _LAST_BITS * abs(expected) or found == expected
    return bool(type(found) is type(expected) and found == expected)


def _close(found: float, expected: float) -> bool:
    if math.isnan(expected):
        return math.isnan(found)
    same_sign = math.copysign(1.0, found) == math.copysign(1.0, expected)
    return same_sign and math.isclose(found, expected, rel_tol=_LAST_BITS)
