"""Factories of tensors from data: numbers, nested sequences, buffers and other libraries' arrays."""

from __future__ import annotations

import warnings
from array import array as host_array
from collections.abc import Sequence
from struct import pack as pack_struct
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.factories import TypeOf, check_flag, factory, finished, type_for
from flambeau._dispatch.runtime import Number, number_argument
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor import tensor as _tensor
from flambeau._tensor.methods import method
from flambeau._tensor.overrides import DisableTorchFunctionSubclass
from flambeau.backend.selection import find_place
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import nearest_single
from flambeau.errors import level_of_caller
from flambeau.promotion import as_number, dtype_of_number, get_default_dtype, is_scalar, promote_types
from flambeau.shapes import Shape, Size, size_argument

from .conversion import from_numpy
from .filled import empty, full

__all__ = ["as_tensor", "asarray", "frombuffer", "from_dlpack", "scalar_tensor", "tensor", "to_dlpack"]

_NUMBERS: dict[type, Any] = {bool: False, int: 0, float: 0.0, complex: 0j}
"""The classes of numbers, each with one of them."""

_COPY_CONSTRUCTION = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)


def tensor(
    data: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """Make a tensor that holds a copy of ``data``: a number, nested sequences, or an array.

    Without ``dtype``, bool data give bool, ints int64, floats the default dtype; tensors, arrays and their scalars keep
    theirs. ``dtype`` may be given by position (PyTorch wants the keyword). Source of the semantics: ``torch.tensor``.

    Raises:
        ValueError: the nested sequences are ragged, or an integer does not fit int64, in PyTorch's words.
        TypeError: an element is of another kind than numbers, or an array of a dtype that tensors do not have.
        RuntimeError: a number does not fit ``dtype``, or no dtype can be inferred.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([[1, 2], [3, 4]])
        tensor([[1, 2],
                [3, 4]])
        >>> torch.tensor(5.0)
        tensor(5.)
    """
    if isinstance(data, Tensor):
        warnings.warn(_COPY_CONSTRUCTION, UserWarning, stacklevel=level_of_caller())
    check_flag("tensor", requires_grad)
    if pin_memory:
        return finished(make_tensor(data, dtype, device), requires_grad, pin_memory)
    return make_tensor(data, dtype, device, requires_grad)


def make_tensor(data: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """What :func:`tensor` makes; of a tensor too."""
    if isinstance(data, Tensor):
        with DisableTorchFunctionSubclass():  # of whatever class, it is the values that are wanted
            place = data.device if device is None else find_place(device).device
            made = data.detach().to(place, dtype or data.dtype, copy=True)
        return made.requires_grad_() if requires_grad else made
    buffer = (
        None if data.__class__ in _NUMBERS or data.__class__ is list or _checked(data, dtype) else _elements_of(data)
    )
    if buffer is not None:
        view, found, shape = buffer
        type_ = type_for(dtype, device, found)
        array = type_.with_dtype(found).kernels.from_host(view, shape, found.name)
        if type_.dtype is not found:
            array = type_.kernels.cast(array, type_.dtype.name)
        return finished(from_array(array, type_), requires_grad)
    if hasattr(data, "__dlpack__"):
        taken = from_dlpack(data)
        type_ = type_for(dtype, device, taken.dtype)
        return finished(taken.to(type_.device, type_.dtype, copy=True), requires_grad)
    shape, flat, classes = flatten_nested(data)
    type_ = type_for(dtype, device, _dtype_of_values(flat, classes))
    array = type_.kernels.from_host(pack(flat, classes, type_.dtype), shape, type_.dtype.name)
    return finished(from_array(array, type_), requires_grad)


def _checked(data: Any, dtype: DType | None) -> bool:
    """Whether it is a scalar of an array library that must fit integers as Python's numbers must."""
    return dtype is not None and dtype.category == dtypes.INTEGRAL and is_scalar(data)


def _elements_of(data: Any) -> tuple[memoryview, DType, Shape] | None:
    """The bytes of an array or scalar of a library with NumPy's interface, their dtype and shape."""
    interface = getattr(data, "__array_interface__", None)
    if not isinstance(interface, dict) or not (_is_ndarray(data) or is_scalar(data)):
        return None
    check_interface(data, interface)
    found = dtypes.by_typestr(interface["typestr"])
    if found is None:
        raise unknown_array_dtype(data)
    return memoryview(memoryview(data).tobytes()), found, tuple(interface["shape"])


def check_interface(data: Any, interface: dict[str, Any]) -> None:
    """Refuse the arrays that tensors cannot be made of, in PyTorch's words.

    Raises:
        ValueError: the byte order is not the machine's, or a stride is negative.
        TypeError: the dtype has no counterpart.
    """
    kind = interface["typestr"]
    if kind[1] not in "biufc":
        raise unknown_array_dtype(data)
    if kind[0] not in ("|", dtypes.BYTE_ORDER):
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    if any(stride < 0 for stride in interface.get("strides") or ()):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
            "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
        )


def unknown_array_dtype(data: Any) -> TypeError:
    """PyTorch's error for an array of a dtype that tensors do not have."""
    *names, last = (entry.name for entry in dtypes.ARRAY_ORDER)
    return TypeError(
        f"can't convert np.ndarray of type numpy.{data.dtype.type.__name__}. The only supported types are: "
        f"{', '.join(names)}, and {last}."
    )


# -- nested sequences ---------------------------------------------------------------


def flatten_nested(data: Any) -> tuple[Shape, list[Any], set[type]]:
    """The shape of nested sequences, their elements in C order, and the classes of these.

    Raises:
        ValueError: they are ragged.
        TypeError: there are sequences beside numbers.
    """
    shape: list[int] = []
    level = [data]
    while level and _is_sequence(level[0]):
        size = len(level[0])
        classes = set(map(type, level))
        if not classes <= {list, tuple}:
            for entry in level:
                if not _is_sequence(entry):
                    raise TypeError("not a sequence")
        lengths = set(map(len, level))
        if lengths != {size}:
            other = next(length for length in map(len, level) if length != size)
            raise ValueError(f"expected sequence of length {size} at dim {len(shape)} (got {other})")
        shape.append(size)
        level = [element for entry in level for element in entry]
    classes = set(map(type, level))
    if not classes <= _NUMBERS.keys():
        level = [_number(entry, level[0], bool(shape)) for entry in level]
    return tuple(shape), level, classes


def _is_sequence(value: Any) -> bool:
    kind = value.__class__
    if kind is list or kind is tuple:
        return True
    if kind in _NUMBERS:
        return False
    if isinstance(value, Tensor):
        return value.dim() > 0
    return (
        hasattr(value, "__len__")
        and hasattr(value, "__getitem__")
        and not isinstance(value, (str, bytes, dict))
        and getattr(value, "shape", None) != ()
    )


def _number(value: Any, first: Any, nested: bool) -> Any:
    """``value``, if it is a number, a 0-d tensor or the scalar of another library."""
    if isinstance(value, (bool, int, float, complex, Tensor)) or (hasattr(value, "item") and not _is_sequence(value)):
        return value
    if isinstance(value, (str, bytes)):
        if nested and isinstance(first, (str, bytes)):
            raise ValueError(f"too many dimensions '{type(value).__name__}'")
        raise TypeError(f"new(): invalid data type '{type(value).__name__}'")
    if isinstance(value, (list, tuple)):
        if isinstance(first, int):
            raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
        raise TypeError(f"must be real number, not {type(value).__name__}")
    raise RuntimeError(f"Could not infer dtype of {type(value).__name__}")


def _dtype_of_values(values: Sequence[Any], classes: set[type]) -> DType:
    """What the dtypes of the elements, which are of such classes, promote to."""
    found: DType | None = None
    others = [] if classes <= _NUMBERS.keys() else [value for value in values if value.__class__ not in _NUMBERS]
    for each in set(map(_dtype_of, (*(_NUMBERS[kind] for kind in classes if kind in _NUMBERS), *others))):
        found = each if found is None else promote_types(found, each)
    return found or get_default_dtype()


def _dtype_of(value: Any) -> DType:
    interface = None if value.__class__ in _NUMBERS else getattr(value, "__array_interface__", None)
    known = dtypes.by_typestr(interface["typestr"]) if isinstance(interface, dict) else getattr(value, "dtype", None)
    return known if isinstance(known, DType) else dtype_of_number(value)


def pack(values: Sequence[Any], classes: set[type], dtype: DType) -> bytes:
    """Numbers (and scalars with ``item()``) of such classes as the bytes of elements of ``dtype``.

    Raises:
        RuntimeError: a number does not fit, in PyTorch's words.
        ValueError: an integer does not fit 64 bits.
        TypeError: a complex number is given for a real dtype.
    """
    if not classes <= _NUMBERS.keys():
        if dtype.category == dtypes.INTEGRAL:
            _check_no_bools(values)
        values = [value if isinstance(value, (int, float, complex)) else value.item() for value in values]
        classes = set(map(type, values))
    if dtype.category == dtypes.INTEGRAL:
        return _pack_integers(values, classes, dtype)
    if dtype is dtypes.bool:
        return bytes(map(bool, values))
    if dtype.is_complex:
        return pack_floats([part for value in map(complex, values) for part in (value.real, value.imag)], dtype)
    return pack_floats(values if classes == {float} else list(map(float, values)), dtype)


def _check_no_bools(values: Sequence[Any]) -> None:
    """Refuse the bools of array libraries where integers are asked for: they are none, as Python's own are."""
    for value in values:
        if value.__class__ not in _NUMBERS and getattr(getattr(value, "dtype", None), "kind", "") == "b":
            raise TypeError(f"'numpy.{type(value).__name__}' object cannot be interpreted as an integer")


def _pack_integers(values: Sequence[Any], classes: set[type], dtype: DType) -> bytes:
    if float in classes:
        return host_array(dtype.format, [_wrapped(value, dtype) for value in values]).tobytes()
    try:
        return host_array(dtype.format, map(int, values)).tobytes()
    except (OverflowError, ValueError):
        return host_array(dtype.format, [_wrapped(value, dtype) for value in values]).tobytes()


def _wrapped(value: Any, dtype: DType) -> int:
    """A number as an element of an integer dtype; unsigned types take negative numbers in two's complement."""
    number = dtypes.fitting_integer(value, dtype)
    if number is None and dtype is dtypes.int64 and isinstance(value, int):
        raise ValueError("Overflow when unpacking long long")
    if number is None:
        raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
    return number


def pack_floats(values: Sequence[float], dtype: DType) -> bytes:
    """Floats as the bytes of elements (or parts) of a dtype, rounded to nearest; what is too large becomes infinite."""
    try:
        singles = host_array("d" if dtype.format == "d" else "f", values)
    except OverflowError:
        singles = host_array("f", map(nearest_single, values))
    if dtype is dtypes.bfloat16:
        return host_array(dtype.format, map(_bfloat16, singles)).tobytes()
    if dtype.format != "e":
        return singles.tobytes()
    try:
        return pack_struct(f"={len(singles)}e", *singles)
    except OverflowError:
        return b"".join(map(_half, singles))


def _half(value: float) -> bytes:
    try:
        return pack_struct("=e", value)
    except OverflowError:
        return pack_struct("=e", float("inf") if value > 0 else -float("inf"))


def _bfloat16(value: float) -> int:
    """The upper half of a number of float32, rounded to the nearest, halves to even."""
    bits = int.from_bytes(pack_struct(">f", value), "big")
    if value != value:
        return 0x7FC0
    return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16


# -- other objects ---------------------------------------------------------------


def as_tensor(data: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Make a tensor of ``data``, without a copy where it is already of that dtype and device.

    That can be of tensors, of NumPy's arrays, and of other libraries' with ``__dlpack__``. Where no ``device`` is given, what is
    no tensor comes to the default device: CuPy's arrays stay where they are by ``device="cuda"``.

    Source of the semantics: ``torch.as_tensor``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1, 2])
        >>> torch.as_tensor(x) is x
        True
    """
    if isinstance(data, Tensor):
        with DisableTorchFunctionSubclass():
            return data.to(data.device if device is None else device, dtype or data.dtype)
    if _is_ndarray(data) or hasattr(data, "__dlpack__"):
        made = from_numpy(data) if _is_ndarray(data) else from_dlpack(data)
        type_ = type_for(dtype, device, made.dtype)
        return made.to(type_.device, type_.dtype)
    return tensor(data, dtype=dtype, device=device)


def _is_ndarray(data: Any) -> bool:
    """Whether it is an array of NumPy's, or of a class that derives from it as ``memmap`` does."""
    return any(kind.__name__ == "ndarray" and kind.__module__ == "numpy" for kind in type(data).__mro__)


