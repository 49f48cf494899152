"""Factories of tensors of a given shape: filled with a number, or with whatever there was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, prod
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.checks import zero_gradient
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.factories import TypeOf, check_flag, check_shape, factory, factory_like, nothing_stored
from flambeau._dispatch.inplace import apply as apply_inplace
from flambeau._dispatch.overlaps import check_distinct
from flambeau._dispatch.runtime import Number, number_argument
from flambeau._dispatch.sparse_forms import call as call_sparse
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau._tensor.storage import propagate_write
from flambeau.backend.types import TensorType
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.layouts import order_of_format
from flambeau.promotion import PYTHON_NUMBERS, as_number, dtype_of_number
from flambeau.shapes import Shape, as_ints, c_order, size_argument

__all__ = [
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "fill",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


# -- of a given shape ---------------------------------------------------------------


@factory(sized=True, sparse=True)
def empty(
    shape: Shape,
    *,
    type_of: TypeOf,
    memory_format: layouts.memory_format = layouts.contiguous_format,
) -> Tensor:
    """Make a tensor of a shape with arbitrary contents. Source of the semantics: ``torch.empty``.

    Example:
        >>> import flambeau as torch
        >>> torch.empty(2, 3).shape
        torch.Size([2, 3])
    """
    type_ = type_of()
    if memory_format is layouts.contiguous_format:
        return from_array(type_.kernels.empty(shape, type_.dtype.name), type_)
    return _in_order(order_of_format(memory_format, len(shape)), shape, type_, type_.kernels.empty)


def _in_order(order: Shape, shape: Shape, type_: TensorType, make: Callable[..., Any], *value: Any) -> Tensor:
    """What the kernel ``make`` makes, with its dimensions in memory in ``order``."""
    if order == c_order(len(shape)):
        return from_array(make(shape, *value, type_.dtype.name), type_)
    array = make(tuple(shape[d] for d in order), *value, type_.dtype.name)
    return from_array(type_.kernels.permute(array, tuple(order.index(d) for d in range(len(shape)))), type_)


def _like(input: Tensor, order: Shape, type_: TensorType, make: Callable[..., Any], *value: Any) -> Tensor:
    """:func:`_in_order` in the shape of ``input``."""
    return _in_order(order, tuple(input.shape) if input._sparse else input._array.shape, type_, make, *value)


@factory(target=False)
def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    type_of: TypeOf,
) -> Tensor:
    """Make a tensor of a shape and strides (in elements) with arbitrary contents. Source: ``torch.empty_strided``.

    Raises:
        RuntimeError: sizes and strides differ in number, or a stride is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.empty_strided((2, 3), (1, 2)).stride()
        (1, 2)
    """
    shape, strides = check_shape(as_ints(size, "size")), as_ints(stride, "stride")
    if len(shape) != len(strides):
        raise RuntimeError(
            f"mismatch in length of strides and shape. Strides have length {len(strides)}, and shape has length {len(shape)}"
        )
    if any(each < 0 for each in strides):
        raise RuntimeError(f"empty_strided(): the strides must not be negative (got {list(strides)})")
    type_ = type_of()
    order = tuple(sorted(range(len(shape)), key=lambda d: -strides[d]))
    made = _in_order(order, shape, type_, type_.kernels.empty)
    if 0 in shape or made.stride() == strides:
        return made
    extent = 1 + sum((length - 1) * step for length, step in zip(shape, strides, strict=True))
    memory = type_.kernels.empty((extent,), type_.dtype.name)
    return from_array(type_.kernels.as_strided(memory, shape, strides, 0), type_)


@factory(target=False)
def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    *,
    type_of: TypeOf,
) -> Tensor:
    """Make a dense tensor whose dimensions lie in memory in a given order, outermost first. Source: ``torch.empty_permuted``.

    Raises:
        RuntimeError: the order does not name every dimension once.

    Example:
        >>> import flambeau as torch
        >>> torch.empty_permuted((2, 3), (1, 0)).stride()
        (1, 2)
    """
    shape, order = check_shape(as_ints(size, "size")), as_ints(physical_layout, "physical_layout")
    if len(shape) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{len(shape)} is not equal to len(physical_layout) = {len(order)}"
        )
    for dim in order:
        if not 0 <= dim < len(shape):
            raise RuntimeError(f"Dimension out of range (expected to be between 0 and {len(shape) - 1}, but got {dim})")
    if len(set(order)) != len(order):
        raise RuntimeError("Duplicate dim not allowed")
    type_ = type_of()
    return _in_order(order, shape, type_, type_.kernels.empty)


@factory()
def full(
    size: Any,
    fill_value: Number | Tensor,
    *,
    type_of: TypeOf,
) -> Tensor:
    """Make a tensor of a shape filled with a number, whose dtype it has by default. Source: ``torch.full``.

    Example:
        >>> import flambeau as torch
        >>> torch.full((2, 2), 7)
        tensor([[7, 7],
                [7, 7]])
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    shape = check_shape(size_argument("full", (size,)), "full")
    value = number_argument("full", "fill_value", fill_value, 2)
    value = value.item() if isinstance(value, Tensor) else value
    return filled(shape, value, type_of(dtype_of_number(value)))


