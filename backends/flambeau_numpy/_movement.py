"""Movement kernels that NumPy has a shorter or faster way for."""

from __future__ import annotations

import numpy as np

from flambeau.backend import Shape

__all__ = ["as_strided", "expand", "flip"]


def expand(a: np.ndarray, shape: Shape) -> np.ndarray:
    """Repeat dims without a copy; of contiguous memory at a tenth of the time of ``numpy.broadcast_to``."""
    if not a.flags.c_contiguous or not a.size:
        view = np.broadcast_to(a, shape)
        view.flags.writeable = a.flags.writeable
        return view
    lead = len(shape) - a.ndim
    strides = [0 if own == 1 else stride for own, stride in zip(a.shape, a.strides, strict=True)]
    return np.ndarray(shape, a.dtype, a, 0, [0] * lead + strides)


def as_strided(a: np.ndarray, shape: Shape, strides: Shape, offset: int) -> np.ndarray:
    """Read the memory with other strides; of contiguous memory at a fifth of the time of NumPy's own function."""
    size = a.itemsize
    if not a.flags.c_contiguous or not a.size:
        start = np.lib.stride_tricks.as_strided(a, (offset + 1,), (size,))[offset:]
        return np.lib.stride_tricks.as_strided(start, shape, [size * stride for stride in strides])
    return np.ndarray(shape, a.dtype, a, offset * size, [size * stride for stride in strides])


_ALL, _BACKWARDS = slice(None), slice(None, None, -1)
_SWAPPED = {size: (np.dtype(f">u{size}"), np.dtype(f"<u{size}")) for size in (8, 4, 2)}
"""Words of so many bytes, from the last byte to the first and the other way round."""


def flip(a: np.ndarray, dims: Shape) -> np.ndarray:
    """A copy with dims reversed; rows of bytes as words, which are read from the other end, at a tenth of the time."""
    last = a.ndim - 1
    if last in dims and a.itemsize == 1 and a.strides[-1] == 1:
        for size, (ends, words) in _SWAPPED.items():
            if a.shape[-1] % size == 0:
                return _flipped(a.view(ends), dims).astype(words, order="C").view(a.dtype)
    return _flipped(a, dims).copy() if dims else a.copy()


def _flipped(a: np.ndarray, dims: Shape) -> np.ndarray:
    return a[tuple([_BACKWARDS if dim in dims else _ALL for dim in range(a.ndim)])]
