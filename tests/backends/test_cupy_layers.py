"""The CuPy backend's kernels of layers beside the NumPy backend's, and whether NVIDIA's compiler takes all of its kernels."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from itertools import product
from typing import Any

import numpy as np
import pytest

from flambeau.backend.selection import find_place


def _numbers(*shape: int, dtype: str = "float64", seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed + sum(shape)).standard_normal(shape).astype(dtype)


A, G = _numbers(5, 7), _numbers(5, 7, seed=1)
COLUMN, WIDTH, CUBE, OTHER = _numbers(5, 1), _numbers(7), _numbers(3, 4, 6), _numbers(3, 4, 6, seed=1)
CHANNEL = [_numbers(4, seed=seed) for seed in range(4)]
HEADS = [_numbers(6, 5, 3, seed=seed) for seed in range(4)]
MASKS = {
    "pairs": np.where(_numbers(1, 1, 5, 5) > 0.5, -np.inf, _numbers(1, 1, 5, 5)),
    "keys": np.where(_numbers(2, 1, 1, 5) > 0.5, -np.inf, 0.0),
    "heads": _numbers(1, 3, 5, 5),
    "all": np.where(_numbers(2, 3, 5, 5) > 0, -np.inf, 0.0),
    "blind": np.where(_numbers(2, 1, 5, 1) > 0, -np.inf, 0.0),
}
TARGET = np.array([0, 6, 2, 3, 3])


def _softmax(a: np.ndarray[Any, Any], dim: int) -> np.ndarray[Any, Any]:
    powers = np.exp(a - a.max(dim, keepdims=True))
    return powers / powers.sum(dim, keepdims=True)  # type: ignore[no-any-return]


CALLS: dict[str, tuple[Any, ...]] = {
    **{f"softmax {dim}": (A, dim) for dim in (0, 1)},
    **{f"softmax_backward {dim}": (G, _softmax(A, dim), dim) for dim in (0, 1)},
    **{f"log_softmax {dim}": (A * 300, dim) for dim in (0, 1)},
    **{f"log_softmax_backward {dim}": (G, np.log(_softmax(A, dim)), dim) for dim in (0, 1)},
    "softmax empty": (np.empty((2, 0)), 1),
    "softmax infinite": (np.where(A > 0.5, -np.inf, A), 1),
    "cross_entropy": (A, TARGET, None, None, 0.0),
    "cross_entropy all": (A, TARGET, np.abs(WIDTH), 3, 0.25),
    "cross_entropy places": (CUBE, np.array([[0, 1, 2, 3, 0, 1]] * 3), None, 1, 0.1),
    "cross_entropy_backward": (COLUMN[:, 0], _softmax(A, 1), TARGET, np.abs(WIDTH), 3, 0.25),
    **{f"gelu {kind}": (A * 9, kind) for kind in ("none", "tanh")},
    **{f"gelu_backward {kind}": (G, A * 9, kind) for kind in ("none", "tanh")},
    **{f"{name}_backward": (G, A) for name in ("sigmoid", "tanh", "silu")},
    **{f"layer_norm {w is None} {b is None}": (A, w, b, 1e-5) for w in (None, WIDTH) for b in (None, WIDTH * 2)},
    **{f"layer_norm_backward {w is None}": (G, A, COLUMN, np.abs(COLUMN), w) for w in (None, WIDTH)},
    "layer_norm_weight": (G, A, COLUMN, np.abs(COLUMN)),
    "channel_moments": (CUBE,),
    **{f"channel_scale {b is None}": (CUBE, *CHANNEL[:2], b) for b in (None, CHANNEL[2])},
    "channel_sums": (OTHER, CUBE, CHANNEL[0]),
    "channel_slope": (OTHER, CUBE, *CHANNEL),
    **{f"attention {causal}": (*HEADS[:3], None, 0.5, causal) for causal in (False, True)},
    **{f"attention {name}": (*HEADS[:3], mask, 0.5, False) for name, mask in MASKS.items()},
}


def _made(value: Any, array: Any) -> Any:
    return array(value) if isinstance(value, np.ndarray) else value


def _compare(cupy_backend: Any, kernel: str, arguments: tuple[Any, ...]) -> Any:
    """What both backends give, and whether it is the same; the results of NumPy's."""
    expected = getattr(find_place("cpu").kernels, kernel)(*arguments)
    given = [_made(value, lambda host: cupy_backend.array(host, host.dtype.name)) for value in arguments]
    found = getattr(cupy_backend.kernels, kernel)(*given)
    for one, other in zip(*(each if isinstance(each, tuple) else (each,) for each in (found, expected)), strict=True):
        if other is None:
            assert one is None
        else:
            np.testing.assert_allclose(cupy_backend.read(one), other, rtol=1e-9, atol=1e-11, strict=True)
    return expected


