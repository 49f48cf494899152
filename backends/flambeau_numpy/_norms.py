"""Normalisation in blocks that stay in the cache: sums are products with ones, squares of rows products with themselves.

What NumPy does on whole arrays goes through memory once for every operation. A block of rows goes through all of them
before the next one is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from flambeau.backend import Shape

from ._reductions import (
    _ONES,
    _PIECE,
    _SHORT,
    _square_sum_of_rows,
    _sum_of_columns,
    _sum_of_rows,
    number_of,
    square_of_ones,
)

__all__ = ["KERNELS"]

_BLOCK = 1 << 17
"""Elements of a block: what is read, written and held for them fits a level-2 cache."""

_WIDE = 16
"""Elements side by side from which on a channel's are rows of their own, not columns."""


def _blocks(length: int, width: int) -> Iterator[slice]:
    step = max(_BLOCK // max(width, 1), 1)
    return (slice(start, start + step) for start in range(0, length, step))


# -- rows ------------------------------------------------------------------------------------------------


@contextmanager
def _short_buffers(length: int) -> Iterator[None]:
    """NumPy copies rows that are shorter than its buffer into it where an operand is broadcast: rows of this length are not."""
    kept = np.setbufsize(1 << min(length.bit_length() - 1, 13))
    try:
        yield
    finally:
        np.setbufsize(kept)


def _buffers_for(a: np.ndarray) -> Any:
    length = a.shape[-1]
    return _short_buffers(length) if length >= _LONG and a.size >= _MANY else _AS_THEY_ARE


_LONG, _MANY = 256, 1 << 15
"""Rows and arrays for which another size of the buffer pays."""

_AS_THEY_ARE = nullcontext()


def _layer_norm(a: np.ndarray, weight: Any, bias: Any, eps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, length = a.shape
    if not a.flags.c_contiguous:
        a = np.ascontiguousarray(a)
    values = np.empty(a.shape, a.dtype)
    if a.size <= _BLOCK:
        return values, *_normalize_rows(a, values, weight, bias, eps)
    mean, rstd = np.empty(rows, a.dtype), np.empty(rows, a.dtype)
    with _buffers_for(a):
        for block in _blocks(rows, length):
            mean[block], rstd[block] = _normalize_rows(a[block], values[block], weight, bias, eps)
    return values, mean, rstd


def _normalize_rows(
    a: np.ndarray, out: np.ndarray, weight: Any, bias: Any, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    length, type_ = a.shape[1], a.dtype
    count = number_of(length, type_)
    square = square_of_ones(length, type_) if length <= _SHORT and a.size < _PIECE else None
    if square is None:
        mean = _sum_of_rows(a)
        means = mean[:, None]
    else:  # the mean of each row at all its places: nothing is broadcast, which would take longer
        means = mean = a.dot(square)
    np.divide(mean, count, mean)
    np.subtract(a, means, out)
    if square is not None:
        rstd = np.multiply(out, out).dot(square)
    else:
        rstd = np.vecdot(out, out) if length <= _PIECE else _square_sum_of_rows(out)
    np.divide(rstd, count, rstd)
    np.add(rstd, number_of(eps, type_), rstd)
    np.sqrt(rstd, rstd)
    np.reciprocal(rstd, rstd)
    if square is None:
        np.multiply(out, rstd[:, None], out)
    else:
        np.multiply(out, rstd, out)
        mean, rstd = mean[:, 0].copy(), rstd[:, 0].copy()
    if weight is not None:
        np.multiply(out, weight, out)
    if bias is not None:
        np.add(out, bias, out)
    return mean, rstd


def _layer_norm_backward(
    grad: np.ndarray, a: np.ndarray, mean: np.ndarray, rstd: np.ndarray, weight: Any
) -> np.ndarray:
    rows, length = a.shape
    grad, a = np.ascontiguousarray(grad), np.ascontiguousarray(a)
    found = np.empty(a.shape, a.dtype)
    scratch = _Scratch(a)
    with _buffers_for(a):
        for block in _blocks(rows, length):
            _slope_of_rows(grad[block], a[block], mean[block], rstd[block], weight, found[block], *scratch(block, rows))
    return found


class _Scratch:
    """Two blocks of rows for intermediate results."""

    def __init__(self, a: np.ndarray) -> None:
        shape = (min(max(_BLOCK // a.shape[1], 1), len(a)), a.shape[1])
        self.one, self.two = np.empty(shape, a.dtype), np.empty(shape, a.dtype)

    def __call__(self, block: slice, rows: int) -> tuple[np.ndarray, np.ndarray]:
        count = min(block.stop, rows) - block.start
        return self.one[:count], self.two[:count]


def _slope_of_rows(
    grad: np.ndarray, a: np.ndarray, mean: np.ndarray, rstd: np.ndarray, weight: Any, out: np.ndarray, normal: np.ndarray,
    product: np.ndarray,
) -> None:  # fmt: skip
    length = a.shape[1]
    np.subtract(a, mean, normal)
    if weight is not None:
        grad = np.multiply(grad, weight, out)
    average = _sum_of_rows(grad)[:, None] / length
    shares = _sum_of_rows(np.multiply(grad, normal, product))[:, None]
    shares *= rstd
    shares *= rstd
    shares /= -length
    normal *= shares
    np.add(grad, normal, out)
    np.subtract(out, average, out)
    np.multiply(out, rstd, out)


def _layer_norm_weight(grad: np.ndarray, a: np.ndarray, mean: np.ndarray, rstd: np.ndarray) -> np.ndarray:
    rows, length = a.shape
    total = np.zeros(length, a.dtype)
    scratch = _Scratch(a)
    with _buffers_for(a):
        for block in _blocks(rows, length):
            product, _ = scratch(block, rows)
            np.subtract(a[block], mean[block], product)
            product *= grad[block]
            total += rstd[block, 0] @ product
    return total


# -- channels --------------------------------------------------------------------------------------------


def _as_matrix(a: np.ndarray) -> np.ndarray:
    """Channels that are narrow as columns: (outer, channels), each repeated for its elements."""
    return np.ascontiguousarray(a.transpose(0, 2, 1)).reshape(-1, a.shape[1])


def _channel_moments(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    outer, channels, inner = a.shape
    count = outer * inner
    if not a.size:
        return np.full(channels, np.nan, a.dtype), np.full(channels, np.nan, a.dtype)
    if a.size < _PIECE:
        divisor = number_of(count, a.dtype)
        mean = _channel_sums_of_few(a)
        np.divide(mean, divisor, mean)
        deviation = np.subtract(a, mean[:, None])
        variance = _channel_sums_of_few(np.multiply(deviation, deviation, deviation))
        return mean, np.divide(variance, divisor, variance)
    if inner < _WIDE:
        columns = _as_matrix(a)
        mean = _sum_of_columns(columns[None])[0]
        mean /= count
        variance = np.zeros(channels, a.dtype)
        for block in _blocks(len(columns), channels):
            deviation = np.subtract(columns[block], mean)
            deviation *= deviation
            variance += _sum_of_columns(deviation[None])[0]
        variance /= count
        return mean, variance
    rows = np.ascontiguousarray(a).reshape(outer * channels, inner)
    mean = _sum_of_rows(rows).reshape(outer, channels).sum(0)
    mean /= count
    centres = np.broadcast_to(mean, (outer, channels)).reshape(-1, 1)
    squares = np.empty(outer * channels, a.dtype)
    scratch = _Scratch(rows)
    with _buffers_for(rows):
        for block in _blocks(len(rows), inner):
            deviation, _ = scratch(block, len(rows))
            squares[block] = _square_sum_of_rows(np.subtract(rows[block], centres[block], deviation))
    variance = squares.reshape(outer, channels).sum(0)
    variance /= count
    return mean, variance


def _channel_sums_of_few(a: np.ndarray) -> Any:
    outer, channels, inner = a.shape
    ones = _ONES[a.dtype]
    total = a.reshape(channels, inner) if outer == 1 else ones[:outer].dot(a.reshape(outer, channels * inner))
    return total.reshape(channels, inner).dot(ones[:inner])


def _channel_scale(a: np.ndarray, mean: np.ndarray, scale: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    if a.size < _PIECE:
        values: np.ndarray = np.subtract(a, mean[:, None], order="C")
        np.multiply(values, scale[:, None], values)
        return values if bias is None else np.add(values, bias[:, None], values)
    found = np.empty(a.shape, a.dtype)
    with _buffers_for(a):
        for x, out, centre, factor, shift in _pieces(a.shape, (a, found), (mean, scale, bias)):
            np.subtract(x, centre, out)
            np.multiply(out, factor, out)
            if shift is not None:
                np.add(out, shift, out)
    return found


def _pieces(shape: Shape, arrays: tuple[np.ndarray, ...], numbers: tuple[Any, ...]) -> Iterator[Any]:
    """Blocks of rows of arrays of three dims, and what belongs to their channels: as columns, or rows if those are narrow."""
    outer, channels, inner = shape
    if inner < _WIDE and inner > 1:
        yield *arrays, *(None if each is None else each[:, None] for each in numbers)
        return
    if inner == 1:
        rows, length = outer, channels
        columns = [np.broadcast_to(each, (1, channels)) if each is not None else None for each in numbers]
    else:
        rows, length = outer * channels, inner
        columns = [None if each is None else np.tile(each, outer)[:, None] for each in numbers]
    flat = [each.reshape(rows, length) for each in arrays]
    for block in _blocks(rows, length):
        yield (
            *(each[block] for each in flat),
            *(each if each is None or inner == 1 else each[block] for each in columns),
        )


def _channel_sums(grad: np.ndarray, a: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    outer, channels, inner = a.shape
    if not a.size:
        return np.zeros(channels, a.dtype), np.zeros(channels, a.dtype)
    if inner < _WIDE:
        columns, x = _as_matrix(grad), _as_matrix(a)
        product = np.zeros(channels, a.dtype)
        for block in _blocks(len(x), channels):
            deviation = np.subtract(x[block], mean)
            deviation *= columns[block]
            product += _sum_of_columns(deviation[None])[0]
        return _sum_of_columns(columns[None])[0], product
    rows, x = (np.ascontiguousarray(each).reshape(outer * channels, inner) for each in (grad, a))
    centres = np.broadcast_to(mean, (outer, channels)).reshape(-1, 1)
    totals, products = np.empty(outer * channels, a.dtype), np.empty(outer * channels, a.dtype)
    scratch = _Scratch(rows)
    with _buffers_for(rows):
        for block in _blocks(len(rows), inner):
            totals[block] = _sum_of_rows(rows[block])
            deviation, _ = scratch(block, len(rows))
            np.subtract(x[block], centres[block], deviation)
            products[block] = _sum_of_rows(np.multiply(deviation, rows[block], deviation))
    return totals.reshape(outer, channels).sum(0), products.reshape(outer, channels).sum(0)


def _channel_slope(
    grad: np.ndarray, a: np.ndarray, mean: np.ndarray, scale: np.ndarray, factor: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    found = np.empty(a.shape, a.dtype)
    numbers = (mean, factor, shift, scale)
    with _buffers_for(a):
        for g, x, out, centre, one, two, three in _pieces(a.shape, (grad, a, found), numbers):
            np.subtract(x, centre, out)
            np.multiply(out, one, out)
            np.add(out, two, out)
            np.add(out, g * three, out)
    return found


KERNELS: dict[str, Callable[..., Any]] = {
    "layer_norm": _layer_norm, "layer_norm_backward": _layer_norm_backward,
    "layer_norm_weight": _layer_norm_weight, "channel_moments": _channel_moments,
    "channel_scale": _channel_scale, "channel_sums": _channel_sums, "channel_slope": _channel_slope,
}  # fmt: skip
