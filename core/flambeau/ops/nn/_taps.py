"""Linear maps along dimensions of which every result takes a few elements: resampling, and averages over windows.

Such a map is a sparse matrix, written as the positions and weights of each row. It is computed as products with dense
matrices, which is faster than to take element after element: one for each band of rows, over the columns that they reach.
Where there are infinities or nan among the elements, zeros of the matrices would spread them, and the elements are taken
one after the other.
"""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from math import isfinite, prod
from typing import Any, NamedTuple

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.precision import in_single
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.ops.creation._vector import vector
from flambeau.ops.movement.joining import channels_order
from flambeau.shapes import Shape

__all__ = ["SIZES", "Taps", "Windows", "_resample", "as_in_memory", "as_product", "mapped", "taken_along", "total_of"]

Row = tuple[tuple[int, ...], tuple[float, ...]]


class Windows(NamedTuple):
    """The entries of a matrix whose rows are windows: of neighbours, that begin and end no earlier than those before.

    Attributes:
        firsts: (rows,), int64: for each row the column of the first entry.
        counts: (rows,), int64: how many there are.
        weights: (the largest count, rows), the entries, and zeros after them.
        type_: of the weights.
        signed: whether some may be negative.
    """

    firsts: Any
    counts: Any
    weights: Any
    type_: TensorType
    signed: bool


class Taps:
    """A matrix with few entries in each row; equal to no other, so that what is made of it is quickly found.

    Attributes:
        length: how many columns there are.
        windows: the entries, where rows are windows.
    """

    __slots__ = ("_rows", "length", "windows")

    def __init__(self, length: int, rows: tuple[Row, ...] | None, windows: Windows | None = None) -> None:
        self.length = length
        self.windows = windows
        self._rows = rows

    @property
    def rows(self) -> tuple[Row, ...]:
        """For each row the columns of its entries, and the entries."""
        if self._rows is None:
            assert self.windows is not None
            firsts, counts, weights, type_, _ = self.windows
            columns, sizes = (from_array(each, type_.with_dtype(dtypes.int64)).tolist() for each in (firsts, counts))
            rows = from_array(type_.kernels.permute(weights, (1, 0)), type_).tolist()
            self._rows = tuple(
                (tuple(range(first, first + count)), tuple(row[:count]))
                for first, count, row in zip(columns, sizes, rows, strict=True)
            )
        return self._rows

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows) if self.windows is None else int(self.windows.firsts.shape[0])

    def windows_at(self, place: Any) -> Windows | None:
        """The windows if they are kept in such a place."""
        return None if self.windows is None or self.windows.type_.place is not place else self.windows

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


class _Bands(NamedTuple):
    """The rows of a matrix in pieces, and what they reach.

    Attributes:
        firsts: of each piece the first column.
        turned: of each the entries, (columns, rows).
    """

    firsts: list[int]
    turned: list[Any]


SIZES = 512
"""How many dimensions are remembered: as many lengths as the crops of a data set may have."""

_ROWS, _COLUMNS, _SMALL = 16, 24, 64
"""A band has a multiple of so many rows, which suits products, and as many as reach so few columns; a matrix of a few more
stays whole."""

_AT_ONCE = 512
"""The columns of a band on devices that compute all elements at once, where the number of products counts."""


@lru_cache(maxsize=SIZES)
def _bands(taps: Taps, type_: Any) -> _Bands:
    columns = (_COLUMNS if taps.length > _SMALL else _SMALL) if type_.backend.element_block else _AT_ONCE
    windows = taps.windows_at(type_.place)
    if windows is not None:
        return _bands_of_windows(windows, taps.length, type_, columns)
    format, name = ("f", "float32") if type_.dtype is dtypes.float32 else ("d", "float64")
    bands = _Bands([], [])
    for first, width, rows in _split(taps, columns):
        count = len(rows)
        matrix: packed[float] = packed(format, bytes(packed(format).itemsize * width * count))
        for row, (places, weights) in enumerate(rows):
            for place, weight in zip(places, weights, strict=True):
                matrix[(place - first) * count + row] += weight
        bands.firsts.append(first)
        bands.turned.append(type_.kernels.from_host(memoryview(matrix), (width, count), name))
    return bands


