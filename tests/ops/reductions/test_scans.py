"""Running sums and products keep the digits that a dtype has, however many terms there are."""

from __future__ import annotations

import pytest

import flambeau


def _numbers(count: int) -> list[float]:
    return [1.0 + place * 7919 % 101 / 4096 for place in range(count)]


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp"])
@pytest.mark.parametrize("dim", [0, 1])
def test_scans_of_float32_end_within_a_rounding_or_two(name: str, dim: int) -> None:
    shape = (1000, 2) if dim == 0 else (2, 1000)
    narrow = flambeau.tensor(_numbers(2000)).reshape(shape)
    found = getattr(narrow, name)(dim).double()
    exact = getattr(narrow.double(), name)(dim)
    assert ((found - exact).abs() / exact).max().item() < 2.0**-22


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_gradient_of_cumprod_at_a_zero_is_rounded_once(dtype: str) -> None:
    x = flambeau.tensor([1.25, 0.75, 0.0, 1.5, 0.9375, 2.0], dtype=getattr(flambeau, dtype))
    grads = []
    for each in (x, x.double()):
        each.requires_grad_()
        each.cumprod(0).sum().backward()
        assert each.grad is not None
        grads.append(each.grad)
    assert grads[0].tolist() == grads[1].to(x.dtype).tolist()
