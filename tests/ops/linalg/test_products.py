"""Products of matrices, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

import pytest
from tests.support.matrices import assert_same, assert_same_derivatives, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
L.matrix_power(M.ones(2,2),-1)
L.matrix_power(a,-2)
L.matrix_power(M.ones(2,2),3)
L.matrix_power(M.ones(2,2),0)
L.matrix_power(M.ones(2,3),3)
L.multi_dot([e,e,a])
L.multi_dot([e])
L.vecdot(e,a)
L.cross(M.ones(3),M.arange(3.))
L.cross(M.ones(2),M.ones(2))
L.vander(M.tensor([1,2,3]))
L.diagonal(a)
M.trace(q)
M.trace(M.ones(2))
M.kron(a,M.ones(1,2))
M.kron(M.ones(2),a)
M.cross(M.ones(2,3),M.ones(2,3))
M.cross(M.ones(2,2),M.ones(2,2))
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
M.matrix_power(a,3), a.matrix_power(2)
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


_VALUES = {
    "a": torch.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=torch.float64),
    "q": torch.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=torch.float64),
}

DIFFERENTIABLE = """
L.matrix_power(a, 3)
L.matrix_power(a, -2)
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
""".strip().splitlines()


@pytest.mark.parametrize("expression", DIFFERENTIABLE)
def test_both_derivatives_as_pytorch(expression: str) -> None:
    assert_same_derivatives(flambeau, torch, expression, _VALUES)


_INTEGERS = ("int8", "uint8", "int16", "int32", "int64")

OF_ONE_DTYPE = """
M.matmul(ramp(D, 2, 3) * 37, ramp(D, 3, 2) * 5)
M.mm(ramp(D, 2, 3), ramp(D, 3, 2))
M.bmm(ramp(D, 2, 2, 3), ramp(D, 2, 3, 2))
M.mv(ramp(D, 2, 3), ramp(D, 3))
M.dot(ramp(D, 9), ramp(D, 9))
M.dot(ramp(D, 0), ramp(D, 0))
M.vdot(ramp(D, 3), ramp(D, 3))
M.inner(ramp(D, 3), ramp(D, 3))
M.inner(ramp(D, 2, 3), ramp(D, 2, 3))
M.outer(ramp(D, 3), ramp(D, 3))
M.einsum("ij,jk->ik", ramp(D, 2, 3), ramp(D, 3, 2))
M.einsum("ij,ij->i", ramp(D, 2, 3), ramp(D, 2, 3))
M.einsum("i,i", ramp(D, 9), ramp(D, 9))
M.tensordot(ramp(D, 2, 3), ramp(D, 3, 2), 1)
M.chain_matmul(ramp(D, 2, 3), ramp(D, 3, 2))
L.multi_dot([ramp(D, 2, 3), ramp(D, 3, 2), ramp(D, 2)])
L.matrix_power(ramp(D, 2, 2), 3)
L.vecdot(ramp(D, 3), ramp(D, 3))
M.cross(ramp(D, 3), ramp(D, 3), 0)
M.trace(ramp(D, 2, 2))
ramp(D, 3) @ ramp(D, 3, 2)
ramp(D, 2, 2, 3) @ ramp(D, 3)
ramp(D, 2, 2, 3) @ ramp(D, 3, 2)
ramp(D, 2, 0) @ ramp(D, 0, 2)
""".strip().splitlines()


@pytest.mark.parametrize("dtype", [*_INTEGERS, "bool"])
@pytest.mark.parametrize("expression", OF_ONE_DTYPE)
def test_products_of_integers_keep_their_dtype(expression: str, dtype: str) -> None:
    assert_same(flambeau, torch, expression.replace("D", repr(dtype)))


WITH_BIAS = """
M.addmm(DATA(D, 2, 2), DATA(D, 2, 3), DATA(D, 3, 2)B)
M.addmv(DATA(D, 2), DATA(D, 2, 3), DATA(D, 3)B)
M.addr(DATA(D, 2, 3), DATA(D, 2), DATA(D, 3)B)
M.baddbmm(DATA(D, 2, 2, 2), DATA(D, 2, 2, 3), DATA(D, 2, 3, 2)B)
M.addbmm(DATA(D, 2, 2), DATA(D, 2, 2, 3), DATA(D, 2, 3, 2)B)
""".strip().splitlines()

FACTORS = ("", "beta=2, alpha=3", "beta=0", "alpha=0", "beta=0.5", "alpha=1.5", "beta=True", "alpha=True")


@pytest.mark.parametrize("factors", [*FACTORS, "alpha=2j", "beta=1000"])
@pytest.mark.parametrize("dtype", [*_INTEGERS, "bool"])
@pytest.mark.parametrize("expression", WITH_BIAS)
def test_products_of_integers_with_a_bias(expression: str, dtype: str, factors: str) -> None:
    call = expression.replace("DATA", "ramp").replace("D,", f"{dtype!r},")
    assert_same(flambeau, torch, call.replace("B)", f", {factors})"))


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64"])
@pytest.mark.parametrize("expression", WITH_BIAS)
def test_products_of_floats_with_a_bias(expression: str, dtype: str, factors: str) -> None:
    call = expression.replace("DATA", "wave").replace("D,", f"{dtype!r},")
    # PyTorch rounds products of matrices and vectors of 16 bits in an order of its own.
    relative = 1e-2 if "addmv" in expression and "float16" in dtype else 1e-5
    assert_same(flambeau, torch, call.replace("B)", f", {factors})"), relative)


OF_TWO_DTYPES = """
M.mm(ramp("float32", 2, 3), ramp(D, 3, 2))
M.bmm(ramp("float32", 1, 2, 3), ramp(D, 1, 3, 2))
M.mv(ramp("float32", 2, 3), ramp(D, 3))
M.dot(ramp("float32", 3), ramp(D, 3))
M.vdot(ramp("float32", 3), ramp(D, 3))
M.inner(ramp("float32", 3), ramp(D, 3))
M.matmul(ramp("float32", 3), ramp(D, 3))
M.matmul(ramp("float32", 2, 2, 3), ramp(D, 3))
M.matmul(ramp("float32", 2, 2, 3), ramp(D, 2, 3, 2))
M.einsum("i,i", ramp("float32", 3), ramp(D, 3))
M.tensordot(ramp("float32", 3), ramp(D, 3), 1)
M.outer(ramp("float32", 3), ramp(D, 3))
M.addmm(ramp(D, 2, 2), ramp("float32", 2, 3), ramp("float32", 3, 2))
M.addmm(ramp("float32", 2, 2), ramp("float32", 2, 3), ramp(D, 3, 2))
M.addmv(ramp(D, 2), ramp("float32", 2, 3), ramp("float32", 3))
M.addr(ramp(D, 2, 3), ramp("float32", 2), ramp("float32", 3))
M.baddbmm(ramp(D, 2, 2, 2), ramp("float32", 2, 2, 3), ramp("float32", 2, 3, 2))
M.baddbmm(ramp("float32", 2, 2, 2), ramp("float32", 2, 2, 3), ramp(D, 2, 3, 2))
M.addbmm(ramp("float32", 2, 2), ramp(D, 2, 2, 3), ramp("float32", 2, 3, 2))
ramp("int32", 2, 3).addr_(ramp(D, 2), ramp(D, 3))
""".strip().splitlines()


@pytest.mark.parametrize("dtype", [*_INTEGERS, "float64"])
@pytest.mark.parametrize("expression", OF_TWO_DTYPES)
def test_products_of_different_dtypes(expression: str, dtype: str) -> None:
    assert_same(flambeau, torch, expression.replace("D", repr(dtype)))


ODD_SHAPES = """
M.addmm(ramp("float32", 2) * NAN, ramp("float32", 2, 2), ramp("float32", 2, 2), beta=0)
M.addmm(ramp("float32", 2), ramp("float32", 2, 2) * NAN, ramp("float32", 2, 2), alpha=0)
M.addmv(ramp("float32", 2), ramp("float32", 2, 2) * NAN, ramp("float32", 2), alpha=0)
M.addbmm(ramp("float32", 2), ramp("float32", 1, 2, 2) * NAN, ramp("float32", 1, 2, 2), alpha=0)
M.addr(ramp("float32", 2) * NAN, ramp("float32", 2), ramp("float32", 2), beta=0)
M.addmv(ramp("float32", 2), ramp("float32", 2, 0), ramp("float32", 0), beta=3)
M.addmm(ramp("float32", 2), ramp("float32", 2, 0), ramp("float32", 0, 2), beta=3)
M.addbmm(ramp("float32", 2), ramp("float32", 0, 2, 3), ramp("float32", 0, 3, 2), beta=3)
M.addbmm(ramp("float16", 2), ramp("float16", 0, 2, 3), ramp("float16", 0, 3, 2), beta=3)
M.addr(ramp("float32", 5), ramp("float32", 2), ramp("float32", 3))
M.addr(ramp("float32", 2, 3), ramp("float32", 2), ramp("float32", 4))
M.addmv(ramp("float32", 2), ramp("float32", 3, 2), ramp("float32", 2))
M.addmm(ramp("float32", 2), ramp("float32", 3, 2), ramp("float32", 2, 3))
M.addmm(ramp("float32", 1, 1, 2), ramp("float32", 3, 2), ramp("float32", 2, 2))
M.addmm(ramp("float32", 3), ramp("float32", 3, 2), ramp("float32", 3, 2))
M.baddbmm(ramp("float32", 3), ramp("float32", 2, 3, 2), ramp("float32", 2, 2, 2))
M.addbmm(ramp("float32", 3), ramp("float32", 2, 3, 2), ramp("float32", 2, 2, 2))
M.addbmm(ramp("float32", 2), ramp("float32", 2, 3, 2), ramp("float32", 3, 2, 2))
M.addbmm(ramp("float32", 2), ramp("float32", 2, 3, 2), ramp("float32", 2, 3, 2))
""".strip().splitlines()


@pytest.mark.parametrize("expression", ODD_SHAPES)
def test_biases_of_odd_shapes_and_values(expression: str) -> None:
    assert_same(flambeau, torch, expression)


def test_dot_has_one_node_and_adds_its_gradients_apart() -> None:
    a, b = flambeau.tensor([0.0, 3.0, 0.0, -1.5]), flambeau.tensor([3e38, -3e38, 0.0, 0.0])
    for function in (flambeau.dot, flambeau.matmul, flambeau.inner, flambeau.vdot, flambeau.linalg.vecdot):
        a, b, grad = a.requires_grad_(), b.requires_grad_(), flambeau.ones((), requires_grad=True)
        first = flambeau.autograd.grad(function(a, b), (a, b), grad, create_graph=True)
        (second,) = flambeau.autograd.grad(first, grad, [flambeau.ones(4)] * 2)
        assert second.item() == 1.5
    assert flambeau.dot(a, b).grad_fn.name() == "DotBackward0"


_WRITTEN = """
M.mm(M.eye(2), M.eye(2)
M.bmm(M.ones(1, 2, 2), M.ones(1, 2, 2)
M.mv(M.eye(2), M.ones(2)
M.matmul(M.ones(1, 2, 2), M.eye(2)
M.addmm(M.eye(2), M.eye(2), M.eye(2)
M.addmv(M.ones(2), M.eye(2), M.ones(2)
M.baddbmm(M.ones(1, 2, 2), M.ones(1, 2, 2), M.ones(1, 2, 2)
M.outer(M.ones(2), M.ones(2)
M.kron(M.eye(2), M.eye(2)
L.cross(M.ones(3), M.ones(3)
L.inv(M.eye(2)
L.det(M.eye(2)
L.solve(M.eye(2), M.eye(2)
L.cholesky(M.eye(2)
L.vector_norm(M.ones(2)
L.tensorsolve(M.eye(2), M.ones(2)
M.cholesky_solve(M.eye(2), M.eye(2)
M.cholesky_inverse(M.eye(2)
""".strip().splitlines()


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("call", _WRITTEN)
def test_the_dtype_of_what_is_written_to(call: str, dtype: str) -> None:
    assert_same(flambeau, torch, f"{call}, out=M.empty(0, dtype=M.{dtype}))")


@pytest.mark.parametrize(
    "call", ["M.dot(M.ones(2), M.ones(2)", "M.inner(M.ones(2), M.ones(2)", "L.vecdot(M.ones(2), M.ones(2)",
             "L.multi_dot([M.eye(2), M.eye(2)]", "M.tensordot(M.eye(2), M.eye(2), 1", "L.matrix_norm(M.eye(2)", "L.norm(M.eye(2)"]
)  # fmt: skip
def test_results_that_are_not_converted(call: str) -> None:
    for dtype in ("float64", "float16", "int64"):
        assert outcome(flambeau, f"{call}, out=M.empty(0, dtype=M.{dtype}))") == "RuntimeError"


@pytest.mark.parametrize(
    "expression",
    [
        "M.cholesky_inverse(ramp('float16', 2, 2))",
        "M.cholesky_inverse(ramp('bfloat16', 2, 2))",
        "L.multi_dot(ramp('float32', 2, 2))",
        "ramp('float32', 3).index_fill(0, M.tensor([0]), 1j)",
        "ramp('float32', 3).index_fill(0, M.tensor([0]), M.tensor(1j))",
        "ramp('complex64', 3).index_fill(0, M.tensor([0]), 1j)",
    ],
)
def test_dtypes_and_arguments_refused(expression: str) -> None:
    assert_same(flambeau, torch, expression)
