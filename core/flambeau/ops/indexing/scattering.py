"""Writing elements by index: scatter, index_add and its kin, put, and masks."""

from __future__ import annotations

from collections.abc import Callable

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import c_name
from flambeau._dispatch.overlaps import fill_places, warn_expanded
from flambeau._dispatch.runtime import Number, check_places, common_type, is_complex_operand
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau._tensor.storage import counted_as
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.creation.filled import filled, fitting_all
from flambeau.ops.movement.broadcasting import _expand_method
from flambeau.ops.movement.shapes import reshape
from flambeau.ops.movement.slicing import _slice
from flambeau.promotion import PYTHON_NUMBERS
from flambeau.shapes import broadcast_shapes, normalize_dim

from ._ends import from_the_front, in_range
from ._pairs import (
    _gather,
    _index_add,
    _index_select,
    _masked_scatter,
    _put,
    _scatter_add,
    names_nothing,
    slices_of,
)
from .gathering import check_gather, check_gathered, check_in_range, check_range, dimensioned, flat_index
from .keys import written

__all__ = [
    "index_add", "index_copy", "index_fill", "masked_fill", "masked_scatter", "put", "scatter", "scatter_add",
]  # fmt: skip


# -- along a dimension, element by element ---------------------------------------------------------------


def _zero_where_scattered(grad: Tensor, dim: int, index: Tensor) -> Tensor:
    return _scatter(grad, dim, index, grad.new_zeros(index.shape))


def _write_scatter(input: Tensor, dim: int, index: Tensor, src: Tensor) -> None:
    if not names_nothing(index):
        input._type.kernels.scatter(input._array, dim, index._array, src._array)


@primitive(
    derivatives={
        "input": lambda grad, dim, index: _zero_where_scattered(grad, dim, index),
        "src": lambda grad, dim, index: _gather(grad, dim, index),
    },
    method=False,
    inplace=True,
    write=_write_scatter,
    node="ScatterBackward0",
)
def _scatter(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    return written(_write_scatter, input, dim, index, src)


def with_ones_at(index: Tensor, length: int) -> Tensor:
    """Zeros of a further dimension, with a one in the place that each int64 index names, which is known to be there."""
    kernels, shape = index._type.kernels, index._array.shape
    result = kernels.full((*shape, length), 0, "int64")
    column = (*shape, 1)
    kernels.scatter(result, len(shape), kernels.reshape(index._array, column), kernels.full(column, 1, "int64"))
    return from_array(result, index._type)


def fitting_source(function: str, input: Tensor, index: Tensor, src: Tensor) -> Tensor:
    """The part of ``src`` that ``index`` covers."""
    if src.dtype is not input.dtype:
        raise RuntimeError(f"{function}(): Expected self.dtype to be equal to src.dtype")
    common_type(function, (input, src))
    if src._array.shape == index._array.shape:
        return src
    if not index.numel():
        return reshape(_slice(reshape(src, (-1,)), (0,), (0,), (1,)), index._array.shape)
    if src.dim() != index.dim() or any(
        size > limit for size, limit in zip(index._array.shape, src._array.shape, strict=True)
    ):
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than src {list(src.shape)} in every dimension"
        )
    return _slice(src, (0,) * src.dim(), index._array.shape, (1,) * src.dim())


@composite(inplace=True, out="exact")
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:
    """Write elements of ``src`` (or a number) to the places that ``index`` names along a dimension.

    ``result[index[i][j]][j] = src[i][j]`` for dim 0. Where a place is named twice, which value stays is not said.
    ``reduce="add"`` and ``"multiply"`` combine with what is there. Source of the semantics: ``torch.scatter``.

    Raises:
        RuntimeError: the index is not int64, does not fit the shapes, or is out of range; there is no such ``reduce``.

    Example:
        >>> import flambeau as torch
        >>> torch.scatter(torch.zeros(3), 0, torch.tensor([2]), torch.tensor([5.0]))
        tensor([0., 0., 5.])
    """
    dim, index = check_gather("scatter", input, dim, index)
    number = value if src is None else src
    if number is None:
        raise TypeError("scatter(): expected src or value")
    if not isinstance(number, Tensor):
        if number.__class__ in PYTHON_NUMBERS:
            number = fitting_all(number, input.dtype)
        number = input.new_full(tuple(index.shape), number)
    source = fitting_source("scatter", input, index, number)
    if reduce is not None:
        return _combined(input, dim, index, source, reduce)
    index = check_gathered(input, dim, index)
    if input.dim() and index.dim():
        return _scatter(input, dim, index, source)
    flat, flat_places, flat_source = dimensioned(input, index, source)
    return reshape(_scatter(flat, 0, flat_places, flat_source), input._array.shape)