def asarray(
    obj: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Make a tensor of any object, sharing its memory where that is possible and ``copy`` is not True.

    Tensors, NumPy arrays, objects with ``__dlpack__`` and buffers share; numbers and sequences are copied. Without
    ``requires_grad``, a tensor keeps what it has. Source of the semantics: ``torch.asarray``.

    Raises:
        ValueError: ``copy=False``, and a copy would be needed.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0, 2.0])
        >>> torch.asarray(x).data_ptr() == x.data_ptr()
        True
    """
    shared = _sharing(obj, dtype)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        made = make_tensor(obj, dtype, device)
    else:
        target = type_for(dtype or shared.dtype, device if device is not None else shared.device)
        if copy is False and target is not shared._type:
            what = "dtype" if target.dtype is not shared.dtype else "device"
            raise ValueError(
                f"can't alias tensor with {what} '{getattr(shared, what)}' into {what} '{getattr(target, what)}'."
            )
        made = shared.to(target.device, target.dtype, copy=bool(copy))
    if requires_grad is None or made.requires_grad == requires_grad:
        return made
    return made.requires_grad_() if requires_grad else made.detach()


def _sharing(obj: Any, dtype: DType | None) -> Tensor | None:
    """A tensor on the memory of ``obj``, if it has memory to share."""
    if isinstance(obj, Tensor):
        return obj
    if _is_ndarray(obj):
        return from_numpy(obj)
    if hasattr(obj, "__array_interface__") and is_scalar(obj):
        return make_tensor(obj)
    if hasattr(obj, "__dlpack__"):
        return from_dlpack(obj)
    if isinstance(obj, (bytes, bytearray, memoryview, host_array)):
        return frombuffer(obj, dtype=dtype or get_default_dtype())
    return None


def frombuffer(buffer: Any, *, dtype: DType, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """Make a one-dimensional CPU tensor on the memory of an object with the buffer protocol.

    ``offset`` is in bytes, ``count`` in elements; -1 takes all. Source of the semantics: ``torch.frombuffer``.

    Raises:
        ValueError: the buffer has no such elements, or ``buffer`` is none.

    Example:
        >>> import flambeau as torch
        >>> torch.frombuffer(bytearray(b"ab"), dtype=torch.uint8)
        tensor([97, 98], dtype=torch.uint8)
    """
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    dtype = dtypes.as_dtype(dtype)
    count = _checked_count(view.nbytes, dtype.itemsize, count, offset)
    if view.readonly:
        warnings.warn(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can write "
            "to the underlying (supposedly non-writable) buffer using the tensor. You may want to copy the buffer to protect "
            "its data or make it writable before converting it to a tensor.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
    type_ = find_place("cpu").type(dtype)
    return finished(from_array(type_.backend.from_buffer(buffer, dtype.name, count, offset), type_), requires_grad)


def _checked_count(length: int, itemsize: int, count: int, offset: int) -> int:
    """How many elements to take; PyTorch's errors if there are not as many."""
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )
    if count > 0:
        if offset + count * itemsize > length:
            raise ValueError(
                f"requested buffer length ({count} * {itemsize} bytes) after offset ({offset} bytes) must not be greater "
                f"than actual buffer length ({length} bytes)"
            )
        return count
    if (length - offset) % itemsize:
        raise ValueError(
            f"buffer length ({length} bytes) after offset ({offset} bytes) must be a multiple of element size ({itemsize})"
        )
    return (length - offset) // itemsize


