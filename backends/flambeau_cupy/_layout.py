"""In which order the elements of results lie in memory: that of the operands, the first ones first. CuPy's own is C order."""

from __future__ import annotations

from collections.abc import Callable

import cupy
import numpy as np

from flambeau.backend import Array
from flambeau.shapes import dense_order

__all__ = ["empty_in_order", "in_memory_order"]


def in_memory_order(ufunc: Callable[..., Array]) -> Callable[..., Array]:
    """``ufunc`` with results in the order of the operands: these are turned so that it is C order, and the result turned back."""

    def kernel(*operands: Array, out: Array | None = None) -> Array:
        if out is not None:
            return ufunc(*operands, out=out)
        for each in operands:
            if not each.flags.c_contiguous:
                break
        else:
            return ufunc(*operands)
        shape = np.broadcast_shapes(*[each.shape for each in operands])
        spread = [cupy.broadcast_to(each, shape) for each in operands]
        order = dense_order(shape, *[each.strides for each in spread])
        return ufunc(*[each.transpose(order) for each in spread]).transpose(_back(order))

    return kernel


def empty_in_order(a: Array) -> Array:
    """An array like ``a`` without gaps, in the order of it; of what is expanded, too."""
    if a.flags.c_contiguous:
        return cupy.empty(a.shape, a.dtype)
    order = dense_order(a.shape, a.strides)
    return cupy.empty([a.shape[dim] for dim in order], a.dtype).transpose(_back(order))


def _back(order: tuple[int, ...]) -> list[int]:
    return sorted(range(len(order)), key=order.__getitem__)