def _combined(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str) -> Tensor:
    if reduce == "add":
        return scatter_add(input, dim, index, source)
    if reduce == "multiply":
        return input.scatter_reduce(dim, index, source, "prod")
    raise RuntimeError("reduce argument must be either add or multiply.")


@composite(inplace=True, out="exact")
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add elements of ``src`` at the places that ``index`` names along a dimension. Source: ``torch.scatter_add``.

    Example:
        >>> import flambeau as torch
        >>> torch.scatter_add(torch.zeros(2), 0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]))
        tensor([0., 5.])
    """
    dim, index = check_gather("scatter_add", input, dim, index)
    source = fitting_source("scatter_add", input, index, src)
    index = check_gathered(input, dim, index)
    if input.dim() and index.dim():
        return _scatter_add(input, dim, index, source)
    flat, flat_places, flat_source = dimensioned(input, index, source)
    return reshape(_scatter_add(flat, 0, flat_places, flat_source), input._array.shape)


# -- along a dimension, slice by slice ---------------------------------------------------------------


def check_index_add(function: str, input: Tensor, dim: int, index: Tensor, source: Tensor) -> tuple[int, Tensor]:
    """Check the arguments of ``index_add`` and ``index_reduce``; the dim from the front, and the index as an int64 vector.

    Raises:
        IndexError: there is no such dim, or the index has several dimensions.
        RuntimeError: dtypes, shapes or sizes do not fit.
    """
    dim = normalize_dim(dim, input.dim())
    if index.dtype not in (dtypes.int32, dtypes.int64):
        raise RuntimeError(
            f"{function}_(): Expected dtype int32/int64 for index but got: {scalar_type_name(index.dtype)}"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"{function}_(): self ({scalar_type_name(input.dtype)}) and source ({scalar_type_name(source.dtype)}) must have "
            "the same scalar type"
        )
    if index.dim() > 1:
        raise IndexError(
            f"{function}_(): Index is supposed to be a vector, but got dim: {index.dim()} with type: "
            f"{scalar_type_name(index.dtype)} and size: {list(index.shape)}"
        )
    common_type(function, (input, index, source))
    count = source.shape[dim] if source.dim() else 1
    if index.numel() != count:
        raise RuntimeError(
            f"{function}_(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({count}), for dim: {dim}"
        )
    own, other = list(input.shape), list(source.shape)
    if len(own) != len(other) or own[:dim] + own[dim + 1 :] != other[:dim] + other[dim + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{own} source.shape = {other}"
        )
    (vector,) = dimensioned(counted_as(to_type(index, input._type.with_dtype(dtypes.int64)), index))
    return dim, vector


@composite(inplace=True, out="exact")
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
    """Add slices of ``source``, times ``alpha``, to the slices of a dimension that are named. Source: ``torch.index_add``.

    Raises:
        IndexError: an index of a vector's elements is out of range.
        RuntimeError: dtypes, shapes or sizes do not fit, or an index is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.index_add(torch.zeros(2), 0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]))
        tensor([0., 5.])
    """
    dim, vector = check_index_add("index_add", input, dim, index, source)
    if not input.numel():  # there is no place that an index could miss
        return input.clone()
    if alpha != 1:
        scaled = source * fitting_all(alpha, input.dtype)
        source = to_type(scaled, input._type)  # of bool, a product with a number is none
    if input.dim() > 1:
        vector = check_in_range("", vector, input._array.shape[dim], RuntimeError)
    else:
        vector = check_range(vector, input.numel())
    if input.dim():
        return _index_add(input, dim, vector, source)
    return _to_scalar(_index_add, input, vector, source)


def _to_scalar(function: Callable[..., Tensor], input: Tensor, index: Tensor, source: Tensor) -> Tensor:
    target, values = dimensioned(input, source)
    return reshape(function(target, 0, index, values), ())


def _emptied(grad: Tensor, dim: int, index: Tensor) -> Tensor:
    return index_fill(grad, dim, index, 0)


def _write_index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    input._type.kernels.scatter(input._array, dim, slices_of(index, source._array.shape, dim), source._array)


@primitive(
    derivatives={
        "input": _emptied,
        "source": lambda grad, dim, index: _index_select(grad, dim, index),
    },
    method=False,
    inplace=True,
    write=_write_index_copy,
    node="IndexCopyBackward0",
)
def _index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    return written(_write_index_copy, input, dim, index, source)


@composite(inplace=True, out="exact")
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Replace the slices of a dimension that are named by those of ``source``. Source: ``torch.index_copy``.

    Raises:
        IndexError: sizes do not fit, or an index is out of range.
        RuntimeError: the index is not int64, or dtypes or shapes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.index_copy(torch.zeros(3), 0, torch.tensor([2, 0]), torch.tensor([5.0, 6.0]))
        tensor([6., 0., 5.])
    """
    dim = normalize_dim(dim, input.dim())
    if index.dtype is not dtypes.int64:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}")
    if index.dim() > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.dim()})")
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{scalar_type_name(input.dtype)} and (source) {scalar_type_name(source.dtype)}"
        )
    common_type("index_copy", (input, index, source))
    if source.dim() and input.dim() and source.dim() != input.dim():
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.dim()}), destination dimensionality ({input.dim()})"
        )
    target, vector, slices = dimensioned(input, index, source)
    count = slices.shape[dim] if source.dim() else 1
    if vector.numel() != count:
        raise IndexError(
            f"index_copy_(): Number of indices ({vector.numel()}) should be equal to source.size(dim) ({count})"
        )
    own, other = list(target.shape), list(slices.shape)
    if own[:dim] + own[dim + 1 :] != other[:dim] + other[dim + 1 :]:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{own[:dim] + own[dim + 1 :]} at dimension {dim} and source slice shape: {other[:dim] + other[dim + 1 :]} "
            f"at dimension {dim}."
        )
    vector = check_in_range("index_copy_(): ", vector, target.shape[dim])
    result = _index_copy(target, dim, vector, slices)
    return result if input.dim() else reshape(result, ())


