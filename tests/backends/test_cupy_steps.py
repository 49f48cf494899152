"""The optimizer steps of the CuPy backend, against the compositions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize(
    ("momentum", "dampening", "weight_decay", "nesterov"),
    [(0.0, 0.0, 0.0, False), (0.0, 0.0, 0.1, False), (0.9, 0.0, 0.1, True), (0.9, 0.3, 0.0, False)],
)
def test_sgd_agrees_with_the_composition(
    cupy_backend: Any,
    dtype: str,
    maximize: bool,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
) -> None:
    arrays = _random_arrays(2 + bool(momentum), dtype)
    numbers = (0.1, momentum, dampening, weight_decay, nesterov, maximize)
    _check_step(cupy_backend, "sgd_step", arrays if momentum else [*arrays, None], numbers, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize(
    ("weight_decay", "decoupled", "maximize"), [(0.0, False, False), (0.1, False, True), (0.1, True, False)]
)
def test_adam_agrees_with_the_composition(
    cupy_backend: Any, dtype: str, amsgrad: bool, weight_decay: float, decoupled: bool, maximize: bool
) -> None:
    arrays = _random_arrays(4 + amsgrad, dtype)
    numbers = (3, 0.01, 0.9, 0.99, 1e-8, weight_decay, decoupled, maximize)
    _check_step(cupy_backend, "adam_step", arrays if amsgrad else [*arrays, None], numbers, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize(
    ("kernel", "count", "numbers"),
    [
        ("adadelta_step", 4, (0.5, 0.9, 1e-3)), ("adagrad_step", 3, (0.5, 1e-3)), ("adamax_step", 4, (0.5, 0.9, 0.8, 1e-3)),
        ("asgd_step", 3, (0.5, 0.25, 0.9)), ("asgd_step", 3, (0.5, 1.0, 0.9)),
        ("nadam_step", 4, (0.25, 0.125, 0.5, 0.3, 0.8, 1e-3, 0.75)), ("rmsprop_step", 5, (0.5, 0.3, 1.0, 0.9)),
    ],
)  # fmt: skip
def test_other_steps_agree_with_the_composition(
    cupy_backend: Any,
    dtype: str,
    maximize: bool,
    weight_decay: float,
    kernel: str,
    count: int,
    numbers: tuple[float, ...],
) -> None:
    arrays = _random_arrays(count, dtype)
    for small in arrays[3:]:
        small *= 0.1  # a mean that is smaller than the root of the mean square, as it is
    before = 3 if kernel == "rmsprop_step" else 6
    options = (*numbers[:before], weight_decay, *numbers[before:], maximize)
    _check_step(cupy_backend, kernel, arrays, options, dtype)


def _random_arrays(count: int, dtype: str) -> list[Any]:
    drawn = np.random.default_rng(0).uniform(0.1, 1, (count, 5, 3)).astype(dtype)
    return list(drawn)


def _check_step(subject: Any, kernel: str, hosts: list[Any], numbers: tuple[Any, ...], dtype: str) -> None:
    from flambeau.backend._array_steps import step_kernels

    arrays = [None if host is None else subject.array(host, dtype) for host in hosts]
    getattr(subject.kernels, kernel)(*arrays, *numbers)
    expected = [None if host is None else host.copy() for host in hosts]
    step_kernels(np)[kernel](*expected, *numbers)
    for array, wanted in zip(arrays, expected, strict=True):
        if wanted is not None:
            np.testing.assert_allclose(subject.read(array), wanted, rtol=1e-5 if dtype == "float32" else 1e-12)


def test_steps_take_strided_arrays(cupy_backend: Any) -> None:
    parameter = cupy_backend.kernels.permute(cupy_backend.array([[1, 2], [3, 4]]), (1, 0))
    cupy_backend.kernels.sgd_step(
        parameter, cupy_backend.array([[1, 0], [0, 1]]), None, 1.0, 0.0, 0.0, 0.0, False, False
    )
    assert cupy_backend.read(parameter).tolist() == [[0, 3], [2, 3]]
