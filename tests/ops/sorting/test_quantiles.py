"""Quantiles against PyTorch and NumPy."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from drawing import Drawn, drawn_tensors, made
from expressions import lines, outcome, words

pytestmark = pytest.mark.oracle

EXPRESSIONS = lines("""
t.quantile(t.tensor([1.,2,3,4,5]),0.5)
t.quantile(t.tensor([1.,2,3,4,5]),t.tensor([0.25,0.5]))
t.quantile(t.tensor([1.,2,3,4,5]),t.tensor(0.25))
t.quantile(t.tensor([1.,2,3,4,5]),t.tensor([],dtype=t.float32))
t.quantile(t.tensor([1.,2,3,4,5]),1)
t.quantile(t.tensor([1.,2,3,4,5]),True)
t.quantile(t.tensor([1.,2,3,4,5]),'a')
t.quantile(t.tensor(3.),0.5)
t.quantile(t.tensor(3.),0.5,0)
t.quantile(t.tensor(3.),0.5,keepdim=True)
t.quantile(t.tensor([[3.,1]]),0.5,keepdim=True)
t.quantile(t.tensor([[3.,1]]),0.5,1,True)
t.quantile(t.tensor([[3.,1]]),t.tensor([0.5,1]),1,True)
t.quantile(t.tensor([3.,nan,1]),0.5)
t.nanquantile(t.tensor([3.,nan,1]),0.5)
t.nanquantile(t.tensor([nan,nan]),0.5)
t.nanquantile(t.tensor([[nan,nan],[1.,nan]]),t.tensor([0.2,0.5]),1)
t.quantile(t.tensor([3.,inf,1,-inf]),0.5)
t.quantile(t.tensor([3.,inf,inf,-inf]),0.9)
t.quantile(t.tensor([3.,inf,1,-inf]),0.5,interpolation='midpoint')
t.quantile(t.tensor([3.,1]),0.5,out=t.empty(0))
t.quantile(t.tensor([3.,1]),0.5,interpolation='lower')
t.quantile(t.tensor([3.,1]),0.5,interpolation='higher')
t.quantile(t.tensor([3.,1,2,7]),0.5,interpolation='nearest')
t.quantile(t.tensor([3.,1]),0.5,interpolation='nearest')
t.quantile(t.tensor([3.,1,2,7]),q=0.3,dim=-1)
t.tensor([3.,1,2,7]).quantile(0.3)
t.quantile(t.tensor([3.,1,2,7],dtype=t.float64),0.3)
t.quantile(t.tensor([0.1,0.2,0.3]),t.tensor([0.,0.25,0.5,0.75,1.]))
""")

ERRORS = lines("""
t.quantile(t.tensor([1.,2,3,4,5]),t.tensor([[0.25]]))
t.quantile(t.tensor([1.,2,3,4,5]),t.tensor([0.25],dtype=t.float64))
t.quantile(t.zeros(0),0.5)
t.quantile(t.zeros(2,0),0.5,1)
t.quantile(t.zeros(2,0),0.5,0)
t.quantile(t.tensor([[3.,1]]),t.tensor([0.5,1]),2)
t.quantile(t.tensor([3.,1]),0.5,interpolation='bad')
t.quantile(t.tensor([3.,1]),0.5,interpolation='')
t.quantile(t.tensor([3.,1.]).half(),0.5)
t.quantile(t.tensor([3.,1]),0.5,out=t.empty(0,dtype=t.float64))
t.quantile(t.tensor([3.,1]),0.5,out=t.empty(0,dtype=t.int32))
t.quantile(t.tensor([3.,1,2,7]),t.tensor([1]))
""")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


@pytest.mark.parametrize("expression", ERRORS)
def test_errors_say_what_pytorch_says(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression) == words(torch, expression)


RANGE_ERRORS = lines("""
t.quantile(t.tensor([1.,2.]),1.5)
t.quantile(t.tensor([1.,2.]),-0.1)
t.nanquantile(t.tensor([1.,2.]),nan)
t.quantile(t.tensor([1.,2.]),t.tensor([1.5]))
t.quantile(t.tensor([1.,2.]),t.tensor([nan]))
""")


@pytest.mark.parametrize("expression", RANGE_ERRORS)
def test_a_part_out_of_range_is_two_errors_in_pytorch_s_words(torch: ModuleType, expression: str) -> None:
    assert words(flambeau, expression).partition(": ")[2] == words(torch, expression).partition(": ")[2]
    for error in (RuntimeError, ValueError):
        with pytest.raises(error):
            eval(expression, {"t": flambeau, "nan": float("nan")})


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    drawn_tensors(("float32", "float64")),
    st.one_of(st.none(), st.integers(-3, 2)),
    st.booleans(),
    st.one_of(st.floats(0, 1), st.lists(st.floats(0, 1, width=32), max_size=3)),
    st.sampled_from(["linear", "lower", "higher", "midpoint", "nearest"]),
    st.sampled_from(["quantile", "nanquantile"]),
)
def test_quantiles_are_pytorch_s(
    torch: ModuleType,
    drawn: Drawn,
    dim: int | None,
    keepdim: bool,
    part: float | list[float],
    interpolation: str,
    name: str,
) -> None:
    if dim is not None:
        dim = max(min(dim, len(drawn[1]) - 1), -len(drawn[1]))
    results = []
    for t in (flambeau, torch):
        x = made(t, drawn)
        q = t.tensor(part, dtype=x.dtype) if isinstance(part, list) else part
        results.append(getattr(t, name)(x, q, dim, keepdim, interpolation=interpolation))
    found, expected = results
    assert found.shape == expected.shape
    assert (found + 0).reshape(-1).tolist() == pytest.approx((expected + 0).reshape(-1).tolist(), nan_ok=True, rel=1e-6)


def test_several_dims_are_taken_as_one(backend: str) -> None:
    x = flambeau.arange(24.0).reshape(2, 3, 4)
    for keepdim in (False, True):
        expected = np.quantile(np.asarray(x.tolist()), [0.25, 0.6], axis=(0, 2), keepdims=keepdim)
        found = flambeau.quantile(x, [0.25, 0.6], (0, 2), keepdim)
        assert tuple(found.shape) == expected.shape
        np.testing.assert_allclose(found.tolist(), expected, rtol=1e-6)


def test_integers_are_converted_and_interpolation_may_be_third(backend: str) -> None:
    x = flambeau.tensor([3, 1, 2, 7])
    assert flambeau.quantile(x, 0.5).item() == 2.5
    assert flambeau.quantile(x, (0.5, 1), 0, False, "lower").tolist() == [2.0, 7.0]
