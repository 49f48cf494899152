"""Linear systems, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

import pytest
from tests.support.matrices import assert_same, assert_same_derivatives, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
L.solve(z,e)
L.solve(b,e)
L.solve(e,M.ones(3))
L.solve(a,M.ones(2))
L.solve(e,M.ones(2,3),left=False)
L.solve(a,M.ones(3,2),left=False)
L.solve(M.stack([a,a]),M.ones(2,2))
L.lstsq(M.ones(3,2),M.ones(3,1))
L.lstsq(q,M.arange(3.).reshape(3,1))
L.solve_triangular(a,e,upper=True)
L.solve_triangular(a,e,upper=False,unitriangular=True)
L.solve_triangular(a,e,upper=False,left=False)
L.tensorsolve(M.eye(4).reshape(2,2,2,2),M.ones(2,2))
M.cholesky_solve(e,L.cholesky(p))
M.cholesky_inverse(L.cholesky(p))
L.lu_solve(*L.lu_factor(a),e)
L.lstsq(q,M.arange(3.).reshape(3,1),driver='gels').rank
L.lstsq(q,M.arange(3.),driver='gelsd').singular_values.shape
L.lstsq(q,M.ones(2,1))
L.lstsq(q,M.ones(3,1),driver='x')
L.solve(e,M.ones(2,1).double())
L.solve(e,M.ones(2),left=False)
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


_VALUES = {
    "a": torch.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=torch.float64),
    "q": torch.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=torch.float64),
}

DIFFERENTIABLE = """
L.solve(a, q.mT)
L.solve(a, q.mT[:, 0])
L.solve(a, q, left=False)
L.lstsq(q, q[:, :1] * 2 + 1).solution
L.solve_triangular(a, q.mT, upper=True)
L.solve_triangular(a, q.mT, upper=False, unitriangular=True)
M.cholesky_solve(q.mT, a.tril())
M.cholesky_inverse(a.tril())
""".strip().splitlines()


@pytest.mark.parametrize("expression", DIFFERENTIABLE)
def test_both_derivatives_as_pytorch(expression: str) -> None:
    assert_same_derivatives(flambeau, torch, expression, _VALUES)


@pytest.mark.parametrize("call", ["inv(b)", "solve(b, e)", "cholesky(b)", "inv(z)", "cholesky(-e)"])
def test_the_error_says_which_matrix(call: str) -> None:
    names = "(lambda e, z: (lambda b: M.linalg.{})(M.stack([e, z])))(M.eye(2), M.zeros(2, 2))"
    assert_same(flambeau, torch, names.format(call))
