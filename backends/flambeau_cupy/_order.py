"""The first elements of an order without sorting the others: a block for each row finds, digit by digit, what is at a place.

Elements become unsigned numbers that have their order; from the highest eight bits on it is counted how many have which digit.
Nothing is asked of the device. Where one row is so long that a block would be at it alone, all of it is sorted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array

from ._halves import is_half, through_single
from ._source import raw

__all__ = ["KERNELS", "SELECTION_SOURCES"]

_SELECTION = """
__device__ __forceinline__ u64 keyed(float x) {
    if (x != x) return 0xFFFFFFFFull;
    const u32 bits = x == 0.0f ? 0u : __float_as_uint(x);  // zeros of both signs are equal
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}
__device__ __forceinline__ u64 keyed(double x) {
    if (x != x) return ~0ull;
    const u64 bits = x == 0 ? 0ull : (u64)__double_as_longlong(x);
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}
__device__ __forceinline__ u64 keyed(i64 x) { return (u64)x ^ 1ull << 63; }

// How many of the threads before this one have a mark; in `all`, how many have one.
__device__ __forceinline__ int marked_before(int mark, int& all) {
    __shared__ int ends[32];
    int sum = mark;
    for (int step = 1; step < 32; step <<= 1) {
        const int before = __shfl_up_sync(0xFFFFFFFFu, sum, step);
        if ((threadIdx.x & 31) >= step) sum += before;
    }
    __syncthreads();
    if ((threadIdx.x & 31) == 31) ends[threadIdx.x >> 5] = sum;
    __syncthreads();
    int before = 0;
    all = 0;
    for (int warp = 0; warp < (int)(blockDim.x >> 5); ++warp) {
        if (warp < (int)(threadIdx.x >> 5)) before += ends[warp];
        all += ends[warp];
    }
    return before + sum - mark;
}

extern "C" __global__ void NAME(i64 length, i64 k, bool largest, const S* a, i64* firsts, i64* place) {
    __shared__ u32 counts[256];
    __shared__ u64 digit, skipped;
    const S* x = a + blockIdx.x * length;
    const u64 turned = !largest ? 0ull : sizeof(T) == 8 ? ~0ull : 0xFFFFFFFFull;
    u64 bound = 0, known = 0, rank = k - 1;
    for (int shift = 8 * (int)sizeof(T) - 8; shift >= 0; shift -= 8) {
        for (int each = threadIdx.x; each < 256; each += blockDim.x) counts[each] = 0;
        __syncthreads();
        for (i64 each = threadIdx.x; each < length; each += blockDim.x) {
            const u64 key = keyed(wide(x[each])) ^ turned;
            if ((key & known) == bound) atomicAdd(counts + (key >> shift & 255), 1u);
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            u64 before = 0;
            int found = 0;
            while (before + counts[found] <= rank) before += counts[found++];
            digit = found;
            skipped = before;
        }
        __syncthreads();
        bound |= digit << shift;
        known |= 255ull << shift;
        rank -= skipped;
        __syncthreads();
    }
    // Of those equal to the bound, number `rank` is the one at the place, and those before it come before it.
    u64 equals = 0;
    i64 taken = 0;
    for (i64 first = 0; first < length; first += blockDim.x) {
        const i64 each = first + threadIdx.x;
        const u64 key = each < length ? keyed(wide(x[each])) ^ turned : 0;
        const bool equal = each < length && key == bound;
        int many, chosen;
        const u64 number = equals + marked_before(equal, many);
        const bool is_first = each < length && (key < bound || (equal && number <= rank));
        const int spot = marked_before(is_first, chosen);
        if (firsts && is_first) firsts[blockIdx.x * k + taken + spot] = each;
        if (place && equal && number == rank) place[blockIdx.x] = each;
        equals += many;
        taken += chosen;
    }
}
"""

SELECTION_SOURCES = {"select": _SELECTION}
"""The text with a block for each row."""

_SHARE = 4096
"""How many times longer than there are rows a row may be."""


def _rows(a: Array, dim: int) -> Array:
    """The rows along a dim one after the other, as numbers that a text knows."""
    if a.dtype.kind in "biu":
        a = a.astype("int64", copy=False)
    order = [other for other in range(a.ndim) if other != dim]
    return cupy.ascontiguousarray(a.transpose(*order, dim)).reshape(-1, a.shape[dim])


def _launched(rows: Array, k: int, largest: bool, firsts: Array | None, place: Array | None) -> None:
    count, length = rows.shape
    if count:
        block = min(max(-(-length // 32) * 32, 32), 1024)
        kernel = raw("select", _SELECTION, rows.dtype.name)
        kernel((count,), (block,), (np.int64(length), np.int64(k), np.bool_(largest), rows, firsts, place))


def _sorting(rows: Array, largest: bool) -> Array:
    """The indices that sort each row, ascending or descending; equal elements stay in their order, nan is the largest."""
    if is_half(rows):
        rows = rows.astype("float32")
    if not largest:
        return cupy.argsort(rows, axis=1, kind="stable")
    order = cupy.argsort(cupy.ascontiguousarray(rows[:, ::-1]), axis=1, kind="stable")
    return rows.shape[1] - 1 - order[:, ::-1]


def _is_one_sided(rows: Array) -> bool:
    """Whether few rows are so long that sorting keeps more of the device busy."""
    return bool(rows.shape[1] > _SHARE * len(rows))


def topk(a: Array, k: int, dim: int, largest: bool) -> tuple[Array, Array]:
    """The first ``k`` of what sort gives along ``dim``, values and indices."""
    rows = _rows(a, dim)
    if _is_one_sided(rows):
        indices = _sorting(rows, largest)[:, :k]
    else:
        indices = cupy.empty((len(rows), k), "int64")
        _launched(rows, k, largest, indices, None)
        order = _sorting(cupy.take_along_axis(rows, indices, 1), largest)
        indices = cupy.take_along_axis(indices, order, 1)
    return _back(a, dim, rows, indices)


def kthvalue(a: Array, k: int, dim: int) -> tuple[Array, Array]:
    """Number ``k``, counted from 1, of what sort gives along ``dim``, and its index."""
    rows = _rows(a, dim)
    if _is_one_sided(rows):
        indices = _sorting(rows, False)[:, k - 1 : k]
    else:
        indices = cupy.empty((len(rows), 1), "int64")
        _launched(rows, k, False, None, indices)
    return _back(a, dim, rows, indices)


def _back(a: Array, dim: int, rows: Array, indices: Array) -> tuple[Array, Array]:
    """The elements at indices of the rows, and these, both in the order of the array's dims."""
    last = a.ndim - 1
    shape = (*a.shape[:dim], *a.shape[dim + 1 :], indices.shape[1])
    order = (*range(dim), last, *range(dim, last))
    values, places = (
        cupy.ascontiguousarray(part.reshape(shape).transpose(order))
        for part in (cupy.take_along_axis(rows, indices, 1), indices)
    )
    return values.astype(a.dtype, copy=False), places


def sort_values(a: Array, dim: int) -> Array:
    """The values of sort."""
    a = cupy.ascontiguousarray(a)
    return through_single(cupy.sort)(a, axis=dim) if a.size else a.copy()


KERNELS: dict[str, Callable[..., Any]] = {"topk": topk, "kthvalue": kthvalue, "sort_values": sort_values}
"""By their names."""
