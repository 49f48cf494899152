"""Sorting, searching and matrix products over a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kernels import Array

__all__ = ["product_kernels", "sorting_kernels"]


def product_kernels(matmul: Callable[[Array, Array], Array]) -> dict[str, Callable[..., Array]]:
    """What is made of the backend's ``matmul``."""

    def addmm(bias: Array, a: Array, b: Array) -> Array:
        result = matmul(a, b)
        result += bias
        return result

    return {"matmul": matmul, "addmm": addmm}


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
