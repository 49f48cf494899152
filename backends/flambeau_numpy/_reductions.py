"""Sums, products, maxima and minima over neighbouring dims of contiguous arrays, which NumPy has faster ways for.

Sums are products with ones: NumPy's own sum of long rows takes three times as long. The products are of pieces of
1024 elements, whose sums NumPy adds up in pairs: one long product would lose digits where the elements have the same
sign, and so would NumPy's sum over any but the last of several dims.

Maxima and minima of many short rows or of narrow columns take NumPy a call of its inner loop for every row. Columns
side by side make wide rows of which there are few (for a million rows of two: 130 times as fast).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from flambeau.backend import Shape

__all__ = [
    "ends", "extreme_over", "mean_over", "nansum_over", "number_of", "product_over", "square_of_ones", "square_sum_over",
    "sum_over", "sums_at_each", "truth_over", "variance_over",
]  # fmt: skip

_PIECE = 1024
_SHORT = 32
_WORTH_A_CALL = 64
"""Elements from which on a call of the library of matrix products for every row or block pays."""
_ONES = {dtype: np.ones(_PIECE, dtype) for dtype in map(np.dtype, ("float32", "float64"))}

_add_up: Any = np.add.reduce
_multiply: Any = np.multiply.reduce


def sum_over(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The sum over ``dims``."""
    ones = _ONES.get(a.dtype)
    if ones is not None and a.size > 1 and a.flags.c_contiguous:  # alone, -0.0 would not be added to 0
        if len(dims) == a.ndim and not keepdim:
            return np.asarray(_sum_of_vector(a.ravel(), ones))
        total = _sum_of_runs(a, dims) if a.size >= _PIECE else _sum_of_few(a, dims, ones)
        if total is not None:
            return _shaped(total, a.shape, dims, keepdim)
    return np.asarray(_add_up(a, axis=dims, dtype=a.dtype, keepdims=keepdim))


def _sum_of_vector(a: np.ndarray, ones: np.ndarray) -> Any:
    """The sum of pieces, and that of these sums in turn."""
    length = a.size
    if length <= _PIECE:
        return a.dot(ones[:length])
    pieces, rest = divmod(length, _PIECE)
    total = _sum_of_vector(a[: length - rest].reshape(pieces, _PIECE).dot(ones), ones)
    return total + a[length - rest :].dot(ones[:rest]) if rest else total


def _sum_of_few(a: np.ndarray, dims: Shape, ones: np.ndarray) -> Any:
    """The sum over the last dims or the first ones: a product with ones takes a third of the time of a reduction."""
    ndim, count = a.ndim, len(dims)
    if not count:
        return None
    if dims[0] == ndim - count:
        length = a.shape[-1] if count == 1 else prod(a.shape[-count:])
        return (a if ndim == 2 == count + 1 else a.reshape(prod(a.shape[:-count]), length)).dot(ones[:length])
    if dims[-1] == count - 1:
        length = a.shape[0] if count == 1 else prod(a.shape[:count])
        return ones[:length].dot(a if ndim == 2 else a.reshape(length, prod(a.shape[count:])))
    return None


def sums_at_each(a: np.ndarray, dim: int) -> Any:
    """The sum over ``dim``, to be combined with ``a``: of size 1 there, or the same at each place.

    Rows that are short are multiplied by a square of ones: an operand to be broadcast would take longer.
    """
    length = a.shape[dim]
    if length <= _SHORT and 0 < a.size < _PIECE and a.dtype in _ONES and a.flags.c_contiguous:
        square = square_of_ones(length, a.dtype)
        if dim == a.ndim - 1:
            return a.dot(square) if a.ndim == 2 else a.reshape(-1, length).dot(square).reshape(a.shape)
        if dim == 0:
            return square.dot(a) if a.ndim == 2 else square.dot(a.reshape(length, -1)).reshape(a.shape)
    return sum_over(a, (dim,), True)


@lru_cache(maxsize=2 * _SHORT + 2)
def square_of_ones(length: int, dtype: np.dtype) -> np.ndarray:
    return np.ones((length, length), dtype)


def _sum_of_runs(a: np.ndarray, dims: Shape) -> Any:
    """The sum over the last run of neighbouring dims, of that the sum over the next one, and so on."""
    first = last = dims[-1]
    while first - 1 in dims:
        first -= 1
    outer, inner = prod(a.shape[:first]), prod(a.shape[last + 1 :])
    total: Any
    if inner == 1:
        total = _sum_of_rows(a.reshape(outer, -1))
    elif outer == 1 or a.size >= _WORTH_A_CALL * outer:
        total = _sum_of_columns(a.reshape(outer, -1, inner))
    else:
        return None
    rest = tuple(d for d in dims if d < first)
    return sum_over(total.reshape(a.shape[:first] + a.shape[last + 1 :]), rest, False) if rest else total


