"""Steps of optimizers that a routine of BLAS makes in one pass over memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_multiple"]

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
