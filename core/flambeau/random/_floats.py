"""Arithmetic that Python lacks: float32 rounding and multiply-adds that are rounded once.

PyTorch's kernels compute in float32 and fuse multiplications with additions. Python computes in float64. The
product of two float32 numbers is exact in float64, so one float64 addition and one rounding to float32 give
the fused result, unless the float64 sum falls exactly half way between two float32 numbers and was itself
rounded to get there.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence
from math import copysign, inf, isfinite, nextafter

__all__ = ["floats_as", "fused", "multiply_add_float32", "multiply_add_float64", "round_float32", "rounded"]

_BELOW_FLOAT32 = 0x1FFFFFFF  # the bits of a float64 that a float32 has no room for
_HALF_WAY = 0x10000000


def round_float32(values: Iterable[float]) -> array[float]:
    """``values`` rounded to float32; too large ones become infinite."""
    return array("f", values)


def fused(factors: Iterable[float], others: Iterable[float], addends: Iterable[float]) -> array[float]:
    """``factor * other + addend`` of float32 numbers, rounded once where no sum falls half way."""
    terms = zip(factors, others, addends, strict=False)  # constants repeat forever
    return array("f", [a * b + c for a, b, c in terms])


def multiply_add_float32(values: Sequence[float], factor: float, addend: float) -> array[float]:
    """``value * factor + addend`` of float32 numbers, rounded once."""
    sums = array("d", [value * factor + addend for value in values])
    rounded = round_float32(sums)
    for index, bits in enumerate(memoryview(sums).cast("B").cast("Q")):
        if bits & _BELOW_FLOAT32 == _HALF_WAY:
            rounded[index] = _off_half_way(sums[index], values[index], factor, addend)
    return rounded


def _off_half_way(total: float, value: float, factor: float, addend: float) -> float:
    """``total`` moved to the side of a tie on which the exact sum lies."""
    if not isfinite(total):
        return total
    from fractions import Fraction  # not at the top: it imports decimal, for a case that hardly occurs

    error = Fraction(value) * Fraction(factor) + Fraction(addend) - Fraction(total)
    return nextafter(total, copysign(inf, error)) if error else total


def multiply_add_float64(value: float, factor: float, addend: float) -> float:
    """``value * factor + addend``, rounded once: Python divides ints of any size with correct rounding."""
    if not (isfinite(value) and isfinite(factor) and isfinite(addend)):
        return value * factor + addend
    a, a_scale = value.as_integer_ratio()
    b, b_scale = factor.as_integer_ratio()
    c, c_scale = addend.as_integer_ratio()
    scale = a_scale * b_scale
    try:
        return (a * b * c_scale + c * scale) / (scale * c_scale)
    except OverflowError:
        return value * factor + addend


def rounded(values: Iterable[float], dtype: str) -> Sequence[float]:
    """``values`` rounded from float64 to a floating point dtype, to those of 16 bits by way of float32."""
    if dtype == "float64":
        return array("d", values)
    singles = round_float32(values)
    if dtype == "bfloat16":
        return array("f", map(_round_bfloat16, singles))
    return singles if dtype == "float32" else [_round_float16(value) for value in singles]


def _round_bfloat16(value: float) -> float:
    (bits,) = struct.unpack("I", struct.pack("f", value))
    if bits & 0x7F800000 != 0x7F800000:  # infinity and nan stay
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return struct.unpack("f", struct.pack("I", bits))[0]  # type: ignore[no-any-return]


def _round_float16(value: float) -> float:
    try:
        return struct.unpack("e", struct.pack("e", value))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return copysign(inf, value)


def floats_as(values: Iterable[float], dtype: str) -> array[float] | bytes:
    """``values`` as elements of a floating point dtype, rounded as :func:`rounded` does; bfloat16 ones are float32."""
    elements = rounded(values, dtype)
    if isinstance(elements, array):
        return elements
    return struct.pack(f"={len(elements)}e", *elements)
