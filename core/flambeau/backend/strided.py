"""Views over a backend that cannot alias.

Core is written for arrays that share memory: a view is one, and a write to it is seen by all. Where movement kernels
copy (``Capabilities.views`` is ``"copy"``), this module stands between core and the backend. To core an array is a
:class:`~flambeau.backend._strided_memory.Strided` then: shape, strides and offset in a memory, which holds one array of
the backend. A view is another of these on the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ._strided_kernels import StridedKernels
from ._strided_memory import Memory, Strided, in_order, plain
from .kernels import Array, Shape
from .protocol import Backend, CounterKernels
from .table import KernelTable

__all__ = ["StridedBackend"]


class StridedBackend(Backend):
    """One device of a backend whose views are copies, as a device of a backend whose views alias.

    Args:
        backend: the backend.
        kernels: its kernels for the device.
    """

    array_class = Strided

    def __init__(self, backend: Backend, kernels: KernelTable) -> None:
        self.wrapped = backend
        self.name, self.device_type, self.api_version = backend.name, backend.device_type, backend.api_version
        self.capabilities = replace(backend.capabilities, out=False)
        self.asynchronous, self.halves_by_itself = backend.asynchronous, backend.halves_by_itself
        self._kernels = StridedKernels(kernels, backend.dtype_name)

    def kernels(self, device: int) -> Mapping[str, Any]:
        """The kernels on :class:`Strided` arrays."""
        return self._kernels.table()

    def __getattr__(self, name: str) -> Any:  # members of the backend's own
        member = getattr(self.__dict__["wrapped"], name)
        return (lambda *arguments: member(*plain(arguments))) if callable(member) else member

    def dtype_name(self, array: Strided) -> str | None:
        """The backend's."""
        return self.wrapped.dtype_name(array.memory.array)

    def device_count(self) -> int:
        """The backend's."""
        return self.wrapped.device_count()

    def current_device(self) -> int:
        """The backend's."""
        return self.wrapped.current_device()

    def device_name(self, device: int) -> str:
        """The backend's."""
        return self.wrapped.device_name(device)

    def load_dtype(self, dtype: str) -> None:
        """The backend's."""
        self.wrapped.load_dtype(dtype)

    def synchronize(self, device: int) -> None:
        """The backend's."""
        self.wrapped.synchronize(device)

    def refuse_later(
        self, low: Strided, high: Strided, first: int, stop: int, refusal: Callable[[int], Exception]
    ) -> None:
        """The backend's."""
        self.wrapped.refuse_later(low.read(), high.read(), first, stop, refusal)

    def get_num_threads(self) -> int:
        """The backend's."""
        return self.wrapped.get_num_threads()

    def memory_stats(self, device: int) -> Mapping[str, int]:
        """The backend's."""
        return self.wrapped.memory_stats(device)

    def empty_cache(self, device: int) -> None:
        """Of the backend."""
        self.wrapped.empty_cache(device)

    def random_transforms(self) -> Any:
        """The backend's: they know no arrays."""
        return self.wrapped.random_transforms()

    def counter_kernels(self, device: int) -> CounterKernels | None:
        """The backend's, giving :class:`Strided` arrays."""
        kernels = self.wrapped.counter_kernels(device)
        return None if kernels is None else _Counter(kernels, self._kernels)

    # -- where elements are ---------------------------------------------------------------

    def strides(self, array: Strided) -> Shape:
        """The strides in the memory."""
        return array.strides

    def is_contiguous(self, array: Strided) -> bool:
        """Whether the elements lie in C order."""
        return in_order(array.shape, array.strides)

    def storage_offset(self, array: Strided) -> int:
        """The offset in the memory."""
        return array.offset

    def data_ptr(self, array: Strided) -> int:
        """A number that tells places in memories apart: there are no addresses."""
        if array.memory.root.length == 0:
            return array.memory.root.address
        return array.memory.root.address + array.offset * len(_host_bytes(array.memory, 1))

    def storage_nbytes(self, array: Strided) -> int:
        """The bytes of the memory."""
        return len(self.storage_bytes(array))

    def storage_bytes(self, array: Strided) -> bytes:
        """The contents of the memory."""
        return _host_bytes(array.memory.root, array.memory.root.length)

    def storage_array(self, array: Strided) -> Strided:
        """The memory."""
        root = array.memory.root
        return Strided(root, (root.length,), (1,), 0)

    # -- other libraries ---------------------------------------------------------------

    def copy_from(self, other: Backend, array: Array, device: int) -> Array | None:
        """What the backend copies by itself."""
        if isinstance(other, StridedBackend):
            other, array = other.wrapped, array.read()
        return self._kernels.own(self.wrapped.copy_from(other, array, device))

    def to_numpy(self, array: Strided) -> Any:
        """The array as the backend gives it: a copy if it is not all of its memory."""
        return self.wrapped.to_numpy(_shown(array))

    def from_numpy(self, ndarray: Any) -> Strided:
        """An array on the memory of an ``ndarray``."""
        return self._taken(self.wrapped.from_numpy(ndarray))

    def from_buffer(self, buffer: Any, dtype: str, count: int, offset: int) -> Strided:
        """An array on a buffer's memory."""
        return self._taken(self.wrapped.from_buffer(buffer, dtype, count, offset))

    def from_dlpack(self, source: Any) -> tuple[Strided, str]:
        """An array on the memory of another library's."""
        array, name = self.wrapped.from_dlpack(source)
        return self._taken(array), name

    def _taken(self, array: Array) -> Strided:
        return self._kernels.own(array, exposed=True)  # type: ignore[no-any-return]

    def to_dlpack(self, array: Strided, **options: Any) -> Any:
        """The backend's capsule."""
        return self.wrapped.to_dlpack(_shown(array), **options)

    def dlpack_device(self, array: Strided) -> tuple[int, int]:
        """The backend's."""
        return self.wrapped.dlpack_device(array.read())

    def array_interface(self, array: Strided) -> Mapping[str, Any]:
        """The backend's."""
        return self.wrapped.array_interface(_shown(array))


def _of_the_backend(name: str) -> Callable[..., Any]:
    """A method that the backend has a default for, as the wrapped backend has it."""

    def method(self: StridedBackend, *arguments: Any) -> Any:
        return getattr(self.wrapped, name)(*plain(arguments))

    method.__name__ = name
    return method


for _name in (
    "set_device", "can_access_peer", "device_properties", "memory_info", "reset_peak_memory_stats",
    "reset_accumulated_memory_stats", "memory_fraction", "set_memory_fraction", "empty_host_cache", "make_stream",
    "current_stream", "default_stream", "set_stream", "make_event", "record_stream", "graph_memory", "profiler_marks",
):  # fmt: skip
    setattr(StridedBackend, _name, _of_the_backend(_name))


def _shown(array: Strided) -> Array:
    """The elements, for somebody who may write to them."""
    array.memory.exposed = True
    return array.read()


def _host_bytes(memory: Memory, length: int) -> bytes:
    return bytes(memory.kernels.to_host(memory.kernels.slice(memory.flat(), (0,), (length,), (1,))))


class _Counter:
    """Counter kernels that give :class:`Strided` arrays."""

    def __init__(self, kernels: CounterKernels, device: StridedKernels) -> None:
        self._kernels, self._device = kernels, device
        self.blocks = kernels.blocks

    def draw(self, *arguments: Any) -> Strided:
        """The vector that the backend draws."""
        return self._device.own(self._kernels.draw(*arguments))  # type: ignore[no-any-return]

    def dropout(self, *arguments: Any) -> None:
        """None: core draws, and multiplies."""