def _bands_of_windows(windows: Windows, length: int, type_: Any, columns: int) -> _Bands:
    """Bands of as many rows each, whose matrices are parts of one array that is filled at once."""
    places, _, weights, *_ = windows
    kernels, (taps, rows) = type_.ufuncs, weights.shape
    height = rows if length <= columns else max(columns * rows // length // _ROWS, 1) * _ROWS
    listed: list[int] = from_array(places, type_.with_dtype(dtypes.int64)).tolist()
    firsts, lasts = listed[::height], [*listed[height - 1 : rows - 1 : height], listed[-1]]
    reach = [last + taps - first for first, last in zip(firsts, lasts, strict=True)]
    width = max(reach)
    # Of an entry the row in the array is its column and `width * band - first`, the column there its row and `-height * band`.
    bases = vector(kernels, [height * (width * band - first - band) for band, first in enumerate(firsts)])
    band_of_row, within = _within_bands(type_, taps, rows, height)
    shifts = kernels.add(kernels.index(bases, [band_of_row]), kernels.mul(places, kernels.full((), height, "int64")))
    index = kernels.reshape(kernels.add(within, shifts), (taps * rows,))
    filled = kernels.full((len(firsts) * width * height,), 0, type_.dtype.name)
    kernels.scatter(filled, 0, index, kernels.reshape(kernels.cast(weights, type_.dtype.name), (taps * rows,)))
    filled = kernels.reshape(filled, (len(firsts) * width, height))
    # Zeros that follow the entries of the last rows may lie beyond the matrix.
    sizes = [(min(reached, length - first), height) for first, reached in zip(firsts, reach, strict=True)]
    sizes[-1] = (sizes[-1][0], rows - height * (len(firsts) - 1))
    return _Bands(firsts, [kernels.slice(filled, (width * band, 0), size, (1, 1)) for band, size in enumerate(sizes)])


@lru_cache(maxsize=64)
def _within_bands(type_: Any, taps: int, rows: int, height: int) -> tuple[Any, Any]:
    """The band of each row; and, for each tap of each row, what of its place in the array is the same for all windows."""
    kernels = type_.kernels
    of_taps = kernels.reshape(kernels.arange(0, height, taps, "int64"), (taps, 1))
    within = kernels.add(of_taps, kernels.arange(0, 1, rows, "int64"))
    return vector(kernels, [row // height for row in range(rows)]), within


class _Entries(NamedTuple):
    """A matrix in the layout CSR; see ``sparse_along`` of the kernels."""

    pointers: Any
    indices: Any
    values: Any


@lru_cache(maxsize=SIZES)
def _entries(taps: Taps, type_: Any) -> _Entries:
    kernels, name = type_.kernels, type_.dtype.name
    windows = taps.windows_at(type_.place)
    if windows is None:
        pointers = [0, *accumulate(len(places) for places, _ in taps.rows)]
        indices = vector(kernels, [place for places, _ in taps.rows for place in places])
        values = packed("d", [weight for _, weights in taps.rows for weight in weights])
        numbers = kernels.from_host(memoryview(values), (len(values),), "float64")
        return _Entries(vector(kernels, pointers), indices, kernels.cast(numbers, name))
    firsts, _, weights, *_ = windows
    most, rows = weights.shape
    pointers, within = _counted_entries(type_, most, rows)
    last = kernels.full((), taps.length - 1, "int64")  # where zeros stand that follow the entries of the last rows
    indices = type_.ufuncs.minimum(type_.ufuncs.add(kernels.reshape(firsts, (rows, 1)), within), last)
    values = kernels.permute(kernels.cast(weights, name), (1, 0))
    return _Entries(pointers, *(kernels.reshape(each, (rows * most,)) for each in (indices, values)))


@lru_cache(maxsize=64)
def _counted_entries(type_: Any, most: int, rows: int) -> tuple[Any, Any]:
    """Where rows of so many entries begin, and the numbers of the entries of one."""
    arange = type_.kernels.arange
    return arange(0, most, rows + 1, "int64"), arange(0, 1, most, "int64")


def _split(taps: Taps, columns: int) -> Iterator[tuple[int, int, tuple[Row, ...]]]:
    """The bands: the first column, how many there are (one at least), and the rows."""
    start, first, stop = 0, taps.length, 0
    for row, (places, _) in enumerate(taps.rows):
        low, high = min(places, default=taps.length), max(places, default=-1) + 1
        if row > start and (row - start) % _ROWS == 0 and max(stop, high) - min(first, low) > columns:
            yield *_reach(first, stop), taps.rows[start:row]
            start, first, stop = row, taps.length, 0
        first, stop = min(first, low), max(stop, high)
    yield *_reach(first, stop), taps.rows[start:]


def _reach(first: int, stop: int) -> tuple[int, int]:
    return (first, stop - first) if first < stop else (0, 1)


def as_product(type_: Any, array: Any, dim: int, taps: Taps) -> Any:
    """An array, C-contiguous, mapped along ``dim``: by a sparse product where a backend has one, or by dense ones."""
    kernels, shape = type_.kernels, array.shape
    last = dim == len(shape) - 1
    if kernels.sparse_along is not None and (not last or type_.backend.asynchronous):
        product = kernels.sparse_along(array, dim, *_entries(taps, type_))
        if product is not None:
            return product
    bands = _bands(taps, type_)
    if kernels.banded_matmul is not None:
        return kernels.banded_matmul(array, dim, *bands)
    before, after = prod(shape[:dim]), prod(shape[dim + 1 :])
    array = kernels.reshape(array, (before, taps.length) if last else (before, taps.length, after))
    parts = [_banded(kernels, array, first, turned, last) for first, turned in zip(*bands, strict=True)]
    product = parts[0] if len(parts) == 1 else kernels.concat(parts, 1)
    return kernels.reshape(product, (*shape[:dim], taps.count, *shape[dim + 1 :]))


def _banded(kernels: Any, array: Any, first: int, turned: Any, last: bool) -> Any:
    shape = array.shape
    starts, lengths = (0, first, 0)[: len(shape)], (shape[0], turned.shape[0], *shape[2:])
    reached = kernels.slice(array, starts, lengths, (1,) * len(shape))
    if last:
        return kernels.matmul(reached, turned)
    matrix = kernels.permute(turned, (1, 0))
    return kernels.matmul(kernels.expand(matrix, (shape[0], *matrix.shape)), reached)


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
    count, ndim = taps.count, len(array.shape)
    shape = tuple(count if each == dim else 1 for each in range(ndim))
    total = kernels.full((*array.shape[:dim], count, *array.shape[dim + 1 :]), 0, type_.dtype.name)
    for index, factors, inside in _terms(taps, type_):
        term = kernels.mul(taken_along(type_, array, dim, index), kernels.reshape(factors, shape))
        if inside is not None:
            term = kernels.where(kernels.reshape(inside, shape), term, type_.number(0.0))
        total = kernels.add(total, term)
    return total


@lru_cache(maxsize=64)
def _terms(taps: Taps, type_: Any) -> list[tuple[Any, Any, Any]]:
    """For the first places of all rows, the second ones, and so on: these, their weights, and which rows have one if not all."""
    kernels, count, terms = type_.kernels, taps.count, []
    for k in range(max((len(places) for places, _ in taps.rows), default=0)):
        there = [k < len(places) for places, _ in taps.rows]
        weights = packed("d", [row[1][k] if k < len(row[1]) else 0.0 for row in taps.rows])
        index = vector(kernels, [row[0][k] if k < len(row[0]) else 0 for row in taps.rows])
        factors = kernels.cast(kernels.from_host(memoryview(weights), (count,), "float64"), type_.dtype.name)
        inside = None if all(there) else kernels.from_host(bytes(there), (count,), "bool")
        terms.append((index, factors, inside))
    return terms


def mapped(type_: Any, array: Any, dims: Shape, maps: tuple[Taps, ...]) -> Any:
    """An array mapped along each of ``dims``; by way of the smallest arrays."""
    kernels = type_.kernels
    shape = list(array.shape)
    for dim, taps in zip(dims, maps, strict=True):
        shape[dim] = taps.count
    if 0 in shape or 0 in array.shape:
        return kernels.full(tuple(shape), 0, type_.dtype.name)
    pairs = sorted(zip(dims, maps, strict=True), key=lambda pair: pair[1].count / max(pair[1].length, 1))
    if not type_.backend.asynchronous:
        result = array
        for dim, taps in pairs:
            result = as_product(type_, result, dim, taps)
        if isfinite(total_of(type_, result)):
            return result
    for dim, taps in pairs:  # what is not finite stays where it is
        array = _entry_by_entry(type_, array, dim, taps)
    return array


def _entry_by_entry(type_: Any, array: Any, dim: int, taps: Taps) -> Any:
    """An array, C-contiguous, mapped along ``dim`` so that no element meets an entry of another's."""
    product = type_.kernels.sparse_along
    if product is not None and type_.backend.asynchronous:
        found = product(array, dim, *_entries(taps, type_))
        if found is not None:
            return found
    return _one_by_one(type_, array, dim, taps)


def total_of(type_: Any, array: Any) -> Any:
    """The sum of everything, which is not finite where an element is not."""
    return from_array(type_.kernels.sum(array, tuple(range(len(array.shape))), False), type_).item()


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
