"""Writing at index arrays: what CUDA's atomic operations lack, and an order among values for one place.

Threads add in the order in which they come to it, and so the sums of floats differ from one time to the next in their last bits.
Where programs ask for the same each time, values are put in order first, and one thread adds those for one place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import cupy
import cupyx
import numpy as np

from flambeau.backend import Array, Shape
from flambeau.backend.determinism import chosen
from flambeau.backend.waiting import host_waits

from ._halves import is_float
from ._source import launch

__all__ = ["ATOMIC_SOURCES", "INTEGER_SOURCES", "KERNELS", "SOURCES", "add_at"]

_ATOMIC = frozenset({"int32", "float16", "float32", "float64"})
_MOST = 8
"""Dims that the text for adding along one has place for."""


_IN_ORDER = """
extern "C" __global__ void NAME(
    i64 count, i64 places, i64 rest, const i64* sorted, const i64* order, const S* values, S* target
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 first = thread / rest, part = thread % rest, place = sorted[first];
    if (first && sorted[first - 1] == place) return;  // the thread of the first value for a place adds them all
    T sum = 0;
    for (i64 each = first; each < places && sorted[each] == place; ++each) sum += wide(values[order[each] * rest + part]);
    S& to = target[place * rest + part];
    put(to, wide(to) + sum);
}
"""

_SLICES = """
extern "C" __global__ void NAME(
    i64 count, i64 slices, i64 size, i64 inner, const i64* index, const S* source, S* target
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 part = thread % inner, slice = thread / inner % slices, outer = thread / inner / slices;
    atomicAdd(target + (outer * size + index[slice]) * inner + part, source[thread]);
}
"""

_ALONG = """
struct Sizes { i64 rank, dim, lengths[MOST], strides[MOST]; };  // of the index; how far its elements are apart in the target
extern "C" __global__ void NAME(i64 count, i64 stride, Sizes of, const i64* index, const S* source, S* target) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    i64 rest = thread, at = index[thread] * stride;
    for (int dim = (int)of.rank - 1; dim >= 0; --dim) {
        if (dim != of.dim) at += rest % of.lengths[dim] * of.strides[dim];
        rest /= of.lengths[dim];
    }
    atomicAdd(target + at, source[thread]);
}
"""

_REDUCE = """
extern "C" __global__ void NAME(i64 count, const i64* sorted, const i64* order, const S* values, S* target) {{
    const i64 first = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (first >= count) return;
    const i64 place = sorted[first];
    if (first && sorted[first - 1] == place) return;  // the thread of the first value for a place takes them all
    {start}
    for (i64 each = first; each < count && sorted[each] == place; ++each) {{
        {step}
    }}
    {end}
}}
"""

_OF_ONE = ("T found = wide(target[place]);", "const T value = wide(values[order[each]]);", "put(target[place], found);")
_OF_PAIRS = (
    "T real = wide(target[2 * place]), imaginary = wide(target[2 * place + 1]);",
    """const T a = wide(values[2 * order[each]]), b = wide(values[2 * order[each] + 1]), old = real;
        real = old * a - imaginary * b;
        imaginary = old * b + imaginary * a;""",
    "put(target[2 * place], real); put(target[2 * place + 1], imaginary);",
)


def _reducing(step: str) -> str:
    start, value, end = _OF_ONE
    return _REDUCE.format(start=start, step=f"{value} {step}", end=end)


INTEGER_SOURCES = {
    "prod_in_order": _reducing("found *= value;"),
    "amax_in_order": _reducing("if (value > found || value != value) found = value;"),
    "amin_in_order": _reducing("if (value < found || value != value) found = value;"),
}  # fmt: skip
"""The texts that are for integers, too."""

SOURCES = INTEGER_SOURCES | {
    "add_in_order": _IN_ORDER,
    "prod_of_pairs_in_order": _REDUCE.format(start=_OF_PAIRS[0], step=_OF_PAIRS[1], end=_OF_PAIRS[2]),
}  # fmt: skip
"""The texts with a thread for each element."""

ATOMIC_SOURCES = {"add_slices": _SLICES, "add_along": _ALONG.replace("MOST", str(_MOST))}
"""The same, for dtypes in which threads can add."""


def add_at(target: Array, key: Any, values: Array) -> None:
    """Add ``values`` to ``target[key]``, every one of those at repeated indices."""
    if chosen.on and (is_float(target) or target.dtype.kind == "c"):
        _add_in_order(target, key, values)
    elif target.dtype.name in _ATOMIC:
        cupyx.scatter_add(target, key, values)
    elif target.dtype.name == "int64":
        # Sums of two's complements are the same bits with and without sign.
        cupyx.scatter_add(target.view("uint64"), key, values.view("uint64"))
    elif target.dtype.char == "E":
        sums = target.astype("float32")
        cupyx.scatter_add(sums, key, values.astype("float32"))
        cupy.copyto(target, sums)
    elif target.dtype.kind == "c":
        cupyx.scatter_add(target.real, key, values.real)
        cupyx.scatter_add(target.imag, key, values.imag)
    else:
        sums = cupy.zeros(target.shape, "int32")
        cupyx.scatter_add(sums, key, values.astype("int32"))
        cupy.add(target, sums.astype(target.dtype), out=target)


def _add_in_order(target: Array, key: tuple[Array, ...], values: Array) -> None:
    """Add values, each time in the same order: that of the indices, and among equal ones that of the values."""
    dense = cupy.ascontiguousarray(target)
    positions = key[0]
    for size, index in zip(target.shape[1:], key[1:], strict=False):
        positions = positions * size + index
    positions = positions.reshape(-1)
    order = cupy.argsort(positions, kind="stable")
    flat, values = dense.reshape(-1), cupy.ascontiguousarray(values).reshape(-1)
    if target.dtype.kind == "c":
        flat, values = (each.view("float32" if each.itemsize == 8 else "float64") for each in (flat, values))
    places, count = np.int64(positions.size), values.size
    rest = np.int64(count // max(positions.size, 1))
    arguments = (places, rest, positions[order], order, values, flat)
    launch("add_in_order", _IN_ORDER, flat.dtype.name, count, *arguments)
    if dense is not target:
        cupy.copyto(target, dense)


def reduce_at(target: Array, positions: Array, values: Array, reduce: str) -> None:
    """Combine values with the elements at their positions, always in the order of the values; nothing is asked of the device."""
    if not values.size:
        return
    if target.dtype.kind in "biu" and target.dtype.name != "int64":
        wide = target.astype("int64")
        reduce_at(wide, positions, values.astype("int64"), reduce)
        cupy.copyto(target, wide.astype(target.dtype))
        return
    order = cupy.argsort(positions, kind="stable")
    name, number, dense = f"{reduce}_in_order", target.dtype.name, cupy.ascontiguousarray(target)
    if target.dtype.kind == "c":
        name, number = f"{reduce}_of_pairs_in_order", "float32" if target.dtype.itemsize == 8 else "float64"
    launch(name, SOURCES[name], number, values.size, positions[order], order, cupy.ascontiguousarray(values), dense)
    if dense is not target:
        cupy.copyto(target, dense)


def index_add(target: Array, dim: int, index: Array, source: Array) -> None:
    """Add slice i of ``source`` along ``dim`` to slice ``index[i]`` of ``target``."""
    outer, size, inner = prod(target.shape[:dim]), target.shape[dim], prod(target.shape[dim + 1 :])
    dense = cupy.ascontiguousarray(target)
    cube, slices = dense.reshape(outer, size, inner), index.size
    if target.dtype.char in "fd" and not chosen.on:
        numbers = map(np.int64, (slices, size, inner))
        arrays = (cupy.ascontiguousarray(index), cupy.ascontiguousarray(source), dense)
        launch("add_slices", _SLICES, target.dtype.name, source.size, *numbers, *arrays)
    elif source.size:
        add_at(cube, (cupy.arange(outer)[:, None], index), source.reshape(outer, slices, inner))
    if dense is not target:
        cupy.copyto(target, dense)


def scatter_add(target: Array, dim: int, index: Array, source: Array) -> None:
    """Add elements along ``dim`` at their indices."""
    if target.dtype.char not in "fd" or chosen.on or not 0 < target.ndim <= _MOST or not index.size:
        if index.size:
            add_at(target, _key_along(index, dim), source)
        return
    dense = cupy.ascontiguousarray(target)
    strides = [stride // dense.itemsize for stride in dense.strides]
    sizes = np.zeros(1, _SIZES)
    sizes["rank"], sizes["dim"] = target.ndim, dim
    sizes["lengths"][0, : target.ndim], sizes["strides"][0, : target.ndim] = index.shape, strides
    arrays = (cupy.ascontiguousarray(index), cupy.ascontiguousarray(source), dense)
    launch(
        "add_along", ATOMIC_SOURCES["add_along"], target.dtype.name, index.size, np.int64(strides[dim]), sizes, *arrays
    )
    if dense is not target:
        cupy.copyto(target, dense)


_SIZES = np.dtype([("rank", "i8"), ("dim", "i8"), ("lengths", "i8", (_MOST,)), ("strides", "i8", (_MOST,))])


def index_put(target: Array, indices: Sequence[Array], values: Array, accumulate: bool) -> None:
    """Write or add values of shape ``S + rest``, where S is the shape of each of ``indices``."""
    key = tuple(indices)
    if accumulate:
        add_at(target, key, values)
    else:
        _put(target, key, values)


def scatter(target: Array, dim: int, index: Array, source: Array) -> None:
    """Write along ``dim``; of several values for one place the last one stays."""
    _put(target, _key_along(index, dim), source)


def _put(target: Array, key: tuple[Array, ...], values: Array) -> None:
    """Set ``target[key]``.

    CuPy writes in no particular order. So each place first learns the number of the last value meant for it, and
    then all values that are meant for a place are made equal.
    """
    shape: Shape = key[0].shape
    count = prod(shape)
    if not count:
        return
    numbers = "uint32" if count < 1 << 32 else "uint64"  # scatter_max has neither int64 nor smaller types
    last = cupy.zeros(target.shape[: len(key)], numbers)
    cupyx.scatter_max(last, key, cupy.arange(count, dtype=numbers).reshape(shape))
    flat = values.reshape((count, *values.shape[len(shape) :]))
    target[key] = flat[last[key]]


def nonzero(a: Array) -> Array:
    """Where the elements are that are not zero, a row for each; how many there are is read on the host."""
    host_waits()
    if not a.ndim:
        return cupy.zeros((int(a != 0), 0), "int64")
    columns = cupy.nonzero(a)
    return (
        columns[0].reshape(-1, 1) if len(columns) == 1 else cupy.stack(columns).T
    )  # column after column, as in PyTorch


def _key_along(index: Array, dim: int) -> tuple[Array, ...]:
    """Index arrays of the shape of ``index``: itself along ``dim``, counting along the others."""
    rank = len(index.shape)
    return tuple(
        index if d == dim else cupy.broadcast_to(cupy.arange(size).reshape((-1,) + (1,) * (rank - 1 - d)), index.shape)
        for d, size in enumerate(index.shape)
    )


KERNELS: dict[str, Callable[..., Any]] = {
    "index_add": index_add, "index_put": index_put, "nonzero": nonzero, "reduce_at": reduce_at,
    "scatter": scatter, "scatter_add": scatter_add,
}  # fmt: skip
"""By their names."""
