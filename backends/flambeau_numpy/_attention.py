"""Attention in blocks that stay in the cache: scores are made, weighed and used before the next ones are.

As many matrices go together as fit a block, or rows of one of them; rows of causal attention look at no key that is later than
their last one. The powers are divided by their sum when the values are added up, which are fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from ._reductions import extreme_over, sum_over

__all__ = ["attention", "attention_backward"]

_BLOCK = 1 << 17
"""Scores of a block."""

_PARTS, _LEAST = 4, 64
"""In how many parts, and of how many rows at least, causal attention goes, so that little is computed that is hidden."""

_LIMITS = {"d": 300.0, "f": 40.0}
"""exp of these, and sums of very many such, are far from the largest and the smallest number of the type."""

_amax = extreme_over(np.maximum)


def attention(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, scale: float, causal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The kernel of this name."""
    query, key, value = np.ascontiguousarray(query), np.ascontiguousarray(key), np.ascontiguousarray(value)
    (count, length, _), width = query.shape, key.shape[1]
    result = np.empty((count, length, value.shape[2]), query.dtype)
    logs = np.empty((count, length, 1), query.dtype)
    for some, rows, keys, hidden, scores in _blocks(count, length, width, query.dtype, causal):
        np.matmul(query[some, rows] * scale, key[some, keys].swapaxes(1, 2), out=scores)
        powers, shift = _powers(scores, scores[..., rows.start :], hidden)
        total = sum_over(powers, (2,), True)
        attended = np.matmul(powers, value[some, keys])
        np.divide(attended, total, out=result[some, rows])
        np.log(total, out=total)
        logs[some, rows] = total if shift is None else total + shift
    return result, logs


def _powers(scores: np.ndarray, last: np.ndarray, hidden: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """The scores' exp, 0 where the ``last`` are hidden, and what has been subtracted first, if that was needed."""
    limit = _LIMITS[scores.dtype.char]
    shift = None
    if not (scores.max() < limit and scores.min() > -limit):
        if hidden is not None:
            np.copyto(last, -np.inf, where=hidden)
        shift = _amax(scores, (2,), True)
        scores -= shift
    np.exp(scores, out=scores)
    if hidden is not None and shift is None:
        np.copyto(last, 0, where=hidden)
    return scores, shift


def attention_backward(
    grad: np.ndarray, query: np.ndarray, key: np.ndarray, value: np.ndarray, logs: np.ndarray, scale: float, causal: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The kernel of this name."""
    query, key, value = np.ascontiguousarray(query), np.ascontiguousarray(key), np.ascontiguousarray(value)
    grad = np.ascontiguousarray(grad)
    (count, length, _), width = query.shape, key.shape[1]
    of_query, of_key, of_value = np.empty_like(query), np.zeros_like(key), np.zeros_like(value)
    slopes = np.empty(min(max(_BLOCK, width), count * length * width), query.dtype)
    for some, rows, keys, hidden, weights in _blocks(count, length, width, query.dtype, causal):
        q, k, v, g = query[some, rows], key[some, keys], value[some, keys], grad[some, rows]
        np.matmul(q * scale, k.swapaxes(1, 2), out=weights)
        weights -= logs[some, rows]
        np.exp(weights, out=weights)
        if hidden is not None:
            np.copyto(weights[..., rows.start :], 0, where=hidden)
        of_value[some, keys] += weights.swapaxes(1, 2) @ g
        slope = np.matmul(g, v.swapaxes(1, 2), out=slopes[: weights.size].reshape(weights.shape))
        # The weights of a row add up to 1 but for the rounding of its logarithm, which may be large.
        slope -= np.vecdot(slope, weights)[..., None] / sum_over(weights, (2,), True)
        slope *= weights
        of_query[some, rows] = slope @ k
        of_key[some, keys] += slope.swapaxes(1, 2) @ q
    of_query *= scale
    of_key *= scale
    return of_query, of_key, of_value


def _blocks(count: int, length: int, width: int, dtype: Any, causal: bool) -> Iterator[Any]:
    """Which matrices, rows and keys go together, which scores of the keys from the first row's on are hidden, and room."""
    height = min(max(_BLOCK // width, 1), length)
    if causal:
        height = min(height, max(-(-length // _PARTS), _LEAST))
    together = min(max(_BLOCK // (height * width), 1), count)
    room = np.empty(together * height * width, dtype)
    for start in range(0, length, height):
        rows = slice(start, min(start + height, length))
        keys = min(rows.stop, width) if causal else width
        hidden = ~np.tri(rows.stop - start, keys - start, dtype=bool) if causal and start < keys else None
        for first in range(0, count, together):
            shape = (min(together, count - first), rows.stop - start, keys)
            yield slice(first, first + shape[0]), rows, slice(0, keys), hidden, room[: prod(shape)].reshape(shape)
