"""The CuPy backend's kernels of layers beside the NumPy backend's."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau
from layer_calls import CALLS, HEADS, MASKS, compare, numbers


@pytest.mark.parametrize("call", CALLS)
def test_kernels_give_what_numpys_give(cupy_backend: Any, call: str) -> None:
    compare(cupy_backend, call.split()[0], CALLS[call])


@pytest.mark.parametrize("call", [call for call in CALLS if call.startswith("convolution")])
def test_columns_of_few_samples_at_a_time(cupy_backend: Any, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    from flambeau_cupy import _conv

    monkeypatch.setattr(_conv, "_COLUMNS", 1)
    compare(cupy_backend, call.split()[0], CALLS[call])


@pytest.mark.parametrize("scores", [1, 12, 60])
@pytest.mark.parametrize("mask", [None, "pairs", "all"])
def test_attention_with_few_scores_at_a_time(
    cupy_backend: Any, monkeypatch: pytest.MonkeyPatch, mask: str | None, scores: int
) -> None:
    from flambeau_cupy import _attention

    monkeypatch.setattr(_attention, "_SCORES", scores)
    options = (None if mask is None else MASKS[mask], 0.5, mask is None)
    _, logs = compare(cupy_backend, "attention", (*HEADS[:3], *options))
    compare(cupy_backend, "attention_backward", (HEADS[3], *HEADS[:3], logs, *options))


@pytest.mark.parametrize("mask", [None, *MASKS])
@pytest.mark.parametrize("causal", [False, True])
def test_gradients_of_attention(cupy_backend: Any, mask: str | None, causal: bool) -> None:
    options = (None if mask is None else MASKS[mask], 0.5, causal and mask is None)
    _, logs = compare(cupy_backend, "attention", (*HEADS[:3], *options))
    compare(cupy_backend, "attention_backward", (HEADS[3], *HEADS[:3], logs, *options))


@pytest.mark.parametrize("sizes", [(3, 3, 3), (3, 2, 1), (3,)], ids=str)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("biases", [False, True])
def test_layers_of_lstm(cupy_backend: Any, sizes: tuple[int, ...], reverse: bool, biases: bool) -> None:
    rows, width, features = sum(sizes), 4, 5
    input, h, c = numbers(rows, features), numbers(3, width), numbers(3, width, seed=1)
    weights = numbers(4 * width, features), numbers(4 * width, width)
    given = (numbers(4 * width), numbers(4 * width, seed=1)) if biases else (None, None)
    output, _, _, active, cells = compare(cupy_backend, "lstm_layer", (input, h, c, *weights, *given, sizes, reverse))
    kept = (output, active, cells, input, h, c, *weights, sizes, reverse, biases, True)
    for grads in ((output * 2, h, c), (None, h, None)):
        compare(cupy_backend, "lstm_layer_backward", (*grads, *kept))


@pytest.mark.parametrize("sizes", [(3, 3, 3), (3, 2, 1), (3,)], ids=str)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("kind", ["gru", "tanh", "relu"])
def test_other_recurrent_layers(
    cupy_backend: Any, kind: str, sizes: tuple[int, ...], reverse: bool, biases: bool
) -> None:
    rows, width, features = sum(sizes), 4, 5
    gates = 3 * width if kind == "gru" else width
    input, h = numbers(rows, features), numbers(3, width)
    weights = numbers(gates, features), numbers(gates, width)
    given = (numbers(gates), numbers(gates, seed=1)) if biases else (None, None)
    name, options = ("gru_layer", ()) if kind == "gru" else ("rnn_layer", (kind == "relu",))
    output, _, *kept = compare(cupy_backend, name, (input, h, *weights, *given, *options, sizes, reverse))
    rest = (output, *kept, input, h, *weights, *options, sizes, reverse, biases, True)
    for grads in ((output * 2, h), (None, h)):
        compare(cupy_backend, f"{name}_backward", (*grads, *rest))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dropout_is_a_launch_each_way(launches: list[str], dtype: str) -> None:
    x = flambeau.linspace(1, 4, 2000, device="cuda").to(getattr(flambeau, dtype)).reshape(50, 40).T.requires_grad_()
    flambeau.manual_seed(3)
    del launches[:]
    y = flambeau.nn.functional.dropout(x, 0.25)
    y.backward(flambeau.ones_like(y))
    assert [name.removesuffix(f"_{dtype}") for name in launches] == ["flambeau_dropout", "flambeau_masked_scale"]
    assert y.stride() == x.stride()
    kept = y.detach() != 0
    assert 0.7 < kept.double().mean().item() < 0.8
    slope = kept.double() / 0.75
    flambeau.testing.assert_close(x.grad, slope.to(x.dtype))
    flambeau.testing.assert_close(y.detach(), (x.detach().double() * slope).to(x.dtype))
