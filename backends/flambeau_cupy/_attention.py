"""Attention: products by cuBLAS, and between them one launch that masks and weighs the scores in their place.

No mask is made for causal attention, and the scores of as many matrices, or of as many rows of one, exist at a time as a buffer
holds. Scores of halves are of float32, and the weights that are made of them, which are multiplied again, of 16 bits, as in
PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cupy
import numpy as np

from flambeau.backend import Array

from ._activation import SPREAD
from ._halves import computed, is_half
from ._products import multiply
from ._source import Rows, launch_rows, number_of

__all__ = ["KERNELS", "ROW_SOURCES"]

_SCORES = 1 << 26
"""Scores of a buffer."""

_PARAMETERS = """T scale, const S* mask, i64 heads, i64 height, i64 first_matrix, i64 first_row, i64 by_batch, i64 by_head,
    i64 by_row, i64 by_key, bool causal"""

_SCORE = """
    const i64 matrix = first_matrix + row / height, query = first_row + row % height;
    T* x = scores + row * length;
    const S* added = mask ? mask + matrix / heads * by_batch + matrix % heads * by_head + query * by_row : mask;
    const auto score = [&](i64 k) -> T {
        if (causal && k > query) return -INFINITY;
        const T scaled = x[k] * scale;
        return added ? scaled + wide(added[k * by_key]) : scaled;
    };
"""

_FORWARD = f"""
extern "C" __global__ void NAME(
    i64 rows, i64 length, i64 inner, T* scores, S* weights, T* logs, {_PARAMETERS}
) {{
    const i64 row = ROW;
    if (row >= rows) return;
    {_SCORE}
    T top, sum;
    spread(length, score, top, sum);
    const bool blind = top == -INFINITY && sum == T(0);  // nothing but -inf; with a nan among it the sum is one
    EACH(k) put(weights[row * length + k], blind ? T(0) : exp(score(k) - top) / sum);  // which may lie where the scores do
    if (LANE == 0) put(logs[row], blind ? INFINITY : log(sum) + top);  // so that the way back makes zeros, too
}}
"""

_BACKWARD = f"""
extern "C" __global__ void NAME(
    i64 rows, i64 length, i64 inner, T* scores, T* slopes, S* weights, S* bends, const T* logs, {_PARAMETERS}
) {{
    const i64 row = ROW;
    if (row >= rows) return;
    {_SCORE}
    const T* slope = slopes + row * length;
    const T its_log = logs[row];
    T dots = 0, sum = 0;
    EACH(k) {{
        const T weight = exp(score(k) - its_log);
        x[k] = weight;
        sum += weight;
        dots += weight * slope[k];
    }}
    sum = total(sum);
    // The weights of a row add up to 1 but for the rounding of its logarithm, which may be large.
    dots = total(dots) / (sum == T(0) ? T(1) : sum);
    EACH(k) {{
        const T weight = x[k], bend = (slope[k] - dots) * weight * scale;
        put(weights[row * length + k], weight);
        put(bends[row * length + k], bend);
    }}
}}
"""

ROW_SOURCES = {"attention": SPREAD + _FORWARD, "attention_backward": SPREAD + _BACKWARD}
"""The texts of the kernels over rows of scores."""


class _Block(NamedTuple):
    """Matrices and rows of them that are computed together, and the keys that they look at."""

    some: slice
    rows: slice
    keys: int


def _blocks(count: int, height: int, keys: int, causal: bool) -> Iterator[_Block]:
    together = min(max(_SCORES // (height * keys), 1), count)
    rows = _rows(height, keys)
    for first in range(0, count, together):
        for start in range(0, height, rows):
            stop = min(start + rows, height)
            yield _Block(
                slice(first, min(first + together, count)), slice(start, stop), min(stop, keys) if causal else keys
            )


def _rows(height: int, keys: int) -> int:
    """How many rows of a matrix are computed together."""
    return min(max(_SCORES // keys, 1), height)


def _weighed(
    name: str, block: _Block, given: tuple[Array, ...], logs: Array, dtype: Any, mask: Array | None, count: int,
    scale: float, causal: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Launch one of the kernels on the scores of a block, and their slopes: what it makes of each, in ``dtype``."""
    matrices, height, keys = given[0].shape
    heads, strides = 1, [0, 0, 0, 0]
    if mask is not None:
        batch, of_mask = mask.shape[:2]
        heads = of_mask if of_mask > 1 else count // batch
        strides = [
            0 if size == 1 else stride // mask.itemsize for size, stride in zip(mask.shape, mask.strides, strict=True)
        ]
    numbers = (heads, height, block.some.start, block.rows.start, *strides)
    made = tuple(each if each.dtype == dtype else cupy.empty(each.shape, dtype) for each in given)
    launch_rows(
        name, ROW_SOURCES[name], dtype.name, Rows(matrices * height, keys, 1), *given, *made, logs,
        number_of(given[0], scale), mask, *map(np.int64, numbers), np.bool_(causal),
    )  # fmt: skip
    return made


