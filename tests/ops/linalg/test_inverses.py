"""Inverses, ranks, determinants and functions of matrices, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.support.matrices import assert_same, assert_same_derivatives, outcome

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


def _derivative_of_det(matrices: list[Any], dtype: flambeau.dtype = flambeau.float64) -> Any:
    x = flambeau.tensor(matrices, dtype=dtype, requires_grad=True)
    result = flambeau.linalg.det(x)
    (found,) = flambeau.autograd.grad(result, x, flambeau.ones_like(result))
    return found.tolist()


def test_derivatives_of_determinants_that_leave_the_range() -> None:
    for x, y in ((1e-320, 1.0), (1e-155, 1e-165), (1e200, 1e200), (0.0, 0.0)):
        found = _derivative_of_det([[x, 0.0], [0.0, y]])
        assert found[0] == pytest.approx([y, 0.0], rel=1e-12, abs=0)
        assert found[1] == pytest.approx([0.0, x], rel=1e-12, abs=0)


def test_each_determinant_of_a_batch_is_differentiated_by_itself() -> None:
    singular, regular, infinite = _derivative_of_det([[[1, 1], [1, 1]], [[1, 2], [3, 4]], [[math.inf, 1], [1, 2]]])
    assert [*singular[0], *singular[1]] == pytest.approx([1, -1, -1, 1])
    assert [*regular[0], *regular[1]] == pytest.approx([4, -3, -2, 1])
    assert infinite[1][1] == math.inf


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 3, 3)])
def test_derivatives_of_empty_determinants(shape: tuple[int, ...]) -> None:
    x = flambeau.zeros(shape, requires_grad=True)
    (found,) = flambeau.autograd.grad(flambeau.linalg.det(x).sum(), x)
    assert found.shape == shape


def test_derivatives_of_singular_complex_determinants_are_conjugate_cofactors() -> None:
    found = _derivative_of_det([[1 + 1j, 2 + 2j], [2j, 4j]], flambeau.complex128)
    assert [*found[0], *found[1]] == pytest.approx([-4j, 2j, -2 + 2j, 1 - 1j])


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_the_pseudo_inverse_of_hermitian_matrices_reads_one_triangle(dtype: torch.dtype) -> None:
    x = torch.randn(3, 3, generator=torch.Generator().manual_seed(1), dtype=dtype)
    whole = flambeau.tensor((x.tril() + x.tril(-1).mH).tolist(), dtype=flambeau.complex128)
    found = flambeau.linalg.pinv(flambeau.tensor(x.tolist(), dtype=flambeau.complex128), hermitian=True)
    assert dtype.is_complex or flambeau.allclose(found, flambeau.linalg.inv(whole))
    assert_same_derivatives(flambeau, torch, "L.pinv(x + x.mH, hermitian=True)", {"x": x})


@pytest.mark.parametrize("norm", [0.01, 1.0, 30.0])
def test_exponentials_of_a_batch_have_each_the_accuracy_of_one(norm: float) -> None:
    x = torch.randn(20, 2, 2, generator=torch.Generator().manual_seed(1))
    x = x / torch.linalg.matrix_norm(x, 1)[:, None, None] * norm
    expected = torch.linalg.matrix_exp(x.double())
    batch = flambeau.tensor([*x.tolist(), [[80.0, 1.0], [0.0, 80.0]]])
    found = torch.tensor(flambeau.linalg.matrix_exp(batch)[:20].tolist(), dtype=torch.float64)
    error = (found - expected).abs().amax((-2, -1)) / expected.abs().amax((-2, -1))
    assert error.max() < 2e-5


@pytest.mark.parametrize(
    "expression",
    [
        "L.slogdet(M.zeros(0, 0))",
        "L.slogdet(M.zeros(2, 0, 0))",
        "L.matrix_exp(M.full((2, 2), INF))",
        "L.matrix_exp(M.stack([M.zeros(2, 2), M.full((2, 2), NAN)]))",
        "L.matrix_exp(M.ones(0, 3, 3))",
        "L.slogdet(M.tensor([[INF, INF], [1.0, 0.0]]))",
        "L.slogdet(M.tensor([[INF, 0.0], [0.0, 2.0]]))",
        "L.cond(M.zeros(2, 2), 'nuc')",
        "L.cond(M.zeros(2, 0, 0))",
        "L.cond(M.eye(2) * 3, 'nuc')",
        "L.vander(M.tensor(2))",
        "L.vander(M.tensor(2.0), N=3)",
        "M.tensordot(ramp('float32', 1, 3), ramp('float32', 2, 3), dims=([0], [0]))",
        "M.tensordot(ramp('int8', 2, 3), ramp('int8', 1, 1), dims=2)",
        "list(M.broadcast_shapes(2, (3, 1)))",
        "list(M.broadcast_shapes((), 3, 1))",
    ],
)
def test_empty_singular_and_single(expression: str) -> None:
    assert_same(flambeau, torch, expression)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("function", ["abs", "angle", "exp", "real", "square"])
def test_gradcheck_of_complex_inputs(function: str, fast: bool) -> None:
    x = flambeau.tensor([1 + 2j, -0.5 + 1j], dtype=flambeau.complex128, requires_grad=True)
    assert flambeau.autograd.gradcheck(getattr(flambeau, function), x, fast_mode=fast)
    assert flambeau.autograd.gradgradcheck(getattr(flambeau, function), x)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_exponentials_of_16_bits_are_rounded_once(dtype: str) -> None:
    x = flambeau.tensor([[0.5, -1.25], [0.75, 0.25]], dtype=getattr(flambeau, dtype))
    result = flambeau.linalg.matrix_exp(x)
    assert result.dtype is x.dtype
    assert result.tolist() == flambeau.linalg.matrix_exp(x.float()).to(x.dtype).tolist()
