"""The memory of a tensor as an object of its own: ``Tensor.untyped_storage()`` and ``Tensor.storage()``.

Programs compare storages to see whether tensors share memory. A storage here looks into the memory that the tensor it
was asked of lies in; it does not resize or replace it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from flambeau.errors import level_of_caller

from ._tensor import from_array
from ._tensor.copies import host_list
from ._tensor.memory import memory_in
from ._tensor.methods import method
from .backend.selection import find_place
from .dtypes import uint8
from .shapes import Shape, as_int, as_ints, contiguous_strides

if TYPE_CHECKING:
    from ._tensor import Tensor
    from ._tensor.memory import Memory
    from .backend.types import Place, TensorType
    from .devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)
    from .dtypes import dtype as DType  # noqa: N812

__all__ = ["TypedStorage", "UntypedStorage", "is_storage"]


class UntypedStorage:
    """The bytes that a tensor and its views share. Source of the semantics: ``torch.UntypedStorage``.

    Two storages are equal if they are the same memory.

    Example:
        >>> import flambeau as torch
        >>> x = torch.zeros(2, 3)
        >>> x[1].untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
        True
        >>> x[1].untyped_storage().nbytes()
        24
    """

    def __init__(self, size: int | Sequence[int] = 0, *, device: Any = None) -> None:
        """Zeros of a number of bytes, or the bytes of a sequence, each modulo 256.

        Raises:
            RuntimeError: the size is negative, or it is neither a number nor a sequence of integers.
        """
        content = _content(size)
        type_ = find_place(device).type(uint8)
        self._tensor = from_array(type_.kernels.from_host(content, (len(content),), "uint8"), type_)

    @classmethod
    def _of(cls, tensor: Tensor) -> UntypedStorage:
        """The one that a tensor lies in."""
        made = object.__new__(cls)
        made._tensor = tensor.detach()
        return made

    def data_ptr(self) -> int:
        """The address of the first byte."""
        tensor = self._tensor
        return tensor.data_ptr() - tensor.storage_offset() * tensor.itemsize

    def nbytes(self) -> int:
        """How many bytes there are."""
        tensor = self._tensor
        return tensor._type.backend.storage_nbytes(tensor._array)

    size = nbytes
    __len__ = nbytes

    @property
    def device(self) -> Device:
        """Where the memory is."""
        return self._tensor.device

    def untyped(self) -> UntypedStorage:
        """Itself."""
        return self

    @property
    def _place(self) -> Place:
        """The device, with its tensor types."""
        return self._tensor._type.place

    def _memory(self) -> Memory | None:
        """The memory as a vector of elements; None if the backend does not show it."""
        return memory_in(self._tensor)

    def to(self, device: Any) -> UntypedStorage:
        """The same bytes on a device: itself if it is there. Source of the semantics: ``torch.UntypedStorage.to``."""
        place = find_place(device)
        memory = memory_in(self._tensor)
        if place is self._place:
            return self
        vector = self._tensor if memory is None else from_array(memory.array, memory.type)
        return UntypedStorage._of(vector.to(place.device))

    def cpu(self) -> UntypedStorage:
        """The same bytes on the CPU. Source of the semantics: ``torch.UntypedStorage.cpu``."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> UntypedStorage:
        """The same bytes on a CUDA device, the current one by default. Source: ``torch.UntypedStorage.cuda``."""
        return self.to("cuda" if device is None else device)

    def tensor(
        self, type_: TensorType, offset: int | None = None, size: Any = None, stride: Sequence[int] | None = None
    ) -> Tensor:
        """A tensor of some type in this memory: a vector of all of it, or what offset, size and strides say, in elements.

        Raises:
            RuntimeError: that would reach beyond the memory, or is no place in one.
            UnsupportedError: the backend does not show memories.
        """
        memory = memory_in(self._tensor)
        if memory is None:
            raise type_.backend.lacks_storages()
        length = int(memory.elements(type_).shape[0])
        if offset is None or size is None:
            return memory.tensor(type_, (length,), (1,), 0)
        shape, start = as_ints(size, "size"), as_int(offset, "storage_offset")
        strides = contiguous_strides(shape) if stride is None else as_ints(stride, "stride")
        _check_place(shape, strides, start, length, type_.dtype.itemsize)
        return memory.tensor(type_, shape, strides, start)

    def element_size(self) -> int:
        """One: a byte."""
        return 1

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        tensor = self._tensor
        return list(tensor._type.backend.storage_bytes(tensor._array))

    def __getitem__(self, index: int) -> int:
        return self.tolist()[index]

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedStorage:
        """That of a copy: of the one that tensors copied with it lie in."""
        return UntypedStorage._of(deepcopy(self._tensor, memo))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and _same_memory(self, other)

    def __hash__(self) -> int:
        return hash((self.device, self.data_ptr()))

    def __repr__(self) -> str:
        lines = "".join(f" {value}\n" for value in self.tolist())
        return f"{lines}[torch.storage.UntypedStorage(device={self.device}) of size {self.nbytes()}]"


