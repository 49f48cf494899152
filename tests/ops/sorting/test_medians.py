"""Medians and modes against PyTorch."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from drawing import Drawn, drawn_tensors, made, values_of
from expressions import lines, outcome, words

pytestmark = pytest.mark.oracle

EXPRESSIONS = lines("""
t.median(t.tensor([3,1,2,4]))
t.median(t.tensor(3.))
t.median(t.tensor(3.),0)
t.median(t.zeros(0))
t.median(t.zeros(0,dtype=t.int64))
t.nanmedian(t.zeros(0))
t.median(t.zeros(2,0))
t.median(t.zeros(2,0),0)
t.median(t.tensor([3.,nan,2,4]))
t.nanmedian(t.tensor([3.,nan,2,4]))
t.nanmedian(t.tensor([nan,nan]))
t.nanmedian(t.tensor([nan,nan]),0)
t.median(t.tensor([3.,nan,nan,4]),0)
t.nanmedian(t.tensor([3.,nan,2,4]),0)
t.median(t.tensor([[3,1],[2,5]]),1,True)
t.median(t.tensor([[3,1],[2,5]]),dim=1,keepdim=True)
t.median(t.tensor([2,1,1,2,1]),0)
t.median(t.tensor([2,2,1,1,2,1]),0)
t.median(t.tensor([2.,1.],requires_grad=True))
t.median(t.tensor([2.,1.],requires_grad=True),0)
t.nanmedian(t.tensor([2.,1.],requires_grad=True))
t.nanmedian(t.tensor([2.,1.],requires_grad=True),0)
t.median(t.tensor([3.,1]),0,out=(t.empty(0,dtype=t.float64),t.empty(0,dtype=t.int64)))
t.median(t.tensor([3.,1]),0,out=(t.empty(0),t.empty(0)))
t.median(t.tensor([3,1]),(0,))
t.mode(t.tensor([3,1,1,2]))
t.mode(t.tensor([3,1,1,2,3]))
t.mode(t.tensor(3.))
t.mode(t.tensor(3.),0,True)
t.mode(t.tensor([[3,1,1],[2,2,1]]),0)
t.mode(t.tensor([[3,1,1],[2,2,1]]),1,True)
t.mode(t.zeros(0,2))
t.mode(t.tensor([nan,nan,nan]))
t.mode(t.tensor([True,False,True]))
t.mode(t.tensor([2.,1.,2],requires_grad=True))
t.mode(t.tensor([3.,1]),0,out=(t.empty(0,dtype=t.float64),t.empty(0,dtype=t.int64)))
t.mode(t.tensor([3.,1]),0,out=(t.empty(0),t.empty(0)))
""")

ERRORS = lines("""
t.median(t.zeros(2,0),1)
t.median(t.tensor([[3,1],[2,5]]),keepdim=True)
t.median(t.tensor([3,1]),1)
t.median(t.tensor([True,False]))
t.median(t.tensor([True,False]),0)
t.nanmedian(t.tensor([True,False]))
t.median(t.tensor([1j]))
t.median(t.tensor([1j]),0)
t.median(t.tensor([3.,1]),out=t.empty(()))
t.nanmedian(t.tensor([3.,1]),out=t.empty(()))
t.mode(t.zeros(0))
t.mode(t.zeros(2,0))
t.mode(t.zeros(0,2),0)
t.mode(t.tensor([1j]))
t.mode(t.tensor([1,1]),1)
""")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("expression", ERRORS)
def test_errors_say_what_pytorch_says(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression) == words(torch, expression)


NUMBERS = ("uint8", "int16", "int64", "float16", "float32", "float64")


@settings(max_examples=150, derandomize=True, deadline=None)
@given(drawn_tensors(NUMBERS), st.integers(-3, 2), st.booleans(), st.sampled_from(["median", "nanmedian"]))
def test_medians_are_pytorch_s(torch: ModuleType, drawn: Drawn, dim: int, keepdim: bool, name: str) -> None:
    dim = max(min(dim, len(drawn[1]) - 1), -len(drawn[1]))
    x, y = made(flambeau, drawn), made(torch, drawn)
    found, expected = getattr(flambeau, name)(x, dim, keepdim), getattr(torch, name)(y, dim, keepdim)
    assert found.values.shape == expected.values.shape
    assert values_of(found.values + 0) == values_of(expected.values + 0)
    assert values_of(flambeau.gather(x, dim, found.indices if keepdim else found.indices.unsqueeze(dim))) == values_of(
        found.values
    )
    assert values_of(getattr(flambeau, name)(x) + 0) == values_of(getattr(torch, name)(y) + 0)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(drawn_tensors(("bool", *NUMBERS)), st.integers(-3, 2), st.booleans())
def test_modes_are_pytorch_s(torch: ModuleType, drawn: Drawn, dim: int, keepdim: bool) -> None:
    dim = max(min(dim, len(drawn[1]) - 1), -len(drawn[1]))
    dtype, shape, order, numbers = drawn
    drawn = (
        dtype,
        shape,
        order,
        [7.0 if number != number else number for number in numbers],
    )  # PyTorch cannot sort nan here
    found, expected = made(flambeau, drawn).mode(dim, keepdim), made(torch, drawn).mode(dim, keepdim)
    assert (found.values + 0).tolist() == (expected.values + 0).tolist()
    assert found.indices.tolist() == expected.indices.tolist()


def test_nan_is_equal_to_nothing(backend: str) -> None:
    found = flambeau.mode(flambeau.tensor([float("nan"), 2.0, float("nan"), 2.0]))
    assert (found.values.item(), found.indices.item()) == (2.0, 3)
