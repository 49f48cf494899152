"""The clock: two statements in turns, and the 5th percentile of each.

The two libraries run in one process, a short sample of the one after a short sample of the other, so that whatever
else the machine does meets both. With one thread the time is CPU time of this thread, which does not count the time
that other processes had the core; its 5th percentile is what the statement costs when the caches are left alone, and
is repeatable on a shared machine where the mean is not. CPU time of one thread knows nothing of other threads or of a
device: for these the clock is the wall's, and the machine has to be quiet.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import indent
from typing import Any

__all__ = ["FULL", "QUICK", "Clock", "Effort", "Loop", "clock_for", "compile_loop", "interleaved"]

Clock = Callable[[], float]
Loop = Callable[[int], float]
"""Runs a statement so many times; the seconds that it took."""

_PERCENTILE = 0.05
_SOURCE = """
def loop(_calls):
    _started = _clock()
    for _ in range(_calls):
{statement}
    _synchronize()
    return _clock() - _started
"""


@dataclass(frozen=True)
class Effort:
    """How long to measure: ``samples`` of about ``seconds`` each, for either library."""

    samples: int
    seconds: float


FULL = Effort(samples=100, seconds=0.002)
QUICK = Effort(samples=10, seconds=0.0005)


def compile_loop(
    statement: str, names: dict[str, Any], clock: Clock, synchronize: Callable[[], object] = lambda: None
) -> Loop:
    """A loop that holds the statement itself: a call would cost a tenth of a small operation."""
    namespace = names | {"_clock": clock, "_synchronize": synchronize}
    exec(_SOURCE.format(statement=indent(statement, "        ")), namespace)
    loop: Loop = namespace["loop"]
    return loop


def interleaved(loops: Sequence[Loop], effort: Effort) -> list[float]:
    """The seconds of one run of each statement."""
    with _no_collection():
        calls = [_calls(loop, effort.seconds) for loop in loops]
        samples: list[list[float]] = [[] for _ in loops]
        for _ in range(effort.samples):
            for loop, count, times in zip(loops, calls, samples, strict=True):
                times.append(loop(count) / count)
    return [_percentile(times) for times in samples]


def _calls(loop: Loop, seconds: float) -> int:
    """How many runs take about ``seconds``; finding out also warms the caches."""
    loop(1)  # the first call of an op compiles it
    calls = 1
    while (taken := loop(calls)) < seconds / 2:
        calls *= 2
    return max(1, round(calls * seconds / taken))


def _percentile(times: list[float]) -> float:
    return sorted(times)[int(len(times) * _PERCENTILE)]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the garbage collector, whose runs hit one of the two at random."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def clock_for(threads: int, device_type: str) -> tuple[str, Clock]:
    """The clock that tells the truth about so many threads and such a device, and its name."""
    if threads == 1 and device_type != "cuda":
        return "CPU time of the thread", time.thread_time
    return "wall clock", time.perf_counter
