"""Copies and conversions: dtype, device, memory order, host values."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.checks import zero_gradient
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.overlaps import check_distinct, same_places
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import in_memory_order, memory_order
from flambeau._tensor.methods import method
from flambeau._tensor.sparse import unlike_layouts
from flambeau._tensor.storage import View, storage_of
from flambeau.backend.selection import find_place
from flambeau.backend.types import TensorType
from flambeau.devices import device as device_class
from flambeau.errors import UnsupportedError, argument_type
from flambeau.promotion import Number, as_number
from flambeau.shapes import broadcast_shapes, output_error

from .destinations import check_device, check_format, destination

__all__ = ["clone", "detach", "from_numpy"]


# -- copies ---------------------------------------------------------------


@primitive(derivatives={"input": lambda grad: grad})
def clone(input: Tensor, *, memory_format: layouts.memory_format = layouts.preserve_format) -> Tensor:
    """Copy a tensor; gradients flow through. Source of the semantics: ``torch.clone``.

    The copy of a dense tensor keeps the order of its strides (``preserve_format``) or has that of ``memory_format``.

    Raises:
        RuntimeError: the tensor has another number of dimensions than the format.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1, 2])
        >>> y = x.clone()
        >>> y[0] = 5
        >>> x
        tensor([1, 2])
    """
    kernels, array = input._type.kernels, input._array
    keep = memory_format is layouts.preserve_format
    if memory_format in layouts.CHANNELS_LAST:
        return in_memory_order(input, layouts.order_of_format(memory_format, len(array.shape)))
    if keep and 0 in input._type.backend.strides(array):  # an expanded tensor: its strides are no order
        return in_memory_order(input, memory_order(input))
    return from_array(kernels.clone(array, keep), input._type)


@composite()
def contiguous(input: Tensor, memory_format: layouts.memory_format = layouts.contiguous_format) -> Tensor:
    """Give the tensor itself if it is contiguous, else a contiguous copy. Source: ``torch.Tensor.contiguous``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([[1, 2], [3, 4]])
        >>> x.contiguous() is x, x.t().contiguous().is_contiguous()
        (True, True)
    """
    if input.is_contiguous(memory_format):
        return input
    return clone(input, memory_format=memory_format)


@spelled()
@method("detach")
def detach(input: Tensor) -> Tensor:
    """Give a tensor of the same memory without history. Source of the semantics: ``torch.Tensor.detach``.

    In-place changes of one are seen by the other, and counted.

    Example:
        >>> import flambeau as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> x.detach().requires_grad
        False
    """
    result = from_array(input._array, input._type)
    storage = result._storage = storage_of(input)
    view = input._view
    base, steps = (input, ()) if view is None else (view.base, view.steps)
    result._view = View(base, steps, False)
    storage.add_view(result)
    return result


@method("detach_")
def _detach_(self: Tensor) -> Tensor:
    """Forget the history of this tensor, which becomes a leaf.

    Raises:
        RuntimeError: it is a view, whose base would still have one.
    """
    if self._is_view():
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, "
            "and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be "
            "called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
            "torch/optim/optimizer.py as the solution."
        )
    self._node = None
    return self


def _write_copy(input: Tensor, source: Tensor | Number, non_blocking: bool = False) -> None:
    if source.__class__ is Tensor and source._type is input._type and source._array.shape == input._array.shape:
        input._type.kernels.copy_into(input._array, source._array)
        return
    if not isinstance(source, Tensor):
        number = as_number(source)
        if number is not None:
            input.detach().fill_(number)
            return
        raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(source).__name__}")
    if source._sparse:
        raise unlike_layouts(input, source)
    if non_blocking and _sent(source, input):
        return
    moved = to_type(source.detach(), input._type, non_blocking=non_blocking and input.is_cuda)
    try:
        broadcast = broadcast_shapes(input._array.shape, moved._array.shape)
    except RuntimeError:
        broadcast = None
    if broadcast != input._array.shape:
        if broadcast is not None:
            raise output_error(input.shape, broadcast)
        raise RuntimeError(
            f"The size of tensor a ({input.shape[-1] if input.shape else 1}) must match the size of tensor b "
            f"({moved.shape[-1]}) at non-singleton dimension {max(input.dim() - 1, 0)}"
        )
    input._type.kernels.copy_into(input._array, moved._array)


def _sent(source: Tensor, target: Tensor) -> bool:
    """Begin to write a tensor of a device to page-locked memory of the host, in which ``target`` lies; whether that goes."""
    if not source.is_cuda or target.is_cuda or source.dtype is not target.dtype or source.shape != target.shape:
        return False
    memory = target._type.backend.host_memory(target._array) if target.is_contiguous() and target.numel() else None
    return memory is not None and source._type.backend.copy_to_pinned(source._array, memory)


def _copy_places(input: Tensor, source: Tensor, non_blocking: bool = False) -> None:
    if not same_places(input, source):
        check_distinct(input)


@primitive(
    derivatives={"input": zero_gradient, "source": lambda grad: grad},
    method=False,
    inplace=True,
    write=_write_copy,
    shared=_copy_places,
    node="torch::autograd::CopyBackwards",
)
def copy(input: Tensor, source: Tensor | Number, non_blocking: bool = False) -> Tensor:
    """Give ``source`` in the shape, dtype and place of ``input``; in place it is ``Tensor.copy_``.

    Source of the semantics: ``torch.Tensor.copy_``.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(2).copy_(torch.tensor([1, 2]))
        tensor([1., 2.])
    """
    result = from_array(input._type.kernels.empty(input._array.shape, input.dtype.name), input._type)
    _write_copy(result, source)
    return result


# -- dtype and device ---------------------------------------------------------------


@primitive(derivatives={"input": lambda grad, type_: grad}, method=False, node="ToCopyBackward0")
def _to_copy(input: Tensor, type_: TensorType, non_blocking: bool = False) -> Tensor:
    source, array = input._type, input._array
    if source.place is type_.place:
        made = type_.kernels.clone(array, True) if source is type_ else source.kernels.cast(array, type_.dtype.name)
        result = from_array(made, type_)
        # Of an expanded tensor some strides are no order: a backend may have put those dims elsewhere.
        spread = not source.backend.is_contiguous(array) and 0 in source.backend.strides(array)
        if spread and (order := memory_order(input)) != memory_order(result):
            return in_memory_order(result, order)
        return result
    cast = (
        input
        if source.dtype is type_.dtype
        else from_array(source.kernels.cast(input._array, type_.dtype.name), source.with_dtype(type_.dtype))
    )
    return from_array(_move(cast, type_, non_blocking), type_)


def _move(input: Tensor, type_: TensorType, non_blocking: bool) -> Any:
    """The array of ``input`` copied to the device of ``type_``, which has its dtype; it may be there later if nothing blocks."""
    direct = type_.backend.copy_from(input._type.backend, input._array, type_.place.index)
    if direct is not None:
        return direct
    begun = _begun(input, type_) if non_blocking else None
    if begun is not None:
        return begun
    buffer = input._type.kernels.to_host(input._array)
    return type_.kernels.from_host(buffer, input._array.shape, type_.dtype.name)


def _begun(input: Tensor, type_: TensorType) -> Any:
    """The array of a copy that is begun, from page-locked memory to a device or the other way; None if none is."""
    source, shape, dtype = input._type, input._array.shape, type_.dtype
    if not input.is_cuda:
        return type_.backend.copy_from_pinned(
            source.kernels.to_host(input._array), shape, dtype.name, type_.place.index
        )
    count = prod(shape)
    memory = source.backend.pinned_memory(count * dtype.itemsize) if count else None
    if memory is None:
        return None
    try:
        made = type_.backend.from_buffer(memory, dtype.name, count, 0)
    except UnsupportedError:  # it has no arrays on memory of others
        return None
    return type_.kernels.reshape(made, shape) if source.backend.copy_to_pinned(input._array, memory) else None


@method("_to_type")
def to_type(input: Tensor, type_: TensorType, *, copy: bool = False, non_blocking: bool = False) -> Tensor:
    """The tensor itself if it has the type, else a converted copy through which gradients flow."""
    if input._type is type_ and not copy:
        return input
    return _to_copy(input, type_, non_blocking) if non_blocking else _to_copy(input, type_)


@method("to")
def _to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Convert the dtype or device: ``to(dtype)``, ``to(device, dtype)``, ``to(tensor)``, with ``copy=`` and ``memory_format=``.

    Gives the tensor itself where nothing changes. If ``non_blocking``, a copy between page-locked memory and a CUDA device is
    begun, and not waited for: what comes to the device is there for the work given to it next, and what comes from it lies in
    page-locked memory and is there after ``torch.cuda.synchronize()``. Source of the semantics: ``torch.Tensor.to``.

    Raises:
        TypeError: the arguments are those of none of the three forms.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([1, 2]).to(torch.float32)
        tensor([1., 2.])
    """
    if len(args) == 1 and not kwargs and args[0].__class__ is dtypes.dtype:  # by far the most frequent form
        return to_type(self, self._type.with_dtype(args[0]))
    wanted = destination(args, kwargs)
    place = self._type.place if wanted.device is None else find_place(wanted.device)
    result = to_type(self, place.type(wanted.dtype or self.dtype), copy=wanted.copy, non_blocking=wanted.non_blocking)
    return _in_format(result, wanted.memory_format)


