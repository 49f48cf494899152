"""Sums of what is computed of each element, in one launch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import cupy

from flambeau.backend import Array, Shape

__all__ = ["KERNELS", "TERMS"]

TERMS = {"nansum": "x == x ? x : T(0)", "square_sum": "x * x"}
"""What is added up, in C."""


@cache
def _kernel(name: str) -> Any:
    return cupy.ReductionKernel("T x", "T y", TERMS[name], "a + b", "y = a", "0", f"flambeau_{name}")


def _sum_of(name: str) -> Callable[[Array, Shape, bool], Array]:
    def kernel(a: Array, dims: Shape, keepdim: bool) -> Array:
        if not dims:  # of each element alone, as those of the dims of size 1 that there are not
            a, dims, keepdim = a.reshape((*a.shape, 1)), (a.ndim,), False
        return _kernel(name)(a, axis=dims, keepdims=keepdim)

    return kernel


KERNELS: dict[str, Callable[..., Array]] = {name: _sum_of(name) for name in TERMS}
"""By their names."""
