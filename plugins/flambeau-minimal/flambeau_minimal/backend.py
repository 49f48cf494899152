"""The runtime members: what core asks of the backend besides its kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau.backend import Backend, Capabilities, Shape

from .contract import strict
from .dtypes import TYPECODES
from .kernels import kernels_of
from .storage import MinimalArray, rearranged

__all__ = ["MinimalBackend"]


class MinimalBackend(Backend):
    """Pure-Python arrays on two pretend devices, ``minimal:0`` and ``minimal:1``."""

    name = "minimal"
    device_type = "minimal"
    api_version = 1
    capabilities = Capabilities(dtypes=frozenset(TYPECODES), views="alias")

    def device_count(self) -> int:
        """Two, so that a kernel can be handed an array of the wrong device, and refuse it."""
        return 2

    def kernels(self, device: int) -> dict[str, Callable[..., Any]]:
        """The kernels of one device, each behind the checks of its contract."""
        return {name: strict(name, kernel, device) for name, kernel in kernels_of(device).items()}

    def strides(self, array: MinimalArray) -> Shape:
        """Distances in elements, as the array keeps them."""
        return array.strides

    def storage_offset(self, array: MinimalArray) -> int:
        """Position of the first element in the buffer that the array shares with its views."""
        return array.offset

    def data_ptr(self, array: MinimalArray) -> int:
        """Address of the first element; buffers never change their size, so it stays."""
        address, _ = array.buffer.buffer_info()
        return address + array.offset * array.buffer.itemsize

    def storage_nbytes(self, array: MinimalArray) -> int:
        """The bytes of the buffer."""
        return len(array.buffer) * array.buffer.itemsize

    def storage_bytes(self, array: MinimalArray) -> bytes:
        """The contents of the buffer."""
        return array.buffer.tobytes()

    def storage_array(self, array: MinimalArray) -> MinimalArray:
        """The buffer as a vector."""
        return MinimalArray(array.buffer, (len(array.buffer),), (1,), 0, array.dtype, array.device)

    def copy_from(self, other: Backend, array: MinimalArray, device: int) -> MinimalArray | None:
        """Copy between the two devices; what comes from another backend passes through the host."""
        if other is not self:
            return None
        copy = rearranged(array)
        copy.device = device
        return copy
