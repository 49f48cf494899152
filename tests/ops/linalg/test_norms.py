"""Norms of vectors and matrices, and condition numbers, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

import pytest
from tests.support.matrices import assert_same, assert_same_derivatives, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
L.cond(e)
L.cond(z)
L.cond(a,1)
L.cond(z,1)
L.cond(e,'fro')
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
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


_VALUES = {
    "a": torch.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=torch.float64),
    "q": torch.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=torch.float64),
}

DIFFERENTIABLE = """
L.norm(q, "nuc")
L.norm(q, 2)
L.norm(q, float("inf"))
L.matrix_norm(q, -1)
L.vector_norm(q, 3)
L.cond(a)
""".strip().splitlines()


@pytest.mark.parametrize("expression", DIFFERENTIABLE)
def test_both_derivatives_as_pytorch(expression: str) -> None:
    assert_same_derivatives(flambeau, torch, expression, _VALUES)


@pytest.mark.parametrize("ord", ["'fro'", "'nuc'", "1", "-1", "2", "INF", "-INF", "0", "3", "'x'"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "complex64"])
def test_matrix_norms_by_dtype(ord: str, dtype: str) -> None:
    assert_same(flambeau, torch, f"L.matrix_norm(wave('{dtype}', 3, 3), {ord})")
    assert_same(flambeau, torch, f"L.norm(wave('{dtype}', 3, 3), {ord}, keepdim=True)")


@pytest.mark.parametrize("dtype", ["float16", "float64", "complex64", "complex128", "int64"])
@pytest.mark.parametrize("of", ["float32", "complex64", "int64"])
def test_the_dtype_that_norms_are_computed_in(of: str, dtype: str) -> None:
    for function in ("L.vector_norm", "L.matrix_norm", "L.norm", "M.norm"):
        assert_same(flambeau, torch, f"{function}(ramp('{of}', 2, 2), dtype=M.{dtype})")


@pytest.mark.parametrize("p", ["0", "3", "'x'"])
def test_condition_numbers_refuse_orders(p: str) -> None:
    assert_same(flambeau, torch, f"L.cond(ramp('float32', 2, 2), {p})")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("p", ["1", "2", "0.5", "INF"])
def test_renorm_of_16_bits_rounds_where_pytorch_does(p: str, dtype: str) -> None:
    assert_same(flambeau, torch, f"M.renorm(wave('{dtype}', 4, 6), {p}, 0, 1.3)", relative=0)
