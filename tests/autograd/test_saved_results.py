"""A result that no gradient needs is not saved, so that it may be written to."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau

FUNCTIONS = [
    "x**2", "x**3", "x**0.5", "x**-1", "x**2.5", "1 / x", "2 / x", "t.erfinv(x / 10)", "t.float_power(x, 2)", "x.square()",
    "x.clone().pow_(2)", "t.special.erfinv(x / 9)", "x.double() ** 2.0",
]  # fmt: skip


def _gradient(torch: ModuleType, function: str) -> list[Any]:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    result = eval(function, {"x": x, "t": torch})
    result.mul_(2)
    (found,) = torch.autograd.grad(result.sum(), x)
    return found.tolist()  # type: ignore[no-any-return]


@pytest.mark.oracle
@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_written_to_has_pytorchs_gradient(torch: ModuleType, function: str) -> None:
    assert _gradient(flambeau, function) == pytest.approx(_gradient(torch, function), rel=1e-5)


def test_a_power_of_a_number_may_be_written_to() -> None:
    assert _gradient(flambeau, "x**2") == [4.0, 8.0, 12.0]


def test_a_result_that_is_needed_is_still_watched() -> None:
    for function in ("2**x", "x**x"):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            _gradient(flambeau, function)


def test_hooks_of_saved_tensors_see_no_result_that_is_not_saved() -> None:
    x = flambeau.tensor([1.0, 2.0], requires_grad=True)
    with flambeau.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor):
        result = x**2
    assert result.grad_fn._saved_result is None
    assert flambeau.autograd.grad(result.sum(), x)[0].tolist() == [2.0, 4.0]
