"""Gamma numbers, by the algorithm of PyTorch's CPU kernels, number for number.

How many normal and uniform numbers one takes depends on the numbers, so they are drawn one by one. Sources: Marsaglia and Tsang
(2000), "A simple method for generating gamma variables"; PyTorch's ``Distributions.cpp`` and ``Distributions.h``.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable
from math import cos, inf, log, log1p, nan, sin, sqrt, tau

from ._floats import round_float32
from ._stream import Stream

__all__ = ["gammas"]

_THIRD = 0.3333333432674408
_SQUEEZE = 0.033100001513957977
"""1/3 and 0.0331 in float32, as which PyTorch's code has them."""

Draw = Callable[[], float]


def gammas(stream: Stream, shapes: Iterable[float], *, single: bool) -> array[float]:
    """A number for each shape parameter, of scale 1, in float64; ``single`` rounds what PyTorch rounds to float32."""
    rounded = _rounded if single else float
    with stream.reading() as uniform:
        normal = _normals(stream, uniform)
        return array("d", [_gamma(shape, uniform, normal, rounded) for shape in shapes])


def _rounded(value: float) -> float:
    return round_float32([value])[0]


def _normals(stream: Stream, uniform: Draw) -> Draw:
    """Normal numbers, of which the second one of each pair is kept in the stream."""

    def following() -> float:
        kept = stream.spare_normal
        if kept is not None:
            stream.spare_normal = None
            return kept
        angle, second = tau * uniform(), uniform()
        radius = sqrt(-2.0 * log1p(-second))
        stream.spare_normal = radius * sin(angle)
        return radius * cos(angle)

    return following


def _gamma(shape: float, uniform: Draw, normal: Draw, rounded: Callable[[float], float]) -> float:
    scale = 1.0
    if shape < 1.0:  # drawn for one more, and made smaller
        if shape == 0.0:
            return 0.0
        scale = _power(1 - uniform(), rounded(1.0 / shape))
        shape = rounded(shape + 1.0)
    if shape != shape:
        return nan
    d = rounded(shape - _THIRD)
    c = 1.0 / sqrt(9.0 * d) if d > 0 else nan  # there is no such distribution: the number is nan
    while True:
        x = normal()
        y = 1.0 + c * x
        if y <= 0:
            continue
        v = y * y * y
        u = 1 - uniform()
        square = x * x
        if u < 1.0 - _SQUEEZE * square * square or log(u) < 0.5 * square + d * (1.0 - v + log(v)):
            return scale * d * v


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return inf