_DLPACK_DEVICES = {1: "cpu", 2: "cuda"}


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Make a tensor on the memory of an object with ``__dlpack__`` (an array of another library), or of a capsule of DLPack's.

    Source of the semantics: ``torch.from_dlpack`` and the DLPack protocol of the Python array API standard.

    Raises:
        RuntimeError: the memory is on a device that no backend serves, or it is no capsule, or one that was taken already.
        AssertionError: a capsule is given, and a ``device`` or ``copy``.
        ValueError: ``copy=False``, and the memory is on another device.

    Example:
        >>> import flambeau as torch, numpy
        >>> array = numpy.zeros(2)
        >>> x = torch.from_dlpack(array)
        >>> array[0] = 1
        >>> x
        tensor([1., 0.], dtype=torch.float64)
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        from flambeau.backend.capsules import Capsule  # which needs ctypes, and most programs see no capsule

        ext_tensor = Capsule(ext_tensor)
        if device is not None or copy is not None:
            raise AssertionError("device and copy kwargs not supported when ext_tensor is already a DLPack capsule.")
    kind, index = ext_tensor.__dlpack_device__()
    name = _DLPACK_DEVICES.get(int(kind))
    if name is None:
        raise RuntimeError(
            f"from_dlpack(): no backend serves devices of DLPack's type {int(kind)}; cpu is 1, cuda is 2"
        )
    place = find_place(name if name == "cpu" else f"{name}:{index}")
    wanted = place.device if device is None else find_place(device).device
    if copy is False and wanted != place.device:
        raise ValueError(
            f"cannot move DLPack tensor from device {place.device} to {wanted} without copying. Set copy=None or copy=True."
        )
    array, dtype_name = place.backend.from_dlpack(ext_tensor)
    made = from_array(array, place.type(dtypes.by_name(dtype_name)))
    return made.to(wanted, copy=bool(copy))


