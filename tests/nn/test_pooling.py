"""Pooling layers with drawn options beside PyTorch's: results, places, strides, gradients, errors and their words."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau

pytestmark = pytest.mark.oracle

Numbers = list[float]


def _flat(tensor: Any) -> Numbers:
    numbers: Numbers = tensor.detach().reshape(-1).double().tolist()
    return numbers


def _agree(found: Any, expected: Any, tolerance: float = 1e-5) -> bool:
    ours, theirs = _flat(found), _flat(expected)
    return tuple(found.shape) == tuple(expected.shape) and all(
        one == other or (math.isnan(one) and math.isnan(other)) or abs(one - other) <= tolerance * (1 + abs(other))
        for one, other in zip(ours, theirs, strict=True)
    )


def _numbers(draw: random.Random, shape: list[int]) -> Numbers:
    strange = draw.random() < 0.25
    choices = [-math.inf, math.nan, 2.0] if strange else [2.0]
    return [
        float(draw.randint(-9, 9)) if draw.random() < 0.7 else draw.choice(choices) for _ in range(math.prod(shape))
    ]


def _input(m: Any, numbers: Numbers, shape: list[int], dtype: str, form: str) -> Any:
    x = m.tensor(numbers, dtype=m.float64).reshape(shape).to(getattr(m, dtype))
    if form == "channels":
        x = x.to(memory_format=m.channels_last)
    elif form == "turned":
        x = x.transpose(-1, -2).contiguous().transpose(-1, -2)
    return x.requires_grad_()


def _outcome(m: Any, make: Callable[[Any], Any], x: Any) -> Any:
    try:
        m.manual_seed(3)
        result = make(m)(x)
    except Exception as error:
        return type(error), str(error).partition("\n")[0]
    values, places = result if isinstance(result, tuple) else (result, None)
    slope = m.arange(float(values.numel()), dtype=m.float64).reshape(values.shape).to(values.dtype) % 7
    (grad,) = m.autograd.grad(values, x, slope) if values.numel() else (x,)
    return values, places, grad, tuple(values.stride())


def _check(
    torch: ModuleType, make: Callable[[Any], Any], numbers: Numbers, shape: list[int], dtype: str, form: str
) -> None:
    ours, theirs = (_outcome(m, make, _input(m, numbers, shape, dtype, form)) for m in (flambeau, torch))
    if isinstance(theirs[0], type):
        assert ours == theirs
        return
    tolerance = 1e-5 if dtype in ("float32", "float64") else 0.05
    assert not isinstance(ours[0], type), ours
    assert _agree(ours[0], theirs[0], tolerance)
    assert ours[1] is None or _agree(ours[1], theirs[1], 0.0)
    assert _agree(ours[2], theirs[2], tolerance)
    assert ours[3] == theirs[3] or form == "turned" or 1 in ours[0].shape  # strides of dims of size 1 mean nothing


def _drawn(seed: int) -> tuple[random.Random, int, list[int], str, str]:
    draw = random.Random(seed)
    count = draw.choice((1, 2, 2, 3))
    shape = (
        [draw.randint(1, 3)] * (draw.random() < 0.7) + [draw.randint(1, 3)] + [draw.randint(4, 9) for _ in range(count)]
    )
    dtype = draw.choice(("float32", "float64", "float64", "float16"))
    form = draw.choice(("plain", "plain", "turned", "channels" if len(shape) == 4 and count == 2 else "plain"))
    return draw, count, shape, dtype, form


def _windows(draw: random.Random, count: int) -> tuple[list[int], list[int], list[int]]:
    kernel = [draw.randint(1, 4) for _ in range(count)]
    return kernel, [draw.randint(1, 3) for _ in kernel], [draw.randint(0, size // 2) for size in kernel]


@pytest.mark.parametrize("seed", range(60))
def test_max_pool(torch: ModuleType, seed: int) -> None:
    draw, count, shape, dtype, form = _drawn(seed)
    kernel, stride, padding = _windows(draw, count)
    dilation = [draw.choice((1, 1, 2)) for _ in kernel]
    ceiling, places = draw.random() < 0.5, draw.random() < 0.7
    _check(
        torch,
        lambda m: getattr(m.nn, f"MaxPool{count}d")(kernel, stride, padding, dilation, places, ceiling),
        _numbers(draw, shape), shape, dtype, form,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_avg_pool(torch: ModuleType, seed: int) -> None:
    draw, count, shape, dtype, form = _drawn(seed)
    options: list[Any] = [*_windows(draw, count), draw.random() < 0.5, draw.random() < 0.5]
    if count > 1:
        options.append(draw.choice((None, None, 3)))
    _check(torch, lambda m: getattr(m.nn, f"AvgPool{count}d")(*options), _numbers(draw, shape), shape, dtype, form)


@pytest.mark.parametrize("kind", ["AdaptiveAvgPool", "AdaptiveMaxPool"])
@pytest.mark.parametrize("seed", range(50))
def test_adaptive_pool(torch: ModuleType, kind: str, seed: int) -> None:
    draw, count, shape, dtype, form = _drawn(seed)
    size = [draw.choice((1, 2, 3, 5)) for _ in range(count)]
    options: list[Any] = [size, True] if kind == "AdaptiveMaxPool" else [size]
    _check(
        torch, lambda m: getattr(m.nn, f"{kind}{count}d")(*options), _numbers(draw, shape), shape, dtype,
        "plain" if size == [1] * count else form,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(50))
def test_fractional_max_pool(torch: ModuleType, seed: int) -> None:
    draw, _, _, dtype, _ = _drawn(seed)
    count = draw.choice((2, 3))
    shape = [2] * draw.randint(0, 1) + [draw.randint(1, 3)] + [draw.randint(5, 8) for _ in range(count)]
    options = (
        {"output_size": [draw.randint(1, 3) for _ in range(count)]} if seed % 2 else {"output_ratio": (0.45,) * count}
    )
    _check(
        torch,
        lambda m: getattr(m.nn, f"FractionalMaxPool{count}d")(draw.choice((2,)), return_indices=True, **options),
        _numbers(draw, shape), shape, dtype, "plain",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(50))
def test_lp_pool(torch: ModuleType, seed: int) -> None:
    draw, count, shape, _, form = _drawn(seed)
    kernel, stride, _ = _windows(draw, count)
    size = kernel[0] if count == 1 else kernel
    options = (draw.choice((1, 2, 3, math.inf)), size, draw.choice((None, stride)), draw.random() < 0.5)
    numbers = [float(draw.randint(1, 30)) for _ in range(math.prod(shape))]
    _check(torch, lambda m: getattr(m.nn, f"LPPool{count}d")(*options), numbers, shape, "float64", form)


@pytest.mark.parametrize("seed", range(50))
def test_max_unpool_undoes_max_pool(torch: ModuleType, seed: int) -> None:
    draw, count, shape, dtype, form = _drawn(seed)
    kernel = draw.randint(1, 3)

    def round_trip(m: Any) -> Callable[[Any], Any]:
        pool = getattr(m.nn, f"MaxPool{count}d")(kernel, return_indices=True)
        unpool = getattr(m.nn, f"MaxUnpool{count}d")(kernel)
        return lambda x: unpool(*pool(x), output_size=x.shape)

    _check(
        torch,
        round_trip,
        [float(n) for n in draw.sample(range(math.prod(shape)), math.prod(shape))],
        shape,
        dtype,
        form,
    )


MISTAKES: dict[str, Callable[[Any, Any], Any]] = {
    "no stride": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), 2, 0),
    "kernel": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), -1),
    "stride": lambda m, f: f.avg_pool2d(m.zeros(1, 4, 4), 2, -1),
    "dilation": lambda m, f: f.max_pool3d(m.zeros(1, 4, 4, 4), 2, 2, 0, 0),
    "padding": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), 2, 2, 2),
    "padding of dilated": lambda m, f: f.max_pool3d(m.zeros(1, 9, 9, 9), 2, 2, 2, 3),
    "negative padding": lambda m, f: f.avg_pool2d(m.zeros(1, 4, 4), 2, 2, -1),
    "large": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), 5),
    "large volume": lambda m, f: f.avg_pool3d(m.zeros(1, 4, 4, 4), 5),
    "large line": lambda m, f: f.max_pool1d(m.zeros(1, 4), 5),
    "sizes": lambda m, f: f.avg_pool3d(m.zeros(1, 4, 4, 4), (2, 2)),
    "sizes of a plane": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), 2, (1, 1, 1)),
    "sizes of a line": lambda m, f: f.max_pool1d(m.zeros(1, 4), (2, 2)),
    "fraction": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), 2.5),
    "fractions": lambda m, f: f.avg_pool1d(m.zeros(1, 4), [2.5]),
    "divisor": lambda m, f: f.avg_pool2d(m.zeros(1, 4, 4), 2, divisor_override=0),
    "dims": lambda m, f: f.max_pool2d(m.zeros(4, 4), 2),
    "dims of a line": lambda m, f: f.avg_pool1d(m.zeros(4), 2),
    "empty": lambda m, f: f.max_pool2d(m.zeros(2, 0, 4, 4), 2),
    "bool": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4, dtype=m.bool), 2),
    "integers of a line": lambda m, f: f.max_pool1d(m.zeros(1, 4, dtype=m.int64), 2),
    "average of bytes": lambda m, f: f.avg_pool2d(m.zeros(1, 4, 4, dtype=m.uint8), 2),
    "volume of halves": lambda m, f: f.avg_pool3d(m.zeros(1, 4, 4, 4, dtype=m.float16), 2),
    "negative size": lambda m, f: f.adaptive_avg_pool3d(m.zeros(1, 4, 4, 4), -1),
    "negative size of maxima": lambda m, f: f.adaptive_max_pool1d(m.zeros(1, 4), -1),
    "size of a plane": lambda m, f: f.adaptive_avg_pool2d(m.zeros(1, 4, 4), (2,)),
    "no size": lambda m, f: f.adaptive_avg_pool1d(m.zeros(1, 4), None),
    "none to average": lambda m, f: f.adaptive_avg_pool2d(m.zeros(1, 0, 4), 2),
    "place": lambda m, f: f.max_unpool2d(m.zeros(1, 1, 1), m.full((1, 1, 1), 9), 2),
    "places": lambda m, f: f.max_unpool2d(m.zeros(1, 1, 1), m.zeros(1, 1, 2, dtype=m.int64), 2),
    "kind of places": lambda m, f: f.max_unpool1d(m.zeros(1, 1), m.zeros(1, 1, dtype=m.int32), 2),
    "unpooled size": lambda m, f: f.max_unpool1d(m.zeros(1, 1), m.zeros(1, 1, dtype=m.int64), 2, output_size=(9,)),
    "room": lambda m, f: f.fractional_max_pool2d(m.zeros(1, 4, 4), 2, 4),
    "neither": lambda m, f: m.nn.FractionalMaxPool2d(2),
    "both": lambda m, f: m.nn.FractionalMaxPool3d(2, 2, 0.5),
    "ratio": lambda m, f: m.nn.FractionalMaxPool3d(2, output_ratio=(0.5, 1.5, 0.5)),
    "kernel beyond int": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), (1, 1 << 31), (1, 1, 1)),
    "stride beyond int": lambda m, f: f.avg_pool2d(m.zeros(4, 4), 2, 1 << 31, (1, 1, 1)),
    "form of a stride": lambda m, f: f.max_pool3d(m.zeros(1, 4, 4, 4), 2, (1, 1), 1 << 31),
    "padding beyond int": lambda m, f: f.avg_pool3d(m.zeros(1, 4, 4, 4), 2, 1, -(1 << 31) - 1),
    "dilation beyond int": lambda m, f: f.max_pool2d(m.zeros(1, 4, 4), 1, 0, 0, 1 << 40),
    "vectors beyond int": lambda m, f: f.avg_pool1d(m.zeros(1, 4), 2, 1 << 31),
    "form of a padding": lambda m, f: f.avg_pool1d(m.zeros(1, 4), 2, 1 << 31, (1, 1)),
    "norms beyond int": lambda m, f: f.lp_pool2d(m.zeros(1, 4, 4), 2.0, 2, 1 << 31),
    "places beyond int": lambda m, f: f.max_pool1d(m.zeros(1, 4), 2, 1 << 31, return_indices=True),
    "gradients beyond int": lambda m, f: f.max_pool1d(m.zeros(1, 4, requires_grad=True), 2, 1 << 31),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_words_of_errors(torch: ModuleType, name: str) -> None:
    found = []
    for m in (flambeau, torch):
        with pytest.raises(Exception) as raised:
            MISTAKES[name](m, m.nn.functional)
        found.append((raised.type, str(raised.value).partition("\n")[0]))
    assert found[0] == found[1]


def test_maxima_of_vectors_take_any_stride(torch: ModuleType) -> None:
    x = [[1.0, 3.0, 2.0]]
    found, expected = (m.nn.functional.max_pool1d(m.tensor(x), 2, 1 << 31).tolist() for m in (flambeau, torch))
    assert found == expected == [[3.0]]


@pytest.mark.parametrize("number", [0.0, 0.999, 1.5, -3.3, 100.0])
def test_windows_from_any_number(torch: ModuleType, number: float) -> None:
    """Numbers that are given need not be such as are drawn; of what is no number, windows have no place."""

    def places(m: Any, number: float) -> Any:
        samples = m.full((1, 1, 2), number)
        x = m.arange(169.0).reshape(1, 1, 13, 13)
        return m.nn.functional.fractional_max_pool2d(
            x, (2, 3), output_size=(5, 4), return_indices=True, _random_samples=samples
        )[1].tolist()

    assert places(flambeau, number) == places(torch, number)
    for strange in (math.nan, math.inf):
        with pytest.raises(RuntimeError, match="to be finite"):
            places(flambeau, strange)


@pytest.mark.parametrize("batch", [[], [2]])
@pytest.mark.parametrize("name", ["max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool"])
def test_channels_that_are_innermost(torch: ModuleType, name: str, batch: list[int]) -> None:
    """Maxima of three dimensions keep the order of memory, averages of three do not; and their gradients alike."""
    for count in (2, 3):
        strides = []
        for m in (flambeau, torch):
            x = m.rand(*batch, *(4, 6, 8)[-count:], 3).movedim(-1, len(batch)).requires_grad_()
            y = getattr(m.nn.functional, f"{name}{count}d")(x, 2)
            strides.append((y.stride(), m.autograd.grad(y.sum(), x)[0].stride()))
        assert strides[0] == strides[1]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_averages_of_nothing_are_of_any_dtype(torch: ModuleType, count: int) -> None:
    def outcome(m: Any, dtype: str) -> Any:
        x = m.zeros(0, 2, *(4,) * count, dtype=getattr(m, dtype))
        try:
            y = getattr(m.nn.functional, f"adaptive_avg_pool{count}d")(x, 2)
        except NotImplementedError as error:
            return str(error)
        return tuple(y.shape), str(y.dtype).rpartition(".")[2]

    for dtype in ("int64", "bool", "complex64", "float32"):
        assert outcome(flambeau, dtype) == outcome(torch, dtype)


def test_integers_keep_their_dtype(torch: ModuleType) -> None:
    for dtype in ("uint8", "int8", "int16", "int32", "int64"):
        ours, theirs = (
            m.nn.functional.max_pool2d(
                m.arange(16).reshape(1, 4, 4).to(getattr(m, dtype)), 3, 2, 1, return_indices=True
            )
            for m in (flambeau, torch)
        )
        assert str(ours[0].dtype) == str(theirs[0].dtype)
        assert [each.tolist() for each in ours] == [each.tolist() for each in theirs]
    x = flambeau.tensor([[[-1, -2], [-3, -4]]])
    assert flambeau.nn.functional.avg_pool2d(x, 2).tolist() == [[[-2]]]


def test_names_of_nodes(torch: ModuleType) -> None:
    for call in (
        lambda f, x: f.max_pool2d(x, 2), lambda f, x: f.avg_pool2d(x, 2), lambda f, x: f.adaptive_avg_pool2d(x, 3),
        lambda f, x: f.adaptive_max_pool2d(x, 3), lambda f, x: f.max_pool3d(x, 2), lambda f, x: f.avg_pool3d(x, 2),
    ):  # fmt: skip
        ours, theirs = (call(m.nn.functional, m.zeros(2, 2, 4, 5, requires_grad=True)) for m in (flambeau, torch))
        assert ours.grad_fn.name() == theirs.grad_fn.name()


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("bad", [2.0, True, (2.0,)], ids=str)
def test_sizes_that_equal_remembered_ones_are_checked(backend: str, count: int, bad: Any) -> None:
    input = flambeau.ones(1, 1, *[4] * count)
    for name in ("max_pool", "avg_pool"):
        function = getattr(flambeau.nn.functional, f"{name}{count}d")
        for good in (2, 1, (2,), [2]):
            function(input, good)
        with pytest.raises(TypeError, match=r"must be tuple of ints|must be int"):
            function(input, bad)
        with pytest.raises(TypeError, match=r"must be tuple of ints|must be int"):
            function(input, 2, bad)


@pytest.mark.parametrize("kind", ["avg", "max", "area"])
@pytest.mark.parametrize(
    "shape", [(0, 2, 3), (2, 0, 3), (2, 2, 0), (0, 3), (0, 2, 3, 3), (1, 0, 3, 3), (1, 0, 3, 3, 3)]
)
@pytest.mark.parametrize("size", [0, 2])
def test_nothing_is_pooled_as_in_pytorch(torch: ModuleType, kind: str, shape: tuple[int, ...], size: int) -> None:
    said = []
    for m in (flambeau, torch):
        x = m.zeros(shape, requires_grad=True)
        count = max(x.dim() - 2, 1)
        try:
            if kind == "area":
                result = m.nn.functional.interpolate(x, size, mode="area")
            else:
                result = getattr(m.nn.functional, f"adaptive_{kind}_pool{count}d")(x, size)
            result.sum().backward()
            said.append(str((tuple(result.shape), tuple(x.grad.shape))))
        except (RuntimeError, NotImplementedError, ValueError) as error:
            said.append(str(error).partition("\n")[0])
    assert said[0] == said[1]
