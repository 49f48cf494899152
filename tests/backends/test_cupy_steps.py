"""The optimizer steps of the CuPy backend, against the compositions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import flambeau


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


STEPS = {
    "sgd_step": (1, (0.1, 0.9, 0.3, 0.1, False, False)),
    "adam_step": (3, (3, 0.01, 0.9, 0.99, 1e-8, 0.1, True, False)),
    "adadelta_step": (2, (0.5, 0.9, 1e-3, 0.1, False)),
    "adagrad_step": (1, (0.5, 1e-3, 0.1, True)),
    "adamax_step": (2, (0.5, 0.9, 0.8, 1e-3, 0.1, False)),
    "asgd_step": (1, (0.5, 0.25, 0.9, 0.1, False)),
    "nadam_step": (2, (0.25, 0.125, 0.5, 0.3, 0.8, 1e-3, 0.1, 0.75, False)),
    "rmsprop_step": (3, (0.5, 0.3, 1.0, 0.1, 0.9, False)),
}
"""How many states a step has, and its options."""


def _check_many(subject: Any, name: str, shapes: list[tuple[int, ...]], dtype: str, rtol: float) -> None:
    from flambeau.backend._array_steps import step_kernels

    states, options = STEPS[name]
    rng = np.random.default_rng(1)
    scales = [1, 1, 1, 0.1, 0.1]
    hosts = [
        [np.asarray(rng.uniform(0.1, 1, shape) * scale, dtype) for scale in scales[: 2 + states]] for shape in shapes
    ]
    if name == "rmsprop_step":
        hosts[0][4] = None
    rows = [[None if each is None else subject.array(each, dtype) for each in row] for row in hosts]
    for array in range(2 + states):  # the last but one in another order of memory than C's
        if rows[-2][array] is not None:
            rows[-2][array] = subject.kernels.permute(subject.array(hosts[-2][array].T, dtype), (1, 0))
    rows[-1][0] = subject.kernels.permute(subject.array(hosts[-1][0].T, dtype), (1, 0))
    subject.kernels.many_steps(name, rows, options)
    for row, host in zip(rows, hosts, strict=True):
        expected = [None if each is None else np.array(each, "float64") for each in host]
        step_kernels(np)[name](*expected, *options)
        for array, wanted in zip(row, expected, strict=True):
            if wanted is not None:
                np.testing.assert_allclose(subject.read(array), wanted, rtol=rtol, atol=rtol / 10)


FEW = [(3, 4), (4097,), (2, 5), (2, 3)]
DIGITS = {"float16": 5e-3, "bfloat16": 4e-2, "float64": 1e-12}
MANY = [(3, 4), (), (0, 2), *[(2,)] * 150, (9000,), (4096,), (4, 5), (5, 3)]


@pytest.mark.parametrize("dtype", DIGITS)
@pytest.mark.parametrize("name", STEPS)
def test_many_steps_at_once_are_those_of_each(cupy_backend: Any, name: str, dtype: str) -> None:
    import ml_dtypes  # noqa: F401

    _check_many(cupy_backend, name, MANY if dtype == "float64" else FEW, dtype, DIGITS[dtype])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("name", STEPS)
def test_texts_of_steps(request: pytest.FixtureRequest, name: str, dtype: str) -> None:
    from cuda_on_host import COMPILER

    if COMPILER is None:
        pytest.skip("there is no C++ compiler: install g++")
    shapes = MANY if dtype == "float64" else FEW
    _check_many(request.getfixturevalue("by_text"), name, shapes, dtype, DIGITS[dtype])


def test_complex_numbers_are_pairs(cupy_backend: Any) -> None:
    for host in (np.array([1 + 2j, 3 - 1j]), np.array(2 - 1j), np.arange(4).reshape(2, 2) * (1 + 1j)):
        parameter, grad = (cupy_backend.array(each, "complex64") for each in (host, host * 2j))
        turned = cupy_backend.kernels.permute(grad, tuple(range(host.ndim))[::-1])
        for given, wanted in ((grad, host - host * 1j), (turned, host - host.T * 1j)):
            if given.shape == parameter.shape:
                own = cupy_backend.kernels.clone(parameter, True)
                cupy_backend.kernels.sgd_step(own, given, None, 0.5, 0.0, 0.0, 0.0, False, False)
                np.testing.assert_allclose(cupy_backend.read(own), wanted, rtol=1e-6)


OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "ASGD")


def _trained(name: str, device: str, steps: int = 3) -> list[Any]:
    leaves = [flambeau.linspace(0.1, 1, count).to(device).requires_grad_() for count in (3, 70, 1, 20_000)]
    optimizer = getattr(flambeau.optim, name)(leaves, lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        for leaf in leaves:
            (leaf * leaf).sum().backward()
        optimizer.step()
    return [leaf.detach().cpu().numpy() for leaf in leaves]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_of_an_optimizer_is_one_launch(launches: list[str], name: str) -> None:
    found, expected = _trained(name, "cuda"), _trained(name, "cpu")
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    assert len([each for each in launches if name.lower().removesuffix("w") in each]) == 3


def test_parameters_in_one_memory_are_changed_one_after_the_other(launches: list[str]) -> None:
    whole = flambeau.ones(4, device="cuda")
    leaves = [whole[:2].detach().requires_grad_(), whole[1:].detach().requires_grad_()]
    for leaf in leaves:
        leaf.grad = flambeau.ones_like(leaf)
    flambeau.optim.SGD(leaves, lr=0.25).step()
    assert whole.tolist() == [0.75, 0.5, 0.75, 0.75]
    assert len([each for each in launches if "sgd" in each]) == 2
