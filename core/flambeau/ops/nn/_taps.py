"""Linear maps along dimensions of which every result takes a few elements: resampling, and averages over windows.

Such a map is a sparse matrix, written as the positions and weights of each row. It is computed as a product with the dense
matrix, or with bands of it that leave out most zeros, which is faster than to take element after element; where there are
infinities or nan among the elements, zeros of the matrix would spread them, and the elements are taken one after the other.
"""

from __future__ import annotations

from array import array as packed
from functools import lru_cache
from math import isfinite, prod
from typing import Any, NamedTuple

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.precision import in_single
from flambeau._tensor import Tensor, from_array
from flambeau.ops.movement.joining import channels_order
from flambeau.shapes import Shape

__all__ = ["Taps", "_resample", "as_in_memory", "as_product", "is_fast_as_product", "mapped", "taken_along"]


class Taps(NamedTuple):
    """A matrix with few entries in each row.

    Attributes:
        length: how many columns there are.
        rows: for each row the columns of its entries, and the entries.
    """

    length: int
    rows: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]

    def turned(self) -> Taps:
        """The transpose."""
        return _turned(self)


@lru_cache(maxsize=256)
def _turned(taps: Taps) -> Taps:
    columns: list[tuple[list[int], list[float]]] = [([], []) for _ in range(taps.length)]
    for row, (places, weights) in enumerate(taps.rows):
        for place, weight in zip(places, weights, strict=True):
            columns[place][0].append(row)
            columns[place][1].append(weight)
    return Taps(len(taps.rows), tuple((tuple(places), tuple(weights)) for places, weights in columns))


class _Band(NamedTuple):
    """Some rows of a matrix, with the columns in which they have entries.

    Attributes:
        first, last: the columns, the last one left out.
        height: how many rows there are.
        turned: the entries in C order, (columns, rows).
    """

    first: int
    last: int
    height: int
    turned: Any


_ROWS_OF_BAND = 16
_WIDE = 64
"""From so many columns on a product for each band is faster than one product, where the bands are narrow."""


@lru_cache(maxsize=256)
def _spans(taps: Taps) -> tuple[tuple[int, int], ...]:
    """The columns that each band of the matrix takes; those of the whole matrix, where few zeros would be left out."""
    rows = taps.rows
    if taps.length >= _WIDE:
        spans = []
        for first in range(0, len(rows), _ROWS_OF_BAND):
            columns = [place for places, _ in rows[first : first + _ROWS_OF_BAND] for place in places] or [0]
            spans.append((min(columns), max(columns) + 1))
        if 2 * _ROWS_OF_BAND * sum(last - first for first, last in spans) < len(rows) * taps.length:
            return tuple(spans)
    return ((0, taps.length),)


@lru_cache(maxsize=256)
def _bands(taps: Taps, format: str) -> tuple[_Band, ...]:
    """The matrix in bands that leave out most of its zeros."""
    spans = _spans(taps)
    height = len(taps.rows) if len(spans) == 1 else _ROWS_OF_BAND
    return tuple(
        _band(taps.rows[height * number : height * (number + 1)], format, first, last)
        for number, (first, last) in enumerate(spans)
    )


def _band(rows: Any, format: str, first: int, last: int) -> _Band:
    count = len(rows)
    matrix: packed[float] = packed(format, bytes(packed(format).itemsize * count * (last - first)))
    for row, (places, weights) in enumerate(rows):
        for place, weight in zip(places, weights, strict=True):
            matrix[(place - first) * count + row] += weight
    return _Band(first, last, count, matrix)


def as_product(type_: Any, array: Any, dim: int, taps: Taps) -> Any:
    """An array mapped along ``dim`` by products with the dense matrix, or with its bands."""
    format, name = ("f", "float32") if type_.dtype is dtypes.float32 else ("d", "float64")
    parts = [_times_band(type_.kernels, array, dim, band, name) for band in _bands(taps, format)]
    return parts[0] if len(parts) == 1 else type_.kernels.concat(parts, dim)


def _times_band(kernels: Any, array: Any, dim: int, band: _Band, name: str) -> Any:
    """The rows of a band of the array mapped along ``dim``."""
    shape, length = array.shape, band.last - band.first
    matrix = kernels.from_host(memoryview(band.turned), (length, band.height), name)
    before, after = prod(shape[:dim]), prod(shape[dim + 1 :])
    if dim == len(shape) - 1:
        rows = _cut(kernels, kernels.reshape(array, (before, shape[dim])), 1, band)
        return kernels.reshape(kernels.matmul(rows, matrix), (*shape[:-1], band.height))
    turned = kernels.expand(
        kernels.reshape(kernels.permute(matrix, (1, 0)), (1, band.height, length)), (before, band.height, length)
    )
    product = kernels.matmul(turned, _cut(kernels, kernels.reshape(array, (before, shape[dim], after)), 1, band))
    return kernels.reshape(product, (*shape[:dim], band.height, *shape[dim + 1 :]))


