"""Values of tensors on the host, and copies: of elements, of whole tensors, and as pickles."""

from __future__ import annotations

import struct
import sys
from copy import deepcopy
from math import prod
from typing import Any

from flambeau import dtypes
from flambeau.backend.selection import find_place
from flambeau.backend.types import TensorType
from flambeau.dtypes import dtype
from flambeau.shapes import Shape, c_order, dense_order

from .memory import Memory, copied_memory, memory_as_pickled
from .methods import method
from .modes import no_grad
from .overrides import DisableTorchFunctionSubclass
from .sparse import as_class, make_sparse
from .tensor import Tensor, from_array

__all__ = [
    "contiguous_array", "copy_tensor", "deepcopy_tensor", "given_attributes", "host_list", "in_memory_order", "memory_order",
    "nested_list",
    "rebuild_tensor", "rebuild_view", "reduce_tensor", "widened_bfloat16",
]  # fmt: skip


@method("__copy__")
def copy_tensor(tensor: Tensor) -> Tensor:
    """A leaf of the same class on the same memory, as ``copy.copy`` makes of PyTorch's tensors."""
    made = _as_class(type(tensor), tensor.detach())
    if tensor.requires_grad:
        made.requires_grad_()
    vars(made).update(given_attributes(tensor))
    return made


@method("__deepcopy__")
def deepcopy_tensor(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy with its own memory, of the same class and with its gradient; views that are copied with it are views of it.

    Raises:
        RuntimeError: the tensor is not a leaf: a copy could not have its history.
    """
    if id(tensor) in memo:
        return memo[id(tensor)]  # type: ignore[no-any-return]
    if not tensor.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If "
            "you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    with no_grad():
        made = _as_class(type(tensor), _copied(tensor.detach(), memo))
    memo[id(tensor)] = made
    if tensor.requires_grad:
        made.requires_grad_()
    grad = tensor.grad
    if grad is not None:
        made.grad = deepcopy(grad if grad.is_leaf else grad.detach(), memo)
    vars(made).update(deepcopy(given_attributes(tensor), memo))
    return made


def _copied(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy that lies in a copy of its memory, as it lies in it: with the same strides, and beside its views."""
    memory = None if tensor._sparse else copied_memory(tensor, memo)
    if memory is None:
        return tensor.clone()
    return memory.tensor(tensor._type, tensor._array.shape, tensor.stride(), tensor.storage_offset())


def given_attributes(tensor: Tensor) -> dict[str, Any]:
    """The attributes that the program gave the tensor; those of the library begin with an underscore."""
    return {name: value for name, value in vars(tensor).items() if not name.startswith("_") or name in _MARKS}


_MARKS = ("_is_param", "_is_buffer")
"""What tells that a tensor of another class is a parameter or a buffer."""


def _as_class(cls: type[Tensor], source: Tensor) -> Tensor:
    if source._sparse:
        return as_class(cls, source)  # type: ignore[arg-type, no-any-return]
    made: Tensor = object.__new__(cls)
    made._array, made._type, made._node, made._storage = source._array, source._type, None, None
    return made


@method("as_subclass")
def as_subclass(tensor: Tensor, cls: type[Tensor]) -> Tensor:
    """The same tensor as an instance of a subclass of Tensor: its memory and its history are those of ``tensor``.

    What operations make of it is of that class too, unless the class overrides them: see ``docs/subclasses.md``. Source of the
    semantics: ``torch.Tensor.as_subclass``.

    Raises:
        TypeError: ``cls`` is no class of tensors.
    """
    _check_class(cls)
    if tensor._sparse:
        return _as_class(cls, tensor)
    with DisableTorchFunctionSubclass():
        same = tensor.view_as(tensor)
    made = _as_class(cls, same)
    made._node, made._storage, made._view = same._node, same._storage, same._view
    if same._storage is not None:
        same._storage.add_view(made)
    return made


def make_subclass(cls: type[Tensor], data: Tensor, require_grad: bool = False) -> Tensor:
    """A leaf of a subclass of Tensor on the memory of ``data``. Source: ``torch.Tensor._make_subclass``.

    Raises:
        TypeError: ``cls`` is no class of tensors, or ``data`` is no tensor.
        RuntimeError: it shall require a gradient, and its dtype has none.
    """
    _check_class(cls)
    if not isinstance(data, Tensor):
        raise TypeError(f"_make_subclass(): argument 'data' (position 2) must be Tensor, not {type(data).__name__}")
    made = as_subclass(data.detach(), cls)
    if require_grad and not made._type.floats:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return made.requires_grad_(require_grad)


Tensor._make_subclass = staticmethod(make_subclass)  # type: ignore[attr-defined]


def _check_class(cls: Any) -> None:
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type(cls).__name__})")
    if not issubclass(cls, Tensor):
        raise TypeError(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your class "
            "inherits from Tensor."
        )


@method("__reduce_ex__")
def reduce_tensor(tensor: Tensor, protocol: Any = None) -> tuple[Any, ...]:
    """How to pickle a tensor: by its memory and where it lies in it, with the attributes that it was given by the program.

    Views of one memory are that again, if they are in one pickle. So all of the memory is written, even for a small view
    of it; ``clone()`` what shall be written alone. A sparse tensor is pickled by its components. Its gradient and its
    history are left behind: what is read back is a leaf.
    """
    if tensor._sparse:
        return _rebuild_sparse, _parts(tensor), given_attributes(tensor) or None
    memory = memory_as_pickled(tensor)
    if memory is not None:
        place = (tuple(tensor.shape), tensor.stride(), tensor.storage_offset())
        return (
            rebuild_view,
            (type(tensor), memory, *place, tensor.dtype, tensor.requires_grad),
            given_attributes(tensor) or None,
        )
    data = bytes(tensor._type.kernels.to_host(tensor._array))
    arguments = (type(tensor), data, tuple(tensor.shape), tensor.dtype, str(tensor.device), tensor.requires_grad)
    return rebuild_tensor, arguments, given_attributes(tensor) or None


