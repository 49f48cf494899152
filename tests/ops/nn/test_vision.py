"""Sampling of images and volumes by kernels, beside what is composed and beside PyTorch."""

from __future__ import annotations

import random
from math import inf, nan, prod
from typing import Any

import pytest

import flambeau

KERNELS = ("grid_sample", "grid_sample_backward")
MODES = {"images": ("bilinear", "nearest", "bicubic"), "volumes": ("bilinear", "nearest")}
KINDS = [
    (kind, mode, padding)
    for kind, modes in MODES.items()
    for mode in modes
    for padding in ("zeros", "border", "reflection")
]


def _sampled(t: Any, seed: int, kind: str, mode: str, padding: str, dtype: str, places: Any = None) -> list[Any]:
    """The result and both gradients, of drawn sizes and places, some of which are at edges or outside."""
    draw = random.Random(seed)
    ndim = 2 if kind == "images" else 3
    batch, channels, corners = draw.randint(1, 3), draw.choice([1, 2, 14]), draw.random() < 0.5
    lengths, size = [draw.randint(1, 6) for _ in range(ndim)], [draw.randint(1, 4) for _ in range(ndim)]
    shape = (batch, channels, *lengths)
    image = t.tensor([draw.gauss(0, 1) for _ in range(prod(shape))], dtype=t.float64).reshape(shape)
    count = batch * prod(size) * ndim
    exact = draw.random() < 0.4
    drawn = [draw.randint(-6, 6) / 2 if exact else draw.uniform(-2.5, 2.5) for _ in range(count)]
    if places is not None:
        drawn = [places[number % len(places)] for number in range(count)]
    grid = t.tensor(drawn, dtype=t.float64).reshape(batch, *size, ndim)
    x, y = image.to(getattr(t, dtype)), grid.to(getattr(t, dtype))
    if draw.random() < 0.3:  # another order in memory
        x, y = x.transpose(1, -1).contiguous().transpose(1, -1), y.transpose(0, 2).contiguous().transpose(0, 2)
    x, y = x.requires_grad_(), y.requires_grad_()
    result = t.nn.functional.grid_sample(x, y, mode, padding, corners)
    slope = (t.arange(float(result.numel()), dtype=t.float64) % 5 - 2).reshape(result.shape).to(result.dtype)
    return [result.detach(), *t.autograd.grad(result, [x, y], slope)]


def _take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for dtype in (flambeau.float32, flambeau.float64):
        kernels = flambeau.ones(1, dtype=dtype)._type.kernels
        for name in KERNELS:
            assert getattr(kernels, name) is not None
            monkeypatch.setattr(kernels, name, None)


def _alike(found: list[Any], expected: list[Any], near: float) -> None:
    for one, other in zip(found, expected, strict=True):
        assert tuple(one.shape) == tuple(other.shape)
        numbers = other.double().flatten().tolist()
        size = max([1.0, *(abs(number) for number in numbers if number == number)])
        assert one.double().flatten().tolist() == pytest.approx(numbers, rel=0, abs=near * size, nan_ok=True)


@pytest.mark.parametrize(("kind", "mode", "padding"), KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_kernels_give_what_is_composed(
    monkeypatch: pytest.MonkeyPatch, kind: str, mode: str, padding: str, seed: int
) -> None:
    for places in (None, [0.3, nan, inf, -0.5, -inf, 1e30, -1e30]):
        with monkeypatch.context() as context:
            with_kernels = _sampled(flambeau, seed, kind, mode, padding, "float64", places)
            _take_away(context)
            _alike(with_kernels, _sampled(flambeau, seed, kind, mode, padding, "float64", places), 1e-10)


@pytest.mark.oracle
@pytest.mark.parametrize(("kind", "mode", "padding"), KINDS)
@pytest.mark.parametrize(("dtype", "near"), [("float64", 1e-10), ("float32", 1e-3)])
@pytest.mark.parametrize("seed", range(10, 14))
def test_drawn_places_beside_pytorch(kind: str, mode: str, padding: str, dtype: str, near: float, seed: int) -> None:
    torch = pytest.importorskip("torch")
    given = (seed, kind, mode, padding, dtype)
    _alike(_sampled(flambeau, *given), _sampled(torch, *given), near)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_elements_that_are_not_taken_do_not_matter(mode: str) -> None:
    """Infinite and unknown elements stay where they are; in rows of places that go in several blocks."""
    image = flambeau.zeros(2, 1, 9, 9)
    image[:, :, 0, 0], image[1, 0, 8, 8] = inf, nan
    grid = flambeau.rand(2, 150, 120, 2) * 0.4
    assert flambeau.nn.functional.grid_sample(image, grid, mode, align_corners=False).eq(0).all()


def test_images_that_go_together_and_in_parts() -> None:
    flambeau.manual_seed(0)
    image, grid = flambeau.randn(3, 2, 5, 6), flambeau.rand(3, 130, 130, 2) * 3 - 1.5
    together = flambeau.nn.functional.grid_sample(image, grid, align_corners=True)
    for number in range(3):
        for half in (slice(0, 65), slice(65, 130)):
            part = flambeau.nn.functional.grid_sample(image[number, None], grid[number, None, half], align_corners=True)
            assert together[number, None, :, half].equal(part)


def test_only_the_gradients_that_are_wanted() -> None:
    image, grid = flambeau.rand(1, 2, 3, 3), flambeau.zeros(1, 1, 1, 2)
    for wanted in (image, grid):
        leaf = wanted.clone().requires_grad_()
        pair = (leaf, grid) if wanted is image else (image, leaf)
        flambeau.nn.functional.grid_sample(*pair, align_corners=True).sum().backward()
        assert leaf.grad is not None
        assert leaf.grad.shape == wanted.shape


def test_what_is_saved_goes_through_the_hooks_of_the_user() -> None:
    image, grid = flambeau.rand(1, 2, 3, 3, requires_grad=True), flambeau.zeros(1, 1, 1, 2, requires_grad=True)
    saved: list[tuple[int, ...]] = []

    def keep(tensor: flambeau.Tensor) -> list[Any]:
        saved.append(tuple(tensor.shape))
        return tensor.tolist()  # type: ignore[no-any-return]

    with flambeau.autograd.graph.saved_tensors_hooks(keep, flambeau.tensor):
        result = flambeau.nn.functional.grid_sample(image, grid, align_corners=True)
    again = flambeau.nn.functional.grid_sample(image, grid, align_corners=True)
    for one, other in zip(
        flambeau.autograd.grad(result.sum(), (image, grid)),
        flambeau.autograd.grad(again.sum(), (image, grid)),
        strict=True,
    ):
        assert flambeau.equal(one, other)
    assert set(saved) == {(1, 2, 3, 3), (1, 1, 1, 2)}
