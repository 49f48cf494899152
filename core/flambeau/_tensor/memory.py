"""The memory that tensors lie in, as a whole: what copies and pickles have to keep if views shall stay views of it."""

from __future__ import annotations

import sys
from mmap import mmap
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from flambeau import dtypes
from flambeau.backend.selection import find_place
from flambeau.shapes import Shape

from .tensor import Tensor, from_array

if TYPE_CHECKING:
    from flambeau.backend.types import TensorType

__all__ = ["Memory", "copied_memory", "is_shared", "memory_as_pickled", "memory_in", "shared_copy"]


class Memory:
    """A memory as a vector of elements.

    Attributes:
        array: the vector, of the backend.
        type: what its elements are.
    """

    __slots__ = ("__weakref__", "array", "type")

    def __init__(self, array: Any, type: TensorType) -> None:
        self.array = array
        self.type = type

    @property
    def nbytes(self) -> int:
        """How many bytes there are."""
        return int(self.array.shape[0]) * self.type.dtype.itemsize

    @property
    def key(self) -> tuple[Any, ...] | None:
        """What two objects for one memory have in common; None if the backend has no addresses."""
        address = self.type.backend.data_ptr(self.array)
        return (self.type.place, address, self.nbytes) if address else None

    def copied(self) -> Memory:
        """Another memory of the same contents."""
        return Memory(self.type.kernels.clone(self.array, False), self.type)

    def elements(self, type: TensorType) -> Any:
        """The vector of elements of another type on the same device; bytes that make no element are left out."""
        if type.dtype is self.type.dtype:
            return self.array
        kernels, before, after = self.type.kernels, self.type.dtype.itemsize, type.dtype.itemsize
        whole = self.array.shape[0] * before // after * after // before
        return kernels.bitcast(kernels.slice(self.array, (0,), (whole,), (1,)), type.dtype.name)

    def tensor(self, type: TensorType, shape: Shape, strides: Shape, offset: int) -> Tensor:
        """A tensor without history that lies in it."""
        elements = self.elements(type)
        if 0 in shape:  # nothing of it lies anywhere, and the offset may be beyond the end
            offset = min(offset, elements.shape[0])
            return from_array(type.kernels.reshape(type.kernels.slice(elements, (offset,), (0,), (1,)), shape), type)
        return from_array(type.kernels.as_strided(elements, shape, strides, offset), type)

    def __reduce__(self) -> tuple[Any, ...]:
        data = bytes(self.type.kernels.to_host(self.array))
        return _load, (data, self.type.dtype, str(self.type.device))


def _load(data: bytes, dtype: dtypes.dtype, device: str) -> Memory:
    """The memory that was pickled, on the same device.

    Raises:
        BackendError: the device is not there.
    """
    type_ = find_place(device).type(dtype)
    return Memory(type_.kernels.from_host(data, (len(data) // dtype.itemsize,), dtype.name), type_)


def memory_in(tensor: Tensor) -> Memory | None:
    """The memory that a strided tensor lies in; None if its backend does not show it."""
    type_ = tensor._type
    array = type_.backend.storage_array(tensor._array)
    if array is None:
        return None
    name = type_.backend.dtype_name(array) or type_.dtype.name
    dtype = getattr(dtypes, name, None)
    if dtype is None:  # it is another library's, of a type that tensors do not have
        array, dtype = type_.kernels.bitcast(array, "uint8"), dtypes.uint8
    return Memory(array, type_.with_dtype(dtype))


def copied_memory(tensor: Tensor, memo: dict[Any, Any]) -> Memory | None:
    """A copy of the memory that a tensor lies in: one for all tensors that are copied with the same ``memo``."""
    memory = memory_in(tensor)
    if memory is None or memory.key is None:
        return None if memory is None else memory.copied()
    copies = memo.setdefault("flambeau", {})
    if memory.key not in copies:
        copies[memory.key] = (
            memory,
            memory.copied(),
        )  # what is copied is kept, so that no other memory gets its address
    made: Memory = copies[memory.key][1]
    return made


# -- between processes -----------------------------------------------------------------------------------------------------

_regions: WeakValueDictionary[int, mmap] = WeakValueDictionary()
"""What processes made by a fork share with this one, by the address; an array on it keeps it."""


def shared_copy(memory: Memory) -> Memory:
    """A copy of a memory of the host that processes which are forked from now on have in common with this one."""
    type_, nbytes = memory.type, memory.nbytes
    region = mmap(-1, max(nbytes, 1))
    region[:nbytes] = bytes(type_.kernels.to_host(memory.array))
    made = Memory(type_.backend.from_buffer(region, type_.dtype.name, int(memory.array.shape[0]), 0), type_)
    _regions[type_.backend.data_ptr(made.array)] = region
    return made


def is_shared(memory: Memory | None) -> bool:
    """Whether it is such a copy."""
    return memory is not None and bool(_regions) and memory.type.backend.data_ptr(memory.array) in _regions


def _refuse_to_part(memory: Memory) -> None:
    """Refuse a copy where a process that begins, but is not forked, would take it for the memory that is shared."""
    context = sys.modules.get("multiprocessing.context")
    if context is not None and is_shared(memory) and context.get_spawning_popen() is not None:
        raise NotImplementedError(
            "a tensor after share_memory_() shares its memory with forked processes alone, and this one is made otherwise: "
            'use multiprocessing.get_context("fork"), or send a clone() of the tensor and take the result from a queue'
        )


_pickled: WeakValueDictionary[tuple[Any, ...], Memory] = WeakValueDictionary()


def memory_as_pickled(tensor: Tensor) -> Memory | None:
    """The memory that a tensor lies in: the same object for all tensors while a pickle, which keeps what it has met, is made."""
    memory = memory_in(tensor)
    if memory is None or memory.key is None:
        return memory
    _refuse_to_part(memory)
    return _pickled.setdefault(memory.key, memory)