def _in_format(input: Tensor, memory_format: layouts.memory_format | None) -> Tensor:
    """The tensor itself if its strides follow the format, else a copy that does."""
    if memory_format in (None, layouts.preserve_format):
        return input
    strides = input._type.backend.strides(input._array)
    if layouts.suggested_format(tuple(input.shape), strides) is memory_format:
        return input
    return clone(input, memory_format=memory_format)


def _to_dtype(dtype: dtypes.dtype, name: str) -> Callable[[Tensor], Tensor]:
    def convert(self: Tensor, *, memory_format: layouts.memory_format | None = None) -> Tensor:
        check_format(name, memory_format)
        result = to_type(self, self._type.with_dtype(dtype))
        if result is not self and memory_format is layouts.contiguous_format:
            return result.contiguous()
        return _in_format(result, memory_format)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"Convert to {dtype!r}; the tensor itself if it has that dtype."
    return convert


@method("cpu")
def _cpu(self: Tensor, *, memory_format: layouts.memory_format = layouts.preserve_format) -> Tensor:
    """Copy to the CPU; the tensor itself if it is there."""
    check_format("cpu", memory_format)
    return _to(self, "cpu", memory_format=memory_format)


@method("cuda")
def _cuda(
    self: Tensor, device: Any = None, non_blocking: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:  # fmt: skip
    """Copy to a CUDA device, the current one if none is given; the tensor itself if it is there.

    ``non_blocking`` means what it does in :meth:`to`.

    Raises:
        RuntimeError: it is no CUDA device, or there is none.
    """
    check_device("cuda", device)
    place = device_class("cuda" if device is None else f"cuda:{device}" if isinstance(device, int) else device)
    if place.type != "cuda":
        raise RuntimeError("Invalid device, must be cuda device")
    return _to(self, place, non_blocking=non_blocking, memory_format=memory_format)


@method("record_stream")
def _record_stream(self: Tensor, s: Any) -> None:
    """Say that a stream uses the tensor which is not the one that it was made on.

    Its memory is given to other tensors no earlier than the stream has done what it is given until the last tensor on the memory
    is let go. Source of the semantics: ``torch.Tensor.record_stream``.

    Raises:
        TypeError: it is no stream.
        RuntimeError: the stream is one of another device.
        UnsupportedError: the tensor is on a device without streams, as the CPU.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     x, side = torch.ones(3, device="cuda"), torch.cuda.Stream()
        ...     side.wait_stream(torch.cuda.current_stream())
        ...     with torch.cuda.stream(side):
        ...         y = x * 2
        ...     x.record_stream(side)
    """
    if not hasattr(s, "_handle"):
        raise argument_type("record_stream", "s", 1, s, "Stream")
    if self.is_cuda and s.device != self.device:
        raise RuntimeError(f"record_stream(): the tensor is on {self.device} and the stream on {s.device}")
    self._type.backend.record_stream(self._array, s._handle)


@method("type_as")
@spelled()
def _type_as(self: Tensor, other: Tensor) -> Tensor:
    """Convert to the dtype and device of ``other``."""
    if not isinstance(other, Tensor):
        raise argument_type("type_as", "other", 1, other, "Tensor")
    return to_type(self, other._type)


for _name, _dtype in {
    "bool": dtypes.bool, "byte": dtypes.uint8, "char": dtypes.int8, "short": dtypes.int16, "int": dtypes.int32,
    "long": dtypes.int64, "half": dtypes.float16, "bfloat16": dtypes.bfloat16, "float": dtypes.float32, "double": dtypes.float64,
    "chalf": dtypes.complex32, "cfloat": dtypes.complex64, "cdouble": dtypes.complex128,
}.items():  # fmt: skip
    method(_name)(_to_dtype(_dtype, _name))


def from_numpy(ndarray: Any) -> Tensor:
    """Make a CPU tensor of the memory of a ``numpy.ndarray``. Source of the semantics: ``torch.from_numpy``.

    Raises:
        TypeError: it is no ndarray, or its dtype has no counterpart.

    Example:
        >>> import flambeau as torch, numpy
        >>> array = numpy.zeros(2)
        >>> tensor = torch.from_numpy(array)
        >>> array[0] = 3
        >>> tensor
        tensor([3., 0.], dtype=torch.float64)
    """
    place = find_place("cpu")
    array = place.backend.from_numpy(ndarray)
    kind = ndarray.dtype
    found = _of_arrays.get(kind)
    if found is None:
        found = _of_arrays[kind] = dtypes.by_name(str(kind))
    return from_array(array, place.type(found))


_of_arrays: dict[Any, dtypes.dtype] = {}
"""The dtypes of NumPy's that were met: it takes longer to spell one than to make a tensor."""
