"""The factor of ``add``: of truth values it is one, too."""

from __future__ import annotations

from types import ModuleType

import pytest

import flambeau
from expressions import lines, outcome

EXPRESSIONS = lines("""
t.add(b, b, alpha=2)
t.add(b, b, alpha=0)
t.add(b, b, alpha=-1)
t.add(b, b, alpha=True)
t.add(b, True, alpha=2)
t.add(b, False, alpha=2)
t.add(b, True, alpha=0)
t.add(True, b, alpha=3)
t.add(t.tensor(True), b, alpha=2)
t.add(b, 1, alpha=2)
t.add(b, t.tensor(1), alpha=2)
t.add(b, b, alpha=2.0)
b.add(b, alpha=2)
b.clone().add_(b, alpha=2)
b.clone().add_(True, alpha=2)
t.add(b, b, alpha=2, out=t.zeros(2))
t.sub(b, b, alpha=2)
""")


@pytest.mark.oracle
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_of_bool_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    expression = f"(lambda b: {expression})(t.tensor([True, False]))"
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("alpha", [2, -1, True])
def test_a_sum_of_truth_values_stays_one(alpha: int) -> None:
    b = flambeau.tensor([True, False])
    assert flambeau.add(b, b, alpha=alpha).dtype is flambeau.bool
