"""Sorting, and searching in what is sorted. In both, nan is larger than every number."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from ..dtypes import Buffer
from ..storage import MinimalArray, elements, fresh, map_lines

__all__ = ["sort", "searchsorted"]


def _key(value: Any) -> tuple[bool, Any]:
    return value != value, value


def sort(a: MinimalArray, dim: int, descending: bool) -> tuple[MinimalArray, MinimalArray]:
    """The elements along ``dim`` in order, and where they were."""

    def order(line: Buffer) -> list[int]:
        keys = [_key(value) for value in line]
        return sorted(range(len(line)), key=keys.__getitem__, reverse=descending)

    def ordered(line: Buffer) -> list[Any]:
        return sorted(line, key=_key, reverse=descending)

    return map_lines(ordered, a, dim), map_lines(order, a, dim, "int64")


def searchsorted(sorted_sequence: MinimalArray, values: MinimalArray, right: bool) -> MinimalArray:
    """Where to insert ``values``: before equal elements, or after them if ``right``."""
    keys = [_key(value) for value in elements(sorted_sequence)]
    search = bisect_right if right else bisect_left
    found = (search(keys, _key(value)) for value in elements(values))
    return fresh(found, values.shape, "int64", values.device)
