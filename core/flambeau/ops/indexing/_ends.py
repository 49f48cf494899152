"""The range of indices and of targets, which is looked at in every call that takes them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.late import refuse_later
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import host_list
from flambeau._tensor.storage import counted_as

__all__ = ["ends", "first_and_last", "from_the_front", "in_range"]

_FEW = 64
"""So many integers are compared sooner on the host than by two kernels."""


def in_range(integers: Tensor, first: int, stop: int, refusal: Callable[[int], Exception]) -> Tensor:
    """Integers, refused if one is not in ``range(first, stop)``.

    Where elements are not waited for, the device's backend refuses later, and what is given meanwhile has the nearest ones that
    are in the range: kernels check nothing.

    Raises:
        Exception: what ``refusal`` makes of the smallest one, or of the largest, that is not in the range.
    """
    if integers._type.backend.asynchronous and first < stop:
        _refuse_later(integers, first, stop, refusal)
        return _bounded(integers, first, stop - 1)
    smallest, largest = ends(integers)
    if smallest < first or largest >= stop:
        raise refusal(smallest if smallest < first else largest)
    return integers


def _refuse_later(integers: Tensor, first: int, stop: int, refusal: Callable[[int], Exception]) -> None:
    type_ = integers._type
    low, high = _ends_there(integers)
    if type_.dtype is not dtypes.int64:
        low, high = type_.kernels.cast(low, "int64"), type_.kernels.cast(high, "int64")
    refuse_later(type_, low, high, first, stop, refusal)


def _bounded(integers: Tensor, first: int, last: int) -> Tensor:
    type_, bits = integers._type, 8 * integers._type.dtype.itemsize
    first, last = max(first, -(1 << bits - 1)), min(last, (1 << bits - 1) - 1)
    array = type_.kernels.maximum(integers._array, type_.number(first))
    return counted_as(from_array(type_.kernels.minimum(array, type_.number(last)), type_), integers)


def _ends_there(integers: Tensor) -> tuple[Any, Any]:
    """The smallest and the largest of some integers, as arrays where they are."""
    kernels, array = integers._type.kernels, integers._array
    dims = tuple(range(len(array.shape)))
    return kernels.amin(array, dims, False), kernels.amax(array, dims, False)


def ends(integers: Tensor) -> tuple[int, int]:
    """The smallest and the largest of some integers: without the ops, since nothing of it is recorded."""
    if prod(integers._array.shape) <= _FEW:
        found = host_list(integers)
        return min(found), max(found)
    low, high = _ends_there(integers)
    return int(from_array(low, integers._type).item()), int(from_array(high, integers._type).item())


def from_the_front(index: Tensor, size: int, refusal: Callable[[int], Exception] | None = None) -> Tensor:
    """Indices along so many elements, negative ones counted from the end.

    Raises:
        Exception: what ``refusal`` makes of one that is out of range, as :func:`in_range`; without it these stay so.
    """
    if 0 in index._array.shape:
        return index
    if not index._type.backend.asynchronous:
        low, high = ends(index)
        if refusal is not None and (low < -size or high >= size):
            raise refusal(low if low < -size else high)
        if low >= 0:
            return index
    elif refusal is not None:
        index = in_range(index, -size, size, refusal)
    return counted_as(index + (index < 0) * size, index)


def first_and_last(integers: Tensor) -> tuple[int, int]:
    """The first and the last of a vector of integers."""
    if integers._array.shape[0] <= _FEW:
        found = host_list(integers)
        return found[0], found[-1]
    return int(integers[0].item()), int(integers[-1].item())
