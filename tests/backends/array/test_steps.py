"""Optimizer steps: one by hand, and ten in a row against PyTorch's optimizers."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest


def test_sgd_by_hand(kernels) -> None:
    parameter, grad, buffer = np.array([1.0, -2.0]), np.array([0.5, 0.25]), np.array([1.0, 0.0])
    kernels.sgd_step(parameter, grad, None, 0.1, 0.0, 0.0, 0.0, False, False)
    assert parameter.tolist() == pytest.approx([0.95, -2.025])
    kernels.sgd_step(parameter, grad, buffer, 0.1, 0.5, 0.2, 0.0, False, True)
    assert buffer.tolist() == pytest.approx([0.5 - 0.8 * 0.5, -0.8 * 0.25])
    assert parameter.tolist() == pytest.approx([0.95 - 0.1 * 0.1, -2.025 + 0.1 * 0.2])
    assert grad.tolist() == [0.5, 0.25]


def test_adam_by_hand(kernels) -> None:
    parameter, grad, mean, square = np.array([1.0]), np.array([2.0]), np.array([0.0]), np.array([0.0])
    kernels.adam_step(parameter, grad, mean, square, None, 1, 0.1, 0.9, 0.99, 0.0, 0.0, False, False)
    assert mean.tolist() == pytest.approx([0.2])
    assert square.tolist() == pytest.approx([0.04])
    assert parameter.tolist() == pytest.approx([0.9])
    assert grad.tolist() == [2.0]


def test_parts_of_complex_numbers_are_on_their_own(kernels) -> None:
    parameter, grad = np.array([1 + 1j]), np.array([2 - 3j])
    mean, square = np.zeros(1, complex), np.zeros(1, complex)
    kernels.adam_step(parameter, grad, mean, square, None, 1, 0.1, 0.9, 0.99, 0.0, 0.0, False, False)
    assert parameter.tolist() == pytest.approx([0.9 + 1.1j])
    assert square.tolist() == pytest.approx([0.04 + 0.09j])


SHAPES = [(), (0,), (3, 5), (40_000,)]  # the last one takes more than one block


@pytest.fixture
def steps(numpy_backend) -> SimpleNamespace:
    """The kernels of one backend: they are the same for all."""
    return SimpleNamespace(**numpy_backend.kernels(0))


def _start(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.random.default_rng(3).standard_normal(shape).astype(dtype)


def _grad(step: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.asarray(np.random.default_rng(step).standard_normal(shape), dtype)


@pytest.mark.oracle
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "options",
    [
        {}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.3}, {"momentum": 0.9, "nesterov": True},
        {"weight_decay": 0.1}, {"maximize": True},
        {"momentum": 0.5, "weight_decay": 0.01, "maximize": True, "nesterov": True},
    ],
)  # fmt: skip
def test_ten_steps_of_sgd(steps, torch, shape, dtype, options) -> None:
    parameter = np.asarray(_start(shape, dtype))
    oracle = torch.nn.Parameter(torch.tensor(parameter))
    optimizer = torch.optim.SGD([oracle], lr=0.05, foreach=False, fused=False, **options)
    momentum, buffer = options.get("momentum", 0.0), None
    for step in range(10):
        grad = _grad(step, shape, dtype)
        oracle.grad = torch.tensor(grad)
        optimizer.step()
        first = momentum and buffer is None
        if first:
            buffer = np.zeros_like(parameter)
        steps.sgd_step(
            parameter, grad, buffer, 0.05, momentum, 0.0 if first else options.get("dampening", 0.0),
            options.get("weight_decay", 0.0), options.get("nesterov", False), options.get("maximize", False),
        )  # fmt: skip
    precision = np.finfo(dtype).eps
    np.testing.assert_allclose(parameter, oracle.detach().numpy(), rtol=20 * precision, atol=20 * precision)


@pytest.mark.oracle
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"amsgrad": True}, {"weight_decay": 0.1}, {"maximize": True, "weight_decay": 0.1, "amsgrad": True}]
)
def test_ten_steps_of_adam(steps, torch, shape, dtype, decoupled, options) -> None:
    parameter = np.asarray(_start(shape, dtype))
    oracle = torch.nn.Parameter(torch.tensor(parameter))
    make = torch.optim.AdamW if decoupled else torch.optim.Adam
    options = {"weight_decay": 0.0} | options
    optimizer = make([oracle], lr=0.01, betas=(0.8, 0.95), eps=1e-6, foreach=False, fused=False, **options)
    states = [np.zeros_like(parameter) for _ in range(3)]
    largest = states[2] if options.get("amsgrad") else None
    for step in range(1, 11):
        grad = _grad(step, shape, dtype)
        oracle.grad = torch.tensor(grad)
        optimizer.step()
        steps.adam_step(
            parameter, grad, states[0], states[1], largest, step, 0.01, 0.8, 0.95, 1e-6, options["weight_decay"],
            decoupled, options.get("maximize", False),
        )  # fmt: skip
    precision = np.finfo(dtype).eps
    np.testing.assert_allclose(parameter, oracle.detach().numpy(), rtol=20 * precision, atol=20 * precision)
    state = optimizer.state[oracle]
    np.testing.assert_allclose(states[0], state["exp_avg"].numpy(), rtol=20 * precision, atol=20 * precision)
    np.testing.assert_allclose(states[1], state["exp_avg_sq"].numpy(), rtol=20 * precision, atol=20 * precision)


def test_an_average_that_keeps_nothing_is_the_gradient(kernels) -> None:
    arrays = [np.ones(1, "float32"), np.ones(1, "float32"), np.full(1, 1e9, "float32"), np.zeros(1, "float32")]
    kernels.adam_step(*arrays, None, 1, 0.1, 0.0, 0.99, 0.0, 0.0, False, False)
    assert arrays[2].tolist() == [1.0]


BY_NUMBERS = {
    "Adadelta": ("square_avg acc_delta", lambda step, wd, m: (0.5, 0.8, 1e-3, wd, m), {"rho": 0.8, "eps": 1e-3}),
    "Adagrad": ("sum", lambda step, wd, m: (0.5 / (1 + (step - 1) * 0.1), 1e-3, wd, m), {"lr_decay": 0.1, "eps": 1e-3}),
    "Adamax": (
        "exp_avg exp_inf", lambda step, wd, m: (0.5 / (1 - 0.4**step), 0.4, 0.9, 1e-3, wd, m), {"betas": (0.4, 0.9), "eps": 1e-3},
    ),
    "RMSprop": (
        "square_avg grad_avg momentum_buffer", lambda step, wd, m: (0.5, 0.7, 1e-3, wd, 0.6, m),
        {"alpha": 0.7, "eps": 1e-3, "centered": True, "momentum": 0.6},
    ),
}  # fmt: skip
"""Kernels whose numbers follow from the step: the states that they write, the numbers, and the options for PyTorch."""


@pytest.mark.oracle
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
@pytest.mark.parametrize(("weight_decay", "maximize"), [(0.0, False), (0.1, True), (0.0, True)])
@pytest.mark.parametrize("name", BY_NUMBERS)
def test_ten_steps_of_others(steps, torch, shape, dtype, weight_decay, maximize, name) -> None:
    states, numbers, options = BY_NUMBERS[name]
    parameter = np.asarray(_start(shape, dtype))
    oracle = torch.nn.Parameter(torch.tensor(parameter))
    make = getattr(torch.optim, name)
    optimizer = make([oracle], lr=0.5, foreach=False, weight_decay=weight_decay, maximize=maximize, **options)
    arrays = [np.zeros_like(parameter) for _ in states.split()]
    for step in range(1, 11):
        grad = _grad(step, shape, dtype)
        oracle.grad = torch.tensor(grad)
        optimizer.step()
        getattr(steps, f"{name.lower()}_step")(parameter, grad, *arrays, *numbers(step, weight_decay, maximize))
    precision = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(parameter, oracle.detach().numpy(), rtol=precision, atol=precision)
    for state, array in zip(states.split(), arrays, strict=True):
        np.testing.assert_allclose(array, optimizer.state[oracle][state].numpy(), rtol=precision, atol=precision)


def test_memory_that_is_not_contiguous(kernels) -> None:
    start, grad = _start((6, 4), "float64"), _grad(1, (6, 4), "float64")
    plain = [start.copy(), grad, np.zeros((6, 4)), np.zeros((6, 4))]
    turned = [np.asfortranarray(array.copy()) for array in plain]
    for arrays in (plain, turned):
        kernels.adam_step(*arrays, None, 1, 0.1, 0.9, 0.99, 1e-8, 0.1, False, True)
        kernels.sgd_step(*arrays[:3], 0.1, 0.9, 0.0, 0.1, True, True)
    for one, other in zip(plain, turned, strict=True):
        assert one.tolist() == other.tolist()


def test_threads_do_not_share_scratch_memory(kernels) -> None:
    starts = [_start((60_000,), "float32") + i for i in range(2)]
    alone = [start.copy() for start in starts]
    together = [start.copy() for start in starts]
    grad = _grad(1, (60_000,), "float32")

    def work(parameter: np.ndarray) -> None:
        for _ in range(40):
            kernels.sgd_step(parameter, grad, None, 0.1, 0.0, 0.0, 0.1, False, False)

    for parameter in alone:
        work(parameter)
    threads = [threading.Thread(target=work, args=(parameter,)) for parameter in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [parameter.tobytes() for parameter in together] == [parameter.tobytes() for parameter in alone]


# -- NumPy's own -----------------------------------------------------------------------------------------------------------


def test_arrays_are_packed_in_c_order_and_back(steps) -> None:
    arrays = [np.arange(6.0).reshape(2, 3).T, np.array(7.0), np.zeros(0), np.arange(8.0, 12.0)[::2]]
    vector = steps.pack(arrays)
    assert vector.tolist() == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0, 7.0, 8.0, 10.0]
    steps.unpack(vector * 2, arrays)
    assert [array.tolist() for array in arrays] == [[[0.0, 6.0], [2.0, 8.0], [4.0, 10.0]], 14.0, [], [16.0, 20.0]]


@pytest.mark.parametrize(
    ("size", "dtype", "step", "done"),
    [(1 << 19, "float32", 1, True), (1 << 19, "float64", 1, True), (100, "float32", 1, False), (1 << 20, "float32", 2, False),
     (1 << 19, "complex64", 1, False)],
)  # fmt: skip
def test_one_pass_is_for_large_arrays(numpy_backend, size: int, dtype: str, step: int, done: bool) -> None:
    target, source = (np.full(size, value, dtype)[::step] for value in (1.0, 2.0))
    source[1] = np.nan
    assert numpy_backend.add_multiple(target, source, 0.5) is done
    assert target[0] == (2.0 if done else 1.0)
    assert numpy_backend.add_multiple(target, source, 0.0) is done
    assert target[2] == (2.0 if done else 1.0)
    assert np.isnan(target[1]) == done
