"""The softmax family and logsumexp without the shift by the maximum, where no element is so large that it is needed.

The maximum of every row and its subtraction take half of the time. They are there because exp overflows; the extremes
of the whole array, which are cheap, show where it can't.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from flambeau.backend import Shape
from flambeau.backend._array_loss import entropy_kernels

from . import _threads
from ._reductions import ends, extreme_over, sum_over, sums_at_each

__all__ = ["ENTROPY", "log_softmax", "logsumexp", "softmax"]

_LARGE = 512
"""Elements of which the last digit of each does not count as it does of few."""

_BLOCK = 1 << 20
"""Elements of a block of rows: what is read, written and held for them fits the last cache."""

_PLACED = range(64, 4096)
"""So many elements are few enough for the maxima of rows to be found sooner by their places, and repeated than broadcast."""

_amax = extreme_over(np.maximum)

_LIMITS = {"d": 300.0, "f": 40.0}
"""exp of these, and sums of very many such, are far from the largest and the smallest number of the type."""

_LOG_LIMIT = 8.0
"""The logarithm of the sum is subtracted from the elements as they are, which costs digits where they are large."""


def softmax(a: np.ndarray, dim: int) -> np.ndarray:
    """The kernel of this name, but for float16."""
    return _softmax(a, dim, None) if a.size <= _BLOCK else _by_rows(_softmax, a, dim)


def _softmax(a: np.ndarray, dim: int, out: np.ndarray | None) -> np.ndarray:
    if a.size >= _LARGE and _is_within(a, _LIMITS[a.dtype.char], masked=True):
        powers = np.exp(a, out)
    else:
        powers = _shifted(a, dim, out)
        np.exp(powers, powers)
    return np.divide(powers, sums_at_each(powers, dim), powers)  # type: ignore[no-any-return]


def log_softmax(a: np.ndarray, dim: int) -> np.ndarray:
    """The kernel of this name, but for float16."""
    return _log_softmax(a, dim, None) if a.size <= _BLOCK else _by_rows(_log_softmax, a, dim)


def _log_softmax(a: np.ndarray, dim: int, out: np.ndarray | None) -> np.ndarray:
    if not _keeps_digits(a, dim):
        a = _shifted(a, dim)
    result: np.ndarray = np.exp(a, out)
    total = sums_at_each(result, dim)
    return np.subtract(a, np.log(total, total), result)  # type: ignore[no-any-return]


def _by_rows(compute: Callable[..., np.ndarray], a: np.ndarray, dim: int) -> np.ndarray:
    """``compute(a, dim, out)``, block by block of what is before ``dim``, which threads may share."""
    if not dim or not a.flags.c_contiguous:
        return compute(a, dim, None)
    result = np.empty_like(a)
    count, inner = prod(a.shape[:dim]), a.shape[dim:]
    rows, found = a.reshape(count, *inner), result.reshape(count, *inner)
    blocks = _blocks(count, a.size)
    _threads.each(lambda number: compute(rows[blocks[number]], 1, found[blocks[number]]), len(blocks))
    return result


def _blocks(count: int, size: int) -> list[slice]:
    """So many rows, of ``size`` elements in all, in blocks: the same ones however many threads there are."""
    step = max(_BLOCK * count // size, 1)
    return [slice(start, start + step) for start in range(0, count, step)]


def _parts(a: np.ndarray, out: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not _keeps_digits(a, 1):
        a = _shifted(a, 1)
    powers = np.exp(a, out)
    total = sums_at_each(powers, 1)
    return a, np.log(total[:, 0]), np.divide(powers, total, powers)


_entropy = entropy_kernels(np, sum_over, _parts)
_of_block = _entropy["cross_entropy"]


def _cross_entropy(
    a: np.ndarray, target: np.ndarray, weight: np.ndarray | None, ignored: int | None, smoothing: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if a.size <= _BLOCK:
        return _of_block(a, target, weight, ignored, smoothing)  # type: ignore[no-any-return]
    losses, shares, blocks = np.empty(target.shape, a.dtype), np.empty_like(a), _blocks(len(a), a.size)
    counts = [0.0] * len(blocks)

    def compute(number: int) -> None:
        block = blocks[number]
        losses[block], _, count = _of_block(a[block], target[block], weight, ignored, smoothing, shares[block])
        counts[number] = count.item()

    _threads.each(compute, len(blocks))
    return losses, shares, np.asarray(sum(counts), a.dtype)


ENTROPY = {**_entropy, "cross_entropy": _cross_entropy}
"""The kernels of cross entropy."""


def logsumexp(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The kernel of this name."""
    if a.size and _is_within(a, _LIMITS[a.dtype.char]):
        total = sum_over(np.exp(a), dims, keepdim)
        return np.asarray(np.log(total, out=total))
    top = _amax(a, dims, True)
    top[np.isinf(top)] = 0
    total = sum_over(np.asarray(np.exp(a - top)), dims, keepdim)
    np.log(total, out=total)
    total += top.reshape(total.shape)
    return total


def _is_within(a: Any, limit: float, *, masked: bool = False) -> bool:
    """Whether all elements are between ``-limit`` and ``limit``; nan is not, and -inf is if ``masked``."""
    low, high = ends(a)
    if not high < limit:
        return False
    if low > -limit:
        return True
    return masked and low == -np.inf and np.count_nonzero(a > -limit) == a.size - np.count_nonzero(a == low)


def _keeps_digits(a: np.ndarray, dim: int) -> bool:
    """Whether the logarithm of the sum of exp is of the size of the elements; of few, a digit counts more.

    That of one element alone is the element, which a logarithm of its exp is not always.
    """
    if a.shape[dim] < 2 or not a.size:
        return False
    if a.size >= _LARGE:
        return _is_within(a, _LOG_LIMIT)
    flat = a.ravel()
    return bool(flat.dot(flat) < _LOG_LIMIT)


def _shifted(a: np.ndarray, dim: int, out: np.ndarray | None = None) -> np.ndarray:
    """``a`` less the maximum along ``dim``."""
    if not a.size:
        return a.copy()
    placed = a.size in _PLACED and dim == a.ndim - 1 and a.flags.c_contiguous
    top = _maxima_by_place(a) if placed else _amax(a, (dim,), True)
    shifted: np.ndarray = np.subtract(a, top, out)
    return shifted


def _maxima_by_place(a: np.ndarray) -> np.ndarray:
    """The maximum of each row, at each of its places."""
    length = a.shape[-1]
    places = a.reshape(-1, length).argmax(1)
    places += np.arange(0, a.size, length)
    maxima: np.ndarray = a.take(places).repeat(length).reshape(a.shape)
    return maxima