def _content(size: Any) -> bytes:
    if isinstance(size, int) and not isinstance(size, bool):
        if size < 0:
            raise RuntimeError(f"torch.UntypedStorage(): a storage has no {size} bytes")
        return bytes(size)
    if not isinstance(size, Sequence):
        raise RuntimeError(f"torch.UntypedStorage(): Expected a sequence type, but got {type(size).__name__}")
    for item in size:
        if not isinstance(item, int):
            raise RuntimeError(
                f"torch.UntypedStorage(): tried to construct a storage from a sequence ({type(size).__name__}), but one of "
                f"the items was of type {type(item).__name__} instead of int"
            )
    return bytes(item & 255 for item in size)


class TypedStorage:
    """The memory of a tensor as elements of its dtype: PyTorch's older form. Source: ``torch.TypedStorage``.

    Example:
        >>> import flambeau as torch
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     torch.tensor([1, 2])[1:].storage().tolist()
        [1, 2]
    """

    def __init__(self, tensor: Tensor) -> None:
        self._untyped = UntypedStorage._of(tensor)
        self.dtype: DType = tensor.dtype

    @classmethod
    def _wrapping(cls, untyped: UntypedStorage, dtype: DType) -> TypedStorage:
        """The elements of a dtype in bytes that are there."""
        made = object.__new__(cls)
        made._untyped, made.dtype = untyped, dtype
        return made

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return self._untyped

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._untyped.data_ptr()

    def nbytes(self) -> int:
        """How many bytes there are."""
        return self._untyped.nbytes()

    @property
    def device(self) -> Device:
        """Where the memory is."""
        return self._untyped.device

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    def size(self) -> int:
        """How many elements there are."""
        return self.nbytes() // self.dtype.itemsize

    __len__ = size

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        type_ = find_place("cpu").type(self.dtype)
        content = bytes(self._untyped.tolist())
        return host_list(from_array(type_.kernels.from_host(content, (self.size(),), self.dtype.name), type_))

    def __getitem__(self, index: int) -> Any:
        return self.tolist()[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypedStorage) and self._untyped == other._untyped and self.dtype is other.dtype

    def __hash__(self) -> int:
        return hash(self._untyped)

    def __repr__(self) -> str:
        lines = "".join(f" {value}\n" for value in self.tolist())
        return f"{lines}[torch.storage.TypedStorage(dtype={self.dtype!r}, device={self.device}) of size {self.size()}]"


def _check_place(shape: Shape, strides: Shape, start: int, length: int, itemsize: int) -> None:
    if start < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {start}")
    if len(shape) != len(strides):
        raise RuntimeError(f"unequal size length ({len(shape)}) and stride length ({len(strides)})")
    if any(number < 0 for number in (*shape, *strides)):
        raise RuntimeError(
            f"sizes and strides must not be negative, got sizes={list(shape)} and strides={list(strides)}"
        )
    needed = start + 1 + sum((count - 1) * step for count, step in zip(shape, strides, strict=True))
    if 0 not in shape and needed > length:
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {start}, and itemsize {itemsize} "
            f"requiring a storage size of {needed * itemsize} are out of bounds for storage of size {length * itemsize}"
        )


def _same_memory(one: UntypedStorage, other: UntypedStorage) -> bool:
    return one.device == other.device and one.data_ptr() == other.data_ptr()


def is_storage(obj: Any, /) -> bool:
    """Tell whether an object is a storage. Source of the semantics: ``torch.is_storage``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_storage(torch.zeros(1).untyped_storage())
        True
    """
    return isinstance(obj, (UntypedStorage, TypedStorage))


@method("untyped_storage")
def _untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory that the tensor lies in, as bytes."""
    return UntypedStorage._of(self)


@method("storage")
def _storage(self: Tensor) -> TypedStorage:
    """The memory that the tensor lies in, as elements; PyTorch calls it deprecated, and so warns."""
    warnings.warn(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
        "This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use "
        "tensor.untyped_storage() instead of tensor.storage()",
        UserWarning,
        stacklevel=level_of_caller(),
    )
    return TypedStorage(self)


@method("is_set_to")
def _is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Tell whether another tensor is the same memory with the same offset, shape and strides."""
    return (
        UntypedStorage._of(self) == UntypedStorage._of(tensor)
        and self.storage_offset() == tensor.storage_offset()
        and self.shape == tensor.shape
        and self.stride() == tensor.stride()
    )
