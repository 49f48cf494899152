"""The bounds that a dtype sets to random numbers, and PyTorch's errors where they are passed."""

from __future__ import annotations

import warnings
from math import isfinite

from flambeau import dtypes
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.errors import level_of_caller

from ._floats import rounded

__all__ = [
    "check_floating",
    "check_permutation",
    "check_uniform",
    "exact_limit",
    "integer_range",
    "largest_integer",
    "not_implemented",
]

# What a floating point dtype's significand holds, and its largest number.
_DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
_LARGEST = {
    "float16": 65504.0, "bfloat16": (2 - 2.0**-7) * 2.0**127, "float32": (2 - 2.0**-23) * 2.0**127,
    "float64": (2 - 2.0**-52) * 2.0**1023,
}  # fmt: skip
_LONG_PERMUTATION = 0xFFFFFFFF // 20
_C_NAMES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
}


def not_implemented(kernel: str, dtype: DType) -> NotImplementedError:
    """PyTorch's error for a dtype that a function does not take."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(dtype)}'")


def check_floating(kernel: str, dtype: DType, *, complex: bool = False) -> None:
    """Refuse dtypes that are not floating point (or complex).

    Raises:
        NotImplementedError: with the name of the kernel that PyTorch's error names.
    """
    if not (dtype.is_floating_point or (complex and dtype.is_complex)):
        raise not_implemented(kernel, dtype)


def check_uniform(low: float, high: float, part: str) -> None:
    """Refuse bounds of uniform numbers of a real dtype.

    Raises:
        RuntimeError: a bound or their difference is not finite in the dtype, or they are in the wrong order.
    """
    largest = _LARGEST[part]
    for name, bound in (("from", low), ("to", high)):
        if not abs(bound) <= largest:
            raise RuntimeError(f"{name} is out of bounds for {_C_NAMES[part]}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > largest:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{scalar_type_name(part)}>::max(), but found "
            f"to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def exact_limit(dtype: DType) -> int:
    """The number up to which a floating point dtype has all integers."""
    return 1 << _DIGITS[dtype.name]


def _limits(dtype: DType) -> tuple[float, float]:
    if dtype.is_floating_point:
        return -_LARGEST[dtype.name], _LARGEST[dtype.name]
    if dtype is dtypes.bool:
        return 0, 1
    bits = 8 * dtype.itemsize
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if dtype.is_signed else (0, (1 << bits) - 1)


def largest_integer(dtype: DType) -> int:
    """The largest number that ``random_()`` gives: of floating point, the one up to which all integers exist."""
    return exact_limit(dtype) if dtype.is_floating_point else int(_limits(dtype)[1])


def integer_range(low: int, high: int | None, dtype: DType) -> tuple[int, int]:
    """Where random integers of a dtype start, and how many there are: those below ``high``, or all.

    A floating point dtype cannot represent all integers: a bound next to a gap is moved to its other side.

    Raises:
        RuntimeError: there are none, or the dtype does not have them.
    """
    if high is None:
        last = largest_integer(dtype)
        low = _raised(low, dtype)
        if dtype.is_floating_point and low > last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, "
                f"but got from={low} > to_inc={last}"
            )
        _check_range(low, last, dtype)
        return low, last - low + 1
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    low, high = _raised(low, dtype), _lowered(high, dtype)
    if low >= high:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
            f"but got from={low} >= to={high}"
        )
    _check_range(low, high - 1, dtype)
    return low, high - low


def _check_range(low: int, last: int, dtype: DType) -> None:
    smallest, largest = _limits(dtype)
    for name, bound in (("from", low), ("to - 1", last)):
        if not smallest <= bound <= largest:
            raise RuntimeError(f"{name} is out of bounds for {_C_NAMES[dtype.name]}")
        if dtype.is_floating_point and abs(bound) > exact_limit(dtype):
            digits = _DIGITS[dtype.name]
            warnings.warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                f"{_C_NAMES[dtype.name]} can support discrete uniform distribution only within this range.",
                UserWarning,
                stacklevel=level_of_caller(),
            )


def _raised(low: int, dtype: DType) -> int:
    if not dtype.is_floating_point:
        return low
    nearest = _nearest(low + 1, dtype)
    return int(nearest) + _gap(low + 1, dtype) if nearest < low else low


def _lowered(high: int, dtype: DType) -> int:
    if not dtype.is_floating_point:
        return high
    nearest = _nearest(high - 1, dtype)
    return int(nearest) - _gap(high - 1, dtype) if isfinite(nearest) and nearest >= high else high


def _nearest(value: int, dtype: DType) -> float:
    return rounded((float(value),), dtype.name)[0]


def _gap(value: int, dtype: DType) -> int:
    """The distance between floating point numbers around ``value``."""
    return 1 << (abs(value).bit_length() - _DIGITS[dtype.name])


def check_permutation(count: int, dtype: DType) -> None:
    """Refuse permutations whose numbers a dtype does not have.

    Raises:
        RuntimeError: there are too many numbers, or fewer than none.
        NotImplementedError: the dtype has no numbers, or PyTorch would shuffle so many in another way.
    """
    if count < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {count}: [{count}]")
    if dtype is dtypes.bool or dtype.is_complex:
        raise not_implemented("randperm", dtype)
    if count >= _LONG_PERMUTATION:
        raise NotImplementedError(f"randperm(): n must be less than {_LONG_PERMUTATION}, got {count}")
    if dtype.is_floating_point:
        limit = exact_limit(dtype) + 1
        if count > limit and dtype is not dtypes.bfloat16:  # of which PyTorch rounds the large ones
            raise RuntimeError(f"n cannot be greater than {limit} for {scalar_type_name(dtype)} type.")
    elif count > _limits(dtype)[1]:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")
