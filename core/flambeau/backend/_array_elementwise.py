"""Element-wise kernels over a NumPy-like namespace.

Most are the namespace's own ufuncs, which core calls directly where speed counts (``Backend.ufuncs``). As kernels they
get a wrapper that makes an array of what they give for 0-d operands, where NumPy gives a scalar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kernels import Array

__all__ = ["elementwise_kernels", "returning_arrays"]

_UFUNCS = {
    "neg": "negative", "abs": "absolute", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint",
    "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "log2": "log2", "log10": "log10",
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "isnan": "isnan", "logical_not": "logical_not", "bitwise_not": "invert",
    "square": "square", "add": "add", "sub": "subtract", "mul": "multiply", "div": "true_divide",
    "floor_divide": "floor_divide", "remainder": "remainder", "fmod": "fmod", "pow": "power", "atan2": "arctan2",
    "maximum": "maximum", "minimum": "minimum", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal",
    "gt": "greater", "ge": "greater_equal", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor", "left_shift": "left_shift", "right_shift": "right_shift",
}  # fmt: skip
"""Kernels that are a function of the namespace."""


def elementwise_kernels(xp: Any) -> dict[str, Callable[..., Array]]:
    """The unary and binary kernels over ``xp``; erf and lgamma are the backend's."""
    table: dict[str, Callable[..., Array]] = {name: getattr(xp, ufunc) for name, ufunc in _UFUNCS.items()}
    table |= _special_cases(xp)
    table |= _activations(xp)
    return table


def returning_arrays(xp: Any, ufunc: Callable[..., Any]) -> Callable[..., Array]:
    """``ufunc`` with an array as its result, whatever its operands."""
    asarray, array_class = xp.asarray, xp.ndarray

    def kernel(*operands: Array, out: Array | None = None) -> Array:
        result = ufunc(*operands) if out is None else ufunc(*operands, out=out)
        return result if result.__class__ is array_class else asarray(result)

    return kernel


def _special_cases(xp: Any) -> dict[str, Callable[..., Array]]:
    ufunc_sign, isnan, copyto, divide = xp.sign, xp.isnan, xp.copyto, xp.true_divide
    sqrt, floor_divide, remainder = xp.sqrt, xp.floor_divide, xp.remainder

    def sign(a: Array, out: Array | None = None) -> Array:
        if a.dtype.kind == "b":
            return xp.array(a) if out is None else _copied(copyto, out, a)
        missing = isnan(a) if a.dtype.kind == "f" else None
        result = xp.asarray(ufunc_sign(a) if out is None else ufunc_sign(a, out=out))
        if missing is not None:
            copyto(result, xp.zeros((), result.dtype), where=missing)  # PyTorch's sign of nan is 0
        return result

    def reciprocal(a: Array, out: Array | None = None) -> Array:
        return divide(1, a, out=out)

    def rsqrt(a: Array, out: Array | None = None) -> Array:
        root = sqrt(a) if out is None else sqrt(a, out=out)
        return divide(1, root, out=out)

    return {"sign": sign, "reciprocal": reciprocal, "rsqrt": rsqrt, "floor_divide": floor_divide, "remainder": remainder}


def _copied(copyto: Any, target: Array, source: Array) -> Array:
    copyto(target, source)
    return target


def _activations(xp: Any) -> dict[str, Callable[..., Array]]:
    maximum, multiply, greater, exp, negative, divide = (
        xp.maximum, xp.multiply, xp.greater, xp.exp, xp.negative, xp.true_divide
    )  # fmt: skip
    zeros: dict[Any, Array] = {}

    def zero_like(a: Array) -> Array:
        # maximum() is not vectorised for a 0-d operand: one zero broadcast along the last dimension is (measured).
        key = (a.dtype, a.shape[-1:])
        found = zeros.get(key)
        if found is None:
            found = xp.zeros(a.shape[-1:], a.dtype)
            if len(zeros) < 64:
                zeros[key] = found
        return found

    def relu(a: Array, out: Array | None = None) -> Array:
        return maximum(a, zero_like(a), out=out)

    def relu_backward(grad: Array, result: Array, out: Array | None = None) -> Array:
        return multiply(grad, greater(result, zero_like(result)), out=out)

    def sigmoid(a: Array, out: Array | None = None) -> Array:
        # exp overflows to inf for very negative numbers, and 1 / inf is the right answer there.
        result = xp.asarray(negative(a) if out is None else negative(a, out=out))
        exp(result, out=result)
        result += 1
        return divide(1, result, out=result)

    return {"relu": relu, "relu_backward": relu_backward, "sigmoid": sigmoid}
