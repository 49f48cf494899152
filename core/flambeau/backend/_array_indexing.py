"""Kernels that read and write by index arrays over a NumPy-like namespace.

Where the memory is contiguous, several index arrays become one of positions, with which the namespaces are fastest.
Index arrays are brought into C order first: a namespace may walk through them in the order of their memory, and then
another than the last of several values for one element would stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from .kernels import Array, Shape

__all__ = ["indexing_kernels"]

Key = tuple[Array, ...]


def indexing_kernels(
    xp: Any, take: Callable[[Array, Array], Array], add_at: Callable[[Array, Any, Array], None],
    add_rows: Callable[[Array, Array, Array], None],
) -> dict[str, Callable[..., Any]]:  # fmt: skip
    """The kernels of the family.

    ``take(a, index)`` reads along the first dimension; ``add_at(target, key, values)`` adds, with repeated indices, and so does
    ``add_rows(target, positions, values)`` to rows of a matrix.
    """

    def read(a: Array, key: Key) -> Array:
        if len(key) > 1 and not a.flags.c_contiguous:
            return a[key]
        return take(_merged(a, len(key)), _positions(a.shape, key))

    def write(target: Array, key: Key, values: Array) -> None:
        if len(key) > 1 and target.flags.c_contiguous:
            target, key = _merged(target, len(key)), (_positions(target.shape, key),)
        target[key] = values

    def add(target: Array, key: Key, values: Array) -> None:
        if not target.flags.c_contiguous:
            add_at(target, key, values)
            return
        positions = _positions(target.shape, key).reshape(-1)
        rest = prod(target.shape[len(key) :])
        if rest == 1:
            add_at(target.reshape(-1), (positions,), values.reshape(-1))
        elif rest:
            add_rows(target.reshape(-1, rest), positions, values.reshape(-1, rest))

    def index(a: Array, indices: Sequence[Array]) -> Array:
        if len(indices) == 1 and len(indices[0].shape) == 1:
            found = take(a, indices[0])
        else:
            found = read(a, _flat(indices))  # flat, because 0-d indices would give a view
            found = found.reshape(indices[0].shape + a.shape[len(indices) :])
        return found if found.flags.c_contiguous else found.copy(order="C")

    def index_put(target: Array, indices: Sequence[Array], values: Array, accumulate: bool) -> None:
        key = _flat(indices)
        values = values.reshape(key[0].shape + target.shape[len(key) :])
        (add if accumulate else write)(target, key, values)

    def gather(a: Array, dim: int, index: Array) -> Array:
        if not index.size:  # which may have fewer dimensions
            return xp.empty(index.shape, a.dtype)
        return read(a, _key_along(xp, dim, index.shape, index))

    def scatter(target: Array, dim: int, index: Array, source: Array) -> None:
        write(target, _key_along(xp, dim, index.shape, index), xp.ascontiguousarray(source))

    def scatter_add(target: Array, dim: int, index: Array, source: Array) -> None:
        add(target, _key_along(xp, dim, index.shape, index), source)

    def index_add(target: Array, dim: int, index: Array, source: Array) -> None:
        add(target, _key_along(xp, dim, source.shape[: dim + 1], index), source)

    def index_select(a: Array, dim: int, index: Array) -> Array:
        if a.flags.c_contiguous:
            return a.take(index, dim)
        return xp.ascontiguousarray(a[(slice(None),) * dim + (index,)])

    def nonzero(a: Array) -> Array:
        if not a.shape:
            return xp.zeros((int(a != 0), 0), "int64")
        columns = xp.nonzero(a)
        if len(columns) == 1:
            return columns[0].astype("int64", copy=False).reshape((-1, 1))
        return xp.stack(columns).astype("int64", copy=False).T  # column after column, as in PyTorch

    return {
        "index": index, "index_put": index_put, "gather": gather, "scatter": scatter, "scatter_add": scatter_add,
        "index_add": index_add, "index_select": index_select, "nonzero": nonzero,
    }  # fmt: skip


def _flat(indices: Sequence[Array]) -> Key:
    return tuple([index.reshape(-1) for index in indices])


def _key_along(xp: Any, dim: int, shape: Shape, index: Array) -> Key:
    """Index arrays for the dims of ``shape``, which broadcast: ``index`` along ``dim``, counting along the others."""
    last, key = len(shape) - 1, []
    for d, size in enumerate(shape):
        if d == dim:
            key.append(xp.ascontiguousarray(index))
        else:
            key.append(xp.arange(size).reshape((-1,) + (1,) * (last - d)))
    return tuple(key)


def _merged(a: Array, count: int) -> Array:
    """A view of ``a`` with the first ``count`` dims as one."""
    return a if count == 1 else a.reshape((prod(a.shape[:count]), *a.shape[count:]))


def _positions(shape: Shape, key: Key) -> Array:
    """Where the elements that ``key`` names are, counted along the first dims of ``shape`` taken as one."""
    positions = key[0]
    for size, index in zip(shape[1:], key[1:], strict=False):
        positions = positions * size + index
    return positions
