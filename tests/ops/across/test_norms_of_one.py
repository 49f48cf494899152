"""Norms over one element: the absolute value, whatever the exponent, so that no power leaves the range."""

from __future__ import annotations

import math
from types import ModuleType

import pytest

import flambeau
from expressions import lines, outcome

EXPRESSIONS = lines("""
t.norm(t.tensor([1e25]))
t.norm(t.tensor([-1e-25]))
t.norm(t.tensor([[1e25], [1e-25]]), dim=1)
t.norm(t.tensor([[1e25], [1e-25]]), dim=1, keepdim=True)
t.norm(t.tensor([-1e25]), p=3)
t.norm(t.tensor([-1e25]), p=0.5)
t.norm(t.tensor([-1e25]), p=-2)
t.norm(t.tensor([-1e25]), p=0)
t.norm(t.tensor(-1e25))
t.norm(t.tensor(nan), p=3)
t.norm(t.tensor([-0.0]))
t.norm(t.tensor([-6e4], dtype=t.float16), p=3)
t.norm(t.tensor([3e25+4e25j]))
t.linalg.norm(t.tensor([[1e25]]))
t.linalg.vector_norm(t.tensor([[1e25]]), 3)
t.linalg.matrix_norm(t.tensor([[1e25]]))
t.nn.functional.normalize(t.tensor([[1e25], [-1e25]]))
t.zeros(0, 1).norm(dim=1)
t.zeros(0, 1).norm(dim=0)
t.renorm(t.tensor([[1e25], [1.0]]), 2, 0, 5)
""")

DERIVATIVES = lines("""
t.autograd.functional.jacobian(lambda x: x.norm(), t.tensor([1e25]))
t.autograd.functional.jacobian(lambda x: x.norm(), t.tensor([0.0]))
t.autograd.functional.jacobian(lambda x: x.norm(p=3), t.tensor([-2.0]))
t.autograd.functional.jacobian(lambda x: t.nn.functional.normalize(x), t.tensor([[1e25]]))
t.autograd.functional.hessian(lambda x: x.norm(), t.tensor([-2.0]))
""")


@pytest.mark.oracle
@pytest.mark.parametrize("expression", EXPRESSIONS + DERIVATIVES)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, -2, math.inf, -math.inf])
def test_a_norm_of_one_element_is_its_size(p: float) -> None:
    assert flambeau.norm(flambeau.tensor([-1e25]), p).item() == flambeau.tensor(1e25).item()
    assert flambeau.norm(flambeau.tensor([[-1e-25], [2.0]]), p, dim=1).tolist()[0] == flambeau.tensor(1e-25).item()
