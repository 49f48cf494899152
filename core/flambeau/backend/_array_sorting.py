"""Sorting, and searching in what is sorted, over a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kernels import Array

__all__ = ["sorting_kernels"]


def sorting_kernels(xp: Any, argsort: Callable[[Array, int], Array]) -> dict[str, Callable[..., Any]]:
    """Sorting by ``argsort(a, dim)``, the backend's stable one, and searching in what is sorted."""

    def argsort_down(a: Array, dim: int) -> Array:
        # Sorting the reversed array and reversing the result keeps equal elements in their order.
        return a.shape[dim] - 1 - xp.flip(argsort(xp.flip(a, dim), dim), dim)

    def sort(a: Array, dim: int, descending: bool) -> tuple[Array, Array]:
        order = argsort_down(a, dim) if descending else argsort(a, dim)
        return xp.take_along_axis(a, order, axis=dim), order

    def searchsorted(sorted_sequence: Array, values: Array, right: bool) -> Array:
        found = xp.searchsorted(sorted_sequence, values, side="right" if right else "left")
        return xp.asarray(found).astype("int64", copy=False)

    return {"sort": sort, "searchsorted": searchsorted}
