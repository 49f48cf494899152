"""The texts of the CuPy backend's raw kernels, compiled as C++ and run on the processor, beside the NumPy backend's kernels.

It shows that the texts compute what they should, not how a device orders and rounds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cuda_on_host import COMPILER
from flambeau.backend.selection import find_place
from layer_calls import CALLS, HALVES, HEADS, MASKS, compare, compare_halves, numbers

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler: install g++")


@pytest.fixture(params=["short", "long"])
def rows(request: pytest.FixtureRequest, by_text: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same, with a warp for each row and with a block for each."""
    from flambeau_cupy import _source

    if request.param == "long":
        monkeypatch.setattr(_source, "_SHORT", 0)
        monkeypatch.setattr(_source, "_THREADS", 64)
    return by_text


RAW = (
    "softmax",
    "log_softmax",
    "cross_entropy",
    "layer_norm",
    "channel_moments",
    "channel_sums",
    "attention",
    "convolution",
    "logsumexp",
    "cummax",
    "cummin",
    "logcumsumexp",
    "grid_sample",
    "ctc_loss",
    "sparse_along",
    "topk",
    "kthvalue",
)


@pytest.mark.parametrize("call", [call for call in CALLS if call.startswith(RAW)])
def test_texts_of_layers(rows: Any, call: str) -> None:
    compare(rows, call.split()[0], CALLS[call])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("call", [call for call in HALVES if call.startswith(RAW)])
def test_texts_of_halves(rows: Any, call: str, dtype: str) -> None:
    import ml_dtypes  # noqa: F401

    compare_halves(rows, call.split()[0], CALLS[call], dtype)


@pytest.mark.parametrize("mask", [None, "pairs", "all", "blind"])
def test_texts_of_the_gradients_of_attention(rows: Any, mask: str | None) -> None:
    options = (None if mask is None else MASKS[mask], 0.5, mask is None)
    _, logs = compare(rows, "attention", (*HEADS[:3], *options))
    compare(rows, "attention_backward", (HEADS[3], *HEADS[:3], logs, *options))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("mask", [None, "pairs", "blind"])
def test_texts_of_the_gradients_of_attention_of_halves(rows: Any, mask: str | None, dtype: str) -> None:
    options = (None if mask is None else MASKS[mask], 0.5, mask is None)
    _, logs = compare_halves(rows, "attention", (*HEADS[:3], *options), dtype)
    compare_halves(rows, "attention_backward", (HEADS[3], *HEADS[:3], logs, *options), dtype)


A = numbers(3, 150)
MEAN, RSTD = A.mean(1, keepdims=True), 1 / A.std(1, keepdims=True)
LONG = {
    "logsumexp": (A * 30, (1,), False),
    "cummax": (A, 1),
    "cummin": (A, 1),
    "logcumsumexp": (A * 30, 1),
    "softmax": (A * 30, 1),
    "log_softmax": (A * 30, 1),
    "cross_entropy": (A, np.array([0, 149, 70]), np.abs(numbers(150)), 70, 0.25),
    "layer_norm": (A, numbers(150), numbers(150), 1e-5),
    "layer_norm_backward": (A * 2, A, MEAN, RSTD, numbers(150)),
    "layer_norm_weight": (numbers(300, 40), numbers(300, 40), numbers(300, 1), numbers(300, 1)),
}


@pytest.mark.parametrize("kernel", LONG)
def test_rows_that_are_longer_than_the_threads_of_them(rows: Any, kernel: str) -> None:
    compare(rows, kernel, LONG[kernel])


@pytest.mark.parametrize("shape", [(5, 2, 3000), (4000, 3, 1), (40, 2, 77)], ids=str)
@pytest.mark.parametrize("piece", [1 << 14, 1000])
def test_channels_of_many_elements(
    by_text: Any, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], piece: int
) -> None:
    from flambeau_cupy import _normalization

    monkeypatch.setattr(_normalization, "_PIECE", piece)
    monkeypatch.setattr(_normalization, "_BLOCK", 64)
    compare(by_text, "channel_moments", (numbers(*shape) + 3,))
    compare(by_text, "channel_sums", (numbers(*shape, seed=1), numbers(*shape), numbers(shape[1])))


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmax_backward", "log_softmax_backward"])
def test_halves_are_computed_with_in_single_precision(by_text: Any, name: str) -> None:
    from flambeau_cupy._activation import KERNELS

    a, grad = (numbers(4, 60, dtype="float16", seed=seed) for seed in range(2))
    operands = (
        (by_text.array(a, "float16"),) if "backward" not in name else [by_text.array(e, "float16") for e in (grad, a)]
    )
    wide = (a.astype("f4"),) if "backward" not in name else (grad.astype("f4"), a.astype("f4"))
    expected = getattr(find_place("cpu").kernels, name)(*wide, 1).astype("float16")
    found = by_text.read(KERNELS[name](*operands, 1))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_the_counter_of_the_texts_is_that_of_the_renderings(by_text: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from standin_cupy._kernels import RawKernel

    kernels: Any = by_text.backend.counter_kernels(0)
    for kind, dtype, parameters in (
        ("uniform", "float32", (0.0, 1.0)), ("uniform", "float64", (-1.0, 2.0)), ("normal", "float32", (0.0, 1.0)),
        ("normal", "float64", (0.0, 1.0)), ("bernoulli", "float32", (0.25,)), ("kept", "float32", (0.25, 4)),
        ("integers", "int64", (-5, 100)), ("integers_64", "int64", (-5, 0)), ("exponential", "float64", (2.0,)),
        ("geometric", "float64", (0.25,)), ("cauchy", "float64", (0.0, 1.0)), ("uniform_runs", "float32", ()),
    ):  # fmt: skip
        drawn = []
        for text in (True, False):
            monkeypatch.setattr(RawKernel, "by_text", text)
            drawn.append(by_text.read(kernels.draw(kind, dtype, 1200, 2, 12345678901, 8, parameters)))
        np.testing.assert_allclose(*drawn, rtol=1e-6, atol=1e-6, err_msg=kind)


@pytest.mark.parametrize("width", [1, 4, 8])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dropout_is_what_is_drawn_alone(by_text: Any, monkeypatch: pytest.MonkeyPatch, width: int, dtype: str) -> None:
    from standin_cupy._kernels import RawKernel

    kernels, a = by_text.backend.counter_kernels(0), np.linspace(-3, 3, 1200 if width > 1 else 1199).astype(dtype)
    kind, parameters = ("bernoulli", (0.75,)) if width == 1 else ("kept", (0.75, width))
    kept = by_text.read(kernels.draw(kind, "float32", a.size, 2, 2**40, 8, parameters))
    for text in (True, False):
        monkeypatch.setattr(RawKernel, "by_text", text)
        values, mask = kernels.dropout(by_text.array(a, dtype), 0.75, width, 2, 2**40, 8)
        np.testing.assert_array_equal(by_text.read(mask), kept)
        np.testing.assert_allclose(by_text.read(values), a * kept / 0.75, rtol=1e-3 if dtype == "float16" else 1e-6)
        again = by_text.kernels.masked_scale(values, mask, 0.75)
        np.testing.assert_allclose(by_text.read(again), a * kept, rtol=1e-3 if dtype == "float16" else 1e-6)
