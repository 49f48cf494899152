"""Cross entropy: one launch for losses and softmax, one for the gradient. Nothing is asked of the device.

Scores of halves are read as they are, and their gradient is rounded once; all between is of float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array

from ._activation import SPREAD
from ._halves import computed
from ._source import launch_rows, number_of, rows_of

__all__ = ["KERNELS", "ROW_SOURCES"]

_FORWARD = """
extern "C" __global__ void NAME(
    i64 rows, i64 length, i64 inner, const S* a, const i64* target, const T* weight, i64 ignored, bool ignores, T smoothing,
    T* losses, T* shares, T* scales
) {
    const i64 row = ROW;
    if (row >= rows) return;
    const S* x = a + FIRST(row);
    T* y = shares + FIRST(row);
    T top, sum, alike = 0;
    spread(length, [&](i64 k) { return wide(x[k * inner]); }, top, sum);
    const T logs = log(sum);
    EACH(k) {
        const T lower = wide(x[k * inner]) - top;
        if (smoothing != T(0)) alike += (logs - lower) * (weight ? weight[k] : T(1));
        y[k * inner] = exp(lower) / sum;
    }
    alike = total(alike);
    if (LANE == 0) {
        const i64 chosen = target[row];
        const bool out = ignores && chosen == ignored;
        const T scale = out ? T(0) : weight ? weight[chosen] : T(1);
        T loss = 0;
        if (!out) {
            loss = (logs - (wide(x[chosen * inner]) - top)) * scale;
            if (smoothing != T(0)) loss = loss * (T(1) - smoothing) + alike * (smoothing / T(length));
        }
        losses[row] = loss;
        if (scales) scales[row] = scale;
    }
}
"""

_BACKWARD = """
extern "C" __global__ void NAME(
    i64 rows, i64 length, i64 inner, const S* grad, bool each, const T* shares, const i64* target, const T* weight,
    const T* weights, i64 ignored, bool ignores, T smoothing, S* slope
) {
    const i64 row = ROW;
    if (row >= rows) return;
    const T* y = shares + FIRST(row);
    S* s = slope + FIRST(row);
    i64 chosen = target[row];
    const bool out = ignores && chosen == ignored;
    if (out) chosen = 0;
    const T g = out ? T(0) : wide(grad[each ? row : 0]);
    const T own = g * (T(1) - smoothing) * (weight ? weight[chosen] : T(1));
    const T alike = g * (smoothing / T(length));
    const T whole = weights ? own + alike * *weights : weight ? own : g;
    EACH(k) {
        T found = y[k * inner] * whole;
        if (smoothing != T(0)) found -= alike * (weight ? weight[k] : T(1));
        put(s[k * inner], k == chosen ? found - own : found);
    }
}
"""

ROW_SOURCES = {"cross_entropy": SPREAD + _FORWARD, "cross_entropy_backward": _BACKWARD}
"""The texts of the kernels over rows of scores."""


def _ignoring(ignored: int | None) -> tuple[Any, Any]:
    return np.int64(0 if ignored is None else ignored), np.bool_(ignored is not None)


def _cross_entropy(
    a: Array, target: Array, weight: Array | None, ignored: int | None, smoothing: float
) -> tuple[Array, Array, Array]:
    a, target = cupy.ascontiguousarray(a), cupy.ascontiguousarray(target)
    number = computed(a)
    losses, shares = cupy.empty(target.shape, number), cupy.empty(a.shape, number)
    counts = weight is not None or ignored is not None
    scales = cupy.empty(target.shape, number) if counts else None
    launch_rows(
        "cross_entropy", ROW_SOURCES["cross_entropy"], a.dtype.name, rows_of(a, 1), a, target, _computed(weight),
        *_ignoring(ignored), number_of(a, smoothing), losses, shares, scales,
    )  # fmt: skip
    whole = cupy.full((), losses.size, number) if scales is None else cupy.sum(scales, dtype=number)
    return losses, shares, whole


def _cross_entropy_backward(
    grad: Array, result: Array, target: Array, weight: Array | None, ignored: int | None, smoothing: float
) -> Array:
    grad, result, target = (cupy.ascontiguousarray(each) for each in (grad, result, target))
    slope, weight = cupy.empty(result.shape, grad.dtype), _computed(weight)
    weights = None if weight is None or not smoothing else cupy.sum(weight, dtype=weight.dtype)
    launch_rows(
        "cross_entropy_backward", ROW_SOURCES["cross_entropy_backward"], grad.dtype.name, rows_of(result, 1), grad,
        np.bool_(grad.size == target.size), result, target, weight, weights, *_ignoring(ignored),
        number_of(grad, smoothing), slope,
    )  # fmt: skip
    return slope


def _computed(weight: Array | None) -> Array | None:
    """The few numbers, one for each class, in the dtype that is computed in."""
    return None if weight is None else cupy.ascontiguousarray(weight).astype(computed(weight), copy=False)


KERNELS: dict[str, Callable[..., Any]] = {
    "cross_entropy": _cross_entropy,
    "cross_entropy_backward": _cross_entropy_backward,
}
"""By their names."""