def to_dlpack(data: Tensor, dl_device: tuple[int, int] | None = None, copy: bool | None = None) -> Any:
    """A capsule of DLPack's with the memory of a tensor, which another library can take once.

    Libraries that take an object with ``__dlpack__`` take the tensor itself, which is better: it can
    tell the device and the stream. ``dl_device`` and ``copy`` are those of ``__dlpack__``: where the memory shall be, as DLPack's
    numbers of kind and device, and whether it shall be a copy.
    Source of the semantics: ``torch.utils.dlpack.to_dlpack``.

    Raises:
        TypeError: it is no tensor.

    Example:
        >>> import flambeau as torch
        >>> x = torch.zeros(2)
        >>> torch.from_dlpack(torch.to_dlpack(x)).fill_(3)
        tensor([3., 3.])
        >>> x
        tensor([3., 3.])
    """
    if not isinstance(data, Tensor):
        raise TypeError(f"_to_dlpack(): argument 'data' (position 1) must be Tensor, not {type(data).__name__}")
    return data.detach().__dlpack__(dl_device=dl_device, copy=copy)


@factory(target=False)
def scalar_tensor(s: Number, *, type_of: TypeOf) -> Tensor:
    """Make a 0-d tensor of a number, of the default floating dtype unless another is given.

    Source of the semantics: ``torch.scalar_tensor``.

    Example:
        >>> import flambeau as torch
        >>> torch.scalar_tensor(3)
        tensor(3.)
    """
    type_ = type_of()
    return full((), number_argument("scalar_tensor", "s", s, 1), dtype=type_.dtype, device=type_.device)


