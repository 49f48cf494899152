"""Box and Muller's transform in float32, with the polynomials of PyTorch's vectorised kernels.

Every rounding is theirs. A fused multiply-add is a multiplication (exact for float32 factors) and an addition
in float64, rounded to float32: for these polynomials that is the same for all 2**24 arguments there are.

Source of the coefficients: S. Moshier, Cephes, ``logf`` and ``sinf``/``cosf``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["normal_pairs"]

_Floats = NDArray[np.float32]
_Doubles = NDArray[np.float64]


def _float32(*values: float) -> list[np.float64]:
    """Numbers rounded to float32, as float64."""
    return list(np.array(values, np.float32).astype(np.float64))


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
_LOG2_LOW: Final = np.float32(-2.12194440e-4)
_LOG2_HIGH: Final = np.float64(0.693359375)
_MINUS_QUARTER_PI: Final = _float32(-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)
_SQRT_HALF, _FOUR_OVER_PI, _TAU = np.sqrt(np.float32(0.5)), np.float32(4 / np.pi), np.float32(2 * np.pi)
_MANTISSA, _EXPONENT_OF_HALF = 0x007FFFFF, 0x3F000000


def normal_pairs(firsts: _Floats, seconds: _Floats) -> tuple[_Floats, _Floats]:
    """The normal numbers of pairs of float32 uniforms: cosine parts and sine parts."""
    radii = np.sqrt(np.float32(-2) * _log(np.float32(1) - firsts))
    cosines, sines = _cos_sin(_TAU * seconds)
    return radii * cosines, radii * sines


def _fused(factors: _Doubles, others: _Doubles | np.float64, addends: _Doubles | np.float64) -> _Doubles:
    """``factor * other + addend`` of float32 numbers, rounded to float32; all of them held as float64."""
    result = factors * others
    result += addends
    return _rounded(result)


def _rounded(values: _Doubles) -> _Doubles:
    return values.astype(np.float32).astype(np.float64)


def _polynomial(coefficients: Iterable[np.float64], points: _Doubles) -> _Doubles:
    """The values of a polynomial, highest coefficient first, by Horner's scheme with fused steps."""
    first, *others = coefficients
    values: _Doubles | np.float64 = first
    for coefficient in others:
        values = _fused(points, values, coefficient)
    return values  # type: ignore[return-value]


def _log(values: _Floats) -> _Floats:
    """Natural logarithms of numbers in (0, 1]: exponent times log(2), and a polynomial for the mantissa."""
    bits = values.view(np.int32)
    exponents = ((bits >> 23) - 126).astype(np.float32)
    mantissas = ((bits & _MANTISSA) | _EXPONENT_OF_HALF).view(np.float32)
    low = (mantissas < _SQRT_HALF).astype(np.float32)
    exponents -= low
    points = (mantissas - np.float32(1)) + low * mantissas
    squares = points * points
    wide = points.astype(np.float64)
    series = _rounded(_polynomial(_LOG, wide) * wide)
    series *= squares
    series += exponents * _LOG2_LOW
    points += series.astype(np.float32) - squares * np.float32(0.5)
    logarithms: _Floats = (exponents * _LOG2_HIGH + points).astype(np.float32)
    return logarithms


def _cos_sin(angles: _Floats) -> tuple[_Floats, _Floats]:
    """Cosines and sines of angles that are not negative: both polynomials, chosen and signed by octant."""
    octants = ((angles * _FOUR_OVER_PI).astype(np.int32) + 1) & ~1
    multiples = octants.astype(np.float64)
    rests = angles.astype(np.float64)
    for part in _MINUS_QUARTER_PI:
        rests = _fused(multiples, part, rests)
    squares = _rounded(rests * rests)
    cosines = _rounded(_polynomial(_COS, squares) * squares)
    cosines = _fused(cosines, squares, squares * -0.5)
    sines = _rounded(_polynomial(_SIN, squares) * squares)
    sines = _fused(sines, rests, rests)
    return _by_octant(octants, cosines.astype(np.float32) + np.float32(1), sines.astype(np.float32))


def _by_octant(octants: NDArray[np.int32], cosines: _Floats, sines: _Floats) -> tuple[_Floats, _Floats]:
    """Exchange the two in every other quadrant, and set the signs (the topmost bit) of both."""
    cosine_bits, sine_bits = cosines.view(np.int32), sines.view(np.int32)
    exchanged = np.negative(octants >> 1 & 1)  # all bits or none: `where` would guess every other place wrong
    exchanged &= cosine_bits ^ sine_bits
    cosine_bits ^= exchanged
    sine_bits ^= exchanged
    cosine_bits ^= (octants + 2 & 4) << 29
    sine_bits ^= (octants & 4) << 29
    return cosines, sines