@pytest.mark.parametrize("call", CALLS)
def test_kernels_give_what_numpys_give(cupy_backend: Any, call: str) -> None:
    _compare(cupy_backend, call.split()[0], CALLS[call])


@pytest.mark.parametrize("mask", [None, *MASKS])
@pytest.mark.parametrize("causal", [False, True])
def test_gradients_of_attention(cupy_backend: Any, mask: str | None, causal: bool) -> None:
    options = (None if mask is None else MASKS[mask], 0.5, causal and mask is None)
    _, logs = _compare(cupy_backend, "attention", (*HEADS[:3], *options))
    _compare(cupy_backend, "attention_backward", (HEADS[3], *HEADS[:3], logs, *options))


@pytest.mark.parametrize("sizes", [(3, 3, 3), (3, 2, 1), (3,)], ids=str)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("biases", [False, True])
def test_layers_of_lstm(cupy_backend: Any, sizes: tuple[int, ...], reverse: bool, biases: bool) -> None:
    rows, width, features = sum(sizes), 4, 5
    input, h, c = _numbers(rows, features), _numbers(3, width), _numbers(3, width, seed=1)
    weights = _numbers(4 * width, features), _numbers(4 * width, width)
    given = (_numbers(4 * width), _numbers(4 * width, seed=1)) if biases else (None, None)
    output, _, _, active, cells = _compare(cupy_backend, "lstm_layer", (input, h, c, *weights, *given, sizes, reverse))
    kept = (output, active, cells, input, h, c, *weights, sizes, reverse, biases, True)
    for grads in ((output * 2, h, c), (None, h, None)):
        _compare(cupy_backend, "lstm_layer_backward", (*grads, *kept))


@pytest.mark.parametrize("sizes", [(3, 3, 3), (3, 2, 1), (3,)], ids=str)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("kind", ["gru", "tanh", "relu"])
def test_other_recurrent_layers(
    cupy_backend: Any, kind: str, sizes: tuple[int, ...], reverse: bool, biases: bool
) -> None:
    rows, width, features = sum(sizes), 4, 5
    gates = 3 * width if kind == "gru" else width
    input, h = _numbers(rows, features), _numbers(3, width)
    weights = _numbers(gates, features), _numbers(gates, width)
    given = (_numbers(gates), _numbers(gates, seed=1)) if biases else (None, None)
    name, options = ("gru_layer", ()) if kind == "gru" else ("rnn_layer", (kind == "relu",))
    output, _, *kept = _compare(cupy_backend, name, (input, h, *weights, *given, *options, sizes, reverse))
    rest = (output, *kept, input, h, *weights, *options, sizes, reverse, biases, True)
    for grads in ((output * 2, h), (None, h)):
        _compare(cupy_backend, f"{name}_backward", (*grads, *rest))


# -- NVIDIA's compiler, which needs no device ----------------------------------------------------------------


@pytest.fixture(scope="module")
def nvrtc() -> Iterator[Any]:
    pytest.importorskip("cupy", reason="CuPy is not installed: pip install cupy-cuda12x")
    from cupy_backends.cuda.libs import nvrtc

    try:
        nvrtc.getVersion()
    except Exception as error:  # of whatever looks for the library
        pytest.skip(f"NVIDIA's compiler cannot be loaded, pip install nvidia-cuda-nvrtc-cu12: {type(error).__name__}")
    return nvrtc


def _compiled(nvrtc: Any, code: str) -> str:
    program = nvrtc.createProgram(code, "kernel.cu", (), ())
    try:
        nvrtc.compileProgram(program, ("--gpu-architecture=compute_75", "--std=c++17"))
        return nvrtc.getPTX(program).decode()  # type: ignore[no-any-return]
    except nvrtc.NVRTCError as error:
        raise AssertionError(f"{nvrtc.getProgramLog(program)}\n{code}") from error
    finally:
        nvrtc.destroyProgram(program)


def _around(reads: list[str], writes: list[str], statement: str, number: str) -> str:
    """A kernel as CuPy makes one of a statement: inputs are constants, outputs references."""
    parameters = [f"const T* in_{name}" for name in reads] + [f"T* out_{name}" for name in writes]
    lines = [f"const T {name} = in_{name}[i];" for name in reads] + [f"T &{name} = out_{name}[i];" for name in writes]
    return f"""typedef {number} T;
extern "C" __global__ void made({", ".join(parameters)}) {{
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    {" ".join(lines)}
    {statement};
}}"""


