"""Running sums and the like keep the digits that a dtype has, however many terms there are and however large some of them."""

from __future__ import annotations

import math
from typing import Any

import pytest

import flambeau

_SCANS = ("cumsum", "cumprod", "logcumsumexp")


def _numbers(count: int) -> list[float]:
    return [1.0 + place * 7919 % 101 / 4096 for place in range(count)]


@pytest.mark.parametrize("name", _SCANS)
@pytest.mark.parametrize("dim", [0, 1])
def test_scans_of_float32_end_within_a_rounding_or_two(name: str, dim: int) -> None:
    shape = (1000, 2) if dim == 0 else (2, 1000)
    narrow = flambeau.tensor(_numbers(2000)).reshape(shape)
    found = getattr(narrow, name)(dim).double()
    exact = getattr(narrow.double(), name)(dim)
    assert ((found - exact).abs() / exact).max().item() < 2.0**-22


@pytest.mark.parametrize("dtype", [flambeau.float16, flambeau.bfloat16])
@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_16_bits_is_rounded_once(name: str, dim: int, dtype: Any) -> None:
    x = (flambeau.tensor(_numbers(60)).reshape(6, 10) * 64 - 70).to(dtype)
    exact = getattr(x.double(), name)(dim).to(dtype)
    assert (getattr(x, name)(dim) != exact).sum().item() <= 1  # of a few in float32, next to the middle of two


def test_gradients_of_running_logarithms_beside_a_huge_number() -> None:
    x = flambeau.tensor([1.0, 2.0, 1e30, 3.0], dtype=flambeau.float64, requires_grad=True)
    (grad,) = flambeau.autograd.grad(flambeau.logcumsumexp(x, 0), x, flambeau.tensor([0.5, 2.0, 0.25, 4.0]).double())
    share = 1 / (1 + math.e)
    assert grad.tolist() == pytest.approx([0.5 + 2 * share, 2 * (1 - share), 4.25, 0.0], rel=1e-14)


def test_gradients_of_running_logarithms_of_many_numbers() -> None:
    narrow = flambeau.tensor(_numbers(3000), requires_grad=True)
    wide = narrow.detach().double().requires_grad_()
    found, exact = (flambeau.autograd.grad(flambeau.logcumsumexp(x, 0).sum(), x)[0].double() for x in (narrow, wide))
    assert ((found - exact).abs() / exact).max().item() < 2e-6


@pytest.mark.parametrize("first", [-math.inf, math.inf])
def test_infinite_numbers_have_no_part_in_the_derivatives_of_others(first: float) -> None:
    def derivatives(*numbers: float) -> list[list[float]]:
        x = flambeau.tensor(numbers, dtype=flambeau.float64, requires_grad=True)
        (grad,) = flambeau.autograd.grad(flambeau.logcumsumexp(x, 0), x, flambeau.ones_like(x), create_graph=True)
        (second,) = flambeau.autograd.grad(grad, x, flambeau.ones_like(x) / 2)
        return [grad.tolist()[-2:], second.tolist()[-2:]]

    assert derivatives(first, 1.0, 2.0) == (derivatives(1.0, 2.0) if first < 0 else [[0.0, 0.0], [0.0, 0.0]])
