"""Sparse matrices: their products, by way of SciPy or of bands, and SciPy's own arrays of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

__all__ = ["add_rows", "along", "banded_matmul", "matmul", "to_scipy"]

_WIDER = {"bool": "uint8", "float16": "float32", "bfloat16": "float32"}
"""What SciPy computes for dtypes that it does not have."""


def matmul(
    pointers: np.ndarray, indices: np.ndarray, values: np.ndarray, dense: np.ndarray, count: int, by_rows: bool
) -> np.ndarray:
    """A sparse matrix in the layout CSR, or CSC, times a dense one."""
    import scipy.sparse

    wider = _WIDER.get(values.dtype.name)
    kind = scipy.sparse.csr_array if by_rows else scipy.sparse.csc_array
    stored = values if wider is None else values.astype(wider)
    matrix = kind((stored, indices, pointers), shape=(count, dense.shape[0]))
    product: np.ndarray = matrix @ (dense if wider is None else dense.astype(wider))
    return np.ascontiguousarray(product if wider is None else product.astype(values.dtype))


_MANY = 4096
"""Elements from which on a product is sooner there than NumPy's additions at places."""


def add_rows(target: np.ndarray, positions: np.ndarray, values: np.ndarray) -> bool:
    """Add rows of a matrix to those of a contiguous one: whether that was done.

    It is the product with a matrix that has a one in each column, which SciPy's function adds to what is there, row after row.
    """
    # Not of complex numbers: one times an infinite part is no number.
    if values.size < _MANY or target.dtype.char not in "fdilq":
        return False
    count, width = values.shape
    if positions.min() < 0 or positions.max() >= len(target):
        return False
    product = _product_function("csc_matvecs")
    if product is None:
        return False
    pointers, ones = np.arange(count + 1, dtype=positions.dtype), np.ones(count, target.dtype)
    rows = np.ascontiguousarray(values).reshape(-1)
    product(len(target), count, width, pointers, positions, ones, rows, target.reshape(-1))
    return True


def _product_function(name: str) -> Any:
    """SciPy's product of a sparse matrix and several vectors, which it adds to what is there; None where it does not have it."""
    try:
        from scipy.sparse import _sparsetools
    except ImportError:
        return None
    return getattr(_sparsetools, name, None)


_LONG = 256
"""From how many bytes on a row is sooner added, times a number, than multiplied in a product of dense matrices."""


def along(a: np.ndarray, dim: int, pointers: np.ndarray, indices: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    """The kernel ``sparse_along``: rows times numbers, added up; rows of few elements are left to dense products."""
    before, length, after = prod(a.shape[:dim]), a.shape[dim], prod(a.shape[dim + 1 :])
    if after * a.itemsize < _LONG or a.dtype.char not in "fd":
        return None
    product = _product_function("csr_matvecs")
    if product is None:
        return None
    count = len(pointers) - 1
    result = np.zeros((*a.shape[:dim], count, *a.shape[dim + 1 :]), a.dtype)
    source, target = a.reshape(before, length * after), result.reshape(before, count * after)
    for index in range(before):
        product(count, length, after, pointers, indices, values, source[index], target[index])
    return result


def banded_matmul(a: np.ndarray, dim: int, firsts: Sequence[int], turned: Sequence[np.ndarray]) -> np.ndarray:
    """The kernel of this name: products of the bands, each written where it belongs."""
    count = sum(matrix.shape[1] for matrix in turned)
    result = np.empty((*a.shape[:dim], count, *a.shape[dim + 1 :]), a.dtype)
    last = dim == a.ndim - 1
    before, around = prod(a.shape[:dim]), () if last else (prod(a.shape[dim + 1 :]),)
    source, target = (each.reshape(before, each.shape[dim], *around) for each in (a, result))
    row = 0
    for first, matrix in zip(firsts, turned, strict=True):
        columns, rows = matrix.shape
        part, out = source[:, first : first + columns], target[:, row : row + rows]
        if last:
            np.matmul(part, matrix, out=out)
        else:
            np.matmul(matrix.T, part, out=out)
        row += rows
    return result


def to_scipy(format: str, components: Sequence[np.ndarray], values: np.ndarray, shape: tuple[int, ...]) -> Any:
    """The array of ``scipy.sparse`` on the same memory; ``format`` is "coo", "csr", "csc" or "bsr"."""
    import scipy.sparse

    if format == "coo":
        return scipy.sparse.coo_array((values, tuple(components[0])), shape=shape)
    kinds = {"csr": scipy.sparse.csr_array, "csc": scipy.sparse.csc_array, "bsr": scipy.sparse.bsr_array}
    pointers, indices = components
    return kinds[format]((values, indices, pointers), shape=shape)
