"""Factorisations beside PyTorch; their derivatives where a formula divides by what may be 0, and where a loss is ill-defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.matrices import assert_same_derivatives, outcome

import flambeau as torch

_L = torch.linalg

OF_VALUES: dict[str, Callable[[Any], Any]] = {
    "svdvals": _L.svdvals,
    "svd": lambda x: _L.svd(x).S,
    "svd-reduced": lambda x: _L.svd(x, full_matrices=False).S,
    "older-svd": lambda x: torch.svd(x).S,
    "nuclear": lambda x: _L.matrix_norm(x, "nuc"),
    "norm-nuclear": lambda x: torch.norm(x, "nuc"),
    "eigvalsh": _L.eigvalsh,
    "eigh": lambda x: _L.eigh(x).eigenvalues,
    "eigvals": lambda x: _L.eigvals(x).real,
    "eig": lambda x: _L.eig(x).eigenvalues.real,
}


@pytest.mark.parametrize("name", OF_VALUES)
@pytest.mark.parametrize("diagonal", [[1.0, 1.0, 1.0], [1.0, 2.0, 2.0], [0.5, 0.5, 3.0]])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_the_sum_of_equal_values(name: str, diagonal: list[float], dtype: Any) -> None:
    x = torch.diag(torch.tensor(diagonal, dtype=dtype)).requires_grad_()
    OF_VALUES[name](x).sum().backward()
    assert torch.allclose(x.grad, torch.eye(3, dtype=dtype))


@pytest.mark.parametrize("name", ["svdvals", "eigvalsh", "eigvals"])
def test_equal_values_in_a_batch_leave_the_other_matrices_alone(name: str) -> None:
    x = torch.stack([torch.eye(2), torch.diag(torch.tensor([1.0, 2.0]))]).double().requires_grad_()
    OF_VALUES[name](x).sum().backward()
    assert torch.allclose(x.grad, torch.eye(2).double().expand(2, 2, 2))


@pytest.mark.parametrize("p", [None, 2, -2])
def test_the_condition_of_the_identity(p: int | None) -> None:
    x = torch.eye(3).double().requires_grad_()
    _L.cond(x, p).backward()
    assert bool(x.grad.isfinite().all())


def _parts() -> tuple[Any, Any]:
    real = torch.tensor([[2.0, 1.0, 0.5], [0.3, 4.0, 1.0], [0.2, 0.7, 7.0]], dtype=torch.float64)
    return real.requires_grad_(), (real.detach().flip(0) / 3).requires_grad_()


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda x: _L.svd(x).U.real.sum(), "svd_backward: The singular vectors in the complex case"),
        (lambda x: (_L.svd(x).Vh * (1 + 2j)).real.sum(), "svd_backward: The singular vectors in the complex case"),
        (lambda x: torch.svd(x).U.imag.sum(), "svd_backward: The singular vectors in the complex case"),
        (lambda x: _L.eigh(x).eigenvectors.real.sum(), "linalg_eigh_backward: The eigenvectors in the complex case"),
        (lambda x: _L.eig(x).eigenvectors.real.sum(), "linalg_eig_backward: The eigenvectors in the complex case"),
    ],
)
def test_a_loss_that_depends_on_a_phase_is_refused(loss: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        loss(torch.complex(*_parts())).backward()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: _L.svd(x, full_matrices=False).U.abs(),
        lambda x: torch.view_as_real((lambda f: (f.U * f.S) @ f.Vh)(_L.svd(x, full_matrices=False))),
        lambda x: _L.eigh(x + x.mH).eigenvectors.abs(),
        lambda x: _L.eig(x).eigenvectors.abs(),
    ],
)
def test_what_does_not_depend_on_a_phase_has_both_derivatives(function: Callable[[Any], Any]) -> None:
    def of_parts(real: Any, imaginary: Any) -> Any:
        return function(torch.complex(real, imaginary))

    assert torch.autograd.gradcheck(of_parts, _parts())
    assert torch.autograd.gradgradcheck(of_parts, _parts())


def test_a_matrix_from_its_eigenvectors_has_the_second_derivative_of_itself() -> None:
    x = torch.tensor([[2.0, 1.0], [0.5, -3.0]], dtype=torch.float64).requires_grad_()
    values, vectors = _L.eig(x)
    cubes = ((vectors * values) @ _L.inv(vectors)).real ** 3
    (first,) = torch.autograd.grad(cubes.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert torch.allclose(first, 3 * x**2)
    assert torch.allclose(second, 6 * x)


def test_an_infinite_pivot_has_an_infinite_root() -> None:
    factor, info = _L.cholesky_ex(torch.tensor([[4.0, 0.0], [2.0, float("inf")]]))
    assert factor.tolist() == [[2.0, 0.0], [1.0, float("inf")]]
    assert info.item() == 0


EXPRESSIONS = """
L.cholesky(-e)
L.cholesky(b)
L.cholesky(M.zeros(2,3))
L.cholesky(p)
L.cholesky(p,upper=True)
L.eigh(M.tensor([[1.,2],[2,1]])).eigenvalues
L.eigh(e,UPLO='X')
L.qr(M.ones(3,2),mode='x')
L.svd(M.ones(3,2)).U.shape
L.svd(M.ones(3,2),full_matrices=False).U.shape
L.cholesky(M.tensor([[4.,0],[0,float('inf')]]))
L.cholesky_ex(-e).info
L.cholesky_ex(M.tensor([[float('inf')]])).info
L.cholesky_ex(M.tensor([[4.,float('-inf')],[float('-inf'),1]])).info
L.cholesky_ex(b).info
M.cholesky(e)
M.svd(a).S
L.eigvalsh(p)
L.qr(M.ones(3,2),mode='r').Q
L.eigvals(M.ones(2,3))
L.svd(M.zeros(2,0,3)).S.shape
L.cholesky(M.zeros(0,0))
L.cholesky("no")
""".strip().splitlines()


@pytest.mark.oracle
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(torch, expression) == outcome(pytest.importorskip("torch"), expression)


DIFFERENTIABLE = """
L.cholesky(a @ a.mT + M.eye(2, dtype=M.float64))
L.qr(q).R
L.qr(q).Q
L.qr(q.mT).R
L.qr(q.mT).Q
L.qr(a, mode="complete").Q
L.svdvals(q)
L.svd(q, full_matrices=False).S
(lambda f: (f.U * f.S[..., None, :]) @ f.Vh * 2)(L.svd(q, full_matrices=False))
(lambda f: f.U.abs())(L.svd(q, full_matrices=False))
(lambda f: f.Vh.abs())(L.svd(q.mT, full_matrices=False))
L.eigvalsh(a + a.mT)
L.eigh(a + a.mT).eigenvectors.abs()
""".strip().splitlines()


@pytest.mark.oracle
@pytest.mark.parametrize("expression", DIFFERENTIABLE)
def test_both_derivatives_as_pytorch(expression: str) -> None:
    oracle = pytest.importorskip("torch")
    values = {
        "a": oracle.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=oracle.float64),
        "q": oracle.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=oracle.float64),
    }
    assert_same_derivatives(torch, oracle, expression, values)
