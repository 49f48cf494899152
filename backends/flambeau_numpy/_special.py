"""The special functions, by SciPy, which is imported when one is first called; erf of many float32 without it.

Where the C library's function is better, it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flambeau.backend._array_creation import dense_copy

from . import _libm

__all__ = ["KERNELS", "erf", "lgamma"]

_LARGE = 4096
"""Elements from which on the tangent of a polynomial is faster than SciPy: of a million, ten times."""

_BLOCK = 1 << 15
_EDGE = 4.2
"""In float32, erf is 1 well before."""

# atanh(erf(x)) / x as a polynomial in x**2 on [-_EDGE, _EDGE], highest power first: a weighted least squares fit, the
# weights of which were raised until the relative error of its hyperbolic tangent, 9.5e-8, was the same everywhere.
_POWERS = [
    np.array(value, "float32")
    for value in (
        1.418501623191508e-07, -5.668437540390274e-06, 8.763708010964137e-05, -0.000619783958545337,
        -0.00019183167318654947, 0.10276905620508797, 1.1283792742572865,
    )
]  # fmt: skip


# log(ndtr(x) / ndtr(-x)) / x as a polynomial in x**2, negated, highest power first: fitted as above, for an error of ndtr of
# 3e-8 at most. Further out than it was fitted, it goes to minus infinity.
_ODDS = [
    np.array(value, "float32")
    for value in (
        -3.51234123e-09, 2.64526671e-07, -7.92948875e-06, 1.10612387e-04, 6.51899517e-05, -7.26661691e-02, -1.59576988e00,
    )
]  # fmt: skip
_ONE = np.ones((), "float32")


def is_large_single(a: np.ndarray) -> bool:
    """Whether an array is one of those for which a polynomial pays."""
    return a.dtype.char == "f" and a.size >= _LARGE and a.flags.c_contiguous


def reciprocal_of_ndtr(a: np.ndarray, out: np.ndarray) -> np.ndarray:
    """1 over the normal distribution function of a block of float32, by the logarithm of its odds; written into ``out``."""
    _polynomial(_ODDS, np.multiply(a, a), out)
    np.multiply(out, a, out)
    np.exp(out, out)  # infinite for very negative elements, of which the distribution function is 0
    np.add(out, _ONE, out)
    return out


def erf(a: np.ndarray, out: np.ndarray | None = None) -> Any:
    """The error function; of large float32 arrays with an error of 3e-7 at most."""
    if is_large_single(a):
        return _erf_in_blocks(a, out)
    from scipy.special import erf

    return _in_own_dtype(erf, a, out=out)


def lgamma(a: np.ndarray, out: np.ndarray | None = None) -> Any:
    """The logarithm of the gamma function's absolute value."""
    if _libm.lgamma is not None:
        return _in_double(_libm.lgamma, a, out)
    from scipy.special import gammaln

    infinite = np.isneginf(a)  # where SciPy gives -inf
    size = np.abs(a)
    tiny = (size < np.finfo("float64").smallest_normal) & (size > 0)  # where it gives inf
    result = np.asarray(_in_own_dtype(gammaln, a, out=out))
    np.copyto(result, np.inf, where=infinite)
    if tiny.any() and a.dtype.char == "d":
        np.copyto(result, -np.log(size, where=tiny, out=size), where=tiny)
    return result


def erfc(a: np.ndarray, out: np.ndarray | None = None) -> Any:
    """1 - erf(a)."""
    if _libm.erfc is not None:
        return _in_double(_libm.erfc, a, out)
    from scipy.special import erfc

    return _in_own_dtype(erfc, a, out=out)


def _in_double(function: Any, a: np.ndarray, out: np.ndarray | None) -> Any:
    """A ufunc of float64, which takes all floats, with results of the dtype it is given."""
    if a.dtype.char == "d":
        return function(a, out=out)
    result = function(a)
    if out is None:
        return result.astype(a.dtype)
    out[...] = result
    return out


def erfinv(a: np.ndarray, out: np.ndarray | None = None) -> Any:
    """The inverse of the error function; of -0.0 SciPy's is 0."""
    from scipy.special import erfinv

    # The signs are read last: ``out`` may be the argument.
    return np.copysign(_in_own_dtype(erfinv, a, out=None), a, out=out)


def _of_scipy(name: str) -> Callable[..., Any]:
    """The kernel that a function of SciPy is."""

    def kernel(*operands: np.ndarray, out: np.ndarray | None = None) -> Any:
        import scipy.special

        return _in_own_dtype(getattr(scipy.special, name), *operands, out=out)

    return kernel


def zeta(x: np.ndarray, q: np.ndarray, out: np.ndarray | None = None) -> Any:
    """Hurwitz' zeta function; of an infinite ``q`` SciPy gives the limit, PyTorch nan."""
    from scipy.special import zeta

    infinite = np.isposinf(q) & (x > 1)  # read first: ``out`` may be one of the arguments
    result = np.asarray(_in_own_dtype(zeta, x, q, out=out))
    np.copyto(result, np.nan, where=infinite)
    return result


KERNELS: dict[str, Callable[..., Any]] = {
    "erfc": erfc, "erfcx": _of_scipy("erfcx"), "erfinv": erfinv, "ndtri": _of_scipy("ndtri"),
    "log_ndtr": _of_scipy("log_ndtr"), "digamma": _of_scipy("digamma"), "zeta": zeta,
    "igamma": _of_scipy("gammainc"), "igammac": _of_scipy("gammaincc"), "i0": _of_scipy("i0"), "i0e": _of_scipy("i0e"),
    "i1": _of_scipy("i1"), "i1e": _of_scipy("i1e"),
}  # fmt: skip
"""Kernels that are a function of SciPy."""


def _in_own_dtype(function: Any, *operands: np.ndarray, out: np.ndarray | None) -> Any:
    """SciPy has no floats of 16 bits: compute in float32."""
    if operands[0].itemsize != 2:
        return function(*operands, out=out)
    result = function(*[dense_copy(operand, "float32") for operand in operands])
    if out is None:
        return result.astype(operands[0].dtype)
    out[...] = result
    return out


def _erf_in_blocks(a: np.ndarray, out: np.ndarray | None) -> Any:
    direct = out is not None and out.flags.c_contiguous and out.dtype == a.dtype and not np.may_share_memory(out, a)
    result: Any = out if direct else np.empty(a.shape, a.dtype)
    source, target = a.reshape(-1), result.reshape(-1)
    square, factor = np.empty((2, min(_BLOCK, a.size)), a.dtype)
    for start in range(0, a.size, _BLOCK):
        x = target[start : start + _BLOCK]
        u, f = square[: x.size], factor[: x.size]
        source[start : start + _BLOCK].clip(-_EDGE, _EDGE, out=x)
        np.multiply(x, x, out=u)
        np.multiply(x, _polynomial(_POWERS, u, f), out=x)
        np.tanh(x, out=x)  # which is fast, and never more than 1
    if out is None or direct:
        return result
    out[...] = result
    return out


def _polynomial(coefficients: Sequence[np.ndarray], u: np.ndarray, out: np.ndarray) -> np.ndarray:
    """The polynomial of ``u``, by Horner's rule."""
    highest, *others, constant = coefficients
    np.multiply(u, highest, out=out)
    for coefficient in others:
        np.add(out, coefficient, out=out)
        np.multiply(out, u, out=out)
    np.add(out, constant, out=out)
    return out
