"""Normalisation beside PyTorch's: drawn options, running statistics, second derivatives, errors that change nothing."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare, normal

import flambeau
from flambeau import nn

SHAPES = {
    "BatchNorm1d": ((5, 4), (3, 4, 5)),
    "BatchNorm2d": ((3, 4, 5, 2), (2, 4, 20, 3)),
    "BatchNorm3d": ((3, 4, 3, 2, 2),),
    "SyncBatchNorm": ((3, 4, 5),),
    "InstanceNorm1d": ((3, 4, 5), (4, 5)),
    "InstanceNorm2d": ((3, 4, 5, 2), (4, 5, 2)),
    "InstanceNorm3d": ((3, 4, 3, 2, 2), (4, 3, 2, 2)),
}


def _drawn(seed: int) -> tuple[str, dict[str, Any], tuple[int, ...], bool]:
    draw = random.Random(seed)
    name = draw.choice(list(SHAPES))
    options = {
        "momentum": draw.choice([0.1, 0.5, None]),
        "eps": draw.choice([1e-5, 0.1]),
        **{option: draw.random() < 0.7 for option in ("affine", "track_running_stats", "bias")},
    }
    return name, options, draw.choice(SHAPES[name]), draw.random() < 0.7


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(60))
def test_layers_of_channels_are_pytorchs(torch: ModuleType, backend: str, seed: int) -> None:
    name, options, shape, training = _drawn(seed)

    def steps(t: Any) -> Any:
        layer = getattr(t.nn, name)(4, **options).double().train(training)
        found: list[Any] = [repr(layer), list(layer.state_dict())]
        for step in range(2):
            x = normal(t, *shape, seed=step)
            y = layer(x * 3 + step)
            (y * y * y).sum().backward()
            found += [y, x.grad, *(parameter.grad for parameter in layer.parameters())]
        return [*found, *layer.state_dict().values(), layer.eval()(normal(t, *shape, seed=9))]

    compare(torch, steps, what=f"{name} {options} {shape} training={training}")


ROWS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [
    *(("LayerNorm", (4,), {"elementwise_affine": a, "bias": b}, (3, 4)) for a in (True, False) for b in (True, False)),
    ("LayerNorm", ((3, 4),), {"eps": 0.1}, (2, 3, 4)),
    ("LayerNorm", (300,), {}, (150, 300)),
    *(("GroupNorm", (g, 4), {"affine": a}, (3, 4, 5)) for a in (True, False) for g in (1, 2, 4)),
    ("GroupNorm", (2, 4), {"bias": False}, (2, 4, 20, 3)),
    *(("RMSNorm", (4,), {"elementwise_affine": a}, (3, 4)) for a in (True, False)),
    ("RMSNorm", ([3, 4], 0.1), {}, (2, 3, 4)),
    *(("LocalResponseNorm", (n, 0.5, 0.7, 2.0), {}, (2, 6, 3)) for n in (1, 2, 5)),
    ("LocalResponseNorm", (3,), {}, (2, 6, 3, 2)),
]


@pytest.mark.oracle
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}{row[1]}{row[2]}")
def test_layers_of_rows_are_pytorchs(torch: ModuleType, backend: str, row: Any) -> None:
    name, arguments, options, shape = row
    if backend == "minimal" and math.prod(shape) > 1000:
        pytest.skip("the kernel of long rows is another backend's")

    def program(t: Any) -> Any:
        layer = getattr(t.nn, name)(*arguments, **options).double()
        x = normal(t, *shape)
        y = layer(x)
        (y * y * y).sum().backward()
        return [repr(layer), list(layer.state_dict()), y, x.grad, *(each.grad for each in layer.parameters())]

    compare(torch, program, what=str(row))


FUNCTIONS: dict[str, Any] = {
    "batch": lambda t, x, w, b: t.nn.functional.batch_norm(x, None, None, w, b, True),
    "fixed": lambda t, x, w, b: t.nn.functional.batch_norm(x, w.detach() * 0.1, w.detach() ** 2, w, b),
    "instance": lambda t, x, w, b: t.nn.functional.instance_norm(x, None, None, w, b),
    "group": lambda t, x, w, b: t.nn.functional.group_norm(x, 2, w, b),
    "layer": lambda t, x, w, b: t.nn.functional.layer_norm(x.transpose(1, 2), (4,), w, b),
    "rms": lambda t, x, w, b: t.nn.functional.rms_norm(x.transpose(1, 2), (4,), w) + b,
    "response": lambda t, x, w, b: t.nn.functional.local_response_norm(x, 3) * w[:, None] + b[:, None],
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives_are_pytorchs(torch: ModuleType, backend: str, name: str) -> None:
    def program(t: Any) -> Any:
        tensors = [normal(t, 3, 4, 5), normal(t, 4, seed=1), normal(t, 4, seed=2)]
        y = FUNCTIONS[name](t, *tensors)
        first = t.autograd.grad((y * y * y).sum(), tensors, create_graph=True)
        return [y, *first, *t.autograd.grad(sum(each.sin().sum() for each in first), tensors)]

    compare(torch, program)


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_halves_are_computed_in_single_precision(torch: ModuleType, name: str, dtype: str, single: bool) -> None:
    if name == "response" and dtype != "float32":
        pytest.skip("PyTorch has no pooling of bfloat16")

    def program(t: Any) -> Any:
        kind = getattr(t, dtype)
        x = normal(t, 3, 4, 16, grad=False).to(kind)
        numbers = [normal(t, 4, seed=seed, grad=False).to(t.float32 if single else kind) for seed in (1, 2)]
        return FUNCTIONS[name](t, x, *numbers)

    compare(torch, program, digits=1e-5 if dtype == "float32" else 0.05)


def test_an_error_changes_no_statistics(backend: str) -> None:
    layer = flambeau.nn.BatchNorm1d(3)
    before = [tensor.clone() for tensor in layer.state_dict().values()]
    for bad in (
        flambeau.zeros(1, 3),
        flambeau.zeros(2, 4),
        flambeau.zeros(2),
        flambeau.zeros(2, 3, dtype=flambeau.float64),
    ):
        with pytest.raises((ValueError, RuntimeError)):
            layer(bad)
    assert all(bool((a == b).all()) for a, b in zip(layer.state_dict().values(), before, strict=True))


def test_an_old_state_without_the_number_of_batches_is_read() -> None:
    layer = flambeau.nn.BatchNorm1d(2)
    state = {key: value for key, value in layer.state_dict().items() if key != "num_batches_tracked"}
    assert not layer.load_state_dict(state).missing_keys
    instance = flambeau.nn.InstanceNorm1d(2)
    with pytest.raises(RuntimeError, match=r"Unexpected running stats buffer\(s\) \"running_mean\""):
        instance.load_state_dict({"running_mean": flambeau.zeros(2)})


def test_a_graph_keeps_the_statistics_that_it_was_made_with(backend: str) -> None:
    layer = flambeau.nn.BatchNorm1d(2).eval()
    x = flambeau.ones(3, 2, requires_grad=True)
    y = layer(x)
    layer.train()(flambeau.arange(6.0).reshape(3, 2))
    y.sum().backward()
    assert x.grad is not None
    assert x.grad[0, 0].item() == pytest.approx((1 + 1e-5) ** -0.5)


def test_channels_that_lie_last_stay_there() -> None:
    x = flambeau.ones(2, 3, 4, 5).to(memory_format=flambeau.channels_last)
    for y in (flambeau.nn.BatchNorm2d(3)(x), flambeau.nn.GroupNorm(3, 3)(x)):
        assert y.is_contiguous(memory_format=flambeau.channels_last)


@pytest.mark.oracle
def test_the_cross_map_sums_are_pytorchs(torch: ModuleType, backend: str) -> None:
    for size, channels in ((1, 2), (2, 1), (3, 7), (4, 6), (5, 4), (5, 9)):
        compare(
            torch, lambda t, n=size, c=channels: t.nn.CrossMapLRN2d(n, 0.5, 0.7, 2.0)(normal(t, 2, c, 2, 2, grad=False))
        )


def test_the_gradient_of_the_cross_map_is_its_derivative() -> None:
    assert flambeau.autograd.gradcheck(flambeau.nn.CrossMapLRN2d(3, 0.5, 0.7, 2.0), (normal(flambeau, 1, 5, 2, 2),))


@pytest.mark.oracle
def test_native_batch_norm_writes_into_given_tensors(torch: ModuleType) -> None:
    def program(t: Any, *dtypes: str) -> Any:
        out = tuple(t.empty(0, dtype=getattr(t, dtype)) for dtype in dtypes)
        found = t.native_batch_norm(t.arange(6.0).reshape(2, 3), None, None, None, None, True, 0.1, 1e-5, out=out)
        return [*out, all(one is other for one, other in zip(found, out, strict=True))]

    compare(torch, lambda t: program(t, "float32", "float32", "float32"))
    for m in (flambeau, torch):
        with pytest.raises(RuntimeError):
            program(m, "float32", "float64", "float32")


@pytest.mark.oracle
@pytest.mark.parametrize("training", [False, True])
def test_neither_samples_nor_channels(torch: ModuleType, training: bool) -> None:
    def program(t: Any) -> Any:
        x = t.zeros(0, requires_grad=True)
        y = t.nn.functional.batch_norm(x, t.zeros(0), t.zeros(0), training=training)
        return y, y.grad_fn.name(), t.autograd.grad(y.sum(), x)[0]

    compare(torch, program)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.BatchNorm2d(4),
        lambda: nn.BatchNorm2d(4, affine=False),
        lambda: nn.GroupNorm(2, 4),
        lambda: nn.InstanceNorm2d(4, affine=True),
        lambda: nn.LayerNorm(3),
    ],
    ids=["batch", "batch-plain", "group", "instance", "layer"],
)
def test_what_is_normalized_can_be_written_in_place(
    backend: str, make: Callable[[], nn.Module], training: bool
) -> None:
    """As an activation with ``inplace=True`` does."""
    layer, input = make().train(training), flambeau.randn(2, 4, 3, 3, requires_grad=True)
    expected = flambeau.relu(layer(input))
    (wanted,) = flambeau.autograd.grad((expected * expected).sum(), input)
    written = nn.ReLU(inplace=True)(layer(input))
    (written * written).sum().backward()
    assert flambeau.allclose(written, expected, atol=1e-6)
    assert flambeau.allclose(input.grad, wanted, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(0, 4), (0, 4, 5), (3, 4, 0)])
@pytest.mark.parametrize("twice", [True, False])
def test_a_batch_of_nothing_has_gradients_of_zeros(
    backend: str, shape: tuple[int, ...], training: bool, twice: bool
) -> None:
    layer = nn.BatchNorm1d(4).train(training)
    result = layer(flambeau.ones(*shape, requires_grad=True))
    for grad in flambeau.autograd.grad(result.sum(), [*layer.parameters()], create_graph=twice):
        assert grad.tolist() == [0.0] * 4
    assert layer.running_var.tolist() == [1.0] * 4


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["BatchNorm1d(4)", "LayerNorm(4)", "GroupNorm(2, 4)"])
@pytest.mark.parametrize(
    ("input", "parameters"), [("float64", "float32"), ("float32", "float64"), ("float16", "float64")]
)
def test_words_about_several_dtypes(torch: ModuleType, name: str, input: str, parameters: str) -> None:
    def program(t: Any) -> Any:
        layer = eval(f"nn.{name}", {"nn": t.nn}).to(getattr(t, parameters))
        return layer(t.ones(2, 4, dtype=getattr(t, input)))

    assert "mixed dtype (CPU)" in compare(torch, program)
