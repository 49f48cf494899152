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

_BLOCK, _TOGETHER = 1 << 17, 1 << 16
"""Scores of a block of one matrix, and of several: longer rows pay more than a cache that holds all of them."""

_PARTS, _LEAST = 4, 64
"""In how many parts, and of how many rows at least, causal attention goes, so that little is computed that is hidden."""

_LIMITS = {"d": 300.0, "f": 40.0}
"""exp of these, and sums of very many such, are far from the largest and the smallest number of the type."""

_amax = extreme_over(np.maximum)


def attention(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, mask: np.ndarray | None, scale: float, causal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The kernel of this name."""
    query, key, value = np.ascontiguousarray(query), np.ascontiguousarray(key), np.ascontiguousarray(value)
    (count, length, _), width = query.shape, key.shape[1]
    result = np.empty((count, length, value.shape[2]), query.dtype)
    logs = np.empty((count, length, 1), query.dtype)
    masking = None if mask is None else _Mask(mask, count)
    for some, rows, keys, hidden, scores in _blocks(count, length, width, query.dtype, causal):
        np.matmul(query[some, rows] * scale, key[some, keys].swapaxes(1, 2), out=scores)
        powers, shift = _powers(
            scores, scores[..., rows.start :], hidden, None if masking is None else masking.part(some, rows)
        )
        total = sum_over(powers, (2,), True)
        attended = np.matmul(powers, value[some, keys])
        if masking is not None:
            blind = total == 0
            total[blind] = 1
        np.divide(attended, total, out=result[some, rows])
        np.log(total, out=total)
        if masking is not None:
            total[blind] = np.inf  # with which the backward pass makes zeros, too
        logs[some, rows] = total if shift is None else total + shift
    return result, logs


class _Mask:
    """What is added to the scores, for some of the matrices and rows."""

    def __init__(self, mask: np.ndarray, count: int) -> None:
        batch, heads = mask.shape[:2]
        self.parts = mask.reshape(-1, *mask.shape[2:])
        self.which = None
        if len(self.parts) > 1:
            heads_of_all = heads if heads > 1 else count // batch
            batches, head = np.divmod(np.arange(count), heads_of_all)
            self.which = (batches if batch > 1 else 0) * heads + (head if heads > 1 else 0)
        seen = mask[mask > -np.inf]
        self.small = not seen.size or bool(np.abs(seen).max() < _LIMITS[mask.dtype.char] / 2)

    def part(self, some: slice, rows: slice) -> tuple[np.ndarray, bool]:
        """That of a block, which broadcasts to its scores, and whether what is not -inf is small."""
        parts = self.parts if self.which is None else self.parts[self.which[some]]
        return (parts[:, rows] if parts.shape[1] > 1 else parts), self.small


def _powers(
    scores: np.ndarray, last: np.ndarray, hidden: np.ndarray | None, mask: tuple[np.ndarray, bool] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The scores' exp, 0 where the ``last`` are hidden, and what has been subtracted first, if that was needed."""
    limit = _LIMITS[scores.dtype.char] / (1 if mask is None else 2)
    shift = None
    small = (mask is None or mask[1]) and scores.max() < limit and scores.min() > -limit
    if mask is not None:
        scores += mask[0]
    if not small:
        if hidden is not None:
            np.copyto(last, -np.inf, where=hidden)
        shift = _amax(scores, (2,), True)
        if mask is not None:
            shift[shift == -np.inf] = 0
        scores -= shift
    np.exp(scores, out=scores)
    if hidden is not None and shift is None:
        np.copyto(last, 0, where=hidden)
    return scores, shift


def attention_backward(
    grad: np.ndarray, query: np.ndarray, key: np.ndarray, value: np.ndarray, logs: np.ndarray, mask: np.ndarray | None,
    scale: float, causal: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The kernel of this name."""
    query, key, value = np.ascontiguousarray(query), np.ascontiguousarray(key), np.ascontiguousarray(value)
    grad = np.ascontiguousarray(grad)
    (count, length, _), width = query.shape, key.shape[1]
    of_query, of_key, of_value = np.empty_like(query), np.zeros_like(key), np.zeros_like(value)
    slopes = np.empty(min(max(_BLOCK, width), count * length * width), query.dtype)
    masking = None if mask is None else _Mask(mask, count)
    for some, rows, keys, hidden, weights in _blocks(count, length, width, query.dtype, causal):
        q, k, v, g = query[some, rows], key[some, keys], value[some, keys], grad[some, rows]
        np.matmul(q * scale, k.swapaxes(1, 2), out=weights)
        weights -= logs[some, rows]
        if masking is not None:
            weights += masking.part(some, rows)[0]
        np.exp(weights, out=weights)
        if hidden is not None:
            np.copyto(weights[..., rows.start :], 0, where=hidden)
        of_value[some, keys] += weights.swapaxes(1, 2) @ g
        slope = np.matmul(g, v.swapaxes(1, 2), out=slopes[: weights.size].reshape(weights.shape))
        # The weights of a row add up to 1 but for the rounding of its logarithm, which may be large.
        total = sum_over(weights, (2,), True)
        if masking is not None:
            total[total == 0] = 1
        slope -= np.vecdot(slope, weights)[..., None] / total
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
    together = min(max(_TOGETHER // (height * width), 1), count)
    room = np.empty(together * height * width, dtype)
    for start in range(0, length, height):
        rows = slice(start, min(start + height, length))
        keys = min(rows.stop, width) if causal else width
        hidden = ~np.tri(rows.stop - start, keys - start, dtype=bool) if causal and start < keys else None
        for first in range(0, count, together):
            shape = (min(together, count - first), rows.stop - start, keys)
            yield slice(first, first + shape[0]), rows, slice(0, keys), hidden, room[: prod(shape)].reshape(shape)
