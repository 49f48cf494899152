"""Reductions of CuPy that add halves up in float32, read as they are: no array is converted first."""

from __future__ import annotations

from math import prod

import cupy

from flambeau.backend import Array, Shape
from flambeau.backend._array_reductions import in_order

from ._halves import is_half

__all__ = ["mean", "product", "total"]


@in_order
def total(a: Array, dims: Shape, keepdim: bool) -> Array:
    """The sum."""
    return cupy.sum(a, axis=dims, keepdims=keepdim, dtype=a.dtype)


@in_order
def product(a: Array, dims: Shape, keepdim: bool) -> Array:
    """The product."""
    return cupy.prod(a, axis=dims, keepdims=keepdim, dtype=a.dtype)


@in_order
def mean(a: Array, dims: Shape, keepdim: bool) -> Array:
    """The mean; halves are rounded once, and their sum may be larger than they."""
    found = cupy.sum(a, axis=dims, keepdims=keepdim, dtype="float32" if is_half(a) else a.dtype)
    cupy.true_divide(found, prod([a.shape[d] for d in dims]), out=found)
    return found.astype(a.dtype, copy=False)
