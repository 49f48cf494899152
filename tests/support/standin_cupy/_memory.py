"""The pretend memory: a pool that keeps what it was given back, limits, and allocators that are put before it."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

from . import _streams
from ._machine import CAPACITY, MEMORY_TYPE_HOST, Device, Machine, machine, pointer_attributes

__all__ = [
    "Memory", "MemoryPointer", "MemoryPool", "OutOfMemoryError", "PinnedMemoryPool", "alloc", "default_pool", "get_allocator",
    "nbytes", "reset", "set_allocator", "using_allocator",
]  # fmt: skip

_UNIT = 512  # CuPy's pool rounds sizes up to multiples of it


class OutOfMemoryError(MemoryError):
    """``cupy.cuda.memory.OutOfMemoryError``."""

    def __init__(self, size: int, total: int, limit: int = 0) -> None:
        super().__init__(f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes).")


class _Bytes:
    """What a pool has of one device: in arrays, kept for later, and at most."""

    used = free = limit = 0


class Memory:
    """One allocation on the current device; what it is on the host is bound to it."""

    def __init__(self, size: int, taken: _Bytes | None = None) -> None:
        self.device_id = machine.get_device()
        self.size, self.ptr = size, 0
        if taken is not None:
            weakref.finalize(self, _release, taken, size)

    @classmethod
    def foreign(cls, host: Any) -> Memory:
        """What another library has allocated."""
        return cls(host.nbytes).bind(host)

    def bind(self, host: Any) -> Memory:
        """Let it lie where a NumPy array lies, which lives as long as the arrays on it."""
        self.ptr = host.ctypes.data
        return self

    @property
    def device(self) -> Device:
        return Device(self.device_id)


def _release(taken: _Bytes, size: int) -> None:
    taken.used -= size
    taken.free += size


class MemoryPointer:
    """A place in an allocation: ``ndarray.data``."""

    def __init__(self, mem: Memory, offset: int) -> None:
        self.mem, self._offset = mem, offset
        self.device_id = mem.device_id

    @property
    def ptr(self) -> int:
        return self.mem.ptr + self._offset

    @property
    def device(self) -> Device:
        return self.mem.device

    def copy_from_host_async(self, mem: int, size: int, stream: Any = None) -> None:
        """Work of the current stream; as all of it, it is done at once."""
        _copied(self.ptr, mem, size, mem)

    def copy_to_host_async(self, mem: int, size: int, stream: Any = None) -> None:
        """The same, the other way."""
        _copied(mem, self.ptr, size, mem)


def _copied(target: int, source: int, size: int, host: int) -> None:
    if pointer_attributes(host).type != MEMORY_TYPE_HOST:
        raise ValueError("the host waits for copies of memory that is not page-locked")
    ctypes.memmove(target, source, size)
    _streams.work()


class MemoryPool:
    """``cupy.cuda.MemoryPool``: its numbers are those of the current device. Memory has no order here, so any two parts fit."""

    def __init__(self, allocator: Any = None) -> None:
        self._devices: dict[int, _Bytes] = {}

    def _reset(self) -> None:
        self._devices = {}

    def _here(self) -> _Bytes:
        return self._devices.setdefault(machine.get_device(), _Bytes())

    def malloc(self, size: int) -> MemoryPointer:
        """Memory of the pool; when it has not enough it takes more, and gives back what it keeps before it gives up."""
        size, here = -(-size // _UNIT) * _UNIT, self._here()
        if here.free < size:
            if not self._fits(size):
                self.free_all_blocks()
            if not self._fits(size):
                raise OutOfMemoryError(size, self.total_bytes(), here.limit)
            Machine.reserved[machine.get_device()] += size
            here.free += size
        here.free -= size
        here.used += size
        return MemoryPointer(Memory(size, here), 0)

    def _fits(self, size: int) -> bool:
        limit = self._here().limit or CAPACITY
        return self.total_bytes() + size <= limit and Machine.reserved[machine.get_device()] + size <= CAPACITY

    def used_bytes(self) -> int:
        """Bytes of living arrays."""
        return self._here().used

    def free_bytes(self) -> int:
        """Bytes that are kept for later."""
        return self._here().free

    def total_bytes(self) -> int:
        """Bytes taken from the device."""
        return self.used_bytes() + self.free_bytes()

    def free_all_blocks(self, stream: Any = None) -> None:
        """Give back what is kept."""
        here = self._here()
        Machine.reserved[machine.get_device()] -= here.free
        here.free = 0

    def set_limit(self, size: Any = None, fraction: Any = None) -> None:
        """The most that it takes of the current device."""
        self._here().limit = int(fraction * CAPACITY) if size is None else size

    def get_limit(self) -> int:
        """The most that it takes; 0 without a limit."""
        return self._here().limit


class PinnedMemoryPool:
    """``cupy.cuda.PinnedMemoryPool``: nothing is kept."""

    def n_free_blocks(self) -> int:
        return 0

    def free_all_blocks(self) -> None:
        """Nothing is kept."""


default_pool = MemoryPool()


class _Allocators(threading.local):
    """What allocates: for all threads, and inside blocks of this one."""

    common: Callable[[int], MemoryPointer] = default_pool.malloc

    def __init__(self) -> None:
        self.inner: list[Callable[[int], MemoryPointer]] = []


_allocators = _Allocators()


def reset() -> None:
    """Start again, with all memory free."""
    default_pool._reset()
    set_allocator(default_pool.malloc)


def get_allocator() -> Callable[[int], MemoryPointer]:
    """``cupy.cuda.get_allocator``."""
    return _allocators.inner[-1] if _allocators.inner else _Allocators.common


def set_allocator(allocator: Any = None) -> None:
    """``cupy.cuda.set_allocator``."""
    if _allocators.inner:
        raise ValueError("Can't change the global allocator inside `using_allocator` context manager")
    _Allocators.common = staticmethod(allocator)  # type: ignore[assignment]


@contextmanager
def using_allocator(allocator: Any = None) -> Iterator[None]:
    """``cupy.cuda.using_allocator``."""
    _allocators.inner.append(allocator)
    try:
        yield
    finally:
        _allocators.inner.pop()


def alloc(size: int) -> MemoryPointer:
    """``cupy.cuda.alloc``."""
    return get_allocator()(size)


def nbytes(shape: Any, itemsize: int) -> int:
    """The bytes of an array."""
    return itemsize * prod(int(size) for size in (shape if hasattr(shape, "__iter__") else (shape,)))
