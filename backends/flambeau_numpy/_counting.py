"""Counting: NumPy's own bincount, which adds up in float64."""

from __future__ import annotations

import numpy as np

__all__ = ["bincount"]


def bincount(a: np.ndarray, weights: np.ndarray | None, length: int) -> np.ndarray:
    """The kernel of this name."""
    if weights is None:
        return np.bincount(a, minlength=length)
    return np.bincount(a, weights, length).astype(weights.dtype, copy=False)
