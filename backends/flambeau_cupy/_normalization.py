"""Normalisation of rows, one launch for each way, and of channels. Sums are of the numbers that halves are computed with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array

from ._halves import is_half
from ._layers import elementwise
from ._source import Rows, launch_rows, raw

__all__ = ["BLOCK_SOURCES", "KERNELS", "ROW_SOURCES", "SOURCES"]

_LAYER = """
extern "C" __global__ void NAME(
    i64 rows, i64 length, i64 inner, const S* a, const S* weight, const S* bias, T eps, S* result, T* means, T* rstds
) {
    const i64 row = ROW;
    if (row >= rows) return;
    const S* x = a + row * length;
    S* y = result + row * length;
    T part = 0;
    EACH(k) part += wide(x[k]);
    const T mean = total(part) / T(length);
    part = 0;
    EACH(k) {
        const T away = wide(x[k]) - mean;
        part += away * away;
    }
    const T rstd = T(1) / sqrt(total(part) / T(length) + eps);
    EACH(k) {
        T value = (wide(x[k]) - mean) * rstd;
        if (weight) value *= wide(weight[k]);
        if (bias) value += wide(bias[k]);
        put(y[k], value);
    }
    if (LANE == 0) {
        means[row] = mean;
        rstds[row] = rstd;
    }
}
"""

_LAYER_BACKWARD = """
extern "C" __global__ void NAME(
    i64 rows, i64 length, i64 inner, const S* grad, const S* a, const T* means, const T* rstds, const S* weight, S* slope
) {
    const i64 row = ROW;
    if (row >= rows) return;
    const S* x = a + row * length;
    const S* g = grad + row * length;
    S* s = slope + row * length;
    const T mean = means[row], rstd = rstds[row];
    T part = 0, product = 0;
    EACH(k) {
        const T weighted = weight ? wide(g[k]) * wide(weight[k]) : wide(g[k]);
        part += weighted;
        product += weighted * ((wide(x[k]) - mean) * rstd);
    }
    part = total(part) / T(length);
    product = total(product) / T(length);
    EACH(k) {
        const T weighted = weight ? wide(g[k]) * wide(weight[k]) : wide(g[k]);
        put(s[k], (weighted - part - (wide(x[k]) - mean) * rstd * product) * rstd);
    }
}
"""

ROW_SOURCES = {"layer_norm": _LAYER, "layer_norm_backward": _LAYER_BACKWARD}
"""The texts of the kernels over rows."""

_ACROSS, _DOWN = 32, 8
"""Columns and rows that a block of sums down the columns takes at a time."""

_LAYER_WEIGHT = f"""
extern "C" __global__ void NAME(
    i64 rows, i64 length, const S* grad, const S* a, const T* means, const T* rstds, T* parts
) {{
    __shared__ T found[{_DOWN}][{_ACROSS}];
    const i64 column = (i64)blockIdx.x * {_ACROSS} + threadIdx.x;
    T part = 0;
    if (column < length)
        for (i64 row = (i64)blockIdx.y * {_DOWN} + threadIdx.y; row < rows; row += (i64)gridDim.y * {_DOWN}) {{
            const i64 at = row * length + column;
            part += wide(grad[at]) * ((wide(a[at]) - means[row]) * rstds[row]);
        }}
    found[threadIdx.y][threadIdx.x] = part;
    __syncthreads();
    if (threadIdx.y == 0 && column < length) {{
        for (int other = 1; other < {_DOWN}; ++other) part += found[other][threadIdx.x];
        parts[blockIdx.y * length + column] = part;
    }}
}}
"""

SOURCES = {"layer_norm_weight": _LAYER_WEIGHT}
"""The text of the sums down columns."""

_WALK = """
    // The elements of a channel lie in `outer` pieces of `inner`; a block of several takes every so many of them.
    const i64 channel = blockIdx.x, channels = gridDim.x, count = outer * inner;
    const i64 stride = (i64)gridDim.y * blockDim.x, begin = (i64)blockIdx.y * blockDim.x + threadIdx.x;
    const i64 more_pieces = stride / inner, more = stride % inner;
    i64 piece = begin / inner, rest = begin % inner;
    for (i64 k = begin; k < count; k += stride) {
        const i64 at = (piece * channels + channel) * inner + rest;
        BODY
        piece += more_pieces;
        rest += more;
        if (rest >= inner) {
            rest -= inner;
            ++piece;
        }
    }
"""

_MOMENTS = (
    """