def filled(shape: Shape, value: Number, type_: TensorType) -> Tensor:
    """A tensor of this type that holds one number."""
    dtype = type_.dtype
    return from_array(type_.kernels.full(shape, fitting_all(value, dtype, shape), dtype.name), type_)


def fitting_all(value: Any, dtype: DType, shape: Shape | None = None) -> Any:
    """:func:`fitting` for a number that kernels write: finite ones beyond 16 bits are no elements there.

    Of a shape of one element they are, as in PyTorch, which has no kernel for that.

    Raises:
        RuntimeError: it cannot be held.
    """
    number = fitting(value, dtype)
    if number.__class__ is int and number.bit_length() > _WIDEST:  # which is refused as no integer of any dtype
        return number
    largest = _LARGEST_HALVES.get(dtype)
    if largest is not None and abs(number) > largest and isfinite(value.real) and (shape is None or prod(shape) != 1):
        raise _overflow(dtype)
    return number


def fitting(value: Any, dtype: DType) -> Any:
    """``value`` as a number of the dtype's category; negative integers wrap around in unsigned types.

    Raises:
        RuntimeError: it cannot be held.
    """
    if value.__class__ is int and dtype.category >= dtypes.FLOATING and -_EXACT <= value <= _EXACT:
        return value
    if value.__class__ not in PYTHON_NUMBERS:
        number = as_number(value)  # what a backend gets is a number and nothing else
        value = value if number is None else number
    if isinstance(value, complex) and not dtype.is_complex:
        if value.imag:
            raise _overflow(dtype)
        value = value.real
    if dtype.category == dtypes.INTEGRAL:
        number = dtypes.fitting_integer(value, dtype)
        if number is None:
            raise _overflow(dtype)
        return number
    if dtype.category == dtypes.BOOLEAN:
        return bool(value)
    if dtype is dtypes.float32 and isfinite(value) and abs(value) > _LARGEST_FLOAT32:
        raise _overflow(dtype)
    return dtypes.nearest_single(value) if dtype in _LARGEST_HALVES and value.__class__ is float else value


_LARGEST_HALVES = {dtypes.float16: 65504.0, dtypes.bfloat16: (2 - 2.0**-7) * 2.0**127}
_WIDEST = 64
_EXACT = 1 << 15  # integers that any floating dtype is in range of
_LARGEST_FLOAT32 = (2 - 2.0**-23) * 2.0**127
_C_NAMES = {
    "int32": "int", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
}  # fmt: skip


def _overflow(dtype: DType) -> RuntimeError:
    name = _C_NAMES.get(dtype.name, f"{dtype.name}_t")
    return RuntimeError(f"value cannot be converted to type {name} without overflow")


@factory(sized=True, sparse=True)
def zeros(
    shape: Shape,
    *,
    type_of: TypeOf,
) -> Tensor:
    """Make a tensor of zeros. Source of the semantics: ``torch.zeros``.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(3)
        tensor([0., 0., 0.])
    """
    return filled(shape, 0, type_of())


@factory(sized=True)
def ones(
    shape: Shape,
    *,
    type_of: TypeOf,
) -> Tensor:
    """Make a tensor of ones. Source of the semantics: ``torch.ones``.

    Example:
        >>> import flambeau as torch
        >>> torch.ones(2, 2, dtype=torch.int64)
        tensor([[1, 1],
                [1, 1]])
    """
    return filled(shape, 1, type_of())


def _sparse_like(
    function: str, again: Callable[..., Tensor], input: Tensor, dtype: DType | None, layout: layouts.layout | None,
    device: Any,
) -> Tensor | None:  # fmt: skip
    """What is made like ``input`` where that is sparse, in its layout or in another; None if it is to be strided.

    ``again`` makes the stored elements of a compressed layout, which keeps its pattern, from what there was.
    """
    own = layout in (None, input.layout)
    if own and function != "zeros_like" and input.layout is not layouts.sparse_coo:
        filled: Any = again(input._values_, dtype=dtype, device=device)  # type: ignore[attr-defined]
        return input.with_values(filled)  # type: ignore[attr-defined, no-any-return]
    if function not in ("zeros_like", "empty_like"):
        raise NotImplementedError(
            f"{function}() of layout {layout or input.layout!r} would store every element: convert with to_dense() first"
        )
    options: dict[str, Any] = {"dtype": dtype or input.dtype, "device": input.device if device is None else device}
    if own:
        options["dense_dim"] = input.dense_dim()
    if own and input.layout is not layouts.sparse_coo:
        options |= {"batch_dim": input._batch_dim(), "blocksize": input._blocksize()}  # type: ignore[attr-defined]
        return call_sparse("zeros", input.shape, input.layout, **options)  # type: ignore[no-any-return]
    return nothing_stored(function, tuple(input.shape), layout or input.layout, **options)


