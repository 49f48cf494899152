"""How documented behaviours are written: one line each, under the id that they have in the documentation.

    gives("chunk#number_of_chunks", "fewer", lambda t: [len(part) for part in t.chunk(t.arange(6), 4)], [2, 2, 2])
    prints("Tensor.layout", "strided", lambda t: t.tensor([1]).layout, "torch.strided")
    refuses("len", "zero-dim", lambda t: len(t.tensor(1)), TypeError, "0-d tensor")

The function is called with the module on trial. Numbers are compared to the four decimals that are printed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .checks import expect, expect_printed, expect_raises
from .declare import case
from .subject import Subject

__all__ = ["gives", "prints", "refuses"]

Call = Callable[[Any], Any]

_FLOAT = ("float32",)
_HALF_A_DIGIT = 5.1e-5


def gives(
    anchor: str, name: str, call: Call, expected: Any, *, dtypes: tuple[str, ...] = _FLOAT,
    extensions: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Add a case: a call gives these values; tensors are compared as nested lists, sizes as lists."""

    @case(_address(anchor, name), dtypes=dtypes, anchors=(anchor,), extensions=extensions)
    def check(subject: Subject) -> None:
        found = _plain(call(subject.torch))
        expect(_alike(found, _plain(expected)), f"the result is {found!r}, expected {expected!r}")


def prints(anchor: str, name: str, call: Call, text: str, *, dtypes: tuple[str, ...] = _FLOAT) -> None:
    """Add a case: what a call gives is printed like this (but for the device, which is the backend's)."""

    @case(_address(anchor, name), dtypes=dtypes, anchors=(anchor,))
    def check(subject: Subject) -> None:
        expect_printed(str(call(subject.torch)), text)


def refuses(
    anchor: str, name: str, call: Call, raises: type[BaseException] | tuple[type[BaseException], ...],
    pattern: str = "", *, dtypes: tuple[str, ...] = _FLOAT,
) -> None:  # fmt: skip
    """Add a case: a call raises."""

    @case(_address(anchor, name), dtypes=dtypes, anchors=(anchor,))
    def check(subject: Subject) -> None:
        expect_raises(lambda: call(subject.torch), raises, pattern)


def _address(anchor: str, name: str) -> str:
    """The address under the function that the id names, without the class or module that it is in."""
    path, _, option = anchor.partition("#")
    return f"{path.split('.')[-1]}/documented/{option + '-' if option else ''}{name}/-"


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_plain(entry) for entry in value] if isinstance(value, (tuple, list)) else value


def _alike(found: Any, expected: Any) -> bool:
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(_alike, found, expected))
    if isinstance(found, float) and isinstance(expected, float):
        return found == expected or abs(found - expected) <= _HALF_A_DIGIT
    return bool(type(found) is type(expected) and found == expected)
