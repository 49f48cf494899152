"""What arrives at repeated indices on the CuPy backend: by atomic operations, or in an order that is always the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import flambeau
from cuda_on_host import COMPILER
from layer_calls import CALLS, compare

DTYPES = ("float16", "float32", "float64", "complex64", "complex128", "int64", "int32", "uint8")


@pytest.fixture(params=[False, True], ids=["as they come", "in order"])
def ordered(request: pytest.FixtureRequest) -> Iterator[bool]:
    flambeau.use_deterministic_algorithms(request.param)
    yield request.param
    flambeau.use_deterministic_algorithms(False)


def _values(shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    drawn = np.random.default_rng(0).integers(0, 8, shape)
    return (drawn + 1j * drawn[..., ::-1]).astype(dtype) if dtype.startswith("complex") else drawn.astype(dtype)


def _check_sums(subject: Any, dtype: str) -> None:
    index = np.array([3, 0, 3, 3, 1])
    for dim, shape in ((0, (4, 3, 2)), (1, (3, 4, 2)), (2, (2, 3, 4))):
        host, source = _values(shape, dtype), _values((*shape[:dim], 5, *shape[dim + 1 :]), dtype)
        for turned in (False, True):
            target = subject.array(host, dtype)
            if turned:
                target = subject.kernels.permute(subject.array(host.transpose(2, 0, 1), dtype), (1, 2, 0))
            subject.kernels.index_add(target, dim, subject.array(index, "int64"), subject.array(source, dtype))
            expected = host.copy()
            np.add.at(expected, (*[slice(None)] * dim, index), source)
            np.testing.assert_array_equal(subject.read(target), expected)
    host, pair = _values((4, 3, 2), dtype), [index, np.array([0, 1, 0, 0, 2])]
    target, values = subject.array(host, dtype), _values((5, 2), dtype)
    subject.kernels.index_put(
        target, [subject.array(each, "int64") for each in pair], subject.array(values, dtype), True
    )
    expected = host.copy()
    np.add.at(expected, tuple(pair), values)
    np.testing.assert_array_equal(subject.read(target), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("ordered")
def test_sums_at_repeated_indices(cupy_backend: Any, dtype: str) -> None:
    _check_sums(cupy_backend, dtype)


@pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler: install g++")
@pytest.mark.parametrize("dtype", ["float16", "float32", "complex128"])
@pytest.mark.usefixtures("ordered")
def test_texts_of_sums(by_text: Any, dtype: str) -> None:
    _check_sums(by_text, dtype)


def test_the_order_of_additions_is_that_of_the_values(cupy_backend: Any) -> None:
    flambeau.use_deterministic_algorithms(True)
    try:
        values = np.array([2.0**24, 1.0, 1.0, -(2.0**24), 3.0], "float32")
        target = cupy_backend.array([0.0, 0.0])
        index = cupy_backend.array([1, 1, 1, 1, 0], "int64")
        cupy_backend.kernels.scatter_add(target, 0, index, cupy_backend.array(values))
        assert cupy_backend.read(target).tolist() == [3.0, 0.0]
    finally:
        flambeau.use_deterministic_algorithms(False)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.usefixtures("ordered")
def test_gradients_of_sampled_elements(cupy_backend: Any, dims: int) -> None:
    compare(cupy_backend, "grid_sample_backward", CALLS[f"grid_sample_backward {dims} 0 0 False"])


@pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler: install g++")
@pytest.mark.usefixtures("ordered")
def test_texts_of_gradients_of_sampled_elements(by_text: Any) -> None:
    for padding in range(3):
        compare(by_text, "grid_sample_backward", CALLS[f"grid_sample_backward 2 2 {padding} True"])


REDUCED = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
POSITIONS = np.array([3, 0, 3, 3, 1, 0])


def _check_reductions(subject: Any, dtype: str, reduce: str) -> None:
    host, values = (_values((size,), dtype) for size in (5, 6))
    if dtype.startswith(("float", "bfloat")) and reduce != "prod":
        values[0], host[1] = np.nan, np.nan
    expected = host.astype("float64") if dtype == "bfloat16" else host.copy()
    REDUCED[reduce].at(expected, POSITIONS, values.astype(expected.dtype))
    target = subject.array(host, dtype)
    subject.kernels.reduce_at(target, subject.array(POSITIONS, "int64"), subject.array(values, dtype), reduce)
    np.testing.assert_array_equal(subject.read(target).astype(expected.dtype), expected)
    apart = subject.kernels.slice(subject.array(np.repeat(host, 2), dtype), (0,), (5,), (2,))
    subject.kernels.reduce_at(apart, subject.array(POSITIONS, "int64"), subject.array(values, dtype), reduce)
    np.testing.assert_array_equal(subject.read(apart).astype(expected.dtype), expected)


@pytest.mark.parametrize("reduce", REDUCED)
@pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16", "bool"])
def test_reductions_at_repeated_indices(cupy_backend: Any, dtype: str, reduce: str) -> None:
    if reduce == "prod" or not dtype.startswith("complex"):
        _check_reductions(cupy_backend, dtype, reduce)


@pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler: install g++")
@pytest.mark.parametrize("reduce", REDUCED)
@pytest.mark.parametrize("dtype", ["bfloat16", "float64", "int64", "complex64"])
def test_texts_of_reductions(by_text: Any, dtype: str, reduce: str) -> None:
    if reduce == "prod" or dtype != "complex64":
        _check_reductions(by_text, dtype, reduce)


@pytest.mark.parametrize("reduce", REDUCED)
def test_the_host_does_not_wait_for_reductions(launches: list[str], reduce: str) -> None:
    from standin_cupy import counted

    x, index = flambeau.ones(4, 5, device="cuda"), flambeau.zeros(4, 5, dtype=flambeau.int64, device="cuda")
    del launches[:]
    with counted() as waits:
        found = flambeau.scatter_reduce(x, 1, index, x * 2, reduce)
    assert launches == [f"flambeau_{reduce}_in_order_float32"]
    assert not waits
    assert found[:, 0].tolist() == [{"prod": 32.0, "amax": 2.0, "amin": 1.0}[reduce]] * 4
