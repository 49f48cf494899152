"""The special functions, by SciPy, which is imported when one is first called."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["erf", "lgamma"]


def erf(a: np.ndarray, out: np.ndarray | None = None) -> Any:
    """The error function."""
    from scipy.special import erf

    return _in_own_dtype(erf, a, out)


def lgamma(a: np.ndarray, out: np.ndarray | None = None) -> Any:
    """The logarithm of the gamma function's absolute value."""
    from scipy.special import gammaln

    infinite = np.isneginf(a)
    result = _in_own_dtype(gammaln, a, out)
    return np.where(infinite, -result, result) if out is None else np.negative(result, out=out, where=infinite)


def _in_own_dtype(function: Any, a: np.ndarray, out: np.ndarray | None) -> Any:
    """SciPy has no float16: compute in float32, give float16."""
    if a.dtype.char != "e":
        return function(a, out=out)
    result = function(a.astype("float32"))
    if out is None:
        return result.astype("float16")
    out[...] = result
    return out
