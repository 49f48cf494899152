"""Sorting, and searching in what is sorted, over a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kernels import Array

__all__ = ["sorting_kernels"]


_FEW = 1024
"""Elements up to which the indices of rows take less time than ``take_along_axis`` takes to prepare itself."""


def sorting_kernels(xp: Any, argsort: Callable[[Array, int], Array]) -> dict[str, Callable[..., Any]]:
    """Sorting by ``argsort(a, dim)``, the backend's stable one, and searching in what is sorted."""

    def argsort_down(a: Array, dim: int) -> Array:
        # Sorting the reversed array and reversing the result keeps equal elements in their order.
        back = (slice(None),) * dim + (slice(None, None, -1),)
        return xp.subtract(a.shape[dim] - 1, argsort(a[back], dim)[back])

    def sort(a: Array, dim: int, descending: bool) -> tuple[Array, Array]:
        order = argsort_down(a, dim) if descending else argsort(a, dim)
        if not 0 < a.size <= _FEW or dim != a.ndim - 1:
            return xp.take_along_axis(a, order, axis=dim), order
        if dim == 0:
            return a[order], order
        rows, columns = a.reshape(-1, a.shape[dim]), order.reshape(-1, a.shape[dim])
        return rows[xp.arange(len(rows))[:, None], columns].reshape(a.shape), order

    def searchsorted(sorted_sequence: Array, values: Array, right: bool) -> Array:
        found = xp.searchsorted(sorted_sequence, values, side="right" if right else "left")
        return xp.asarray(found).astype("int64", copy=False)

    return {"sort": sort, "searchsorted": searchsorted}
