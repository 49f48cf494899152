"""Element-wise kernels over a NumPy-like namespace.

Most are the namespace's own ufuncs, which core calls directly where speed counts (``Backend.ufuncs``). As kernels they
get a wrapper that makes an array of what they give for 0-d operands, where NumPy gives a scalar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._array_creation import dense_copy
from .kernels import Array

__all__ = ["BINARY", "TWO_OPERANDS", "UNARY", "binary_kernel", "clamp_kernel", "elementwise_kernels", "unary_kernel"]

Kernel = Callable[..., Array]

UNARY = {
    "neg": "negative", "abs": "absolute", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint",
    "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "log2": "log2", "log10": "log10",
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "logical_not": "logical_not", "bitwise_not": "invert",
    "square": "square", "exp2": "exp2", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "conj": "conjugate",
}  # fmt: skip
"""Kernels of one operand that are a function of the namespace."""

BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "true_divide", "floor_divide": "floor_divide",
    "remainder": "remainder", "fmod": "fmod", "pow": "power", "atan2": "arctan2", "maximum": "maximum",
    "minimum": "minimum", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor",
    "left_shift": "left_shift", "right_shift": "right_shift", "hypot": "hypot", "logaddexp": "logaddexp",
    "logaddexp2": "logaddexp2", "copysign": "copysign", "nextafter": "nextafter", "fmax": "fmax", "fmin": "fmin",
    "gcd": "gcd", "lcm": "lcm", "logical_and": "logical_and", "logical_or": "logical_or", "logical_xor": "logical_xor",
}  # fmt: skip
"""Kernels of two operands that are a function of the namespace."""

TWO_OPERANDS = frozenset(BINARY) | {"relu_backward", "zeta", "igamma", "igammac"}
"""The element-wise kernels of two operands; the others have one."""


def unary_kernel(xp: Any, ufunc: Kernel) -> Kernel:
    """``ufunc`` with an array as its result, whatever its operand."""
    array_class, asarray = xp.ndarray, xp.asarray

    def kernel(a: Array, out: Array | None = None) -> Array:
        result = ufunc(a) if out is None else ufunc(a, out=out)
        return result if result.__class__ is array_class else asarray(result)

    return kernel


def binary_kernel(xp: Any, ufunc: Kernel) -> Kernel:
    """``ufunc`` with an array as its result, whatever its operands."""
    array_class, asarray = xp.ndarray, xp.asarray

    # The test of the class costs 25 ns; `out=...`, which asks NumPy for an array, is newer than NumPy 2.0.
    def kernel(a: Array, b: Array, out: Array | None = None) -> Array:
        result = ufunc(a, b) if out is None else ufunc(a, b, out=out)
        return result if result.__class__ is array_class else asarray(result)

    return kernel


def elementwise_kernels(xp: Any) -> dict[str, Kernel]:
    """The unary and binary kernels over ``xp``, without wrappers; erf and lgamma are the backend's."""
    table: dict[str, Kernel] = {name: getattr(xp, function) for name, function in (UNARY | BINARY).items()}
    return table | {
        "isnan": _isnan(xp),
        "isinf": _without_out(xp, xp.isinf),
        "isfinite": _without_out(xp, xp.isfinite),
        "signbit": _without_out(xp, xp.signbit),
        "sign": _sign(xp),
        "nextafter": _nextafter(xp),
        "remainder": _remainder(xp),
        "reciprocal": _reciprocal(xp),
        "rsqrt": _rsqrt(xp),
        "sigmoid": _sigmoid(xp),
        "relu": _relu(xp),
        "relu_backward": _relu_backward(xp),
    }


def _isnan(xp: Any) -> Kernel:
    # Not the namespace's own: NumPy 2.4's writes past gaps in `out`, and leaves three of four elements unwritten.
    not_equal = xp.not_equal
    return lambda a, out=None: not_equal(a, a, out=out)


def _nextafter(xp: Any) -> Kernel:
    neighbour, equal, where = xp.nextafter, xp.equal, xp.where

    def nextafter(a: Array, b: Array, out: Array | None = None) -> Array:
        if a.dtype.char != "e":
            return neighbour(a, b, out=out)
        # Of equal numbers it is the second, which may be a zero of the other sign; of halves the namespace takes the first.
        result = where(equal(a, b), b, neighbour(a, b))
        if out is None:
            return result
        xp.copyto(out, result)
        return out

    return nextafter


def _without_out(xp: Any, ufunc: Kernel) -> Kernel:
    """A ufunc that does as :func:`_isnan` says and has no other formula: its result is copied into ``out``."""

    def kernel(a: Array, out: Array | None = None) -> Array:
        if out is None:
            return ufunc(a)
        xp.copyto(out, ufunc(a))
        return out

    return kernel


