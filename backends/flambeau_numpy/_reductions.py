"""Sums, maxima and minima over the first or the last dims of contiguous arrays, which NumPy has faster ways for.

Sums are products with ones: NumPy's own sum of long rows takes three times as long. The products are of pieces of
1024 elements, whose sums NumPy adds up in pairs: one long product would lose digits where the elements have the same
sign, and so would NumPy's sum over the first of several dims.

Maxima and minima of many short rows or of narrow columns take NumPy a call of its inner loop for every row. Columns
side by side make wide rows of which there are few (for a million rows of two: 130 times as fast).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from flambeau.backend import Shape

__all__ = ["extreme_over", "running", "sum_over"]

_PIECE = 1024
_SHORT = 32
_ONES = {dtype: np.ones(_PIECE, dtype) for dtype in map(np.dtype, ("float32", "float64"))}

_add_up: Any = np.add.reduce


def sum_over(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The sum over ``dims``."""
    if a.size >= _PIECE and a.dtype in _ONES and a.flags.c_contiguous:
        if (rows := _as_rows(a, dims)) is not None:
            return _shaped(_sum_of_rows(rows), a.shape, dims, keepdim)
        if (columns := _as_columns(a, dims)) is not None:
            return _shaped(_sum_of_columns(columns), a.shape, dims, keepdim)
    return np.asarray(_add_up(a, axis=dims, dtype=a.dtype, keepdims=keepdim))


def extreme_over(extreme: Any) -> Callable[[np.ndarray, Shape, bool], np.ndarray]:
    """The kernel amax or amin, made of ``numpy.maximum`` or ``numpy.minimum``."""

    def kernel(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
        if a.size >= _PIECE and a.flags.c_contiguous:
            columns = _as_columns(a, dims)
            if columns is None and (rows := _as_rows(a, dims)) is not None and rows.shape[1] <= _SHORT:
                columns = np.ascontiguousarray(rows.T)
            if columns is not None:
                return _shaped(_extreme_of_columns(extreme, columns), a.shape, dims, keepdim)
        return np.asarray(extreme.reduce(a, axis=dims, keepdims=keepdim))

    return kernel


def running(ufunc: Any) -> Callable[[np.ndarray, int], np.ndarray]:
    """The scan that a ufunc makes: cummax of ``numpy.maximum``, logcumsumexp of ``numpy.logaddexp``."""
    return lambda a, dim: ufunc.accumulate(a, axis=dim)


def _as_rows(a: np.ndarray, dims: Shape) -> np.ndarray | None:
    """A view of two dims, the second of which is to be reduced, if ``dims`` are the last."""
    first, last = dims[0], dims[-1]
    return a.reshape(prod(a.shape[:first]), -1) if last == a.ndim - 1 and last - first == len(dims) - 1 else None


def _as_columns(a: np.ndarray, dims: Shape) -> np.ndarray | None:
    """A view of two dims, the first of which is to be reduced, if ``dims`` are the first."""
    return a.reshape(-1, prod(a.shape[dims[-1] + 1 :])) if dims[-1] == len(dims) - 1 else None


def _shaped(reduced: Any, shape: Shape, dims: Shape, keepdim: bool) -> np.ndarray:
    if keepdim:
        return np.asarray(reduced.reshape([1 if d in dims else size for d, size in enumerate(shape)]))
    return np.asarray(reduced.reshape([size for d, size in enumerate(shape) if d not in dims]))


def _sum_of_rows(rows: np.ndarray) -> Any:
    count, length = rows.shape
    ones = _ONES[rows.dtype]
    if length <= _PIECE:
        return np.matmul(rows, ones[:length])
    pieces, rest = divmod(length, _PIECE)
    whole = np.matmul(rows[:, : length - rest].reshape(count, pieces, _PIECE), ones)
    total = np.add.reduce(whole, axis=1)
    return total + np.matmul(rows[:, length - rest :], ones[:rest]) if rest else total


def _sum_of_columns(columns: np.ndarray) -> Any:
    length, count = columns.shape
    ones = _ONES[columns.dtype]
    if length <= _PIECE:
        return np.matmul(ones[:length], columns)
    pieces, rest = divmod(length, _PIECE)
    whole = np.matmul(ones, columns[: length - rest].reshape(pieces, _PIECE, count))
    total = np.add.reduce(whole, axis=0)
    return total + np.matmul(ones[:rest], columns[length - rest :]) if rest else total


def _extreme_of_columns(extreme: Any, columns: np.ndarray) -> Any:
    length, count = columns.shape
    side_by_side = _PIECE // count
    if count == 1 or side_by_side < 2:
        return extreme.reduce(columns, axis=0)
    rest = length % side_by_side
    wide = extreme.reduce(columns[: length - rest].reshape(-1, side_by_side * count), axis=0)
    total = extreme.reduce(wide.reshape(side_by_side, count), axis=0)
    return extreme(total, extreme.reduce(columns[length - rest :], axis=0)) if rest else total
