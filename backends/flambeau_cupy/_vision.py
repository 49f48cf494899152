"""Sampling of images and volumes: a thread computes what all channels have at a place of the grid.

On the way back the threads add to elements as they come to them; where results have to be the same each time, one thread
goes over the grid for each channel. For what is computed see :mod:`flambeau.ops.nn.vision`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array
from flambeau.backend.determinism import chosen

from ._source import launch

__all__ = ["ATOMIC_SOURCES", "KERNELS", "SOURCES"]

_AXES = """
enum { BILINEAR, NEAREST, BICUBIC };
enum { ZEROS, BORDER, REFLECTION };
struct Way { int length[3], dims, taps, mode, padding, corners; };

// Along one dim, for each tap: the element, -1 outside, its weight and the slope of that.
struct Axis { int count; i64 element[4]; T weight[4], slope[4]; };

// A place as the padding has it, and whether it then goes with what it was, against it, or stands still.
__device__ __forceinline__ void pad(const Way& way, int length, T& place, T& turn) {
    if (way.padding == ZEROS) return;
    if (way.padding == REFLECTION) {
        const T low = way.corners ? T(0) : T(-0.5), span = way.corners ? T(length - 1) : T(length);
        if (span == T(0)) {
            place = turn = 0;
        } else {
            const T away = place - low, distance = away < T(0) ? -away : away;
            const T rest = fmod(distance, span);
            const bool ahead = fmod(floor(distance / span), T(2)) == T(0);
            place = ahead ? rest + low : span - rest + low;
            turn = (away < T(0)) == ahead ? T(-1) : T(1);
        }
    }
    const T last = T(length - 1);
    if (!(place > T(0) && place < last)) turn = 0;
    place = place < T(0) ? T(0) : place > last ? last : place;
}

__device__ __forceinline__ T near_weight(T x) { return (T(1.25) * x - T(2.25)) * x * x + T(1); }
__device__ __forceinline__ T far_weight(T x) { return ((T(-0.75) * x + T(3.75)) * x - T(6)) * x + T(3); }
__device__ __forceinline__ T near_slope(T x) { return (T(3.75) * x - T(4.5)) * x; }
__device__ __forceinline__ T far_slope(T x) { return (T(-2.25) * x + T(7.5)) * x - T(6); }

__device__ __forceinline__ Axis axis_of(const Way& way, int length, T coordinate) {
    const T edge = way.dims == 2 ? T(-1) : T(1);
    if (way.mode != BICUBIC && way.padding != ZEROS) {  // nan and infinities are places, too
        if (coordinate != coordinate) coordinate = edge;
        if (coordinate == INFINITY) coordinate = way.padding == BORDER ? T(1) : edge;
        if (coordinate == -INFINITY) coordinate = way.padding == BORDER ? T(-1) : edge;
    }
    T place = way.corners ? (coordinate + T(1)) / T(2) * T(length - 1) : ((coordinate + T(1)) * T(length) - T(1)) / T(2);
    if (way.mode != BICUBIC && way.padding == ZEROS && way.dims == 3 && place - place != T(0)) place = T(-9);
    T turn = 1;
    if (way.mode != BICUBIC) pad(way, length, place, turn);
    turn *= (way.corners ? T(length - 1) : T(length)) / T(2);
    const T first = way.mode == NEAREST ? rint(place) : floor(place), part = place - first;
    Axis axis;
    axis.count = way.taps;
    if (way.mode == NEAREST) {
        axis.weight[0] = 1;
        axis.slope[0] = 0;
    } else if (way.mode == BILINEAR) {
        axis.weight[0] = T(1) - part;
        axis.weight[1] = part;
        axis.slope[0] = -turn;
        axis.slope[1] = turn;
    } else {
        axis.weight[0] = far_weight(part + T(1));
        axis.weight[1] = near_weight(part);
        axis.weight[2] = near_weight(T(1) - part);
        axis.weight[3] = far_weight(T(2) - part);
        axis.slope[0] = far_slope(part + T(1)) * turn;
        axis.slope[1] = near_slope(part) * turn;
        axis.slope[2] = -near_slope(T(1) - part) * turn;
        axis.slope[3] = -far_slope(T(2) - part) * turn;
    }
    for (int tap = 0; tap < way.taps; ++tap) {
        T there = way.mode == BICUBIC ? first + T(tap - 1) : first + T(tap), ignored = 1;
        if (way.mode == BICUBIC && way.padding != ZEROS) {
            pad(way, length, there, ignored);
            there = trunc(there);
        }
        axis.element[tap] = there >= T(0) && there <= T(length - 1) ? (i64)there : -1;
    }
    return axis;
}

