"""The memory of CUDA devices: what CuPy's pool gives is counted, and what it cannot give is said with sizes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import cupy
from cupy.cuda.memory import OutOfMemoryError as PoolExhausted

from flambeau.errors import OutOfMemoryError

from ._presence import check_process

__all__ = ["Counts", "Memory"]

_UNIT = 512
"""What the pool rounds sizes up to."""

_METRICS = {"allocated_bytes": "allocated", "active_bytes": "allocated", "reserved_bytes": "reserved"}


class Counts:
    """The most that arrays have taken of one device, and all that they ever took.

    The pool knows what is in use, by going through the blocks in use, and tells nobody when one comes back. So it is asked
    only where the most may have been passed: with ``since`` bytes given out after the last answer ``used``, no more than
    ``used + since`` can be in use. The most is exact, and most allocations cost an addition.
    """

    def __init__(self) -> None:
        self.used = self.most = self.since = 0
        self.reserved = self.most_reserved = 0
        self.total = self.total_reserved = 0
        self.failures = 0

    def add(self, size: int, pool: Any) -> None:
        """Count an allocation, which the pool has made on the current device."""
        size += -size % _UNIT
        self.since += size
        self.total += size
        if self.used + self.since > self.most:
            self.look(pool)

    def look(self, pool: Any) -> None:
        """Ask the pool, whose current device is this one. What is reserved shrinks only where it is told to, after a look."""
        self.used, self.since = int(pool.used_bytes()), 0
        self.most = max(self.most, self.used)
        reserved = int(pool.total_bytes())
        self.total_reserved += max(reserved - self.reserved, 0)
        self.reserved, self.most_reserved = reserved, max(self.most_reserved, reserved)

    def reset_peaks(self) -> None:
        """Let the most begin anew at what is in use, after a look."""
        self.most, self.most_reserved = self.used, self.reserved

    def reset_totals(self) -> None:
        """Let the totals begin anew, after a look: what is in use counts as allocated."""
        self.total, self.total_reserved, self.failures = self.used, self.reserved, 0

    def stats(self) -> dict[str, int]:
        """The numbers under PyTorch's names, after a look."""
        numbers = {
            "allocated": (self.used, self.most, self.total, self.total - self.used),
            "reserved": (self.reserved, self.most_reserved, self.total_reserved, self.total_reserved - self.reserved),
        }
        found = {
            f"{metric}.all.{name}": value
            for metric, kind in _METRICS.items()
            for name, value in zip(("current", "peak", "allocated", "freed"), numbers[kind], strict=True)
        }
        return found | {"num_ooms": self.failures}


class Memory:
    """What CuPy allocates by, in the place of the allocator that was set before.

    It gives what that gives, and counts it. Where that has nothing left, the error is flambeau's, which programs know.
    """

    def __init__(self, devices: int) -> None:
        self.owner = os.getpid()
        self.counts = [Counts() for _ in range(devices)]
        self.pool = cupy.get_default_memory_pool()
        before = cupy.cuda.get_allocator()
        self.allocate = self.through(getattr(before, "inner", before), self.pool, self.counts)  # not a former backend's
        cupy.cuda.set_allocator(self.allocate)

    def through(self, allocator: Callable[[int], Any], pool: Any, counts: list[Counts]) -> Callable[[int], Any]:
        """An allocator that gives what another one gives, which takes it of a pool."""

        def allocate(size: int) -> Any:
            check_process(self.owner)
            try:
                pointer = allocator(size)
            except PoolExhausted:
                raise self._exhausted(size, pool) from None
            counts[pointer.device_id].add(size, pool)
            return pointer

        allocate.inner = allocator  # type: ignore[attr-defined]
        return allocate

    def _exhausted(self, size: int, pool: Any) -> OutOfMemoryError:
        device = int(cupy.cuda.runtime.getDevice())
        counts = self.counts[device]
        counts.failures += 1
        counts.look(self.pool)
        free, whole = cupy.cuda.runtime.memGetInfo()
        limit = int(pool.get_limit())
        allowed = f"{_size(limit)} allowed; " if limit else ""
        return OutOfMemoryError(
            f"CUDA out of memory. Tried to allocate {_size(size)}. GPU {device} has a total capacity of {_size(whole)} of which "
            f"{_size(free)} is free. {allowed}Of the allocated memory {_size(counts.used)} is allocated by flambeau, and "
            f"{_size(counts.reserved - counts.used)} is reserved by flambeau but unallocated. Let go of tensors, take smaller "
            "batches, or see torch.cuda.memory_summary() for who takes what"
        )

    def stats(self, device: int) -> Mapping[str, int]:
        """What is known of a device, which is current."""
        self.counts[device].look(self.pool)
        return self.counts[device].stats()

    def fraction(self) -> float:
        """The part of the current device's memory that arrays may take."""
        limit = int(self.pool.get_limit())
        return limit / int(cupy.cuda.runtime.memGetInfo()[1]) if limit else 1.0

    def set_fraction(self, fraction: float) -> None:
        """Limit the pool. To CuPy 0 says that there is no limit: a byte is none that anything fits into."""
        self.pool.set_limit(size=max(int(fraction * cupy.cuda.runtime.memGetInfo()[1]), 1) if fraction < 1 else 0)


def _size(count: int) -> str:
    """As PyTorch writes sizes."""
    for name, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << shift:
            return f"{count / (1 << shift):.2f} {name}"
    return f"{count} bytes"
