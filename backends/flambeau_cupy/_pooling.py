"""Pooling: a thread computes a window, and on the way back an element from all windows that have it.

So nothing is added by several threads, and results are the same each time.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array, Shape

from ._conv import PLAN, plan_of
from ._source import launch

__all__ = ["KERNELS", "SOURCES"]

_WINDOW = """
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 part = thread % inner, number = VOLUME(plan.out);
    const i64 window = thread / inner % number, plane = thread / inner / number;
    PARTS(window, plan.out, p);
    const S* from = a + plane * VOLUME(plan.size) * inner + part;
"""

_LARGEST = (
    """
extern "C" __global__ void NAME(i64 count, i64 inner, const S* a, Plan plan, S* values, i64* places) {"""
    + _WINDOW
    + """
    T best = 0;
    i64 place = -1;
    EACH_TAP(k) {
        const int x0 = MET(0, p0, k0), x1 = MET(1, p1, k1), x2 = MET(2, p2, k2);
        if (!WITHIN(x0, plan.size[0]) || !WITHIN(x1, plan.size[1]) || !WITHIN(x2, plan.size[2])) continue;
        const i64 here = ((i64)x0 * plan.size[1] + x1) * plan.size[2] + x2;
        const T x = wide(from[here * inner]);
        if (place < 0 || x > best || x != x) {  // of equal ones the first, of several nan the last
            best = x;
            place = here;
        }
    }
    put(values[thread], best);
    if (places) places[thread] = place;
}
"""
)

_SUMS = (
    """
extern "C" __global__ void NAME(i64 count, i64 inner, const S* a, Plan plan, S* result) {"""
    + _WINDOW
    + """
    T sum = 0;
    EACH_TAP(k) {
        const int x0 = MET(0, p0, k0), x1 = MET(1, p1, k1), x2 = MET(2, p2, k2);
        if (WITHIN(x0, plan.size[0]) && WITHIN(x1, plan.size[1]) && WITHIN(x2, plan.size[2]))
            sum += wide(from[(((i64)x0 * plan.size[1] + x1) * plan.size[2] + x2) * inner]);
    }
    put(result[thread], sum);
}
"""
)

# Without places, every window counts.
_BACKWARD = """
extern "C" __global__ void NAME(i64 count, i64 inner, const S* grad, const i64* places, Plan plan, S* result) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 part = thread % inner, elements = VOLUME(plan.size);
    const i64 element = thread / inner % elements, plane = thread / inner / elements;
    PARTS(element, plan.size, x);
    const i64 first = plane * VOLUME(plan.out) * inner + part;
    T sum = 0;
    EACH_TAP(k) {
        const int p0 = place_of(plan, 0, x0, k0), p1 = place_of(plan, 1, x1, k1), p2 = place_of(plan, 2, x2, k2);
        if (p0 < 0 || p1 < 0 || p2 < 0) continue;
        const i64 at = first + (((i64)p0 * plan.out[1] + p1) * plan.out[2] + p2) * inner;
        if (!places || places[at] == element) sum += wide(grad[at]);
    }
    put(result[thread], sum);
}
"""

SOURCES = {
    "window_largest": PLAN + _LARGEST, "window_sums": PLAN + _SUMS, "window_backward": PLAN + _BACKWARD,
}  # fmt: skip
"""The texts with a thread for each element."""


def _launched(name: str, result: Array, inner: int, *arguments: Any) -> None:
    launch(name, SOURCES[name], result.dtype.name, result.size, np.int64(inner), *arguments)


def _result(a: Array, dim: int, sizes: Shape) -> tuple[Array, int]:
    """An array for results, and how many elements lie side by side behind the pooled dims."""
    behind = a.shape[dim + len(sizes) :]
    return cupy.empty((*a.shape[:dim], *sizes, *behind), a.dtype), prod(behind)


def window_largest(
    a: Array, dim: int, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, sizes: Shape, with_places: bool
) -> tuple[Array, Array | None]:
    """The largest elements of windows, and where they are."""
    a = cupy.ascontiguousarray(a)
    values, inner = _result(a, dim, sizes)
    places = cupy.empty(values.shape, "int64") if with_places else None
    plan = plan_of(a.shape[dim : dim + len(sizes)], kernel, sizes, stride, padding, dilation)
    _launched("window_largest", values, inner, a, plan, values, places)
    return values, places


def window_sums(
    a: Array, dim: int, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, sizes: Shape
) -> Array:
    """The sums of windows."""
    a = cupy.ascontiguousarray(a)
    result, inner = _result(a, dim, sizes)
    plan = plan_of(a.shape[dim : dim + len(sizes)], kernel, sizes, stride, padding, dilation)
    _launched("window_sums", result, inner, a, plan, result)
    return result


def window_backward(
    grad: Array, places: Array | None, dim: int, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape,
    lengths: Shape,
) -> Array:  # fmt: skip
    """The sums of what windows that have an element give it."""
    grad = cupy.ascontiguousarray(grad)
    given = None if places is None else cupy.ascontiguousarray(places)
    result, inner = _result(grad, dim, lengths)
    plan = plan_of(lengths, kernel, grad.shape[dim : dim + len(lengths)], stride, padding, dilation)
    _launched("window_backward", result, inner, grad, given, plan, result)
    return result


KERNELS: dict[str, Callable[..., Any]] = {
    "window_largest": window_largest, "window_sums": window_sums, "window_backward": window_backward,
}  # fmt: skip
"""By their names."""
