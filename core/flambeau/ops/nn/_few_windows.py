"""Windows of few elements, all at once: where there are few, every step over them costs more than what it does.

The largest elements are taken by a table of the places of all windows' elements, sums are a product with the matrix that has a
one for each element of each window. Both depend on shapes alone, and are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite, isnan, prod
from typing import Any, NamedTuple

from flambeau.ops.creation._vector import vector
from flambeau.shapes import Shape

from ._taps import total_of
from ._windows import Windows

__all__ = ["Columns", "few_largest", "few_largest_and_places", "few_sums", "repeating_columns"]

_FEW = 4096
"""Elements of all windows, or of the matrix, up to which this is faster."""


class Columns:
    """For each pooled dimension, for each window, the places along it that the window has; not those in the padding.

    One object stands for equal ones, so that what is remembered for it is soon found.
    """

    __slots__ = ("count", "counts", "lengths", "places", "sizes")

    def __init__(self, lengths: Shape, places: Sequence[Sequence[Sequence[int]]]) -> None:
        self.lengths, self.places = lengths, places
        self.sizes = tuple(map(len, places))
        self.counts = [max(map(len, each), default=0) for each in places]
        self.count = prod(self.counts)  # of a window


@lru_cache(maxsize=256)
def repeating_columns(windows: Windows, lengths: Shape) -> Columns:
    """The places of windows in equal steps."""
    places = [
        [
            [place for place in range(start, start + kernel * dilation, dilation) if 0 <= place < length]
            for start in range(-padding, size * stride - padding, stride)
        ]
        for kernel, stride, padding, dilation, size, length in zip(*windows, lengths, strict=True)
    ]
    return Columns(lengths, places)


# -- the largest ---------------------------------------------------------------------------------------------------


class _Table(NamedTuple):
    """The elements of all windows of all planes, window after window; those that have fewer repeat their last one.

    Attributes:
        width: how many elements each window has.
        elements: where they are among those of all planes.
        places: where they are in their planes.
        starts: where each window begins among the elements.
    """

    width: int
    elements: Any
    places: Any
    starts: Any


@lru_cache(maxsize=128)
def _table(place: Any, planes: int, columns: Columns) -> _Table | None:
    if not 0 < planes * prod(columns.sizes) * columns.count <= _FEW or not all(map(all, columns.places)):
        return None
    windows = [[0]]
    for each, length, most in zip(columns.places, columns.lengths, columns.counts, strict=True):
        filled = [(*window, *[window[-1]] * (most - len(window))) for window in each]
        windows = [
            [outer * length + inner for outer in window for inner in further]
            for window in windows
            for further in filled
        ]
    flat = [element for window in windows for element in window]
    kernels, length, count = place.kernels, prod(columns.lengths), columns.count
    return _Table(
        count,
        vector(kernels, [plane * length + element for plane in range(planes) for element in flat]),
        vector(kernels, flat * planes),
        vector(kernels, range(0, len(flat) * planes, count)),
    )  # fmt: skip


def _looked_up(type_: Any, array: Any, dims: Shape, columns: Columns) -> tuple[_Table, Any, Any] | None:
    """The table of windows, and what is at its places, flat and in a row for each window; None where there are too many."""
    shape, count = array.shape, len(dims)
    if dims[-1] != len(shape) - 1 or type_.halves:
        return None
    table = _table(type_.place, prod(shape[:-count]), columns)
    if table is None:
        return None
    kernels = type_.kernels
    taken = kernels.index(kernels.reshape(array, (prod(shape),)), [table.elements])
    return table, taken, kernels.reshape(taken, (taken.shape[0] // table.width, table.width))


def _result_shape(array: Any, dims: Shape, columns: Columns) -> Shape:
    return (*array.shape[: -len(dims)], *columns.sizes)


def few_largest(type_: Any, array: Any, dims: Shape, columns: Columns) -> Any:
    """The largest element of each window over ``dims`` of a contiguous array; None where this is not the way."""
    found = _looked_up(type_, array, dims, columns)
    if found is None:
        return None
    _, _, rows = found
    kernels = type_.kernels
    return kernels.reshape(kernels.amax(rows, (1,), False), _result_shape(array, dims, columns))


def few_largest_and_places(type_: Any, array: Any, dims: Shape, columns: Columns) -> tuple[Any, Any] | None:
    """The largest elements, the first of equal ones, and their places in the plane; None where a nan is among them, too."""
    found = _looked_up(type_, array, dims, columns)
    if found is None:
        return None
    table, taken, rows = found
    kernels = type_.kernels
    if type_.floats and type_.backend.asynchronous:  # whether there is a nan is not waited for
        return None
    first = kernels.add(kernels.argmax(rows, 1, False), table.starts)
    values = kernels.index(taken, [first])
    if type_.floats and isnan(total_of(type_, values)):
        return None
    shape = _result_shape(array, dims, columns)
    return kernels.reshape(values, shape), kernels.reshape(kernels.index(table.places, [first]), shape)


# -- sums ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def _matrix(type_: Any, columns: Columns) -> Any:
    """Ones where an element, of a row, is in a window, of a column."""
    height, width = prod(columns.lengths), prod(columns.sizes)
    if not 0 < height * width <= _FEW:
        return None
    windows: list[list[int]] = [[0]]
    for each, length in zip(columns.places, columns.lengths, strict=True):
        windows = [
            [outer * length + inner for outer in window for inner in further] for window in windows for further in each
        ]
    entries = [0] * (height * width)
    for column, window in enumerate(windows):
        for element in window:
            entries[element * width + column] += 1
    kernels = type_.kernels
    return kernels.reshape(kernels.cast(vector(kernels, entries), type_.dtype.name), (height, width))


def few_sums(type_: Any, array: Any, dims: Shape, columns: Columns) -> Any:
    """The sum of each window over ``dims`` of a contiguous array of real floats, rounded once; None where this is not the way.

    Infinities and nan would spread to other windows: they are left to the way of many.
    """
    shape = array.shape
    if dims[-1] != len(shape) - 1 or not type_.real_floats or not 0 < prod(shape) <= _FEW:
        return None
    if type_.backend.asynchronous:  # what is not finite is not waited for
        return None
    matrix = _matrix(type_.precise(), columns)
    if matrix is None:
        return None
    kernels, wide, height = type_.kernels, type_.precise(), matrix.shape[0]
    rows = kernels.reshape(array, (prod(shape) // height, height))
    if wide is not type_:
        rows = kernels.cast(rows, wide.dtype.name)
    found = wide.kernels.matmul(rows, matrix)
    if not isfinite(total_of(wide, found)):
        return None
    if wide is not type_:
        found = wide.kernels.cast(found, type_.dtype.name)
    return kernels.reshape(found, _result_shape(array, dims, columns))
