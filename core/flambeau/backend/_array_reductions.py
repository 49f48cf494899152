"""Reductions, scans and the softmax family over a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from ._array_loss import entropy_kernels, parts_by_steps
from .kernels import Array, Shape

__all__ = ["HALVES", "IN_ORDER", "WIDENED", "in_order", "reduction_kernels", "widened"]

Kernel = Callable[..., Array]


WIDENED = (
    "sum", "prod", "mean", "var", "cumsum", "cumprod", "softmax", "softmax_backward", "log_softmax",
    "log_softmax_backward",
)  # fmt: skip
"""The kernels in which many elements add up."""


HALVES = "eE"
"""The codes of float16 and, in the package ml_dtypes, bfloat16."""


IN_ORDER = (
    "any", "all", "amax", "amin", "nansum", "square_sum", "logsumexp", "logcumsumexp", "cummax", "cummin", "argmax", "argmin",
    "roll",
)  # fmt: skip
"""Further kernels whose results lie in memory in their order of dims, also where those of the namespace do not."""


def in_order(kernel: Kernel) -> Kernel:
    """``kernel`` with results in C order."""

    def ordering(*arguments: Any) -> Array:
        result = kernel(*arguments)
        return result if result.flags.c_contiguous else result.copy(order="C")

    return ordering


def widened(kernel: Kernel) -> Kernel:
    """``kernel`` computing in float32 where it is given floats of 16 bits, as PyTorch does for :data:`WIDENED`.

    Results are in C order.
    """

    def widening(a: Array, *arguments: Any) -> Array:
        if a.dtype.char not in HALVES:
            result = kernel(a, *arguments)
            return result if result.flags.c_contiguous else result.copy(order="C")
        wide = [each.astype("float32") if getattr(each, "dtype", None) == a.dtype else each for each in arguments]
        return kernel(a.astype("float32"), *wide).astype(a.dtype, order="C")

    return widening


def reduction_kernels(xp: Any, sum_over: Kernel) -> dict[str, Kernel]:
    """The kernels over dims; ``sum_over(a, dims, keepdim)`` is the backend's sum."""
    return (
        {"sum": sum_over, "prod": _product(xp), "mean": _mean(xp, sum_over), "var": _variance(xp, sum_over)}
        | {name: _reduction(xp, getattr(xp, name)) for name in ("amax", "amin", "any", "all")}
        | {name: _position(xp, getattr(xp, name)) for name in ("argmax", "argmin")}
        | {"count_nonzero": lambda a, dims: xp.asarray(xp.count_nonzero(a, axis=dims)).astype("int64", copy=False)}
        | {name: _scan(getattr(xp, name)) for name in ("cumsum", "cumprod")}
        | _softmax_kernels(xp, sum_over)
    )


def _reduction(xp: Any, function: Kernel) -> Kernel:
    return lambda a, dims, keepdim: xp.asarray(function(a, axis=dims, keepdims=keepdim))


def _product(xp: Any) -> Kernel:
    return lambda a, dims, keepdim: xp.asarray(xp.prod(a, axis=dims, keepdims=keepdim, dtype=a.dtype))


def _position(xp: Any, function: Kernel) -> Kernel:
    return lambda a, dim, keepdim: xp.asarray(function(a, axis=dim, keepdims=keepdim)).astype("int64", copy=False)


def _scan(function: Kernel) -> Kernel:
    return lambda a, dim: function(a, axis=dim, dtype=a.dtype)


def _mean(xp: Any, sum_over: Kernel) -> Kernel:
    def mean(a: Array, dims: Shape, keepdim: bool) -> Array:
        total = sum_over(a, dims, keepdim)
        return xp.true_divide(total, prod([a.shape[d] for d in dims]), out=total)

    return mean


def _variance(xp: Any, sum_over: Kernel) -> Kernel:
    mean = _mean(xp, sum_over)

    def var(a: Array, dims: Shape, keepdim: bool, correction: float) -> Array:
        deviation = xp.asarray(xp.subtract(a, mean(a, dims, True)))
        xp.square(deviation, out=deviation)
        total = sum_over(deviation, dims, keepdim)
        return xp.true_divide(total, max(0.0, prod([a.shape[d] for d in dims]) - correction), out=total)

    return var


def _softmax_kernels(xp: Any, sum_over: Kernel) -> dict[str, Kernel]:
    exp, log, subtract, multiply, divide = xp.exp, xp.log, xp.subtract, xp.multiply, xp.true_divide

    def shifted(a: Array, dim: int) -> Array:
        """The array less its maximum along ``dim``, so that exp of it does not overflow."""
        return subtract(a, xp.amax(a, axis=dim, keepdims=True)) if a.shape[dim] else a.copy()

    def softmax(a: Array, dim: int) -> Array:
        result = shifted(a, dim)
        exp(result, out=result)
        return divide(result, sum_over(result, (dim,), True), out=result)

    def softmax_backward(grad: Array, result: Array, dim: int) -> Array:
        weighted = multiply(grad, result)
        total = sum_over(weighted, (dim,), True)
        return multiply(subtract(grad, total, out=weighted), result, out=weighted)

    def log_softmax(a: Array, dim: int) -> Array:
        result = shifted(a, dim)
        total = sum_over(exp(result), (dim,), True)
        return subtract(result, log(total, out=total), out=result)

    def log_softmax_backward(grad: Array, result: Array, dim: int) -> Array:
        scaled = exp(result)
        multiply(scaled, sum_over(grad, (dim,), True), out=scaled)
        return subtract(grad, scaled, out=scaled)

    return {
        "softmax": softmax, "softmax_backward": softmax_backward,
        "log_softmax": log_softmax, "log_softmax_backward": log_softmax_backward,
        **entropy_kernels(xp, sum_over, parts_by_steps(xp, sum_over, lambda a: shifted(a, 1))),
    }  # fmt: skip
