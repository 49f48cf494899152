"""Writing at index arrays: what CUDA's atomic operations lack, and an order among values for one place."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import cupy
import cupyx

from flambeau.backend import Array, Shape

__all__ = ["add_at", "index_put", "scatter"]

_ATOMIC = frozenset({"int32", "float16", "float32", "float64"})


def add_at(target: Array, key: Any, values: Array) -> None:
    """Add ``values`` to ``target[key]``, every one of those at repeated indices."""
    if target.dtype.name in _ATOMIC:
        cupyx.scatter_add(target, key, values)
    elif target.dtype.name == "int64":
        # Sums of two's complements are the same bits with and without sign.
        cupyx.scatter_add(target.view("uint64"), key, values.view("uint64"))
    elif target.dtype.kind == "c":
        cupyx.scatter_add(target.real, key, values.real)
        cupyx.scatter_add(target.imag, key, values.imag)
    else:
        sums = cupy.zeros(target.shape, "int32")
        cupyx.scatter_add(sums, key, values.astype("int32"))
        cupy.add(target, sums.astype(target.dtype), out=target)


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


def _key_along(index: Array, dim: int) -> tuple[Array, ...]:
    """Index arrays of the shape of ``index``: itself along ``dim``, counting along the others."""
    rank = len(index.shape)
    return tuple(
        index if d == dim else cupy.broadcast_to(cupy.arange(size).reshape((-1,) + (1,) * (rank - 1 - d)), index.shape)
        for d, size in enumerate(index.shape)
    )
