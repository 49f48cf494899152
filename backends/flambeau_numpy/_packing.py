"""Many small arrays as one, and back: what a step of an optimizer does to them is then done once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack", "unpack"]

_Array: TypeAlias = NDArray[Any]


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
