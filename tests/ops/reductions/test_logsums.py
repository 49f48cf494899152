"""Gradients of running logarithms lose nothing: beside huge numbers, of many, beside infinite ones."""

from __future__ import annotations

import math

import pytest

import flambeau


def _numbers(count: int) -> list[float]:
    return [1.0 + place * 7919 % 101 / 4096 for place in range(count)]


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
