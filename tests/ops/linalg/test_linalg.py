"""Products, factorisations, inverses and norms of matrices, compared with PyTorch: values, errors, gradients."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_NAMES = """
L = M.linalg; z = M.zeros(2, 2); e = M.eye(2); b = M.stack([e, z]); a = M.tensor([[2.0, 2], [1, 3.5]])
p = M.tensor([[4.0, 2], [2, 5]]); q = M.tensor([[1.0, 2], [3, 4.5], [5, 7]])
"""

EXPRESSIONS = """
L.inv(z)
L.inv(b)
L.inv(M.zeros(2,3))
L.inv(M.zeros(2))
L.inv(M.eye(2,dtype=M.int))
L.inv(M.eye(2).half())
L.inv(a)
L.solve(z,e)
L.solve(b,e)
L.solve(e,M.ones(3))
L.solve(a,M.ones(2))
L.solve(e,M.ones(2,3),left=False)
L.solve(a,M.ones(3,2),left=False)
L.solve(M.stack([a,a]),M.ones(2,2))
L.cholesky(-e)
L.cholesky(b)
L.cholesky(M.zeros(2,3))
L.cholesky(p)
L.cholesky(p,upper=True)
L.det(M.zeros(2,3))
L.det(M.zeros(0,0))
L.det(a)
L.slogdet(z)
L.slogdet(a)
L.eigh(M.tensor([[1.,2],[2,1]])).eigenvalues
L.eigh(e,UPLO='X')
L.qr(M.ones(3,2),mode='x')
L.svd(M.ones(3,2)).U.shape
L.svd(M.ones(3,2),full_matrices=False).U.shape
L.pinv(M.ones(2,2))
L.pinv(M.ones(2,3),atol=5.)
L.matrix_rank(M.ones(2,2))
L.matrix_rank(a)
L.matrix_rank(e,tol=2.)
L.matrix_power(M.ones(2,2),-1)
L.matrix_power(a,-2)
L.matrix_power(M.ones(2,2),3)
L.matrix_power(M.ones(2,2),0)
L.matrix_power(M.ones(2,3),3)
L.cond(e)
L.cond(z)
L.cond(a,1)
L.cond(z,1)
L.cond(e,'fro')
L.lstsq(M.ones(3,2),M.ones(3,1))
L.lstsq(q,M.arange(3.).reshape(3,1))
L.lu_factor(a)
L.lu(a)
L.lu(q)
L.lu_factor(z)
L.solve_triangular(a,e,upper=True)
L.solve_triangular(a,e,upper=False,unitriangular=True)
L.solve_triangular(a,e,upper=False,left=False)
L.multi_dot([e,e,a])
L.multi_dot([e])
L.vecdot(e,a)
L.cross(M.ones(3),M.arange(3.))
L.cross(M.ones(2),M.ones(2))
L.inv_ex(a)
L.cholesky_ex(-e).info
L.cholesky_ex(b).info
L.norm(e)
L.norm(M.ones(3),3)
L.norm(a,'nuc')
L.norm(a,2)
L.norm(a,-2)
L.norm(a,float('inf'))
L.norm(a,-1)
L.norm(M.ones(2,2,2),1)
L.norm(M.ones(2,2,2),1,dim=(0,2))
L.norm(M.ones(2,2,2),2,dim=(0,2),keepdim=True).shape
L.matrix_norm(M.ones(3))
L.vector_norm(M.ones(2,2),float('inf'))
L.norm(M.ones(2,2),'x')
M.logdet(e)
M.logdet(-M.eye(3))
L.tensorinv(M.eye(4).reshape(2,2,2,2)).shape
L.tensorsolve(M.eye(4).reshape(2,2,2,2),M.ones(2,2))
L.vander(M.tensor([1,2,3]))
L.matrix_exp(z)
L.matrix_exp(a)
L.matrix_exp(a*9)
L.diagonal(a)
M.cholesky(e)
M.svd(a).S
M.inverse(z)
M.cholesky_solve(e,L.cholesky(p))
M.cholesky_inverse(L.cholesky(p))
L.lu_solve(*L.lu_factor(a),e)
L.eigvalsh(p)
M.trace(q)
M.trace(M.ones(2))
M.kron(a,M.ones(1,2))
M.kron(M.ones(2),a)
M.cross(M.ones(2,3),M.ones(2,3))
M.cross(M.ones(2,2),M.ones(2,2))
M.cdist(M.ones(2,3),M.zeros(4,3))
M.cdist(a,a,p=1)
M.cdist(a,a,p=float('inf'))
M.cdist(a,a,p=0)
M.cdist(M.ones(2,3),M.zeros(4,2))
M.cdist(M.ones(3),M.zeros(4,3))
M.cdist(e.long(),e.long())
M.cdist(e,e,p=-1)
M.cdist(a,a,compute_mode='use_mm_for_euclid_dist')
M.cdist(a,a,compute_mode='products')
M.cdist(M.arange(60.).reshape(30,2),M.ones(2,2))
M.cdist(M.ones(30,0),M.ones(2,0))
M.tensordot(e,a)
M.tensordot(e,a,dims=1)
M.tensordot(e,a,dims=0).shape
M.tensordot(e,M.ones(3,2),dims=([1],[0]))
M.tensordot(e,e,dims=([0,1],[1]))
M.tensordot(q,q,dims=([0],[0]))
M.inner(e,M.ones(3))
M.inner(a,q)
M.inner(M.tensor(2),a)
M.vdot(M.ones(2),M.ones(3))
M.vdot(e,e)
M.baddbmm(e,b,b,beta=2,alpha=.5)
M.baddbmm(e,e,b)
M.addbmm(e,b,b)
M.addmv(M.ones(2),e,M.ones(3))
M.addmv(M.ones(2),a,M.ones(2))
M.addr(e,M.ones(2),M.ones(2),beta=2)
M.addr(e,M.ones(3),M.ones(2))
e.clone().addr_(M.ones(2),M.ones(2))
M.chain_matmul(e,a)
M.ger(M.ones(2),M.ones(2))
M.pdist(q)
M.einsum('ij,jk',e,a)
M.einsum('ij,jk->ikl',e,e)
M.einsum('ij',e,e)
M.einsum('ij,jk',e)
M.einsum('ijk',e)
M.einsum('i+',e)
M.einsum('ii->iii',e)
M.einsum('ij,jk',e,M.ones(3,2))
M.einsum('ii',a)
M.einsum('ii->i',a)
M.einsum('ij->ji',a)
M.einsum('ij->',a)
M.einsum('...ij,...jk->...ik',b,a)
M.einsum('bij,bjk->bik',b,b)
M.einsum('i,j->ij',M.arange(3.),M.arange(2.))
M.einsum('ij,ij->i',a,a)
M.einsum('ij,kj,k->i',a,q,M.ones(3))
M.einsum(a,[0,1],a,[1,2],[0,2])
M.einsum(a,[0,1],a,[1,2])
M.einsum('b...,b...->...',b,b)
M.einsum('i..,i',a,a)
M.einsum('ba',a)
M.einsum('ij , jk -> ik',e,a)
M.einsum('ij,jk->ik',[e,a])
M.einsum('iji->j',b)
M.einsum('i,i->i',M.arange(3.),M.ones(1))
L.qr(M.ones(3,2),mode='r').Q
L.lstsq(q,M.arange(3.).reshape(3,1),driver='gels').rank
L.lstsq(q,M.arange(3.),driver='gelsd').singular_values.shape
L.lstsq(q,M.ones(2,1))
L.lstsq(q,M.ones(3,1),driver='x')
L.pinv(M.ones(2))
L.pinv(q,hermitian=True)
L.matrix_rank(M.stack([e,z]))
L.matrix_rank(p,hermitian=True)
L.solve(e,M.ones(2,1).double())
L.solve(e,M.ones(2),left=False)
L.eigvals(M.ones(2,3))
M.det(a), a.det(), a.logdet(), a.slogdet()[1], a.inverse(), a.matrix_exp(), a.pinverse()
M.matrix_power(a,3), a.matrix_power(2)
L.inv(M.zeros(0,2,2)).shape
L.svd(M.zeros(2,0,3)).S.shape
L.cholesky(M.zeros(0,0))
L.inv(e,out=M.empty(2,2))
L.cholesky("no")
""".strip().splitlines()


def _outcome(module: Any, expression: str) -> str:
    names: dict[str, Any] = {"M": module}
    exec(_NAMES, names)
    with warnings.catch_warnings(action="ignore"):
        try:
            text = repr(eval(expression, names)).replace("\n", "").replace(" ", "")
        except Exception as error:
            return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
    return re.sub(r"-(0\.0*)(?![0-9])", r"\1", text)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert _outcome(flambeau, expression) == _outcome(torch, expression)


@pytest.mark.parametrize("expression", ["L.inv(b)", "L.solve(b, e)", "L.cholesky(b)", "L.inv(z)", "L.cholesky(-e)"])
def test_the_error_says_which_matrix(expression: str) -> None:
    names: dict[str, Any] = {"M": flambeau}
    exec(_NAMES, names)
    with pytest.raises(flambeau.linalg.LinAlgError) as found:
        eval(expression, names)
    names = {"M": torch}
    exec(_NAMES, names)
    with pytest.raises(torch.linalg.LinAlgError) as expected:
        eval(expression, names)
    assert str(found.value) == str(expected.value)


GRADIENTS = """
L.inv(a)
L.solve(a, q.mT)
L.solve(a, q.mT[:, 0])
L.solve(a, q, left=False)
L.det(a)
L.det(a * M.tensor([[1.0], [0.0]], dtype=M.float64))
L.det(M.stack([a, a * 0 + 1]))
L.slogdet(a).logabsdet
M.logdet(a)
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
L.pinv(q)
L.pinv(q.mT)
L.lstsq(q, q[:, :1] * 2 + 1).solution
L.matrix_exp(a)
L.matrix_exp(a * 5)
L.matrix_power(a, 3)
L.matrix_power(a, -2)
L.lu(a).L
L.lu(a).U
L.lu_factor(a).LU
L.solve_triangular(a, q.mT, upper=True)
L.solve_triangular(a, q.mT, upper=False, unitriangular=True)
L.norm(q, "nuc")
L.norm(q, 2)
L.norm(q, float("inf"))
L.matrix_norm(q, -1)
L.vector_norm(q, 3)
L.cond(a)
L.multi_dot([q, a, q.mT])
L.cross(q.reshape(2, 3), q.mT)
L.vecdot(q, q * 2)
M.einsum("ij,kj->ik", q, a)
M.einsum("ij,jk,lk->il", q, a, q)
M.einsum("ii->i", a)
M.einsum("ij->", q)
M.tensordot(q, a, dims=([1], [0]))
M.kron(q, a)
M.trace(a)
M.baddbmm(q[None], q[None], a[None], beta=2, alpha=3)
M.addbmm(q, q[None], a[None])
M.addmv(q[:, 0], q, a[0], alpha=2)
M.addr(a, a[0], a[1], beta=0.5)
M.inner(q, a)
M.vdot(a[0], a[1])
M.cholesky_solve(q.mT, a.tril())
M.cholesky_inverse(a.tril())
""".strip().splitlines()


FIRST = (
    "M.cdist(q, a)",
    "M.cdist(q, q)",
    "M.cdist(q, a, compute_mode='use_mm_for_euclid_dist')",
    "M.cdist(q, a, p=1)",
    "M.cdist(q, a, p=3)",
    "M.cdist(q, a, p=INF)",
    "M.pdist(q)",
)
"""Those of which PyTorch has the first derivative only."""


@pytest.mark.parametrize("expression", [*GRADIENTS, *FIRST])
def test_gradients_as_pytorch(expression: str) -> None:
    outcomes = []
    for module in (flambeau, torch):
        a = module.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=module.float64).requires_grad_()
        q = module.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=module.float64).requires_grad_()
        with warnings.catch_warnings(action="ignore"):
            result = eval(expression, {"M": module, "L": module.linalg, "a": a, "q": q, "INF": float("inf")})
            weights = module.arange(1.0, result.numel() + 1, dtype=module.float64).reshape(result.shape)
            first = module.autograd.grad((result * weights).sum(), (a, q), create_graph=True, allow_unused=True)
            norm = sum((grad * grad).sum() for grad in first if grad is not None)
            second = (None, None)
            if norm.requires_grad and expression not in FIRST:
                second = module.autograd.grad(norm, (a, q), allow_unused=True)
        outcomes.append([result, *first, *second])
    for found, expected in zip(*outcomes, strict=True):
        numbers = [0.0] if found is None else (found + 0).flatten().tolist()
        assert numbers == pytest.approx(
            [0.0] if expected is None else (expected + 0).flatten().tolist(), rel=1e-6, abs=1e-8
        )
