"""What is refused later: ends of arguments that nobody has waited for, kept on their device until somebody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import cupy

from flambeau.backend import Array

__all__ = ["Range", "Refusals"]

_NOTE = (
    "CUDA devices compute asynchronously: this was found when a device was next waited for, and the call that it is about came "
    "before that. torch.cuda.synchronize() behind a call brings its errors to it."
)


class Range(NamedTuple):
    """The smallest and the largest that were met, and what they may be."""

    low: Array
    high: Array
    first: int
    stop: int
    refusal: Callable[[int], Exception]


class _Kept:
    """The ranges of a stream, by what is said of them, and the event behind the last: before it nothing can be read."""

    def __init__(self, stream: Any, device: Any) -> None:
        self.stream, self.device, self.behind = stream, device, cupy.cuda.Event(disable_timing=True)
        self.ranges: dict[tuple[Any, ...], Range] = {}

    def error(self) -> Exception | None:
        """The refusal of the first argument that was out of its range."""
        ranges = list(self.ranges.values())
        with self.device, self.stream:
            ends = cupy.stack([end for each in ranges for end in (each.low, each.high)]).tolist()
        for low, high, each in zip(ends[::2], ends[1::2], ranges, strict=True):
            if low < each.first or high >= each.stop:
                return each.refusal(low if low < each.first else high)
        return None


class Refusals:
    """The ranges that arguments had, by the stream on which they were found: those whose refusals say the same are one.

    What is captured is not computed yet: its ranges belong to the graph, which hands them on at every replay.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], _Kept] = {}
        self._captured: dict[int, list[Range]] = {}  # by thread
        self._lock = threading.Lock()

    def add(self, given: Range) -> None:
        """Keep the ends of an argument, int64 arrays without dims, to be looked at later."""
        device = given.low.device
        stream = cupy.cuda.get_current_stream(device.id)
        if stream.ptr and stream.is_capturing():
            self._captured.setdefault(threading.get_ident(), []).append(given)
            return
        key = (given.first, given.stop, str(given.refusal(given.first - 1)))
        with self._lock, device:
            kept = self._kept.get((device.id, stream.ptr))
            if kept is None:
                kept = self._kept[device.id, stream.ptr] = _Kept(stream, device)
            one = kept.ranges.setdefault(key, given)
            if one is not given:
                _widening()(given.low, given.high, one.low, one.high)
            kept.behind.record(stream)

    def take_captured(self) -> list[Range]:
        """The ranges of what this thread has captured, and forget them."""
        return self._captured.pop(threading.get_ident(), [])

    def raise_found(self) -> None:
        """Look at what is kept of streams that are done, and forget it, up to the first refusal; called when somebody has waited.

        So the refusals of a stream or a device are heard of by those who wait for another that has waited for it, and
        nobody waits for what they did not ask for.

        Raises:
            Exception: the refusal of the first argument that was out of its range.
        """
        while (kept := self._take_done()) is not None:
            error = kept.error()
            if error is not None:
                error.add_note(_NOTE)
                raise error

    def _take_done(self) -> _Kept | None:
        with self._lock:
            key = next((key for key, kept in self._kept.items() if kept.behind.done), None)
            return None if key is None else self._kept.pop(key)


@cache
def _widening() -> Any:
    statement = "l = low < l ? low : l; h = high > h ? high : h;"
    return cupy.ElementwiseKernel("T low, T high", "T l, T h", statement, "flambeau_widened_range")
