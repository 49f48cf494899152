"""The CuPy backend's kernels of layers beside the NumPy backend's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.backend.selection import find_place
from layer_calls import CALLS, HALVES, HEADS, MASKS, compare, compare_halves, numbers


@pytest.mark.parametrize("call", CALLS)
def test_kernels_give_what_numpys_give(cupy_backend: Any, call: str) -> None:
    compare(cupy_backend, call.split()[0], CALLS[call])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("call", HALVES)
def test_halves_are_rounded_once(cupy_backend: Any, call: str, dtype: str) -> None:
    import ml_dtypes  # noqa: F401

    compare_halves(cupy_backend, call.split()[0], CALLS[call], dtype)


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


@pytest.mark.parametrize("scores", [1, 12, 1 << 26])
@pytest.mark.parametrize("mask", [None, *MASKS])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_attention_of_halves(
    cupy_backend: Any, monkeypatch: pytest.MonkeyPatch, mask: str | None, dtype: str, scores: int
) -> None:
    from flambeau_cupy import _attention

    monkeypatch.setattr(_attention, "_SCORES", scores)
    options = (None if mask is None else MASKS[mask], 0.5, mask is None)
    _, logs = compare_halves(cupy_backend, "attention", (*HEADS[:3], *options), dtype)
    compare_halves(cupy_backend, "attention_backward", (HEADS[3], *HEADS[:3], logs, *options), dtype)


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


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dropout_is_a_launch_each_way(launches: list[str], dtype: str) -> None:
    x = flambeau.linspace(1, 4, 2000, device="cuda").to(getattr(flambeau, dtype)).reshape(50, 40).T.requires_grad_()
    flambeau.manual_seed(3)
    del launches[:]
    y = flambeau.nn.functional.dropout(x, 0.25)
    y.backward(flambeau.ones_like(y))
    assert [name.removesuffix(f"_{dtype}") for name in launches] == ["flambeau_dropout", "flambeau_masked_scale"]
    assert x.grad is not None
    assert y.stride() == x.grad.stride() == x.stride()
    kept = y.detach() != 0
    assert 0.7 < kept.double().mean().item() < 0.8
    slope = kept.double() / 0.75
    flambeau.testing.assert_close(x.grad, slope.to(x.dtype))
    flambeau.testing.assert_close(y.detach(), (x.detach().double() * slope).to(x.dtype))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("number", [1e-6, 3, 70000.0, -0.0, float("inf"), float("nan"), flambeau.tensor(1 / 3)])
def test_halves_with_a_number_are_one_launch(elementwise_launches: list[str], dtype: str, number: Any) -> None:
    host = flambeau.linspace(-3, 400, 60).to(getattr(flambeau, dtype)).reshape(6, 10).T
    x = host.to("cuda")
    for op in (flambeau.mul, flambeau.div):
        del elementwise_launches[:]
        found = op(x, number)
        assert elementwise_launches == ["flambeau_elementwise_of_halves"]
        assert found.stride() == x.stride()
        flambeau.testing.assert_close(found.cpu(), op(host, number), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("options", [{}, {"antialias": True}, {"align_corners": True}], ids=str)
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_resizing_is_a_launch_for_each_dim(launches: list[str], mode: str, options: dict[str, Any]) -> None:
    host = numbers(2, 3, 9, 12, dtype="float32")
    host[0, 0, 4, 5], host[1, 2, 8, 11] = float("inf"), float("nan")
    resized = []
    for place in ("cpu", "cuda"):
        x = flambeau.tensor(host, device=place, requires_grad=True)
        del launches[:]
        y = flambeau.nn.functional.interpolate(x, (7, 5), mode=mode, **options)
        (slope,) = flambeau.autograd.grad(y, x, flambeau.ones_like(y))
        resized.append((y.detach().cpu(), slope.cpu()))
    assert launches == ["flambeau_sparse_along_float32"] * 4
    flambeau.testing.assert_close(*resized, rtol=1e-5, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    "call", [call for call in CALLS if call.startswith(("topk", "kthvalue")) and "int" not in call]
)
def test_selections_of_halves(by_text: Any, call: str, dtype: str) -> None:
    import ml_dtypes  # noqa: F401

    a, *options = CALLS[call]
    narrow = a.astype(dtype)
    values, indices = getattr(find_place("cpu").kernels, call.split()[0])(narrow.astype("float32"), *options)
    found = getattr(by_text.kernels, call.split()[0])(by_text.array(narrow, dtype), *options)
    assert found[0].dtype.name == dtype
    np.testing.assert_array_equal(by_text.read(found[0]).astype("float32"), values)
    np.testing.assert_array_equal(by_text.read(found[1]), indices)


def _classes(x: Any) -> Any:
    """For each of the places of (3, 4, 6) one of four."""
    return (flambeau.arange(18, device=x.device) % 4).reshape(3, 6)


TRAINED: dict[str, Callable[[Any], Any]] = {
    "layer_norm": lambda x: flambeau.nn.functional.layer_norm(x, (6,), x[0, 0], x[0, 1]),
    "batch_norm": lambda x: flambeau.nn.functional.batch_norm(x, None, None, training=True),
    "group_norm": lambda x: flambeau.nn.functional.group_norm(x, 2, x[0, :, 0], x[0, :, 1]),
    "gelu": flambeau.nn.functional.gelu,
    "silu": flambeau.nn.functional.silu,
    "softmax": lambda x: flambeau.softmax(x, 1),
    "log_softmax": lambda x: flambeau.log_softmax(x, -1),
    "linear": lambda x: flambeau.nn.functional.linear(x, x[0], x[0, :, 0]),
    "bmm": lambda x: x[:, :, :2] @ x[:, :, :2].transpose(1, 2),
    "attention": lambda x: flambeau.nn.functional.scaled_dot_product_attention(
        x[None], x[None], x[None], is_causal=True
    ),
    "cross_entropy": lambda x: flambeau.nn.functional.cross_entropy(x, _classes(x)),
    "cross_entropy of all": lambda x: flambeau.nn.functional.cross_entropy(
        x, _classes(x), x[0, :, 0].detach().abs(), ignore_index=2, reduction="none", label_smoothing=0.25
    ),
    "conv": lambda x: flambeau.nn.functional.conv1d(x, x[:, :, :3].contiguous(), padding=1),
    "mean": lambda x: (x * 30000).mean(1),
}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", TRAINED)
def test_training_in_halves_is_what_float32_gives(cuda: None, name: str, dtype: str) -> None:
    kind = getattr(flambeau, dtype)
    start = flambeau.linspace(-2, 2, 3 * 4 * 6).reshape(3, 4, 6).to(kind)
    found = []
    for device, wide in (("cuda", kind), ("cpu", flambeau.float32)):
        x = start.to(device).to(wide).requires_grad_()
        y = TRAINED[name](x)
        assert (y.dtype, y.device.type) == (wide, device)
        (slope,) = flambeau.autograd.grad(y.sin().sum(), x) if name != "mean" else flambeau.autograd.grad(y.sum(), x)
        found.append((y.detach().cpu().float(), slope.cpu().float()))
    digits = 2**-9 if dtype == "float16" else 2**-6
    for one, other in zip(*found, strict=True):
        flambeau.testing.assert_close(one, other, rtol=2 * digits, atol=2 * digits * max(1.0, other.abs().max().item()))


@pytest.mark.parametrize(
    "name",
    [
        "layer_norm",
        "batch_norm",
        "group_norm",
        "gelu",
        "silu",
        "softmax",
        "log_softmax",
        "linear",
        "bmm",
        "conv",
        "attention",
    ],
)
def test_no_array_of_halves_is_converted(cuda: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from standin_cupy._ndarray import ndarray

    x = flambeau.linspace(-2, 2, 3 * 4 * 6).reshape(3, 4, 6).to(flambeau.bfloat16).to("cuda").requires_grad_()
    y = TRAINED[name](x)
    grad = flambeau.ones_like(y)
    converted: list[int] = []
    monkeypatch.setattr(ndarray, "astype", _counting(ndarray.astype, converted))
    (slope,) = flambeau.autograd.grad(TRAINED[name](x), x, grad)
    assert slope.dtype is flambeau.bfloat16
    assert max(converted, default=0) < x.numel(), "an array as large as the input"


@pytest.mark.parametrize(
    "function",
    [
        flambeau.nn.functional.gelu,
        flambeau.nn.functional.silu,
        flambeau.sigmoid,
        flambeau.nn.functional.dropout,
        lambda x: x * 2 + x,
        lambda x: x.exp() / flambeau.ones(3, 1, 1, device=x.device),
        lambda x: x.where(x > 0, 0.0),
    ],
)
def test_channels_stay_side_by_side(cuda: None, function: Callable[[Any], Any]) -> None:
    x = (
        flambeau.linspace(-2, 2, 120, device="cuda")
        .reshape(2, 3, 4, 5)
        .contiguous(memory_format=flambeau.channels_last)
    )
    y = function(x.requires_grad_())
    (slope,) = flambeau.autograd.grad(y, x, flambeau.ones_like(y))
    assert x.stride() == y.stride() == slope.stride()


@pytest.mark.parametrize("function", [flambeau.relu, flambeau.sigmoid, flambeau.nn.functional.gelu, flambeau.exp])
def test_results_of_what_is_expanded_are_in_c_order(cuda: None, function: Callable[[Any], Any]) -> None:
    x = flambeau.linspace(-2, 2, 12, device="cuda").reshape(1, 3, 4).expand(2, 3, 4)
    assert function(x).stride() == (12, 4, 1)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_cross_entropy_of_halves_is_a_launch_each_way(launches: list[str], dtype: str) -> None:
    scores = (
        flambeau.linspace(-9, 9, 5 * 70, device="cuda").to(getattr(flambeau, dtype)).reshape(5, 70).requires_grad_()
    )
    target = flambeau.arange(5, device="cuda")
    del launches[:]
    flambeau.nn.functional.cross_entropy(scores, target).backward()
    assert launches == [f"flambeau_cross_entropy_{dtype}_32", f"flambeau_cross_entropy_backward_{dtype}_32"]


def test_the_mean_of_more_losses_than_float16_holds(cuda: None) -> None:
    scores = flambeau.zeros(70000, 2, dtype=flambeau.float16, device="cuda", requires_grad=True)
    loss = flambeau.nn.functional.cross_entropy(scores, flambeau.zeros(70000, dtype=flambeau.int64, device="cuda"))
    assert loss.item() == pytest.approx(0.6931, rel=1e-3)
    (loss * 4096).backward()
    assert scores.grad is not None
    assert scores.grad[0].tolist() == pytest.approx([-2048 / 70000, 2048 / 70000], rel=1e-3)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_what_is_all_but_sure_has_a_gradient(cuda: None, dtype: str) -> None:
    """Of which the share, in 16 bits, would be 1."""
    scores = flambeau.tensor([[8.0, 0.0]], dtype=getattr(flambeau, dtype), device="cuda", requires_grad=True)
    flambeau.nn.functional.cross_entropy(scores, flambeau.tensor([0], device="cuda")).backward()
    assert scores.grad is not None
    assert scores.grad.tolist() == [pytest.approx([-3.353e-4, 3.353e-4], rel=4e-3)]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.25, "ignore_index": 2}], ids=str)
def test_second_derivatives_of_cross_entropy_of_halves(cuda: None, dtype: str, options: dict[str, Any]) -> None:
    kind, found = getattr(flambeau, dtype), []
    start = flambeau.linspace(-2, 2, 3 * 4 * 6).reshape(3, 4, 6).to(kind)
    for device, wide in (("cuda", kind), ("cpu", flambeau.float32)):
        x = start.to(device).to(wide).requires_grad_()
        loss = flambeau.nn.functional.cross_entropy(x, _classes(x), reduction="sum", **options)
        (slope,) = flambeau.autograd.grad(loss, x, create_graph=True)
        (second,) = flambeau.autograd.grad(slope.square().sum(), x)
        assert (slope.dtype, second.dtype) == (wide, wide)
        found.append(second.cpu().float())
    flambeau.testing.assert_close(*found, rtol=2e-2, atol=1e-2)


def _counting(astype: Any, found: list[int]) -> Any:
    def counted(self: Any, dtype: Any, *arguments: Any, **keywords: Any) -> Any:
        result = astype(self, dtype, *arguments, **keywords)
        if result is not self and result.dtype != self.dtype:
            found.append(self.size)
        return result

    return counted
