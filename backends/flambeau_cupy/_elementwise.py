"""Element-wise kernels that differ from CuPy's ufuncs.

CuPy's ``floor_divide`` and ``remainder`` of floats round the quotient before they take its floor, which gives 10
for ``1 // 0.1`` and nan for ``1 % inf``; its ``fmod`` of integers goes by way of float64, which has not all of
int64. Here all three are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from math import inf, nan

import cupy
import cupyx.scipy.special

from flambeau.backend import Array

from ._halves import in_bits, is_float, is_half, put_in, through_single
from ._layout import empty_in_order, in_memory_order
from ._source import statement_kernel

__all__ = ["WITH_NUMBERS", "clamp", "elementwise_overrides", "erf", "lgamma", "where"]


where = in_memory_order(in_bits(cupy.where))
"""The one or the other, as a condition says."""

_maximum, _minimum = in_memory_order(cupy.maximum), in_memory_order(cupy.minimum)


def floor_divide(a: Array, b: Array, out: Array | None = None) -> Array:
    """The quotient rounded down."""
    if not is_float(a):
        return cupy.floor_divide(a, b, out=out)
    rest = cupy.fmod(a, b)
    quotient = cupy.rint(cupy.true_divide(cupy.subtract(a, rest), b))  # an integer but for its rounding
    cupy.subtract(quotient, _astray(rest, b), out=quotient)
    exact = cupy.true_divide(a, b)  # whose sign a zero has, too
    # What is divided by zero has no remainder; its quotient is infinite or nan.
    return put_in(out, cupy.where(cupy.equal(b, 0), exact, cupy.copysign(quotient, exact)))


def remainder(a: Array, b: Array, out: Array | None = None) -> Array:
    """The remainder with the sign of the divisor."""
    if not is_float(a):
        return cupy.remainder(a, b, out=out)
    rest = cupy.fmod(a, b)
    return put_in(out, cupy.where(_astray(rest, b), cupy.add(rest, b), rest))


def fmod(a: Array, b: Array, out: Array | None = None) -> Array:
    """The remainder with the sign of the dividend."""
    if is_float(a):
        return cupy.fmod(a, b, out=out)
    rest = cupy.remainder(a, b)
    return put_in(out, cupy.where(_astray(rest, a), cupy.subtract(rest, b), rest))


def logical_not(a: Array, out: Array | None = None) -> Array:
    """Whether an element is zero; CuPy's ufunc lacks complex types."""
    return cupy.equal(a, 0, out=out) if a.dtype.kind == "c" else cupy.logical_not(a, out=out)


def erf(a: Array, out: Array | None = None) -> Array:
    """The error function."""
    return _of_scipy("erf")(a, out=out)


def lgamma(a: Array, out: Array | None = None) -> Array:
    """The logarithm of the gamma function's absolute value; CuPy would give -inf for -inf."""
    infinite = cupy.isinf(a)
    result = _of_scipy("gammaln")(a, out=out)
    cupy.copyto(result, inf, where=infinite)
    return result


def nextafter(a: Array, b: Array, out: Array | None = None) -> Array:
    """The neighbour towards ``b``, which of equal ones is ``b``; of halves CuPy takes ``a``, maybe a zero of the other sign."""
    if not is_half(a):
        return cupy.nextafter(a, b, out=out)
    return put_in(out, where(cupy.equal(a, b), b, cupy.nextafter(a, b)))


def zeta(x: Array, q: Array, out: Array | None = None) -> Array:
    """Hurwitz' zeta function; of an infinite ``q`` CuPy gives the limit, PyTorch nan."""
    infinite = cupy.isinf(q) & cupy.greater(q, 0) & cupy.greater(x, 1)
    return put_in(out, cupy.where(infinite, nan, _of_scipy("zeta")(x, q)))


# -- kernels of one's own, where CUDA's maximum loses the sign of a zero, and its power is not the root that PyTorch takes ----

_RELU = "y = a < 0 ? 0 : a;"
_LOWER = "y = a < low ? low : low == low ? a : low;"
_UPPER = "y = a > high ? high : high == high ? a : high;"
_RELU_BACKWARD = "y = b > 0 ? a : b == b ? 0 : a;"  # nan lets the gradient pass
_SIGMOID = "y = 1 / (1 + exp(-a));"
_MUL, _DIV = "y = a * b;", "y = a / b;"
_POWER = "y = b == 0.5 ? sqrt(a) : b == -0.5 ? 1 / sqrt(a) : pow(a, b);"


