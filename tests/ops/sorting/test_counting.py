"""Distinct elements and counts against PyTorch."""

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
t.unique(t.tensor([3,1,2,1]))
t.unique(t.tensor([3,1,2,1]),sorted=False)
t.unique(t.tensor([3,1,2,1]),True,True)
t.unique(t.tensor([3,1,2,1]),return_inverse=True)
t.unique(t.tensor([3,1,2,1]),return_counts=True)
t.unique(t.tensor([3,1,2,1]),True,True,True)
t.unique(t.tensor([[3,1],[2,1]]),return_inverse=True)
t.unique(t.tensor([[3,1],[2,1],[3,1]]),dim=0)
t.unique(t.tensor([[3,1],[2,1],[3,1]]),True,True,True,0)
t.unique(t.tensor([[3,1,3],[2,1,2]]),dim=1,return_inverse=True,return_counts=True)
t.unique(t.tensor([[3,1,3],[2,1,2]]),dim=-1,return_inverse=True)
t.unique(t.tensor(3))
t.unique(t.tensor(3),return_inverse=True,return_counts=True)
t.unique(t.zeros(0))
t.unique(t.zeros(0),return_inverse=True,return_counts=True)
t.unique(t.zeros(0),dim=0)
t.unique(t.zeros(0),dim=0,return_inverse=True,return_counts=True)
t.unique(t.zeros(2,0),dim=1)
t.unique(t.zeros(2,0))
t.unique(t.tensor([nan,1.,nan]))
t.unique(t.tensor([nan,1.,nan]),return_inverse=True,return_counts=True)
t.unique(t.tensor([0.,-0.]))
t.unique(t.tensor([-0.,0.]),return_inverse=True)
t.unique(t.tensor([inf,-inf,1.]))
t.unique(t.tensor([True,False,True]))
t.unique(t.tensor([True,False,True]),return_inverse=True,return_counts=True)
t.unique(t.tensor([True,True]),return_inverse=True,return_counts=True)
t.unique(t.tensor([1.,1.]).half())
t.unique(t.tensor([2.,1.],requires_grad=True))
t.tensor([3,1,3]).unique()
t.tensor([3,1,3]).unique(return_counts=True)
t.tensor([3,1,3]).unique(True,False,True)
t.unique([1])
t.unique(t.tensor([1]),out=t.tensor([1]))
t.unique(t.zeros(2,2,2),dim=1)
t.unique(t.tensor([[nan,1.],[nan,1.]]),dim=0)
t.unique(t.tensor([[1.,2],[0,5],[1,0]]),dim=0)
t.unique_consecutive(t.tensor([1,1,2,2,1]))
t.unique_consecutive(t.tensor([1,1,2,2,1]),return_inverse=True)
t.unique_consecutive(t.tensor([1,1,2,2,1]),return_counts=True)
t.unique_consecutive(t.tensor([1,1,2,2,1]),True,True)
t.unique_consecutive(t.tensor([[1,1],[1,1],[2,1]]),dim=0,return_inverse=True,return_counts=True)
t.unique_consecutive(t.tensor([[1,1,2],[2,2,1]]),dim=1)
t.unique_consecutive(t.tensor([[1,1,2],[2,2,1]]),return_inverse=True,return_counts=True)
t.unique_consecutive(t.tensor(3),True,True)
t.unique_consecutive(t.zeros(0),True,True)
t.unique_consecutive(t.zeros(0),dim=0)
t.unique_consecutive(t.tensor([nan,nan,1.]),True,True)
t.unique_consecutive(t.tensor([True,True,False]),True,True)
t.tensor([1,1]).unique_consecutive()
t.bincount(t.tensor([1,1,3]))
t.bincount(t.tensor([1,1,3]),minlength=6)
t.bincount(t.tensor([1,1,3]),minlength=2)
t.bincount(t.tensor([1,1,3]),t.tensor([0.5,1,2]))
t.bincount(t.tensor([1,1,3]),t.tensor([1,2,3]))
t.bincount(t.tensor([1,1,3]),t.tensor([0.5,1,2],dtype=t.float64))
t.bincount(t.tensor([1,1,3]),t.tensor([0.5,1,2]).half())
t.bincount(t.tensor([1,1,3]),t.tensor([True,False,True]))
t.bincount(t.tensor([],dtype=t.int64))
t.bincount(t.tensor([],dtype=t.int64),minlength=3)
t.bincount(t.tensor([],dtype=t.int64),t.tensor([]),3)
t.bincount(t.tensor([],dtype=t.int64),t.tensor([],dtype=t.float64),3)
t.bincount(t.tensor([1,2],dtype=t.uint8))
t.bincount(t.tensor([1,2],dtype=t.int8),minlength=1)
t.bincount(t.tensor([1,2]),t.tensor([1.,2.],requires_grad=True))
t.tensor([1,2]).bincount(minlength=4)
t.bincount(t.tensor([1,2]),None,4)
t.bincount(t.tensor([1,2]),minlength=1.5)
""")

ERRORS = lines("""
t.unique(t.tensor([[3,1,3],[2,1,2]]),dim=2)
t.unique(t.tensor(3),dim=0)
t.unique(t.zeros(2,0),dim=0)
t.unique(t.tensor([1j]))
t.unique_consecutive(t.tensor([1,1]),dim=1)
t.bincount(t.tensor([-1,2]))
t.bincount(t.tensor([1.,2]))
t.bincount(t.tensor([[1,2]]))
t.bincount(t.tensor(1))
t.bincount(t.tensor([1,2]),t.tensor([1.]))
t.bincount(t.tensor([1,2]),t.tensor([[1.,2.]]))
t.bincount(t.tensor([1,2]),minlength=-1)
t.bincount(t.tensor([True,False]))
""")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("expression", ERRORS)
def test_errors_say_what_pytorch_says(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression) == words(torch, expression)


DTYPES = ("bool", "uint8", "int16", "int64", "float16", "bfloat16", "float32", "float64")


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    drawn_tensors(DTYPES), st.one_of(st.none(), st.integers(-3, 2)), st.sampled_from(["unique", "unique_consecutive"])
)
def test_distinct_elements_are_pytorch_s(torch: ModuleType, drawn: Drawn, dim: int | None, name: str) -> None:
    if dim is not None:
        dim = max(min(dim, len(drawn[1]) - 1), -len(drawn[1]))
    # PyTorch leaves nan, and rows with it, in no particular order.
    drawn = (*drawn[:3], [7.0 if number != number else number for number in drawn[3]])
    options = {"return_inverse": True, "return_counts": True, "dim": dim}
    found = getattr(flambeau, name)(made(flambeau, drawn), **options)
    expected = getattr(torch, name)(made(torch, drawn), **options)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert values_of(one + 0) == values_of(other + 0)
    assert values_of(getattr(flambeau, name)(made(flambeau, drawn), dim=dim) + 0) == values_of(found[0] + 0)


@pytest.mark.parametrize("dtype", ["int64", "int16", "float32"])
def test_many_elements_are_counted_as_few(torch: ModuleType, dtype: str) -> None:
    numbers = [(k * 7919) % 613 - 300 for k in range(2500)]
    results = []
    for t in (flambeau, torch):
        x = t.tensor(numbers, dtype=getattr(t, dtype))
        results.append([x.unique().tolist(), *(part.tolist() for part in x.unique(True, True, True))])
    assert results[0] == results[1]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(-4, 4)), max_size=20),
    st.integers(0, 12),
    st.sampled_from(["uint8", "int32", "int64"]),
    st.sampled_from([None, "int64", "bool", "float16", "float32", "float64"]),
)
def test_counts_are_pytorch_s(
    torch: ModuleType, drawn: list[tuple[int, int]], minlength: int, dtype: str, weights: str | None
) -> None:
    results = []
    for t in (flambeau, torch):
        x = t.tensor([number for number, _ in drawn], dtype=getattr(t, dtype))
        w = None if weights is None else t.tensor([weight for _, weight in drawn], dtype=getattr(t, weights))
        found = t.bincount(x, w, minlength)
        results.append((found.tolist(), str(found.dtype)))
    assert results[0] == results[1]


def test_gradients_stop_with_an_error(backend: str) -> None:
    x = flambeau.tensor([2.0, 1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="derivative for aten::_unique2 is not implemented"):
        x.unique().sum().backward()
    with pytest.raises(RuntimeError, match="derivative for aten::bincount is not implemented"):
        flambeau.bincount(flambeau.tensor([0, 1, 1]), x).sum().backward()
