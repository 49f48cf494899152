"""Write the lock of the public API: ``python tools/api.py --write`` after a change that is meant.

``tests/api.lock`` has one line for each public name: its parameters with their defaults, or what it is. A test compares;
a change of a line is a change for every program that uses the name.
"""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from flambeau_conformance.surface import names

__all__ = ["LOCK", "difference", "lines", "main"]

LOCK = Path(__file__).parents[1] / "tests/api.lock"

_WHAT_TO_DO = """\
The public API is not what tests/api.lock says. A line with - is gone: programs that use it break. A line with + is new.
If the change is meant, write the lock anew with `python tools/api.py --write`, look at its diff, and add a fragment to
docs/changelog.d; if not, put the name or the parameter back.
"""


def lines() -> list[str]:
    """One line for each public name, in order."""
    return [line for name, value in names().items() for line in _line(name, value)]


def _line(name: str, value: Any) -> Iterator[str]:
    function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
    if isinstance(function, property):
        yield f"{name}: property"
    elif isinstance(function, type) and issubclass(function, Enum):
        yield f"{name}: {', '.join(function.__members__)}"
    elif inspect.isfunction(function) or isinstance(function, type):
        yield f"{name}{_parameters(function)}"
    elif isinstance(value, (bool, int, float, str)):
        yield f"{name} = {value!r}"
    else:
        yield f"{name}: {type(value).__name__}"


def _parameters(function: Any) -> str:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return "(...)"
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty, default=_default(parameter.default))
        for parameter in signature.parameters.values()
    ]
    row = getattr(function, "row", None)
    if row is not None and row.out and "out" not in signature.parameters:
        bare.append(inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None))
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


class _Written:
    """A default, as it is to be written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _default(value: Any) -> Any:
    if value is inspect.Parameter.empty:
        return value
    named = getattr(value, "__qualname__", None)
    return _Written(named or re.sub(r" at 0x[0-9a-f]+", "", repr(value)))


def difference() -> str:
    """What has changed since the lock was written, with what to do; empty if nothing has."""
    locked = LOCK.read_text().splitlines() if LOCK.exists() else []
    changed = [
        line
        for line in difflib.unified_diff(locked, lines(), "tests/api.lock", "flambeau", lineterm="", n=0)
        if not line.startswith("@@")
    ]
    return "\n".join([_WHAT_TO_DO, *changed]) if changed else ""


def main(arguments: Sequence[str]) -> int:
    """Write the lock with ``--write``; otherwise print what differs, and fail if anything does."""
    if list(arguments) == ["--write"]:
        LOCK.write_text("".join(f"{line}\n" for line in lines()))
        return 0
    text = difference()
    print(text or "the public API is as tests/api.lock says")
    return 1 if text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
