"""Sparse matrices by cupyx, which calls cuSPARSE; and along a dim, by a kernel of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import cupy
import numpy as np

from flambeau.errors import UnsupportedLayoutError

from ._source import launch

__all__ = ["SOURCES", "along", "matmul", "to_scipy"]

_ALONG = """
extern "C" __global__ void NAME(
    i64 count, i64 length, i64 rows, i64 after, const S* a, const i64* pointers, const i64* indices, const S* values, S* result
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 row = thread / after % rows, last = pointers[row + 1];
    const S* x = a + thread / after / rows * length * after + thread % after;
    T sum = 0;
    for (i64 each = pointers[row]; each < last; ++each) sum += wide(values[each]) * wide(x[indices[each] * after]);
    put(result[thread], sum);
}
"""

SOURCES = {"sparse_along": _ALONG}
"""The text with a thread for each element."""


def along(
    a: cupy.ndarray, dim: int, pointers: cupy.ndarray, indices: cupy.ndarray, values: cupy.ndarray
) -> cupy.ndarray | None:
    """The kernel ``sparse_along``: every element of the result adds up what its row has."""
    if a.dtype.char not in "fd":
        return None
    a, pointers, indices, values = map(cupy.ascontiguousarray, (a, pointers, indices, values))
    rows, after = pointers.size - 1, prod(a.shape[dim + 1 :])
    result = cupy.empty((*a.shape[:dim], rows, *a.shape[dim + 1 :]), a.dtype)
    sizes = [np.int64(size) for size in (a.shape[dim], rows, after)]
    launch("sparse_along", _ALONG, a.dtype.name, result.size, *sizes, a, pointers, indices, values, result)
    return result


def matmul(
    pointers: cupy.ndarray,
    indices: cupy.ndarray,
    values: cupy.ndarray,
    dense: cupy.ndarray,
    count: int,
    by_rows: bool,
) -> cupy.ndarray | None:
    """A sparse matrix in the layout CSR, or CSC, times a dense one; None for dtypes that cuSPARSE does not have."""
    if values.dtype.char not in "fdFD":
        return None
    import cupyx.scipy.sparse

    kind = cupyx.scipy.sparse.csr_matrix if by_rows else cupyx.scipy.sparse.csc_matrix
    matrix = kind((values, indices, pointers), shape=(count, dense.shape[0]))
    # cuSPARSE takes what comes; CuPy would wait to find it out, and sort the indices where they are.
    matrix.has_canonical_format = True
    return cupy.ascontiguousarray(matrix @ dense)  # cuSPARSE's products are in Fortran order


def to_scipy(format: str, components: Sequence[cupy.ndarray], values: cupy.ndarray, shape: tuple[int, ...]) -> Any:
    """The matrix of ``cupyx.scipy.sparse``; ``format`` is "coo", "csr", "csc" or "bsr".

    Raises:
        UnsupportedLayoutError: cupyx does not have the layout, or the dtype in it.
    """
    import cupyx.scipy.sparse

    if format == "bsr" or values.dtype.char not in "?fdFD":
        raise UnsupportedLayoutError(
            f"cupyx.scipy.sparse has no matrices of layout {format.upper()} and dtype {values.dtype}: convert with "
            "to_sparse_csr() and to a floating point dtype first"
        )
    if format == "coo":
        return cupyx.scipy.sparse.coo_matrix((values, tuple(components[0])), shape=shape)
    kind = cupyx.scipy.sparse.csr_matrix if format == "csr" else cupyx.scipy.sparse.csc_matrix
    pointers, indices = components
    return kind((values, indices, pointers), shape=shape)