def rebuild_view(
    cls: type[Tensor], memory: Memory, shape: tuple[int, ...], strides: tuple[int, ...], offset: int, dtype: dtype,
    requires_grad: bool,
) -> Tensor:  # fmt: skip
    """The tensor that was pickled, in the memory that was pickled with it and with its views."""
    made = _as_class(cls, memory.tensor(memory.type.with_dtype(dtype), shape, strides, offset))
    return made.requires_grad_() if requires_grad else made


def rebuild_tensor(
    cls: type[Tensor], data: bytes, shape: tuple[int, ...], dtype: dtype, device: str, requires_grad: bool
) -> Tensor:
    """The tensor that was pickled by its elements, on the same device.

    Raises:
        BackendError: the device is not there.
    """
    type_ = find_place(device).type(dtype)
    made = _as_class(cls, from_array(type_.kernels.from_host(data, shape, dtype.name), type_))
    return made.requires_grad_() if requires_grad else made


def _parts(tensor: Any) -> tuple[Any, ...]:
    components = tuple(component.detach() for component in tensor._components)
    values = tensor._values_.detach()
    size = tuple(tensor._size)
    return type(tensor), tensor.layout, components, values, size, tensor._coalesced, tensor.requires_grad


def _rebuild_sparse(
    cls: type[Any], layout: Any, components: tuple[Tensor, ...], values: Tensor, size: tuple[int, ...], coalesced: bool,
    requires_grad: bool,
) -> Tensor:  # fmt: skip
    made = _as_class(cls, make_sparse(layout, components, values, size, coalesced=coalesced))
    return made.requires_grad_() if requires_grad else made


def memory_order(tensor: Tensor) -> Shape:
    """The dimensions of a strided tensor in the order in which they lie in memory, the outermost first."""
    array, backend = tensor._array, tensor._type.backend
    shape = array.shape
    if 1 not in shape and 0 not in shape and backend.is_contiguous(array):  # no dim whose stride means nothing
        return c_order(len(shape))
    return dense_order(shape, backend.strides(array))


def in_memory_order(input: Tensor, order: Shape) -> Tensor:
    """A copy without history whose dimensions lie in memory in ``order``, the outermost first."""
    kernels = input._type.kernels
    copied = kernels.clone(kernels.permute(input._array, order), False)
    return from_array(kernels.permute(copied, tuple(map(order.index, range(len(order))))), input._type)


def contiguous_array(type: TensorType, array: Any) -> Any:
    """The array of a type itself where it is contiguous, and else a copy that is."""
    return array if type.backend.is_contiguous(array) else type.kernels.clone(array, False)


def host_list(input: Tensor) -> list[Any]:
    """All elements in C order as Python numbers."""
    dtype = input._type.dtype
    buffer = memoryview(input._type.kernels.to_host(input._array)).cast("B")
    format: Any = dtype.format
    if dtype in _AS_THEY_ARE:
        return buffer.cast(format).tolist()
    if dtype.is_complex:
        parts: Any = _halves(buffer) if format == "e" else buffer.cast(format).tolist()
        return [complex(real, imaginary) for real, imaginary in zip(parts[::2], parts[1::2], strict=True)]
    if dtype is dtypes.float16:
        return list(_halves(buffer))
    return list(struct.unpack(f"={len(buffer) // 2}f", widened_bfloat16(buffer)))  # bfloat16


_AS_THEY_ARE = frozenset(
    dtype for dtype in dtypes.ALL if not dtype.is_complex and dtype not in (dtypes.float16, dtypes.bfloat16)
)
"""The dtypes whose elements memoryview converts."""


def _halves(buffer: memoryview) -> tuple[float, ...]:
    """The numbers of float16, which is no format that memoryview converts."""
    return struct.unpack(f"={len(buffer) // 2}e", buffer)


def widened_bfloat16(buffer: memoryview) -> bytes:
    """The bytes of bfloat16 elements as those of the float32 whose upper halves they are."""
    wide = bytearray(2 * len(buffer))
    first = 2 if sys.byteorder == "little" else 0
    wide[first::4], wide[first + 1 :: 4] = buffer[::2], buffer[1::2]
    return bytes(wide)


@method("tolist")
def nested_list(input: Tensor) -> list[Any]:
    """Give its elements as nested lists of Python numbers; a number if it has no dimensions."""
    shape, dtype = input._array.shape, input._type.dtype
    if dtype in _AS_THEY_ARE and shape and 0 not in shape:
        view: Any = memoryview(input._type.kernels.to_host(input._array)).cast("B")
        return view.cast(dtype.format, shape).tolist()  # type: ignore[no-any-return]
    values: list[Any] = host_list(input)
    if not shape:
        return values[0]  # type: ignore[no-any-return]
    for d in range(len(shape) - 1, 0, -1):
        size = shape[d]
        values = [values[i * size : (i + 1) * size] for i in range(prod(shape[:d]))]
    return values
