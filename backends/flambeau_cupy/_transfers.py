"""Copies between page-locked memory and devices that the host does not wait for, in the order of the current stream.

CuPy keeps no eye on such memory: what a copy reads and writes is kept here until it is done.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array, Shape

__all__ = ["PinnedCopies"]

_under_way: deque[tuple[Any, tuple[Any, ...]]] = deque()
"""Events behind copies, and what those need."""

_lock = threading.Lock()


class PinnedCopies:
    """The part of the backend that copies from and to page-locked memory."""

    def copy_from_pinned(self, buffer: Any, shape: Shape, dtype: str, device: int) -> Array | None:
        """Begin to copy; the array is there for what is given to the stream from now on."""
        address, nbytes = _place_of(buffer)
        with cupy.cuda.Device(device):
            if not self._can_begin(address, nbytes):
                return None
            array = cupy.empty(shape, dtype)
            array.data.copy_from_host_async(address, nbytes)
            _keep(buffer)
        return array

    def copy_to_pinned(self, array: Array, buffer: Any) -> bool:
        """Begin to copy; the memory holds the elements when the stream has come so far."""
        address, nbytes = _place_of(buffer)
        with cupy.cuda.Device(array.device):
            if not self._can_begin(address, nbytes):
                return False
            dense = cupy.ascontiguousarray(array)
            dense.data.copy_to_host_async(address, nbytes)
            _keep(buffer, dense)
        return True

    def _can_begin(self, address: int, nbytes: int) -> bool:
        """Whether the memory is page-locked, and the stream does what it is given instead of keeping it in a graph."""
        pinned: bool = nbytes > 0 and self.is_pinned(address)  # type: ignore[attr-defined]
        return pinned and not cupy.cuda.get_current_stream().is_capturing()


def _place_of(buffer: Any) -> tuple[int, int]:
    """The address of a buffer, and its size in bytes."""
    view = np.frombuffer(buffer, "uint8")
    return (view.ctypes.data, view.nbytes) if view.nbytes else (0, 0)


def _keep(*things: Any) -> None:
    """Keep what was last given to the current stream, until it has come so far; let go what is done."""
    event = cupy.cuda.Event(disable_timing=True)
    event.record()
    with _lock:
        while _under_way and _under_way[0][0].done:
            _under_way.popleft()
        _under_way.append((event, things))
