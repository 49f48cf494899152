"""Python integers as an array: indices and counts that are worked out from shapes; and where to work them out."""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flambeau.backend.selection import find_place
from flambeau.backend.types import TensorType

__all__ = ["at_hand", "constant", "vector"]


def at_hand(type_: TensorType) -> TensorType:
    """The type where numbers are computed that are read at once: the CPU's where others would be waited for."""
    return find_place("cpu").type(type_.dtype) if type_.backend.asynchronous else type_


def vector(kernels: Any, values: Iterable[int]) -> Any:
    """Integers as an array."""
    entries = packed("q", values)
    return kernels.from_host(memoryview(entries), (len(entries),), "int64")


def constant(type_: Any, values: Iterable[int]) -> Any:
    """:func:`vector` where a type is, which nobody writes to: kept where the host would wait for each copy of its own."""
    return _kept(type_.place, tuple(values)) if type_.backend.asynchronous else vector(type_.kernels, values)


@lru_cache(maxsize=512)
def _kept(place: Any, values: tuple[int, ...]) -> Any:
    return vector(place.kernels, values)
