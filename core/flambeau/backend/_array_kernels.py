"""Kernels for storage, reductions, movement, indexing, sorting and products over a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from .kernels import Array, Scalar, Shape

__all__ = ["indexing_kernels", "movement_kernels", "product_kernels", "reduction_kernels", "storage_kernels"]

Kernels = dict[str, Callable[..., Any]]


def storage_kernels(xp: Any) -> Kernels:
    """Making, copying and converting arrays; transfer from and to the host is the backend's."""

    def arange(start: Scalar, step: Scalar, length: int, dtype: str) -> Array:
        steps = xp.arange(length, dtype="int64")
        if dtype.startswith(("float", "complex")):
            return (start + steps * float(step)).astype(dtype)  # type: ignore[operator]
        return (steps * int(step) + int(start)).astype(dtype)  # type: ignore[arg-type]

    def clone(a: Array, keep_strides: bool) -> Array:
        return a.copy(order="K" if keep_strides else "C")

    def cast(a: Array, dtype: str) -> Array:
        if a.dtype.kind == "c" and not dtype.startswith("complex"):
            a = (a != 0) if dtype == "bool" else a.real
        return a.astype(dtype)

    return {
        "empty": xp.empty, "full": xp.full, "arange": arange, "clone": clone, "cast": cast, "copy_into": xp.copyto,
        "item": lambda a: a.item(),
    }  # fmt: skip


def reduction_kernels(xp: Any) -> Kernels:
    """Reductions over dims, softmax and their kin."""

    def reduction(function: Callable[..., Array], name: str) -> Callable[..., Array]:
        def kernel(a: Array, dims: Shape, keepdim: bool) -> Array:
            return xp.asarray(function(a, axis=dims, keepdims=keepdim))

        kernel.__name__ = name
        return kernel

    def accumulation(function: Callable[..., Array], name: str) -> Callable[..., Array]:
        def kernel(a: Array, dims: Shape, keepdim: bool) -> Array:
            return xp.asarray(function(a, axis=dims, keepdims=keepdim, dtype=a.dtype))

        kernel.__name__ = name
        return kernel

    def along(function: Callable[..., Array], name: str) -> Callable[..., Array]:
        def kernel(a: Array, dim: int, keepdim: bool) -> Array:
            return xp.asarray(function(a, axis=dim, keepdims=keepdim)).astype("int64", copy=False)

        kernel.__name__ = name
        return kernel

    def var(a: Array, dims: Shape, keepdim: bool, correction: float) -> Array:
        count = prod(a.shape[d] for d in dims)
        deviation = a - a.mean(axis=dims, keepdims=True, dtype=a.dtype) if count else a
        total = xp.sum(xp.multiply(deviation, deviation), axis=dims, keepdims=keepdim)
        return xp.asarray(total / xp.full((), max(0.0, count - correction), a.dtype))

    def mean(a: Array, dims: Shape, keepdim: bool) -> Array:
        total = xp.asarray(xp.sum(a, axis=dims, keepdims=keepdim, dtype=a.dtype))
        return xp.asarray(xp.true_divide(total, xp.full((), prod(a.shape[d] for d in dims), a.dtype)))

    table: Kernels = {
        "sum": accumulation(xp.sum, "sum"), "prod": accumulation(xp.prod, "prod"),
        "amax": reduction(xp.amax, "amax"), "amin": reduction(xp.amin, "amin"),
        "any": reduction(xp.any, "any"), "all": reduction(xp.all, "all"),
        "argmax": along(xp.argmax, "argmax"), "argmin": along(xp.argmin, "argmin"),
        "cumsum": lambda a, dim: xp.cumsum(a, axis=dim, dtype=a.dtype),
        "cumprod": lambda a, dim: xp.cumprod(a, axis=dim, dtype=a.dtype),
        "mean": mean, "var": var,
    }  # fmt: skip
    return table | _softmax_kernels(xp)


def _softmax_kernels(xp: Any) -> Kernels:
    def shifted(a: Array, dim: int) -> Array:
        return a - a.max(axis=dim, keepdims=True) if a.shape[dim] else a.copy()

    def softmax(a: Array, dim: int) -> Array:
        result = shifted(a, dim)
        xp.exp(result, out=result)
        result /= result.sum(axis=dim, keepdims=True)
        return result

    def softmax_backward(grad: Array, result: Array, dim: int) -> Array:
        weighted = grad * result
        weighted -= result * weighted.sum(axis=dim, keepdims=True)
        return weighted

    def log_softmax(a: Array, dim: int) -> Array:
        result = shifted(a, dim)
        result -= xp.log(xp.exp(result).sum(axis=dim, keepdims=True))
        return result

    def log_softmax_backward(grad: Array, result: Array, dim: int) -> Array:
        scaled = xp.exp(result)
        scaled *= grad.sum(axis=dim, keepdims=True)
        return xp.subtract(grad, scaled, out=scaled)

    return {
        "softmax": softmax, "softmax_backward": softmax_backward,
        "log_softmax": log_softmax, "log_softmax_backward": log_softmax_backward,
    }  # fmt: skip


