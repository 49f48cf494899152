"""What the texts of raw kernels share: numbers of 16 bits, computed with in float32, and sums over the threads of a row.

A *row* is what is reduced together: ``length`` elements, ``inner`` elements apart. There are ``rows`` of them, which lie as those
of an array (outer, length, inner) do. How many threads go along a row is the ``WIDTH`` that a text is compiled for: 1, where many
rows lie side by side; 32, a warp, for short rows; or 0, a whole block. The texts need no header, so that NVIDIA's compiler alone
is enough; numbers of halves are plain bits to it.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from math import prod
from typing import Any, NamedTuple

import cupy
import numpy as np

from flambeau.backend import Array

__all__ = [
    "NUMBERS",
    "WIDTHS",
    "Rows",
    "launch",
    "launch_rows",
    "number_of",
    "over",
    "raw",
    "rows_of",
    "statement_kernel",
    "text",
]

NUMBERS = {"float16": ("half", "float"), "bfloat16": ("bfloat", "float"), "float32": ("float", "float"),
           "float64": ("double", "double"), "int64": ("i64", "i64")}  # fmt: skip
"""How the elements of a dtype lie in memory, and what is computed with."""

WIDTHS = (0, 1, 32)

_SHARED = """
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
#ifndef INFINITY
#define INFINITY __int_as_float(0x7F800000)
#endif
struct half { u16 bits; };
struct bfloat { u16 bits; };

