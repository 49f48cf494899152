"""Searching against PyTorch."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from expressions import lines, outcome, words

pytestmark = pytest.mark.oracle

EXPRESSIONS = lines("""
t.searchsorted(t.tensor([-1.0, 2.0, nan]).bfloat16(), t.tensor([nan, 3.0, -inf]).bfloat16())
t.isin(t.tensor([nan, inf, 2.0]).bfloat16(), t.tensor([*[nan] * 20, inf]).bfloat16())
t.searchsorted(t.tensor([1.,3,nan]),t.tensor([nan,2.,9.,inf]))
t.searchsorted(t.tensor([1.,3,nan]),t.tensor([[nan,2.,9.,inf]]),right=True)
t.searchsorted(t.tensor([[1.,3,nan,nan]]),t.tensor([[nan,2.,9.,inf]]))
t.bucketize(0.5,t.tensor([1.,nan,nan,nan]))
t.searchsorted(t.tensor([1,3,5]),3)
t.searchsorted(t.tensor([1,3,5]),t.tensor(3))
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]))
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),right=True)
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),side='right')
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),side='right',right=False)
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),side='left',right=False)
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),side='right',right=True)
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),out_int32=True)
t.searchsorted(t.tensor([[1,3,5],[2,4,6]]),t.tensor([[3,6],[3,6]]))
t.searchsorted(t.tensor([]),t.tensor([3.]))
t.searchsorted(t.tensor([1.]),t.tensor([]))
t.searchsorted(t.zeros(2,0),t.zeros(2,3))
t.searchsorted(t.tensor([1,3,5]),t.tensor([[3,6],[0,1]]))
t.searchsorted(t.tensor([1.,3,5]),t.tensor([3,6]))
t.searchsorted(t.tensor([1,3,5]),t.tensor([3.]))
t.searchsorted(t.tensor([1,3,5]),2.5)
t.searchsorted(t.tensor([1,3,5]),True)
t.searchsorted(t.tensor([1,3,5]),2,right=True)
t.searchsorted(t.tensor([1.,3,5]),2)
t.searchsorted(t.tensor([1.,3]),t.tensor([nan,2.]))
t.searchsorted(t.tensor([1.,3]),t.tensor([nan,2.]),right=True)
t.searchsorted(t.tensor([5,1,3]),t.tensor([3,6]),sorter=t.tensor([1,2,0]))
t.searchsorted(t.tensor([[5,1,3],[2,1,3]]),t.tensor([[3,6],[2,3]]),sorter=t.tensor([[1,2,0],[1,0,2]]))
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),out=t.empty(0,dtype=t.int64))
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),out=t.empty(0,dtype=t.int32))
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),out_int32=True,out=t.empty(0,dtype=t.int32))
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),out_int32=True,out=t.empty(0,dtype=t.int64))
t.searchsorted(t.tensor([1.,2.]).half(),t.tensor([1.5]).half())
t.searchsorted(sorted_sequence=t.tensor([1,3,5]),input=t.tensor([3,6]))
t.searchsorted([1,2],t.tensor([3,6]))
t.searchsorted(t.tensor([1,3,5]),[3])
t.searchsorted(t.tensor([1.,3,5],requires_grad=True),t.tensor([3.,6],requires_grad=True))
t.searchsorted(t.tensor([5,3,1]),t.tensor([3,6,0]))
t.bucketize(t.tensor([3,6]),t.tensor([1,3,5]))
t.bucketize(t.tensor([3,6]),t.tensor([1,3,5]),right=True)
t.bucketize(t.tensor([[3,6]]),t.tensor([1,3,5]),out_int32=True)
t.bucketize(3,t.tensor([1,3,5]))
t.bucketize(3,t.tensor([1,3,5]),right=True)
t.bucketize(2.5,t.tensor([1,3,5]))
t.bucketize(t.tensor([3,6]),t.tensor([1.,3,5]))
t.bucketize(t.tensor([3.5,6]),t.tensor([1,3,5]))
t.bucketize(t.tensor(3),t.tensor([1,3,5]))
t.bucketize(t.tensor([3,6]),t.tensor([],dtype=t.int64))
t.bucketize(t.tensor([3,6]),boundaries=t.tensor([1,3,5]),out=t.empty(0,dtype=t.int64))
t.isin(t.tensor([1,2,3]),t.tensor([2,5]))
t.isin(t.tensor([[1,2],[3,2]]),t.tensor([[2,5]]))
t.isin(t.tensor([1,2,3]),2)
t.isin(2,t.tensor([1,2,3]))
t.isin(4,t.tensor([1,2,3]))
t.isin(t.tensor([1,2,3]),t.tensor([2,5]),invert=True)
t.isin(t.tensor([1,2,3]),t.tensor([2,5]),assume_unique=True)
t.isin(t.tensor([1.5,2,3]),t.tensor([2,5]))
t.isin(t.tensor([1,2,3]),2.5)
t.isin(t.tensor([1,2,3]),2.0)
t.isin(t.tensor([1.,nan]),t.tensor([nan]))
t.isin(t.tensor([]),t.tensor([2.]))
t.isin(t.tensor([2.]),t.tensor([]))
t.isin(t.tensor([2.]),t.tensor([]),invert=True)
t.isin(t.tensor(2.),t.tensor([2.]))
t.isin(2,2)
t.isin([1,2],t.tensor([1]))
t.isin(t.tensor([1,2,3]),t.tensor([2,5]),out=t.empty(0,dtype=t.bool))
t.isin(elements=t.tensor([1,2,3]),test_elements=t.tensor([2,5]))
t.isin(element=2,test_elements=t.tensor([2,5]))
t.isin(elements=t.tensor([1,2,3]),test_element=2)
t.isin(t.tensor([1,2,3]),t.tensor([2,5]),True)
t.isin(t.tensor([1.,2,3]).half(),t.tensor([2,5]).half())
t.isin(t.tensor([-0.,2,3]),t.tensor([0.,5]))
t.isin(t.arange(30),t.tensor([2,5]))
t.isin(t.arange(6),t.arange(100)*2)
t.isin(t.tensor([1.],requires_grad=True),t.tensor([1.]))
hasattr(t.Tensor,'isin')
hasattr(t.Tensor,'searchsorted')
hasattr(t.Tensor,'bucketize')
""")

ERRORS = lines("""
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),side='left',right=True)
t.searchsorted(t.tensor([1,3,5]),t.tensor([3,6]),side='bad')
t.searchsorted(t.tensor([[1,3,5],[2,4,6]]),t.tensor([3,6]))
t.searchsorted(t.tensor([[1,3,5],[2,4,6]]),3)
t.searchsorted(t.tensor([[1,3,5],[2,4,6]]),t.tensor(3))
t.searchsorted(t.tensor([[1,3,5],[2,4,6]]),t.tensor([[3],[3],[3]]))
t.searchsorted(t.tensor([[1,3,5],[2,4,6]]),t.tensor([[[3]]]))
t.searchsorted(t.tensor(3),t.tensor([3]))
t.searchsorted(t.tensor([5,1,3]),t.tensor([3,6]),sorter=t.tensor([1,2]))
t.searchsorted(t.tensor([5,1,3]),t.tensor([3,6]),sorter=t.tensor([1,2,0],dtype=t.int32))
t.searchsorted(t.tensor([5,1,3]),t.tensor([3,6]),sorter=t.tensor([1,2,3]))
t.searchsorted(t.tensor([5,1,3]),t.tensor([3,6]),sorter=t.tensor([1,2,-1]))
t.searchsorted(t.tensor([True,False]),t.tensor([True]))
t.searchsorted(t.tensor([1j]),t.tensor([1j]))
t.tensor([1,3]).searchsorted(t.tensor([2]))
t.bucketize(t.tensor([3,6]),t.tensor([[1,3,5]]))
t.bucketize(t.tensor([3,6]),t.tensor(2))
t.tensor([1,3]).bucketize(t.tensor([2]))
t.isin(t.tensor([True,False]),t.tensor([True]))
t.isin(t.tensor([True,False]),True)
t.isin(True,t.tensor([True]))
t.isin(t.tensor([1j]),t.tensor([1j]))
t.isin(t.tensor([1,2,3]),t.tensor([2,5]),out=t.empty(0,dtype=t.int64))
""")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("expression", ERRORS)
def test_errors_say_what_pytorch_says(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression) == words(torch, expression)


NUMBERS = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 3.5, 7.0])


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.lists(NUMBERS, max_size=9),
    st.lists(st.one_of(NUMBERS, st.sampled_from([float("nan"), float("inf")])), max_size=6),
    st.sampled_from(["float16", "float32", "float64", "int64", "uint8"]),
    st.booleans(),
    st.booleans(),
)
def test_places_in_one_sequence_are_pytorch_s(
    torch: ModuleType, sequence: list[float], values: list[float], dtype: str, right: bool, out_int32: bool
) -> None:
    results = []
    for t in (flambeau, torch):
        ordered = t.tensor(sorted(map(abs, sequence)), dtype=getattr(t, dtype))
        x = t.tensor(values, dtype=t.float32)
        found = t.searchsorted(ordered, x, right=right, out_int32=out_int32)
        assert t.bucketize(x, ordered, right=right).tolist() == found.tolist()
        results.append((found.tolist(), str(found.dtype)))
    assert results[0] == results[1]


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(0, 9), st.integers(0, 4), st.booleans(), st.booleans())
def test_places_in_rows_are_pytorch_s(
    torch: ModuleType, data: st.DataObject, rows: int, length: int, count: int, right: bool, shuffled: bool
) -> None:
    numbers = data.draw(st.lists(NUMBERS, min_size=rows * length, max_size=rows * length))
    values = data.draw(st.lists(NUMBERS, min_size=rows * count, max_size=rows * count))
    results = []
    for t in (flambeau, torch):
        sequence, x = t.tensor(numbers).reshape(rows, 1, length), t.tensor(values).reshape(rows, 1, count)
        ordered, order = t.sort(sequence, stable=True)
        if shuffled:
            results.append(t.searchsorted(sequence, x, right=right, sorter=order).tolist())
        else:
            results.append(t.searchsorted(ordered, x, side="right" if right else "left").tolist())
    assert results[0] == results[1]


@pytest.mark.parametrize("count", [0, 3, 40])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
def test_members_of_small_and_large_sets_are_pytorch_s(torch: ModuleType, count: int, dtype: str) -> None:
    results = []
    for t in (flambeau, torch):
        elements = t.arange(60).reshape(3, 20).to(getattr(t, dtype)).t()
        tests = (t.arange(count) * 7 % 50).to(getattr(t, dtype))
        results.append([t.isin(elements, tests).tolist(), t.isin(elements, tests, invert=True).tolist()])
    assert results[0] == results[1]


def test_nan_is_among_nothing(backend: str) -> None:
    tests = flambeau.tensor([float("nan")] * 40 + [*range(40)])
    assert flambeau.isin(flambeau.tensor([float("nan"), 3.0, -1.0]), tests).tolist() == [False, True, False]


def test_the_order_of_memory_does_not_matter(backend: str) -> None:
    sequence, x = (
        flambeau.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 7.0]]).t(),
        flambeau.tensor([[4.0, 6.5], [0.0, 8.0]]).t(),
    )
    assert flambeau.searchsorted(sequence, x).tolist() == [[2, 0], [2, 3]]
    assert flambeau.bucketize(x, sequence[0]).tolist() == [[2, 0], [3, 3]]


@pytest.mark.parametrize("step", [1, 1 << 40])
def test_members_of_dense_and_sparse_sets_of_integers(backend: str, step: int) -> None:
    tests = flambeau.arange(40) * 3 * step
    elements = flambeau.tensor([0, 3 * step, 4 * step, -3, 117 * step, 2**63 - 1, -(2**63)])
    assert flambeau.isin(elements, tests).tolist() == [True, True, False, False, True, False, False]
