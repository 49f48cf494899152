"""Comparison of results: one policy of tolerances, by dtype and class of op."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .subject import Subject

__all__ = ["check_equal", "check_same", "flatten"]

# The relative and absolute tolerance of torch.testing.assert_close, by the dtype of the result.
_BASE = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}

# How much more than that a class of op is allowed: a sum of many terms, or a function that libraries compute
# differently, differs by more than one rounding.
_FACTOR = {"exact": 0.0, "arithmetic": 1.0, "transcendental": 4.0, "reduction": 8.0, "matmul": 16.0}


def flatten(values: Any) -> Iterator[Any]:
    """The numbers in nested lists."""
    if isinstance(values, (list, tuple)):
        for entry in values:
            yield from flatten(entry)
    else:
        yield values


def check_equal(subject: Subject, found: Any, expected: dict[str, Any], tolerance: str) -> None:
    """Check dtype, shape and values of a tensor against what was recorded.

    Raises:
        AssertionError: they differ; the message says where and by how much.
    """
    dtype = str(found.dtype).removeprefix("torch.")
    assert dtype == expected["dtype"], f"the dtype is {dtype}, expected {expected['dtype']}"
    shape = list(found.shape)
    assert shape == expected["shape"], f"the shape is {shape}, expected {expected['shape']}"
    numbers = [_number(value) for value in expected["values"]]
    check_same(subject, list(flatten(found.tolist())), numbers, dtype, tolerance)


def _number(value: Any) -> Any:
    """A number out of JSON, which has no words for nan and infinity."""
    return float(value) if isinstance(value, str) else value


def check_same(subject: Subject, found: list[Any], expected: list[Any], dtype: str, tolerance: str) -> None:
    """Check flat lists of numbers; nan equals nan, and zeros of either sign are equal."""
    assert len(found) == len(expected), f"there are {len(found)} elements, expected {len(expected)}"
    relative, absolute = _BASE.get(dtype, (0.0, 0.0))
    factor = _FACTOR[tolerance]
    for position, (one, two) in enumerate(zip(found, expected, strict=True)):
        allowed = factor * (absolute + relative * abs(two)) if isinstance(two, float) and math.isfinite(two) else 0.0
        if not _close(one, two, allowed):
            raise AssertionError(f"element {position} is {one!r}, expected {two!r} ± {allowed:.3g}")
        if allowed and one != two:
            subject.worst_error = max(subject.worst_error or 0.0, abs(one - two) / allowed)


def _close(one: Any, two: Any, allowed: float) -> bool:
    if isinstance(one, bool) or isinstance(two, bool) or isinstance(one, int):
        return type(one) is type(two) and one == two
    if isinstance(one, complex) or isinstance(two, complex):
        return abs(one - two) <= allowed
    if math.isnan(two):
        return math.isnan(one)
    if one == two:
        return True
    return abs(one - two) <= allowed