@spelled()
@factory_like(_sparse_like)
def empty_like(
    input: Tensor,
    *,
    type_: TensorType,
    order: Shape,
) -> Tensor:
    """Make a tensor of the shape of ``input`` with arbitrary contents. Source: ``torch.empty_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.empty_like(torch.zeros(2, 3)).shape
        torch.Size([2, 3])
    """
    return _like(input, order, type_, type_.kernels.empty)


@spelled()
@factory_like(_sparse_like)
def full_like(
    input: Tensor,
    fill_value: Number,
    *,
    type_: TensorType,
    order: Shape,
) -> Tensor:
    """Make a tensor of the shape of ``input`` filled with a number. Source: ``torch.full_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.full_like(torch.zeros(2), 3.0)
        tensor([3., 3.])
    """
    return _like(input, order, type_, type_.kernels.full, fitting_all(fill_value, type_.dtype, input._array.shape))


@spelled()
@factory_like(_sparse_like)
def zeros_like(
    input: Tensor,
    *,
    type_: TensorType,
    order: Shape,
) -> Tensor:
    """Make zeros of the shape of ``input``. Source of the semantics: ``torch.zeros_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros_like(torch.tensor([1, 2]))
        tensor([0, 0])
    """
    return _like(input, order, type_, type_.kernels.full, fitting(0, type_.dtype))


@spelled()
@factory_like(_sparse_like)
def ones_like(
    input: Tensor,
    *,
    type_: TensorType,
    order: Shape,
) -> Tensor:
    """Make ones of the shape of ``input``. Source of the semantics: ``torch.ones_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.ones_like(torch.tensor([1, 2]))
        tensor([1, 1])
    """
    return _like(input, order, type_, type_.kernels.full, fitting(1, type_.dtype))


# -- filling ---------------------------------------------------------------


def _write_fill(input: Tensor, value: Tensor | Number) -> None:
    type_, number = input._type, value
    if value.__class__ not in PYTHON_NUMBERS and isinstance(value, Tensor):
        if value.dim():
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value.dim()} dimensions."
            )
        number = value.item()
        if not (type_.real_floats and number.__class__ is float):  # of a tensor, it may be infinite here
            number = fitting(number, type_.dtype)
    else:
        number = fitting_all(value, type_.dtype, input._array.shape)
    type_.kernels.copy_into(input._array, type_.number(number))


def _fill_places(input: Tensor, value: Tensor | Number) -> None:
    if isinstance(value, Tensor):  # which PyTorch refuses here, as it does not a number
        check_distinct(input)
    _write_fill(input, value)
    propagate_write(input)


@primitive(
    derivatives={"input": zero_gradient, "value": lambda grad: grad.sum()},
    inplace=True,
    write=_write_fill,
    overlapping=True,
    shared=_fill_places,
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
    return apply_inplace(fill.row, self, (0,), {})  # type: ignore[attr-defined]


# -- methods ---------------------------------------------------------------


@method("new_full")
def _new_full(self: Tensor, size: Any, fill_value: Number, **options: Any) -> Tensor:
    """Make a filled tensor with this one's dtype and device by default."""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"new_full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    return full(size, fill_value, **_own("new_full", self, options))


@method("new_zeros")
def _new_zeros(self: Tensor, *size: Any, **options: Any) -> Tensor:
    """Make zeros with this tensor's dtype and device by default."""
    return zeros(*size, **_own("new_zeros", self, options))


@method("new_ones")
def _new_ones(self: Tensor, *size: Any, **options: Any) -> Tensor:
    """Make ones with this tensor's dtype and device by default."""
    return ones(*size, **_own("new_ones", self, options))


@method("new_empty_strided")
def _new_empty_strided(self: Tensor, size: Sequence[int], stride: Sequence[int], **options: Any) -> Tensor:
    """Make a tensor of a shape and strides with arbitrary contents, of this dtype and device.

    Source of the semantics: ``torch.Tensor.new_empty_strided``.
    """
    return empty_strided(size, stride, **_own("new_empty_strided", self, options))


@method("new_empty")
def _new_empty(self: Tensor, *size: Any, **options: Any) -> Tensor:
    """Make an uninitialised tensor with this one's dtype and device by default."""
    return empty(*size, **_own("new_empty", self, options))


_OWN_OPTIONS = ("dtype", "layout", "device", "requires_grad", "pin_memory", "size")


def _own(function: str, self: Tensor, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a call, with those that the tensor has where they are not given."""
    for name in options:
        if name not in _OWN_OPTIONS:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
    check_flag(function, options.get("requires_grad"))
    own = {"layout": self.layout} if self._sparse else {}
    given = {name: value for name, value in options.items() if value is not None}
    return {"dtype": self.dtype, "device": self.device} | own | given