// The mean and the squares about it of two lots of numbers together (Chan, Golub and LeVeque, 1979).
__device__ __forceinline__ void merge(T& n, T& mean, T& squares, T n2, T mean2, T squares2) {
    const T all = n + n2;
    if (n2 == T(0)) return;
    const T away = mean2 - mean, part = n2 / all;
    mean = n == T(0) ? mean2 : mean + away * part;
    squares = n == T(0) ? squares2 : squares + squares2 + away * away * n * part;
    n = all;
}

// Those of all threads of the block, for the first of them.
__device__ __forceinline__ void merge_block(T& n, T& mean, T& squares) {
    __shared__ T found[3][32];
    for (int step = 16; step; step >>= 1) {
        const T n2 = __shfl_down_sync(0xFFFFFFFFu, n, step), mean2 = __shfl_down_sync(0xFFFFFFFFu, mean, step);
        const T squares2 = __shfl_down_sync(0xFFFFFFFFu, squares, step);
        if ((threadIdx.x & 31) + step < 32) merge(n, mean, squares, n2, mean2, squares2);
    }
    if ((threadIdx.x & 31) == 0) {
        found[0][threadIdx.x >> 5] = n;
        found[1][threadIdx.x >> 5] = mean;
        found[2][threadIdx.x >> 5] = squares;
    }
    __syncthreads();
    if (threadIdx.x == 0)
        for (int warp = 1; warp < (int)(blockDim.x >> 5); ++warp)
            merge(n, mean, squares, found[0][warp], found[1][warp], found[2][warp]);
}

extern "C" __global__ void NAME(i64 outer, i64 inner, const S* a, T* parts, T* means, T* variances) {
    T n = 0, mean = 0, squares = 0;
"""
    + _WALK.replace(
        "BODY",
        """const T value = wide(a[at]), away = value - mean;
        n += T(1);
        mean += away / n;
        squares += away * (value - mean);""",
    )
    + """
    merge_block(n, mean, squares);
    if (threadIdx.x) return;
    if (gridDim.y == 1) {
        means[channel] = mean;
        variances[channel] = squares / n;
    } else {
        const i64 at = (i64)blockIdx.y * channels + channel, all = (i64)gridDim.y * channels;
        parts[at] = n;
        parts[all + at] = mean;
        parts[2 * all + at] = squares;
    }
}
"""
)

_MERGED = (
    _MOMENTS[: _MOMENTS.index("// Those of all threads")]
    + """
extern "C" __global__ void NAME(i64 channels, i64 several, const T* parts, T* means, T* variances) {
    const i64 channel = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= channels) return;
    T n = 0, mean = 0, squares = 0;
    for (i64 part = 0; part < several; ++part) {
        const i64 at = part * channels + channel, all = several * channels;
        merge(n, mean, squares, parts[at], parts[all + at], parts[2 * all + at]);
    }
    means[channel] = mean;
    variances[channel] = squares / n;
}
"""
)

_SUMS = (
    """
