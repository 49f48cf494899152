"""Attention: products by cuBLAS, and between them one launch that masks and weighs the scores in their place.

No mask is made for causal attention, and the scores of as many matrices, or of as many rows of one, exist at a time as a buffer
holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cupy
import numpy as np

from flambeau.backend import Array

from ._activation import SPREAD
from ._halves import is_half
from ._source import Rows, launch_rows, number_of

__all__ = ["KERNELS", "ROW_SOURCES"]

_SCORES = 1 << 26
"""Scores of a buffer."""

_PARAMETERS = """T scale, const S* mask, i64 heads, i64 height, i64 first_matrix, i64 first_row, i64 by_batch, i64 by_head,
    i64 by_row, i64 by_key, bool causal"""

_SCORE = """
    const i64 matrix = first_matrix + row / height, query = first_row + row % height;
    S* x = scores + row * length;
    const S* added = mask ? mask + matrix / heads * by_batch + matrix % heads * by_head + query * by_row : mask;
    const auto score = [&](i64 k) -> T {
        if (causal && k > query) return -INFINITY;
        const T scaled = wide(x[k]) * scale;
        return added ? scaled + wide(added[k * by_key]) : scaled;
    };
"""

_FORWARD = f"""
extern "C" __global__ void NAME(i64 rows, i64 length, i64 inner, S* scores, S* logs, {_PARAMETERS}) {{
    const i64 row = ROW;
    if (row >= rows) return;
    {_SCORE}
    T top, sum;
    spread(length, score, top, sum);
    const bool blind = top == -INFINITY && sum == T(0);  // nothing but -inf; with a nan among it the sum is one
    EACH(k) put(x[k], blind ? T(0) : exp(score(k) - top) / sum);
    if (LANE == 0) put(logs[row], blind ? INFINITY : log(sum) + top);  // so that the way back makes zeros, too
}}
"""

_BACKWARD = f"""
extern "C" __global__ void NAME(
    i64 rows, i64 length, i64 inner, S* scores, S* slopes, const S* logs, {_PARAMETERS}
) {{
    const i64 row = ROW;
    if (row >= rows) return;
    {_SCORE}
    S* slope = slopes + row * length;
    const T its_log = wide(logs[row]);
    T dots = 0, sum = 0;
    EACH(k) {{
        const T weight = exp(score(k) - its_log);
        put(x[k], weight);
        sum += weight;
        dots += weight * wide(slope[k]);
    }}
    sum = total(sum);
    // The weights of a row add up to 1 but for the rounding of its logarithm, which may be large.
    dots = total(dots) / (sum == T(0) ? T(1) : sum);
    EACH(k) put(slope[k], (wide(slope[k]) - dots) * wide(x[k]) * scale);
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
    rows = height if together > 1 else min(max(_SCORES // keys, 1), height)
    for first in range(0, count, together):
        for start in range(0, height, rows):
            stop = min(start + rows, height)
            yield _Block(
                slice(first, min(first + together, count)), slice(start, stop), min(stop, keys) if causal else keys
            )


def _weighed(
    name: str, block: _Block, scores: Array, others: tuple[Array, ...], mask: Array | None, count: int, scale: float,
    causal: bool,
) -> None:  # fmt: skip
    """Launch one of the kernels on the scores of a block."""
    matrices, height, keys = scores.shape
    heads, strides = 1, [0, 0, 0, 0]
    if mask is not None:
        batch, of_mask = mask.shape[:2]
        heads = of_mask if of_mask > 1 else count // batch
        strides = [
            0 if size == 1 else stride // mask.itemsize for size, stride in zip(mask.shape, mask.strides, strict=True)
        ]
    numbers = (heads, height, block.some.start, block.rows.start, *strides)
    launch_rows(
        name, ROW_SOURCES[name], scores.dtype.name, Rows(matrices * height, keys, 1), scores, *others,
        number_of(scores, scale), mask, *map(np.int64, numbers), np.bool_(causal),
    )  # fmt: skip


def _attention(
    query: Array, key: Array, value: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    """Halves are converted: CuPy multiplies many matrices of them in float32, and so their scores are not rounded either."""
    if not is_half(query):
        return _attended(query, key, value, mask, scale, causal)
    values, logs = _attended(_single(query), _single(key), _single(value), _single(mask), scale, causal)
    return values.astype(query.dtype), logs


def _attended(
    query: Array, key: Array, value: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    (count, height, _), width = query.shape, key.shape[1]
    result = cupy.empty((count, height, value.shape[2]), query.dtype)
    logs = cupy.empty((count, height, 1), query.dtype)
    query = cupy.multiply(query, query.dtype.type(scale))  # before the product, as PyTorch rounds
    for block in _blocks(count, height, width, causal):
        some, rows = block.some, block.rows
        scores = cupy.matmul(query[some, rows], key[some, : block.keys].transpose(0, 2, 1))
        _weighed("attention", block, scores, (logs[some, rows],), mask, count, 1.0, causal)
        cupy.matmul(scores, value[some, : block.keys], out=result[some, rows])
    return result, logs


def _attention_backward(
    grad: Array, query: Array, key: Array, value: Array, logs: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array, Array]:
    if not is_half(query):
        return _slopes(grad, query, key, value, logs, mask, scale, causal)
    of_query, of_key, of_value = _slopes(
        _single(grad), _single(query), _single(key), _single(value), logs, _single(mask), scale, causal
    )
    return of_query.astype(query.dtype), of_key.astype(query.dtype), of_value.astype(query.dtype)


def _slopes(
    grad: Array, query: Array, key: Array, value: Array, logs: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array, Array]:
    (count, height, _), width = query.shape, key.shape[1]
    logs = cupy.ascontiguousarray(logs)
    of_query = cupy.empty(query.shape, query.dtype)
    of_key, of_value = cupy.zeros(key.shape, key.dtype), cupy.zeros(value.shape, value.dtype)
    factor = query.dtype.type(scale)
    scaled = cupy.multiply(query, factor)
    for block in _blocks(count, height, width, causal):
        some, rows, keys = block.some, block.rows, (block.some, slice(0, block.keys))
        weights = cupy.matmul(scaled[some, rows], key[keys].transpose(0, 2, 1))
        slope = cupy.matmul(grad[some, rows], value[keys].transpose(0, 2, 1))
        _weighed("attention_backward", block, weights, (slope, logs[some, rows]), mask, count, 1.0, causal)
        of_value[keys] += cupy.matmul(weights.transpose(0, 2, 1), grad[some, rows])
        of_key[keys] += cupy.matmul(slope.transpose(0, 2, 1), query[some, rows])
        cupy.matmul(slope, key[keys], out=of_query[some, rows])
    return cupy.multiply(of_query, factor), cupy.multiply(of_key, factor), of_value


def _single(array: Array | None) -> Any:
    return None if array is None else array.astype("float32")


KERNELS: dict[str, Callable[..., Any]] = {"attention": _attention, "attention_backward": _attention_backward}
"""By their names."""
