"""What the targets and weights of a cross entropy may be, in PyTorch's words."""

from __future__ import annotations

from types import ModuleType

import pytest

import flambeau
from expressions import lines, outcome, words

WRONG = lines("""
t.nn.functional.cross_entropy(t.zeros(2, 4), t.zeros(2, 4, dtype=t.int64))
t.nn.functional.cross_entropy(t.zeros(2, 4), t.zeros(2, 4), ignore_index=1)
t.nn.functional.cross_entropy(t.zeros(2, 4), t.zeros(2, 4), weight=t.ones(3))
t.nn.functional.cross_entropy(t.zeros(2, 4), t.zeros(2, dtype=t.int64), weight=t.ones(3))
t.nn.functional.cross_entropy(t.zeros(2, 4), t.zeros(2, dtype=t.int64), weight=t.ones(4, 1))
t.nn.functional.nll_loss(t.zeros(2, 4), t.zeros(2, dtype=t.int64), weight=t.ones(5))
t.nn.functional.nll_loss(t.zeros(4), t.tensor(1), weight=t.ones(()))
t.nn.functional.cross_entropy(t.tensor(1.0), t.tensor(0))
""")
RIGHT = lines("""
t.nn.functional.cross_entropy(t.zeros(2, 0), t.zeros(2, 0))
t.nn.functional.cross_entropy(t.zeros(0, 4), t.zeros(0, 4), label_smoothing=0.5)
t.nn.functional.cross_entropy(t.zeros(0, 0), t.zeros(0, dtype=t.int64), label_smoothing=0.5)
t.nn.functional.cross_entropy(t.arange(8.0).reshape(2, 4), t.tensor([1, 2]), label_smoothing=0.5, reduction='none')
t.nn.functional.cross_entropy(t.arange(8.0).reshape(2, 4), t.tensor([1, 2]), t.arange(4.0), label_smoothing=0.5)
t.nn.functional.cross_entropy(t.arange(8.0).reshape(2, 4), t.ones(2, 4), t.arange(4.0), reduction='sum')
""")


@pytest.mark.oracle
@pytest.mark.parametrize("expression", WRONG)
def test_errors_say_what_pytorch_says(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression) == words(torch, expression)


@pytest.mark.oracle
@pytest.mark.parametrize("expression", RIGHT)
def test_values_are_pytorchs(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)