def movement_kernels(xp: Any) -> Kernels:
    """Views where strides allow, and the copies that pad, reverse and join."""
    as_strided = xp.lib.stride_tricks.as_strided

    def expand(a: Array, shape: Shape) -> Array:
        lead = len(shape) - len(a.shape)
        strides = (0,) * lead + tuple(
            0 if own == 1 else stride for own, stride in zip(a.shape, a.strides, strict=True)
        )
        return as_strided(a, shape, strides)

    def cut(a: Array, starts: Shape, lengths: Shape, steps: Shape) -> Array:
        key = tuple(
            slice(start, start + (length - 1) * step + 1 if length else start, step)
            for start, length, step in zip(starts, lengths, steps, strict=True)
        )
        return a[key] if key else a.view()

    def pad(a: Array, before: Shape, after: Shape, value: Scalar) -> Array:
        shape = tuple(size + low + high for size, low, high in zip(a.shape, before, after, strict=True))
        result = xp.full(shape, value, a.dtype)
        result[tuple(slice(low, low + size) for low, size in zip(before, a.shape, strict=True))] = a
        return result

    return {
        "reshape": lambda a, shape: a.reshape(shape) if shape != a.shape else a.view(),
        "permute": lambda a, dims: a.transpose(dims) if dims else a.view(),
        "expand": expand, "slice": cut, "pad": pad,
        "select": lambda a, dim, index: a[(slice(None),) * dim + (index, ...)],
        "flip": lambda a, dims: xp.flip(a, dims).copy() if dims else a.copy(),
        "concat": lambda arrays, dim: xp.concatenate(arrays, axis=dim),
    }  # fmt: skip


def indexing_kernels(xp: Any, add_at: Callable[[Array, Any, Array], None]) -> Kernels:
    """Reading and writing by index arrays; ``add_at(target, key, values)`` adds with repeated indices."""

    def index_put(target: Array, indices: Sequence[Array], values: Array, accumulate: bool) -> None:
        if accumulate:
            add_at(target, tuple(indices), values)
        else:
            target[tuple(indices)] = values

    def key_along(shape: Shape, dim: int, index: Array) -> tuple[Array, ...]:
        """Index arrays for every dim: ``index`` along ``dim``, counting along the others."""
        return tuple(
            index if d == dim else xp.arange(index.shape[d]).reshape((-1,) + (1,) * (len(shape) - 1 - d))
            for d in range(len(shape))
        )

    def gather(a: Array, dim: int, index: Array) -> Array:
        return a[key_along(a.shape, dim, index)]

    def scatter(target: Array, dim: int, index: Array, source: Array) -> None:
        target[key_along(target.shape, dim, index)] = source

    def scatter_add(target: Array, dim: int, index: Array, source: Array) -> None:
        add_at(target, key_along(target.shape, dim, index), source)

    def index_add(target: Array, dim: int, index: Array, source: Array) -> None:
        add_at(target, (slice(None),) * dim + (index,), source)

    def nonzero(a: Array) -> Array:
        if not a.shape:
            return xp.zeros((int(a != 0), 0), "int64")
        return xp.stack(xp.nonzero(a), axis=1).astype("int64", copy=False)

    return {
        "index": lambda a, indices: a[tuple(indices)], "index_put": index_put, "gather": gather, "scatter": scatter,
        "scatter_add": scatter_add, "index_add": index_add, "nonzero": nonzero,
    }  # fmt: skip


def product_kernels(xp: Any) -> Kernels:
    """Sorting, searching and matrix products."""
    matmul = xp.matmul

    def sort(a: Array, dim: int, descending: bool) -> tuple[Array, Array]:
        if not descending:
            order = xp.argsort(a, axis=dim, kind="stable")
        else:
            # Sorting the reversed array and reversing the result keeps equal elements in their order.
            backwards = xp.argsort(xp.flip(a, dim), axis=dim, kind="stable")
            order = a.shape[dim] - 1 - xp.flip(backwards, dim)
        return xp.take_along_axis(a, order, axis=dim), order.astype("int64", copy=False)

    def searchsorted(sorted_sequence: Array, values: Array, right: bool) -> Array:
        found = xp.searchsorted(sorted_sequence, values, side="right" if right else "left")
        return xp.asarray(found).astype("int64", copy=False)

    def addmm(bias: Array, a: Array, b: Array) -> Array:
        result = matmul(a, b)
        result += bias
        return result

    return {"sort": sort, "searchsorted": searchsorted, "matmul": matmul, "addmm": addmm}
