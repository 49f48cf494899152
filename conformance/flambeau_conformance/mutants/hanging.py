"""What hangs: told by the time of the processor, so that what else the machine does changes no verdict."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["CASE_LIMIT", "PATIENCE", "Hung", "ended_in"]

CASE_LIMIT = 20.0
"""Seconds of work after which a case, or a kernel, is taken to hang."""

PATIENCE = 10
"""How many times longer it may take where it does not work, but waits: for its own threads, or for its share of the machine."""


class Hung(BaseException):
    """Something took too long."""


@contextmanager
def ended_in(seconds: float) -> Iterator[None]:
    """A block, in the main thread, that :class:`Hung` ends after ``seconds`` of work, or much longer without.

    What waits in C for ever does not see the signals: a child that does is ended by its parent, see :mod:`.forking`.
    """

    def hung(*_: Any) -> None:
        raise Hung(f"not done after {seconds:g} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE * seconds))
    before = [signal.signal(number, hung) for number, _, _ in timers]
    for _, timer, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
