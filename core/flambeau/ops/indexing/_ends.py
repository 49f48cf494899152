"""The range of indices and of targets, which is looked at in every call that takes them."""

from __future__ import annotations

from math import prod

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import host_list

__all__ = ["ends"]

_FEW = 64
"""So many integers are compared sooner on the host than by two kernels."""


def ends(integers: Tensor) -> tuple[int, int]:
    """The smallest and the largest of some integers: without the ops, since nothing of it is recorded."""
    if prod(integers._array.shape) <= _FEW:
        found = host_list(integers)
        return min(found), max(found)
    type_, array = integers._type, integers._array
    dims = tuple(range(len(array.shape)))
    low, high = (kernel(array, dims, False) for kernel in (type_.kernels.amin, type_.kernels.amax))
    return int(from_array(low, type_).item()), int(from_array(high, type_).item())
