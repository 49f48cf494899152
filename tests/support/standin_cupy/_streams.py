"""Pretend streams: all work is done when a call returns, and a clock of each stream says when a device would have done it.

Every operation takes a millisecond of its stream, and the host knows of what it has waited for. So what is asked of streams
and events has the answers that a device which is late would give, the same ones every time.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from ._machine import CAPTURE_UNSUPPORTED, INVALID_HANDLE, NOT_READY, CUDARuntimeError, machine

__all__ = [
    "Event", "Graph", "Stream", "capture", "get_current_stream", "get_elapsed_time", "read", "reset", "streamCaptureModeRelaxed",
    "wait_for_device", "work",
]  # fmt: skip

streamCaptureModeRelaxed = 2  # noqa: N816 (CUDA's name)

_LEGACY = -1
"""The device of the null stream: whichever is current."""

_addresses = itertools.count(0x1000, 0x10)


class _Clocks:
    """Milliseconds: of each stream, by device and address, and what the host has seen pass."""

    streams: dict[tuple[int, int], int] = {}  # noqa: RUF012 (all write into it)
    host = 0


class _Thread(threading.local):
    """The current stream of each device in a thread."""

    def __init__(self) -> None:
        self.current: dict[int, Stream] = {}


_thread = _Thread()


def reset() -> None:
    """Start again."""
    _Clocks.streams.clear()
    _Clocks.host = 0
    _thread.current.clear()


class Stream:
    """``cupy.cuda.Stream``."""

    null: Stream

    def __init__(
        self, null: bool = False, non_blocking: bool = False, ptds: bool = False, priority: Any = None
    ) -> None:
        self.ptr = 0 if null else next(_addresses)
        self.device_id = _LEGACY if null else machine.get_device()
        self.is_non_blocking, self.priority = non_blocking, min(max(priority or 0, -5), 0)
        self._before: list[Stream] = []
        self._work: list[Callable[[], None]] | None = None

    @classmethod
    def from_external(cls, obj: Any) -> Stream:
        """A stream that another library has made."""
        made = cls()
        made.ptr = obj.__cuda_stream__()[1]
        return made

    @property
    def _key(self) -> tuple[int, int]:
        return (machine.get_device() if self.device_id == _LEGACY else self.device_id), self.ptr

    @property
    def _clock(self) -> int:
        return _Clocks.streams.get(self._key, 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and other.ptr == self.ptr

    def __hash__(self) -> int:
        return self.ptr

    def use(self) -> Stream:
        """Make it the current one of its device, which is current."""
        device, current = self._key[0], machine.get_device()
        if device != current:
            raise RuntimeError(
                f"The device that the stream is created on ({device}) does not match with the current device ({current})"
            )
        _thread.current[device] = self
        return self

    def __enter__(self) -> Stream:
        self._before.append(get_current_stream())
        return self.use()

    def __exit__(self, *_: object) -> None:
        self._before.pop().use()

    @property
    def done(self) -> bool:
        return self._clock <= _Clocks.host

    def synchronize(self) -> None:
        """The host waits."""
        if self._work is not None:
            raise CUDARuntimeError(CAPTURE_UNSUPPORTED)
        _Clocks.host = max(_Clocks.host, self._clock)

    def record(self, event: Any = None) -> Event:
        """Let an event stand here."""
        found: Event = Event() if event is None else event
        found._time = self._clock
        return found

    def wait_event(self, event: Event) -> None:
        """Go on no earlier than the event."""
        _Clocks.streams[self._key] = max(self._clock, event._time or 0)

    def begin_capture(self, mode: Any = None) -> None:
        """Keep operations instead of doing them."""
        if self.ptr == 0:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        self._work = []

    def end_capture(self) -> Graph:
        """What was kept."""
        work, self._work = self._work, None
        assert work is not None
        return Graph(work)

    def is_capturing(self) -> bool:
        return self._work is not None


Stream.null = Stream(null=True)


class Event:
    """``cupy.cuda.Event``."""

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        self.ptr = next(_addresses)
        self._timing = not disable_timing
        self._time: int | None = None

    @property
    def done(self) -> bool:
        return (self._time or 0) <= _Clocks.host

    def record(self, stream: Any = None) -> None:
        """Stand in a stream."""
        (get_current_stream() if stream is None else stream).record(self)

    def synchronize(self) -> None:
        """The host waits."""
        _Clocks.host = max(_Clocks.host, self._time or 0)


class Graph:
    """``cupy.cuda.Graph``."""

    def __init__(self, work: list[Callable[[], None]]) -> None:
        self._work = work

    def launch(self, stream: Any = None) -> None:
        """Do all that was kept."""
        for each in self._work:
            each()
        chosen = get_current_stream() if stream is None else stream
        _Clocks.streams[chosen._key] = chosen._clock + len(self._work)


def get_current_stream(device_id: int = -1) -> Stream:
    """``cupy.cuda.get_current_stream``."""
    return _thread.current.get(machine.get_device() if device_id == -1 else device_id, Stream.null)


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """``cupy.cuda.get_elapsed_time``."""
    for event in (start_event, end_event):
        if not event._timing or event._time is None:
            raise CUDARuntimeError(INVALID_HANDLE)
        if not event.done:
            raise CUDARuntimeError(NOT_READY)
    return float((end_event._time or 0) - (start_event._time or 0))


def work() -> None:
    """An operation was given to the current stream."""
    stream = get_current_stream()
    _Clocks.streams[stream._key] = stream._clock + 1


def read() -> None:
    """The host reads what the current stream computes, and so waits for it."""
    get_current_stream().synchronize()


def wait_for_device(device: int) -> None:
    """The host waits for all streams of a device."""
    _Clocks.host = max([_Clocks.host, *(time for (of, _), time in _Clocks.streams.items() if of == device)])


def capture(operation: Callable[[], None]) -> bool:
    """Keep an operation if the current stream captures; say whether it does."""
    kept = get_current_stream()._work
    if kept is not None:
        kept.append(operation)
    return kept is not None