__device__ __forceinline__ float wide(float x) { return x; }
__device__ __forceinline__ double wide(double x) { return x; }
__device__ __forceinline__ i64 wide(i64 x) { return x; }
__device__ __forceinline__ float wide(half x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}
__device__ __forceinline__ float wide(bfloat x) { return __uint_as_float((u32)x.bits << 16); }
__device__ __forceinline__ void put(float& to, float x) { to = x; }
__device__ __forceinline__ void put(double& to, double x) { to = x; }
__device__ __forceinline__ void put(i64& to, i64 x) { to = x; }
__device__ __forceinline__ void put(half& to, float x) {
    u16 bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    to.bits = bits;
}
__device__ __forceinline__ void put(bfloat& to, float x) {  // to the nearest, halves to even
    const u32 bits = __float_as_uint(x);
    to.bits = x != x ? (u16)0x7FC0 : (u16)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

typedef STORED S;
typedef COMPUTED T;

__device__ __forceinline__ T larger(T a, T b) { return a > b || a != a ? a : b; }  // nan stays
"""

_ROWS = """
#define WIDTH GIVEN
#if WIDTH == 1
#define ROW ((i64)blockIdx.x * blockDim.x + threadIdx.x)
#define LANE 0
#define LANES 1
#elif WIDTH == 32
#define ROW (((i64)blockIdx.x * blockDim.x + threadIdx.x) >> 5)
#define LANE (threadIdx.x & 31)
#define LANES 32
#else
#define ROW ((i64)blockIdx.x)
#define LANE threadIdx.x
#define LANES blockDim.x
#endif
#define FIRST(row) ((row) / inner * length * inner + (row) % inner)
#define EACH(k) for (i64 k = LANE; k < length; k += LANES)

// The sum, or the largest, of what the threads of a row have: all of them get it, and always the same.
__device__ __forceinline__ T total(T value) {
#if WIDTH != 1
    for (int step = 16; step; step >>= 1) value += __shfl_xor_sync(0xFFFFFFFFu, value, step);
#endif
#if WIDTH == 0
    __shared__ T parts[32];
    __syncthreads();
    if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = value;
    __syncthreads();
    value = parts[0];
    for (int warp = 1; warp < (int)(blockDim.x >> 5); ++warp) value += parts[warp];
#endif
    return value;
}

__device__ __forceinline__ T largest(T value) {
#if WIDTH != 1
    for (int step = 16; step; step >>= 1) value = larger(value, __shfl_xor_sync(0xFFFFFFFFu, value, step));
#endif
#if WIDTH == 0
    __shared__ T tops[32];
    __syncthreads();
    if ((threadIdx.x & 31) == 0) tops[threadIdx.x >> 5] = value;
    __syncthreads();
    value = tops[0];
    for (int warp = 1; warp < (int)(blockDim.x >> 5); ++warp) value = larger(value, tops[warp]);
#endif
    return value;
}
"""


def text(name: str, source: str, dtype: str, width: int | None = None) -> str:
    """The text of a kernel for a dtype; for rows, that many threads go along each."""
    stored, computed = NUMBERS[dtype]
    shared = _SHARED.replace("STORED", stored).replace("COMPUTED", computed)
    rows = "" if width is None else _ROWS.replace("GIVEN", str(width))
    return shared + rows + source.replace("NAME", name)


def statement_kernel(
    reads: str, writes: str, operation: str, name: str, halves: bool = False, wide: Collection[str] = ()
) -> Any:
    """An element-wise kernel of statements of the type ``T`` on the parameters of these names.

    Halves are read as float32, computed with in it, and rounded when they are written; not those in ``wide``, which are float32.
    """
    if not halves:
        typed = [", ".join(f"T {each}" for each in names.split()) for names in (reads, writes)]
        return cupy.ElementwiseKernel(*typed, operation, name)
    given = [
        ", ".join(f"T {each}" if each in wide else f"S {each}_" for each in names.split()) for names in (reads, writes)
    ]
    narrow = [each for each in f"{reads} {writes}".split() if each not in wide]
    start = [] if wide else ["typedef float T;"]
    start += [f"T {each} = T({each}_);" for each in narrow]
    end = [f"{each}_ = S({each});" for each in writes.split()]
    return cupy.ElementwiseKernel(*given, " ".join([*start, operation, *end]), f"{name}_of_halves")


@cache
def raw(name: str, source: str, dtype: str, width: int | None = None) -> Any:
    """The kernel of a text in which ``NAME`` stands for its name; compiled when it is first launched."""
    whole = f"flambeau_{name}_{dtype}" if width is None else f"flambeau_{name}_{dtype}_{width}"
    return cupy.RawKernel(text(whole, source, dtype, width), whole)


def number_of(a: Array, value: float) -> Any:
    """A number as an argument of the type that elements of an array are computed with."""
    return np.float64(value) if a.dtype.itemsize == 8 else np.float32(value)


class Rows(NamedTuple):
    """How rows lie: their number, their length, and how far apart the elements of one are."""

    number: int
    length: int
    inner: int


def rows_of(a: Array, dim: int) -> Rows:
    """Those of a contiguous array along a dim."""
    if not a.ndim:
        return Rows(1, 1, 1)
    inner, length = prod(a.shape[dim + 1 :]), a.shape[dim]
    return Rows(prod(a.shape[:dim]) * inner, length, inner)


_THREADS = 256
_SHORT = 1024
"""The longest row for which a warp is enough."""


def launch_rows(name: str, source: str, dtype: str, rows: Rows, *arguments: Any) -> None:
    """Launch a kernel over rows, whose first three parameters are what :class:`Rows` says."""
    if not rows.number:
        return
    if rows.inner > 1 and (rows.number >= 4096 or rows.length <= 64):
        width, grid, block = 1, -(-rows.number // _THREADS), _THREADS
    elif rows.length <= _SHORT:
        width, grid, block = 32, -(-rows.number * 32 // _THREADS), _THREADS
    else:
        width, grid, block = 0, rows.number, _THREADS if rows.length <= 16 * _SHORT else 4 * _THREADS
    numbers = [np.int64(number) for number in rows]
    raw(name, source, dtype, width)((grid,), (block,), (*numbers, *arguments))


def over(count: int) -> tuple[tuple[int], tuple[int]]:
    """Grid and block of a launch with a thread for each element."""
    return (max(-(-count // _THREADS), 1),), (_THREADS,)


def launch(name: str, source: str, dtype: str, count: int, *arguments: Any) -> None:
    """Launch a kernel with a thread for each of ``count`` elements, whose first parameter that is."""
    if count:
        raw(name, source, dtype)(*over(count), (np.int64(count), *arguments))
