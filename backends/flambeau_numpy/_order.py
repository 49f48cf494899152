"""The first elements of an order without sorting the others.

NumPy's partition finds the element at a place of the order. Which elements come before it, and how many of those equal to
it, is then a matter of comparisons; so the answer is that of a stable sort, at the price of a partition.
"""

from __future__ import annotations

import numpy as np

from ._sorting import argsort, comparable

__all__ = ["kthvalue", "partition", "topk"]

_GROUPS = 4
"""How many times more groups there are than elements asked for, how wide they are at least, and how many candidates are
few."""


def topk(a: np.ndarray, k: int, dim: int, largest: bool) -> tuple[np.ndarray, np.ndarray]:
    """The first ``k`` elements along ``dim`` of a stable sort, and their indices."""
    rows = np.ascontiguousarray(np.moveaxis(comparable(a), dim, -1))
    shape = (*rows.shape[:-1], k)
    rows = rows.reshape(-1, rows.shape[-1])
    candidates = _candidates(rows, k, largest)
    if candidates is None:
        indices = np.nonzero(_first(rows, k, largest))[1].reshape(-1, k)
        indices = np.take_along_axis(indices, _order(np.take_along_axis(rows, indices, 1), largest), 1)
    else:
        indices = _leading(rows, candidates, k, largest)
    values = np.take_along_axis(rows, indices, 1)
    values, indices = (np.moveaxis(part.reshape(shape), -1, dim) for part in (values, indices))
    return np.ascontiguousarray(values, a.dtype), np.ascontiguousarray(indices)


def _order(rows: np.ndarray, largest: bool) -> np.ndarray:
    """The indices that sort each row, ascending or descending; equal elements stay in their order."""
    if not largest:
        return argsort(rows, rows.ndim - 1)
    order: np.ndarray = rows.shape[-1] - 1 - argsort(rows[..., ::-1], rows.ndim - 1)[..., ::-1]
    return order


def _candidates(rows: np.ndarray, k: int, largest: bool) -> np.ndarray | None:
    """Some elements of each row with the first ``k`` among them; None if not few of them can be told so easily.

    Of the extremes of ``k`` groups or more, number ``k`` does not come before number ``k`` of all elements.
    """
    groups = _GROUPS * k
    width = rows.shape[1] // groups
    if width < _GROUPS:
        return None
    blocks = rows[:, : groups * width].reshape(len(rows), width, groups)
    bound = _at_place(blocks.max(1) if largest else blocks.min(1), groups - k if largest else k - 1)
    if (bound != bound).any():
        return None
    chosen: np.ndarray = ~(rows < bound) if largest else rows <= bound
    return chosen if np.count_nonzero(chosen) <= _GROUPS * k * len(rows) else None


def _leading(rows: np.ndarray, chosen: np.ndarray, k: int, largest: bool) -> np.ndarray:
    """The indices of the first ``k`` of the chosen elements of each row, of which there are ``k`` or more."""
    row, place = np.nonzero(chosen)
    order = _order(rows[row, place], largest)
    order = order[argsort(row[order], 0)]
    starts = np.searchsorted(row, np.arange(len(rows)))
    found: np.ndarray = place[order[starts[:, None] + np.arange(k)]]
    return found


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


def _first(rows: np.ndarray, k: int, largest: bool) -> np.ndarray:
    """Which elements are the first ``k`` of each row."""
    bound = _at_place(rows, rows.shape[1] - k if largest else k - 1)
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
