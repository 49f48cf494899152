"""The memories of tensors, to files and from them: where they can be, without a copy."""

from __future__ import annotations

import pickle
import sys
from array import array
from collections.abc import Callable
from mmap import mmap
from typing import TYPE_CHECKING, Any

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau._tensor.memory import Memory
from flambeau.backend.selection import find_place
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.storage import TypedStorage, UntypedStorage

from ._locations import Restore
from ._reader import ArchiveReader
from ._settings import LoadEndianness, get_default_load_endianness, skips_data
from ._storage_types import StorageType
from ._zip import damaged

if TYPE_CHECKING:
    from flambeau.backend.types import TensorType

__all__ = [
    "ArchiveStorages", "check_reference", "elements", "memory_alone", "new_memory", "read_array", "swap_bytes",
]  # fmt: skip


class ArchiveStorages:
    """The storages of an archive: each is read when the pickle first names it."""

    def __init__(self, archive: ArchiveReader, restore: Restore, mapped: mmap | None) -> None:
        self._archive = archive
        self._restore = restore
        self._mapped = mapped
        self._loaded: dict[str, UntypedStorage] = {}
        self._swaps = _byte_order(archive) != sys.byteorder

    def load(self, reference: Any) -> TypedStorage:
        """The storage that a pickle names."""
        kind, type, key, location, count = check_reference(reference, 5)
        dtype = type.dtype
        if kind != "storage":
            raise pickle.UnpicklingError("only storages are written beside the pickle")
        name = f"data/{key}"
        size = count * dtype.itemsize
        if self._archive.record(name).size != size:
            raise damaged(
                f"reading file {name}",
                f"the pickle says {count} elements of {dtype!r}, and it has {self._archive.record(name).size} bytes",
            )
        if key not in self._loaded:
            self._loaded[key] = self._restore(self._read(name, dtype, count), location)
        return TypedStorage._wrapping(self._loaded[key], dtype)

    def _read(self, name: str, dtype: DType, count: int) -> UntypedStorage:
        type_ = find_place("cpu").type(dtype)
        if self._mapped is not None and not skips_data() and not self._swaps:
            begin = self._archive.data_offset(name)
            if count and not begin % dtype.itemsize:
                return UntypedStorage._of(
                    from_array(type_.backend.from_buffer(self._mapped, dtype.name, count, begin), type_)
                )
        if skips_data():
            return UntypedStorage._of(from_array(new_memory(type_, count)[0], type_))
        return UntypedStorage._of(
            from_array(read_array(type_, count, lambda view: self._fill(name, view, dtype)), type_)
        )

    def _fill(self, name: str, view: memoryview, dtype: DType) -> None:
        self._archive.read_into(name, view)
        if self._swaps:
            self._archive.check()
            swap_bytes(view, dtype)


def new_memory(type_: TensorType, count: int) -> tuple[Any, memoryview | None]:
    """A vector of so many elements, not set, and its memory if that is on the host."""
    memory = type_.kernels.empty((count,), type_.dtype.name)
    return memory, type_.backend.host_memory(memory) if count else memoryview(bytearray())


def read_array(type_: TensorType, count: int, read: Callable[[memoryview], object]) -> Any:
    """A vector of so many elements, whose bytes ``read`` writes into what it is given: its memory if that is on the host."""
    memory, view = new_memory(type_, count)
    if view is not None:
        read(view)
        return memory
    content = bytearray(count * type_.dtype.itemsize)
    read(memoryview(content))
    return type_.kernels.from_host(content, (count,), type_.dtype.name)


def elements(tensor: Tensor) -> Any:
    """The elements of a tensor in C order as bytes: those of its memory where they are in that order, on the host."""
    return tensor._type.kernels.to_host(tensor._array)


def memory_alone(tensor: Tensor) -> Memory:
    """A memory of nothing but the elements of a tensor, in C order: for backends that do not show memories."""
    type_ = tensor._type
    return Memory(type_.kernels.reshape(contiguous_array(type_, tensor._array), (tensor.numel(),)), type_)


def swap_bytes(view: memoryview, dtype: DType) -> None:
    """Put the bytes of every element into the other order, those of the parts of complex elements each."""
    size = dtype.to_real().itemsize
    if size > 1:
        elements = array(next(code for code in "HIQ" if array(code).itemsize == size))
        elements.frombytes(view)
        elements.byteswap()
        view[:] = elements.tobytes()


def check_reference(reference: Any, length: int) -> tuple[str, StorageType, str, str, int]:
    """What stands for a storage: a word, its type, its key, the tag of its device and the number of its elements."""
    if not isinstance(reference, tuple) or len(reference) != length:
        raise pickle.UnpicklingError(
            "what stands for a storage is a tuple of a word, a type, a key, a device and a size"
        )
    kind, type, key, location, count = (
        part.decode("ascii", "replace") if isinstance(part, bytes) else part for part in reference[:5]
    )
    if not isinstance(type, StorageType) or not all(isinstance(text, str) for text in (kind, key, location)):
        raise pickle.UnpicklingError("what stands for a storage has no type, key or device")
    if count.__class__ is not int or not 0 <= count < 1 << 60:
        raise pickle.UnpicklingError("the number of elements of a storage is no size")
    return kind, type, key, location, count


def _byte_order(archive: ArchiveReader) -> str:
    """The byte order of an archive: as it says, or else as the settings say."""
    if "byteorder" in archive:
        order = archive.read("byteorder")
        if order not in (b"little", b"big"):
            raise ValueError(f"Unknown endianness type: {order[:20].decode('ascii', 'replace')}")
        return order.decode()
    return {LoadEndianness.BIG: "big", LoadEndianness.NATIVE: sys.byteorder}.get(
        get_default_load_endianness(),  # type: ignore[arg-type]
        "little",
    )
