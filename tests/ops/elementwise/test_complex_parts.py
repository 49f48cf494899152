"""Functions of complex numbers at special values, and where digits are easily lost, compared with PyTorch."""

from __future__ import annotations

import math
from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_PARTS = [0.0, -0.0, 1.0, -2.5, math.inf, -math.inf, math.nan]
_POINTS = [complex(a, b) for a in _PARTS for b in _PARTS]


def _pairs(tensor: Any) -> list[list[float]]:
    values = tensor.resolve_conj().tolist()
    return [[value.real, value.imag] for value in values]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("exponent", [2, 3, 0.5, -1, -2, -0.5])
def test_powers_by_a_number(exponent: float, dtype: str) -> None:
    found, expected = (_pairs(t.tensor(_POINTS, dtype=getattr(t, dtype)) ** exponent) for t in (flambeau, torch))
    for point, one, two in zip(_POINTS, found, expected, strict=True):
        assert one == pytest.approx(two, rel=1e-6, abs=1e-7, nan_ok=True), point


@pytest.mark.parametrize("number", [1, 2.0, 1 + 2j])
def test_a_number_over_zero_and_infinities(number: complex) -> None:
    found, expected = (_pairs(number / t.tensor(_POINTS, dtype=t.complex128)) for t in (flambeau, torch))
    for point, one, two in zip(_POINTS, found, expected, strict=True):
        assert one == pytest.approx(two, rel=1e-14, nan_ok=True), point


@pytest.mark.parametrize(("dtype", "digits"), [("complex64", 6), ("complex128", 15)])
def test_log1p_near_0(dtype: str, digits: int) -> None:
    points = [1e-10, 1e-5 + 1e-9j, 3e-9 + 1e-9j, 1e-12j, -1e-8 - 1e-8j, 1e-4j, -0.3 + 0.1j, 0.4, -1.0, 3 + 4j, 1e20j]
    found, expected = (t.log1p(t.tensor(points, dtype=getattr(t, dtype))) for t in (flambeau, torch))
    for one, two in zip(found.tolist(), expected.tolist(), strict=True):
        assert (one.real, one.imag) == pytest.approx((two.real, two.imag), rel=10.0**-digits * 4, abs=0)


def test_log1p_writes_and_differentiates() -> None:
    x = flambeau.tensor([1e-9 + 2e-9j, 0.5j], dtype=flambeau.complex128)
    expected = x.log1p()
    assert flambeau.log1p(x, out=flambeau.empty_like(x)).tolist() == expected.tolist()
    assert x.clone().log1p_().tolist() == expected.tolist()
    assert flambeau.autograd.gradcheck(flambeau.log1p, x.requires_grad_())
    assert x.log1p().grad_fn.name() == "Log1PBackward0"


def test_the_derivative_of_sgn_does_not_cancel() -> None:
    z = flambeau.tensor([800 + 0.5j, 1e6 + 1j, 0j], requires_grad=True)
    (found,) = flambeau.autograd.grad(z.sgn(), z, flambeau.ones_like(z))
    for point, one in zip(z.tolist()[:2], found.tolist(), strict=False):
        assert one.real == pytest.approx(point.imag**2 / abs(point) ** 3, rel=1e-6)
        assert one.imag == pytest.approx(-point.real * point.imag / abs(point) ** 3, rel=1e-6)
    assert found.tolist()[2] == 0
    assert flambeau.autograd.gradgradcheck(
        flambeau.sgn, flambeau.tensor([3 + 4j], dtype=flambeau.complex128, requires_grad=True)
    )
