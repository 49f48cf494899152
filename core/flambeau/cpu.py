"""The CPU under the names of :mod:`flambeau.cuda`, for programs that take the module of a device. Source: ``torch.cpu``.

Operations are done when they return, so that streams and events have nothing to do.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

__all__ = [
    "Event", "Stream", "StreamContext", "current_device", "current_stream", "device_count", "is_available", "is_initialized",
    "set_device", "stream", "synchronize",
]  # fmt: skip


class Stream:
    """A stream that has nothing to do. Source of the semantics: ``torch.cpu.Stream``."""

    def __init__(self, priority: int = -1) -> None:
        pass

    def wait_stream(self, stream: Any) -> None:
        """Return: the other stream is done."""

    def record_event(self) -> None:
        """Return, without an event."""

    def wait_event(self, event: Any) -> None:
        """Return: the event is past."""


class Event:
    """An event that is past. Source of the semantics: ``torch.cpu.Event``."""

    def query(self) -> bool:
        """Whether it is past: True."""
        return True

    def record(self, stream: Any = None) -> None:
        """Return: it is past when that is called."""

    def synchronize(self) -> None:
        """Return: it is past."""

    def wait(self, stream: Any = None) -> None:
        """Return: it is past."""


_current = Stream()


def current_stream(device: Any = None) -> Stream:
    """The stream of the innermost block of :func:`stream`; there is one outside, too. Source: ``torch.cpu.current_stream``."""
    return _current


class StreamContext(AbstractContextManager[None]):
    """A block with another current stream; None changes nothing. Source of the semantics: ``torch.cpu.StreamContext``."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream
        self._before: list[Stream] = []

    def __enter__(self) -> None:
        global _current
        self._before.append(_current)
        _current = self.stream or _current

    def __exit__(self, *exception: object) -> None:
        global _current
        _current = self._before.pop()


def stream(stream: Stream | None) -> StreamContext:
    """A block with another current stream. Source of the semantics: ``torch.cpu.stream``.

    Example:
        >>> import flambeau as torch
        >>> side = torch.cpu.Stream()
        >>> with torch.cpu.stream(side):
        ...     assert torch.cpu.current_stream() is side
    """
    return StreamContext(stream)


def is_available() -> bool:
    """True. Source of the semantics: ``torch.cpu.is_available``."""
    return True


def is_initialized() -> bool:
    """True. Source of the semantics: ``torch.cpu.is_initialized``."""
    return True


def device_count() -> int:
    """1, however many cores there are. Source of the semantics: ``torch.cpu.device_count``."""
    return 1


def current_device() -> str:
    """``"cpu"``, not a number. Source of the semantics: ``torch.cpu.current_device``."""
    return "cpu"


def set_device(device: Any) -> None:
    """Return: there is one. Source of the semantics: ``torch.cpu.set_device``."""


def synchronize(device: Any = None) -> None:
    """Return: all is done. Source of the semantics: ``torch.cpu.synchronize``.

    Example:
        >>> import flambeau as torch
        >>> device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        >>> torch.get_device_module(device).synchronize()
    """
