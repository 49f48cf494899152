"""Floating point functions that never raise.

Python's :mod:`math` and its operators raise where the standard for floating point, IEEE 754, and C's
library give nan or an infinity. These functions give what the standard says.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from math import copysign, inf, isfinite, nan
from typing import Any, TypeAlias

__all__ = [
    "acos",
    "asin",
    "ceil",
    "cos",
    "cosh",
    "div",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "fmod",
    "lgamma",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "pow",
    "remainder",
    "round",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "trunc",
]

Function: TypeAlias = Callable[[float], float]


def _guarded(function: Function, otherwise: Function) -> Function:
    """``function``, with ``otherwise`` where it raises: outside its domain, at a pole, at an overflow."""

    def guarded(x: float) -> float:
        try:
            return function(x)
        except (ValueError, OverflowError):
            return otherwise(x)

    return guarded


def _nan(x: float) -> float:
    return nan


def _infinity(x: float) -> float:
    return inf


def _signed_infinity(x: float) -> float:
    return copysign(inf, x)


sqrt = _guarded(math.sqrt, _nan)
exp = _guarded(math.exp, _infinity)
expm1 = _guarded(math.expm1, _infinity)
log = _guarded(math.log, lambda x: -inf if x == 0 else nan)
log1p = _guarded(math.log1p, lambda x: -inf if x == -1 else nan)
sin = _guarded(math.sin, _nan)
cos = _guarded(math.cos, _nan)
tan = _guarded(math.tan, _nan)
asin = _guarded(math.asin, _nan)
acos = _guarded(math.acos, _nan)
sinh = _guarded(math.sinh, _signed_infinity)
cosh = _guarded(math.cosh, _infinity)


def _zeta_less_1(k: int) -> float:
    """The sum of n**-k over n > 1: what is added up to 200, by the formula of Euler and Maclaurin from there on."""
    tail = (
        200.0 ** (1 - k) / (k - 1)
        + 200.0**-k / 2
        + k * 200.0 ** (-k - 1) / 12
        - k * (k + 1) * (k + 2) * 200.0 ** (-k - 3) / 720
    )
    return math.fsum([tail, *(float(n) ** -k for n in range(2, 200))])


_LGAMMA_AT_2 = [1 - 0.5772156649015329, *((-1) ** k * _zeta_less_1(k) / k for k in range(2, 24))]


def _lgamma(x: float) -> float:
    """Next to 1 and 2, where it is 0, by a series: the digits of Python's function are those of numbers near 1 there."""
    if builtins.abs(x - 1.5) > 0.7 or builtins.abs(x - 1.5) < 0.3:
        return math.lgamma(x)
    distance = x - 1 if x < 1.5 else x - 2
    at_2 = 0.0
    for coefficient in reversed(_LGAMMA_AT_2):
        at_2 = (at_2 + coefficient) * distance
    return at_2 - math.log1p(distance) if x < 1.5 else at_2


lgamma = _guarded(_lgamma, _infinity)


def _rounding(function: Callable[[float], int]) -> Function:
    # The int has lost the sign of a zero: ceil(-0.5) is -0.0.
    return lambda x: copysign(function(x), x) if isfinite(x) else x


floor = _rounding(math.floor)
ceil = _rounding(math.ceil)
trunc = _rounding(math.trunc)
round = _rounding(builtins.round)


def sign(x: Any) -> int:
    """-1, 0 or 1; 0 for nan. For integers too."""
    return int(x > 0) - int(x < 0)


def maximum(x: Any, y: Any) -> Any:
    """The larger, or the nan. For integers too."""
    return x if x >= y or x != x else y


def minimum(x: Any, y: Any) -> Any:
    """The smaller, or the nan. For integers too."""
    return x if x <= y or x != x else y


def div(x: float, y: float) -> float:
    """The quotient."""
    if y:
        return x / y
    return copysign(inf, x) * copysign(1.0, y) if x and x == x else nan


def floor_divide(x: float, y: float) -> float:
    """The quotient rounded down."""
    return x // y if y else div(x, y)


def remainder(x: float, y: float) -> float:
    """The remainder with the sign of ``y``; of zeros, with that of ``x``."""
    return (x % y or copysign(0.0, x)) if y else nan


def fmod(x: float, y: float) -> float:
    """The remainder with the sign of ``x``."""
    try:
        return math.fmod(x, y)
    except ValueError:
        return nan


def pow(x: float, y: float) -> float:
    """``x`` to the power ``y``."""
    try:
        return math.pow(x, y)
    except (ValueError, OverflowError):
        if x < 0 and not y.is_integer():
            return nan
        # A negative power of a zero, or an overflow: the sign is that of x where y is odd.
        return copysign(inf, x) if y % 2 == 1 else inf
