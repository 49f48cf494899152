"""Movement kernels over a NumPy-like namespace: views where strides allow, and the copies that pad, flip and join."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import add
from typing import Any

from .kernels import Array, Scalar, Shape

__all__ = ["movement_kernels"]


def movement_kernels(xp: Any) -> dict[str, Callable[..., Array]]:
    """The kernels that move elements, or only the view of them."""
    as_strided = xp.lib.stride_tricks.as_strided

    def reshape(a: Array, shape: Shape) -> Array:
        return a.reshape(shape) if shape != a.shape else a.view()

    def permute(a: Array, dims: Shape) -> Array:
        return a.transpose(dims) if dims else a.view()

    def expand(a: Array, shape: Shape) -> Array:
        # Not `broadcast_to`, whose views NumPy makes read-only.
        lead = len(shape) - len(a.shape)
        own = [0 if size == 1 else stride for size, stride in zip(a.shape, a.strides, strict=True)]
        return as_strided(a, shape, [0] * lead + own)

    def cut(a: Array, starts: Shape, lengths: Shape, steps: Shape) -> Array:
        if steps.count(1) == len(steps):
            key = tuple(map(slice, starts, map(add, starts, lengths)))
        else:
            key = tuple(
                [
                    slice(start, start + (length - 1) * step + 1 if length else start, step)
                    for start, length, step in zip(starts, lengths, steps, strict=True)
                ]
            )
        return a[key] if key else a.view()

    def strided(a: Array, shape: Shape, strides: Shape, offset: int) -> Array:
        size = a.itemsize
        start = as_strided(a, (offset + 1,), (size,))[offset:]
        return as_strided(start, shape, [size * stride for stride in strides])

    def bitcast(a: Array, dtype: str) -> Array:
        return a.view(dtype)

    def select(a: Array, dim: int, index: int) -> Array:
        return a[(slice(None),) * dim + (index, ...)]  # the ellipsis keeps the result of a vector an array, and a view

    def flip(a: Array, dims: Shape) -> Array:
        return xp.flip(a, dims).copy() if dims else a.copy()

    def pad(a: Array, before: Shape, after: Shape, value: Scalar) -> Array:
        shape = tuple(size + low + high for size, low, high in zip(a.shape, before, after, strict=True))
        result = xp.full(shape, value, a.dtype)
        result[tuple(slice(low, low + size) for low, size in zip(before, a.shape, strict=True))] = a
        return result

    def concat(arrays: Sequence[Array], dim: int) -> Array:
        joined = xp.concatenate(arrays, axis=dim)
        return joined if joined.flags.c_contiguous else joined.copy(order="C")

    return {
        "reshape": reshape, "permute": permute, "expand": expand, "slice": cut, "as_strided": strided, "bitcast": bitcast,
        "select": select, "flip": flip, "roll": xp.roll, "repeat_interleave": xp.repeat, "pad": pad, "concat": concat,
    }  # fmt: skip
