"""The range of indices and of targets, which is looked at in every call that takes them."""

from __future__ import annotations

from math import prod

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import host_list

__all__ = ["ends", "first_and_last"]

_FEW = 64
"""So many integers are compared sooner on the host than by two kernels."""


def ends(integers: Tensor) -> tuple[int, int]:
    """The smallest and the largest of some integers: without the ops, since nothing of it is recorded."""
    type_, array = integers._type, integers._array
    if prod(array.shape) <= _FEW:
        found = host_list(integers)
        return min(found), max(found)
    dims = tuple(range(len(array.shape)))
    low, high = (kernel(array, dims, False) for kernel in (type_.kernels.amin, type_.kernels.amax))
    return int(from_array(low, type_).item()), int(from_array(high, type_).item())


def first_and_last(integers: Tensor) -> tuple[int, int]:
    """The first and the last of a vector of integers."""
    if integers._array.shape[0] <= _FEW:
        found = host_list(integers)
        return found[0], found[-1]
    return int(integers[0].item()), int(integers[-1].item())
