"""Derivatives of functions of complex vectors and matrices, the second ones too."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau


def _second(torch: ModuleType, function: str) -> list[Any]:
    z = torch.tensor([1 + 1j, 0, 2j], dtype=torch.complex128, requires_grad=True)
    result = eval(function, {"t": torch})(z)
    (first,) = torch.autograd.grad(result, z, torch.ones_like(result), create_graph=True)
    (second,) = torch.autograd.grad(first, z, torch.ones_like(z))
    return [*first.tolist(), *second.tolist()]


@pytest.mark.oracle
@pytest.mark.parametrize(
    "function",
    [
        "lambda z: z.norm()", "lambda z: z.norm(dim=0, keepdim=True)", "lambda z: t.linalg.vector_norm(z)",
        "lambda z: t.linalg.matrix_norm(z[None])", "lambda z: t.nn.functional.normalize(z, dim=0)",
        "lambda z: z[:2].norm()", "lambda z: z[:1].norm()", "lambda z: z.norm(1)", "lambda z: z.norm(3)",
    ],
)  # fmt: skip
def test_norms_are_differentiated_as_pytorch_does(torch: ModuleType, function: str) -> None:
    assert _second(flambeau, function) == pytest.approx(_second(torch, function), rel=1e-9, abs=1e-12)


def test_the_euclidean_norm_is_smooth_at_a_zero_of_a_complex_vector() -> None:
    found = _second(flambeau, "lambda z: z.norm()")
    assert found[4] == pytest.approx(1 / 6**0.5)


def _of_cholesky(torch: ModuleType, loss: str) -> list[Any]:
    m = torch.tensor([[2, 1j], [-1j, 3]], dtype=torch.complex128, requires_grad=True)
    lower = torch.linalg.cholesky(m)
    (first,) = torch.autograd.grad(eval(loss, {"L": lower, "t": torch}), m, create_graph=True)
    (second,) = torch.autograd.grad(first.abs().sum(), m)
    return [*first.flatten().tolist(), *second.flatten().tolist()]


@pytest.mark.oracle
@pytest.mark.parametrize("loss", ["L.real.sum()", "L.real.sum() + 2 * L.imag.sum()", "(L * L.mH).abs().sum()"])
def test_cholesky_is_differentiated_as_pytorch_does(torch: ModuleType, loss: str) -> None:
    assert _of_cholesky(flambeau, loss) == pytest.approx(_of_cholesky(torch, loss), rel=1e-9, abs=1e-12)
