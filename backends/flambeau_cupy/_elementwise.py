"""Element-wise kernels that differ from CuPy's ufuncs.

CuPy's ``floor_divide`` and ``remainder`` of floats round the quotient before they take its floor, which gives 10
for ``1 // 0.1`` and nan for ``1 % inf``; its ``fmod`` of integers goes by way of float64, which has not all of
int64. Here all three are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

import cupy
import cupyx.scipy.special

from flambeau.backend import Array

__all__ = ["elementwise_overrides", "erf", "lgamma"]


def floor_divide(a: Array, b: Array, out: Array | None = None) -> Array:
    """The quotient rounded down."""
    if a.dtype.kind != "f":
        return cupy.floor_divide(a, b, out=out)
    rest = cupy.fmod(a, b)
    quotient = cupy.rint(cupy.true_divide(cupy.subtract(a, rest), b))  # an integer but for its rounding
    cupy.subtract(quotient, _astray(rest, b), out=quotient)
    exact = cupy.true_divide(a, b)  # whose sign a zero has, too
    # What is divided by zero has no remainder; its quotient is infinite or nan.
    return _given(out, cupy.where(cupy.equal(b, 0), exact, cupy.copysign(quotient, exact)))


def remainder(a: Array, b: Array, out: Array | None = None) -> Array:
    """The remainder with the sign of the divisor."""
    if a.dtype.kind != "f":
        return cupy.remainder(a, b, out=out)
    rest = cupy.fmod(a, b)
    return _given(out, cupy.where(_astray(rest, b), cupy.add(rest, b), rest))


def fmod(a: Array, b: Array, out: Array | None = None) -> Array:
    """The remainder with the sign of the dividend."""
    if a.dtype.kind == "f":
        return cupy.fmod(a, b, out=out)
    rest = cupy.remainder(a, b)
    return _given(out, cupy.where(_astray(rest, a), cupy.subtract(rest, b), rest))


def logical_not(a: Array, out: Array | None = None) -> Array:
    """Whether an element is zero; CuPy's ufunc lacks complex types."""
    return cupy.equal(a, 0, out=out) if a.dtype.kind == "c" else cupy.logical_not(a, out=out)


def erf(a: Array, out: Array | None = None) -> Array:
    """The error function; CuPy would give float64 for float16."""
    return cupyx.scipy.special.erf(a, out=cupy.empty_like(a) if out is None else out)


def lgamma(a: Array, out: Array | None = None) -> Array:
    """The logarithm of the gamma function's absolute value; CuPy would give float64 for float16, and -inf for -inf."""
    infinite = cupy.isinf(a)
    result = cupyx.scipy.special.gammaln(a, out=cupy.empty_like(a) if out is None else out)
    cupy.copyto(result, inf, where=infinite)
    return result


def _of_scipy(name: str) -> Callable[..., Array]:
    """The kernel that a function of ``cupyx.scipy.special`` is; some of these have no loop of float16."""
    function = getattr(cupyx.scipy.special, name)

    def kernel(*operands: Array, out: Array | None = None) -> Array:
        dtype = operands[0].dtype
        if dtype.char == "e":
            return _given(out, function(*[operand.astype("float32") for operand in operands]).astype(dtype))
        return function(*operands, out=out)

    return kernel


SPECIAL = {
    "erfc": "erfc", "erfcx": "erfcx", "erfinv": "erfinv", "ndtri": "ndtri", "log_ndtr": "log_ndtr", "digamma": "digamma",
    "zeta": "zeta", "igamma": "gammainc", "igammac": "gammaincc", "i0": "i0", "i0e": "i0e", "i1": "i1", "i1e": "i1e",
}  # fmt: skip
"""Kernels that are a function of ``cupyx.scipy.special``, and its name."""


def _logical(ufunc: Callable[..., Array]) -> Callable[..., Array]:
    """``ufunc``, which lacks complex types, for these too."""

    def kernel(a: Array, b: Array, out: Array | None = None) -> Array:
        if a.dtype.kind == "c":
            a, b = cupy.not_equal(a, 0), cupy.not_equal(b, 0)
        return ufunc(a, b, out=out)

    return kernel


def elementwise_overrides() -> Mapping[str, Callable[..., Array]]:
    """The kernels of this module, some of which replace ufuncs of CuPy, by name."""
    return {
        "floor_divide": floor_divide, "remainder": remainder, "fmod": fmod, "logical_not": logical_not,
        "logical_and": _logical(cupy.logical_and), "logical_or": _logical(cupy.logical_or),
        "logical_xor": _logical(cupy.logical_xor), **{name: _of_scipy(function) for name, function in SPECIAL.items()},
    }  # fmt: skip


def _astray(rest: Array, wanted: Array) -> Array:
    """Whether a remainder has not the sign that is wanted."""
    return cupy.not_equal(rest, 0) & cupy.not_equal(cupy.less(rest, 0), cupy.less(wanted, 0))


def _given(out: Array | None, result: Array) -> Array:
    """The result, in ``out`` if there is one."""
    if out is None:
        return result
    cupy.copyto(out, result)
    return out
