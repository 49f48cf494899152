"""Checksums of large records, computed in a thread beside the reading and writing, which take about as long."""

from __future__ import annotations

import zlib
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeAlias

__all__ = ["LARGE_ENOUGH", "Checksum", "Checksums"]

LARGE_ENOUGH = 64 << 10
"""From so many bytes on it is worth while to hand them to a thread."""


class Checksum:
    """The checksum of parts that come one after the other.

    Attributes:
        value: what it is when the thread has come so far.
        waits: whether the thread has parts of it.
    """

    __slots__ = ("value", "waits")

    def __init__(self) -> None:
        self.value = 0
        self.waits = False

    def add(self, part: memoryview) -> None:
        """Go on with another part."""
        self.value = zlib.crc32(part, self.value)


_Work: TypeAlias = tuple[Checksum, memoryview] | Event | None


class Checksums:
    """A thread that computes checksums; there is none before there is something large to do."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Work] | None = None

    def add(self, checksum: Checksum, part: memoryview) -> None:
        """Go on with a checksum: at once, or in the thread if ``part``, which has to stay as it is until then, is large."""
        if not checksum.waits and len(part) < LARGE_ENOUGH:
            checksum.add(part)
            return
        checksum.waits = True
        if self._queue is None:
            self._queue = SimpleQueue()
            Thread(target=_sum_up, args=(self._queue,), daemon=True).start()
        self._queue.put((checksum, part))

    def wait(self) -> None:
        """Wait until all is done."""
        if self._queue is not None:
            done = Event()
            self._queue.put(done)
            done.wait()

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
            work[0].add(work[1])
        del work