def mean_over(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The mean over ``dims``."""
    count = a.size if len(dims) == a.ndim else prod([a.shape[d] for d in dims])
    return np.asarray(sum_over(a, dims, keepdim) / number_of(count, a.dtype))


@lru_cache(maxsize=256)
def number_of(value: int, dtype: np.dtype) -> np.ndarray:
    """A divisor as an array: making it takes longer than dividing by it."""
    return np.asarray(value, dtype)


def variance_over(a: np.ndarray, dims: Shape, keepdim: bool, correction: float) -> np.ndarray:
    """The kernel var."""
    deviation = np.asarray(a - mean_over(a, dims, True))
    freedom = max(0.0, prod([a.shape[d] for d in dims]) - correction)
    return np.asarray(square_sum_over(deviation, dims, keepdim) / freedom)


def truth_over(ufunc: Any) -> Callable[[np.ndarray, Shape, bool], np.ndarray]:
    """The kernel any or all, made of ``numpy.logical_or`` or ``numpy.logical_and``."""
    reduce = ufunc.reduce
    return lambda a, dims, keepdim: np.asarray(reduce(a, axis=dims, keepdims=keepdim))


def nansum_over(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The sum of what is not nan; if the sum of everything is not nan, nothing is."""
    total = sum_over(a, dims, keepdim)
    if not np.isnan(total).any():
        return total
    numbers = a.copy()
    np.copyto(numbers, 0, where=np.isnan(a))
    return sum_over(numbers, dims, keepdim)


def square_sum_over(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The sum of squares; that of long rows is made of products of pieces with themselves."""
    if a.size >= _PIECE and a.dtype in _ONES and a.flags.c_contiguous:
        rows = _as_rows(a, dims)
        if rows is not None and rows.shape[1] >= _WORTH_A_CALL:
            return _shaped(_square_sum_of_rows(rows), a.shape, dims, keepdim)
    return sum_over(np.asarray(np.square(a)), dims, keepdim)


def _square_sum_of_rows(rows: np.ndarray) -> Any:
    count, length = rows.shape
    if length <= _PIECE:
        return _squares(rows)
    pieces, rest = divmod(length, _PIECE)
    total = np.add.reduce(_squares(rows[:, : length - rest].reshape(count, pieces, _PIECE)), axis=1)
    return total + _squares(rows[:, length - rest :]) if rest else total


def _squares(rows: np.ndarray) -> Any:
    """The products of rows, the last dim, with themselves."""
    return np.matmul(rows[..., None, :], rows[..., :, None])[..., 0, 0]


def product_over(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The product over ``dims``; rows are folded in halves, where NumPy multiplies one element at a time."""
    if a.size >= _PIECE and a.dtype in _ONES and a.flags.c_contiguous and (rows := _as_rows(a, dims)) is not None:
        return _shaped(_multiply(_folded(rows), axis=1), a.shape, dims, keepdim)
    return np.asarray(_multiply(a, axis=dims, dtype=a.dtype, keepdims=keepdim))


def _folded(rows: np.ndarray) -> np.ndarray:
    while (length := rows.shape[1]) > _SHORT:
        half = length // 2
        folded: np.ndarray = np.multiply(rows[:, :half], rows[:, half : 2 * half])
        if length % 2:
            folded[:, 0] *= rows[:, -1]
        rows = folded
    return rows


_SOUGHT = 1 << 14
"""Up to so many elements an extreme is found sooner by its place: a reduction begins with a microsecond."""


def ends(a: np.ndarray) -> tuple[Any, Any]:
    """The smallest and the largest element of an array that has one; nan if one is."""
    if a.size > _SOUGHT:
        return a.min(), a.max()
    return a.item(a.argmin()), a.item(a.argmax())


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


def _as_rows(a: np.ndarray, dims: Shape) -> np.ndarray | None:
    """A view of two dims, the second of which is to be reduced, if ``dims`` are the last."""
    first, last = dims[0], dims[-1]
    return a.reshape(prod(a.shape[:first]), -1) if last == a.ndim - 1 and last - first == len(dims) - 1 else None


def _as_columns(a: np.ndarray, dims: Shape) -> np.ndarray | None:
    """A view of two dims, the first of which is to be reduced, if ``dims`` are the first."""
    return a.reshape(-1, prod(a.shape[dims[-1] + 1 :])) if dims[-1] == len(dims) - 1 else None


def _shaped(reduced: Any, shape: Shape, dims: Shape, keepdim: bool) -> np.ndarray:
    if not keepdim and len(shape) - len(dims) < 2:
        return np.asarray(reduced.reshape(() if len(shape) == len(dims) else -1))
    if keepdim:
        return np.asarray(reduced.reshape([1 if d in dims else size for d, size in enumerate(shape)]))
    return np.asarray(reduced.reshape([size for d, size in enumerate(shape) if d not in dims]))


def _sum_of_rows(rows: np.ndarray) -> Any:
    count, length = rows.shape
    ones = _ONES[rows.dtype]
    if length <= _PIECE:
        return rows.dot(ones[:length])
    pieces, rest = divmod(length, _PIECE)
    whole = np.matmul(rows[:, : length - rest].reshape(count, pieces, _PIECE), ones)
    total = np.add.reduce(whole, axis=1)
    return total + np.matmul(rows[:, length - rest :], ones[:rest]) if rest else total


def _sum_of_columns(blocks: np.ndarray) -> Any:
    """The sums over the second of three dims."""
    outer, length, inner = blocks.shape
    ones = _ONES[blocks.dtype]
    if length <= _PIECE:
        return np.matmul(ones[:length], blocks)
    pieces, rest = divmod(length, _PIECE)
    whole = np.matmul(ones, blocks[:, : length - rest].reshape(outer, pieces, _PIECE, inner))
    total = np.add.reduce(whole, axis=1)
    return total + np.matmul(ones[:rest], blocks[:, length - rest :]) if rest else total


def _extreme_of_columns(extreme: Any, columns: np.ndarray) -> Any:
    length, count = columns.shape
    side_by_side = _PIECE // count
    if count == 1 or side_by_side < 2:
        return extreme.reduce(columns, axis=0)
    rest = length % side_by_side
    wide = extreme.reduce(columns[: length - rest].reshape(-1, side_by_side * count), axis=0)
    total = extreme.reduce(wide.reshape(side_by_side, count), axis=0)
    return extreme(total, extreme.reduce(columns[length - rest :], axis=0)) if rest else total
