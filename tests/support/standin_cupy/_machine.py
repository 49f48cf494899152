"""The pretend machine: devices, which of them is current, and their memory."""

from __future__ import annotations

import threading
import weakref
from mmap import mmap
from types import TracebackType
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy

__all__ = [
    "CUDARuntimeError",
    "Device",
    "Memory",
    "MemoryPointer",
    "MemoryPool",
    "Stream",
    "get_current_stream",
    "machine",
]

_NO_DEVICE = 100
_INVALID_DEVICE = 101
_MESSAGES = {
    _NO_DEVICE: "cudaErrorNoDevice: no CUDA-capable device is detected",
    _INVALID_DEVICE: "cudaErrorInvalidDevice: invalid device ordinal",
}
_ALLOCATION_UNIT = 512  # CuPy's pool rounds sizes up to multiples of it


class CUDARuntimeError(RuntimeError):
    """An error of the CUDA runtime."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(_MESSAGES[status])


class Machine(threading.local):
    """Devices and the bytes in use on each; the current device belongs to a thread."""

    devices = 0
    used: list[int]
    synchronized: list[int]

    def __init__(self) -> None:
        self.current = 0

    def reset(self, devices: int) -> None:
        """Start again with this many devices."""
        Machine.devices = devices
        Machine.used = [0] * devices
        Machine.synchronized = []
        self.current = 0

    def device_count(self) -> int:
        """``cupy.cuda.runtime.getDeviceCount``."""
        if not self.devices:
            raise CUDARuntimeError(_NO_DEVICE)
        return self.devices

    def device_properties(self, device: int) -> dict[str, Any]:
        """``cupy.cuda.runtime.getDeviceProperties``: of a device with so few threads that small launches have several rounds."""
        self.device_count()
        return {"name": b"stand-in", "multiProcessorCount": 2, "maxThreadsPerMultiProcessor": 512}

    def get_device(self) -> int:
        """``cupy.cuda.runtime.getDevice``."""
        self.device_count()
        return self.current

    def set_device(self, device: int) -> None:
        """``cupy.cuda.runtime.setDevice``."""
        if not 0 <= device < self.device_count():
            raise CUDARuntimeError(_INVALID_DEVICE)
        self.current = device


machine = Machine()

MEMORY_TYPE_HOST = 1
_pinned: WeakValueDictionary[int, mmap] = WeakValueDictionary()


def alloc_pinned_memory(size: int) -> mmap:
    """``cupy.cuda.alloc_pinned_memory``: memory of the host that is found again by its address."""
    machine.device_count()
    region = mmap(-1, size)
    _pinned[numpy.frombuffer(region, "uint8").ctypes.data] = region
    return region


class PointerAttributes(NamedTuple):
    """``cupy.cuda.runtime.PointerAttributes``."""

    type: int


def pointer_attributes(ptr: int) -> PointerAttributes:
    """``cupy.cuda.runtime.pointerGetAttributes``: of memory that is not pinned the driver knows nothing."""
    within = any(start <= ptr < start + len(region) for start, region in _pinned.items())
    return PointerAttributes(MEMORY_TYPE_HOST if within else 0)


class Device:
    """``cupy.cuda.Device``: makes a device current inside ``with``."""

    def __init__(self, device: int | Device | None = None) -> None:
        self.id = machine.get_device() if device is None else int(device)
        self._before: list[int] = []

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return self.id

    def __enter__(self) -> Device:
        self._before.append(machine.get_device())
        machine.set_device(self.id)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        machine.set_device(self._before.pop())

    def use(self) -> None:
        """Make the device current."""
        machine.set_device(self.id)

    def synchronize(self) -> None:
        """Note that the device was waited for."""
        Machine.synchronized.append(self.id)


class Stream:
    """``cupy.cuda.Stream``: all work of the stand-in is done when a call returns."""

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        pass

    def synchronize(self) -> None:
        """Nothing is left to wait for."""

    def record(self, event: Any = None) -> Any:
        """An event that stands here."""
        return event or Event()

    def wait_event(self, event: Event) -> None:
        """All work before the event is done."""


class Event:
    """``cupy.cuda.Event``."""

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        pass

    def synchronize(self) -> None:
        """Nothing is left to wait for."""


def get_current_stream(device_id: int = -1) -> Stream:
    """``cupy.cuda.get_current_stream``."""
    return Stream()


class Memory:
    """One allocation on the current device; ``owner`` is the NumPy array whose memory it is."""

    def __init__(self, owner: Any) -> None:
        self.device_id = machine.get_device()
        self.ptr: int = owner.ctypes.data
        self.size: int = owner.nbytes
        Machine.used[self.device_id] += self._rounded
        weakref.finalize(self, _release, Machine.used, self.device_id, self._rounded)

    @property
    def device(self) -> Device:
        return Device(self.device_id)

    @property
    def _rounded(self) -> int:
        return -(-self.size // _ALLOCATION_UNIT) * _ALLOCATION_UNIT


def _release(used: list[int], device: int, size: int) -> None:
    used[device] -= size


class MemoryPointer:
    """A place in an allocation: ``ndarray.data``."""

    def __init__(self, mem: Memory, offset: int) -> None:
        self.mem = mem
        self.ptr = mem.ptr + offset
        self.device_id = mem.device_id

    @property
    def device(self) -> Device:
        return self.mem.device


class MemoryPool:
    """``cupy.cuda.MemoryPool``: its numbers are those of the current device."""

    def used_bytes(self) -> int:
        """Bytes of living arrays."""
        return Machine.used[machine.get_device()]

    def free_bytes(self) -> int:
        """Nothing is kept for later."""
        return 0

    def total_bytes(self) -> int:
        """Bytes taken from the device."""
        return self.used_bytes() + self.free_bytes()

    def free_all_blocks(self, stream: Any = None) -> None:
        """Nothing is kept for later."""
