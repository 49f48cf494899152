"""Resizing and sampling with drawn options, and similarities, beside PyTorch's: results, gradients, errors and their words."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau

pytestmark = pytest.mark.oracle

MODES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3, "lanczos": 2}


def _flat(tensor: Any) -> list[float]:
    numbers: list[float] = tensor.detach().reshape(-1).double().tolist()
    return numbers


def _agree(found: Any, expected: Any, tolerance: float) -> bool:
    largest = max([1.0, *map(abs, _flat(expected))])
    return tuple(found.shape) == tuple(expected.shape) and all(
        abs(one - other) <= tolerance * largest for one, other in zip(_flat(found), _flat(expected), strict=True)
    )


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return type(error), str(error).partition("\n")[0]


def _resized(m: Any, numbers: list[int], shape: list[int], dtype: str, channels: bool, options: dict[str, Any]) -> Any:
    x = m.tensor(numbers, dtype=m.float64).reshape(shape).to(getattr(m, dtype))
    if channels:
        x = x.to(memory_format=m.channels_last)
    if dtype == "uint8":
        return [m.nn.functional.interpolate(x, **options)]
    x.requires_grad_()
    result = m.nn.functional.interpolate(x, **options)
    slope = (m.arange(float(result.numel()), dtype=m.float64) % 5).reshape(result.shape).to(result.dtype)
    return [result, *m.autograd.grad(result, x, slope)]


@pytest.mark.parametrize(
    "mode", ["nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic", "trilinear", "lanczos"]
)
@pytest.mark.parametrize("seed", range(50))
def test_interpolate(torch: ModuleType, mode: str, seed: int) -> None:
    draw = random.Random(f"{mode}{seed}")
    count = MODES.get(mode) or draw.randint(1, 3)
    shape = [draw.randint(1, 2), draw.randint(1, 3), *(draw.choice((2, 3, 5, 7, 10, 20)) for _ in range(count))]
    options: dict[str, Any] = {"mode": mode}
    if draw.random() < 0.5:
        options["size"] = [draw.choice((2, 3, 4, 7, 11)) for _ in range(count)]
    else:
        options["scale_factor"] = [draw.choice((0.5, 1, 1.5, 2, 2.7, 3)) for _ in range(count)]
        options["recompute_scale_factor"] = draw.choice((None, True))
    if mode.endswith("linear") or mode == "bicubic":
        options["align_corners"] = draw.choice((None, True, False))
    options["antialias"] = mode == "lanczos" or (mode in ("bilinear", "bicubic") and draw.random() < 0.4)
    if options["antialias"]:  # of results of width 1 PyTorch filters the columns wrongly
        shape = [*shape[:2], *(max(size, 4) for size in shape[2:])]
    dtype = draw.choice(("float32", "float64", "float16", "uint8"))
    numbers = [draw.randint(0, 255) for _ in range(math.prod(shape))]
    channels = count == 2 and draw.random() < 0.3
    ours, theirs = (
        _outcome(lambda m=m: _resized(m, numbers, shape, dtype, channels, options)) for m in (flambeau, torch)
    )
    if isinstance(theirs, tuple):
        assert ours == theirs
        return
    tolerance = {"float16": 0.01, "uint8": 0.0, "float32": 1e-5}.get(dtype, 1e-9)
    for found, expected in zip(ours, theirs, strict=True):
        assert _agree(found, expected, tolerance)
    assert ours[0].stride() == theirs[0].stride() or 1 in ours[0].shape


def _sampled(m: Any, image: Any, grid: Any, options: tuple[Any, ...]) -> list[Any]:
    x, places = (m.tensor(numbers, dtype=m.float64).reshape(shape).requires_grad_() for numbers, shape in (image, grid))
    result = m.nn.functional.grid_sample(x, places, *options)
    slope = (m.arange(float(result.numel()), dtype=m.float64) % 5).reshape(result.shape)
    return [result, *m.autograd.grad(result, (x, places), slope)]


@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (2, 3, 40, 27), (1, 1, 600, 5), (1, 1, 3, 2000)])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_bytes_are_the_same_to_the_last_bit(
    torch: ModuleType, mode: str, antialias: bool, shape: tuple[int, ...]
) -> None:
    """Short dimensions, long ones, and weights of so many bits that a sum needs more digits than float32 has."""
    draw = random.Random(1)
    values = [draw.choice((0, 255, 128, 77)) for _ in range(math.prod(shape))]
    for size in ((3, 3), (7, 70), (33, 33)):
        found = [
            library.nn.functional.interpolate(
                library.tensor(values, dtype=library.uint8).reshape(shape), size, mode=mode, antialias=antialias
            ).tolist()
            for library in (flambeau, torch)
        ]
        assert found[0] == found[1], size


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("seed", range(12))
def test_grid_sample(torch: ModuleType, mode: str, padding: str, seed: int) -> None:
    draw = random.Random(f"{mode}{padding}{seed}")
    count = 2 if mode == "bicubic" else draw.choice((2, 3))
    batch = draw.randint(1, 2)
    shape = [batch, draw.randint(1, 3), *(draw.choice((1, 2, 4, 5)) for _ in range(count))]
    places = [batch, *(draw.randint(1, 3) for _ in range(count)), count]
    image = [draw.uniform(-2, 2) for _ in range(math.prod(shape))], shape
    whole = draw.random() < 0.3  # places on edges and on elements
    grid = [(draw.randint(-4, 4) / 2 if whole else draw.uniform(-2.5, 2.5)) for _ in range(math.prod(places))], places
    options = (mode, padding, draw.random() < 0.5)
    ours, theirs = (_sampled(m, image, grid, options) for m in (flambeau, torch))
    for found, expected in zip(ours, theirs, strict=True):
        assert _agree(found, expected, 1e-9)
    assert ours[0].stride() == theirs[0].stride()


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_second_derivatives_of_sampling(mode: str, padding: str) -> None:
    draw = random.Random(7)
    x = flambeau.tensor([draw.uniform(-2, 2) for _ in range(12)], dtype=flambeau.float64).reshape(1, 1, 3, 4)
    grid = flambeau.tensor([draw.uniform(-0.9, 0.9) for _ in range(4)], dtype=flambeau.float64).reshape(1, 1, 2, 2)

    def sample(image: Any, places: Any) -> Any:
        return flambeau.nn.functional.grid_sample(image, places, mode, padding, True)

    assert flambeau.autograd.gradgradcheck(sample, (x.requires_grad_(), grid.requires_grad_()))


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("shape", [(1, 1, 3, 4), (1, 1, 1, 1), (1, 1, 2, 3, 4), (1, 1, 1, 1, 1)], ids=str)
def test_places_that_are_infinite_or_nan(torch: ModuleType, shape: tuple[int, ...], mode: str, padding: str) -> None:
    if mode == "bicubic" and len(shape) == 5:
        pytest.skip("there is none of volumes")
    count, strange = len(shape) - 2, (math.nan, math.inf, -math.inf)
    places = [[0.1, one, other][:count] for one in strange for other in (*strange, -0.4)]
    for corners in (False, True):
        found = []
        for m in (torch, flambeau):
            image = (m.arange(float(math.prod(shape))) + 1).reshape(shape)
            grid = m.tensor(places).reshape(1, *[1] * (count - 1), -1, count)
            found.append(m.nn.functional.grid_sample(image, grid, mode, padding, corners).flatten().tolist())
        assert found[1] == pytest.approx(found[0], rel=1e-5, abs=1e-5, nan_ok=True), corners


@pytest.mark.parametrize("seed", range(30))
def test_affine_grid(torch: ModuleType, seed: int) -> None:
    draw = random.Random(seed)
    count, batch, corners = draw.choice((2, 3)), draw.randint(1, 2), draw.random() < 0.5
    size = [batch, 3, *(draw.choice((1, 2, 4, 5)) for _ in range(count))]
    numbers = [draw.uniform(-1, 1) for _ in range(batch * count * (count + 1))]
    found = []
    for m in (flambeau, torch):
        theta = m.tensor(numbers, dtype=m.float64).reshape(batch, count, count + 1).requires_grad_()
        with warnings.catch_warnings(action="ignore"):
            grid = m.nn.functional.affine_grid(theta, size, corners)
        found.append((grid, *m.autograd.grad((grid * grid).sum(), theta)))
    for ours, theirs in zip(*found, strict=True):
        assert _agree(ours, theirs, 1e-9)


MISTAKES: dict[str, Callable[[Any, Any], Any]] = {
    "neither": lambda m, f: f.interpolate(m.zeros(1, 1, 2)),
    "both": lambda m, f: f.interpolate(m.zeros(1, 1, 2), 2, 2),
    "sizes": lambda m, f: f.interpolate(m.zeros(1, 1, 2), (2, 2)),
    "factors": lambda m, f: f.interpolate(m.zeros(1, 1, 2), scale_factor=(2, 2)),
    "zero": lambda m, f: f.interpolate(m.zeros(1, 1, 2, 2), 0),
    "negative": lambda m, f: f.interpolate(m.zeros(1, 1, 2), scale_factor=-1),
    "no number": lambda m, f: f.interpolate(m.zeros(1, 1, 2), scale_factor=math.nan),
    "corners": lambda m, f: f.interpolate(m.zeros(1, 1, 2), 2, align_corners=True),
    "recompute": lambda m, f: f.interpolate(m.zeros(1, 1, 2), 2, recompute_scale_factor=True),
    "antialias": lambda m, f: f.interpolate(m.zeros(1, 1, 2), 2, antialias=True),
    "mode": lambda m, f: f.interpolate(m.zeros(1, 1, 2), 2, mode="none"),
    "mode of planes": lambda m, f: f.interpolate(m.zeros(1, 1, 2), 2, mode="bilinear"),
    "dims": lambda m, f: f.interpolate(m.zeros(1, 2), ()),
    "channels": lambda m, f: f.interpolate(m.zeros(1, 0, 2, 2), 2),
    "integers": lambda m, f: f.interpolate(m.zeros(1, 1, 2, 2, dtype=m.int64), 2),
    "bytes of a line": lambda m, f: f.interpolate(m.zeros(1, 1, 2, dtype=m.uint8), 2, mode="linear"),
    "halves smoothed": lambda m, f: f.interpolate(m.zeros(1, 1, 2, 2, dtype=m.float16), 3, mode="bicubic", antialias=True),
    "batch": lambda m, f: f.grid_sample(m.zeros(2, 1, 2, 2), m.zeros(1, 1, 1, 2), align_corners=True),
    "last": lambda m, f: f.grid_sample(m.zeros(1, 1, 2, 2), m.zeros(1, 1, 1, 3), align_corners=True),
    "dtypes": lambda m, f: f.grid_sample(m.zeros(1, 1, 2, 2), m.zeros(1, 1, 1, 2).double(), align_corners=True),
    "image": lambda m, f: f.grid_sample(m.zeros(1, 1, 0, 2), m.zeros(1, 1, 1, 2), align_corners=True),
    "cubic volume": lambda m, f: f.grid_sample(m.zeros(1, 1, 2, 2, 2), m.zeros(1, 1, 1, 1, 3), "bicubic", align_corners=True),
    "maps": lambda m, f: f.affine_grid(m.zeros(1, 2, 2), (1, 1, 2, 2), align_corners=True),
    "size": lambda m, f: f.affine_grid(m.zeros(1, 2, 3), (1, 1, 2), align_corners=True),
    "cosine of integers": lambda m, f: f.cosine_similarity(m.zeros(2, 2).long(), m.zeros(2, 2).long()),
    "cosine of a vector": lambda m, f: f.cosine_similarity(m.zeros(2), m.zeros(2)),
    "negative eps": lambda m, f: f.cosine_similarity(m.zeros(2, 2), m.zeros(2, 2), eps=-1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_words_of_errors(torch: ModuleType, name: str) -> None:
    ours, theirs = (_outcome(lambda m=m: MISTAKES[name](m, m.nn.functional)) for m in (flambeau, torch))
    assert isinstance(theirs, tuple)
    assert ours == theirs


@pytest.mark.parametrize("name", ["cosine_similarity", "pairwise_distance"])
@pytest.mark.parametrize("seed", range(30))
def test_similarities(torch: ModuleType, name: str, seed: int) -> None:
    draw = random.Random(seed)
    shapes = [draw.choice(((2, 3), (1, 3), (3,), (2, 2, 3))), draw.choice(((2, 3), (3,)))]
    scale = draw.choice((1.0, 1.0, 0.0, 1e-9))
    numbers = [[draw.uniform(-2, 2) * scale for _ in range(math.prod(shape))] for shape in shapes]
    options = draw.choice(({}, {"eps": 0.1}, {"dim": -1} if name == "cosine_similarity" else {"p": 3, "keepdim": True}))
    found = []
    for m in (flambeau, torch):
        x, y = (
            m.tensor(each, dtype=m.float64).reshape(shape).requires_grad_()
            for each, shape in zip(numbers, shapes, strict=True)
        )
        found.append(_outcome(lambda m=m, x=x, y=y: _with_gradients(m, getattr(m, name)(x, y, **options), x, y)))
    if isinstance(found[1], tuple):
        assert found[0] == found[1]
        return
    for ours, theirs in zip(*found, strict=True):
        assert _agree(ours, theirs, 1e-9)


def _with_gradients(m: Any, result: Any, *inputs: Any) -> list[Any]:
    return [result, *m.autograd.grad(result.sum(), inputs)]
