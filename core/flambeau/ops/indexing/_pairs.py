"""Taking by index and adding by index, which are each other's derivative: the ops behind the public functions of both.

``_gather`` and ``_scatter_add``, ``_index_select`` and ``_index_add``, ``_take`` and ``_put``, ``_masked_select`` and
``_masked_scatter``. Their arguments are checked by :mod:`.gathering` and :mod:`.scattering`.
"""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.declare import fused, primitive
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import in_memory_order
from flambeau._tensor.sparse import make_sparse
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import stack
from flambeau.ops.movement.shapes import reshape
from flambeau.shapes import Shape, dense_order

from .keys import written


def names_nothing(index: Tensor) -> bool:
    """Whether an index tensor is empty: then it may have any shape, which kernels do not take."""
    return 0 in index._array.shape


def _gather_input(grad: Tensor, input_shape: Shape, dim: int, index: Tensor, sparse: bool) -> Tensor:
    if sparse:
        return _taken_from(grad, input_shape, dim, index)
    return _scatter_add(grad.new_zeros(input_shape), dim, index, grad)


def _taken_from(grad: Tensor, shape: Shape, dim: int, index: Tensor) -> Tensor:
    """A COO tensor of what was taken, one entry for each time."""
    if names_nothing(index):
        return make_sparse(layouts.sparse_coo, (index.new_empty((len(shape), 0)),), grad.reshape(-1), tuple(shape))
    places = [
        arange(length, device=index.device).reshape((-1,) + (1,) * (index.dim() - each - 1)).expand(index.shape)
        for each, length in enumerate(index.shape)
    ]
    places[dim] = index
    indices = stack([place.reshape(-1) for place in places])
    return make_sparse(layouts.sparse_coo, (indices,), grad.reshape(-1), tuple(shape))


@primitive(derivatives={"input": _gather_input}, method=False, node="GatherBackward0")
def _gather(input: Tensor, dim: int, index: Tensor, sparse: bool = False) -> Tensor:
    kernels = input._type.kernels
    if names_nothing(index):
        return from_array(kernels.full(index._array.shape, 0, input.dtype.name), input._type)
    return from_array(kernels.gather(input._array, dim, index._array), input._type)


def slices_of(index: Tensor, shape: Shape, dim: int) -> Any:
    """An array of a shape with the entries of a vector of indices along ``dim``."""
    kernels = index._type.kernels
    column = kernels.reshape(index._array, (index.numel(),) + (1,) * (len(shape) - dim - 1))
    return kernels.expand(column, shape)


def _index_select_input(grad: Tensor, input_shape: Shape, dim: int, index: Tensor) -> Tensor:
    return _index_add(grad.new_zeros(input_shape), dim, index, grad)


@fused("index_select", derivatives={"input": _index_select_input}, method=False, node="IndexSelectBackward0")
def _index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    kernels, array = input._type.kernels, input._array
    if kernels.index_select is not None:
        return from_array(kernels.index_select(array, dim, index._array), input._type)
    if dim == 0:
        return from_array(kernels.index(array, [index._array]), input._type)
    order = (dim, *range(dim), *range(dim + 1, len(array.shape)))
    back = (*range(1, dim + 1), 0, *range(dim + 1, len(array.shape)))
    taken = kernels.permute(kernels.index(kernels.permute(array, order), [index._array]), back)
    return from_array(kernels.clone(taken, False), input._type)


def _take_input(grad: Tensor, input_shape: Shape, index: Tensor) -> Tensor:
    return _put(grad.new_zeros(input_shape), index, grad, True)


@primitive(derivatives={"input": _take_input}, method=False, node="TakeBackward0")
def _take(input: Tensor, index: Tensor) -> Tensor:
    kernels, array = input._type.kernels, input._array
    return from_array(kernels.index(kernels.reshape(array, (prod(array.shape),)), [index._array]), input._type)


def _masked_select_input(grad: Tensor, input_shape: Shape, mask: Tensor) -> Tensor:
    return _masked_scatter(grad.new_zeros(input_shape), mask, grad)


@primitive(derivatives={"input": _masked_select_input}, method=False, node="MaskedSelectBackward0")
def _masked_select(input: Tensor, mask: Tensor) -> Tensor:
    kernels = input._type.kernels
    return from_array(kernels.index(input._array, columns_of(mask)), input._type)


