"""Logarithms of sums of exponentials: one launch that reads a row once. Halves are computed with in float32."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import cupy

from flambeau.backend import Array, Shape

from ._activation import SPREAD
from ._source import Rows, launch_rows

__all__ = ["KERNELS", "ROW_SOURCES"]

_LOGSUMEXP = """
extern "C" __global__ void NAME(i64 rows, i64 length, i64 inner, const S* a, S* result) {
    const i64 row = ROW;
    if (row >= rows) return;
    const S* x = a + FIRST(row);
    T top, sum, missing = 0;
    const auto value_at = [&](i64 k) {
        const T value = wide(x[k * inner]);
        if (value != value) missing = value;  // nan, of which the sum is nan
        return value;
    };
    spread(length, value_at, top, sum);
    missing = total(missing);
    if (LANE == 0) put(result[row], missing != missing ? missing : top == INFINITY ? top : top + log(sum));
}
"""

ROW_SOURCES = {"logsumexp": SPREAD + _LOGSUMEXP}
"""The texts of the kernels over rows."""


def logsumexp(a: Array, dims: Shape, keepdim: bool) -> Array:
    """Of rows that lie along several dims as of those along one, if no other dim is between them."""
    if not dims:
        return a.copy()
    dims = tuple(sorted(dims))
    first, count = dims[0], len(dims)
    shape = tuple(1 if dim in dims else size for dim, size in enumerate(a.shape))
    if dims != tuple(range(first, first + count)):
        others = tuple(dim for dim in range(a.ndim) if dim not in dims)
        a, first = a.transpose(others + dims), len(others)
    a = cupy.ascontiguousarray(a)
    inner, length = prod(a.shape[first + count :]), prod(a.shape[first : first + count])
    rows = Rows(prod(a.shape[:first]) * inner, length, inner)
    result = cupy.empty(shape if keepdim else tuple(size for dim, size in enumerate(shape) if dim not in dims), a.dtype)
    launch_rows("logsumexp", ROW_SOURCES["logsumexp"], a.dtype.name, rows, a, result)
    return result


KERNELS: dict[str, Callable[..., Array]] = {"logsumexp": logsumexp}
"""By their names."""
