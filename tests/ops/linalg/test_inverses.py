"""Inverses, ranks, determinants and functions of matrices, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

import pytest
from tests.support.matrices import assert_same_derivatives, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
L.inv(z)
L.inv(b)
L.inv(M.zeros(2,3))
L.inv(M.zeros(2))
L.inv(M.eye(2,dtype=M.int))
L.inv(M.eye(2).half())
L.inv(a)
L.det(M.zeros(2,3))
L.det(M.zeros(0,0))
L.det(a)
L.slogdet(z)
L.slogdet(a)
L.pinv(M.ones(2,2))
L.pinv(M.ones(2,3),atol=5.)
L.matrix_rank(M.ones(2,2))
L.matrix_rank(a)
L.matrix_rank(e,tol=2.)
L.inv_ex(a)
M.logdet(e)
M.logdet(-M.eye(3))
L.tensorinv(M.eye(4).reshape(2,2,2,2)).shape
L.matrix_exp(z)
L.matrix_exp(a)
L.matrix_exp(a*9)
M.inverse(z)
L.pinv(M.ones(2))
L.pinv(q,hermitian=True)
L.matrix_rank(M.stack([e,z]))
L.matrix_rank(p,hermitian=True)
M.det(a), a.det(), a.logdet(), a.slogdet()[1], a.inverse(), a.matrix_exp(), a.pinverse()
L.inv(M.zeros(0,2,2)).shape
L.inv(e,out=M.empty(2,2))
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


_VALUES = {
    "a": torch.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=torch.float64),
    "q": torch.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=torch.float64),
}

DIFFERENTIABLE = """
L.inv(a)
L.det(a)
L.det(a * M.tensor([[1.0], [0.0]], dtype=M.float64))
L.det(M.stack([a, a * 0 + 1]))
L.slogdet(a).logabsdet
M.logdet(a)
L.pinv(q)
L.pinv(q.mT)
L.matrix_exp(a)
L.matrix_exp(a * 5)
""".strip().splitlines()


@pytest.mark.parametrize("expression", DIFFERENTIABLE)
def test_both_derivatives_as_pytorch(expression: str) -> None:
    assert_same_derivatives(flambeau, torch, expression, _VALUES)
