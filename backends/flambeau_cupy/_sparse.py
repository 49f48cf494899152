"""Sparse matrices by cupyx, which calls cuSPARSE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cupy

from flambeau.errors import UnsupportedLayoutError

__all__ = ["matmul", "to_scipy"]


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
