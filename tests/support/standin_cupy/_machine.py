"""The pretend machine: devices, which of them is current, and their memory."""

from __future__ import annotations

import os
import threading
from mmap import mmap
from types import TracebackType
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy

__all__ = ["CAPACITY", "CUDARuntimeError", "Device", "machine"]

CAPACITY = 16 << 30
"""The bytes of memory that each device pretends to have."""

_NO_DEVICE = 100
_INVALID_DEVICE = 101
INVALID_HANDLE, NOT_READY, CAPTURE_UNSUPPORTED = 400, 600, 900
_MESSAGES = {
    _NO_DEVICE: "cudaErrorNoDevice: no CUDA-capable device is detected",
    _INVALID_DEVICE: "cudaErrorInvalidDevice: invalid device ordinal",
    INVALID_HANDLE: "cudaErrorInvalidResourceHandle: invalid resource handle",
    NOT_READY: "cudaErrorNotReady: device not ready",
    CAPTURE_UNSUPPORTED: "cudaErrorStreamCaptureUnsupported: operation not permitted when stream is capturing",
}


class CUDARuntimeError(RuntimeError):
    """An error of the CUDA runtime."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(_MESSAGES[status])


class Machine(threading.local):
    """Devices and the bytes reserved of each; the current device belongs to a thread.

    As the driver does, it shows the devices that ``CUDA_VISIBLE_DEVICES`` names when it begins, and numbers them anew.
    """

    devices = 0
    visible: list[int]
    reserved: list[int]
    synchronized: list[int]

    def __init__(self) -> None:
        self.current = 0

    def reset(self, devices: int) -> None:
        """Start again with this many devices."""
        Machine.visible = _visible(devices)
        Machine.devices = len(Machine.visible)
        Machine.reserved = [0] * Machine.devices
        Machine.synchronized = []
        self.current = 0

    def device_count(self) -> int:
        """``cupy.cuda.runtime.getDeviceCount``."""
        if not self.devices:
            raise CUDARuntimeError(_NO_DEVICE)
        return self.devices

    def device_properties(self, device: int) -> dict[str, Any]:
        """``cupy.cuda.runtime.getDeviceProperties``: of a device with so few threads that small launches have several rounds."""
        if not 0 <= device < self.device_count():
            raise CUDARuntimeError(_INVALID_DEVICE)
        return {
            "name": b"stand-in", "multiProcessorCount": 2, "maxThreadsPerMultiProcessor": 512, "major": 8, "minor": 6,
            "totalGlobalMem": CAPACITY, "warpSize": 32, "pciBusID": Machine.visible[device], "pciDeviceID": 0,
            "pciDomainID": 0,
        }  # fmt: skip

    def memory_info(self) -> tuple[int, int]:
        """``cupy.cuda.runtime.memGetInfo``, of the current device."""
        return CAPACITY - Machine.reserved[self.get_device()], CAPACITY

    def can_access_peer(self, device: int, peer: int) -> bool:
        """``cupy.cuda.runtime.deviceCanAccessPeer``."""
        return False

    def get_device(self) -> int:
        """``cupy.cuda.runtime.getDevice``."""
        self.device_count()
        return self.current

    def set_device(self, device: int) -> None:
        """``cupy.cuda.runtime.setDevice``."""
        if not 0 <= device < self.device_count():
            raise CUDARuntimeError(_INVALID_DEVICE)
        self.current = device


def _visible(devices: int) -> list[int]:
    """The numbers that the driver gives to programs, by those on the board: it stops at the first that is none."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return list(range(devices))
    found: list[int] = []
    for number in named.split(","):
        if not number.strip().isdigit() or int(number) >= devices:
            break
        found.append(int(number))
    return found


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
        from ._streams import wait_for_device

        Machine.synchronized.append(self.id)
        wait_for_device(self.id)
