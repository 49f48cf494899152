"""The NumPy backend's own ways of reductions and scans: sizes at which they are taken, against plain NumPy."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from flambeau_numpy.backend import NumpyBackend

nan, inf = math.nan, math.inf
SHAPES = [
    (1500,),
    (5000,),
    (3, 1100),
    (1100, 3),
    (40, 700),
    (700, 40),
    (5, 30, 300),
    (300, 5, 30),
    (2, 2500, 7),
    (4, 4, 4, 128),
]


@pytest.fixture(scope="module")
def own(numpy_backend: NumpyBackend) -> Any:
    return SimpleNamespace(**numpy_backend.kernels(0))


def _arrays(shape: tuple[int, ...], dtype: str) -> Iterator[np.ndarray]:
    array = np.random.default_rng(len(shape) + shape[0]).uniform(-1.5, 1.5, shape).astype(dtype)
    yield array
    yield np.asfortranarray(array)
    yield np.stack((array, array), -1)[..., 0]


def _some_dims(ndim: int) -> list[tuple[int, ...]]:
    return [dims for count in range(1, ndim + 1) for dims in itertools.combinations(range(ndim), count)]


REDUCTIONS = {
    "sum": np.sum,
    "prod": np.prod,
    "nansum": np.nansum,
    "square_sum": lambda a, **options: np.square(a).sum(**options),
    "logsumexp": lambda a, **options: np.log(np.exp(a).sum(**options)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_of_many(own: Any, name: str, shape: tuple[int, ...], dtype: str) -> None:
    tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
    for array, dims, keepdim in itertools.product(_arrays(shape, dtype), _some_dims(len(shape)), (False, True)):
        if name == "prod":
            array = np.sign(array) * np.abs(array) ** 0.01  # or the product is 0 or infinite
        found = getattr(own, name)(array, dims, keepdim)
        expected = REDUCTIONS[name](array.astype("float64"), axis=dims, keepdims=keepdim)
        assert (found.dtype.name, found.shape) == (dtype, expected.shape)
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * math.prod(shape) ** 0.5)


SCANS = {
    "cumsum": np.add,
    "cumprod": np.multiply,
    "cummax": np.maximum,
    "cummin": np.minimum,
    "logcumsumexp": np.logaddexp,
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", SCANS)
def test_scans_of_many(own: Any, name: str, shape: tuple[int, ...], dtype: str) -> None:
    if name == "logcumsumexp" and dtype == "int64":
        return  # floats only
    for array, dim in itertools.product(_arrays(shape, dtype), range(len(shape))):
        wide = "int64" if dtype == "int64" else "float64"
        found = getattr(own, name)(array, dim)
        expected = SCANS[name].accumulate(array.astype(wide), axis=dim)
        assert (found.dtype.name, found.shape) == (dtype, shape)
        np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == "float32" else 1e-11, atol=1e-4)


@pytest.mark.parametrize(("place", "value"), [(0, inf), (700, nan), (999, -inf), (31, nan)])
def test_running_sums_before_an_infinity_stay_finite(own: Any, place: int, value: float) -> None:
    array = np.ones((2, 1000), "float32")
    array[1, place] = value
    result = own.cumsum(array, 1)
    assert result[0].tolist() == list(range(1, 1001))
    assert result[1, :place].tolist() == list(range(1, place + 1))
    assert not np.isfinite(result[1, place:]).any()


def test_nan_is_left_out_of_the_sums_where_it_is(own: Any) -> None:
    array = np.ones((40, 700), "float32")
    array[3, 5:8] = nan
    assert own.nansum(array, (1,), False).tolist() == [700.0] * 3 + [697.0] + [700.0] * 36
    array[4, :2] = inf, -inf
    assert np.isnan(own.nansum(array, (1,), False)).tolist() == [row == 4 for row in range(40)]


def test_logsumexp_of_large_and_of_infinite_numbers(own: Any) -> None:
    array = np.zeros((4, 700), "float32")
    array[0], array[1], array[2, 0], array[3, 0] = 1e4, -inf, inf, nan
    expected = [1e4 + math.log(700), -inf, inf, nan]
    assert own.logsumexp(array, (1,), False).tolist() == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_nonzeros_are_counted(own: Any) -> None:
    array = np.array([[0.0, nan, -0.0], [1.0, 2.0, 0.0]])
    for dims, expected in (((0,), [1, 2, 0]), ((1,), [1, 2]), ((0, 1), 3)):
        found = own.count_nonzero(array, dims)
        assert (found.tolist(), found.dtype.name, type(found)) == (expected, "int64", np.ndarray)
    assert own.count_nonzero(np.array(5), ()).tolist() == 1
