"""What lets the host wait for a device: on the stand-in all work is done at once, so that it is counted, not felt.

Noted is what lets CuPy wait: elements that go to the host, statuses that cuSOLVER gives, shapes that depend on elements, and
arrays of the host that go to the device: CuPy copies these without waiting only as long as it gets page-locked memory for it.
What CuPy's own functions look at inside, as sorts by Thrust may, is not known here.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["DeviceSynchronized", "Wait", "allow_synchronize", "counted", "waits", "watch"]

_HERE = str(Path(__file__).parent)
_SHOWN = 12


class Call(NamedTuple):
    """A line of a program that called something."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}: {linecache.getline(self.file, self.line).strip()}"


class Wait(NamedTuple):
    """One time that the host would have waited: for what, and the calls that led there, the innermost last."""

    what: str
    stack: tuple[Call, ...]

    def __str__(self) -> str:
        return "\n    ".join([self.what, *map(str, self.stack[-_SHOWN:])])


class DeviceSynchronized(RuntimeError):  # noqa: N818 (the name that CuPy has)
    """``cupyx.DeviceSynchronized``."""

    def __init__(self, message: str = "Device synchronization was detected while disallowed.") -> None:
        super().__init__(message)


_listeners: list[list[Wait]] = []
_allowed = True
_within = 0
"""How many functions that wait are at work: what one of them calls is not counted again."""


@contextmanager
def counted() -> Iterator[list[Wait]]:
    """A block whose waits are listed."""
    found: list[Wait] = []
    _listeners.append(found)
    try:
        yield found
    finally:
        _listeners.pop()


@contextmanager
def allow_synchronize(allow: bool) -> Iterator[None]:
    """``cupyx.allow_synchronize``: whether waiting raises."""
    global _allowed
    before, _allowed = _allowed, allow
    try:
        yield
    finally:
        _allowed = before


def waits(what: str) -> None:
    """Note that the host waits here."""
    if _within:
        return
    if not _allowed:
        raise DeviceSynchronized
    if _listeners:
        wait = Wait(what, _stack())
        for found in _listeners:
            found.append(wait)


def _stack() -> tuple[Call, ...]:
    frames = [
        Call(frame.f_code.co_filename, line, frame.f_code.co_qualname) for frame, line in traceback.walk_stack(None)
    ]
    return tuple(call for call in reversed(frames) if not call.file.startswith(_HERE))


def watch(function: Callable[..., Any], what: str) -> Callable[..., Any]:
    """The function, each call of which is noted."""

    @wraps(function)
    def watched(*args: Any, **keywords: Any) -> Any:
        global _within
        waits(what)
        _within += 1
        try:
            return function(*args, **keywords)
        finally:
            _within -= 1

    return watched
