"""What can be wrong with an array: functions of the seam and an array that give another of the same shape.

They are written with the kernels of the backend itself, so that every backend can be mutated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf, nan, prod
from typing import Any

from .calls import placed
from .seam import Seam

__all__ = [
    "BITS", "COMPLEX", "FLOATS", "HALVES", "NARROWER", "OFF", "REGIONS", "Change", "at", "copied", "grossly", "is_integral",
    "number", "off", "replaced", "slightly", "tiny",
]  # fmt: skip

Change = Callable[[Seam, Any], Any]

HALVES = ("float16", "bfloat16")
FLOATS = (*HALVES, "float32", "float64")
COMPLEX = ("complex64", "complex128")
BITS = {"uint8": 8, "int8": 8, "int16": 16, "int32": 32, "int64": 64}

OFF = {
    "float16": 8e-3, "bfloat16": 4e-2, "float32": 4e-5, "float64": 4e-6, "complex64": 4e-5, "complex128": 4e-6,
}  # fmt: skip
"""A relative error a little above what is tolerated of the dtype."""

NARROWER = {
    "float64": "float32", "complex128": "complex64", "int64": "float64", "int32": "float32", "float32": "bfloat16",
}  # fmt: skip
"""The dtype in which a kernel might compute by mistake."""


def is_integral(dtype: str) -> bool:
    """Whether a dtype is one of integers."""
    return dtype in BITS


def number(seam: Seam, value: Any, dtype: str) -> Any:
    """A 0-d array."""
    return seam.table.full((), value, dtype)


def copied(seam: Seam, array: Any) -> Any:
    """A copy in C order."""
    return seam.table.clone(array, False)


def grossly(seam: Seam, array: Any) -> Any:
    """Every element wrong by much, but for infinities and nan."""
    kernels, dtype = seam.table, seam.dtype(array)
    if dtype == "bool":
        return kernels.logical_not(array)
    if is_integral(dtype):
        return kernels.add(array, number(seam, 1, dtype))
    return kernels.add(kernels.mul(array, number(seam, 1.25, dtype)), number(seam, 0.25, dtype))


def off(relative: float) -> Change:
    """Every element wrong by a share of it."""

    def change(seam: Seam, array: Any) -> Any:
        return seam.table.mul(array, number(seam, 1 + relative, seam.dtype(array)))

    return change


def slightly(seam: Seam, array: Any) -> Any:
    """Every element wrong by a little more than is tolerated; integers and truth by as little as they can be."""
    dtype = seam.dtype(array)
    return off(OFF[dtype])(seam, array) if dtype in OFF else grossly(seam, array)


def tiny(seam: Seam, array: Any) -> Any:
    """Elements near zero wrong by a share of them that any relative tolerance sees, and an absolute one does not."""
    kernels, dtype = seam.table, seam.dtype(array)
    if dtype not in ("float32", "float64"):
        return array
    small = kernels.lt(kernels.abs(array), number(seam, 1e-4, dtype))
    return kernels.where(small, off(1e-3 if dtype == "float32" else 1e-6)(seam, array), array)


def replaced(found: float, by: float) -> Change:
    """Elements that are ``found`` (nan, an infinity, a zero of a sign) replaced by another number."""

    def change(seam: Seam, array: Any) -> Any:
        kernels, dtype = seam.table, seam.dtype(array)
        if dtype not in FLOATS:
            return array
        held = kernels.ne(array, array) if found != found else kernels.eq(array, number(seam, found, dtype))
        if not _any(seam, held):
            return array
        changed = kernels.where(held, number(seam, by, dtype), array)
        # Where they lie is not what is wrong: another order of memory is another order of sums.
        return changed if seam.contiguous(array) else placed(seam, changed, tuple(seam.backend.strides(array)))

    return change


def at(start: Callable[[int], int], stop: Callable[[int], int], change: Change = grossly) -> Change:
    """The elements from one place to another in C order wrong; the places are functions of the number of elements."""

    def changed(seam: Seam, array: Any) -> Any:
        count = prod(array.shape)
        first, last = start(count), stop(count)
        if not 0 <= first < last <= count:
            return array
        result = copied(seam, array)
        flat = seam.table.reshape(result, (count,))
        part = seam.table.slice(flat, (first,), (last - first,), (1,))
        seam.table.copy_into(part, change(seam, part))
        return result

    return changed


# -- regions of the domain ---------------------------------------------------------------------------------------------

_Region = Callable[[Seam, Any, str], Any]
"""From the seam, an array and its dtype to a mask."""


def _beyond(limit: float) -> _Region:
    return lambda seam, array, dtype: seam.table.lt(number(seam, limit, dtype), array)


def _below(limit: float) -> _Region:
    return lambda seam, array, dtype: seam.table.lt(array, number(seam, limit, dtype))


def _is(value: Any) -> _Region:
    return lambda seam, array, dtype: seam.table.eq(array, number(seam, value, dtype))


def _both(one: _Region, two: _Region) -> _Region:
    return lambda seam, array, dtype: seam.table.bitwise_and(one(seam, array, dtype), two(seam, array, dtype))


def _of_size(region: _Region) -> _Region:
    """Where the absolute value is in a region."""
    return lambda seam, array, dtype: region(seam, seam.table.abs(array), dtype)


def _halfway(seam: Seam, array: Any, dtype: str) -> Any:
    kernels = seam.table
    part = kernels.abs(kernels.sub(array, kernels.trunc(array)))
    return kernels.eq(part, number(seam, 0.5, dtype))


def _whole(seam: Seam, array: Any, dtype: str) -> Any:
    return seam.table.eq(array, seam.table.trunc(array))


def _limits(seam: Seam, array: Any, dtype: str) -> Any:
    """Where an integer is the smallest or the largest that its dtype holds."""
    bits, kernels = BITS[dtype], seam.table
    low, high = (0, 255) if dtype == "uint8" else (-(1 << bits - 1), (1 << bits - 1) - 1)
    return kernels.bitwise_or(*(kernels.eq(array, number(seam, each, dtype)) for each in (low, high)))


REGIONS: dict[str, tuple[_Region, tuple[str, ...]]] = {
    "negative": (_below(0), (*FLOATS, *BITS)),
    "above 1": (_beyond(1), (*FLOATS, *BITS)),
    "below -1": (_below(-1), FLOATS),
    "between -1 and 1": (_of_size(_below(1)), FLOATS),
    "tiny": (_both(_of_size(_below(1e-3)), _of_size(_beyond(0))), ("float32", "float64")),
    "huge": (_of_size(_beyond(1e4)), ("float32", "float64", "int32", "int64")),
    "above 20": (_of_size(_beyond(20)), FLOATS),
    "zero": (_is(0), (*FLOATS, *BITS, *COMPLEX)),
    "one": (_of_size(_is(1)), FLOATS),
    "halfway": (_halfway, FLOATS),
    "whole": (_whole, FLOATS),
    "infinite": (_of_size(_is(inf)), FLOATS),
    "nan": (lambda seam, array, _: seam.table.ne(array, array), (*FLOATS, *COMPLEX)),
    "limits": (_limits, tuple(BITS)),
}
"""Regions by name, each with the dtypes in which it has a meaning."""


def within(seam: Seam, region: str, array: Any) -> Any | None:
    """The mask of a region, or None where it has no meaning or no element lies in it."""
    mask, dtypes = REGIONS[region]
    dtype = seam.dtype(array)
    if dtype not in dtypes or not prod(array.shape):
        return None
    with suppress(OverflowError, ValueError):
        found = mask(seam, array, dtype)
        return found if _any(seam, found) else None
    return None


def _any(seam: Seam, mask: Any) -> bool:
    every = tuple(range(len(mask.shape)))
    return any(bytes(seam.table.to_host(seam.table.any(mask, every, False) if every else mask)))


def misplaced(seam: Seam, array: Any) -> Any:
    """What is read of an array that is not contiguous as if it were."""
    strides = list(_contiguous(array.shape))
    reach = sum((size - 1) * stride for size, stride in zip(array.shape, strides, strict=True))
    own = sum((size - 1) * stride for size, stride in zip(array.shape, seam.backend.strides(array), strict=True))
    if seam.contiguous(array) or reach > own:
        return array
    return seam.table.as_strided(array, array.shape, tuple(strides), 0)


def _contiguous(shape: tuple[int, ...]) -> Iterator[int]:
    for dim in range(len(shape)):
        yield prod(max(size, 1) for size in shape[dim + 1 :])


NAN, INF = nan, inf
