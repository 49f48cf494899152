"""Scattering with a reduction: what arrives at a place is summed, multiplied, averaged, or the largest or smallest stays."""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused
from flambeau._dispatch.precision import per_count
from flambeau._dispatch.runtime import Number
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.storage import counted_as
from flambeau.dtypes import scalar_type_name
from flambeau.ops.movement.shapes import reshape
from flambeau.shapes import contiguous_strides
from flambeau.type_info import iinfo

from ._pairs import _gather, _scatter_add, names_nothing, slices_of
from .gathering import check_gather, check_gathered, check_range, dimensioned
from .scattering import _scatter, check_index_add, fitting_source

__all__ = ["index_reduce", "scatter_reduce"]

_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


# -- one element at a time, where the array library has no way of its own ---------------------------


def _positions(kernels: Any, shape: tuple[int, ...], dim: int, index: Any) -> Any:
    """Where the elements of a scatter go in the flattened target."""
    strides = contiguous_strides(shape)
    total = kernels.mul(index, kernels.full((), strides[dim], "int64"))
    for d, size in enumerate(index.shape):
        if d != dim:
            along = kernels.mul(kernels.arange(0, 1, size, "int64"), kernels.full((), strides[d], "int64"))
            total = kernels.add(total, kernels.reshape(along, (size,) + (1,) * (len(shape) - d - 1)))
    return kernels.reshape(total, (prod(index.shape),))


def _combine_at(kernels: Any, target: Any, positions: Any, values: Any, combine: Any) -> None:
    """``target[p] = combine(target[p], v)`` for every pair of a position and a value, in rounds.

    In each round one pair of every position is taken: the one whose number stays when all of them write theirs.
    """
    numbers = kernels.arange(0, 1, positions.shape[0], "int64")
    claims = kernels.full(target.shape, 0, "int64")
    while positions.shape[0]:
        kernels.index_put(claims, [positions], numbers, False)
        taken = kernels.eq(kernels.index(claims, [positions]), numbers)
        chosen = _where_true(kernels, taken)
        places, now = kernels.index(positions, [chosen]), kernels.index(values, [chosen])
        kernels.index_put(target, [places], combine(kernels.index(target, [places]), now), False)
        left = _where_true(kernels, kernels.logical_not(taken))
        positions, values, numbers = (kernels.index(array, [left]) for array in (positions, values, numbers))


def _where_true(kernels: Any, mask: Any) -> Any:
    rows = kernels.nonzero(mask)
    return kernels.reshape(rows, (rows.shape[0],))


# -- the products and the extremes ---------------------------------------------------------------


def _prod_input(
    grad: Tensor, result: Tensor, input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str
) -> Tensor:
    if reduce != "prod":
        return _shares(grad, result, input, dim, index, src) * (input == result)
    divisor = input.masked_fill(input == 0, 1)
    return grad * _combine(divisor, dim, index, src, "prod") / divisor


def _prod_src(grad: Tensor, result: Tensor, input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str) -> Tensor:
    if reduce != "prod":
        shares = _gather(_shares(grad, result, input, dim, index, src), dim, index)
        return shares * (src == _gather(result, dim, index))
    zero = src == 0
    zeros_there = _gather(_scatter_add(input.new_zeros(input.shape), dim, index, zero.to(src.dtype)), dim, index)
    only_zero = zero & (zeros_there == 1)
    others = _combine(input, dim, index, src.masked_fill(only_zero, 1), "prod")
    usual = _gather(grad * result, dim, index) / src.masked_fill(zero, 1)
    return _gather(grad * others, dim, index).where(only_zero, usual)


