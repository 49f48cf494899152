"""Kernels that read and write where index arrays say.

Each turns its indices into positions in the buffer, then reads or writes there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, product
from typing import Any

from ..dtypes import INTEGERS, wrap
from ..storage import MinimalArray, elements, fresh, positions, read

__all__ = ["index", "index_put", "gather", "scatter", "scatter_add", "nonzero"]


def index(a: MinimalArray, indices: Sequence[MinimalArray]) -> MinimalArray:
    """``a[i0, i1, …]``."""
    shape = indices[0].shape + a.shape[len(indices) :]
    return read(a, _selected(a, indices), shape)


def index_put(target: MinimalArray, indices: Sequence[MinimalArray], values: MinimalArray, accumulate: bool) -> None:
    """Write ``values`` into ``target[i0, i1, …]``, or add them to it."""
    put = _add_at if accumulate else _put_at
    put(target, _selected(target, indices), values)


def _selected(a: MinimalArray, indices: Sequence[MinimalArray]) -> list[int]:
    """The positions of ``a[i0, i1, …]``: where each selected part starts, and the elements of that part."""
    columns = [elements(i) for i in indices]
    starts = [a.offset + sum(map(operator.mul, row, a.strides)) for row in zip(*columns, strict=True)]
    part = positions(a.shape[len(indices) :], a.strides[len(indices) :])
    return [start + step for start in starts for step in part]


def gather(a: MinimalArray, dim: int, index: MinimalArray) -> MinimalArray:
    """``a[i][index[i][j][k]][k]`` for dim 1."""
    return read(a, _along(a, dim, index), index.shape)


def scatter(target: MinimalArray, dim: int, index: MinimalArray, source: MinimalArray) -> None:
    """Write ``source`` to where :func:`gather` would read."""
    _put_at(target, _along(target, dim, index), source)


def scatter_add(target: MinimalArray, dim: int, index: MinimalArray, source: MinimalArray) -> None:
    """Add ``source`` to where :func:`gather` would read."""
    _add_at(target, _along(target, dim, index), source)


def _along(a: MinimalArray, dim: int, index: MinimalArray) -> list[int]:
    """The positions that ``index`` selects along ``dim``; the other dims count as usual."""
    strides = tuple(0 if d == dim else stride for d, stride in enumerate(a.strides))
    lines = positions(index.shape, strides, a.offset)
    return [start + i * a.strides[dim] for start, i in zip(lines, elements(index), strict=True)]


def _put_at(target: MinimalArray, where: Iterable[int], source: MinimalArray) -> None:
    for position, value in zip(where, elements(source), strict=True):
        target.buffer[position] = value


def _add_at(target: MinimalArray, where: Iterable[int], source: MinimalArray) -> None:
    buffer, add = target.buffer, _addition(target.dtype)
    for position, value in zip(where, elements(source), strict=True):
        buffer[position] = add(buffer[position], value)


def _addition(dtype: str) -> Callable[[Any, Any], Any]:
    if dtype in INTEGERS:
        wrapped = wrap(dtype)
        return lambda x, y: wrapped(x + y)
    return operator.or_ if dtype == "bool" else operator.add


def nonzero(a: MinimalArray) -> MinimalArray:
    """The indices of the elements that are not zero, one row each."""
    everywhere = product(*map(range, a.shape))
    rows = [row for row, value in zip(everywhere, elements(a), strict=True) if value]
    return fresh(chain.from_iterable(rows), (len(rows), a.ndim), "int64", a.device)
