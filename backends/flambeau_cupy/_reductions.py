"""Reductions in one launch.

Sums are also of what is computed of each element. Halves are read as they are and added up in float32: no array is
converted first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import cupy

from flambeau.backend import Array, Shape
from flambeau.backend._array_reductions import in_order

from ._halves import is_half

__all__ = ["KERNELS", "TERMS"]

TERMS = {"nansum": "x == x ? x : T(0)", "square_sum": "x * x"}
"""What is added up, in C."""


@in_order
def _sum(a: Array, dims: Shape, keepdim: bool) -> Array:
    return cupy.sum(a, axis=dims, keepdims=keepdim, dtype=a.dtype)


@in_order
def _prod(a: Array, dims: Shape, keepdim: bool) -> Array:
    return cupy.prod(a, axis=dims, keepdims=keepdim, dtype=a.dtype)


@in_order
def _mean(a: Array, dims: Shape, keepdim: bool) -> Array:
    """The mean; halves are rounded once, and their sum may be larger than they."""
    found = cupy.sum(a, axis=dims, keepdims=keepdim, dtype="float32" if is_half(a) else a.dtype)
    cupy.true_divide(found, prod([a.shape[d] for d in dims]), out=found)
    return found.astype(a.dtype, copy=False)


@cache
def _kernel(name: str) -> Any:
    return cupy.ReductionKernel("T x", "T y", TERMS[name], "a + b", "y = a", "0", f"flambeau_{name}")


def _sum_of(name: str) -> Callable[[Array, Shape, bool], Array]:
    def kernel(a: Array, dims: Shape, keepdim: bool) -> Array:
        if not dims:  # of each element alone, as those of the dims of size 1 that there are not
            a, dims, keepdim = a.reshape((*a.shape, 1)), (a.ndim,), False
        return _kernel(name)(a, axis=dims, keepdims=keepdim)

    return kernel


KERNELS: dict[str, Callable[..., Array]] = {
    "sum": _sum, "prod": _prod, "mean": _mean, **{name: _sum_of(name) for name in TERMS}
}  # fmt: skip
"""By their names."""
