"""Comparison of results: one policy of tolerances, by dtype and class of op."""

from __future__ import annotations

import cmath
import math
import struct
from collections.abc import Iterator
from itertools import chain
from typing import Any

from .checks import CheckError, expect
from .subject import Subject

__all__ = [
    "check_alike", "check_same", "dtype_of", "flatten", "nearest", "numbers_of", "spelled",
    "tolerance_of", "unspelled",
]  # fmt: skip

# The distance from 1 to the next number.
_STEP = {
    "float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52,
    "complex64": 2.0**-23, "complex128": 2.0**-52,
}  # fmt: skip

# How many such steps a class of op is allowed: of the number itself, and of the largest number of the result, because
# terms that cancel leave what was rounded away of the large ones. A sum of many terms, or a function that libraries
# compute differently, differs by more than one rounding.
_STEPS = {
    "exact": (0.0, 0.0), "arithmetic": (2.0, 0.0), "composite": (8.0, 4.0), "transcendental": (8.0, 0.0),
    "relative": (64.0, 0.0), "special": (64.0, 16.0), "logs": (8.0, 8.0), "reduction": (8.0, 4.0), "matmul": (16.0, 16.0),
    "large": (48.0, 16.0), "long": (1e5, 1e5), "factorization": (256.0, 256.0),
    "vectors": (1024.0, 1024.0),  # of a matrix, which turn by what is rounded over the gap between their values
}  # fmt: skip


_LEAST_SCALE = {"logs": 1.0}
"""A logarithm near 0 has the error of the number near 1 that it is of."""


def tolerance_of(dtype: str, tolerance: str) -> tuple[float, float]:
    """What a class of op is allowed in a dtype: as a share of the number, and of the largest of the result."""
    own, of_largest = _STEPS[tolerance]
    if dtype in ("float16", "bfloat16"):
        # They are computed in float32 and rounded once, which may go the other way.
        own, of_largest = min(own, 1.0), min(of_largest, 0.5)
    step = _STEP.get(dtype, 0.0)
    return own * step, of_largest * step


def dtype_of(tensor: Any) -> str:
    """The name of a tensor's dtype."""
    return str(tensor.dtype).removeprefix("torch.")


def flatten(values: Any) -> Iterator[Any]:
    """The numbers in nested lists."""
    if isinstance(values, (list, tuple)):
        for entry in values:
            yield from flatten(entry)
    else:
        yield values


def numbers_of(tensor: Any) -> list[Any]:
    """The elements of a tensor in C order."""
    numbers = tensor.tolist()
    for _ in range(tensor.dim() - 1):
        numbers = list(chain.from_iterable(numbers))
    return numbers if isinstance(numbers, list) else [numbers]


_DIGITS = {"float32": 9, "complex64": 9, "float16": 5, "bfloat16": 4}


def spelled(number: Any, dtype: str, digits: int = 17) -> Any:
    """A number as JSON can hold it, with as many digits as tell it from all others of its dtype, but no more than asked."""
    if isinstance(number, complex):
        return [spelled(number.real, dtype, digits), spelled(number.imag, dtype, digits)]
    if not isinstance(number, float):
        return number
    if not math.isfinite(number):
        return str(number)
    return float(f"{number:.{min(digits, _DIGITS.get(dtype, 17))}g}")


def unspelled(value: Any) -> Any:
    """A number out of JSON, which has no words for nan, infinity and complex numbers."""
    if isinstance(value, str):
        return float(value)
    return complex(unspelled(value[0]), unspelled(value[1])) if isinstance(value, list) else value


def nearest(number: Any, dtype: str) -> Any:
    """The number of a dtype that is nearest to one, as which it was spelled."""
    if isinstance(number, complex):
        return complex(nearest(number.real, dtype), nearest(number.imag, dtype))
    if not isinstance(number, float) or not math.isfinite(number) or dtype not in _DIGITS:
        return number
    if dtype == "bfloat16":
        return _of_bits(_bits(number) + 0x8000 & 0xFFFF0000)
    code = "e" if dtype == "float16" else "f"
    return float(struct.unpack(code, struct.pack(code, number))[0])


def _bits(number: float) -> int:
    return int(struct.unpack("I", struct.pack("f", number))[0])


def _of_bits(bits: int) -> float:
    return float(struct.unpack("f", struct.pack("I", bits))[0])


def check_alike(subject: Subject, found: list[Any], expected: list[Any], tolerance: str) -> None:
    """Check that two lists of tensors have the same dtypes, shapes and values.

    Raises:
        CheckError: they do not.
    """
    expect(len(found) == len(expected), f"there are {len(found)} results, expected {len(expected)}")
    for one, two in zip(found, expected, strict=True):
        expect(dtype_of(one) == dtype_of(two), f"the dtype is {one.dtype}, expected {two.dtype}")
        expect(tuple(one.shape) == tuple(two.shape), f"the shape is {tuple(one.shape)}, expected {tuple(two.shape)}")
        check_same(subject, numbers_of(one), numbers_of(two), dtype_of(two), tolerance)


def check_same(
    subject: Subject, found: list[Any], expected: list[Any], dtype: str, tolerance: str, *, signed: bool = True
) -> None:
    """Check flat lists of numbers; nan equals nan, and zeros of different signs are different where nothing can cancel.

    With ``signed=False`` zeros have no sign.

    Raises:
        CheckError: they differ.
    """
    expect(len(found) == len(expected), f"there are {len(found)} elements, expected {len(expected)}")
    relative, absolute = tolerance_of(dtype, tolerance)
    signs = signed and not absolute
    if found == expected and not (signs and 0 in expected) and list(map(type, found)) == list(map(type, expected)):
        return  # as it is seen at once, and nearly always is
    if dtype in _COMPLEX and not absolute:
        # The parts of a product and of an absolute value are sums: libraries add them in other orders.
        relative, absolute = relative + 4 * _STEP[dtype], 0.0
    scale = max((abs(number) for number in expected if _is_finite_float(number)), default=0.0)
    scale = max(scale, _LEAST_SCALE.get(tolerance, 0.0))
    for position, (one, two) in enumerate(zip(found, expected, strict=True)):
        allowed = absolute * scale + relative * abs(two) if _is_finite_float(two) else 0.0
        if not _close(one, two, allowed, signed=signs):
            raise CheckError(f"element {position} is {one!r}, expected {two!r} ± {allowed:.3g}")
        if allowed and one != two:
            subject.worst_error = max(subject.worst_error or 0.0, abs(one - two) / allowed)


_COMPLEX = ("complex64", "complex128")


def _is_finite_float(number: Any) -> bool:
    return isinstance(number, (float, complex)) and cmath.isfinite(number)


def _close(one: Any, two: Any, allowed: float, *, signed: bool) -> bool:
    """Whether a number is another one; where terms cancel, zero has no sign."""
    if type(one) is not type(two):
        return False
    if isinstance(two, complex):
        return _close_complex(one, two, allowed)
    if one == two:
        return not signed or two != 0 or _sign(one) == _sign(two)
    if isinstance(two, float) and math.isnan(two):
        return math.isnan(one)
    return bool(abs(one - two) <= allowed) if allowed else False


def _sign(number: float) -> float:
    return math.copysign(1.0, number)


def _close_complex(one: complex, two: complex, allowed: float) -> bool:
    """Whether a complex number is another one. Of those that are not finite libraries differ as to their parts."""
    if not cmath.isfinite(two):
        return not cmath.isfinite(one)
    return abs(one - two) <= allowed
