"""Factories: tensors from data, from numbers, and of a given shape."""

from __future__ import annotations

from array import array as host_array
from collections.abc import Sequence
from typing import Any

from .. import dtypes, layouts
from .._methods import method
from .._tensor import Tensor, from_array
from ..backend.selection import find_place
from ..backend.types import TensorType
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..promotion import dtype_of_number, get_default_dtype
from ..shapes import Shape, size_argument
from ._declare import primitive
from ._runtime import Number, not_a_tensor

__all__ = [
    "as_tensor",
    "empty",
    "empty_like",
    "fill",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "scalar_tensor",
    "tensor",
    "zeros",
    "zeros_like",
]


def type_for(dtype: DType | None, device: Any, default: DType | None = None) -> TensorType:
    if dtype is not None and not isinstance(dtype, DType):
        raise TypeError(f"dtype must be a torch.dtype, not {type(dtype).__name__} ({dtype!r})")
    return find_place(device).type(dtype or default or get_default_dtype())


def check_layout(function: str, layout: layouts.layout) -> None:
    if layout is not layouts.strided:
        raise NotImplementedError(f"{function}(): layout {layout!r} is not supported; make a strided tensor")


def _finish(array: Any, type_: TensorType, requires_grad: bool) -> Tensor:
    made = from_array(array, type_)
    if requires_grad and not type_.floats:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return made.requires_grad_() if requires_grad else made


def _check_shape(function: str, shape: Shape) -> Shape:
    for size in shape:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
    return shape


# -- from data ---------------------------------------------------------------