def _scaled(query: Array, scale: float) -> tuple[Array, float]:
    """What the keys are multiplied by, and the factor of the products: of halves these, as PyTorch rounds."""
    return (query, scale) if is_half(query) else (cupy.multiply(query, query.dtype.type(scale)), 1.0)


def _products(a: Array, b: Array) -> Array:
    """Those with the transposes of ``b``; not rounded to halves."""
    result = cupy.empty((len(a), a.shape[1], b.shape[1]), computed(a))
    multiply(a, b.transpose(0, 2, 1), result)
    return result


def _attention(
    query: Array, key: Array, value: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    (count, height, _), width = query.shape, key.shape[1]
    result = cupy.empty((count, height, value.shape[2]), query.dtype)
    logs = cupy.empty((count, height, 1), computed(query))
    query, factor = _scaled(query, scale)
    for block in _blocks(count, height, width, causal):
        some, rows, keys = block.some, block.rows, (block.some, slice(0, block.keys))
        scores = _products(query[some, rows], key[keys])
        (weights,) = _weighed("attention", block, (scores,), logs[some, rows], query.dtype, mask, count, factor, causal)
        multiply(weights, value[keys], result[some, rows])
    return result, logs


def _attention_backward(
    grad: Array, query: Array, key: Array, value: Array, logs: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array, Array]:
    (count, height, _), width = query.shape, key.shape[1]
    logs = cupy.ascontiguousarray(logs)
    several = _rows(height, width) < height  # blocks add to the gradients of the same keys, and are not rounded before
    of_query = cupy.empty(query.shape, query.dtype)
    of_key, of_value = (cupy.zeros(each.shape, computed(each) if several else each.dtype) for each in (key, value))
    scaled, factor = _scaled(query, scale)
    for block in _blocks(count, height, width, causal):
        some, rows, keys = block.some, block.rows, (block.some, slice(0, block.keys))
        given = _products(scaled[some, rows], key[keys]), _products(grad[some, rows], value[keys])
        weights, slope = _weighed(
            "attention_backward", block, given, logs[some, rows], query.dtype, mask, count, factor, causal
        )
        multiply(weights.transpose(0, 2, 1), grad[some, rows], of_value[keys], several)
        multiply(slope.transpose(0, 2, 1), query[some, rows], of_key[keys], several)
        multiply(slope, key[keys], of_query[some, rows])
    if not is_half(query):
        of_query, of_key = (cupy.multiply(each, query.dtype.type(scale)) for each in (of_query, of_key))
    return of_query, of_key.astype(query.dtype, copy=False), of_value.astype(query.dtype, copy=False)


KERNELS: dict[str, Callable[..., Any]] = {"attention": _attention, "attention_backward": _attention_backward}
"""By their names."""
