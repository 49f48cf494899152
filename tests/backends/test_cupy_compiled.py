"""Whether NVIDIA's compiler takes all kernels of the CuPy backend, for devices of compute capability 8.0 and 9.0.

It needs no device: pip install nvidia-cuda-nvrtc-cu12.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from itertools import product
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.oracle

A = np.zeros((5, 7))
ARCHITECTURES = ("sm_80", "sm_90")


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
    """What the compiler makes of a text for the last of the architectures, after it took it for all."""
    return [_compiled_for(nvrtc, code, architecture) for architecture in ARCHITECTURES][-1]


def _compiled_for(nvrtc: Any, code: str, architecture: str) -> str:
    program = nvrtc.createProgram(code, "kernel.cu", (), ())
    try:
        nvrtc.compileProgram(program, (f"--gpu-architecture={architecture}", "--std=c++17"))
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


@pytest.mark.parametrize("number", ["float", "double"])
def test_statements_compile(nvrtc: Any, number: str) -> None:
    from flambeau_cupy._layers import STATEMENTS, elementwise

    assert all(map(elementwise, STATEMENTS))
    for reads, writes, statement in STATEMENTS.values():
        code = _compiled(nvrtc, _around(reads.split(), writes.split(), statement, number))
        assert number == "double" or ".f64" not in code, f"computes in double precision: {statement}"


def _around_halves(kernel: Any, dtype: str) -> str:
    """A kernel as CuPy makes one, with a class in the place of CuPy's float16 and bfloat16, whose headers CUDA's toolkit has."""
    from flambeau_cupy._source import NUMBERS, text

    stored = NUMBERS[dtype][0]
    inputs, outputs = ([("Kept" if each.ctype == "S" else "float", each.name) for each in params]
                       for params in (kernel.in_params, kernel.out_params))  # fmt: skip
    parameters = [f"const {kind}* in_{name}" for kind, name in inputs] + [
        f"{kind}* out_{name}" for kind, name in outputs
    ]
    lines = [f"const {kind} {name} = in_{name}[i];" for kind, name in inputs]
    lines += [f"{kind} &{name} = out_{name}[i];" for kind, name in outputs]
    return f"""{text("", "", dtype)}
struct Kept : {stored} {{
    __device__ Kept() {{}}
    __device__ Kept(float x) {{ put(*this, x); }}
    __device__ operator float() const {{ return wide(*this); }}
}};
extern "C" __global__ void made({", ".join(parameters)}) {{
    typedef Kept S;
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    {" ".join(lines)}
    {kernel.operation};
}}"""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_statements_on_halves_compile(nvrtc: Any, dtype: str) -> None:
    from flambeau_cupy._layers import STATEMENTS, elementwise

    wide = {
        name: ("mean", "rstd", "b", "scale", "factor", "shift") for name in STATEMENTS if "mean" in STATEMENTS[name][0]
    }
    for name in STATEMENTS:
        code = _compiled(nvrtc, _around_halves(elementwise(name, True, wide.get(name, ())), dtype))
        assert ".f64" not in code, f"computes in double precision: {name}"


def _texts() -> Iterator[tuple[str, str, tuple[int | None, ...]]]:
    """The names of the raw kernels' texts, these, and for how many threads along a row they are compiled."""
    from flambeau_cupy import (
        _activation,
        _attention,
        _conv,
        _indexing,
        _logsums,
        _loss,
        _normalization,
        _order,
        _pooling,
        _random,
        _scans,
        _sparse,
        _vision,
    )  # fmt: skip
    from flambeau_cupy._source import WIDTHS

    for module in (
        _activation, _attention, _conv, _indexing, _logsums, _loss, _normalization, _order, _pooling, _random, _scans, _sparse,
        _vision,
    ):  # fmt: skip
        for sources, widths in (
            ("ROW_SOURCES", WIDTHS),
            ("BLOCK_SOURCES", (0,)),
            ("SOURCES", (None,)),
            ("DROPOUT_SOURCES", (None,)),
            ("SELECTION_SOURCES", (None,)),
        ):
            for name, source in getattr(module, sources, {}).items():
                yield name, source, widths


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_raw_texts_compile(nvrtc: Any, dtype: str) -> None:
    """In all widths for float32 alone: it is the same for others."""
    from flambeau_cupy._source import raw

    for name, source, widths in _texts():
        for width in widths if dtype == "float32" else widths[:1]:
            kernel = raw(name, source, dtype, width)
            code = _compiled(nvrtc, kernel.code)
            assert f".entry {kernel.name}(" in code
            assert dtype == "float64" or ".f64" not in code, f"computes in double precision: {kernel.code}"


def test_texts_of_integers_compile(nvrtc: Any) -> None:
    from flambeau_cupy import _indexing, _order, _scans
    from flambeau_cupy._source import WIDTHS, raw

    for name, source in (_scans.INTEGER_SOURCES | _indexing.INTEGER_SOURCES | _order.SELECTION_SOURCES).items():
        for width in WIDTHS if name in _scans.INTEGER_SOURCES else (None,):
            code = _compiled(nvrtc, raw(name, source, "int64", width).code)
            assert ".f32" not in code
            assert ".f64" not in code


