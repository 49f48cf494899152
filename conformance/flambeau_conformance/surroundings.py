"""What a case may leave changed of the process that it runs in: directory, environment, handlers of signals and the like."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

__all__ = ["Surroundings"]


class _Part(NamedTuple):
    """One thing that can be read and set.

    Attributes:
        what: it is, in words.
        read: gives it, as something that can be compared.
        write: sets it; where that is not possible, nothing happens.
    """

    what: str
    read: Callable[[], Any]
    write: Callable[[Any], object]


def _directory() -> str:
    with suppress(FileNotFoundError):  # it has been removed
        return os.getcwd()
    return "one that is gone"


def _environment(own: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not (own and name.startswith(own))}


def _set_environment(own: str, variables: dict[str, str]) -> None:
    for name in set(_environment(own)) - set(variables):
        del os.environ[name]
    os.environ.update(variables)


_SIGNALS = tuple(map(int, signal.valid_signals()))
_handler = getattr(signal, "_signal", signal).getsignal
"""What the function calls, which takes thirty times as long to make names of numbers."""


def _handlers() -> dict[int, Any]:
    return {number: _handler(number) for number in _SIGNALS}


def _set_handlers(handlers: dict[int, Any]) -> None:
    for number, handler in handlers.items():
        if _handler(number) is not handler:
            signal.signal(number, handler)


def _has_timer() -> bool:
    return hasattr(signal, "getitimer") and signal.getitimer(signal.ITIMER_REAL)[0] > 0


def _set_streams(streams: tuple[Any, Any, Any]) -> None:
    sys.stdin, sys.stdout, sys.stderr = streams


def _descriptors() -> list[tuple[int, int] | None]:
    """Which files the descriptors of the standard streams lead to."""
    found: list[tuple[int, int] | None] = []
    for number in range(3):
        try:
            about = os.fstat(number)
        except OSError:
            found.append(None)
        else:
            found.append((about.st_dev, about.st_ino))
    return found


def _mask() -> str:
    """The permissions that new files do not get; they can be read only by setting them."""
    mask = os.umask(0o077)
    os.umask(mask)
    return oct(mask)


_PARTS = (
    _Part("the working directory", _directory, os.chdir),
    _Part("the handlers of signals", _handlers, _set_handlers),
    _Part("the timer of signals", _has_timer, lambda _: signal.setitimer(signal.ITIMER_REAL, 0)),
    _Part("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    _Part("the standard streams", lambda: (sys.stdin, sys.stdout, sys.stderr), _set_streams),
    _Part("the file descriptors 0 to 2", _descriptors, lambda _: None),
    _Part("the mask of permissions", _mask, lambda mask: os.umask(int(mask, 8))),
    _Part("the trace function", sys.gettrace, sys.settrace),
    _Part("the profile function", sys.getprofile, sys.setprofile),
    _Part("the garbage collector", gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
)


class Surroundings:
    """What the process is like when this is made.

    Args:
        own: how variables of the environment begin that a library sets of its own accord, which are not looked at.
    """

    def __init__(self, own: str = "") -> None:
        environment = _Part("the environment", partial(_environment, own), partial(_set_environment, own))
        self._parts = (*_PARTS, environment)
        self._before = [part.read() for part in self._parts]

    def changed(self) -> list[str]:
        """What is different now, each in words."""
        return [
            f"{part.what}{_difference(before, now)}"
            for part, before in zip(self._parts, self._before, strict=True)
            if (now := part.read()) != before
        ]

    def restore(self) -> bool:
        """Set everything back; whether that was possible."""
        for part, before in zip(self._parts, self._before, strict=True):
            if part.read() != before:
                part.write(before)
        return not self.changed()


def _difference(before: Any, now: Any) -> str:
    """What has changed, where it can be said in a word."""
    if isinstance(before, dict):
        names = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        return f" ({', '.join(_name(key) for key in names)})"
    return f" ({now}, was {before})" if isinstance(now, (str, int)) else ""


def _name(key: Any) -> str:
    """Of a variable, or of a signal."""
    return key if isinstance(key, str) else next((each.name for each in signal.Signals if each == key), str(key))
