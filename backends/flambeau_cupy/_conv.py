"""Convolutions: what meets the places of the kernel is laid out in columns by one launch, and multiplied by cuBLAS.

The way back adds up the columns that an element went to, in their order, so that results are the same each time. With one
channel in each group there is nothing for a product of matrices to do; then a thread computes an element.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array, Shape
from flambeau.backend._array_conv import convolution_kernels

from ._halves import computed, is_float, is_half, through_single
from ._products import matmul, multiply
from ._source import launch, raw

__all__ = ["BLOCK_SOURCES", "PLAN", "SOURCES", "kernels", "plan_of"]

_COLUMNS, _MOST = 1 << 26, 1 << 26
"""Elements that the columns of some samples have together, if one sample has not more, and that those of one have at most."""

PLAN = """
// A convolution in numbers, of three dims.
struct Plan { int size[3], kernel[3], out[3], stride[3], padding[3], dilation[3]; };
#define VOLUME(dims) ((i64)(dims)[0] * (dims)[1] * (dims)[2])
#define EACH_TAP(k) for (int k##0 = 0, k = 0; k##0 < plan.kernel[0]; ++k##0) \\
    for (int k##1 = 0; k##1 < plan.kernel[1]; ++k##1) for (int k##2 = 0; k##2 < plan.kernel[2]; ++k##2, ++k)

// Where the element is that a tap meets at a place in one dim.
#define MET(dim, place, tap) ((place) * plan.stride[dim] - plan.padding[dim] + (tap) * plan.dilation[dim])
#define WITHIN(x, limit) ((unsigned)(x) < (unsigned)(limit))

// At which place a tap meets an element, or -1.
__device__ __forceinline__ int place_of(const Plan& plan, int dim, int element, int tap) {
    const int way = element + plan.padding[dim] - tap * plan.dilation[dim];
    if (way < 0 || way % plan.stride[dim]) return -1;
    const int place = way / plan.stride[dim];
    return place < plan.out[dim] ? place : -1;
}

#define PARTS(index, dims, x) \\
    const int x##2 = (int)((index) % (dims)[2]), x##1 = (int)((index) / (dims)[2] % (dims)[1]), \\
              x##0 = (int)((index) / (dims)[2] / (dims)[1])
"""

_TO_COLUMNS = """
extern "C" __global__ void NAME(i64 count, i64 samples, i64 channels, const S* a, Plan plan, S* columns) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 places = VOLUME(plan.out), elements = VOLUME(plan.size);
    const i64 place = thread % places, sample = thread / places % samples, channel = thread / places / samples;
    PARTS(place, plan.out, p);
    const S* from = a + (sample * channels + channel) * elements;
    S* to = columns + channel * VOLUME(plan.kernel) * samples * places + sample * places + place;
    S nothing;
    put(nothing, T(0));
    EACH_TAP(k) {
        const int x0 = MET(0, p0, k0), x1 = MET(1, p1, k1), x2 = MET(2, p2, k2);
        const bool inside = WITHIN(x0, plan.size[0]) && WITHIN(x1, plan.size[1]) && WITHIN(x2, plan.size[2]);
        *to = inside ? from[((i64)x0 * plan.size[1] + x1) * plan.size[2] + x2] : nothing;
        to += samples * places;
    }
}
"""

_FROM_COLUMNS = """
extern "C" __global__ void NAME(
    i64 count, i64 samples, i64 channels, const T* columns, const S* bias, Plan plan, S* result
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 places = VOLUME(plan.out), elements = VOLUME(plan.size);
    const i64 element = thread % elements, channel = thread / elements % channels, sample = thread / elements / channels;
    PARTS(element, plan.size, x);
    const T* from = columns + channel * VOLUME(plan.kernel) * samples * places + sample * places;  // not yet rounded
    T sum = 0;
    EACH_TAP(k) {
        const int p0 = place_of(plan, 0, x0, k0), p1 = place_of(plan, 1, x1, k1), p2 = place_of(plan, 2, x2, k2);
        if (p0 >= 0 && p1 >= 0 && p2 >= 0)
            sum += from[k * samples * places + ((i64)p0 * plan.out[1] + p1) * plan.out[2] + p2];
    }
    put(result[thread], bias ? sum + wide(bias[channel]) : sum);
}
"""

_APART = """
extern "C" __global__ void NAME(
    i64 count, i64 channels, const S* a, const S* weight, const S* bias, Plan plan, S* result
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 places = VOLUME(plan.out), place = thread % places, plane = thread / places, channel = plane % channels;
    PARTS(place, plan.out, p);
    const S* from = a + plane * VOLUME(plan.size);
    const S* factors = weight + channel * VOLUME(plan.kernel);
    T sum = 0;
    EACH_TAP(k) {
        const int x0 = MET(0, p0, k0), x1 = MET(1, p1, k1), x2 = MET(2, p2, k2);
        if (WITHIN(x0, plan.size[0]) && WITHIN(x1, plan.size[1]) && WITHIN(x2, plan.size[2]))
            sum += wide(from[((i64)x0 * plan.size[1] + x1) * plan.size[2] + x2]) * wide(factors[k]);
    }
    put(result[thread], bias ? sum + wide(bias[channel]) : sum);
}
"""

_APART_INPUT = """
extern "C" __global__ void NAME(
    i64 count, i64 channels, const S* grad, const S* weight, const S* bias, Plan plan, S* result
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 elements = VOLUME(plan.size), element = thread % elements, plane = thread / elements;
    const i64 channel = plane % channels;
    PARTS(element, plan.size, x);
    const S* from = grad + plane * VOLUME(plan.out);
    const S* factors = weight + channel * VOLUME(plan.kernel);
    T sum = 0;
    EACH_TAP(k) {
        const int p0 = place_of(plan, 0, x0, k0), p1 = place_of(plan, 1, x1, k1), p2 = place_of(plan, 2, x2, k2);
        if (p0 >= 0 && p1 >= 0 && p2 >= 0)
            sum += wide(from[((i64)p0 * plan.out[1] + p1) * plan.out[2] + p2]) * wide(factors[k]);
    }
    put(result[thread], bias ? sum + wide(bias[channel]) : sum);
}
"""

# A block for each tap of each channel.
_APART_WEIGHT = """
extern "C" __global__ void NAME(i64 samples, i64 channels, const S* a, const S* grad, Plan plan, S* result) {
    const int taps = (int)VOLUME(plan.kernel), tap = blockIdx.x % taps, channel = blockIdx.x / taps;
    PARTS(tap, plan.kernel, k);
    const i64 places = VOLUME(plan.out), elements = VOLUME(plan.size);
    T sum = 0;
    for (i64 each = threadIdx.x; each < samples * places; each += blockDim.x) {
        const i64 place = each % places, plane = each / places * channels + channel;
        PARTS(place, plan.out, p);
        const int x0 = MET(0, p0, k0), x1 = MET(1, p1, k1), x2 = MET(2, p2, k2);
        if (WITHIN(x0, plan.size[0]) && WITHIN(x1, plan.size[1]) && WITHIN(x2, plan.size[2]))
            sum += wide(a[plane * elements + ((i64)x0 * plan.size[1] + x1) * plan.size[2] + x2]) *
                   wide(grad[plane * places + place]);
    }
    sum = total(sum);
    if (threadIdx.x == 0) put(result[blockIdx.x], sum);
}
"""

SOURCES = {
    "to_columns": PLAN + _TO_COLUMNS, "from_columns": PLAN + _FROM_COLUMNS, "convolution_apart": PLAN + _APART,
    "convolution_apart_input": PLAN + _APART_INPUT,
}  # fmt: skip
"""The texts with a thread for each element."""

BLOCK_SOURCES = {"convolution_apart_weight": PLAN + _APART_WEIGHT}
"""The text with a block for each sum."""

_STRUCT = np.dtype([(name, "i4", (3,)) for name in ("size", "kernel", "out", "stride", "padding", "dilation")])


def plan_of(size: Shape, kernel: Shape, out: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Any:
    """The struct ``Plan``: sizes of input, kernel and result, stride, padding and dilation.

    A step between places of which there is one, or between taps, may be of any size, and is never taken.
    """
    stride, dilation = _taken_steps(stride, out), _taken_steps(dilation, kernel)
    plan = np.zeros(1, _STRUCT)
    of_dims = (size, kernel, out, stride, padding, dilation)
    for name, numbers, other in zip(_STRUCT.names or (), of_dims, (1, 1, 1, 1, 0, 1), strict=True):
        plan[name] = (*[other] * (3 - len(numbers)), *numbers)
    return plan


def _taken_steps(steps: Shape, counts: Shape) -> Shape:
    return tuple(step if count > 1 else 1 for step, count in zip(steps, counts, strict=True))


def _launched(name: str, dtype: str, count: int, *arguments: Any) -> None:
    launch(
        name, SOURCES[name], dtype, count, *(np.int64(each) if isinstance(each, int) else each for each in arguments)
    )


def kernels(elements: int) -> dict[str, Callable[..., Array]]:
    """The kernels of convolutions; those of the namespace, which compute a large image in bands, are for all else."""
    others = {
        name: through_single(kernel, "eE")
        for name, kernel in convolution_kernels(cupy, elements, lambda a: False).items()
    }

    def convolution(
        a: Array, weight: Array, bias: Array | None, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
    ) -> Array:  # fmt: skip
        kernel = weight.shape[2:]
        plain = all(each == 1 for each in (*kernel, *stride)) and not any(padding) and not is_half(a)
        if plain or not _taken(a, weight, a.shape[1] * prod(kernel) * prod(size)):
            return others["convolution"](a, weight, bias, size, stride, padding, dilation, groups)
        a = cupy.ascontiguousarray(a)
        result = cupy.empty((a.shape[0], weight.shape[0], *size), a.dtype)
        plan = plan_of(a.shape[2:], kernel, size, stride, padding, dilation)
        if _apart(weight, groups):
            arguments = (a.shape[1], a, *_dense(weight, bias), plan, result)
            _launched("convolution_apart", a.dtype.name, result.size, *arguments)
            return result
        matrices = weight.reshape(groups, weight.shape[0] // groups, -1)
        for some in _samples(a.shape[0], a.shape[1] * prod(kernel) * prod(size)):
            product = _products(matrices, _columns(a[some], plan, kernel, size, groups))
            turned = product.reshape(weight.shape[0], -1, *size).swapaxes(0, 1)
            if bias is None:
                cupy.copyto(result[some], turned)
            else:
                cupy.add(turned, bias.reshape(-1, *[1] * len(size)), out=result[some])
        return result

    def convolution_input(
        grad: Array, weight: Array, bias: Array | None, size: Shape, stride: Shape, padding: Shape, dilation: Shape,
        groups: int,
    ) -> Array:  # fmt: skip
        out = grad.shape[2:]
        channels, kernel = weight.shape[1] * groups, weight.shape[2:]
        if not _taken(grad, weight, channels * prod(kernel) * prod(out)):
            return others["convolution_input"](grad, weight, bias, size, stride, padding, dilation, groups)
        result = cupy.empty((grad.shape[0], channels, *size), grad.dtype)
        plan = plan_of(size, kernel, out, stride, padding, dilation)
        if _apart(weight, groups):
            arguments = (channels, *_dense(grad, weight, bias), plan, result)
            _launched("convolution_apart_input", grad.dtype.name, result.size, *arguments)
            return result
        matrices = weight.reshape(groups, weight.shape[0] // groups, -1).swapaxes(1, 2)
        (dense,) = _dense(bias)
        for some in _samples(grad.shape[0], channels * prod(kernel) * prod(out)):
            target, rows = result[some], _rows(grad[some], groups)
            columns = cupy.empty((groups, matrices.shape[1], rows.shape[2]), computed(grad))
            multiply(matrices, rows, columns)
            arguments = (len(target), channels, columns, dense, plan, target)
            _launched("from_columns", grad.dtype.name, target.size, *arguments)
        return result

    def convolution_weight(
        a: Array, grad: Array, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
    ) -> Array:
        out = grad.shape[2:]
        if not _taken(a, grad, a.shape[1] * prod(size) * prod(out)):
            return others["convolution_weight"](a, grad, size, stride, padding, dilation, groups)
        a, grad = _dense(a, grad)
        result = cupy.empty((grad.shape[1], a.shape[1] // groups, *size), a.dtype)
        plan = plan_of(a.shape[2:], size, out, stride, padding, dilation)
        if _apart(result, groups):
            numbers = (np.int64(a.shape[0]), np.int64(a.shape[1]))
            kernel = raw("convolution_apart_weight", BLOCK_SOURCES["convolution_apart_weight"], a.dtype.name, 0)
            kernel((result.size,), (256,), (*numbers, a, grad, plan, result))
            return result
        total = cupy.zeros((groups, grad.shape[1] // groups, result.size // grad.shape[1]), computed(a))
        for some in _samples(a.shape[0], a.shape[1] * prod(size) * prod(out)):
            columns = _columns(a[some], plan, size, out, groups).swapaxes(1, 2)
            multiply(_rows(grad[some], groups), columns, total, add=True)
        return total.reshape(result.shape).astype(a.dtype, copy=False)

    return {
        "convolution": convolution, "convolution_input": convolution_input, "convolution_weight": convolution_weight,
    }  # fmt: skip


def _taken(one: Array, other: Array, columns: int) -> bool:
    """Whether the texts are for such arrays: floats of up to three dims, none empty, and a sample of few enough columns."""
    return bool(is_float(one) and one.ndim <= 5 and one.size and other.size and columns <= _MOST)


def _products(a: Array, b: Array) -> Array:
    """The products of the matrices of each group."""
    return matmul(a[0], b[0])[None] if len(a) == 1 else matmul(a, b)


def _apart(weight: Array, groups: int) -> bool:
    """Whether every channel has a kernel for itself."""
    return bool(groups > 1 and weight.shape[1] == 1 and weight.shape[0] == groups)


def _samples(count: int, elements: int) -> list[slice]:
    """Samples whose columns are in memory together."""
    together = max(_COLUMNS // max(elements, 1), 1)
    return [slice(start, min(start + together, count)) for start in range(0, count, together)]


def _columns(a: Array, plan: Any, kernel: Shape, out: Shape, groups: int) -> Array:
    """What the places of the kernel meet of some samples: (groups, channels of each · kernel, samples · places)."""
    samples, channels = a.shape[:2]
    columns = cupy.empty((groups, channels // groups * prod(kernel), samples * prod(out)), a.dtype)
    _launched("to_columns", a.dtype.name, channels * samples * prod(out), samples, channels, a, plan, columns)
    return columns


def _rows(grad: Array, groups: int) -> Array:
    """A gradient of some samples as matrices: for each group a row for each output, with the places of all samples."""
    return cupy.ascontiguousarray(grad.swapaxes(0, 1)).reshape(groups, grad.shape[1] // groups, -1)


def _dense(*arrays: Array | None) -> tuple[Any, ...]:
    return tuple(None if array is None else cupy.ascontiguousarray(array) for array in arrays)
