"""The first elements of an order without sorting the others.

NumPy's partition finds the element at a place of the order. Which elements come before it, and how many of those equal to
it, is then a matter of comparisons; so the answer is that of a stable sort, at the price of a partition.
"""

from __future__ import annotations

import numpy as np

from ._sorting import comparable

__all__ = ["kthvalue", "partition", "topk"]


def topk(a: np.ndarray, k: int, dim: int, largest: bool) -> tuple[np.ndarray, np.ndarray]:
    """The first ``k`` elements along ``dim`` of a stable sort, and their indices."""
    rows = np.ascontiguousarray(np.moveaxis(comparable(a), dim, -1))
    length = rows.shape[-1]
    bound = _at_place(rows, length - k if largest else k - 1)
    indices = np.nonzero(_first(rows, bound, k, largest))[-1].reshape(*rows.shape[:-1], k)
    values = np.take_along_axis(rows, indices, -1)
    if largest:  # reversed twice, so that equal elements stay in their order
        order = k - 1 - np.argsort(values[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    else:
        order = np.argsort(values, axis=-1, kind="stable")
    values, indices = (np.moveaxis(np.take_along_axis(part, order, -1), -1, dim) for part in (values, indices))
    return np.ascontiguousarray(values, a.dtype), np.ascontiguousarray(indices)


def kthvalue(a: np.ndarray, k: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """The element at place ``k`` along ``dim`` of a stable sort, counted from 1, and its index."""
    rows = np.ascontiguousarray(np.moveaxis(comparable(a), dim, -1))
    value = _at_place(rows, k - 1)
    before, equal = _compared(rows, value, False)
    rank = k - np.count_nonzero(before, axis=-1, keepdims=True)
    found = _number(equal, rank)
    return np.moveaxis(value, -1, dim).astype(a.dtype), np.moveaxis(found, -1, dim)


def partition(a: np.ndarray, places: tuple[int, ...], dim: int) -> np.ndarray:
    """The kernel of this name."""
    return np.partition(comparable(a), places, axis=dim).astype(a.dtype, copy=False)


def _at_place(rows: np.ndarray, place: int) -> np.ndarray:
    """What stands at ``place`` of every sorted row, as a row of one."""
    found: np.ndarray = np.partition(rows, place, axis=-1)[..., place : place + 1]
    return found


def _compared(rows: np.ndarray, bound: np.ndarray, largest: bool) -> tuple[np.ndarray, np.ndarray]:
    """Which elements come before ``bound``, and which are equal to it; nan is equal to nan and larger than the rest."""
    before = rows > bound if largest else rows < bound
    equal = rows == bound
    if rows.dtype.kind not in "iub":
        missing, beyond = np.isnan(rows), np.isnan(bound)
        if missing.any():
            equal |= missing & beyond
            before |= missing & ~beyond if largest else ~missing & beyond
    return before, equal


def _first(rows: np.ndarray, bound: np.ndarray, k: int, largest: bool) -> np.ndarray:
    """Which elements are the first ``k`` of each row, where ``bound`` is the last of them."""
    before, equal = _compared(rows, bound, largest)
    chosen: np.ndarray = before | equal
    if (
        np.count_nonzero(chosen) > k * bound.size
    ):  # some rows have more elements equal to the bound than there is room for
        room = k - np.count_nonzero(before, axis=-1, keepdims=True)
        chosen = before | (equal & (np.cumsum(equal, axis=-1) <= room))
    return chosen


def _number(equal: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Where the true element number ``rank`` of each row is."""
    hits = equal if (rank == 1).all() else np.cumsum(equal, axis=-1) == rank
    places: np.ndarray = np.argmax(hits, axis=-1, keepdims=True)
    return places
