"""Histograms against PyTorch."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from expressions import lines, outcome, words

pytestmark = pytest.mark.oracle

EXPRESSIONS = lines("""
t.histogram(t.tensor([1.0, 2.0, 1.0, 9.0]).half(), 3, range=(0.0, 3.0), weight=t.tensor([0.5, 1.0, 2.0, 4.0]).half())
t.histogram(t.tensor([1.0, 2.0, 1.0]).bfloat16(), t.tensor([1.0, 1.5, 2.0]).bfloat16())
t.histc(t.tensor([1.,2,1]),bins=4,min=0,max=3)
t.histc(t.tensor([1.,2,1]))
t.histc(t.tensor([1.,2,1,nan]),4)
t.histc(t.tensor([1.,2,1,nan]),4,0,3)
t.histc(t.tensor([1.,2,1,inf]),4,0,3)
t.histc(t.tensor([1.,2,3,-1]),4,0,3)
t.histc(t.tensor([1.,1,1]),4)
t.histc(t.tensor([1.,1,1]),4,1,1)
t.histc(t.tensor([1.,1,2]),4,1,1)
t.histc(t.tensor([]),4)
t.histc(t.tensor([1.,2,3]),4,-3e38,3e38)
t.histc(t.tensor([1.,3e38,-3e38]),4)
t.histc(t.tensor([1.,2],dtype=t.float64),3,-1e308,1e308)
t.histc(t.tensor([1.,2,3]),3,-1e30,1e30)
t.histc(t.tensor([1.,2]).bfloat16(),3,-3e38,3e38)
t.histc(t.tensor([1.,2]).half(),3,-1e30,1e30)
t.histc(t.tensor([]),4,0,3)
t.histc(t.tensor(2.),4,0,3)
t.histc(t.tensor([[1.,2],[0,3]]),3,0,3)
t.histc(t.tensor([True]),4,0,3)
t.histc(t.tensor([1.,2]).half(),4,0,3)
t.histc(t.tensor([1.,2],dtype=t.float64),4,0,3)
t.histc(t.tensor([1.,2]),bins=2,min=0,max=3,out=t.empty(0))
t.histc(t.tensor([1.,2]),bins=2,min=0,max=3,out=t.empty(0,dtype=t.float64))
t.histc(t.tensor([1.,2],requires_grad=True),2,0,3)
t.tensor([1.,2]).histc(2,0,3)
t.histc(t.tensor([0.1,0.2,0.3,0.4,0.5,0.6]),3)
t.histc(t.arange(10.)/10,10,0,1)
t.histogram(t.tensor([1.,2,1]),bins=4,range=(0.,3.),weight=t.tensor([1.,2,4]))
t.histogram(t.tensor([1.,2,1]),4)
t.histogram(t.tensor([1.,2,1]),4,density=True)
t.histogram(t.tensor([1.,2,1]),4,range=(0.,3.),density=True)
t.histogram(t.tensor([1.,2,1]),t.tensor([0.,1.,2.,3.]))
t.histogram(t.tensor([1.,2,1,5,3]),t.tensor([0.,1.5,2.,3.]),weight=t.tensor([1.,2,1,5,3]),density=True)
t.histogram(t.tensor([1.,2,1,3,4]),t.tensor([0.,1.,3.]))
t.histogram(t.tensor([1.,2,1]),t.tensor([3.,1.]))
t.histogram(t.tensor([1.,2,nan]),3,range=(0.,3.))
t.histogram(t.tensor([1.,2,nan]),t.tensor([0.,1,3]))
t.histogram(t.tensor([]),3)
t.histogram(t.tensor([]),3,density=True)
t.histogram(t.tensor([]),3,range=(0.,3.))
t.histogram(t.tensor([1.,1.]),2)
t.histogram(t.tensor([1.,1.]),2,range=(1.,1.))
t.histogram(t.tensor([1.,1.]),2,range=(0,3))
t.histogram(t.tensor([[1.,2.],[3,4]]),2,weight=t.ones(2,2))
t.histogram(t.tensor([[1.,2.],[3,4]]),2,weight=t.ones(4))
t.histogram(t.tensor([1.,2.],dtype=t.float64),2)
t.histogram(t.tensor([1.,2.]),2,out=(t.empty(0),t.empty(0,dtype=t.float64)))
t.histogram(t.tensor(2.),2)
t.histogram(t.tensor([1.,2.]),t.tensor([0.,5.]),range=(0.,1.))
t.tensor([1.,2.]).histogram(2)
t.histogram(t.tensor([0.1,0.2,0.3,0.4,0.5,0.6]),3)
t.histogram(t.arange(10.)/10,10,range=(0.,1.))
t.histogramdd(t.tensor([[0., 1.], [1., 0.], [2., 0.], [2., 2.]]), bins=[3, 3],weight=t.tensor([1., 2., 4., 8.]))
t.histogramdd(t.tensor([[0., 0.], [1., 1.], [2., 2.]]), bins=[2, 2],range=[0., 1., 0., 1.], density=True)
t.histogramdd(t.tensor([[0., 0.], [1., 1.], [2., 2.]]), bins=2)
t.histogramdd(t.tensor([[0., 0.], [1., 1.], [2., 2.]]), bins=(t.tensor([0.,1,2]),t.tensor([0.,3])))
""")

ERRORS = lines("""
t.histc(t.tensor([1.,2,1,inf]),4)
t.histc(t.tensor([1.,1,1]),4,3,1)
t.histc(t.tensor([1.,1,1]),0)
t.histc(t.tensor([1.,1,1]),-2)
t.histc(t.tensor([1,2,1]),4,0,3)
t.histc(t.tensor([1.,2]),4,0,nan)
t.histc(t.tensor([1.,2]),4,0,inf)
t.histc(t.tensor([1.,2]),4.5,0,3)
t.histogram(t.tensor([1.,2,1]),t.tensor([]))
t.histogram(t.tensor([1.,2,1]),t.tensor([1.]))
t.histogram(t.tensor([1.,2,1]),t.tensor([[1.,2.]]))
t.histogram(t.tensor([1.,2,1]),t.tensor([1,2]))
t.histogram(t.tensor([1.,2,1]),0)
t.histogram(t.tensor([1,2,1]),3)
t.histogram(t.tensor([1.,2,1]).half(),3)
t.histogram(t.tensor([1.,2,nan]),3)
t.histogram(t.tensor([1.,2,inf]),3)
t.histogram(t.tensor([1.,1.]),2,range=(3.,1.))
t.histogram(t.tensor([1.,1.]),2,range=(0,nan))
t.histogram(t.tensor([1.,1.]),2,range=(0.,inf))
t.histogram(t.tensor([1.,1.]),2,range=(0.,1.,2.))
t.histogram(t.tensor([1.,1.]),2,weight=t.tensor([1.]))
t.histogram(t.tensor([1.,1.]),2,weight=t.tensor([1,1]))
t.histogramdd(t.tensor([0., 0.]), bins=2)
t.histogramdd(t.tensor([[0., 0.]]), bins=[2])
t.histogramdd(t.tensor([[0., 0.]]), bins=[2,2], range=[0.,1.])
""")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("expression", ERRORS)
def test_errors_say_what_pytorch_says(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression) == words(torch, expression)


VALUES = st.sampled_from([-1.0, 0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 1.0, 1.75, 2.0, 3.0])
SPECIAL = st.one_of(VALUES, st.sampled_from([float("nan"), float("inf"), -float("inf")]))


def _numbers(tensor: Any) -> Any:
    return pytest.approx(tensor.reshape(-1).tolist(), nan_ok=True, rel=1e-5)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.lists(SPECIAL, max_size=12),
    st.integers(1, 7),
    st.sampled_from(["float16", "float32", "float64"]),
    VALUES,
    VALUES,
)
def test_counts_in_equal_parts_are_pytorch_s(
    torch: ModuleType, values: list[float], bins: int, dtype: str, low: float, high: float
) -> None:
    if low == high:
        values = [value for value in values if value - value == 0]
    found, expected = (
        t.histc(t.tensor(values, dtype=getattr(t, dtype)), bins, min(low, high), max(low, high))
        for t in (flambeau, torch)
    )
    assert str(found.dtype) == str(expected.dtype)
    assert found.tolist() == expected.tolist()


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(SPECIAL, VALUES), max_size=12),
    st.one_of(st.integers(1, 7), st.lists(VALUES, min_size=2, max_size=6, unique=True).map(sorted)),
    st.sampled_from(["float32", "float64"]),
    st.tuples(VALUES, VALUES).map(sorted),
    st.booleans(),
    st.booleans(),
)
def test_histograms_are_pytorch_s(
    torch: ModuleType,
    drawn: list[tuple[float, float]],
    bins: int | list[float],
    dtype: str,
    limits: list[float],
    weighted: bool,
    density: bool,
) -> None:
    results = []
    for t in (flambeau, torch):
        x, weight = (t.tensor([pair[k] for pair in drawn], dtype=getattr(t, dtype)) for k in (0, 1))
        options = {"weight": weight if weighted else None, "density": density}
        if isinstance(bins, list):
            results.append(t.histogram(x, t.tensor(bins, dtype=x.dtype), **options))
        else:
            results.append(t.histogram(x, bins, range=limits, **options))
    found, expected = results
    assert found.bin_edges.tolist() == _numbers(expected.bin_edges)
    assert found.hist.tolist() == _numbers(expected.hist)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=9),
    st.tuples(st.integers(1, 3), st.integers(1, 4)),
    st.booleans(),
    st.booleans(),
)
def test_histograms_of_points_are_pytorch_s(
    torch: ModuleType, drawn: list[tuple[float, float, float]], bins: tuple[int, int], density: bool, limited: bool
) -> None:
    results = []
    for t in (flambeau, torch):
        points, weight = t.tensor([pair[:2] for pair in drawn]), t.tensor([pair[2] for pair in drawn])
        limits = [-1.0, 2.0, 0.0, 1.0] if limited else None
        results.append(t.histogramdd(points, list(bins), range=limits, weight=weight, density=density))
    found, expected = results
    assert found.hist.shape == expected.hist.shape
    assert found.hist.reshape(-1).tolist() == _numbers(expected.hist)
    for one, other in zip(found.bin_edges, expected.bin_edges, strict=True):
        assert one.tolist() == _numbers(other)


def test_gradients_stop_with_an_error(backend: str) -> None:
    x = flambeau.tensor([2.0, 1.0, 2.0], requires_grad=True)
    assert not flambeau.histc(x).requires_grad
    with pytest.raises(RuntimeError, match="derivative for aten::histogram is not implemented"):
        flambeau.histogram(x, 2).hist.sum().backward()
