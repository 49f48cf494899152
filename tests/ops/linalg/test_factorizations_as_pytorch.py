"""Factorisations, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

import pytest
from tests.support.matrices import assert_same_derivatives, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

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
L.cholesky_ex(-e).info
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


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


_VALUES = {
    "a": torch.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=torch.float64),
    "q": torch.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=torch.float64),
}

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


@pytest.mark.parametrize("expression", DIFFERENTIABLE)
def test_both_derivatives_as_pytorch(expression: str) -> None:
    assert_same_derivatives(flambeau, torch, expression, _VALUES)