def tensor(
    data: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """Make a tensor that holds a copy of ``data``: a number, nested sequences, or an array.

    Without ``dtype``, bool data give bool, ints int64, floats the default dtype; tensors and arrays keep theirs.
    ``dtype`` may be given by position (PyTorch wants the keyword). Source of the semantics: ``torch.tensor``.

    Raises:
        ValueError: the nested sequences are ragged, in PyTorch's words.
        TypeError: an element is not a number.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([[1, 2], [3, 4]])
        tensor([[1, 2],
                [3, 4]])
        >>> torch.tensor(5.0)
        tensor(5.)
    """
    if isinstance(data, Tensor):
        place = data._type.place if device is None else find_place(device)
        made = data.detach().to(place.device, dtype or data.dtype, copy=True)
        return made.requires_grad_() if requires_grad else made
    buffer = _buffer_of(data)
    if buffer is not None:
        view, found, shape = buffer
        type_ = type_for(dtype, device, found)
        array = type_.with_dtype(found).kernels.from_host(view, shape, found.name)
        if type_.dtype is not found:
            array = type_.kernels.cast(array, type_.dtype.name)
        return _finish(array, type_, requires_grad)
    shape, flat = flatten_nested(data)
    type_ = type_for(dtype, device, _dtype_of_values(flat))
    return _finish(type_.kernels.from_host(pack(flat, type_.dtype), shape, type_.dtype.name), type_, requires_grad)


def _buffer_of(data: Any) -> tuple[memoryview, DType, Shape] | None:
    """The bytes of an object with the buffer protocol (a NumPy array, an ``array.array``), its dtype and shape."""
    if isinstance(data, (str, bytes, bytearray, list, tuple, int, float)):
        return None
    try:
        view = memoryview(data)
    except TypeError:
        return None
    found = dtypes.by_format(view.format)
    if found is None:
        return None
    return memoryview(view.tobytes()), found, view.shape or ()


def flatten_nested(data: Any) -> tuple[Shape, list[Any]]:
    """The shape of nested sequences and their elements in C order.

    Raises:
        ValueError: they are ragged.
    """
    shape: list[int] = []
    level = [data]
    while level and _is_sequence(level[0]):
        size = len(level[0])
        for entry in level:
            if not _is_sequence(entry):
                raise ValueError(f"expected sequence of length {size} at dim {len(shape)} (got {_kind(entry)})")
            if len(entry) != size:
                raise ValueError(f"expected sequence of length {size} at dim {len(shape)} (got {len(entry)})")
        shape.append(size)
        level = [element for entry in level for element in entry]
    for entry in level:
        if _is_sequence(entry):
            raise ValueError(f"too many dimensions: found a sequence of length {len(entry)} beside numbers")
    return tuple(shape), [_number(entry) for entry in level]


def _is_sequence(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.dim() > 0
    return isinstance(value, (list, tuple, range)) or (
        hasattr(value, "__len__")
        and hasattr(value, "__getitem__")
        and not isinstance(value, (str, bytes, dict))
        and getattr(value, "shape", None) != ()
    )


def _kind(value: Any) -> str:
    return f"a number, {value!r}" if isinstance(value, (int, float, complex)) else type(value).__name__


def _number(value: Any) -> Number:
    if isinstance(value, (bool, int, float, complex)):
        return value
    item = getattr(value, "item", None)
    if item is not None:
        return item()  # type: ignore[no-any-return]
    if isinstance(value, str):
        raise TypeError(f"new(): invalid data type '{type(value).__name__}'")
    raise TypeError(f"Could not infer dtype of {type(value).__name__}")


def _dtype_of_values(values: Sequence[Number]) -> DType:
    if not values:
        return get_default_dtype()
    highest = max({type(value): value for value in values}.values(), key=lambda value: dtype_of_number(value).category)
    return dtype_of_number(highest)


def pack(values: Sequence[Any], dtype: DType) -> bytes:
    """Python numbers as the bytes of elements of ``dtype``.

    Raises:
        RuntimeError: a number does not fit, in PyTorch's words.
        TypeError: a complex number is given for a real dtype.
    """
    try:
        if dtype.is_complex:
            parts = [part for value in map(complex, values) for part in (value.real, value.imag)]
            return host_array(dtype.format, parts).tobytes()
        if dtype is dtypes.bool:
            return bytes(map(bool, values))
        if dtype is dtypes.float16:
            import struct

            return struct.pack(f"={len(values)}e", *values)
        if dtype.is_floating_point:
            return host_array(dtype.format, map(float, values)).tobytes()
        return host_array(dtype.format, map(int, values)).tobytes()
    except OverflowError:
        if dtype is dtypes.float32:
            return host_array("f", map(_to_float32, values)).tobytes()
        raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow") from None


def _to_float32(value: float) -> float:
    try:
        return host_array("f", [value])[0]
    except OverflowError:
        return float("inf") if value > 0 else -float("inf")


def as_tensor(data: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Make a tensor of ``data``, without a copy where it is a tensor or a NumPy array already of that dtype and device.

    Source of the semantics: ``torch.as_tensor``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1, 2])
        >>> torch.as_tensor(x) is x
        True
    """
    if isinstance(data, Tensor):
        return data.to(data.device if device is None else device, dtype or data.dtype)
    if hasattr(data, "__array_interface__") and type(data).__name__ == "ndarray":
        from .conversion import from_numpy

        made = from_numpy(data)
        return made.to(find_place(device).device, dtype or made.dtype)
    return tensor(data, dtype=dtype, device=device)


def scalar_tensor(value: Number, dtype: DType | None = None, device: Any = None) -> Tensor:
    """A 0-d tensor of a number, of the dtype that the number has by itself unless one is given."""
    return tensor(value, dtype=dtype, device=device)


def legacy_tensor(*data: Any) -> Tensor:
    """What ``Tensor(...)`` makes: float32 of a shape or of data, on the default device."""
    from ..shapes import Size

    if not data:
        return empty((0,), dtype=dtypes.float32)
    if all(isinstance(entry, int) and not isinstance(entry, bool) for entry in data) or isinstance(data[0], Size):
        return empty(*data, dtype=dtypes.float32)
    if len(data) > 1:
        raise TypeError(f"Tensor(): expected a shape, or one sequence of values, not {data!r}")
    if isinstance(data[0], Tensor):
        from .conversion import detach

        return detach(data[0]) if data[0].dtype is dtypes.float32 else data[0].detach().to(dtypes.float32)
    if isinstance(data[0], (bool, float, complex)):
        raise TypeError(f"new(): data must be a sequence (got {type(data[0]).__name__})")
    return tensor(data[0], dtype=dtypes.float32)


# -- of a given shape ---------------------------------------------------------------


def empty(
    *size: Any,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: layouts.memory_format = layouts.contiguous_format,
) -> Tensor:
    """Make a tensor of a shape with arbitrary contents. Source of the semantics: ``torch.empty``.

    Example:
        >>> import flambeau as torch
        >>> torch.empty(2, 3).shape
        torch.Size([2, 3])
    """
    check_layout("empty", layout)
    shape = _check_shape("empty", size_argument("empty", size))
    type_ = type_for(dtype, device)
    return _finish(type_.kernels.empty(shape, type_.dtype.name), type_, requires_grad)


def full(
    size: Any,
    fill_value: Number | Tensor,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of a shape filled with a number, whose dtype it has by default. Source: ``torch.full``.

    Example:
        >>> import flambeau as torch
        >>> torch.full((2, 2), 7)
        tensor([[7, 7],
                [7, 7]])
    """
    check_layout("full", layout)
    shape = _check_shape("full", size_argument("full", (size,)))
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return _filled(shape, value, type_for(dtype, device, dtype_of_number(value)), requires_grad, out)


def _filled(shape: Shape, value: Number, type_: TensorType, requires_grad: bool, out: Tensor | None) -> Tensor:
    array = type_.kernels.full(shape, _fitting(value, type_.dtype), type_.dtype.name)
    if out is not None:
        from ._runtime import with_out

        return with_out(out, lambda: from_array(array, type_))  # type: ignore[no-any-return]
    return _finish(array, type_, requires_grad)


def _fitting(value: Number, dtype: DType) -> Number:
    """``value`` as a number of the dtype's category.

    Raises:
        RuntimeError: it cannot be held.
    """
    if dtype.category == dtypes.INTEGRAL:
        number = int(value)  # type: ignore[arg-type]
        bits = 8 * dtype.itemsize
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if dtype.is_signed else (0, (1 << bits) - 1)
        if not low <= number <= high:
            raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
        return number
    if dtype.category == dtypes.BOOLEAN:
        return bool(value)
    return value


def zeros(
    *size: Any,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Make a tensor of zeros. Source of the semantics: ``torch.zeros``.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(3)
        tensor([0., 0., 0.])
    """
    check_layout("zeros", layout)
    shape = size_argument("zeros", size)
    if any(each < 0 for each in shape):
        raise RuntimeError(f"zeros: Dimension size must be non-negative. (got {list(shape)})")
    return _filled(shape, 0, type_for(dtype, device), requires_grad, out)


def ones(
    *size: Any,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Make a tensor of ones. Source of the semantics: ``torch.ones``.

    Example:
        >>> import flambeau as torch
        >>> torch.ones(2, 2, dtype=torch.int64)
        tensor([[1, 1],
                [1, 1]])
    """
    check_layout("ones", layout)
    shape = _check_shape("ones", size_argument("ones", size))
    return _filled(shape, 1, type_for(dtype, device), requires_grad, out)


def _like(input: Tensor, dtype: DType | None, device: Any) -> TensorType:
    if not isinstance(input, Tensor):
        raise not_a_tensor("empty_like", "input", 1, input)
    place = input._type.place if device is None else find_place(device)
    return place.type(dtype or input.dtype)


def _filled_like(input: Tensor, value: Number, dtype: DType | None, device: Any, requires_grad: bool) -> Tensor:
    type_ = _like(input, dtype, device)
    return _filled(input._array.shape, value, type_, requires_grad, None)


def empty_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:
    """Make a tensor of the shape of ``input`` with arbitrary contents. Source: ``torch.empty_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.empty_like(torch.zeros(2, 3)).shape
        torch.Size([2, 3])
    """
    type_ = _like(input, dtype, device)
    return _finish(type_.kernels.empty(input._array.shape, type_.dtype.name), type_, requires_grad)


def full_like(
    input: Tensor,
    fill_value: Number,
    *,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:
    """Make a tensor of the shape of ``input`` filled with a number. Source: ``torch.full_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.full_like(torch.zeros(2), 3.0)
        tensor([3., 3.])
    """
    return _filled_like(input, fill_value, dtype, device, requires_grad)


def zeros_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:
    """Make zeros of the shape of ``input``. Source of the semantics: ``torch.zeros_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros_like(torch.tensor([1, 2]))
        tensor([0, 0])
    """
    return _filled_like(input, 0, dtype, device, requires_grad)


def ones_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:
    """Make ones of the shape of ``input``. Source of the semantics: ``torch.ones_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.ones_like(torch.tensor([1, 2]))
        tensor([1, 1])
    """
    return _filled_like(input, 1, dtype, device, requires_grad)


# -- filling ---------------------------------------------------------------


def _write_fill(input: Tensor, value: Tensor | Number) -> None:
    if isinstance(value, Tensor) and value.dim():
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.dim()} dimensions."
        )
    number: Number = value.item() if isinstance(value, Tensor) else value
    type_ = input._type
    type_.kernels.copy_into(input._array, type_.number(_fitting(number, type_.dtype)))


@primitive(
    derivatives={"input": lambda grad: grad * 0, "value": lambda grad: grad.sum()},
    inplace=True,
    write=_write_fill,
    method=False,
)
def fill(input: Tensor, value: Tensor | Number) -> Tensor:
    """Give a tensor of the shape of ``input`` filled with ``value``; in place it is ``Tensor.fill_``.

    Source of the semantics: ``torch.fill``.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(2).fill_(3)
        tensor([3., 3.])
    """
    result = from_array(input._type.kernels.empty(input._array.shape, input.dtype.name), input._type)
    _write_fill(result, value)
    return result


@method("zero_")
def _zero_(self: Tensor) -> Tensor:
    """Fill with zeros, in place."""
    return self.fill_(0)


# -- methods ---------------------------------------------------------------


@method("new_tensor")
def _new_tensor(
    self: Tensor, data: Any, *, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of ``data`` with this one's dtype and device by default."""
    return tensor(
        data, dtype=dtype or self.dtype, device=self.device if device is None else device, requires_grad=requires_grad
    )


@method("new_full")
def _new_full(self: Tensor, size: Any, fill_value: Number, **options: Any) -> Tensor:
    """Make a filled tensor with this one's dtype and device by default."""
    return full(size, fill_value, **_own(self, options))


@method("new_zeros")
def _new_zeros(self: Tensor, *size: Any, **options: Any) -> Tensor:
    """Make zeros with this tensor's dtype and device by default."""
    return zeros(*size, **_own(self, options))


@method("new_ones")
def _new_ones(self: Tensor, *size: Any, **options: Any) -> Tensor:
    """Make ones with this tensor's dtype and device by default."""
    return ones(*size, **_own(self, options))


@method("new_empty")
def _new_empty(self: Tensor, *size: Any, **options: Any) -> Tensor:
    """Make an uninitialised tensor with this one's dtype and device by default."""
    return empty(*size, **_own(self, options))


def _own(self: Tensor, options: dict[str, Any]) -> dict[str, Any]:
    return {"dtype": self.dtype, "device": self.device} | {
        name: value for name, value in options.items() if value is not None
    }