def _cut(kernels: Any, array: Any, dim: int, band: _Band) -> Any:
    """The elements along ``dim`` that a band takes."""
    shape = array.shape
    if band.last - band.first == shape[dim]:
        return array
    starts = tuple(band.first if each == dim else 0 for each in range(len(shape)))
    sizes = tuple(band.last - band.first if each == dim else size for each, size in enumerate(shape))
    return kernels.slice(array, starts, sizes, (1,) * len(shape))


_LONG = 512
"""Elements from which on a product with the dense matrix is slower, where it has no narrow bands."""


def is_fast_as_product(taps: Taps) -> bool:
    """Whether a map is computed faster as a product than from one element after the other."""
    return taps.length <= _LONG or len(_spans(taps)) > 1


def taken_along(type_: Any, array: Any, dim: int, index: Any) -> Any:
    """The slices along ``dim`` that a vector names; contiguous."""
    kernels = type_.kernels
    if kernels.index_select is not None:
        return kernels.index_select(array, dim, index)
    ndim = len(array.shape)
    front = kernels.permute(array, (dim, *(each for each in range(ndim) if each != dim)))
    back = (*range(1, dim + 1), 0, *range(dim + 1, ndim))
    return kernels.clone(kernels.permute(kernels.index(front, [index]), back), False)


def _one_by_one(type_: Any, array: Any, dim: int, taps: Taps) -> Any:
    """The sum of what is at the first places of all rows, at the second ones, and so on."""
    kernels = type_.kernels
    count, ndim = len(taps.rows), len(array.shape)
    shape = tuple(count if each == dim else 1 for each in range(ndim))
    total = kernels.full((*array.shape[:dim], count, *array.shape[dim + 1 :]), 0, type_.dtype.name)
    for k in range(max((len(places) for places, _ in taps.rows), default=0)):
        there = [k < len(places) for places, _ in taps.rows]
        places = packed("q", [row[0][k] if k < len(row[0]) else 0 for row in taps.rows])
        weights = packed("d", [row[1][k] if k < len(row[1]) else 0.0 for row in taps.rows])
        index = kernels.from_host(memoryview(places), (count,), "int64")
        factors = kernels.cast(kernels.from_host(memoryview(weights), (count,), "float64"), type_.dtype.name)
        term = kernels.mul(taken_along(type_, array, dim, index), kernels.reshape(factors, shape))
        if not all(there):
            inside = kernels.from_host(bytes(there), (count,), "bool")
            term = kernels.where(kernels.reshape(inside, shape), term, type_.number(0.0))
        total = kernels.add(total, term)
    return total


def mapped(type_: Any, array: Any, dims: Shape, maps: tuple[Taps, ...]) -> Any:
    """An array mapped along each of ``dims``; by way of the smallest arrays."""
    kernels = type_.kernels
    shape = list(array.shape)
    for dim, taps in zip(dims, maps, strict=True):
        shape[dim] = len(taps.rows)
    if 0 in shape or 0 in array.shape:
        return kernels.full(tuple(shape), 0, type_.dtype.name)
    pairs = sorted(zip(dims, maps, strict=True), key=lambda pair: len(pair[1].rows) / max(pair[1].length, 1))
    result = array
    for dim, taps in pairs:
        result = (as_product if is_fast_as_product(taps) else _one_by_one)(type_, result, dim, taps)
    total = from_array(kernels.sum(result, tuple(range(len(result.shape))), False), type_)
    if not isfinite(total.item()):  # as it is where one element is not
        result = array
        for dim, taps in pairs:
            result = _one_by_one(type_, result, dim, taps)
    return result


def as_in_memory(input: Tensor, order: Shape | None) -> tuple[Any, Shape | None]:
    """The array of a tensor, contiguous once its dims are in such an order, and the way back."""
    kernels, array = input._type.kernels, input._array
    if order is not None:
        array = kernels.permute(array, order)
    if not input._type.backend.is_contiguous(array):
        array = kernels.clone(array, False)
    return array, None if order is None else tuple(map(order.index, range(len(order))))


def _resample_input(grad: Tensor, dims: Shape, maps: tuple[Taps, ...]) -> Tensor:
    slope: Tensor = _resample(grad, dims, tuple(each.turned() for each in maps), channels_order(grad))
    return slope


@primitive(derivatives={"input": _resample_input}, method=False, node="ResampleBackward0")
def _resample(input: Tensor, dims: Shape, maps: tuple[Taps, ...], order: Shape | None) -> Tensor:
    """Apply a map along each of ``dims``; the result has its dims in such an order in memory, their own for None."""
    type_ = input._type
    array, back = as_in_memory(input, order)
    places = dims if back is None else tuple(back[dim] for dim in dims)
    result = in_single(type_, array, lambda wide, values: mapped(wide, values, places, maps))
    return from_array(result if back is None else type_.kernels.permute(result, back), type_)
