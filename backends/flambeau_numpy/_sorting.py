"""Stable sorting by digits of 16 bits, for which NumPy has a radix sort: up to five times as fast as its merge sort."""

from __future__ import annotations

import numpy as np

__all__ = ["argsort", "comparable", "searchsorted", "sort_values"]

_LONG = 1024
"""Length from which on sorting by digits is faster."""


def argsort(a: np.ndarray, dim: int) -> np.ndarray:
    """The indices that sort ``a`` along ``dim``; equal elements keep their order, nan comes last."""
    a = comparable(a)
    if a.shape[dim] < _LONG or a.itemsize <= 2 or not a.size:
        return a.argsort(dim, "stable")
    keys = _float_keys(a) if a.dtype.kind == "f" else _integer_keys(a)
    order: np.ndarray | None = None
    for shift in range(0, int(keys.max()).bit_length(), 16):
        digit = (keys >> shift).astype("uint16")
        if order is None:
            order = np.argsort(digit, axis=dim, kind="stable")
        else:
            step = np.argsort(np.take_along_axis(digit, order, dim), axis=dim, kind="stable")
            order = np.take_along_axis(order, step, dim)
    return np.argsort(a, axis=dim, kind="stable") if order is None else order


def sort_values(a: np.ndarray, dim: int) -> np.ndarray:
    """The sorted elements; nan comes last."""
    if a.dtype.kind in "iub":
        return _sort_integers(a, dim)
    if 0 in a.strides:  # of which NumPy's copy would have the dimensions in another order
        a = np.ascontiguousarray(a)
    return np.sort(comparable(a), axis=dim).astype(a.dtype, copy=False)


def searchsorted(sorted_sequence: np.ndarray, values: np.ndarray, right: bool) -> np.ndarray:
    """The kernel of this name."""
    found = np.searchsorted(comparable(sorted_sequence), comparable(values), side="right" if right else "left")
    return np.asarray(found).astype("int64", copy=False)


def _sort_integers(a: np.ndarray, dim: int) -> np.ndarray:
    if a.itemsize > 2 and a.shape[dim] >= _LONG and a.size:
        low = a.min()
        if int(a.max()) - int(low) < 1 << 16:
            digits = np.sort((a - low).astype("uint16"), axis=dim, kind="stable").astype(a.dtype)
            digits += low
            return digits
    return np.sort(a, axis=dim, kind="stable" if a.itemsize <= 2 else None)


def comparable(a: np.ndarray) -> np.ndarray:
    """``a`` in a dtype that NumPy sorts: bfloat16, to which nan is not the largest, becomes float32."""
    return a.astype("float32") if a.dtype.kind == "V" else a


def _integer_keys(a: np.ndarray) -> np.ndarray:
    """The distance from the smallest element, which needs no more digits than it has to."""
    unsigned = f"uint{8 * a.itemsize}"
    distance: np.ndarray = a.view(unsigned) - a.min().view(unsigned)
    return distance


def _float_keys(a: np.ndarray) -> np.ndarray:
    """Unsigned integers in the order of the floats: of negative ones all bits are inverted, of others the sign."""
    values = a + 0.0  # -0.0 becomes 0.0, to which it is equal
    values[np.isnan(a)] = np.nan  # nan has a sign, which is not to matter
    keys: np.ndarray = values.view(f"int{8 * a.itemsize}")
    keys ^= (keys >> (8 * a.itemsize - 1)) | np.iinfo(keys.dtype).min
    return keys.view(f"uint{8 * a.itemsize}")
