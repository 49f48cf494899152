"""Of nothing, and with options that say what is usual anyway."""

from __future__ import annotations

from types import ModuleType

import pytest

import flambeau
from expressions import lines, outcome

EXPRESSIONS = lines("""
t.linalg.norm(t.zeros(0, 3), 2)
t.linalg.norm(t.zeros(0, 3), 1)
t.linalg.norm(t.zeros(3, 0), 1)
t.linalg.norm(t.zeros(0, 3), inf)
t.linalg.norm(t.zeros(3, 0), inf)
t.linalg.norm(t.zeros(3, 0), -1)
t.linalg.norm(t.zeros(3, 0), -2)
t.linalg.norm(t.zeros(3, 0), "nuc")
t.linalg.matrix_norm(t.zeros(0, 0), 2)
t.linalg.matrix_norm(t.zeros(0, 0), 1)
t.linalg.matrix_norm(t.zeros(2, 0, 3), 2)
t.linalg.matrix_norm(t.zeros(2, 0, 3), 2, keepdim=True)
t.linalg.matrix_norm(t.zeros(2, 3, 0), 1, keepdim=True)
t.linalg.matrix_norm(t.zeros(0, 3, 3), 2)
t.autograd.functional.vjp(lambda x: t.linalg.matrix_norm(x, 2), t.zeros(0, 3), t.zeros(()))
t.autograd.functional.vjp(lambda x: t.linalg.matrix_norm(x, 1), t.zeros(0, 3), t.zeros(()))
t.autograd.functional.vjp(lambda x: t.logcumsumexp(x, 0), t.zeros(0), t.zeros(0))
t.autograd.functional.vjp(lambda x: t.logcumsumexp(x, 1), t.zeros(2, 0), t.zeros(2, 0))
t.autograd.functional.vjp(lambda x: t.logcumsumexp(x, 1), t.zeros(0, 2), t.zeros(0, 2))
t.histc(t.tensor([0, 3e38]), 4)
t.histc(t.tensor([0, 3e38, 1e38]), 4)
t.histc(t.tensor([0, 6e4], dtype=t.float16), 4)
t.histc(t.tensor([0, 1e38]), 2)
(t.manual_seed(0), t.randperm(300, dtype=t.bfloat16))[1]
t.randperm(2050, dtype=t.float16)
t.zeros(2, layout=None)
t.ones(2, layout=None)
t.full((2,), 1, layout=None)
t.empty(0, layout=None)
t.arange(2, layout=None)
t.eye(2, layout=None)
t.linspace(0, 1, 2, layout=None)
t.logspace(0, 1, 2, layout=None)
t.rand(0, layout=None)
t.randperm(1, layout=None)
t.empty_strided((0,), (1,), layout=None)
t.empty_permuted((0,), (0,), layout=None)
t.tril_indices(2, 2, layout=None)
t.normal(0.0, 1.0, (0,), layout=None)
t.scalar_tensor(1, layout=None)
t.zeros(2, layout=t.sparse_coo)
t.zeros(2, layout=3)
t.ones(2, layout="strided")
""")


@pytest.mark.oracle
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


def test_the_norm_of_an_empty_matrix_is_zero() -> None:
    for order in (1, 2, float("inf")):
        assert flambeau.linalg.matrix_norm(flambeau.zeros(0, 0), order).item() == 0


def test_what_is_no_layout_is_refused() -> None:
    with pytest.raises(TypeError, match="argument 'layout' must be torch.layout, not int"):
        flambeau.zeros(2, layout=3)  # type: ignore[arg-type]