__device__ __forceinline__ void axes_of(const Way& way, const S* grid, Axis* axes) {
    for (int dim = 0; dim < 3; ++dim) {
        if (dim < 3 - way.dims) {  // which images have not
            axes[dim].count = 1;
            axes[dim].element[0] = 0;
            axes[dim].weight[0] = 1;
            axes[dim].slope[0] = 0;
        } else {
            axes[dim] = axis_of(way, way.length[dim], wide(grid[2 - dim]));
        }
    }
}

#define EACH_CORNER for (int i = 0; i < axes[0].count; ++i) for (int j = 0; j < axes[1].count; ++j) \\
    for (int k = 0; k < axes[2].count; ++k)
#define WEIGHT (axes[0].weight[i] * axes[1].weight[j] * axes[2].weight[k])
#define IS_INSIDE (axes[0].element[i] >= 0 && axes[1].element[j] >= 0 && axes[2].element[k] >= 0)
#define ELEMENT ((axes[0].element[i] * way.length[1] + axes[1].element[j]) * way.length[2] + axes[2].element[k])
#define VOLUME ((i64)way.length[0] * way.length[1] * way.length[2])
"""

_FORWARD = """
extern "C" __global__ void NAME(
    i64 count, i64 channels, i64 places, const S* input, const S* grid, Way way, S* result
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 image = thread / places, place = thread % places;
    Axis axes[3];
    axes_of(way, grid + thread * way.dims, axes);
    for (i64 channel = image * channels; channel < (image + 1) * channels; ++channel) {
        const S* x = input + channel * VOLUME;
        T sum = 0;
        EACH_CORNER sum += (IS_INSIDE ? wide(x[ELEMENT]) : T(0)) * WEIGHT;  // a weight may be nan
        put(result[channel * places + place], sum);
    }
}
"""

# What is not wanted is null.
_BACKWARD = """
extern "C" __global__ void NAME(
    i64 count, i64 channels, i64 places, const S* grad, const S* input, const S* grid, Way way, S* to_input, S* to_grid
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 image = thread / places, place = thread % places;
    Axis axes[3];
    axes_of(way, grid + thread * way.dims, axes);
    T slopes[3] = {0, 0, 0};
    for (i64 channel = image * channels; channel < (image + 1) * channels; ++channel) {
        const T g = wide(grad[channel * places + place]);
        EACH_CORNER {
            if (to_input && IS_INSIDE) atomicAdd(to_input + channel * VOLUME + ELEMENT, g * WEIGHT);
            if (!to_grid) continue;
            const T there = g * (IS_INSIDE ? wide(input[channel * VOLUME + ELEMENT]) : T(0));
            slopes[0] += there * axes[0].slope[i] * axes[1].weight[j] * axes[2].weight[k];
            slopes[1] += there * axes[0].weight[i] * axes[1].slope[j] * axes[2].weight[k];
            slopes[2] += there * axes[0].weight[i] * axes[1].weight[j] * axes[2].slope[k];
        }
    }
    if (to_grid) for (int dim = 3 - way.dims; dim < 3; ++dim)
        put(to_grid[thread * way.dims + 2 - dim], way.mode == NEAREST ? T(0) : slopes[dim]);
}
"""

# A thread for each channel of each image.
_INPUT_IN_ORDER = """
extern "C" __global__ void NAME(i64 count, i64 channels, i64 places, const S* grad, const S* grid, Way way, S* to_input) {
    const i64 channel = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= count) return;
    S* to = to_input + channel * VOLUME;
    for (i64 place = 0; place < places; ++place) {
        Axis axes[3];
        axes_of(way, grid + (channel / channels * places + place) * way.dims, axes);
        const T g = wide(grad[channel * places + place]);
        EACH_CORNER if (IS_INSIDE) put(to[ELEMENT], wide(to[ELEMENT]) + g * WEIGHT);
    }
}
"""

SOURCES = {"grid_sample": _AXES + _FORWARD, "grid_sample_input_in_order": _AXES + _INPUT_IN_ORDER}
"""The texts with a thread for each place, or channel."""

ATOMIC_SOURCES = {"grid_sample_backward": _AXES + _BACKWARD}
"""The same, for dtypes in which threads can add."""

_WAY = np.dtype(
    [("length", "i4", (3,)), ("dims", "i4"), ("taps", "i4"), ("mode", "i4"), ("padding", "i4"), ("corners", "i4")]
)
_TAPS = (2, 1, 4)


def _way(input: Array, mode: int, padding: int, align_corners: bool) -> Any:
    """The struct ``Way``."""
    way, dims = np.zeros(1, _WAY), input.ndim - 2
    way["length"] = (*[1] * (3 - dims), *input.shape[2:])
    for name, number in zip(
        ("dims", "taps", "mode", "padding", "corners"), (dims, _TAPS[mode], mode, padding, align_corners), strict=True
    ):
        way[name] = number
    return way


def _launched(name: str, source: str, count: int, input: Array, grid: Array, *arguments: Any) -> None:
    sizes = (np.int64(input.shape[1]), np.int64(prod(grid.shape[1:-1])))
    launch(name, source, grid.dtype.name, count, *sizes, *arguments)


def grid_sample(input: Array, grid: Array, mode: int, padding: int, align_corners: bool) -> Array:
    """The elements at the places of a grid."""
    input, grid = cupy.ascontiguousarray(input), cupy.ascontiguousarray(grid)
    result = cupy.empty((*input.shape[:2], *grid.shape[1:-1]), input.dtype)
    count, way = prod(grid.shape[:-1]), _way(input, mode, padding, align_corners)
    _launched("grid_sample", SOURCES["grid_sample"], count, input, grid, input, grid, way, result)
    return result


def grid_sample_backward(
    grad: Array, input: Array, grid: Array, mode: int, padding: int, align_corners: bool, of_input: bool, of_grid: bool
) -> tuple[Array | None, Array | None]:
    """The gradients of the elements and of the grid."""
    grad, input, grid = (cupy.ascontiguousarray(each) for each in (grad, input, grid))
    to_input = cupy.zeros(input.shape, input.dtype) if of_input else None
    to_grid = cupy.empty(grid.shape, grid.dtype) if of_grid else None
    count, way = prod(grid.shape[:-1]), _way(input, mode, padding, align_corners)
    added = None if chosen.on else to_input
    if added is not None or to_grid is not None:
        source = ATOMIC_SOURCES["grid_sample_backward"]
        _launched("grid_sample_backward", source, count, input, grid, grad, input, grid, way, added, to_grid)
    if to_input is not None and added is None:
        name, channels = "grid_sample_input_in_order", prod(input.shape[:2])
        _launched(name, SOURCES[name], channels, input, grid, grad, grid, way, to_input)
    return to_input, to_grid


KERNELS: dict[str, Callable[..., Any]] = {"grid_sample": grid_sample, "grid_sample_backward": grid_sample_backward}
"""By their names."""