def _fill_value(grad: Tensor, dim: int, index: Tensor) -> Tensor:
    return _index_select(grad, dim, index.unique()).sum()  # what is named twice is filled once


def _write_index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor) -> None:
    shape = input._array.shape
    part = (*shape[:dim], index.numel(), *shape[dim + 1 :])
    kernels = input._type.kernels
    kernels.scatter(input._array, dim, slices_of(index, part, dim), kernels.expand(value._array, part))


@primitive(
    derivatives={
        "input": _emptied,
        "value": _fill_value,
    },
    method=False,
    inplace=True,
    write=_write_index_fill,
    node="IndexFillBackward0",
)
def _index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor) -> Tensor:
    return written(_write_index_fill, input, dim, index, value, keep_strides=True)


def _number_for(input: Tensor, value: Tensor | Number) -> Tensor:
    """What is written into ``input``, as a tensor of its type that holds it."""
    if isinstance(value, Tensor):
        return to_type(value, input._type)
    if value.__class__ in PYTHON_NUMBERS and not input._sparse:
        return filled((), fitting_all(value, input._type.dtype), input._type)
    return input.new_full((), value)


def _index_fill_places(input: Tensor, dim: int, index: Tensor, value: Tensor | Number) -> None:
    warn_expanded("index_fill_", "tensor[mask] = scalar")
    places = index_fill(input.new_full(tuple(input.shape), False, dtype=dtypes.bool), dim, index, True)
    fill_places(input, places, value)


@composite(inplace=True, shared=_index_fill_places)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Number) -> Tensor:
    """Fill the slices of a dimension that are named with a number. Source of the semantics: ``torch.index_fill``.

    Raises:
        IndexError: the index is not int64, or out of range.
        RuntimeError: the index or the value has too many dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.index_fill(torch.zeros(3), 0, torch.tensor([-1]), 4)
        tensor([0., 0., 4.])
    """
    dim = normalize_dim(dim, input.dim())
    if index.dtype is not dtypes.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.dim() > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if isinstance(value, Tensor) and value.dim():
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.dim()} dimension(s)."
        )
    common_type("index_fill", (input, index))
    if not input._type.complex and is_complex_operand(value):
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    number = _number_for(input, value)
    target, vector = dimensioned(input, index)
    size = target.shape[dim]
    text = "index {} is out of bounds for dimension {} with size {}"
    places = from_the_front(vector, size, lambda bad: IndexError(text.format(bad, dim, size)))
    result = _index_fill(target, dim, places, number)
    return result if input.dim() else reshape(result, ())


