"""A second pass through a graph works where nothing but numbers and shapes was saved, and raises elsewhere, as in PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
x.sum()
x.view(6)[0]
(x+x).sum()
(x*2).sum()
(x*x).sum()
x.t().sum()
x.mean()
x.reshape(3,2).sum()
x[0].sum()
x.expand(4,2,3).sum()
M.cat([x,x]).sum()
x.exp().sum()
x.permute(1,0).sum()
x.neg().sum()
x.unsqueeze(0).sum()
x.clone().sum()
x.double().sum()
x.index_select(0,M.tensor([0])).sum()
x.cumsum(0).sum()
x.flip(0).sum()
x.narrow(0,0,1).sum()
x.repeat(2,2).sum()
(x/2).sum()
(2/x).sum()
(x-1).sum()
M.stack([x,x]).sum()
x.max()
x.sum(0).sum()
x.var()
x.diagonal().sum()
x.tril().sum()
M.where(x>0,x,0).sum()
x.relu().sum()
x.roll(1).sum()
x.masked_fill(x>0,1.).sum()
x.unfold(0,1,1).sum()
x.unbind(0)[0].sum()
x.split(1)[0].sum()
x.as_strided((2,),(1,)).sum()
x.sigmoid().sum()
(x@x.t()).sum()
M.nn.functional.pad(x,(1,1)).sum()
x.gather(0,M.tensor([[0,1,1]])).sum()
x.norm()
x.float().squeeze().sum()
x.contiguous().sum()
""".strip().splitlines()


def _passes(module: Any, expression: str) -> int:
    """How many passes go through."""
    x = module.arange(6.0).reshape(2, 3).add(1).requires_grad_()
    result = eval(expression, {"M": module, "x": x})
    result.backward()
    try:
        result.backward()
    except RuntimeError:
        return 1
    return 2


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert _passes(flambeau, expression) == _passes(torch, expression)
