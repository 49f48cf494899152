"""The range of indices and of targets, which is looked at in every call that takes them."""

from __future__ import annotations

from flambeau._tensor import Tensor, from_array

__all__ = ["ends"]


def ends(integers: Tensor) -> tuple[int, int]:
    """The smallest and the largest of some integers: by the kernels, since nothing of it is recorded."""
    type_, array = integers._type, integers._array
    dims = tuple(range(len(array.shape)))
    low, high = (kernel(array, dims, False) for kernel in (type_.kernels.amin, type_.kernels.amax))
    return int(from_array(low, type_).item()), int(from_array(high, type_).item())
