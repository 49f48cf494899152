"""Networks of layers drawn at random, beside PyTorch: same weights, and so the same results, gradients and buffers."""

from __future__ import annotations

import random
from math import prod
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import flambeau

pytestmark = pytest.mark.oracle

Shape = tuple[int, ...]


class Layer(NamedTuple):
    """A layer by name, what it is made of, and the shape of what it gives."""

    name: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    shape: Shape


# -- layers of images: (N, C, …) -----------------------------------------------------------------------------------------


def _swept(shape: Shape, kernel: int, stride: int, padding: int, dilation: int = 1) -> list[int]:
    return [(size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1 for size in shape[2:]]


def _convolution(r: random.Random, shape: Shape) -> Layer | None:
    groups = r.choice([group for group in (1, 1, 2, 3) if shape[1] % group == 0])
    channels, kernel = groups * r.randint(1, 3), r.choice((1, 2, 3))
    options = {
        "stride": r.choice((1, 1, 2)), "padding": r.choice((0, 1)), "dilation": r.choice((1, 1, 2)), "groups": groups,
        "bias": r.random() < 0.7, "padding_mode": r.choice(("zeros", "zeros", "reflect", "replicate", "circular")),
    }  # fmt: skip
    sizes = _swept(shape, kernel, options["stride"], options["padding"], options["dilation"])
    if min(sizes) < 1 or min(shape[2:]) <= options["padding"]:
        return None
    return Layer(f"Conv{len(shape) - 2}d", (shape[1], channels, kernel), options, (shape[0], channels, *sizes))


def _transposed(r: random.Random, shape: Shape) -> Layer | None:
    channels, kernel, stride = r.randint(1, 4), r.choice((2, 3)), r.choice((1, 2))
    options = {"stride": stride, "output_padding": r.randint(0, stride - 1), "bias": r.random() < 0.7}
    sizes = [(size - 1) * stride + kernel + options["output_padding"] for size in shape[2:]]
    if prod(sizes) > 150:
        return None
    return Layer(f"ConvTranspose{len(shape) - 2}d", (shape[1], channels, kernel), options, (shape[0], channels, *sizes))


def _normalisation(r: random.Random, shape: Shape) -> Layer | None:
    dims, affine, momentum = len(shape) - 2, r.random() < 0.7, r.choice((0.1, 0.4, None))
    kind = r.choice(
        ("BatchNorm", "BatchNorm", "InstanceNorm", "GroupNorm", "LocalResponseNorm", "LayerNorm", "RMSNorm")
    )
    if kind in ("BatchNorm", "InstanceNorm"):
        if prod(shape[2:]) == 1:
            return None
        options = {"affine": affine, "momentum": momentum, "track_running_stats": r.random() < 0.7}
        return Layer(f"{kind}{dims}d", (shape[1],), options, shape)
    if kind == "GroupNorm":
        groups = r.choice([count for count in range(1, shape[1] + 1) if shape[1] % count == 0])
        return (
            None
            if shape[1] // groups * prod(shape[2:]) == 1
            else Layer(kind, (groups, shape[1]), {"affine": affine}, shape)
        )
    if kind == "LocalResponseNorm":
        return Layer(kind, (r.randint(1, 3),), {"alpha": 0.1}, shape)
    return Layer(kind, (list(shape[-2:]),), {"elementwise_affine": affine, "eps": 1e-3}, shape)


def _pooling(r: random.Random, shape: Shape) -> Layer | None:
    dims, kernel = len(shape) - 2, r.choice((2, 3))
    if min(shape[2:]) < kernel:
        return None
    kind = r.choice(("MaxPool", "AvgPool", "LPPool", "AdaptiveAvgPool", "AdaptiveMaxPool"))
    if kind.startswith("Adaptive"):
        sizes = [r.randint(1, size) for size in shape[2:]]
        return Layer(f"{kind}{dims}d", (sizes,), {}, (*shape[:2], *sizes))
    stride = r.choice((1, 2))
    sizes = _swept(shape, kernel, stride, 0)
    return Layer(
        f"{kind}{dims}d", (2.0, kernel) if kind == "LPPool" else (kernel,), {"stride": stride}, (*shape[:2], *sizes)
    )


def _resizing(r: random.Random, shape: Shape) -> Layer | None:
    dims = len(shape) - 2
    if prod(shape[2:]) > 60:
        return None
    if r.random() < 0.5:
        kind = r.choice(("ReflectionPad", "ReplicationPad", "CircularPad", "ZeroPad"))
        if min(shape[2:]) < 2:
            return None
        pads = [r.randint(0, 1) for _ in range(2 * dims)]
        sizes = [size + pads[-2 * place - 2] + pads[-2 * place - 1] for place, size in enumerate(shape[2:])]
        return Layer(f"{kind}{dims}d", (pads,), {}, (*shape[:2], *sizes))
    mode = r.choice(("nearest", ("linear", "bilinear", "trilinear")[dims - 1]))
    options = {"scale_factor": 2, "mode": mode} | ({"align_corners": r.random() < 0.5} if mode != "nearest" else {})
    return Layer("Upsample", (), options, (*shape[:2], *[2 * size for size in shape[2:]]))


_ACTIVATIONS = (
    "ReLU", "ReLU6", "LeakyReLU", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Sigmoid", "Tanh", "Softplus", "Softsign",
    "Hardswish", "Tanhshrink", "LogSigmoid", "Softshrink", "Hardtanh", "PReLU", "RReLU", "GLU", "Softmax", "Dropout",
    "AlphaDropout",
)  # fmt: skip
"""Not Hardsigmoid, whose slope is a sixth in single precision in PyTorch."""


def _activation(r: random.Random, shape: Shape) -> Layer | None:
    kind = r.choice(_ACTIVATIONS)
    if kind == "GLU":
        return None if shape[1] % 2 else Layer(kind, (1,), {}, (shape[0], shape[1] // 2, *shape[2:]))
    arguments = (1,) if kind == "Softmax" else (0.3,) if kind.endswith("Dropout") else ()
    return Layer(kind, arguments, {}, shape)


# -- layers of features and of sequences -----------------------------------------------------------------------------------


def _dense(r: random.Random, shape: Shape) -> Layer | None:
    kind, last = r.choice(("Linear", "Linear", "LayerNorm", "RMSNorm", "BatchNorm1d")), shape[-1]
    if kind == "Linear":
        wide = r.randint(2, 6)
        return Layer(kind, (last, wide), {"bias": r.random() < 0.7}, (*shape[:-1], wide))
    if kind == "BatchNorm1d" and len(shape) != 2:
        return None
    return Layer(kind, (last,), {}, shape)


def _sequence(r: random.Random, shape: Shape) -> Layer | None:
    """A layer of (N, L, C)."""
    kind, wide = r.choice(("RNN", "LSTM", "GRU", "Attention", "TransformerEncoderLayer")), shape[-1]
    if kind == "Attention":
        heads = r.choice([count for count in range(1, wide + 1) if wide % count == 0])
        return Layer(kind, (wide, heads), {"bias": r.random() < 0.7, "batch_first": True}, shape)
    if kind == "TransformerEncoderLayer":
        heads = r.choice([count for count in range(1, wide + 1) if wide % count == 0])
        options = {
            "dropout": 0.0,
            "norm_first": r.random() < 0.5,
            "activation": r.choice(("relu", "gelu")),
            "batch_first": True,
        }
        return Layer(kind, (wide, heads, r.randint(2, 6)), options, shape)
    hidden, both = r.randint(2, 4), r.random() < 0.5
    options = {"num_layers": r.choice((1, 2)), "bidirectional": both, "bias": r.random() < 0.7, "batch_first": True}
    if kind == "LSTM" and r.random() < 0.4:
        options["proj_size"] = hidden = hidden - 1
        return Layer(kind, (wide, hidden + 1), options, (*shape[:2], hidden * (1 + both)))
    return Layer(kind, (wide, hidden), options, (*shape[:2], hidden * (1 + both)))


_OF_IMAGES = (
    _convolution,
    _convolution,
    _transposed,
    _normalisation,
    _normalisation,
    _pooling,
    _resizing,
    _activation,
    _activation,
)


def _drawn(seed: int) -> tuple[Shape, list[Layer]]:
    """The shape of the input, and the layers one after the other."""
    r = random.Random(seed)
    dims = r.choice((1, 2, 2, 3))
    given = shape = (r.randint(2, 3), r.randint(1, 4), *[r.randint(3, 8 - dims) for _ in range(dims)])
    layers: list[Layer] = []

    def add(makers: Any, count: int) -> None:
        nonlocal shape
        for _ in range(count):
            layer = r.choice(makers)(r, shape)
            if layer is not None:
                layers.append(layer)
                shape = layer.shape

    add(_OF_IMAGES, r.randint(2, 5))
    if r.random() < 0.5:
        shape = (shape[0], prod(shape[2:]), shape[1])
        layers.append(Layer("Sequence", (), {}, shape))
        add((_sequence, _sequence, _dense), r.randint(1, 3))
    shape = (shape[0], prod(shape[1:]))
    layers.append(Layer("Flatten", (), {}, shape))
    add((_dense, _dense, _activation), r.randint(1, 3))
    return given, layers


# -- both libraries -----------------------------------------------------------------------------------------------------------


def _network(t: Any, layers: list[Layer]) -> Any:
    class Sequence(t.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            return x.flatten(2).transpose(1, 2)

    class Attention(t.nn.MultiheadAttention):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            return super().forward(x, x, x, need_weights=False)[0]

    class Network(t.nn.ModuleList):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            for layer in self:
                x = layer(x)
                x = x[0] if isinstance(x, tuple) else x
            return x

    own = {"Sequence": Sequence, "Attention": Attention}
    made = [(own.get(each.name) or getattr(t.nn, each.name))(*each.arguments, **each.options) for each in layers]
    return Network(made).to(t.float64)


def _told(t: Any, network: Any, shape: Shape) -> dict[str, Any]:
    """What a network gives while it trains and after, its gradients and what it keeps, as lists."""
    numbers = random.Random(prod(shape))
    values = t.tensor([numbers.uniform(-1, 1) for _ in range(prod(shape))], dtype=t.float64).reshape(shape)
    x = values.clone().requires_grad_()
    t.manual_seed(7)
    result = network(x)
    weights = t.linspace(-1, 1, result.numel(), dtype=t.float64).reshape(result.shape)
    (result * weights).sum().backward()
    told = {"result": result, "of the input": x.grad}
    told |= {f"of {name}": each.grad for name, each in network.named_parameters() if each.grad is not None}
    told |= {name: each.to(t.float64) for name, each in network.named_buffers()}
    with t.no_grad():
        told["evaluated"] = network.eval()(values)
    return {name: (tuple(each.shape), each.detach().flatten().tolist()) for name, each in told.items()}


@pytest.mark.parametrize("seed", range(72))
def test_a_network_is_pytorchs(torch: ModuleType, seed: int) -> None:
    shape, layers = _drawn(seed)
    torch.manual_seed(seed)
    flambeau.manual_seed(seed)
    theirs, ours = _network(torch, layers), _network(flambeau, layers)
    state = {name: flambeau.tensor(each.tolist(), dtype=flambeau.float64) for name, each in theirs.state_dict().items()}
    ours.load_state_dict(state)
    wanted, found = _told(torch, theirs, shape), _told(flambeau, ours, shape)
    assert list(found) == list(wanted), layers
    for name, (size, values) in wanted.items():
        assert found[name][0] == size, (name, layers)
        scale = max(map(abs, values), default=0.0)
        assert found[name][1] == pytest.approx(values, rel=1e-9, abs=1e-11 + 1e-10 * scale, nan_ok=True), (name, layers)


def test_every_kind_of_layer_is_drawn() -> None:
    names = {layer.name.rstrip("d").rstrip("123") for seed in range(72) for layer in _drawn(seed)[1]}
    assert len(names) > 45, sorted(names)
