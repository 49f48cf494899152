"""Sparse matrices: their products, by way of SciPy or of bands, and SciPy's own arrays of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

__all__ = ["banded_matmul", "matmul", "to_scipy"]

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
