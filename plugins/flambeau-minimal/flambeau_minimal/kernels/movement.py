"""Kernels that move elements: five that return views, three that return copies."""

from __future__ import annotations

from collections.abc import Sequence

from flambeau.backend import Shape

from ..storage import (
    MinimalArray,
    contiguous_strides,
    elements,
    expanded,
    full_of,
    permuted,
    positions,
    read,
    rearranged,
    view,
    window,
    write,
)

__all__ = ["reshape", "permute", "expand", "slice", "as_strided", "flip", "pad", "concat"]


def reshape(a: MinimalArray, shape: Shape) -> MinimalArray:
    """The same elements under another shape; a view if strides can express it."""
    strides = _strides_of_view(a, shape)
    if strides is None:
        return view(rearranged(a), shape, contiguous_strides(shape), 0)
    return view(a, shape, strides, a.offset)


def _strides_of_view(a: MinimalArray, shape: Shape) -> Shape | None:
    """The strides with which ``shape`` reads the elements of ``a``, or None if there are none.

    The new dims must cut every run of equally spaced elements without remainder. Both are taken from the
    back.
    """
    if not a.size:
        return a.strides if shape == a.shape else contiguous_strides(shape)
    runs = _equally_spaced_runs(a)
    count, stride = runs.pop() if runs else (1, 1)
    strides: list[int] = []
    for size in reversed(shape):
        if count == 1 and size != 1:
            count, stride = runs.pop()
        if count % size:
            return None
        strides.append(stride)
        count //= size
        stride *= size
    return tuple(reversed(strides))


def _equally_spaced_runs(a: MinimalArray) -> list[tuple[int, int]]:
    """The (count, stride) of the dims of ``a``, where neighbours that one stride describes are one run."""
    runs: list[tuple[int, int]] = []
    for size, stride in zip(a.shape, a.strides, strict=True):
        if runs and runs[-1][1] == size * stride:
            runs[-1] = (runs[-1][0] * size, stride)
        elif size != 1:
            runs.append((size, stride))
    return runs


def permute(a: MinimalArray, dims: Shape) -> MinimalArray:
    """A view with the dims in another order."""
    return permuted(a, dims)


def expand(a: MinimalArray, shape: Shape) -> MinimalArray:
    """A view broadcast to ``shape``."""
    return expanded(a, shape)


def slice(a: MinimalArray, starts: Shape, lengths: Shape, steps: Shape) -> MinimalArray:
    """A view of every ``step``-th element from ``start`` on."""
    return window(a, starts, lengths, steps)


def as_strided(a: MinimalArray, shape: Shape, strides: Shape, offset: int) -> MinimalArray:
    """A view of any elements of the buffer from the first one of ``a`` on."""
    return view(a, shape, strides, a.offset + offset)


def flip(a: MinimalArray, dims: Shape) -> MinimalArray:
    """A copy, read backwards along ``dims``."""
    last = a.offset + sum((a.shape[d] - 1) * a.strides[d] for d in dims)
    strides = tuple(-stride if d in dims else stride for d, stride in enumerate(a.strides))
    return read(a, positions(a.shape, strides, last), a.shape)


def pad(a: MinimalArray, before: Shape, after: Shape, value: float) -> MinimalArray:
    """A copy in a frame of ``value``."""
    sizes = zip(before, a.shape, after, strict=True)
    padded = full_of(value, tuple(map(sum, sizes)), a.dtype, a.device)
    write(window(padded, before, a.shape, (1,) * a.ndim), elements(a))
    return padded


def concat(arrays: Sequence[MinimalArray], dim: int) -> MinimalArray:
    """A copy of the arrays one after the other along ``dim``."""
    first = arrays[0]
    total = sum(a.shape[dim] for a in arrays)
    joined = full_of(0, (*first.shape[:dim], total, *first.shape[dim + 1 :]), first.dtype, first.device)
    start = 0
    for a in arrays:
        starts = tuple(start if d == dim else 0 for d in range(a.ndim))
        write(window(joined, starts, a.shape, (1,) * a.ndim), elements(a))
        start += a.shape[dim]
    return joined
