"""Streams and events: the order in which a device works, and places in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flambeau._streams import Event as _Event
from flambeau._streams import Stream as _Stream
from flambeau._streams import check_class
from flambeau.backend.selection import find_place
from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import UnsupportedError

from ._places import TYPE, index_of, place_of
from .devices import set_device

if TYPE_CHECKING:
    from flambeau.backend.streams import DeviceStream

__all__ = [
    "Event", "ExternalStream", "Stream", "StreamContext", "current_stream", "default_stream", "get_stream_from_external",
    "set_stream", "stream",
]  # fmt: skip


class Stream(_Stream):
    """A queue of work of one device, done in order; what is in different streams may be done at the same time.

    In a ``with`` block of it, or of :func:`stream`, operations on its device are given to it. Where a stream uses what another
    computes, :meth:`wait_stream` or an :class:`Event` says that it waits; where memory is let go while another stream uses
    it, :meth:`flambeau.Tensor.record_stream` keeps it until then. Source of the semantics: ``torch.cuda.Stream``.

    Args:
        device: the device of the stream; the current one by default.
        priority: of streams that are ready, those with lower numbers go first; CUDA takes the nearest that it knows.

    Attributes:
        device, device_index: the device.
        cuda_stream, stream_id: CUDA's handle, as a number.
        priority: what CUDA took of the number.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     side = torch.cuda.Stream()
        ...     side.wait_stream(torch.cuda.current_stream())
        ...     with torch.cuda.stream(side):
        ...         x = torch.ones(3, device="cuda") * 2
        ...     torch.cuda.current_stream().wait_stream(side)
    """

    _device_type = TYPE
    _handle: DeviceStream

    __module__ = "flambeau.cuda"

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        place = place_of(device)
        self._handle = place.backend.make_stream(place.index, int(priority), None)
        self._before = []

    @classmethod
    def _of(cls, handle: DeviceStream) -> Stream:
        """What a program sees of a backend's stream."""
        made = object.__new__(Stream)
        made._handle, made._before = handle, []
        return made

    @property
    def cuda_stream(self) -> int:
        """CUDA's handle, as a number; 0 of the default stream."""
        return self._handle.address

    @property
    def priority(self) -> int:
        """What CUDA took of the priority that was asked for."""
        return self._handle.priority

    def _event(self) -> Event:
        return Event()

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"

    def __cuda_stream__(self) -> tuple[int, int]:
        """CUDA's protocol for streams of other libraries: its version and the handle."""
        return 0, self.cuda_stream


class ExternalStream(Stream):
    """A stream that another library made and that lives as long as that says. Source: ``torch.cuda.ExternalStream``.

    Args:
        stream_ptr: CUDA's handle, as a number.
        device: the device that it was made on; the current one by default.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     same = torch.cuda.ExternalStream(torch.cuda.Stream().cuda_stream)
    """

    __module__ = "flambeau.cuda"

    def __init__(self, stream_ptr: int, device: Any = None) -> None:
        place = place_of(device)
        self._handle = place.backend.make_stream(place.index, 0, int(stream_ptr))
        self._before = []


def get_stream_from_external(data_ptr: int, device: Any = None) -> Stream:
    """The stream of CUDA's handle, which another library made. Source: ``torch.cuda.get_stream_from_external``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.get_stream_from_external(torch.cuda.Stream().cuda_stream).synchronize()
    """
    return ExternalStream(data_ptr, device)


class Event(_Event):
    """A place in a stream: to wait for, or to measure the time between two. Source of the semantics: ``torch.cuda.Event``.

    Args:
        enable_timing: whether it measures time.
        blocking: whether :meth:`synchronize` leaves the processor to others while it waits.
        interprocess, external: only False, for events are not given to other processes, and graphs have no nodes for them.

    Attributes:
        cuda_event: CUDA's handle, as a number; 0 until it is recorded.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        ...     start.record()
        ...     x = torch.ones(1000, device="cuda").sum()
        ...     end.record()
        ...     torch.cuda.synchronize()
        ...     milliseconds = start.elapsed_time(end)
    """

    _device_type = TYPE

    __module__ = "flambeau.cuda"

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False, external: bool = False
    ) -> None:
        backend = find_place(TYPE).backend
        for name, asked in (("interprocess", interprocess), ("external", external)):
            if asked:
                raise UnsupportedError(
                    f"torch.cuda.Event({name}=True)", backend=backend.name, hint="leave the option out"
                )
        self._timing, self._blocking = enable_timing, blocking
        self._index = -1

    @property
    def cuda_event(self) -> int:
        """CUDA's handle, as a number; 0 until it is recorded."""
        return self.event_id

    @property
    def device(self) -> Device | None:
        """The device of the stream that recorded it; None before."""
        return None if self._handle is None else Device(TYPE, self._index)

    def __repr__(self) -> str:
        shown = f"{self.cuda_event:#x}" if self.cuda_event else "uninitialized"
        return f"<torch.cuda.Event {shown}>"


class StreamContext:
    """The block of :func:`stream`. Source of the semantics: ``torch.cuda.StreamContext``.

    Example:
        >>> import flambeau as torch
        >>> with torch.cuda.StreamContext(None):
        ...     x = torch.ones(2)
    """

    __module__ = "flambeau.cuda"

    def __init__(self, stream: _Stream | None) -> None:
        if stream is not None:
            check_class("stream", "stream", stream, _Stream)
        self.stream = stream
        self._before: list[Stream] = []

    def __enter__(self) -> None:
        if self.stream is None:
            return
        self._before = [current_stream()]
        if self._before[0].device != self.stream.device:  # that device has a current stream, too
            self._before.append(current_stream(self.stream.device))
        set_stream(self.stream)

    def __exit__(self, *_: object) -> None:
        while self._before:
            set_stream(self._before.pop())


def stream(stream: _Stream | None) -> StreamContext:
    """A block whose operations on the stream's device are given to the stream; None changes nothing.

    The stream's device is current in the block. Source of the semantics: ``torch.cuda.stream``.

    Example:
        >>> import flambeau as torch
        >>> side = torch.cuda.Stream() if torch.cuda.is_available() else None
        >>> with torch.cuda.stream(side):
        ...     x = torch.ones(2)
    """
    return StreamContext(stream)


def set_stream(stream: _Stream | None) -> None:
    """Give operations on a stream's device to it from now on, in this thread, and make the device current.

    None changes nothing. Source of the semantics: ``torch.cuda.set_stream``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.set_stream(torch.cuda.default_stream() if torch.cuda.is_available() else None)
    """
    if stream is None:
        return
    check_class("set_stream", "stream", stream, _Stream)
    index_of(stream.device, optional=True)
    handle = stream._handle
    if handle is not None:  # of a CUDA device all have one
        set_device(handle.device)
        place_of(handle.device).backend.set_stream(handle)


def current_stream(device: Any = None) -> Stream:
    """The stream that operations on a device are given to, in this thread. Source: ``torch.cuda.current_stream``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     assert torch.cuda.current_stream() == torch.cuda.default_stream()
    """
    place = place_of(device)
    return Stream._of(place.backend.current_stream(place.index))


def default_stream(device: Any = None) -> Stream:
    """The stream that a device begins with. Source of the semantics: ``torch.cuda.default_stream``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.default_stream().cuda_stream if torch.cuda.is_available() else 0
        0
    """
    place = place_of(device)
    return Stream._of(place.backend.default_stream(place.index))
