"""What a backend gives for the order of a device's work: streams, events, graphs, and marks for profilers.

Core shows them as :mod:`flambeau.cuda` and knows nothing else of them. A backend whose kernels return when they are done has
none.
"""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["DeviceEvent", "DeviceGraph", "DeviceStream", "ProfilerMarks"]


class DeviceGraph(Protocol):
    """Work that was captured and can be given to the device again, as a whole."""

    def launch(self, stream: DeviceStream) -> None:
        """Give the work to a stream."""


class DeviceStream(Protocol):
    """A queue of work, done in order. What is in different queues may be done at the same time.

    Attributes:
        device: the index of its device.
        address: the engine's handle, as a number; 0 of the stream that there is from the beginning.
    """

    device: int
    address: int

    @property
    def priority(self) -> int:
        """Of streams that are ready, those with lower numbers go first."""

    def done(self) -> bool:
        """Whether all work given to it is done."""

    def synchronize(self) -> None:
        """Wait until it is."""

    def wait(self, event: DeviceEvent) -> None:
        """Let what is given to it from now on wait for an event, also of another stream or device."""

    def begin_capture(self, memory: Any) -> None:
        """Keep what is given to it from now on in a graph, instead of doing it.

        The stream is current. Arrays that are made meanwhile lie in ``memory``, of :meth:`Backend.graph_memory`.
        """

    def end_capture(self) -> DeviceGraph:
        """The graph; work is done again from now on."""

    def is_capturing(self) -> bool:
        """Whether work is kept."""


class DeviceEvent(Protocol):
    """A place in a stream.

    Attributes:
        address: the engine's handle, as a number.
    """

    address: int

    def record(self, stream: DeviceStream) -> None:
        """Stand behind the work that was given to a stream of its device so far."""

    def done(self) -> bool:
        """Whether the work before it is done."""

    def synchronize(self) -> None:
        """Wait until it is."""

    def elapsed(self, end: DeviceEvent) -> float:
        """Milliseconds until a later event; both are done, and were made to measure time."""


class ProfilerMarks(Protocol):
    """Names for what a program does, in the engine's profiler."""

    def push(self, message: str) -> None:
        """Begin a range in this thread, inside those that were begun."""

    def pop(self) -> None:
        """End the innermost range."""

    def start(self, message: str) -> int:
        """Begin a range that may end in another thread, and give its number."""

    def end(self, number: int) -> None:
        """End it."""

    def mark(self, message: str) -> None:
        """Mark this moment."""
