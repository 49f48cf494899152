"""Python integers as an array: indices and counts that are worked out from shapes."""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterable
from typing import Any

__all__ = ["vector"]


def vector(kernels: Any, values: Iterable[int]) -> Any:
    """Integers as an array."""
    entries = packed("q", values)
    return kernels.from_host(memoryview(entries), (len(entries),), "int64")