# -- PyTorch's older ways ---------------------------------------------------------------


def legacy_tensor(*data: Any) -> Tensor:
    """What ``Tensor(...)`` makes: float32 of a shape or of data, on the default device."""
    return of_shape_or_data(data, dtypes.float32)


def of_shape_or_data(data: tuple[Any, ...], dtype: DType, device: Any = None) -> Tensor:
    """A tensor of ``dtype``, uninitialised where ``data`` are sizes, else of the one sequence in it.

    Of a tensor of the dtype it is an alias; of one of another dtype, a converted copy.
    """
    if not data:
        return empty((0,), dtype=dtype, device=device)
    if isinstance(data[0], Size) or all(_is_size(entry, len(data)) for entry in data):
        return empty(*data, dtype=dtype, device=device)
    if len(data) > 1:
        raise TypeError(f"Tensor(): expected a shape, or one sequence of values, not {data!r}")
    if isinstance(data[0], Tensor):
        detached = data[0].detach()
        return detached if detached.dtype is dtype else detached.to(dtype)
    if isinstance(data[0], (bool, float, complex)):
        raise TypeError(f"new(): data must be a sequence (got {type(data[0]).__name__})")
    return make_tensor(data[0], dtype, device)


def _is_size(value: Any, count: int) -> bool:
    """Whether an entry of ``Tensor(...)`` is a size: a lone array or tensor is data."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        return False
    return count > 1 or isinstance(value, int) or as_number(value) is not None or not hasattr(value, "dtype")


@method("new_tensor")
def _new_tensor(
    self: Tensor,
    data: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Make a tensor of ``data`` with this one's dtype and device by default."""
    check_flag("new_tensor", requires_grad)
    made = make_tensor(data, dtype or self.dtype, self.device if device is None else device)
    return finished(made, requires_grad, pin_memory)


@method("new")
@spelled()
def _new(
    self: Tensor, *data: Any, size: Sequence[int] | None = None, other: Tensor | None = None, device: Any = None
) -> Tensor:
    """Make a tensor of sizes or data with this one's dtype and device: PyTorch's older form of the ``new_`` methods."""
    if size is not None:
        data = size_argument("new", data, size)
    elif other is not None:
        data = (*data, other)
    return of_shape_or_data(data, self.dtype, self.device if device is None else device)


@method("__array_wrap__")
def _array_wrap(self: Tensor, array: Any, context: Any = None, return_scalar: bool = False) -> Tensor:
    """What NumPy's functions give for this tensor as a tensor; bool stays bool (PyTorch makes it uint8)."""
    return make_tensor(array)


_tensor.construct = legacy_tensor
