"""The element types, and how a Python number becomes an element."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

__all__ = ["FLOATS", "INTEGERS", "TYPECODES", "Buffer", "itemsize", "limits", "pack", "wrap"]

Buffer: TypeAlias = "array[Any]"

TYPECODES = {
    "bool": "B",  # 0 or 1
    "uint8": "B",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "float32": "f",
    "float64": "d",
}
"""The code in :mod:`array` of each dtype that the backend has."""

FLOATS = frozenset({"float32", "float64"})
INTEGERS = frozenset(TYPECODES) - FLOATS - {"bool"}


def itemsize(dtype: str) -> int:
    """Bytes of one element."""
    return array(TYPECODES[dtype]).itemsize


def limits(dtype: str) -> tuple[int, int]:
    """The smallest and the largest value of an integer or bool dtype."""
    if dtype == "bool":
        return 0, 1
    bits = 8 * itemsize(dtype)
    return (0, 2**bits - 1) if dtype == "uint8" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def wrap(dtype: str) -> Callable[[int], int]:
    """The function that brings any integer into the range of ``dtype``, as machine arithmetic does."""
    lowest, highest = limits(dtype)
    mask = highest - lowest
    return lambda value: ((value - lowest) & mask) + lowest


def pack(values: Iterable[Any], dtype: str) -> Buffer:
    """A buffer of ``values``: integers wrap around, floats are rounded to the precision of ``dtype``.

    Kernels compute on Python's numbers, ints without limit and floats in double precision; this is where
    their results become elements. What is too large for a float32 becomes inf.
    """
    code = TYPECODES[dtype]
    if dtype not in INTEGERS:
        return array(code, values)
    values = list(values)
    try:
        return array(code, values)
    except OverflowError:
        return array(code, map(wrap(dtype), values))
