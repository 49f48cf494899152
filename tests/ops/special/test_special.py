"""The compositions of special functions, which backends without kernels of their own use, against SciPy's functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import flambeau
from flambeau.backend.table import COMPOSITIONS

_ULP = 2.0**-52
_GRID = np.concatenate([np.linspace(-9, 9, 181), [-40.0, -25.5, -1e-8, 1e-300, 1e-5, 24.9, 25.1, 40.0, 300.0]])
_POSITIVE = np.concatenate([np.linspace(0.05, 12, 120), [1e-3, 30.0, 75.5, 1e4]])
_UNIT = np.concatenate([np.linspace(0.001, 0.999, 150), [1e-300, 1e-17, 1 - 1e-15, 0.5]])
_PAIRS = [(x, y) for x in (0.05, 0.7, 1.0, 2.5, 10.0, 33.3, 90.0) for y in (0.01, 0.5, 1.0, 3.0, 11.0, 40.0, 120.0)]
_ORDERS = [(x, q) for x in (1.1, 2.0, 3.5, 20.0, 50.0, 90.0) for q in (0.01, 0.5, 1.0, 7.25, 25.0, 1e3)]


def _composed(kernel: str, *operands: np.ndarray) -> np.ndarray:
    tensors = [flambeau.tensor(operand.tolist(), dtype=flambeau.float64) for operand in operands]
    type_ = tensors[0]._type
    return np.asarray(COMPOSITIONS[kernel](type_, *[tensor._array for tensor in tensors]))


def _worst(found: np.ndarray, expected: np.ndarray, floor: float) -> float:
    """The largest error in units of the last place of the expected value, which counts as ``floor`` at least."""
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    error = np.where(same, 0.0, np.abs(found - expected) / np.maximum(np.abs(expected), floor))
    assert np.isfinite(error).all()
    return float(error.max()) / _ULP


# The kernel, SciPy's function, the points, the smallest value whose relative error counts, and the error in ulp.
UNARY: list[tuple[str, Callable[..., Any], np.ndarray, float, float]] = [
    ("erfc", np.vectorize(math.erfc), _GRID, 1e-280, 4),  # SciPy's is 200 ulp off at 25
    ("erfcx", scipy.special.erfcx, _GRID[_GRID >= -4], 0, 8),  # SciPy's is 30 ulp off at -8
    ("erfinv", scipy.special.erfinv, 2 * _UNIT - 1, 0, 8),
    ("ndtri", scipy.special.ndtri, _UNIT, 1e-3, 8),
    ("log_ndtr", scipy.special.log_ndtr, _GRID[_GRID <= 0], 0, 8),
    ("digamma", scipy.special.digamma, _POSITIVE, 1, 4),
    ("digamma", scipy.special.digamma, np.linspace(-5.75, -0.25, 12), 1, 8),
    ("i0", scipy.special.i0, _GRID, 0, 10),
    ("i0e", scipy.special.i0e, _GRID, 0, 10),
    ("i1", scipy.special.i1, _GRID, 0, 10),
    ("i1e", scipy.special.i1e, _GRID, 0, 10),
    ("asinh", np.arcsinh, np.concatenate([_GRID, [1e20, 1e300]]), 0, 4),
    ("acosh", np.arccosh, np.concatenate([_POSITIVE + 1, [1 + 1e-12, 1e20, 1e300]]), 0, 4),
    ("atanh", np.arctanh, 2 * _UNIT - 1, 0, 4),
    ("exp2", np.exp2, _GRID, 0, 2),
]


@pytest.mark.parametrize(("kernel", "function", "points", "floor", "ulps"), UNARY)
def test_functions_of_one_number(
    kernel: str, function: Callable[..., Any], points: np.ndarray, floor: float, ulps: float
) -> None:
    assert _worst(_composed(kernel, points), function(points), floor) <= ulps


BINARY: list[tuple[str, Callable[..., Any], list[tuple[float, float]], float, float]] = [
    ("zeta", scipy.special.zeta, _ORDERS, 0, 12),
    ("igamma", scipy.special.gammainc, _PAIRS, 1e-200, 500),
    ("igammac", scipy.special.gammaincc, _PAIRS, 1e-3, 500),
    ("hypot", np.hypot, [*_PAIRS, (3e200, 4e200), (3e-200, 4e-200)], 0, 2),
    ("logaddexp", np.logaddexp, _PAIRS, 0, 2),
    ("logaddexp2", np.logaddexp2, _PAIRS, 0, 2),
]


@pytest.mark.parametrize(("kernel", "function", "points", "floor", "ulps"), BINARY)
def test_functions_of_two_numbers(
    kernel: str, function: Callable[..., Any], points: list[tuple[float, float]], floor: float, ulps: float
) -> None:
    first, second = np.array(points).T
    assert _worst(_composed(kernel, first, second), function(first, second), floor) <= ulps


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_neighbours_and_parts_of_numbers(dtype: str) -> None:
    info = np.finfo(dtype)
    tiny, least = float(info.tiny), float(info.smallest_subnormal)
    edges = [0.0, least, 3 * least, tiny / 2, tiny, 2 * tiny, 4 * tiny, 0.1, 1.0, 1.5, 1000.0, float(info.max), np.inf]
    values = np.array([*edges, *[-edge for edge in edges]], dtype)
    tensor = flambeau.tensor(values.tolist(), dtype=getattr(flambeau, dtype))
    for goal in (np.inf, -np.inf, 0.0):
        target = np.full_like(values, goal)
        found = COMPOSITIONS["nextafter"](tensor._type, tensor._array, target)
        np.testing.assert_array_equal(found, np.nextafter(values, target))
    if dtype == "float16":
        return  # a dtype that the backend which composes frexp does not have
    with flambeau.use_backend("minimal"):
        parts = flambeau.frexp(flambeau.tensor(values.tolist(), dtype=getattr(flambeau, dtype)))
    mantissa, exponent = np.frexp(values)
    assert parts.mantissa.tolist() == mantissa.tolist()
    assert parts.exponent.tolist() == exponent.tolist()


def test_divisors_and_multiples() -> None:
    one, two = np.meshgrid(np.arange(-12, 13), np.arange(-12, 13))
    type_ = flambeau.tensor([1])._type
    np.testing.assert_array_equal(COMPOSITIONS["gcd"](type_, one, two), np.gcd(one, two))
    np.testing.assert_array_equal(COMPOSITIONS["lcm"](type_, one, two), np.lcm(one, two))


def test_lgamma_of_the_smallest_numbers() -> None:
    x = flambeau.tensor([5e-324, -5e-324, 1e-310, 0.0, -math.inf], dtype=flambeau.float64)
    expected = [744.4400719213812, 744.4400719213812, 713.8013788281542, math.inf, math.inf]
    assert x.lgamma().tolist() == pytest.approx(expected, rel=1e-15)
    assert x.lgamma_().tolist() == pytest.approx(expected, rel=1e-15)
