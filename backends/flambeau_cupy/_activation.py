"""Softmax and its logarithm: one launch that reads a row twice and writes it once. Halves are computed with in float32."""

from __future__ import annotations

from collections.abc import Callable

import cupy

from flambeau.backend import Array

from ._source import launch_rows, rows_of

__all__ = ["KERNELS", "ROW_SOURCES", "SPREAD"]

SPREAD = """
// The largest of a row, and the sum of exp of what the elements are less: in one go, the sum is rescaled when the largest grows.
template <class Value> __device__ __forceinline__ void spread(i64 length, const Value& value_at, T& top, T& sum) {
    T own = -INFINITY, part = 0;
    EACH(k) {
        const T value = value_at(k);
        if (value > own) {
            part = part * exp(own - value) + T(1);
            own = value;
        } else {
            part += value == own ? (own == -INFINITY ? T(0) : T(1)) : exp(value - own);  // of nan nan
        }
    }
    top = largest(own);
    sum = total(own == -INFINITY ? part : part * exp(own - top));  // what is -inf alone adds nothing, unless it is nan
    if (top == INFINITY) sum = top - top;
}
"""
"""What a row's softmax is made with."""

_FORWARD = """
extern "C" __global__ void NAME(i64 rows, i64 length, i64 inner, const S* a, S* result) {{
    const i64 row = ROW;
    if (row >= rows) return;
    const S* x = a + FIRST(row);
    S* y = result + FIRST(row);
    T top, sum;
    spread(length, [&](i64 k) {{ return wide(x[k * inner]); }}, top, sum);
    {prepare}
    EACH(k) put(y[k * inner], {value});
}}
"""

_BACKWARD = """
extern "C" __global__ void NAME(i64 rows, i64 length, i64 inner, const S* grad, const S* result, S* slope) {{
    const i64 row = ROW;
    if (row >= rows) return;
    const S* g = grad + FIRST(row);
    const S* r = result + FIRST(row);
    S* s = slope + FIRST(row);
    T part = 0;
    EACH(k) part += {term};
    const T sum = total(part);
    EACH(k) put(s[k * inner], {value});
}}
"""

_G, _R, _X = (f"wide({name}[k * inner])" for name in "grx")

ROW_SOURCES = {
    "softmax": SPREAD + _FORWARD.format(prepare="", value=f"exp({_X} - top) / sum"),
    "log_softmax": SPREAD + _FORWARD.format(prepare="const T log_sum = log(sum);", value=f"{_X} - top - log_sum"),
    "softmax_backward": _BACKWARD.format(term=f"{_G} * {_R}", value=f"({_G} - sum) * {_R}"),
    "log_softmax_backward": _BACKWARD.format(term=_G, value=f"{_G} - exp({_R}) * sum"),
}  # fmt: skip
"""The texts of the kernels over rows."""


def _forward(name: str) -> Callable[[Array, int], Array]:
    def kernel(a: Array, dim: int) -> Array:
        a = cupy.ascontiguousarray(a)
        result = cupy.empty(a.shape, a.dtype)
        launch_rows(name, ROW_SOURCES[name], a.dtype.name, rows_of(a, dim), a, result)
        return result

    return kernel


def _backward(name: str) -> Callable[[Array, Array, int], Array]:
    def kernel(grad: Array, result: Array, dim: int) -> Array:
        grad, result = cupy.ascontiguousarray(grad), cupy.ascontiguousarray(result)
        slope = cupy.empty(result.shape, result.dtype)
        launch_rows(name, ROW_SOURCES[name], result.dtype.name, rows_of(result, dim), grad, result, slope)
        return slope

    return kernel


KERNELS: dict[str, Callable[..., Array]] = {
    "softmax": _forward("softmax"), "log_softmax": _forward("log_softmax"),
    "softmax_backward": _backward("softmax_backward"), "log_softmax_backward": _backward("log_softmax_backward"),
}  # fmt: skip
"""By their names."""
