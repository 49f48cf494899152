"""Steps of optimizers: one pass over memory by a routine of BLAS, and many small arrays as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_multiple", "pack", "unpack"]

_Array: TypeAlias = NDArray[Any]

LARGE = 1 << 19
"""Elements from which one pass instead of two is worth to import SciPy's BLAS, once."""


def add_multiple(target: _Array, source: _Array, factor: float) -> bool:
    """Add a multiple of one array to another, in place: whether they are large, and as BLAS has them."""
    fits = target.size >= LARGE and target.dtype == source.dtype and target.dtype.char in "fd"
    if not fits or not (target.flags.c_contiguous and source.flags.c_contiguous):
        return False
    if factor == 0:  # of which BLAS leaves nan out
        np.add(target, source * factor, out=target)
    else:
        _axpy(target.dtype.char)(source.reshape(-1), target.reshape(-1), a=factor)
    return True


@cache
def _axpy(char: str) -> Callable[..., Any]:
    """BLAS's ``y += a * x`` of a dtype."""
    from scipy.linalg import blas  # it takes longer than NumPy's own import

    found: Callable[..., Any] = {"f": blas.saxpy, "d": blas.daxpy}[char]
    return found


def pack(arrays: Sequence[_Array]) -> _Array:
    """The elements of all arrays, one after the other, each in C order."""
    return np.concatenate([array if array.ndim == 1 else array.reshape(-1) for array in arrays])


def unpack(vector: _Array, arrays: Sequence[_Array]) -> None:
    """Write the elements of a vector into arrays, in the order of :func:`pack`."""
    end = 0
    for array in arrays:
        start, end = end, end + array.size
        part = vector[start:end]
        array[...] = part if array.ndim == 1 else part.reshape(array.shape)
