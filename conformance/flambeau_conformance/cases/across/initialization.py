"""Initial values of parameters: fixed ones, ranges that follow from the shape, and what is refused."""

from __future__ import annotations

import math
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...subject import Subject

_FLOAT = ("float32",)

_GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0, "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75,
}  # fmt: skip


@case("nn.init.fixed/value/filled/float32", dtypes=_FLOAT)
def _fixed(subject: Subject) -> None:
    t, init = subject.torch, subject.torch.nn.init
    expect_equal(init.constant_(t.empty(2), 3.5).tolist(), [3.5, 3.5], "a constant")
    expect_equal(init.ones_(t.empty(2)).tolist(), [1.0, 1.0], "ones")
    expect_equal(init.zeros_(t.ones(2)).tolist(), [0.0, 0.0], "zeros")
    expect_equal(init.eye_(t.empty(2, 3)).tolist(), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], "the identity")
    dirac = init.dirac_(t.empty(2, 1, 3), groups=2)
    expect_equal(dirac.tolist(), [[[0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]]], "what hands channels on")
    expect_raises(lambda: init.eye_(t.empty(2)), ValueError, "Only tensors with 2 dimensions")
    expect_raises(lambda: init.dirac_(t.empty(2)), ValueError, "Only tensors with 3, 4, or 5 dimensions")
    expect_raises(lambda: init.dirac_(t.empty(3, 1, 3), groups=2), ValueError, "dim 0 must be divisible by groups")


@case("nn.init.gain/value/all/-")
def _gain(subject: Subject) -> None:
    init = subject.torch.nn.init
    for name, expected in _GAINS.items():
        expect(abs(init.calculate_gain(name) - expected) < 1e-12, f"the gain of {name} is {init.calculate_gain(name)}")
    expect(abs(init.calculate_gain("leaky_relu", 0.5) - math.sqrt(1.6)) < 1e-12, "the gain of a slope")
    expect_raises(lambda: init.calculate_gain("loud"), ValueError, "Unsupported nonlinearity loud")
    expect_raises(lambda: init.calculate_gain("leaky_relu", "steep"), ValueError, "not a valid number")


def _within(x: Any, bound: float, what: str) -> None:
    largest = float(x.abs().max())
    expect(0.9 * bound < largest <= bound, f"{what}: the largest of many is {largest}, the bound {bound}")


def _spread(x: Any, deviation: float, what: str) -> None:
    found = float(x.std())
    expect(abs(found - deviation) < 0.05 * deviation, f"{what}: the deviation is {found}, expected {deviation}")


@case("nn.init.range/value/uniform/float32", dtypes=_FLOAT)
def _ranges(subject: Subject) -> None:
    t, init = subject.torch, subject.torch.nn.init
    g = t.Generator(device=t.empty(0).device).manual_seed(2)
    x = t.empty(60, 40)
    _within(init.uniform_(x, a=-0.5, b=0.5, generator=g), 0.5, "uniform_")
    _within(init.xavier_uniform_(x, gain=2.0, generator=g), 2.0 * math.sqrt(6.0 / 100), "xavier_uniform_")
    _within(init.kaiming_uniform_(x, generator=g), math.sqrt(6.0 / 40), "kaiming_uniform_")
    _within(
        init.kaiming_uniform_(x, mode="fan_out", nonlinearity="relu"),
        math.sqrt(6.0 / 60),
        "kaiming_uniform_ by outputs",
    )
    _within(init.kaiming_uniform_(x, a=1.0), math.sqrt(3.0 / 40), "kaiming_uniform_ with a slope")
    for name in (*_GAINS, "leaky_relu"):
        init.kaiming_uniform_(x, nonlinearity=name)
        init.kaiming_normal_(x, nonlinearity=name)
    expect_raises(lambda: init.kaiming_uniform_(x, mode="fan"), ValueError, "Mode fan not supported")
    expect_raises(lambda: init.kaiming_uniform_(t.empty(2)), ValueError, "fewer than 2 dimensions")
    expect_raises(lambda: init.xavier_uniform_(t.empty(2)), ValueError, "fewer than 2 dimensions")


@case("nn.init.spread/value/normal/float32", dtypes=_FLOAT)
def _spreads(subject: Subject) -> None:
    t, init = subject.torch, subject.torch.nn.init
    g = t.Generator(device=t.empty(0).device).manual_seed(2)
    x = t.empty(80, 60)
    drawn = init.normal_(x, mean=3.0, std=2.0, generator=g)
    expect(abs(float(drawn.mean()) - 3.0) < 0.2, "the mean")
    _spread(drawn, 2.0, "normal_")
    _spread(init.xavier_normal_(x, gain=2.0, generator=g), 2.0 * math.sqrt(2.0 / 140), "xavier_normal_")
    _spread(init.kaiming_normal_(x, generator=g), math.sqrt(2.0 / 60), "kaiming_normal_")
    _spread(init.kaiming_normal_(x, a=1.0, mode="fan_out"), math.sqrt(1.0 / 80), "kaiming_normal_ by outputs")
    cut = init.trunc_normal_(x, mean=1.0, std=1.0, a=0.0, b=1.5, generator=g)
    expect(bool((cut >= 0).all()) and bool((cut <= 1.5).all()), "what is cut lies within the bounds")
    expect_raises(lambda: init.kaiming_normal_(t.empty(2)), ValueError, "fewer than 2 dimensions")
    expect_raises(lambda: init.xavier_normal_(t.empty(2)), ValueError, "fewer than 2 dimensions")


@case("nn.init.orthogonal_/value/rows/float32", dtypes=_FLOAT, extensions=("linalg",))
def _orthogonal(subject: Subject) -> None:
    t, init = subject.torch, subject.torch.nn.init
    g = t.Generator(device=t.empty(0).device).manual_seed(2)
    x = init.orthogonal_(t.empty(3, 5), gain=2.0, generator=g)
    expect(
        bool(((x @ x.t() - 4 * t.eye(3)).abs() < 1e-4).all()), "the rows are orthogonal and of the length of the gain"
    )
    expect_raises(lambda: init.orthogonal_(t.empty(3)), ValueError, "Only tensors with 2 or more dimensions")


@case("nn.init.sparse_/value/columns/float32", dtypes=_FLOAT)
def _sparse(subject: Subject) -> None:
    t, init = subject.torch, subject.torch.nn.init
    g = t.Generator(device=t.empty(0).device).manual_seed(2)
    x = init.sparse_(t.empty(10, 4), sparsity=0.3, std=5.0, generator=g)
    expect_equal((x == 0).sum(0).tolist(), [3, 3, 3, 3], "the zeros of each column")
    expect_raises(lambda: init.sparse_(t.empty(3), 0.1), ValueError, "Only tensors with 2 dimensions")
