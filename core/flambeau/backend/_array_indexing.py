"""Kernels that read and write by index arrays over a NumPy-like namespace.

Index arrays are brought into C order first: a namespace may walk through them in the order of their memory, and then
another than the last of several values for one element would stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .kernels import Array, Shape

__all__ = ["indexing_kernels"]


def indexing_kernels(
    xp: Any, take: Callable[[Array, Array], Array], add_at: Callable[[Array, Any, Array], None]
) -> dict[str, Callable[..., Any]]:
    """The kernels of the family.

    ``take(a, index)`` reads along the first dimension; ``add_at(target, key, values)`` adds, with repeated indices.
    """

    def index(a: Array, indices: Sequence[Array]) -> Array:
        if len(indices) == 1:
            return take(a, indices[0])
        # Flat, because 0-d indices would give a view.
        found = a[_flat(indices)]
        return found.reshape(indices[0].shape + a.shape[len(indices) :])

    def index_put(target: Array, indices: Sequence[Array], values: Array, accumulate: bool) -> None:
        key = _flat(indices)
        values = values.reshape(key[0].shape + target.shape[len(key) :])
        if accumulate:
            add_at(target, key, values)
        else:
            target[key] = values

    def gather(a: Array, dim: int, index: Array) -> Array:
        return a[_key_along(xp, dim, index)]

    def scatter(target: Array, dim: int, index: Array, source: Array) -> None:
        target[_key_along(xp, dim, index)] = xp.ascontiguousarray(source)

    def scatter_add(target: Array, dim: int, index: Array, source: Array) -> None:
        add_at(target, _key_along(xp, dim, index), source)

    def index_add(target: Array, dim: int, index: Array, source: Array) -> None:
        # A view whose first dimension is `dim`: adding along the first is the case that backends make fast.
        add_at(target.swapaxes(0, dim), (index,), source.swapaxes(0, dim))

    def nonzero(a: Array) -> Array:
        if not a.shape:
            return xp.zeros((int(a != 0), 0), "int64")
        return xp.stack(xp.nonzero(a), axis=1).astype("int64", copy=False)

    return {
        "index": index, "index_put": index_put, "gather": gather, "scatter": scatter, "scatter_add": scatter_add,
        "index_add": index_add, "nonzero": nonzero,
    }  # fmt: skip


def _flat(indices: Sequence[Array]) -> tuple[Array, ...]:
    return tuple([index.reshape(-1) for index in indices])


def _key_along(xp: Any, dim: int, index: Array) -> tuple[Array, ...]:
    """Index arrays for every dim: ``index`` along ``dim``, counting along the others."""
    ndim = len(index.shape)
    return tuple(
        xp.ascontiguousarray(index) if d == dim else _counting(xp, index.shape, d) for d in range(ndim)
    )


def _counting(xp: Any, shape: Shape, dim: int) -> Array:
    return xp.arange(shape[dim]).reshape((-1,) + (1,) * (len(shape) - 1 - dim))
