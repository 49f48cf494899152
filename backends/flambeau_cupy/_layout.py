"""In which order the elements of results lie in memory: as NumPy's do, that of the operands, and C order where these differ.

CuPy's own results are in C order. Programs find the same strides on either backend.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cupy
import numpy as np

from flambeau.backend import Array, Shape

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
        order = _order(len(shape), [each.strides for each in spread])
        return ufunc(*[each.transpose(order) for each in spread]).transpose(_back(order))

    return kernel


def empty_in_order(a: Array) -> Array:
    """An array like ``a`` without gaps, in the order of it; of what is expanded, too."""
    if a.flags.c_contiguous:
        return cupy.empty(a.shape, a.dtype)
    order = _order(a.ndim, [a.strides])
    return cupy.empty([a.shape[dim] for dim in order], a.dtype).transpose(_back(order))


def _order(count: int, operands: Sequence[Shape]) -> list[int]:
    """The dims from the outermost to the innermost in memory; ``operands`` are strides.

    Each is put in from the inner ones outwards, as NumPy does it: where operands differ, what is found depends on that.
    """
    order: list[int] = []
    for dim in range(count - 1, -1, -1):
        place = 0
        for at, inner in enumerate(order):
            pairs = [(each[dim], each[inner]) for each in operands if each[dim] and each[inner]]
            if not pairs:
                continue
            if any(abs(outer) >= abs(further) for outer, further in pairs):
                break
            place = at + 1
        order.insert(place, dim)
    return order


def _back(order: Sequence[int]) -> list[int]:
    return sorted(range(len(order)), key=order.__getitem__)
