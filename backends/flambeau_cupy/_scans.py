"""Running extremes and sums of exponentials: the threads of a row go along it together, a piece at a time.

Each combines what it has with what those before it have, and all of it with what the pieces before gave.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array

from ._source import launch_rows, rows_of

__all__ = ["INTEGER_SOURCES", "KERNELS", "ROW_SOURCES"]

_SCAN = """
// What a thread of a row has combined with what those before it have.
__device__ __forceinline__ T with_those_before(T value, T neutral) {
#if WIDTH != 1
    for (int step = 1; step < 32; step <<= 1) {
        const T before = __shfl_up_sync(0xFFFFFFFFu, value, step);
        if ((threadIdx.x & 31) >= step) value = both(before, value);
    }
#endif
#if WIDTH == 0
    __shared__ T ends[32];
    __syncthreads();
    if ((threadIdx.x & 31) == 31) ends[threadIdx.x >> 5] = value;
    __syncthreads();
    T before = neutral;
    for (int warp = 0; warp < (int)(threadIdx.x >> 5); ++warp) before = both(before, ends[warp]);
    value = both(before, value);
#endif
    return value;
}

// What the last thread of a row has.
__device__ __forceinline__ T of_the_last(T value) {
#if WIDTH == 32
    value = __shfl_sync(0xFFFFFFFFu, value, 31);
#elif WIDTH == 0
    __shared__ T last;
    __syncthreads();
    if (threadIdx.x == blockDim.x - 1) last = value;
    __syncthreads();
    value = last;
#endif
    return value;
}

extern "C" __global__ void NAME(i64 rows, i64 length, i64 inner, const S* a, T neutral, S* result) {
    const i64 row = ROW;
    if (row >= rows) return;
    const S* x = a + FIRST(row);
    S* y = result + FIRST(row);
    T carried = neutral;
    for (i64 first = 0; first < length; first += LANES) {
        const i64 k = first + LANE;
        T value = k < length ? wide(x[k * inner]) : neutral;
        value = both(carried, with_those_before(value, neutral));
        if (k < length) put(y[k * inner], value);
        carried = of_the_last(value);
    }
}
"""

_BOTH = "__device__ __forceinline__ T both(T before, T now) {{ {body} }}\n"

_ADDED = """
    const T top = larger(before, now), low = before == top ? now : before;
    return top == INFINITY || top == -INFINITY || top != top ? top : top + log1p(exp(low - top));"""

INTEGER_SOURCES = {
    "cummax": _BOTH.format(body="return larger(before, now);") + _SCAN,
    "cummin": _BOTH.format(body="return before < now || before != before ? before : now;") + _SCAN,
}  # fmt: skip
"""The texts that are for integers, too."""

ROW_SOURCES = INTEGER_SOURCES | {"logcumsumexp": _BOTH.format(body=_ADDED.strip()) + _SCAN}
"""The texts of the kernels over rows."""


def _scanned(name: str, neutral: float) -> Callable[[Array, int], Array]:
    def kernel(a: Array, dim: int) -> Array:
        if a.dtype.kind in "biu" and a.dtype.name != "int64":
            return kernel(a.astype("int64"), dim).astype(a.dtype)
        a = cupy.ascontiguousarray(a)
        result = cupy.empty(a.shape, a.dtype)
        number: Any = np.dtype("float32" if a.dtype.itemsize == 2 else a.dtype.name).type
        limits = np.iinfo("int64")
        ends = (limits.min if neutral < 0 else limits.max) if a.dtype.kind == "i" else neutral
        rows = rows_of(a, dim)
        if rows.length:
            launch_rows(name, ROW_SOURCES[name], a.dtype.name, rows, a, number(ends), result)
        return result

    return kernel


KERNELS: dict[str, Callable[..., Array]] = {
    "cummax": _scanned("cummax", -inf), "cummin": _scanned("cummin", inf), "logcumsumexp": _scanned("logcumsumexp", -inf),
}  # fmt: skip
"""By their names."""
