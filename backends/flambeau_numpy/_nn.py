"""The softmax family and logsumexp without the shift by the maximum, where no element is so large that it is needed.

The maximum of every row and its subtraction take half of the time. They are there because exp overflows; the extremes
of the whole array, which are cheap, show where it can't.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from flambeau.backend import Shape
from flambeau.backend._array_loss import entropy_kernels, parts_by_steps

from ._reductions import extreme_over, sum_over, sums_at_each

__all__ = ["ENTROPY", "log_softmax", "logsumexp", "softmax"]

_LARGE = 512
"""Elements from which on the sum of their squares is a poor bound of them."""

_amax = extreme_over(np.maximum)
_largest: Any = np.maximum.reduce

_LIMITS = {"d": 300.0, "f": 40.0}
"""exp of these, and sums of very many such, are far from the largest and the smallest number of the type."""

_LOG_LIMIT = 8.0
"""The logarithm of the sum is subtracted from the elements as they are, which costs digits where they are large."""


def softmax(a: np.ndarray, dim: int) -> np.ndarray:
    """The kernel of this name, but for float16."""
    if a.size >= _LARGE and _is_within(a, _LIMITS[a.dtype.char], masked=True):  # of few, the last digit counts
        powers = np.exp(a)
    else:
        powers = _shifted(a, dim)
        np.exp(powers, powers)
    return np.divide(powers, sums_at_each(powers, dim), powers)  # type: ignore[no-any-return]


def log_softmax(a: np.ndarray, dim: int) -> np.ndarray:
    """The kernel of this name, but for float16."""
    if not _keeps_digits(a, dim):
        a = _shifted(a, dim)
    result: np.ndarray = np.exp(a)
    total = sums_at_each(result, dim)
    return np.subtract(a, np.log(total, total), result)  # type: ignore[no-any-return]


def _unless_small(a: np.ndarray) -> np.ndarray:
    return a if _keeps_digits(a, 1) else _shifted(a, 1)


_parts_of_many = parts_by_steps(np, sum_over, _unless_small)


def _parts(a: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if a.size >= _LARGE:
        return _parts_of_many(a)
    a = _unless_small(a)
    powers = np.exp(a)
    total = sums_at_each(powers, 1)
    return a, np.log(total[:, 0]), np.divide(powers, total, powers)


ENTROPY = entropy_kernels(np, sum_over, _parts)
"""The kernels of cross entropy."""


def logsumexp(a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
    """The kernel of this name."""
    if _is_within(a, _LIMITS[a.dtype.char]):
        total = sum_over(np.exp(a), dims, keepdim)
        return np.asarray(np.log(total, out=total))
    top = _amax(a, dims, True)
    top[np.isinf(top)] = 0
    total = sum_over(np.asarray(np.exp(a - top)), dims, keepdim)
    np.log(total, out=total)
    total += top.reshape(total.shape)
    return total


def _is_within(a: Any, limit: float, *, masked: bool = False) -> bool:
    """Whether all elements are known to be between ``-limit`` and ``limit``; nan is not, and -inf of many is if ``masked``."""
    if a.size < _LARGE:
        return bool(_sum_of_squares(a) < limit * limit)
    if not a.max() < limit:
        return False
    low = a.min()
    if low > -limit:
        return True
    return masked and low == -np.inf and np.count_nonzero(a > -limit) == a.size - np.count_nonzero(a == low)


def _keeps_digits(a: np.ndarray, dim: int) -> bool:
    """Whether the logarithm of the sum of exp is of the size of the elements; of few, a digit counts more.

    That of one element alone is the element, which a logarithm of its exp is not always.
    """
    if a.shape[dim] < 2:
        return False
    return bool(_sum_of_squares(a) < _LOG_LIMIT) if a.size < _LARGE else _is_within(a, _LOG_LIMIT)


def _sum_of_squares(a: np.ndarray) -> Any:
    """A bound of the elements that costs little; nan and infinite where one is."""
    flat = a.ravel()
    return flat.dot(flat)


def _shifted(a: np.ndarray, dim: int) -> np.ndarray:
    if not a.shape[dim]:
        return a.copy()
    top = _largest(a, dim, None, None, True) if a.size < _LARGE else _amax(a, (dim,), True)
    shifted: np.ndarray = np.subtract(a, top)
    return shifted
