"""Comparison of results: one policy of tolerances, by dtype and class of op."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .checks import CheckError, expect
from .subject import Subject

__all__ = ["check_alike", "check_recorded", "check_same", "dtype_of", "flatten", "numbers_of"]

# The relative and absolute tolerance of torch.testing.assert_close, by the dtype of the result.
_BASE = {
    "float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip

# How much more than that a class of op is allowed: a sum of many terms, or a function that libraries compute
# differently, differs by more than one rounding.
_FACTOR = {"exact": 0.0, "arithmetic": 1.0, "transcendental": 4.0, "reduction": 8.0, "matmul": 16.0}


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
    return list(flatten(tensor.tolist()))


def check_recorded(subject: Subject, found: Any, expected: dict[str, Any], tolerance: str) -> None:
    """Check dtype, shape and values of a tensor against what was recorded.

    Raises:
        CheckError: they differ; the message says where and by how much.
    """
    dtype, shape = dtype_of(found), list(found.shape)
    expect(dtype == expected["dtype"], f"the dtype is {dtype}, expected {expected['dtype']}")
    expect(shape == expected["shape"], f"the shape is {shape}, expected {expected['shape']}")
    check_same(subject, numbers_of(found), [_number(value) for value in expected["values"]], dtype, tolerance)


def _number(value: Any) -> Any:
    """A number out of JSON, which has no words for nan, infinity and complex numbers."""
    if isinstance(value, str):
        return float(value)
    return complex(*value) if isinstance(value, list) else value


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


def check_same(subject: Subject, found: list[Any], expected: list[Any], dtype: str, tolerance: str) -> None:
    """Check flat lists of numbers; nan equals nan, and zeros of either sign are equal.

    Raises:
        CheckError: they differ.
    """
    expect(len(found) == len(expected), f"there are {len(found)} elements, expected {len(expected)}")
    relative, absolute = _BASE.get(dtype, (0.0, 0.0))
    factor = _FACTOR[tolerance]
    for position, (one, two) in enumerate(zip(found, expected, strict=True)):
        allowed = factor * (absolute + relative * abs(two)) if _is_finite_float(two) else 0.0
        if not _close(one, two, allowed):
            raise CheckError(f"element {position} is {one!r}, expected {two!r} ± {allowed:.3g}")
        if allowed and one != two:
            subject.worst_error = max(subject.worst_error or 0.0, abs(one - two) / allowed)


def _is_finite_float(number: Any) -> bool:
    return isinstance(number, (float, complex)) and math.isfinite(abs(number))


def _close(one: Any, two: Any, allowed: float) -> bool:
    if type(one) is not type(two):
        return False
    if one == two:
        return True
    if isinstance(two, float) and math.isnan(two):
        return math.isnan(one)
    return bool(abs(one - two) <= allowed) if allowed else False
