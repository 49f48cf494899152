"""Random numbers on the device: Philox4x32-10 with PyTorch's counters, one family of kernels out of one template.

What a launch computes is described by ``CounterKernels`` in :mod:`flambeau.backend`. The transforms are those of cuRAND and of
PyTorch's CUDA kernels, with the fast intrinsics where those use them (``__logf``, ``__expf``, ``__tanf``, ``__sincosf``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import nan
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array, Shape

from ._source import launch, number_of, raw

__all__ = ["DROPOUT_SOURCES", "KERNELS", "SOURCES", "CounterKernels"]

_BLOCK = 256

_WORDS = """
typedef unsigned int u32;
typedef unsigned long long u64;

__device__ __forceinline__ void philox(u64 seed, u64 block, u64 thread, u32* w) {
    u32 c0 = (u32)block, c1 = (u32)(block >> 32), c2 = (u32)thread, c3 = (u32)(thread >> 32);
    u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
    #pragma unroll
    for (int round = 0; round < 10; ++round) {
        u64 first = (u64)0xD2511F53u * c0, second = (u64)0xCD9E8D57u * c2;
        c0 = (u32)(second >> 32) ^ c1 ^ k0;
        c2 = (u32)(first >> 32) ^ c3 ^ k1;
        c1 = (u32)second;
        c3 = (u32)first;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    w[0] = c0; w[1] = c1; w[2] = c2; w[3] = c3;
}

// cuRAND's uniform numbers in (0, 1].
__device__ __forceinline__ float unit(u32 w) {
    return fmaf((float)w, 2.3283064e-10f, 2.3283064e-10f / 2.0f);
}

__device__ __forceinline__ double unit_64(u32 low, u32 high) {
    u64 z = (u64)low ^ ((u64)high << 21);
    return fma((double)z, 1.1102230246251565e-16, 1.1102230246251565e-16 / 2.0);
}

// cuRAND's Box and Muller's transform: the first two of four normal numbers out of two words.
__device__ __forceinline__ void normals(u32 x, u32 y, float* out) {
    float u = unit(x);
    float v = fmaf((float)y, 2.3283064e-10f * 6.2831855f, (2.3283064e-10f * 6.2831855f) / 2.0f);
    float s = sqrtf(-2.0f * logf(u)), sine, cosine;
    __sincosf(v, &sine, &cosine);
    out[0] = sine * s;
    out[1] = cosine * s;
}

__device__ __forceinline__ void normals_64(const u32* w, double* out) {
    u64 zx = (u64)w[0] ^ ((u64)w[1] << 21), zy = (u64)w[2] ^ ((u64)w[3] << 21);
    double u = fma((double)zx, 1.1102230246251565e-16, 1.1102230246251565e-16 / 2.0);
    double v = fma((double)zy, 1.1102230246251565e-16 * 2.0, 1.1102230246251565e-16);
    double s = sqrt(-2.0 * log(u)), sine, cosine;
    sincospi(v, &sine, &cosine);
    out[0] = sine * s;
    out[1] = cosine * s;
}
"""

_SOURCE = """
extern "C" __global__ void {name}({out}* result, long long count, u64 seed, u64 offset, {number} a, {number} b, {number} c) {{
    const u64 thread = (u64)blockIdx.x * blockDim.x + threadIdx.x, threads = (u64)gridDim.x * blockDim.x;
    u64 block = offset >> 2;
    u32 w[4];
{body}
}}
"""

_LANES = """
    const u64 step = threads * {unroll};
    const u64 whole = ((u64)(count - 1) / step + 1) * step;
    for (u64 base = thread; base < whole; base += step) {{
        philox(seed, block++, thread, w);
        {out} v[{unroll}];
{transform}
        for (int i = 0; i < {unroll}; ++i) {{
            u64 element = base + i * threads;
            if (element < (u64)count) result[element] = v[i];
        }}
    }}
"""

# Four (of double precision two) uniform numbers `u`, one after the other.
_EACH = "        for (int i = 0; i < 4; ++i) {{ float u = unit(w[i]); {statement} }}"
_EACH_64 = "        for (int i = 0; i < 2; ++i) {{ double u = unit_64(w[2 * i], w[2 * i + 1]); {statement} }}"
_NORMALS = """        float n[4];
        normals(w[0], w[1], n); normals(w[2], w[3], n + 2);
        for (int i = 0; i < 4; ++i) {{ {statement} }}"""
_NORMALS_64 = """        double n[2];
        normals_64(w, n);
        for (int i = 0; i < 2; ++i) {{ {statement} }}"""

_KEPT = """
    // `width` elements of a thread lie side by side: c of them.
    const int width = (int)c;
    const u64 step = threads * width;
    for (u64 base = thread * width; base < (u64)count; base += step) {
        for (int i = 0; i < width; ++i) {
            if (i % 4 == 0) philox(seed, block++, thread, w);
            result[base + i] = unit(w[i % 4]) < a;
        }
    }
"""

_RUNS = """
    philox(seed, block, thread, w);
    for (int i = 0; i < 4; ++i) {
        u64 element = 4 * thread + i;
        if (element < (u64)count) result[element] = unit(w[i]);
    }
"""

# By kind: the statements of single and of double precision.
_STATEMENTS: dict[str, tuple[str, str]] = {
    # a: low, b: high - low, c: what rounds up to high, which is nan where that is checked later.
    "uniform": (
        _EACH.format(statement="float x = fmaf(u, b, a); v[i] = x == c ? a : x;"),
        _EACH_64.format(statement="double x = fma(u, b, a); v[i] = x == c ? a : x;"),
    ),
    "normal": (
        _NORMALS.format(statement="v[i] = fmaf(n[i], b, a);"),
        _NORMALS_64.format(statement="v[i] = fma(n[i], b, a);"),
    ),
    "log_normal": (
        _NORMALS.format(statement="v[i] = __expf(fmaf(n[i], b, a));"),
        _NORMALS_64.format(statement="v[i] = exp(fma(n[i], b, a));"),
    ),
    "exponential": (
        _EACH.format(
            statement="float l = u >= 1.0f - 1.1920929e-07f / 2.0f ? -1.1920929e-07f / 2.0f : __logf(u); v[i] = -1.0f / a * l;"
        ),
        _EACH_64.format(
            statement="double e = 2.220446049250313e-16 / 2.0, l = u >= 1.0 - e ? -e : log(u); v[i] = -1.0 / a * l;"
        ),
    ),
    "cauchy": (
        _EACH.format(
            statement="const float e = 1.1920929e-07f; float x = u > 1.0f - e ? 1.0f - e : u; x = x < e ? e : x; "
            "v[i] = fmaf(b, __tanf(3.14159265358979f * (x - 0.5f)), a);"
        ),
        _EACH_64.format(statement="v[i] = fma(b, tan(3.141592653589793 * (u - 0.5)), a);"),
    ),
    "geometric": (
        _EACH.format(statement="v[i] = ceilf(__logf(u) / __logf(1.0f - a));"),
        _EACH_64.format(statement="v[i] = ceil(log(u) / log(1.0 - a));"),
    ),
    "bernoulli": (_EACH.format(statement="v[i] = u < a;"), _EACH_64.format(statement="v[i] = u < a;")),
}

# a: low, b: modulus, 0 for 2**64; both as words of 64 bits.
_REMAINDERS = "        for (int i = 0; i < 4; ++i) v[i] = (long long)(w[i] % (u32)b + (u64)a);"
_REMAINDERS_64 = """        for (int i = 0; i < 2; ++i) {
            u64 x = (u64)w[2 * i] << 32 | w[2 * i + 1];
            v[i] = (long long)((b ? x % (u64)b : x) + (u64)a);
        }"""


def _launched(name: str, out: str, number: str, body: str) -> Any:
    return cupy.RawKernel(_WORDS + _SOURCE.format(name=name, out=out, number=number, body=body), name)


_DROPOUT = """
extern "C" __global__ void NAME(
    i64 count, u64 seed, u64 offset, float probability, T scale, int width, const S* a, S* result, bool* kept
) {
    const u64 thread = (u64)blockIdx.x * blockDim.x + threadIdx.x, threads = (u64)gridDim.x * blockDim.x;
    u64 block = offset >> 2;
    u32 w[4];
    // As of what is drawn alone: `width` elements of a thread lie side by side; if it is 1, four of them a launch apart.
    const int each = width == 1 ? 4 : width;
    const u64 apart = width == 1 ? threads : 1, step = threads * each;
    const u64 whole = ((u64)(count - 1) / step + 1) * step;
    for (u64 base = width == 1 ? thread : thread * width; base < whole; base += step) {
        for (int i = 0; i < each; ++i) {
            if (i % 4 == 0) philox(seed, block++, thread, w);
            const u64 element = base + i * apart;
            if (element >= (u64)count) continue;
            const bool stays = unit(w[i % 4]) < probability;
            kept[element] = stays;
            put(result[element], wide(a[element]) * T(stays) * scale);
        }
    }
}
"""

_MASKED = """
extern "C" __global__ void NAME(i64 count, const S* a, const bool* kept, T scale, S* result) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread < count) put(result[thread], wide(a[thread]) * T(kept[thread]) * scale);
}
"""

DROPOUT_SOURCES = {"dropout": _WORDS + _DROPOUT}
"""The text that draws and multiplies."""

SOURCES = {"masked_scale": _MASKED}
"""The text with a thread for each element."""


def masked_scale(a: Array, kept: Array, scale: float) -> Array:
    """``a`` scaled where it is kept."""
    if a.dtype.kind == "c":
        return cupy.multiply(cupy.multiply(a, kept), a.dtype.type(scale))
    result = cupy.empty_like(a)
    if not _steps(a) == _steps(kept) == _steps(result):  # which lie in one piece, in whichever order
        a, kept = cupy.ascontiguousarray(a), cupy.ascontiguousarray(kept)
        result = cupy.empty(a.shape, a.dtype)
    launch("masked_scale", _MASKED, a.dtype.name, a.size, a, kept, number_of(a, scale), result)
    return result


def _steps(a: Array) -> Shape:
    """How far elements are apart, in elements."""
    return tuple(stride // a.itemsize for stride in a.strides)


KERNELS: dict[str, Callable[..., Any]] = {"masked_scale": masked_scale}
"""By their names."""


@cache
def _kernel(kind: str, double: bool) -> Any:
    """The kernel of a kind, compiled when it is first used."""
    name = f"flambeau_{kind}_{'double' if double else 'single'}"
    if kind in ("integers", "integers_64"):
        wide = kind == "integers_64"
        body = _LANES.format(
            out="long long", unroll=2 if wide else 4, transform=_REMAINDERS_64 if wide else _REMAINDERS
        )
        return _launched(name, "long long", "u64", body)
    if kind == "kept":
        return _launched(name, "bool", "float", _KEPT)
    if kind == "uniform_runs":
        return _launched(name, "float", "float", _RUNS)
    number = "double" if double else "float"
    out = "bool" if kind == "bernoulli" else number
    body = _LANES.format(out=out, unroll=2 if double else 4, transform=_STATEMENTS[kind][double])
    return _launched(name, out, number, body)


class CounterKernels:
    """What draws numbers on one device."""

    def __init__(self, device: int) -> None:
        properties = cupy.cuda.runtime.getDeviceProperties(device)
        self.blocks = int(properties["multiProcessorCount"]) * (
            int(properties["maxThreadsPerMultiProcessor"]) // _BLOCK
        )

    def draw(
        self, kind: str, dtype: str, count: int, grid: int, seed: int, offset: int, parameters: tuple[float, ...]
    ) -> cupy.ndarray:
        """A vector of ``count`` numbers."""
        double = dtype == "float64"
        bools, integers = kind in ("bernoulli", "kept"), kind.startswith("integers")
        result = cupy.empty(count, "bool" if bools else "int64" if integers else "float64" if double else "float32")
        arguments: Callable[..., Any] = np.uint64 if integers else np.float64 if double else np.float32
        numbers = [arguments(number) for number in _arguments(kind, dtype, parameters)]
        threads = 512 if kind == "uniform_runs" else _BLOCK
        _kernel(kind, double)(
            (grid,), (threads,), (result, np.int64(count), np.uint64(seed), np.uint64(offset), *numbers)
        )
        return result if dtype not in ("float16", "bfloat16") or bools else _as_half(result, dtype, kind, parameters)

    def dropout(
        self, a: Array, probability: float, width: int, grid: int, seed: int, offset: int
    ) -> tuple[Array, Array] | None:
        """What dropout leaves of a vector, and where; None for complex numbers."""
        if a.dtype.kind == "c":
            return None
        a = cupy.ascontiguousarray(a)
        result, kept = cupy.empty(a.shape, a.dtype), cupy.empty(a.shape, "bool")
        numbers = (np.float32(probability), number_of(a, 1 / probability), np.int32(width))
        raw("dropout", DROPOUT_SOURCES["dropout"], a.dtype.name)(
            (grid,), (_BLOCK,), (np.int64(a.size), np.uint64(seed), np.uint64(offset), *numbers, a, result, kept)
        )
        return result, kept


def _arguments(kind: str, dtype: str, parameters: tuple[float, ...]) -> tuple[float, float, float]:
    """The three numbers that a kernel takes."""
    if kind == "uniform":
        low, high = (np.dtype(dtype).type(number) for number in parameters)
        return float(low), float(high - low), float(high) if dtype in ("float32", "float64") else nan
    if kind.startswith("integers"):
        low, modulus = parameters
        return int(low) % (1 << 64), int(modulus) % (1 << 64), 0
    if kind == "kept":
        return parameters[0], 0.0, parameters[1]
    first, second, *_ = (*parameters, 0.0, 0.0)
    return first, second, 0.0


def _as_half(numbers: cupy.ndarray, dtype: str, kind: str, parameters: tuple[float, ...]) -> cupy.ndarray:
    """Numbers of 16 bits, which are computed in float32; uniform ones that round up to the bound are the lower bound."""
    halves = numbers.astype(dtype)
    if kind == "uniform":
        low, high = (cupy.full((), number, dtype) for number in parameters)
        cupy.copyto(halves, low, where=cupy.equal(halves, high))
    return halves