@pytest.mark.parametrize("number", ["float", "double"])
def test_terms_of_sums_compile(nvrtc: Any, number: str) -> None:
    from flambeau_cupy._reductions import TERMS

    for term in TERMS.values():
        _compiled(nvrtc, _around(["x"], ["y"], f"y = {term}", number))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_texts_of_atomic_additions_compile(nvrtc: Any, dtype: str) -> None:
    from flambeau_cupy import _indexing, _vision
    from flambeau_cupy._source import raw

    for name, source in (_indexing.ATOMIC_SOURCES | _vision.ATOMIC_SOURCES).items():
        assert "atom" in _compiled(nvrtc, raw(name, source, dtype).code)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_texts_of_paths_compile(nvrtc: Any, dtype: str) -> None:
    from flambeau_cupy._ctc import WIDE_SOURCES
    from flambeau_cupy._source import raw

    for name, source in WIDE_SOURCES.items():
        code = _compiled(nvrtc, raw(name, source, dtype).code)
        assert dtype == "float64" or ".f64" not in code, f"computes in double precision: {name}"


STEPS: dict[str, tuple[int, dict[str, list[Any]]]] = {
    "sgd_step": (1, {"momentum": [0.5], "nesterov": [False, True]}),
    "adam_step": (3, {"step": [3], "decoupled": [False, True]}),
    "adadelta_step": (2, {}),
    "adagrad_step": (1, {}),
    "adamax_step": (2, {}),
    "asgd_step": (1, {"mu": [0.5, 1]}),
    "nadam_step": (2, {}),
    "rmsprop_step": (3, {}),
}


def _formulas(name: str) -> Iterator[Any]:
    """All formulas of a step."""
    from flambeau_cupy._adaptive_steps import FORMULAS

    count, made = FORMULAS[name]
    _, others = STEPS[name]
    choices = {"weight_decay": [0.0, 0.5], "maximize": [False, True], **others}
    names = [each for each in signature(made).parameters if each != "states"]
    if "beta1" in names:
        choices["beta1"] = [0.25, 0.75]
    for states in product([False, True], repeat=count):
        for chosen in product(*choices.values()):
            options = dict(zip(choices, chosen, strict=True))
            yield made(states, *(options.get(each, 0.5) for each in names))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", STEPS)
def test_steps_of_optimizers_compile(nvrtc: Any, name: str, dtype: str) -> None:
    from flambeau_cupy._source import text
    from flambeau_cupy._steps import step_text

    texts = {step_text(each.written, tuple(each.numbers), each.body) for each in _formulas(name)}
    for source in sorted(texts):
        code = _compiled(nvrtc, text("step", source, dtype))
        assert dtype == "float64" or ".f64" not in code, f"computes in double precision: {source}"


def test_every_step_has_its_compilation(nvrtc: Any) -> None:
    from flambeau_cupy._adaptive_steps import FORMULAS

    assert {name: count for name, (count, _) in STEPS.items()} == {name: count for name, (count, _) in FORMULAS.items()}


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_tables_of_arrays_fit_the_parameters_of_a_kernel(depth: int) -> None:
    from flambeau_cupy._steps import _table

    assert _table(depth).itemsize <= 4096 - 16 * 8


@pytest.mark.parametrize("number", ["float", "double"])
def test_element_wise_statements_compile(nvrtc: Any, number: str) -> None:
    from flambeau_cupy import _elementwise

    statements = {
        "_RELU": "a",
        "_LOWER": "a low",
        "_UPPER": "a high",
        "_SIGMOID": "a",
        "_RELU_BACKWARD": "a b",
        "_POWER": "a b",
        "_MUL": "a b",
        "_DIV": "a b",
    }
    assert {name for name, value in vars(_elementwise).items() if str(value).startswith("y = ")} == set(statements)
    for name, reads in statements.items():
        kernel = _elementwise._kernel.__wrapped__(reads, getattr(_elementwise, name), False)
        _compiled(nvrtc, _around(reads.split(), ["y"], kernel.operation, number))
        for dtype in ("float16", "bfloat16"):
            halves = _elementwise._kernel.__wrapped__(reads, getattr(_elementwise, name), True)
            _compiled(nvrtc, _around_halves(halves, dtype))
    for name in ("_MUL", "_DIV"):
        with_number = _elementwise._kernel.__wrapped__("a b", getattr(_elementwise, name), True, ("b",))
        assert ".f64" not in _compiled(nvrtc, _around_halves(with_number, "float16"))


def test_kernels_that_draw_numbers_compile(nvrtc: Any) -> None:
    from flambeau_cupy import _random

    kinds = [*_random._STATEMENTS, "integers", "integers_64", "kept", "uniform_runs"]
    for kind in kinds:
        for double in (False, True)[: 2 if kind in _random._STATEMENTS else 1]:
            kernel = _random._kernel(kind, double)
            assert f".entry {kernel.name}(" in _compiled(nvrtc, kernel.code)