# -- in the flattened tensor ---------------------------------------------------------------


@composite(inplace=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Write elements of ``source`` to positions of the flattened tensor, or add them. Source: ``torch.put``.

    Raises:
        RuntimeError: the index is not int64, or the dtypes differ.
        IndexError: a position is out of range, or there are not as many elements as positions.

    Example:
        >>> import flambeau as torch
        >>> torch.put(torch.zeros(2, 2), torch.tensor([3, 0]), torch.tensor([5.0, 6.0]))
        tensor([[6., 0.],
                [0., 5.]])
    """
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{scalar_type_name(input.dtype)} and source.dtype = {scalar_type_name(source.dtype)}"
        )
    if index.dtype is dtypes.int64 and source.numel() != index.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.numel()}, index.numel() = {index.numel()}"
        )
    check_places("put_", input, source)
    return _put(input, flat_index("put_", input, index), source, accumulate)


# -- by mask ---------------------------------------------------------------


def _masked_fill_input(grad: Tensor, mask: Tensor) -> Tensor:
    return masked_fill(grad, mask, 0)


def _masked_fill_value(grad: Tensor, mask: Tensor) -> Tensor:
    return masked_fill(grad, ~mask, 0).sum()


@primitive(
    derivatives={"input": _masked_fill_input, "value": _masked_fill_value},
    method=False,
    node="MaskedFillBackward0",
)
def _masked_fill(input: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    broadcast_shapes(tuple(input.shape), tuple(mask.shape))
    type_ = input._type
    return from_array(contiguous_array(type_, type_.kernels.where(mask._array, value._array, input._array)), type_)


def _masked_fill_places(input: Tensor, mask: Tensor, value: Tensor | Number) -> None:
    warn_expanded("masked_fill_", "tensor[mask] = scalar")
    _check_masked_fill(mask, value)
    fill_places(input, mask, value)


def _check_masked_fill(mask: Tensor, value: Tensor | Number) -> None:
    if mask.dtype is not dtypes.bool:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {c_name(mask.dtype)}")
    if isinstance(value, Tensor) and value.dim():
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.dim()} dimension(s)."
        )


@composite(inplace=True, shared=_masked_fill_places)
def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """Replace elements where ``mask`` holds with a number. Source of the semantics: ``torch.Tensor.masked_fill``.

    Raises:
        RuntimeError: ``mask`` is not bool.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([1.0, 2.0]).masked_fill(torch.tensor([True, False]), 9)
        tensor([9., 2.])
    """
    _check_masked_fill(mask, value)
    value = _number_for(input, value)
    common_type("masked_fill", (input, mask))
    return _masked_fill(input, mask, value)


@composite(inplace=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Replace the elements where ``mask`` holds by those of ``source``, in order. Source: ``torch.masked_scatter``.

    ``input`` and ``mask`` broadcast.

    Raises:
        RuntimeError: ``mask`` is not bool, the dtypes differ, or ``source`` has too few elements.

    Example:
        >>> import flambeau as torch
        >>> torch.masked_scatter(torch.zeros(3), torch.tensor([True, False, True]), torch.tensor([5.0, 6.0]))
        tensor([5., 0., 6.])
    """
    if mask.dtype is not dtypes.bool:
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {scalar_type_name(mask.dtype)}"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{scalar_type_name(input.dtype)} and {scalar_type_name(source.dtype)}"
        )
    common_type("masked_scatter", (input, mask, source))
    shape = tuple(broadcast_shapes(tuple(mask.shape), tuple(input.shape)))
    target, places = _expand_method(input, shape or (1,)), _expand_method(mask, shape or (1,))
    few = "Number of elements of source < number of ones in mask"
    in_range(places.sum(), 0, source.numel() + 1, lambda bad: RuntimeError(few))
    result = _masked_scatter(target, places, source)
    return result if shape else reshape(result, ())
