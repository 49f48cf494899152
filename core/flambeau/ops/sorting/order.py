"""Sorting along a dimension, and the elements that would come first.

Every order is stable: equal elements stay in the order in which they were, ascending as well as descending. nan is larger
than any number.
"""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._dispatch.out import with_exact_out
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type
from flambeau.ops.reductions._reduce import check_not_empty
from flambeau.ops.reductions.extremes import Extremes, _back_to_index
from flambeau.shapes import Shape, as_int, dense_order, normalize_dim

__all__ = ["argsort", "kthvalue", "msort", "sort", "topk"]


class Sort(Extremes):
    """The result of ``sort``."""

    __slots__ = ()


class Topk(Extremes):
    """The result of ``topk``."""

    __slots__ = ()


class Kthvalue(Extremes):
    """The result of ``kthvalue``."""

    __slots__ = ()


# -- all elements -------------------------------------------------------------------------------------------------------


def _put_back(grad: Tensor, input_shape: Shape, dim: int, indices: Tensor) -> Tensor:
    return _back_to_index(grad, input_shape, dim, True, indices)


def alone(input: Tensor) -> tuple[Tensor, Tensor]:
    """The element of a 0-d tensor, and 0, its index."""
    type_ = input._type
    int64 = type_.with_dtype(dtypes.int64)
    return from_array(type_.kernels.clone(input._array, True), type_), from_array(
        int64.kernels.full((), 0, "int64"), int64
    )


@primitive(derivatives={"input": _put_back}, outputs=("values", "indices"), method=False, node="SortBackward0")
def _sort(input: Tensor, dim: int, descending: bool) -> Sort:
    type_, array = input._type, input._array
    _refuse_complex("Sort", type_)
    if not array.shape:
        return Sort(*alone(input))
    if type_.backend.is_contiguous(array):
        values, indices = type_.kernels.sort(array, dim, descending)
    else:
        values, indices = _sort_in_memory_order(type_, array, dim, descending)
    return Sort(from_array(values, type_), from_array(indices, type_.with_dtype(dtypes.int64)))


def _sort_in_memory_order(type_: Any, array: Any, dim: int, descending: bool) -> tuple[Any, Any]:
    turned, dim, back = _in_memory_order(type_, array, dim)
    permute = type_.kernels.permute
    values, indices = type_.kernels.sort(turned, dim, descending)
    return permute(values, back), permute(indices, back)


def _in_memory_order(type_: Any, array: Any, dim: int) -> tuple[Any, int, Shape]:
    """An array with its dims as they lie in memory, the place of ``dim`` among them, and the dims that turn it back.

    What is sorted so has the strides that PyTorch gives it.
    """
    order = dense_order(array.shape, type_.backend.strides(array))
    back = tuple(order.index(d) for d in range(len(order)))
    return type_.kernels.permute(array, order), order.index(dim), back


def _refuse_complex(function: str, type_: Any) -> None:
    if type_.dtype.is_complex:
        raise RuntimeError(f" {function} does not support complex dtypes on CPU")


@composite()
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False, out: Any = None
) -> Sort:
    """Sort along ``dim``; gives the values and the indices they come from. Source of the semantics: ``torch.sort``.

    Equal elements keep their order, with and without ``stable``; nan counts as the largest. ``out`` is a pair of tensors.

    Raises:
        RuntimeError: the dtype is complex.

    Example:
        >>> import flambeau as torch
        >>> torch.sort(torch.tensor([3, 1, 2]))
        torch.return_types.sort(
        values=tensor([1, 2, 3]),
        indices=tensor([1, 2, 0]))
    """
    dim = normalize_dim(dim, input.dim())
    if out is None:
        return _sort(input, dim, bool(descending))
    return Sort(*with_exact_out(pair("sort", out), _sort, input, dim, bool(descending)))


def sorted_values(input: Tensor, dim: int) -> Tensor:
    """The values of ``sort``; where no gradient is wanted, without the cost of the indices."""
    type_, array = input._type, input._array
    if type_.kernels.sort_values is None or not array.shape or (input._node is not None and grad_enabled()):
        return sort(input, dim).values
    dim = normalize_dim(dim, len(array.shape))
    if type_.backend.is_contiguous(array):
        return from_array(type_.kernels.sort_values(array, dim), type_)
    turned, dim, back = _in_memory_order(type_, array, dim)
    return from_array(type_.kernels.permute(type_.kernels.sort_values(turned, dim), back), type_)


def pair(function: str, out: Any) -> Any:
    """``out`` of an op with two results.

    Raises:
        TypeError: it is one tensor alone.
    """
    if isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be a tuple of two tensors, not Tensor")
    return out


@composite(out="exact")
def msort(input: Tensor) -> Tensor:
    """Sort along the first dimension, ascending. Source of the semantics: ``torch.msort``.

    Example:
        >>> import flambeau as torch
        >>> torch.msort(torch.tensor([[3, 1], [1, 2]]))
        tensor([[1, 1],
                [3, 2]])
    """
    return sorted_values(input, 0)


