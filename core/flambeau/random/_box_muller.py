"""Box and Muller's transform: pairs of uniform numbers become pairs of independent normal numbers.

A pair (u1, u2) becomes ``radius * cos(angle)`` and ``radius * sin(angle)``, with ``radius = sqrt(-2 log(1 -
u1))`` and ``angle = 2 pi u2``. In float64 the functions are those of the C library. In float32 they are the
polynomials of the Cephes library that PyTorch's vectorised kernels evaluate; every rounding and every fused
multiply-add is theirs.

Source of the coefficients: S. Moshier, Cephes, ``logf`` and ``sinf``/``cosf``.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import repeat
from math import cos, frexp, log, pi, sin, sqrt, tau
from typing import Final, TypeAlias

from ._floats import fused, round_float32

__all__ = ["normal_pairs_float32", "normal_pairs_float64"]


_Pairs: TypeAlias = "tuple[array[float], array[float]]"


def _float32(*values: float) -> list[float]:
    return list(round_float32(values))


_LOG: Final = _float32(
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_SIN: Final = _float32(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS: Final = _float32(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
# Numbers that float32 cannot hold, in parts: log(2) as a sum of two, -pi/4 as a sum of three.
_LOG2_LOW, _LOG2_HIGH = _float32(-2.12194440e-4, 0.693359375)
_MINUS_QUARTER_PI: Final = _float32(-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)
_SQRT_HALF, _FOUR_OVER_PI, _TAU = _float32(sqrt(0.5), 4 / pi, tau)


def normal_pairs_float64(firsts: Sequence[float], seconds: Sequence[float]) -> _Pairs:
    """The normal numbers of pairs of float64 uniforms: cosine parts and sine parts."""
    radii = [sqrt(-2.0 * log(1.0 - first)) for first in firsts]
    angles = [tau * second for second in seconds]
    cosines = array("d", [radius * cos(angle) for radius, angle in zip(radii, angles, strict=True)])
    sines = array("d", [radius * sin(angle) for radius, angle in zip(radii, angles, strict=True)])
    return cosines, sines


def normal_pairs_float32(firsts: Sequence[float], seconds: Sequence[float]) -> _Pairs:
    """The normal numbers of pairs of float32 uniforms: cosine parts and sine parts."""
    logarithms = _log([1.0 - first for first in firsts])
    radii = round_float32(sqrt(-2.0 * logarithm) for logarithm in logarithms)
    cosines, sines = _cos_sin(round_float32(_TAU * second for second in seconds))
    return _products(radii, cosines), _products(radii, sines)


def _products(one: Iterable[float], other: Iterable[float]) -> array[float]:
    return round_float32(a * b for a, b in zip(one, other, strict=True))


def _polynomial(coefficients: Sequence[float], points: Sequence[float]) -> array[float]:
    """The values of a polynomial, highest coefficient first, by Horner's scheme with fused steps."""
    values: Iterable[float] = repeat(coefficients[0])
    for coefficient in coefficients[1:]:
        values = fused(points, values, repeat(coefficient))
    return round_float32(values)


def _log(values: Iterable[float]) -> array[float]:
    """Natural logarithms of numbers in (0, 1]: exponent times log(2), and a polynomial for the mantissa."""
    mantissas, exponents = array("f"), array("f")
    for value in values:
        mantissa, exponent = frexp(value)
        low = mantissa < _SQRT_HALF
        mantissas.append(2.0 * mantissa - 1.0 if low else mantissa - 1.0)  # exact, as what follows is not
        exponents.append(exponent - low)
    squares = _products(mantissas, mantissas)
    series = _products(_polynomial(_LOG, mantissas), mantissas)
    series = fused(series, squares, round_float32(exponent * _LOG2_LOW for exponent in exponents))
    series = round_float32(y - 0.5 * z for y, z in zip(series, squares, strict=True))
    fractions = round_float32(x + y for x, y in zip(mantissas, series, strict=True))
    return fused(exponents, repeat(_LOG2_HIGH), fractions)


def _cos_sin(angles: array[float]) -> _Pairs:
    """Cosines and sines of angles that are not negative: both polynomials, chosen and signed by octant."""
    octants = [int(scaled) + 1 & ~1 for scaled in round_float32(angle * _FOUR_OVER_PI for angle in angles)]
    rests = angles
    for part in _MINUS_QUARTER_PI:
        rests = fused(octants, repeat(part), rests)
    squares = _products(rests, rests)
    cosines = _products(_polynomial(_COS, squares), squares)
    cosines = fused(cosines, squares, [-0.5 * square for square in squares])
    cosines = round_float32(cosine + 1.0 for cosine in cosines)
    sines = fused(_products(_polynomial(_SIN, squares), squares), rests, rests)
    for index, octant in enumerate(octants):
        if octant & 2:
            cosines[index], sines[index] = -sines[index], cosines[index]
        if octant & 4:
            cosines[index], sines[index] = -cosines[index], -sines[index]
    return cosines, sines