@cache
def _kernel(parameters: str, operation: str, halves: bool, wide: tuple[str, ...] = ()) -> Callable[..., Array]:
    return statement_kernel(parameters, "y", operation, "flambeau_elementwise", halves, wide)  # type: ignore[no-any-return]


def _computed(parameters: str, operation: str, *operands: Array, out: Array | None = None) -> Array:
    """What the statement gives for floats."""
    first = operands[0]
    kernel = _kernel(parameters, operation, is_half(first))
    return kernel(*operands, empty_in_order(first) if out is None else out)


def relu(a: Array, out: Array | None = None) -> Array:
    """The larger of an element and 0; nan stays, and so does -0.0."""
    if not is_float(a):
        return cupy.maximum(a, 0, out=out)
    return _computed("a", _RELU, a, out=out)


def relu_backward(grad: Array, result: Array, out: Array | None = None) -> Array:
    """The gradient where the result is not 0 or less."""
    if not is_float(grad):
        return put_in(out, cupy.where(cupy.less_equal(result, 0), grad.dtype.type(0), grad))
    return _computed("a b", _RELU_BACKWARD, grad, result, out=out)


def sigmoid(a: Array, out: Array | None = None) -> Array:
    """The logistic function; exp may overflow, and 1 / inf is the right answer there."""
    if not is_float(a):
        unit = a.dtype.type(1)
        return cupy.true_divide(unit, cupy.add(cupy.exp(cupy.negative(a)), unit), out=out)
    return _computed("a", _SIGMOID, a, out=out)


def clamp(a: Array, low: Array | None, high: Array | None) -> Array:
    """``a`` within its bounds; a zero at a bound of 0 keeps its sign."""
    if low is not None:
        a = _computed("a low", _LOWER, a, low) if is_float(a) else _maximum(a, low)
    if high is not None:
        a = _computed("a high", _UPPER, a, high) if is_float(a) else _minimum(a, high)
    return a


def power(a: Array, b: Array, out: Array | None = None) -> Array:
    """``a`` to the power ``b``; to a power of 0.5 or -0.5 that is one number, the root or what one is divided by it."""
    if not is_float(a) or b.ndim or not a.ndim:
        return cupy.power(a, b, out=out)
    return _computed("a b", _POWER, a, b, out=out)


def _with_one_number(operation: str) -> Callable[[Array, Array], Array]:
    """A kernel of halves and one number of float32, in which it computes."""

    def kernel(a: Array, number: Array) -> Array:
        return _kernel("a b", operation, True, ("b",))(a, number, empty_in_order(a))

    return kernel


WITH_NUMBERS = {"mul_wide": _with_one_number(_MUL), "div_wide": _with_one_number(_DIV)}
"""The kernels of halves and a number, by their names."""


def _of_scipy(name: str) -> Callable[..., Array]:
    """The kernel that a function of ``cupyx.scipy.special`` is; some have no loop of 16 bits, others give float64 for it."""
    return through_single(getattr(cupyx.scipy.special, name), "eE")


SPECIAL = {
    "erfc": "erfc", "erfcx": "erfcx", "erfinv": "erfinv", "ndtri": "ndtri", "log_ndtr": "log_ndtr", "digamma": "digamma",
    "igamma": "gammainc", "igammac": "gammaincc", "i0": "i0", "i0e": "i0e", "i1": "i1", "i1e": "i1e",
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
    own: dict[str, Callable[..., Array]] = {
        "floor_divide": through_single(floor_divide), "remainder": through_single(remainder), "fmod": fmod,
        "logical_not": through_single(logical_not), "nextafter": nextafter,
        "logical_and": _logical(cupy.logical_and), "logical_or": _logical(cupy.logical_or),
        "logical_xor": through_single(_logical(cupy.logical_xor)), "relu": relu, "relu_backward": relu_backward,
        "sigmoid": sigmoid, "pow": power, "zeta": through_single(zeta, "eE"),
    }  # fmt: skip
    return own | {name: _of_scipy(function) for name, function in SPECIAL.items()}


def _astray(rest: Array, wanted: Array) -> Array:
    """Whether a remainder has not the sign that is wanted."""
    return cupy.not_equal(rest, 0) & cupy.not_equal(cupy.less(rest, 0), cupy.less(wanted, 0))