@composite(out="exact")
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Give the int64 indices that sort along ``dim``. Source of the semantics: ``torch.argsort``.

    Equal elements keep their order, with and without ``stable``; nan counts as the largest. Differs from PyTorch: ``stable``
    may be given by position, and ``out`` without it.

    Example:
        >>> import flambeau as torch
        >>> torch.argsort(torch.tensor([3, 1, 4, 1, 5]))
        tensor([1, 3, 0, 2, 4])
    """
    return sort(input.detach(), dim, descending).indices


# -- the first of them --------------------------------------------------------------------------------------------------


_MANY = 1024
"""Elements from which on it is faster to look for some elements than to sort all."""


@fused("topk", derivatives={"input": _put_back}, outputs=("values", "indices"), method=False, node="TopkBackward0")
def _topk(input: Tensor, k: int, dim: int, largest: bool) -> Topk:
    type_, array = input._type, input._array
    kernels = type_.kernels
    shape = array.shape
    if not shape:
        return Topk(*alone(input))
    if kernels.topk is not None and 0 < k < shape[dim] and prod(shape) >= _MANY:
        values, indices = kernels.topk(array, k, dim, largest)
    else:
        lengths = (*shape[:dim], k, *shape[dim + 1 :])
        start, step = (0,) * len(shape), (1,) * len(shape)
        values, indices = (
            kernels.clone(kernels.slice(part, start, lengths, step), True) for part in kernels.sort(array, dim, largest)
        )
    return Topk(from_array(values, type_), from_array(indices, type_.with_dtype(dtypes.int64)))


@composite()
def topk(
    input: Tensor, k: int, dim: int | None = None, largest: bool = True, sorted: bool = True, *, out: Any = None
) -> Topk:
    """Give the ``k`` largest elements along ``dim``, or the smallest, in order, with their indices.

    Source of the semantics: ``torch.topk``. Without ``dim``, the last one. Of equal elements the first ones are taken, in
    the order in which they stand, where PyTorch takes any; they are in order without ``sorted`` too. nan counts as the
    largest. ``out`` is a pair of tensors.

    Raises:
        RuntimeError: ``k`` is negative or larger than the dimension; the dtype is bool or complex.

    Example:
        >>> import flambeau as torch
        >>> torch.topk(torch.tensor([[1, 2, 3], [6, 4, 5]]), 2)
        torch.return_types.topk(
        values=tensor([[3, 2],
                [6, 5]]),
        indices=tensor([[2, 1],
                [0, 2]]))
    """
    k = as_count("topk", k)
    dim = normalize_dim(-1 if dim is None else dim, input.dim())
    if not 0 <= k <= (input._array.shape or (1,))[dim]:
        raise RuntimeError("selected index k out of range")
    if input.dtype is dtypes.bool:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    _refuse_complex("topk", input._type)
    if out is None:
        return _topk(input, k, dim, bool(largest))
    return Topk(*with_exact_out(pair("topk", out), _topk, input, k, dim, bool(largest)))


def as_count(function: str, k: Any) -> int:
    """An argument ``k``, in second place.

    Raises:
        TypeError: it is not an int.
    """
    if isinstance(k, bool):
        raise argument_type(function, "k", 2, k, "int")
    try:
        return as_int(k, "k")
    except TypeError:
        raise argument_type(function, "k", 2, k, "int") from None


@fused(
    "kthvalue",
    derivatives={"input": _back_to_index},
    outputs=("values", "indices"),
    method=False,
    node="KthvalueBackward0",
)
def _kthvalue(input: Tensor, k: int, dim: int, keepdim: bool) -> Kthvalue:
    return Kthvalue(*kth(input, k, dim, keepdim))


def kth(input: Tensor, k: int, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """The ``k``-th smallest element along ``dim``, counted from 1, and its index; without history."""
    type_, array = input._type, input._array
    shape, kernels = array.shape, type_.kernels
    if not shape:
        return alone(input)
    if kernels.kthvalue is not None and prod(shape) >= _MANY:
        values, indices = kernels.kthvalue(array, k, dim)
    else:
        starts = tuple(k - 1 if d == dim else 0 for d in range(len(shape)))
        lengths = (*shape[:dim], 1, *shape[dim + 1 :])
        values, indices = (
            kernels.clone(kernels.slice(part, starts, lengths, (1,) * len(shape)), True)
            for part in kernels.sort(array, dim, False)
        )
    kept = (*shape[:dim], *((1,) if keepdim else ()), *shape[dim + 1 :])
    return from_array(kernels.reshape(values, kept), type_), from_array(
        kernels.reshape(indices, kept), type_.with_dtype(dtypes.int64)
    )


@composite()
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Kthvalue:
    """Give the ``k``-th smallest element along ``dim``, counted from 1, and its index. Source: ``torch.kthvalue``.

    Of equal elements the first is the smallest, where PyTorch takes any. nan counts as the largest. ``out`` is a pair of
    tensors.

    Raises:
        RuntimeError: ``k`` is smaller than 1 or larger than the dimension.
        IndexError: the dimension has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.kthvalue(torch.tensor([3, 1, 2]), 2)
        torch.return_types.kthvalue(
        values=tensor(2),
        indices=tensor(2))
    """
    k = as_count("kthvalue", k)
    dim = normalize_dim(dim, input.dim())
    shape = input._array.shape
    if shape:
        check_not_empty("kthvalue", shape, (dim,))
    if not 1 <= k <= (shape or (1,))[dim]:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    if shape and (input.dtype is dtypes.bool or input.dtype.is_complex):
        raise NotImplementedError(f"\"kthvalue_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")
    if out is None:
        return _kthvalue(input, k, dim, bool(keepdim))
    return Kthvalue(*with_exact_out(pair("kthvalue", out), _kthvalue, input, k, dim, bool(keepdim)))
