"""Kernels that make arrays, where NumPy has a shorter way than the functions of its namespace.

With them a thread gets its first tensor, and adopts the policies of :mod:`._policy`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._policy import adopt_policies, adopted

__all__ = ["copy_into", "empty", "from_host", "full"]


class _DTypes(dict[str, "np.dtype[Any]"]):
    """NumPy's dtypes by name: it takes as long to find one as to make a small array."""

    def __missing__(self, name: str) -> np.dtype[Any]:
        found = self[name] = np.dtype(name)
        return found


_dtypes = _DTypes()


def empty(shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """An array with arbitrary contents."""
    if not adopted():
        adopt_policies()
    return np.empty(shape, _dtypes[dtype])


def full(shape: tuple[int, ...], value: Any, dtype: str) -> NDArray[Any]:
    """An array filled with a number, which ``numpy.full`` makes an array of first."""
    if not adopted():
        adopt_policies()
    if value.__class__ is int and not value:  # not -0.0, which equals 0 too; large memory comes cleared from the system
        return np.zeros(shape, _dtypes[dtype])
    array = np.empty(shape, _dtypes[dtype])
    array.fill(value)
    return array


def from_host(buffer: Any, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """An array with a copy of the elements in a buffer."""
    if not adopted():
        adopt_policies()
    return np.frombuffer(buffer, _dtypes[dtype]).reshape(shape).copy()


def copy_into(target: NDArray[Any], source: NDArray[Any]) -> None:
    """Write what broadcasts to ``target`` into it: an assignment takes half the time of ``numpy.copyto``."""
    target[...] = source