def _sign(xp: Any) -> Kernel:
    greater, less, subtract, zero = xp.greater, xp.less, xp.subtract, _constants(xp, 0)

    def sign(a: Array, out: Array | None = None) -> Array:
        # Comparisons give PyTorch's 0 for nan, and are faster than repairing the namespace's nan.
        positive = greater(a, zero(a.dtype)).view("int8")
        negative = less(a, zero(a.dtype)).view("int8")
        return subtract(positive, negative).astype(a.dtype) if out is None else subtract(positive, negative, out=out)

    return sign


def _remainder(xp: Any) -> Kernel:
    """The namespace's own, whose zeros have the sign of the divisor; PyTorch's have that of the dividend."""
    copysign, zero = xp.copysign, _constants(xp, 0)

    def remainder(a: Array, b: Array, out: Array | None = None) -> Array:
        if a.dtype.kind in "biu":
            return xp.remainder(a, b, out=out)
        rest = xp.asarray(xp.remainder(a, b))
        xp.copyto(rest, copysign(zero(rest.dtype), a), where=rest == zero(rest.dtype))
        return rest if out is None else _copied(out, rest)

    return remainder


def _constants(xp: Any, value: float) -> Callable[[Any], Array]:
    """``value`` as a 0-d array of the dtype that is asked for: a Python number would cost as much as the operation."""
    made: dict[Any, Array] = {}

    def constant(dtype: Any) -> Array:
        found = made.get(dtype)
        if found is None:
            found = made[dtype] = xp.full((), value, dtype)
        return found

    return constant


def _reciprocal(xp: Any) -> Kernel:
    divide, one = xp.true_divide, _constants(xp, 1)
    return lambda a, out=None: divide(one(a.dtype), a, out=out)


def _rsqrt(xp: Any) -> Kernel:
    divide, sqrt, one = xp.true_divide, xp.sqrt, _constants(xp, 1)
    return lambda a, out=None: divide(one(a.dtype), sqrt(a, out=out), out=out)


def _copied(out: Array, values: Array) -> Array:
    out[...] = values
    return out


def _sigmoid(xp: Any) -> Kernel:
    negative, exp, add, divide, one = xp.negative, xp.exp, xp.add, xp.true_divide, _constants(xp, 1)

    def sigmoid(a: Array, out: Array | None = None) -> Array:
        if a.dtype.itemsize == 2:  # whose exponential is soon infinite
            rounded = sigmoid(dense_copy(a, "float32")).astype(a.dtype)
            return rounded if out is None else _copied(out, rounded)
        if out is not None and not out.flags.c_contiguous:  # NumPy's `negative` is wrong for some strides of `out`
            return _copied(out, sigmoid(a))
        # exp overflows to inf for very negative numbers, and 1 / inf is the right answer there.
        result = negative(a, out=out) if out is not None or a.shape else xp.asarray(negative(a))
        exp(result, out=result)
        unit = one(a.dtype)
        add(result, unit, out=result)
        return divide(unit, result, out=result)

    return sigmoid


def _relu(xp: Any) -> Kernel:
    less, where, copyto, zero = xp.less, xp.where, xp.copyto, _constants(xp, 0)

    def relu(a: Array, out: Array | None = None) -> Array:  # not the maximum, which may take the 0 for a -0.0
        nothing = zero(a.dtype)
        result = where(less(a, nothing), nothing, a)
        if out is None:
            return result
        copyto(out, result)
        return out

    return relu


def _relu_backward(xp: Any) -> Kernel:
    less_equal, where, copyto, zero = xp.less_equal, xp.where, xp.copyto, _constants(xp, 0)

    def relu_backward(grad: Array, result: Array, out: Array | None = None) -> Array:
        nothing = zero(grad.dtype)
        passed = where(less_equal(result, nothing), nothing, grad)
        if out is None:
            return passed
        copyto(out, passed)
        return out

    return relu_backward


def clamp_kernel(xp: Any) -> Kernel:
    """The kernel ``clamp``. What equals a limit stays: of zeros of both signs the maximum may be either."""
    maximum, minimum = binary_kernel(xp, xp.maximum), binary_kernel(xp, xp.minimum)

    def clamp(a: Array, low: Array | None, high: Array | None) -> Array:
        limited = a if low is None else maximum(a, low)
        limited = limited if high is None else minimum(limited, high)
        return xp.asarray(xp.where(xp.equal(limited, a), a, limited))

    return clamp