@pytest.mark.oracle
@pytest.mark.parametrize("number", ["float", "double"])
def test_statements_compile(nvrtc: Any, number: str) -> None:
    from flambeau_cupy._layers import STATEMENTS, SUMS, elementwise, summed

    assert all(map(elementwise, STATEMENTS))
    assert all(map(summed, SUMS))
    for reads, writes, statement in STATEMENTS.values():
        code = _compiled(nvrtc, _around(reads.split(), writes.split(), statement, number))
        assert number == "double" or ".f64" not in code, f"computes in double precision: {statement}"
    for reads, term in SUMS.values():
        code = _compiled(nvrtc, _around(reads.split(), ["y"], f"y = y + ({term})", number))
        assert number == "double" or ".f64" not in code, f"computes in double precision: {term}"


@pytest.fixture
def made(nvrtc: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The element-wise kernels that the steps of optimizers make while the test runs, which are not launched."""
    import cupy

    from flambeau_cupy import _adaptive_steps, _steps

    kernels: list[Any] = []

    def record(*declared: str) -> Any:
        kernels.append(element_wise(*declared))
        return lambda *arrays: None

    def forget() -> None:
        for module in (_steps, _adaptive_steps):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()

    element_wise = cupy.ElementwiseKernel
    monkeypatch.setattr(cupy, "ElementwiseKernel", record)
    monkeypatch.setattr(cupy, "maximum", lambda *arrays, out: None)
    forget()
    yield kernels
    forget()


STEPS: dict[str, dict[str, list[Any]]] = {
    "sgd_step": {"buffer": [None, A], "nesterov": [False, True]},
    "adam_step": {"max_exp_avg_sq": [None, A], "decoupled": [False, True]},
    "adadelta_step": {},
    "adagrad_step": {},
    "adamax_step": {},
    "asgd_step": {"mu": [0.5, 1]},
    "nadam_step": {},
    "rmsprop_step": {"grad_avg": [None, A], "momentum_buffer": [None, A]},
}


@pytest.mark.oracle
@pytest.mark.parametrize("number", ["float", "double"])
@pytest.mark.parametrize("name", STEPS)
def test_steps_of_optimizers_compile(nvrtc: Any, made: list[Any], name: str, number: str) -> None:
    from flambeau_cupy import _adaptive_steps, _steps

    step = getattr(_steps if hasattr(_steps, name) else _adaptive_steps, name)
    choices = {"weight_decay": [0.0, 0.5], "maximize": [False, True], **STEPS[name]}
    if "beta1" in signature(step).parameters:
        choices["beta1"] = [0.25, 0.75]
    for chosen in product(*choices.values()):
        options = dict(zip(choices, chosen, strict=True))
        step(**{each: options.get(each, 0.5) for each in signature(step).parameters})
    assert made
    for kernel in made:
        names = [[parameter.name for parameter in each] for each in (kernel.in_params, kernel.out_params)]
        code = _compiled(nvrtc, _around(*names, kernel.operation, number))
        assert number == "double" or ".f64" not in code, f"computes in double precision: {kernel.operation}"


@pytest.mark.oracle
def test_every_step_has_its_compilation(nvrtc: Any) -> None:
    from flambeau_cupy import _adaptive_steps, _steps

    exported = [*_steps.__all__, *_adaptive_steps.__all__]
    assert sorted(STEPS) == sorted(each for each in exported if each.endswith("_step"))


@pytest.mark.oracle
@pytest.mark.parametrize("number", ["float", "double"])
def test_element_wise_statements_compile(nvrtc: Any, number: str) -> None:
    from flambeau_cupy import _elementwise

    statements = {"_RELU": "a", "_LOWER": "a low", "_UPPER": "a high", "_POWER": "a b"}
    assert {name for name, value in vars(_elementwise).items() if str(value).startswith("y = ")} == set(statements)
    for name, reads in statements.items():
        kernel = _elementwise._kernel.__wrapped__(reads, getattr(_elementwise, name))
        _compiled(nvrtc, _around(reads.split(), ["y"], kernel.operation, number))


@pytest.mark.oracle
def test_kernels_that_draw_numbers_compile(nvrtc: Any) -> None:
    from flambeau_cupy import _random

    kinds = [*_random._STATEMENTS, "integers", "integers_64", "kept", "uniform_runs"]
    for kind in kinds:
        for double in (False, True)[: 2 if kind in _random._STATEMENTS else 1]:
            kernel = _random._kernel(kind, double)
            assert f".entry {kernel.name}(" in _compiled(nvrtc, kernel.code)
