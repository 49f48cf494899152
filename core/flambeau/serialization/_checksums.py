"""Checksums of large records, computed in a thread beside the reading, which takes about as long."""

from __future__ import annotations

import zlib
from collections import deque
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeAlias

__all__ = ["Checksums"]

_WAITING = 64 << 20
"""So many bytes may be read and not summed up: what has been read is kept until then."""


class _Sum:
    """The checksum of what has been read of a record."""

    __slots__ = ("expected", "name", "size", "value")

    def __init__(self, name: str, expected: int, size: int) -> None:
        self.name, self.expected, self.size, self.value = name, expected, size, 0


_Work: TypeAlias = tuple[_Sum, memoryview] | Event | None


class Checksums:
    """The checksums of records that are read one after the other.

    Only what :meth:`wrong` has been asked about is known to be right.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Work] | None = None
        self._records: deque[_Sum] = deque()

    def begin(self, name: str, expected: int, size: int) -> None:
        """A record of a size begins."""
        self._records.append(_Sum(name, expected, size))

    def add(self, part: memoryview) -> None:
        """A part of that record has been read, and stays as it is until the next question."""
        if self._queue is None:
            self._queue = SimpleQueue()
            Thread(target=_sum_up, args=(self._queue,), daemon=True).start()
        self._queue.put((self._records[-1], part))

    @property
    def many(self) -> bool:
        """Whether it is time to ask."""
        return sum(record.size for record in self._records) > _WAITING

    def wrong(self) -> str | None:
        """The name of a record with another checksum than expected, among those that were read since the last question."""
        if self._queue is not None:
            done = Event()
            self._queue.put(done)
            done.wait()
        found = next((record.name for record in self._records if record.value != record.expected), None)
        self._records.clear()
        return found

    def close(self) -> None:
        """Let the thread end."""
        if self._queue is not None:
            self._queue.put(None)
            self._queue = None


def _sum_up(queue: SimpleQueue[_Work]) -> None:
    while (work := queue.get()) is not None:
        if isinstance(work, Event):
            work.set()
        else:
            record, part = work
            record.value = zlib.crc32(part, record.value)
            del work, part