def columns_of(mask: Tensor) -> list[Any]:
    """The coordinates of the true elements, an array per dimension."""
    kernels = mask._type.kernels
    rows = kernels.nonzero(mask._array)
    count, ndim = rows.shape
    return [kernels.reshape(kernels.slice(rows, (0, dim), (count, 1), (1, 1)), (count,)) for dim in range(ndim)]


def _write_scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> None:
    if not names_nothing(index):
        input._type.kernels.scatter_add(input._array, dim, index._array, src._array)


@primitive(
    derivatives={"input": lambda grad: grad, "src": lambda grad, dim, index: _gather(grad, dim, index)},
    method=False,
    inplace=True,
    write=_write_scatter_add,
    node="ScatterAddBackward0",
)
def _scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    return written(_write_scatter_add, input, dim, index, src)


def write_index_add(input: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    """Add slices to those that a vector of indices names, which are checked."""
    kernels = input._type.kernels
    if kernels.index_add is not None:
        kernels.index_add(input._array, dim, index._array, source._array)
    else:
        kernels.scatter_add(input._array, dim, slices_of(index, source._array.shape, dim), source._array)


@primitive(
    derivatives={"input": lambda grad: grad, "source": lambda grad, dim, index: _index_select(grad, dim, index)},
    method=False,
    inplace=True,
    write=write_index_add,
    node="IndexAddBackward0",
)
def _index_add(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    return written(write_index_add, input, dim, index, source)


def _put_input(grad: Tensor, index: Tensor, accumulate: bool) -> Tensor:
    return grad if accumulate else _put(grad, index, grad.new_zeros(tuple(index.shape)), False)


def _put_source(grad: Tensor, index: Tensor, source_shape: Shape) -> Tensor:
    return reshape(_take(grad, index), source_shape)


@primitive(derivatives={"input": _put_input, "source": _put_source}, method=False, node="PutBackward0")
def _put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool) -> Tensor:
    kernels, type_, shape = input._type.kernels, input._type, input._array.shape
    flat = kernels.reshape(kernels.clone(input._array, False), (input.numel(),))
    values = kernels.reshape(source._array, (source.numel(),))
    kernels.index_put(flat, [kernels.reshape(index._array, (index.numel(),))], values, accumulate)
    result = from_array(kernels.reshape(flat, shape), type_)
    order = dense_order(shape, type_.backend.strides(input._array))
    return result if order == tuple(range(len(order))) else in_memory_order(result, order)


def _masked_scatter_source(grad: Tensor, mask: Tensor, source_shape: Shape) -> Tensor:
    taken = _masked_select(grad, mask)
    result = grad.new_zeros(source_shape).reshape(-1)
    result[: taken.numel()] = taken
    return result.reshape(source_shape)


def _in_turn(mask: Tensor, source: Tensor) -> Any:
    """For each True of a mask the next element of ``source``: what is found without waiting for how many there are."""
    kernels, int64 = source._type.kernels, source._type.with_dtype(dtypes.int64)
    flags = kernels.reshape(kernels.cast(mask._array, "int64"), (mask.numel(),))
    places = int64.kernels.sub(int64.kernels.cumsum(flags, 0), int64.number(1))
    places = int64.kernels.minimum(int64.kernels.maximum(places, int64.number(0)), int64.number(source.numel() - 1))
    taken = kernels.index(kernels.reshape(source._array, (source.numel(),)), [places])
    return kernels.reshape(taken, mask._array.shape)


@primitive(
    derivatives={
        "input": lambda grad, mask: grad.masked_fill(mask, 0),
        "source": _masked_scatter_source,
    },
    method=False,
    node="MaskedScatterBackward0",
)
def _masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    kernels, type_ = input._type.kernels, input._type
    if type_.backend.asynchronous:
        if not source.numel():  # for which a mask with a True is refused
            return from_array(kernels.clone(input._array, False), type_)
        return from_array(kernels.where(mask._array, _in_turn(mask, source), input._array), type_)
    columns = columns_of(mask)
    count = columns[0].shape[0]
    flat = kernels.slice(kernels.reshape(source._array, (source.numel(),)), (0,), (count,), (1,))
    result = kernels.clone(input._array, False)
    kernels.index_put(result, columns, flat, False)
    return from_array(result, type_)