extern "C" __global__ void NAME(i64 outer, i64 inner, const S* grad, const S* a, const T* means, T* sums) {
    const T mean = means[blockIdx.x];
    T sum = 0, product = 0;
"""
    + _WALK.replace(
        "BODY",
        """const T g = wide(grad[at]);
        sum += g;
        product += g * (wide(a[at]) - mean);""",
    )
    + """
    sum = total(sum);
    product = total(product);
    if (threadIdx.x) return;
    const i64 at = (i64)blockIdx.y * channels + channel, all = (i64)gridDim.y * channels;
    sums[at] = sum;
    sums[all + at] = product;
}
"""
)

BLOCK_SOURCES = {"channel_moments": _MOMENTS, "channel_moments_merged": _MERGED, "channel_sums": _SUMS}
"""The texts of the kernels over channels, each of which has blocks of its own."""


# -- rows ------------------------------------------------------------------------------------------------


def _layer_norm(a: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    a, weight, bias = _dense(a), _dense(weight), _dense(bias)
    result = cupy.empty(a.shape, a.dtype)
    mean, rstd = (cupy.empty(a.shape[0], _sum_dtype(a)) for _ in range(2))
    number = mean.dtype.type(eps)
    launch_rows(
        "layer_norm", _LAYER, a.dtype.name, Rows(a.shape[0], a.shape[1], 1), a, weight, bias, number, result, mean, rstd
    )
    return result, mean, rstd


def _layer_norm_backward(grad: Array, a: Array, mean: Array, rstd: Array, weight: Array | None) -> Array:
    grad, a, mean, rstd, weight = (_dense(each) for each in (grad, a, mean, rstd, weight))
    slope = cupy.empty(a.shape, a.dtype)
    rows = Rows(a.shape[0], a.shape[1], 1)
    launch_rows("layer_norm_backward", _LAYER_BACKWARD, a.dtype.name, rows, grad, a, mean, rstd, weight, slope)
    return slope


def _layer_norm_weight(grad: Array, a: Array, mean: Array, rstd: Array) -> Array:
    grad, a, mean, rstd = (_dense(each) for each in (grad, a, mean, rstd))
    rows, length = a.shape
    blocks = min(max(rows // (16 * _DOWN), 1), 64)
    parts = cupy.empty((blocks, length), mean.dtype)
    raw("layer_norm_weight", _LAYER_WEIGHT, a.dtype.name)(
        (-(-length // _ACROSS), blocks), (_ACROSS, _DOWN), (np.int64(rows), np.int64(length), grad, a, mean, rstd, parts)
    )  # fmt: skip
    return parts[0] if blocks == 1 else cupy.sum(parts, axis=0, dtype=parts.dtype)


# -- channels --------------------------------------------------------------------------------------------


_BLOCK, _PIECE = 512, 1 << 14
"""Threads of a block, and how many elements of a channel one is given."""


def _channel_grid(a: Array) -> tuple[tuple[int, int], tuple[Any, Any]]:
    """The blocks over channels and over each of them, and what the texts take for the shape."""
    outer, channels, inner = a.shape
    return (channels, min(max(outer * inner // _PIECE, 1), 64)), (np.int64(outer), np.int64(inner))


def _channel_moments(a: Array) -> tuple[Array, Array]:
    a = _dense(a)
    mean, variance = (cupy.empty(a.shape[1], _sum_dtype(a)) for _ in range(2))
    if not a.size:
        mean.fill(np.nan)
        variance.fill(np.nan)
        return mean, variance
    grid, shape = _channel_grid(a)
    channels, several = grid
    parts = None if several == 1 else cupy.empty((3, several, channels), mean.dtype)
    raw("channel_moments", _MOMENTS, a.dtype.name, 0)(grid, (_BLOCK,), (*shape, a, parts, mean, variance))
    if parts is not None:
        raw("channel_moments_merged", _MERGED, a.dtype.name, 0)(
            (-(-channels // _BLOCK),), (_BLOCK,), (np.int64(channels), np.int64(several), parts, mean, variance)
        )
    return mean, variance


def _channel_sums(grad: Array, a: Array, mean: Array) -> tuple[Array, Array]:
    grad, a, mean = _dense(grad), _dense(a), _dense(mean)
    if not a.size:
        return cupy.zeros(a.shape[1], mean.dtype), cupy.zeros(a.shape[1], mean.dtype)
    grid, shape = _channel_grid(a)
    sums = cupy.empty((2, grid[1], grid[0]), mean.dtype)
    raw("channel_sums", _SUMS, a.dtype.name, 0)(grid, (_BLOCK,), (*shape, grad, a, mean, sums))
    found = sums[:, 0] if grid[1] == 1 else cupy.sum(sums, axis=1, dtype=sums.dtype)
    return found[0], found[1]


def _channel_scale(a: Array, mean: Array, scale: Array, bias: Array | None) -> Array:
    name = "normalize" if bias is None else "normalize_bias"
    numbers = [each[:, None] for each in (mean, scale, bias) if each is not None]
    kernel = elementwise(name, is_half(a), ("mean", "rstd", "b"))
    return kernel(a, *numbers, cupy.empty(a.shape, a.dtype))


def _channel_slope(grad: Array, a: Array, mean: Array, scale: Array, factor: Array, shift: Array) -> Array:
    numbers = [each[:, None] for each in (mean, scale, factor, shift)]
    kernel = elementwise("channel_slope", is_half(a), ("mean", "scale", "factor", "shift"))
    return kernel(grad, a, *numbers, cupy.empty(a.shape, a.dtype))


def _dense(array: Array | None) -> Any:
    return None if array is None else cupy.ascontiguousarray(array)


def _sum_dtype(a: Array) -> str:
    return "float32" if is_half(a) else str(a.dtype.name)


KERNELS: dict[str, Callable[..., Any]] = {
    "layer_norm": _layer_norm, "layer_norm_backward": _layer_norm_backward, "layer_norm_weight": _layer_norm_weight,
    "channel_moments": _channel_moments, "channel_sums": _channel_sums, "channel_scale": _channel_scale,
    "channel_slope": _channel_slope,
}  # fmt: skip
"""By their names."""
