"""Streams and events of any device: the order in which it works, and places in it. Source: ``torch.Stream``, ``torch.Event``.

Of a device whose operations are done when they return, as the CPU's are, a stream is always done, and there are no events.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .backend import Backend
from .backend.selection import find_place
from .devices import device as Device  # noqa: N812 (a class that is called as PyTorch calls it)
from .errors import argument_type

if TYPE_CHECKING:
    from .backend.streams import DeviceEvent, DeviceStream
    from .backend.types import Place

__all__ = ["Event", "Stream", "check_class"]

_ACCELERATOR = "cuda"
_NUMBERS = {"cpu": 0, "cuda": 1}
_OTHER = 20
"""What PyTorch calls device types by number: these, and all that are registered by others."""


def check_class(function: str, argument: str, value: object, wanted: type) -> None:
    """Raise TypeError for an argument that is no stream, event or graph."""
    if not isinstance(value, wanted):
        raise argument_type(function, argument, 0, value, wanted.__name__)


def _place_of(function: str, device: Any) -> Place:
    """The device that is meant: for None the accelerator's current one if there is one, otherwise the CPU.

    Raises:
        TypeError: it is no device.
        RuntimeError: there is no such device.
    """
    if device is not None and not isinstance(device, (Device, str, int)):
        raise argument_type(function, "device", 1, device, "torch.device")
    if device is not None:
        return find_place(device)
    try:
        return find_place(_ACCELERATOR)
    except Exception:  # whatever a backend's loading may raise
        return find_place("cpu")


@contextmanager
def _current(backend: Backend, index: int) -> Iterator[None]:
    """A block in which a device is the current one of its backend."""
    before = backend.current_device()
    if before == index:
        yield
        return
    backend.set_device(index)
    try:
        yield
    finally:
        backend.set_device(before)


class Stream:
    """A queue of work of one device, done in order; in a ``with`` block of it, operations on the device are given to it.

    Where the device is CUDA's, :class:`flambeau.cuda.Stream` is the same with CUDA's own handle.
    Source of the semantics: ``torch.Stream``.

    Args:
        device: the device of the stream; by default the accelerator's current one, or the CPU if there is none.
        priority: of streams that are ready, those with lower numbers go first.
        stream_id, device_index, device_type: instead of a device, what these attributes of a stream are.

    Attributes:
        device: the device; the CPU without a number.
        device_index: its number; -1 of the CPU.
        device_type: PyTorch's number of the type.
        stream_id: the engine's handle, as a number; 0 of the stream that there is from the beginning.

    Raises:
        RuntimeError: there is no such device, or type of devices.
        TypeError: an argument is of the wrong type.

    Example:
        >>> import flambeau as torch
        >>> with torch.Stream(device="cpu") as stream:
        ...     x = torch.ones(2) + 1
        >>> stream.query()
        True
    """

    __module__ = "flambeau"

    _device_type: str
    _handle: DeviceStream | None
    _before: list[tuple[int, Any]]

    def __init__(
        self, device: Any = None, *, priority: int = 0, stream_id: int | None = None, device_index: int | None = None,
        device_type: int | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(priority, int):
            raise argument_type("Stream", "priority", 0, priority, "int")
        if stream_id is not None:
            if device_type is None or device_index is None:
                raise TypeError("Stream(): stream_id needs device_index and device_type, those of a stream")
            type_ = next((name for name, number in _NUMBERS.items() if number == device_type), None)
            if type_ is None:
                raise RuntimeError(f"Stream(): there is no type of devices with the number {device_type}")
            device = Device(type_, device_index) if device_index >= 0 else Device(type_)
        place = _place_of("Stream", device)
        self._device_type, self._before = place.device.type, []
        self._handle = place.backend.make_stream(place.index, priority, stream_id) if _has_streams(place) else None

    @property
    def device(self) -> Device:
        """The device of the stream."""
        return Device(self._device_type) if self._handle is None else Device(self._device_type, self._handle.device)

    @property
    def device_index(self) -> int:
        """The number of the device; -1 where operations are done when they return."""
        return -1 if self._handle is None else self._handle.device

    @property
    def device_type(self) -> int:
        """PyTorch's number of the type: 0 of the CPU, 1 of CUDA."""
        return _NUMBERS.get(self._device_type, _OTHER)

    @property
    def stream_id(self) -> int:
        """The engine's handle, as a number; 0 of the stream that there is from the beginning."""
        return 0 if self._handle is None else self._handle.address

    @property
    def native_handle(self) -> int:
        """The engine's handle, as a number.

        Raises:
            RuntimeError: the device has no streams.
        """
        if self._handle is None:
            raise RuntimeError("Backend doesn't support getting stream native handle.")
        return self._handle.address

    def query(self) -> bool:
        """Whether all work given to it is done."""
        return self._handle is None or self._handle.done()

    def synchronize(self) -> None:
        """Wait until all work given to it is done."""
        if self._handle is not None:
            self._handle.synchronize()

    def is_capturing(self) -> bool:
        """Whether what is given to it is captured by a graph."""
        return self._handle is not None and self._handle.is_capturing()

    def wait_event(self, event: Event) -> None:
        """Let what is given to it from now on wait for an event; the program does not wait."""
        check_class("wait_event", "event", event, Event)
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """Let what is given to it from now on wait for what was given to another stream; the program does not wait.

        Raises:
            RuntimeError: the other one is of a device without events.
        """
        check_class("wait_stream", "stream", stream, Stream)
        self.wait_event(stream.record_event())

    def record_event(self, event: Event | None = None) -> Event:
        """Record an event, a new one if none is given, behind what was given to it so far; return it.

        Raises:
            RuntimeError: the device has no events.
        """
        recorded = self._event() if event is None else event
        check_class("record_event", "event", recorded, Event)
        recorded.record(self)
        return recorded

    def _event(self) -> Event:
        return Event(self.device)

    def __enter__(self) -> Stream:
        if self._handle is not None:
            backend = _backend_of(self)
            current = backend.current_device()
            self._before.append((current, backend.current_stream(self._handle.device)))
            backend.set_device(self._handle.device)
            backend.set_stream(self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            backend = _backend_of(self)
            device, stream = self._before.pop()
            backend.set_device(self._handle.device)
            backend.set_stream(stream)
            backend.set_device(device)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (self.stream_id, self.device) == (other.stream_id, other.device)

    def __hash__(self) -> int:
        return hash((self.stream_id, self.device))

    def __repr__(self) -> str:
        return f"torch.Stream device_type={self._device_type}, device_index={self.device_index}, stream_id={self.stream_id}"


def _has_streams(place: Place) -> bool:
    """Whether its kernels return before the device is done, so that there is an order to tell of."""
    return place.backend.asynchronous


def _backend_of(stream: Stream) -> Backend:
    return find_place(stream.device).backend


class Event:
    """A place in a stream: to wait for, or to measure the time between two. Source of the semantics: ``torch.Event``.

    Args:
        device: the device of the streams that record it; by default the accelerator's current one, or the CPU if there is none.
        enable_timing: whether it measures time.
        blocking: whether :meth:`synchronize` leaves the processor to others while it waits.
        interprocess: means nothing, as in PyTorch.

    Attributes:
        device: the device.
        event_id: the engine's handle, as a number; 0 until it is recorded.

    Raises:
        RuntimeError: there is no such device.
        TypeError: an argument is of the wrong type.

    Example:
        >>> import flambeau as torch
        >>> torch.Event(device="cpu").query()
        True
        >>> if torch.cuda.is_available():
        ...     event = torch.Event(device="cuda")
        ...     event.record()
        ...     event.synchronize()
    """

    __module__ = "flambeau"

    _device_type: str
    _index: int
    _timing: bool
    _blocking: bool
    _handle: DeviceEvent | None = None

    def __init__(
        self, device: Any = None, *, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        for name, value in {"enable_timing": enable_timing, "blocking": blocking, "interprocess": interprocess}.items():
            if not isinstance(value, bool):
                raise argument_type("Event", name, 0, value, "bool")
        place = _place_of("Event", device)
        self._device_type, self._index = place.device.type, place.index if _has_streams(place) else -1
        self._timing, self._blocking = enable_timing, blocking

    @property
    def device(self) -> Device | None:
        """The device of the streams that record it."""
        return Device(self._device_type) if self._index < 0 else Device(self._device_type, self._index)

    @property
    def event_id(self) -> int:
        """The engine's handle, as a number; 0 until it is recorded."""
        return 0 if self._handle is None else self._handle.address

    def record(self, stream: Stream | None = None) -> None:
        """Stand behind what was given to a stream so far, the current one of the device by default.

        Raises:
            RuntimeError: the device has no events, or the stream is of another device.
        """
        if stream is not None:
            check_class("record", "stream", stream, Stream)
            if stream._device_type != self._device_type:
                raise RuntimeError(
                    f"Event device type {self._device_type.upper()} does not match recording stream's device type "
                    f"{stream._device_type.upper()}."
                )
        chosen = self._current_stream() if stream is None else stream._handle
        if chosen is None:
            raise RuntimeError(f"{self._device_type} backend doesn't support events.")
        if self._index not in (-1, chosen.device):
            raise RuntimeError(f"Event device {self._index} does not match recording stream's device {chosen.device}.")
        backend = find_place(Device(self._device_type, chosen.device)).backend
        with _current(backend, chosen.device):
            if self._handle is None:
                self._handle = backend.make_event(chosen.device, self._timing, self._blocking)
                self._index = chosen.device
            self._handle.record(chosen)

    def _current_stream(self) -> DeviceStream | None:
        """The stream that operations on the device are given to, in this thread."""
        place = find_place(Device(self._device_type) if self._index < 0 else Device(self._device_type, self._index))
        return place.backend.current_stream(place.index) if _has_streams(place) else None

    def wait(self, stream: Stream | None = None) -> None:
        """Let what is given to a stream from now on wait for it, the current one by default; one not recorded is past."""
        if stream is not None:
            check_class("wait", "stream", stream, Stream)
        chosen = self._current_stream() if stream is None else stream._handle
        if self._handle is not None and chosen is not None:
            with _current(find_place(Device(self._device_type, chosen.device)).backend, chosen.device):
                chosen.wait(self._handle)

    def query(self) -> bool:
        """Whether the work before it is done; one not recorded is past."""
        return self._handle is None or self._handle.done()

    def synchronize(self) -> None:
        """Wait until the work before it is done."""
        if self._handle is not None:
            self._handle.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to a later one.

        Raises:
            ValueError: one of them measures no time, or was not recorded.
            RuntimeError: the work before one of them is not done.
        """
        check_class("elapsed_time", "end_event", end_event, Event)
        if not (self._timing and end_event._timing):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        if self._handle is None or end_event._handle is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        if not (self.query() and end_event.query()):
            raise RuntimeError("Both events must be completed before calculating elapsed time.")
        return self._handle.elapsed(end_event._handle)

    def __repr__(self) -> str:
        return (
            f"torch.Event device_type={self._device_type}, device_index={self._index}, event_flag={int(self._timing)}, "
            f"event_id={self.event_id}"
        )
