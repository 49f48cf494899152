"""The NumPy backend's ways around a whole sort, against its sort."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flambeau_numpy.backend import NumpyBackend

BACKEND = NumpyBackend()
KERNELS = SimpleNamespace(**BACKEND.kernels(0))
DTYPES = ("bool", "uint8", "int16", "int64", "float16", ml_dtypes.bfloat16, "float32", "float64")


@st.composite
def _arrays(draw: st.DrawFn) -> tuple[np.ndarray, int, int]:
    """An array with ties and nan, one of its dims, and a place in that."""
    shape = tuple(draw(st.lists(st.integers(2, 6), min_size=1, max_size=3)))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    numbers = st.sampled_from([0, 1, 2, 3])
    if dtype.kind not in "biu":
        numbers = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, 2.5])
    count = math.prod(shape)
    array = np.array(draw(st.lists(numbers, min_size=count, max_size=count))).astype(dtype).reshape(shape)
    dim = draw(st.integers(0, len(shape) - 1))
    return array, dim, draw(st.integers(1, shape[dim] - 1))


def _same(found: Any, expected: Any) -> None:
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.astype("float64"), expected.astype("float64"))


@settings(max_examples=300, derandomize=True, deadline=None)
@given(_arrays(), st.booleans())
def test_the_first_elements_are_those_of_a_stable_sort(drawn: tuple[np.ndarray, int, int], largest: bool) -> None:
    array, dim, k = drawn
    sorted_parts = KERNELS.sort(array, dim, largest)
    for found, expected in zip(KERNELS.topk(array, k, dim, largest), sorted_parts, strict=True):
        _same(found, np.take(expected, range(k), dim))
    for found, expected in zip(KERNELS.kthvalue(array, k, dim), KERNELS.sort(array, dim, False), strict=True):
        _same(found, np.take(expected, [k - 1], dim))


def _numbers(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    draw = np.random.default_rng(5)
    numbers = draw.standard_normal(shape).astype("float32")
    if kind == "ties":
        numbers = np.round(numbers)
    elif kind == "integers":
        numbers = draw.integers(-(2**40), 2**40, shape)
    elif kind in ("some nan", "many nan"):
        numbers[draw.random(shape) < (0.001 if kind == "some nan" else 0.6)] = np.nan
    return numbers


@pytest.mark.parametrize("kind", ["distinct", "ties", "integers", "some nan", "many nan"])
@pytest.mark.parametrize(("shape", "dim"), [((4000,), 0), ((3, 2000), 1), ((900, 2, 2), 0)])
def test_few_of_many_are_those_of_a_stable_sort(kind: str, shape: tuple[int, ...], dim: int) -> None:
    array = _numbers(kind, shape)
    for k in (1, 7, 40, 300):
        for largest in (True, False):
            sorted_parts = KERNELS.sort(array, dim, largest)
            for found, expected in zip(KERNELS.topk(array, k, dim, largest), sorted_parts, strict=True):
                _same(found, np.take(expected, range(k), dim))


@settings(max_examples=200, derandomize=True, deadline=None)
@given(_arrays())
def test_sorted_values_and_partitions_are_in_order(drawn: tuple[np.ndarray, int, int]) -> None:
    array, dim, k = drawn
    expected, _ = KERNELS.sort(array, dim, False)
    _same(KERNELS.sort_values(array, dim), expected)
    places = (k - 1, array.shape[dim] - 1)
    found = KERNELS.partition(array, places, dim)
    _same(np.take(found, places, dim), np.take(expected, places, dim))
    _same(np.sort(found.astype("float64"), dim), expected.astype("float64"))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "int64", "float32"])
@pytest.mark.parametrize("scale", [1, 100_000])
def test_long_rows_are_sorted_by_value(dtype: str, scale: int) -> None:
    numbers = (np.random.default_rng(3).integers(-900, 900, (3, 1500)) * scale).astype(dtype)
    _same(KERNELS.sort_values(numbers, 1), np.sort(numbers, 1))
    _same(KERNELS.sort_values(numbers.T, 0), np.sort(numbers.T, 0))


def test_extremes_do_not_overflow() -> None:
    numbers = np.array([2**63 - 1, -(2**63), 0, 5] * 400)
    _same(KERNELS.sort_values(numbers, 0), np.sort(numbers))
    near = np.array([2**63 - 1, 2**63 - 9] * 700)
    _same(KERNELS.sort_values(near, 0), np.sort(near))


@pytest.mark.parametrize("weights", [None, "float32", "float64"])
def test_counts(weights: str | None) -> None:
    places = np.array([3, 0, 3, 1])
    found = KERNELS.bincount(places, None if weights is None else np.array([1, 2, 0.5, 4], weights), 6)
    assert found.tolist() == ([1, 1, 0, 2, 0, 0] if weights is None else [2, 4, 0, 1.5, 0, 0])
    assert found.dtype.name == (weights or "int64")
