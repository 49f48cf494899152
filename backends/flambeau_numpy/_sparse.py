"""Sparse matrices by way of SciPy: their products, and SciPy's own arrays of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["matmul", "to_scipy"]

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


def to_scipy(format: str, components: Sequence[np.ndarray], values: np.ndarray, shape: tuple[int, ...]) -> Any:
    """The array of ``scipy.sparse`` on the same memory; ``format`` is "coo", "csr", "csc" or "bsr"."""
    import scipy.sparse

    if format == "coo":
        return scipy.sparse.coo_array((values, tuple(components[0])), shape=shape)
    kinds = {"csr": scipy.sparse.csr_array, "csc": scipy.sparse.csc_array, "bsr": scipy.sparse.bsr_array}
    pointers, indices = components
    return kinds[format]((values, indices, pointers), shape=shape)
