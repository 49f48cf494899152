"""Sorting against PyTorch: shapes, dtypes and memory orders drawn at random, corners and errors by hand."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from drawing import Drawn, drawn_tensors, made, values_of
from expressions import lines, outcome, words
from sorting_cases import CASES
from two_orders import check_values_and_gradients

pytestmark = pytest.mark.oracle

EXPRESSIONS = lines("""
t.sort(t.tensor([3,1,2]))
t.sort(t.tensor([3,1,2]),descending=True)
t.sort(t.tensor(3.))
t.sort(t.tensor(3.),-1)
t.sort(t.zeros(0))
t.sort(t.zeros(2,0),0)
t.sort(t.zeros(2,0))
t.sort(t.tensor([1.,2.]),0,True)
t.sort(t.tensor([1.,2.]),dim=0,descending=True,stable=True)
t.sort(t.tensor([1.,2.]),stable=None)
t.sort(t.tensor([1.,2.]),0,True,True)
t.sort(t.tensor([nan,2.,-inf,inf,nan]),descending=True)
t.sort(t.tensor([nan,-0.,0.,inf,nan]).half())
t.sort(t.tensor([True,False,True]))
t.sort(t.tensor([1.,2.]),out=t.empty(0))
t.sort(t.tensor([1.,2.]),dim=1.5)
t.sort(t.tensor([2.,1.],requires_grad=True))
t.tensor([2,1]).sort()
t.msort(t.tensor(3.))
t.msort(t.tensor([3,1]),out=t.empty(0,dtype=t.int64))
t.argsort(t.tensor([3,1,4,1,5]))
t.argsort(t.tensor([3,1,4,1,5]),descending=True)
t.argsort(t.tensor([3,1,4,1,5]),0,True)
t.argsort(t.tensor([3,1,4,1,5]),stable=True,out=t.empty(5,dtype=t.int64))
t.argsort(t.tensor(3.))
t.argsort(t.tensor([1.,0.],requires_grad=True))
t.topk(t.tensor([3,1,2]),2)
t.topk(t.tensor([3,1,2]),0)
t.topk(t.tensor(3.),1)
t.topk(t.tensor(3.),0)
t.topk(t.zeros(2,0),0)
t.topk(t.zeros(0,2),1)
t.topk(t.tensor([3,1,2]),1,0,False,False)
t.topk(t.tensor([3,1,2]),t.tensor(2))
t.topk(t.tensor([3,1,2]))
t.topk(t.tensor([3.,1,nan]),2)
t.topk(t.tensor([3.,1,nan]),2,largest=False)
t.topk(t.tensor([1.5,2.],requires_grad=True),1)
t.kthvalue(t.tensor([3,1,2]),2)
t.kthvalue(t.tensor([3,1,2]),2,0,True)
t.kthvalue(t.tensor(3.),1)
t.kthvalue(t.tensor(3.),1,keepdim=True)
t.kthvalue(t.zeros(0,2),1)
t.kthvalue(t.tensor([nan,1.,2.]),3)
t.kthvalue(t.tensor([1.5,2.],requires_grad=True),1)
t.kthvalue(t.tensor([3.,1,2]),1,out=(t.empty(0,dtype=t.float64),t.empty(0,dtype=t.int64)))
t.kthvalue(t.tensor([3.,1,2]),1,out=(t.empty(0),t.empty(0,dtype=t.int32)))
""")

ERRORS = lines("""
t.sort(t.tensor(3.),1)
t.sort(t.tensor([1.,2.]),2)
t.sort(t.tensor([1j]))
t.sort(3)
t.sort(t.tensor([1.,2.]),out=(t.empty(0,dtype=t.float64),t.empty(0,dtype=t.int64)))
t.sort(t.tensor([1.,2.]),out=(t.empty(0),t.empty(0)))
t.sort(t.tensor([1.,2.],requires_grad=True),out=(t.empty(0),t.empty(0)))
t.msort(t.tensor([3,1]),out=t.empty(0))
t.argsort(t.tensor([3,1,4,1,5]),stable=True,out=t.empty(5,dtype=t.int32))
t.argsort(t.tensor([1.]),2)
t.topk(t.tensor([3,1,2]),4)
t.topk(t.tensor([3,1,2]),-1)
t.topk(t.tensor([3,1,2]),2,1)
t.topk(t.tensor(3.),2)
t.topk(t.zeros(2,0),1)
t.topk(t.tensor([True,False]),1)
t.topk(t.tensor([3,1,2]),1.0)
t.topk(t.tensor([3,1,2]),True)
t.topk(t.tensor([1j]),1)
t.topk(t.tensor([3.,1,2]),1,out=(t.empty(0,dtype=t.float64),t.empty(0,dtype=t.int64)))
t.topk(t.tensor([1.5,2.],requires_grad=True),1,out=(t.empty(0),t.empty(0,dtype=t.int64)))
t.kthvalue(t.tensor([3,1,2]),0)
t.kthvalue(t.tensor([3,1,2]),4)
t.kthvalue(t.tensor([3,1,2]),2,1)
t.kthvalue(t.tensor(3.),2)
t.kthvalue(t.zeros(2,0),1)
t.kthvalue(t.tensor([True,False]),1)
""")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("expression", ERRORS)
def test_errors_say_what_pytorch_says(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression) == words(torch, expression)


@pytest.mark.parametrize(("name", "function", "shapes"), CASES, ids=[case[0] for case in CASES])
def test_values_and_gradients_of_two_orders(
    torch: ModuleType, backend: str, name: str, function: Any, shapes: list[tuple[int, ...]]
) -> None:
    check_values_and_gradients(torch, function, shapes)


# -- drawn calls -------------------------------------------------------------------------------------------------------


@settings(max_examples=150, derandomize=True, deadline=None)
@given(drawn_tensors(), st.integers(-3, 2), st.booleans())
def test_stable_sorts_are_pytorch_s(torch: ModuleType, drawn: Drawn, dim: int, descending: bool) -> None:
    dim = max(min(dim, len(drawn[1]) - 1), -len(drawn[1]))
    expected = torch.sort(made(torch, drawn), dim=dim, descending=descending, stable=True)
    found = flambeau.sort(made(flambeau, drawn), dim, descending)
    assert (found.values.dtype, found.indices.dtype) == (getattr(flambeau, drawn[0]), flambeau.int64)
    assert values_of(found.values) == values_of(expected.values)
    assert found.indices.tolist() == expected.indices.tolist()
    if 1 not in drawn[1]:
        assert found.values.stride() == expected.values.stride()
        assert found.indices.stride() == expected.indices.stride()
    assert flambeau.argsort(made(flambeau, drawn), dim, descending).tolist() == expected.indices.tolist()


@settings(max_examples=150, derandomize=True, deadline=None)
@given(drawn_tensors(), st.integers(-3, 2), st.integers(0, 5), st.booleans())
def test_topk_and_kthvalue_are_the_first_of_a_stable_sort(
    torch: ModuleType, drawn: Drawn, dim: int, k: int, largest: bool
) -> None:
    dim = max(min(dim, len(drawn[1]) - 1), -len(drawn[1]))
    k = min(k, drawn[1][dim])
    if drawn[0] == "bool":
        drawn = ("uint8", *drawn[1:])
    x = made(flambeau, drawn)
    found, expected = flambeau.topk(x, k, dim, largest), torch.topk(made(torch, drawn), k, dim, largest)
    assert values_of(found.values + 0) == values_of(expected.values + 0)
    order = flambeau.sort(x, dim, largest)
    assert found.indices.tolist() == order.indices.narrow(dim, 0, k).tolist()
    if k:
        kth, wanted = flambeau.kthvalue(x, k, dim), torch.kthvalue(made(torch, drawn), k, dim)
        assert values_of(kth.values + 0) == values_of(wanted.values + 0)
        assert kth.indices.tolist() == flambeau.argsort(x, dim).select(dim, k - 1).tolist()


# -- what is larger ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64", "bfloat16"])
def test_long_rows_are_sorted_as_short_ones(torch: ModuleType, dtype: str) -> None:
    numbers = [(k * 7919) % 613 - 300 for k in range(2500)]
    x, y = (t.tensor(numbers, dtype=getattr(t, dtype)) for t in (flambeau, torch))
    for descending in (False, True):
        expected = torch.sort(y, descending=descending, stable=True)
        assert flambeau.sort(x, descending=descending).indices.tolist() == expected.indices.tolist()
        assert flambeau.topk(x, 700, largest=descending).indices.tolist() == expected.indices[:700].tolist()
    assert flambeau.kthvalue(x, 1200).values.item() == torch.kthvalue(y, 1200).values.item()


def test_a_failed_out_form_changes_nothing(backend: str) -> None:
    x = flambeau.tensor([2.0, 1.0])
    values, indices = flambeau.zeros(2), flambeau.zeros(2, dtype=flambeau.int32)
    for call in (lambda: flambeau.sort(x, out=(values, indices)), lambda: flambeau.topk(x, 2, out=(values, indices))):
        with pytest.raises(RuntimeError, match="Expected out tensor to have dtype long int, but got int instead"):
            call()
    assert values.tolist() == [0.0, 0.0]


def test_topk_takes_no_dim_as_the_last(backend: str) -> None:
    x = flambeau.tensor([[1, 3, 2], [4, 6, 5]])
    assert flambeau.topk(x, 1, dim=None).values.tolist() == [[3], [6]]
