"""The range of indices and of targets, which is looked at in every call that takes them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import host_list

__all__ = ["check_ends", "ends", "first_and_last"]

_FEW = 64
"""So many integers are compared sooner on the host than by two kernels."""


def check_ends(integers: Tensor, first: int, stop: int, refusal: Callable[[int], Exception]) -> bool:
    """Refuse integers that are not in ``range(first, stop)``; whether there may be negative ones.

    Where elements are not to be waited for, the device's backend refuses later.

    Raises:
        Exception: what ``refusal`` makes of the smallest one, or of the largest, that is not in the range.
    """
    type_ = integers._type
    if type_.backend.asynchronous:
        kernels = type_.kernels
        low, high = _ends_there(integers)
        if type_.dtype is not dtypes.int64:
            low, high = kernels.cast(low, "int64"), kernels.cast(high, "int64")
        type_.backend.refuse_later(low, high, first, stop, refusal)
        return first < 0
    smallest, largest = ends(integers)
    if smallest < first or largest >= stop:
        raise refusal(smallest if smallest < first else largest)
    return smallest < 0


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


def first_and_last(integers: Tensor) -> tuple[int, int]:
    """The first and the last of a vector of integers."""
    if integers._array.shape[0] <= _FEW:
        found = host_list(integers)
        return found[0], found[-1]
    return int(integers[0].item()), int(integers[-1].item())