def _shares(grad: Tensor, result: Tensor, input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The gradient of an extreme divided by how many elements reach it; of nan, which nothing equals, by none."""
    reached = src == _gather(result, dim, index)
    count = _scatter_add((input == result).to(dtypes.int64), dim, index, reached.to(dtypes.int64))
    return per_count(grad, count)


@fused(
    "reduce_at",
    derivatives={"input": _prod_input, "src": _prod_src},
    method=False,
    node="ScatterReduceBackward0",
)
def _combine(input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str) -> Tensor:
    kernels, type_, shape = input._type.kernels, input._type, input._array.shape
    if names_nothing(index):
        return from_array(kernels.clone(input._array, False), type_)
    flat = kernels.reshape(kernels.clone(input._array, False), (prod(shape),))
    positions = _positions(kernels, shape, dim, index._array)
    values = kernels.reshape(src._array, (prod(index._array.shape),))
    if kernels.reduce_at is not None:
        kernels.reduce_at(flat, positions, values, reduce)
    else:
        combine = {"prod": kernels.mul, "amax": kernels.maximum, "amin": kernels.minimum}[reduce]
        _combine_at(kernels, flat, positions, values, combine)
    return from_array(kernels.reshape(flat, shape), type_)


# -- the public functions ---------------------------------------------------------------


def _refuse(input: Tensor, kernel: str) -> None:
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")


def _check_elements(input: Tensor, index: Tensor, reduce: str) -> None:
    """Complex numbers have no order, and truth has no mean.

    Raises:
        NotImplementedError: one of these is asked for.
    """
    extreme, mean = reduce in ("amax", "amin"), reduce == "mean"
    if (input._type.complex and extreme) or (input.dtype is dtypes.bool and mean):
        if not names_nothing(index):
            _refuse(input, f"scatter_gather_tensor_cpu_reduce_{reduce}")
        if mean:
            _refuse(input, "div_floor_cpu")


def _check_slices(input: Tensor, index: Tensor, reduce: str, include_self: bool) -> None:
    """What PyTorch's loop over slices takes: the one over elements, and what leaves the own ones out, real numbers only.

    Raises:
        NotImplementedError: they are of another kind.
    """
    if input._type.numbers and not input._type.complex:
        return
    if not include_self:
        _refuse(input, "index_reduce_func_exclude_input_init")
    if input.dim() < 2:
        _refuse(input, "index_func_")
    if index.numel() and input._type.complex and reduce in ("amax", "amin"):
        _refuse(input, "maximum_cpu" if reduce == "amax" else "minimum_cpu")
    if index.numel() and not input._type.complex and reduce == "mean":
        _refuse(input, "div_floor_cpu")


def _identity(input: Tensor, reduce: str) -> Number:
    """What does not change a reduction."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if input._type.floats:
        return -float("inf") if reduce == "amax" else float("inf")
    if input.dtype is dtypes.bool:
        return reduce == "amin"
    limits = iinfo(input.dtype)
    return limits.min if reduce == "amax" else limits.max


def _reduced(input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, include_self: bool) -> Tensor:
    start = input
    if not include_self:
        start = _scatter(input, dim, index, input.new_full(tuple(index.shape), _identity(input, reduce)))
    if reduce in ("prod", "amax", "amin"):
        return _combine(start, dim, index, src, reduce)
    total = _scatter_add(start, dim, index, src)
    if reduce == "sum":
        return total
    ones = input.new_ones(tuple(index.shape), dtype=dtypes.int64)
    start = input.new_full(tuple(input.shape), int(include_self), dtype=dtypes.int64)
    count = _scatter_add(start, dim, index, ones).clamp(min=1)
    return per_count(total, count) if input._type.floats else total.floor_divide(count).to(input.dtype)


@composite(inplace=True, out="exact")
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Reduce the elements of ``src`` at the places that ``index`` names along a dimension.

    Args:
        input: what the places hold at first, and what other places keep.
        dim: the dimension along which ``index`` counts.
        index: int64, as for :func:`flambeau.scatter`.
        src: the elements, of the dtype of ``input``.
        reduce: ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: whether what a place held takes part.

    Raises:
        RuntimeError: there is no such reduction, or the index does not fit. Source: ``torch.scatter_reduce``.
        NotImplementedError: an extreme of complex numbers is asked for, or a mean of bool.

    Example:
        >>> import flambeau as torch
        >>> index = torch.tensor([0, 1, 0])
        >>> torch.scatter_reduce(torch.ones(2), 0, index, torch.tensor([2.0, 3.0, 4.0]), "prod")
        tensor([8., 3.])
    """
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    dim, index = check_gather("scatter", input, dim, index)
    source = fitting_source("scatter", input, index, src)
    _check_elements(input, index, reduce)
    index = check_gathered(input, dim, index)
    target, places, values = dimensioned(input, index, source)
    result = _reduced(target, dim, places, values, reduce, include_self)
    return result if input.dim() else reshape(result, ())


@composite(inplace=True, out="exact")
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Reduce slices of ``source`` at the slices of a dimension that are named. Source: ``torch.index_reduce``.

    Args:
        input, dim, index, source: as for :func:`flambeau.index_add`.
        reduce: ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: whether what a slice held takes part.

    Raises:
        IndexError: an index is out of range.
        RuntimeError: there is no such reduction, or dtypes, shapes or sizes do not fit.
        NotImplementedError: an extreme of complex numbers is asked for, or a mean of bool; or elements are not real numbers, and
            there is one dim or ``include_self`` is False.

    Example:
        >>> import flambeau as torch
        >>> torch.index_reduce(torch.ones(2), 0, torch.tensor([0, 0]), torch.tensor([2.0, 3.0]), "amax")
        tensor([3., 1.])
    """
    if reduce not in _REDUCTIONS[1:]:
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    dim, vector = check_index_add("index_reduce", input, dim, index, source)
    _check_slices(input, vector, reduce, include_self)
    vector = check_range(vector, input._array.shape[dim] if input.dim() else 1)
    target, values = dimensioned(input, source)
    places = counted_as(from_array(slices_of(vector, values._array.shape, dim), vector._type), vector)
    result = _reduced(target, dim, places, values, reduce, include_self)
    return result if input.dim() else reshape(result, ())
