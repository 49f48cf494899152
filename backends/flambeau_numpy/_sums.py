"""Sums by products with ones, and matrix products.

NumPy's own sum of long rows takes three times as long as the product with a vector of ones. The products are of
pieces of 1024 elements, whose sums NumPy adds up in pairs: one long product would lose digits where the elements
have the same sign, and so would NumPy's sum over the first of several dimensions.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from flambeau.backend import Shape

__all__ = ["matmul", "sum_over"]

_PIECE = 1024
_ONES = {dtype: np.ones(_PIECE, dtype) for dtype in map(np.dtype, ("float32", "float64"))}

_reduce: Any = np.add.reduce


def sum_over(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The sum over ``dims``."""
    total: Any = None
    if a.size >= _PIECE and a.dtype in _ONES and a.flags.c_contiguous:
        first, last = dims[0], dims[-1]
        if last == a.ndim - 1 and last - first == len(dims) - 1:
            total = _sum_of_rows(a.reshape(prod(a.shape[:first]), -1))
        elif last == len(dims) - 1:
            total = _sum_of_columns(a.reshape(-1, prod(a.shape[last + 1 :])))
    if total is None:
        return np.asarray(_reduce(a, axis=dims, dtype=a.dtype, keepdims=keepdim))
    return np.asarray(total.reshape(_reduced(a.shape, dims, keepdim)))


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of matrices; of float16, for which there is no library, by way of float32."""
    if a.dtype.char == "e":
        return matmul(a.astype("float32"), b.astype("float32")).astype("float16")
    product: np.ndarray = np.matmul(a, b)
    return product


def _reduced(shape: Shape, dims: Shape, keepdim: bool) -> Shape:
    if keepdim:
        return tuple([1 if d in dims else size for d, size in enumerate(shape)])
    return tuple([size for d, size in enumerate(shape) if d not in dims])


def _sum_of_rows(rows: np.ndarray) -> Any:
    count, length = rows.shape
    ones = _ONES[rows.dtype]
    if length <= _PIECE:
        return rows @ ones[:length]
    pieces, rest = divmod(length, _PIECE)
    whole = np.matmul(rows[:, : length - rest].reshape(count, pieces, _PIECE), ones)
    total = np.add.reduce(whole, axis=1)
    return np.add(total, rows[:, length - rest :] @ ones[:rest], out=total) if rest else total


def _sum_of_columns(columns: np.ndarray) -> Any:
    length, count = columns.shape
    ones = _ONES[columns.dtype]
    if length <= _PIECE:
        return ones[:length] @ columns
    pieces, rest = divmod(length, _PIECE)
    whole = np.matmul(ones, columns[: length - rest].reshape(pieces, _PIECE, count))
    total = np.add.reduce(whole, axis=0)
    return np.add(total, ones[:rest] @ columns[length - rest :], out=total) if rest else total
