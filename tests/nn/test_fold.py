"""Blocks of images, shuffled channels and padding layers, beside PyTorch's."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest

import flambeau

DTYPES = ("float64", "float32", "float64", "complex128", "bool", "bfloat16")


def _given(t: Any, shape: tuple[int, ...], dtype: str) -> Any:
    return (t.arange(flambeau.Size(shape).numel()) % 11 - 4).reshape(shape).to(getattr(t, dtype))


def _both(torch: ModuleType, call: Any, shape: tuple[int, ...], dtype: str = "float64") -> None:
    """Result, strides, gradient and the gradient of a function of that; or the error."""
    found = []
    for t in (torch, flambeau):
        x = _given(t, shape, dtype)
        grads = dtype in ("float64", "complex128")
        if grads:
            x.requires_grad_()
        try:
            y = call(t, x)
        except (RuntimeError, ValueError, NotImplementedError) as error:
            found.append((type(error).__name__, str(error)))
            continue
        seen = [list(y.shape), y.stride() if y.numel() else (), y.tolist()]
        if grads:
            slope = _given(t, tuple(y.shape), dtype).requires_grad_()
            (first,) = t.autograd.grad(y, x, slope, create_graph=True)
            (second,) = t.autograd.grad((first * first.detach()).sum().abs(), slope)
            seen += [first.tolist(), list(second.shape), str(second.tolist())[:9]]
        found.append((seen, None))
    assert found[1] == found[0]


@pytest.mark.parametrize("seed", range(50))
def test_blocks_are_pytorchs(torch: ModuleType, seed: int) -> None:
    draw = random.Random(seed)
    options = {
        name: draw.choice((low, low + 1, (low, low + 1)))
        for name, low in (("dilation", 1), ("padding", 0), ("stride", 1))
    }
    kernel = draw.choice((1, 2, 3, (2, 1), (1, 3)))
    batch = () if draw.random() < 0.2 else (draw.choice((0, 1, 2)),)
    size = (draw.randint(3, 6), draw.randint(3, 6))
    dtype = draw.choice(DTYPES)
    shape = (*batch, draw.choice((1, 2)), *size)
    _both(torch, lambda t, x: t.nn.Unfold(kernel, **options)(x), shape, dtype)
    try:
        columns = torch.nn.Unfold(kernel, **options)(torch.zeros(shape))
    except RuntimeError:
        return
    _both(torch, lambda t, x: t.nn.Fold(size, kernel, **options)(x), tuple(columns.shape), dtype)


WRONG: dict[str, tuple[Any, tuple[int, ...]]] = {
    "dims": (lambda t, x: t.nn.functional.unfold(x, 2), (1, 1, 1, 4, 4)),
    "large": (lambda t, x: t.nn.functional.unfold(x, 7), (1, 1, 4, 4)),
    "no kernel": (lambda t, x: t.nn.functional.unfold(x, 0), (1, 1, 4, 4)),
    "no stride": (lambda t, x: t.nn.functional.unfold(x, 2, stride=0), (1, 1, 4, 4)),
    "no dilation": (lambda t, x: t.nn.functional.unfold(x, 2, dilation=0), (1, 1, 4, 4)),
    "negative": (lambda t, x: t.nn.functional.unfold(x, 2, padding=-1), (1, 1, 4, 4)),
    "three": (lambda t, x: t.nn.functional.unfold(x, (2, 2, 2)), (1, 1, 4, 4)),
    "one": (lambda t, x: t.nn.functional.unfold(x, (2,)), (1, 1, 4, 4)),
    "no channels": (lambda t, x: t.nn.functional.unfold(x, 2), (1, 0, 4, 4)),
    "no places": (lambda t, x: t.nn.functional.unfold(x, 2), (1, 2, 0, 4)),
    "integers": (lambda t, x: t.nn.functional.unfold(x.long(), 2), (1, 1, 4, 4)),
    "blocks": (lambda t, x: t.nn.functional.fold(x, 4, 3), (1, 18, 5)),
    "channels": (lambda t, x: t.nn.functional.fold(x, 4, 3), (1, 17, 4)),
    "fold dims": (lambda t, x: t.nn.functional.fold(x, 4, 3), (1, 1, 18, 4)),
    "negative size": (lambda t, x: t.nn.functional.fold(x, -4, 3), (1, 18, 4)),
    "no blocks": (lambda t, x: t.nn.functional.fold(x, 4, 3), (1, 18, 0)),
    "small": (lambda t, x: t.nn.functional.fold(x, 2, 3), (1, 18, 4)),
    "fold integers": (lambda t, x: t.nn.functional.fold(x.long(), 4, 3), (1, 18, 4)),
    "three sizes": (lambda t, x: t.nn.functional.fold(x, (4, 4, 4), 3), (1, 18, 4)),
    "shuffle dims": (lambda t, x: t.pixel_shuffle(x, 2), (4, 4)),
    "shuffle zero": (lambda t, x: t.pixel_shuffle(x, 0), (4, 4, 4)),
    "shuffle channels": (lambda t, x: t.pixel_shuffle(x, 3), (4, 4, 4)),
    "unshuffle dims": (lambda t, x: t.pixel_unshuffle(x, 2), (4,)),
    "unshuffle negative": (lambda t, x: t.pixel_unshuffle(x, -1), (4, 4, 4)),
    "unshuffle height": (lambda t, x: t.pixel_unshuffle(x, 2), (4, 5, 4)),
    "unshuffle width": (lambda t, x: t.pixel_unshuffle(x, 2), (4, 4, 5)),
    "groups": (lambda t, x: t.channel_shuffle(x, 3), (1, 4, 2)),
    "no groups": (lambda t, x: t.channel_shuffle(x, 0), (1, 4, 2)),
    "channel dims": (lambda t, x: t.channel_shuffle(x, 2), (1, 4)),
    "reflection dims": (lambda t, x: t.nn.ReflectionPad1d(1)(x), (4,)),
    "replication dims": (lambda t, x: t.nn.ReplicationPad2d(1)(x), (1, 1, 1, 4, 4)),
    "circular dims": (lambda t, x: t.nn.CircularPad3d(1)(x), (4, 4, 4)),
    "reflection of a number": (lambda t, x: t.nn.ReflectionPad1d(1)(x), ()),
    "reflection of no channels": (lambda t, x: t.nn.ReflectionPad2d(1)(x), (1, 0, 3, 3)),
    "replication of no channels": (lambda t, x: t.nn.ReplicationPad1d(1)(x), (0, 3)),
    "reflection size": (lambda t, x: t.nn.ReflectionPad1d(4)(x), (1, 1, 4)),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_pytorchs(torch: ModuleType, name: str) -> None:
    _both(torch, *WRONG[name], dtype="float32")


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "float16", "complex128"])
@pytest.mark.parametrize("shape", [(2, 8, 4, 6), (8, 4, 6), (1, 2, 8, 4, 6), (0, 8, 4, 6), (2, 0, 4, 6)])
@pytest.mark.parametrize(
    "layer", [("PixelShuffle", 2), ("PixelShuffle", 1), ("PixelUnshuffle", 2), ("ChannelShuffle", 4)]
)
def test_shuffles_are_pytorchs(torch: ModuleType, layer: tuple[str, int], shape: tuple[int, ...], dtype: str) -> None:
    if 0 in shape and (layer[0] == "PixelUnshuffle" or dtype in ("float64", "complex128")):
        return  # PyTorch gives the shape of the input, or no gradient
    _both(torch, lambda t, x: getattr(t.nn, layer[0])(layer[1])(x), shape, dtype)


def test_shuffles_of_nothing() -> None:
    x = flambeau.ones(0, 8, 4, 6, requires_grad=True)
    assert flambeau.pixel_unshuffle(x, 2).shape == (0, 32, 2, 3)
    for shuffle in (flambeau.pixel_shuffle, flambeau.pixel_unshuffle, flambeau.channel_shuffle):
        (grad,) = flambeau.autograd.grad(shuffle(x, 2).sum(), x)
        assert grad.shape == x.shape


@pytest.mark.parametrize("layer", [("PixelShuffle", 2), ("PixelUnshuffle", 2), ("ChannelShuffle", 4)])
def test_shuffles_keep_channels_innermost(torch: ModuleType, layer: tuple[str, int]) -> None:
    def call(t: Any, x: Any) -> Any:
        return getattr(t.nn, layer[0])(layer[1])(x.contiguous(memory_format=t.channels_last))

    _both(torch, call, (2, 8, 4, 6), "float32")


PADS = [
    f"{kind}Pad{dims}d" for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular") for dims in (1, 2, 3)
]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", PADS)
def test_padding_layers_are_pytorchs(torch: ModuleType, name: str, seed: int) -> None:
    draw, dims = random.Random(f"{name} {seed}"), int(name[-2])
    padding = draw.choice((1, 2, tuple(draw.randint(-1, 2) for _ in range(2 * dims))))
    rest = (draw.choice((2, -1.5)),) if "Constant" in name else ()
    shape = (*((2,) if draw.random() < 0.7 else ()), 1, *(draw.randint(3, 4) for _ in range(dims)))
    _both(torch, lambda t, x: getattr(t.nn, name)(padding, *rest)(x), shape)
    layers = [getattr(t.nn, name)(padding, *rest) for t in (torch, flambeau)]
    assert repr(layers[1]) == repr(layers[0])
    assert layers[1].padding == layers[0].padding


@pytest.mark.parametrize(
    "make",
    [
        lambda n: n.Unfold(3, 2, (1, 0), 2),
        lambda n: n.Fold((4, 5), 3),
        lambda n: n.PixelShuffle(2),
        lambda n: n.PixelUnshuffle(3),
        lambda n: n.ChannelShuffle(2),
        lambda n: n.Unflatten(1, (2, 3)),
    ],
)
def test_layers_look_as_pytorchs(torch: ModuleType, make: Any) -> None:
    ours, theirs = make(flambeau.nn), make(torch.nn)
    assert repr(ours) == repr(theirs)
    assert ours.__constants__ == theirs.__constants__


@pytest.mark.parametrize("size", [3, (2, 3.0), "ab", ("a",)])
def test_unflatten_refuses_what_is_no_tuple_of_ints(torch: ModuleType, size: Any) -> None:
    found = []
    for t in (torch, flambeau):
        with pytest.raises(TypeError) as caught:
            t.nn.Unflatten(1, size)
        found.append(str(caught.value))
    assert found[1] == found[0]
