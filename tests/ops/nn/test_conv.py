"""Convolutions with kernels of a backend, and without: the results are the same."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.backend._array_conv import convolution_kernels
from standin_backend import cupy_on_standin

KERNELS = ("convolution", "convolution_input", "convolution_weight")


def _drawn(seed: int) -> tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]]:
    draw = random.Random(seed)
    dims, transposed = draw.choice((1, 2, 2, 3)), draw.random() < 0.5
    groups = draw.choice((1, 1, 2, 3))
    channels, outputs = groups * draw.choice((1, 2, 12)), groups * draw.choice((1, 2))
    kernel = tuple(draw.randint(1, 3) for _ in range(dims))
    options: dict[str, Any] = {
        "stride": tuple(draw.choice((1, 1, 2, 3)) for _ in range(dims)),
        "padding": tuple(draw.choice((0, 0, 1, 2)) for _ in range(dims)),
        "dilation": tuple(draw.choice((1, 1, 2)) for _ in range(dims)),
        "groups": groups,
    }
    if transposed:
        pairs = zip(options["stride"], options["dilation"], strict=True)
        options["output_padding"] = tuple(draw.randrange(max(pair)) for pair in pairs)
    weight = (channels, outputs // groups) if transposed else (outputs, channels // groups)
    shape = (draw.choice((1, 2, 5)), channels, *(draw.randint(5, 9) for _ in range(dims)))
    return f"conv{'_transpose' * transposed}{dims}d", shape, (*weight, *kernel), options


def _computed(seed: int, dtype: str) -> list[list[float]]:
    """Output, gradients, and gradients of a function of them."""
    name, shape, size, options = _drawn(seed)
    kind = getattr(flambeau, dtype)
    x, w = (
        flambeau.linspace(-2, 3, flambeau.Size(each).numel(), dtype=flambeau.float64).cos().to(kind).reshape(each)
        for each in (shape, size)
    )
    x.requires_grad_()
    w.requires_grad_()
    bias = flambeau.arange(size[1] * options["groups"] if "transpose" in name else size[0]).to(kind).requires_grad_()
    y = getattr(flambeau, name)(x, w, bias, **options)
    slope = flambeau.linspace(-1, 1, y.numel(), dtype=flambeau.float64).reshape(y.shape).to(kind)
    first = flambeau.autograd.grad(y, (x, w, bias), slope, create_graph=True)
    second = flambeau.autograd.grad((first[0] * first[0]).sum() + (first[1] * first[1]).sum(), (x, w))
    return [each.double().flatten().tolist() for each in (y, *first, *second)]


@pytest.mark.parametrize("seed", range(40))
def test_kernels_give_what_is_composed(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    with_kernels = _computed(seed, "float64")
    kernels = flambeau.ones(1)._type.kernels
    for name in KERNELS:
        assert getattr(kernels, name) is not None
        monkeypatch.setattr(kernels, name, None)
    for one, other in zip(with_kernels, _computed(seed, "float64"), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("seed", range(40))
def test_large_images_are_computed_in_bands(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    whole = _computed(seed, "float64")
    for name, kernel in convolution_kernels(np, 200, lambda _: True).items():  # so small that all images are large
        monkeypatch.setattr(flambeau.ones(1)._type.kernels, name, kernel)
    for one, other in zip(whole, _computed(seed, "float64"), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("seed", range(12))
def test_cupy_gives_what_numpy_gives(seed: int) -> None:
    expected = _computed(seed, "float32")
    with cupy_on_standin(), flambeau.use_backend("cupy"):
        found = _computed(seed, "float32")
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-3 * max(map(abs, other)))


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_halves_are_rounded_once(name: str) -> None:
    x = flambeau.full((1, 300, 1, 1), 1.0)
    w = flambeau.full((300, 1, 1, 1) if "transpose" in name else (1, 300, 1, 1), 1 / 256)
    exact = 300 / 256
    for dtype in (flambeau.float16, flambeau.bfloat16):
        result = getattr(flambeau, name)(x.to(dtype), w.to(dtype))
        assert result.item() == flambeau.tensor(exact).to(dtype).item()


def test_samples_without_elements() -> None:
    w = flambeau.ones(4, 2, 3, 3, requires_grad=True)
    for shape, expected in (((0, 2, 5, 5), (0, 4, 3, 3)), ((1, 0, 5, 5), (1, 0, 3, 3))):
        x = flambeau.ones(shape, requires_grad=True)
        weight = w if shape[1] else w[:, :0]
        y = flambeau.conv2d(x, weight, flambeau.ones(4))
        assert y.shape == expected
        grads = flambeau.autograd.grad(y.sum(), (x, w), allow_unused=True)
        assert grads[0].shape == shape
        assert not grads[1].any()


def test_what_a_program_repeats_is_still_checked() -> None:
    x, w = flambeau.ones(1, 1, 4, 4), flambeau.ones(1, 1, 2, 2)
    flambeau.conv2d(x, w, stride=(2, 2))
    for stride in (2.0, (2.0, 2), "2", (True, 2)):
        with pytest.raises(TypeError):
            flambeau.conv2d(x, w, stride=stride)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="non-positive stride"):
            flambeau.conv2d(x, w, stride=0)


def _convolves_halves(torch: Any) -> bool:
    """If PyTorch's own library for layers takes float16 on this processor: without it, words and memory order differ."""
    return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())


@pytest.mark.oracle
@pytest.mark.parametrize(
    "name", ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]
)
def test_a_weight_of_another_dtype_is_refused_in_pytorchs_words(torch: Any, name: str) -> None:
    dims = int(name[-2])
    dtypes = ("float32", "float64", "float16", "bfloat16", "complex64", "int64", "int32", "bool")

    def words(t: Any, first: str, second: str) -> tuple[str, str]:
        x, w = t.ones(1, 2, *(3,) * dims, dtype=getattr(t, first)), t.ones(2, 2, *(2,) * dims, dtype=getattr(t, second))
        with pytest.raises((RuntimeError, NotImplementedError)) as raised:
            getattr(t.nn.functional, name)(x, w)
        kind = "not implemented" if isinstance(raised.value, NotImplementedError) else "refused"
        return kind, str(raised.value).removesuffix(" or input should be a MKLDNN tensor and weight is a dense tensor")

    for first in dtypes:
        for second in dtypes:
            if first == second:
                continue
            ours, theirs = words(flambeau, first, second), words(torch, first, second)
            assert ours[0] == theirs[0]
            if first != "float16" or _convolves_halves(torch):
                assert ours[1] == theirs[1]


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128", "int64"])
def test_the_order_of_memory_is_pytorchs(torch: Any, dtype: str) -> None:
    if dtype == "float16" and not _convolves_halves(torch):
        pytest.skip("PyTorch's convolutions of float16 keep no order on this processor")

    def strides(t: Any, dims: int, which: str) -> Any:
        tensors = t.ones(2, 4, *(5,) * dims), t.ones(4, 4, *(2,) * dims)
        formats = {2: t.channels_last, 3: t.channels_last_3d}
        x, w = (
            each.to(getattr(t, dtype)).to(memory_format=formats[dims] if name in which else t.contiguous_format)
            for name, each in zip("xw", tensors, strict=True)
        )
        return getattr(t, f"conv{dims}d")(x, w).stride()

    for dims in (2, 3):
        for which in ("x", "w", "xw"):
            assert strides(flambeau, dims, which) == strides(torch, dims, which)
