"""Activation functions of large tensors, in pieces: bit for bit what they are at once."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

FUNCTIONS: dict[str, dict[str, Any]] = {
    "softplus": {"beta": 2.0}, "elu": {"alpha": 0.5}, "selu": {}, "celu": {"alpha": 2.0}, "mish": {}, "hardswish": {},
    "hardsigmoid": {}, "leaky_relu": {}, "logsigmoid": {}, "hardtanh": {}, "silu": {}, "softshrink": {}, "hardshrink": {},
    "threshold": {"threshold": 0.1, "value": 3.0},
}  # fmt: skip
SPECIAL = [float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 3.0, -3.0, 20.0, 1e4]


def _results(function: Any, x: Any, slope: Any, options: dict[str, Any]) -> list[Any]:
    leaf = x.clone().requires_grad_()
    result = function(leaf, **options)
    return [result.detach(), *flambeau.autograd.grad(result, leaf, slope)]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_pieces_give_what_is_computed_at_once(monkeypatch: pytest.MonkeyPatch, name: str, dtype: str) -> None:
    flambeau.manual_seed(0)
    x, slope = ((flambeau.randn(7, 23) * 4).to(getattr(flambeau, dtype)) for _ in range(2))
    x[0, : len(SPECIAL)] = flambeau.tensor(SPECIAL).to(x.dtype)
    function, backend = getattr(flambeau.nn.functional, name), type(x._type.backend)
    found = []
    for block in (0, 16):
        monkeypatch.setattr(backend, "element_block", block)
        found.append(_results(function, x, slope, FUNCTIONS[name]))
    for one, other in zip(*found, strict=True):
        assert (one.dtype, one.shape, one.stride()) == (other.dtype, other.shape, other.stride())
        assert flambeau.equal(one.nan_to_num(7.0), other.nan_to_num(7.0))
        assert flambeau.equal(one.isnan(), other.isnan())


def test_other_orders_of_memory_and_second_derivatives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(flambeau.ones(1)._type.backend), "element_block", 4)
    x = flambeau.linspace(-2, 2, 12, dtype=flambeau.float64).reshape(3, 4).t().requires_grad_()
    assert flambeau.autograd.gradcheck(flambeau.nn.functional.elu, x)
    assert flambeau.autograd.gradgradcheck(flambeau.nn.functional.elu, x)


def test_backends_whose_views_are_copies_compute_at_once() -> None:
    from copying_backends import CopyingBackend, registered

    with registered(CopyingBackend):
        x = flambeau.linspace(-2, 2, 70_000)
        moved = x.to(CopyingBackend.device_type)
        assert flambeau.equal(flambeau.nn.functional.elu(moved).cpu(), flambeau.nn.functional.elu(x))
