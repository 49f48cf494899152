"""Inference mode, and views made without recording, compared with PyTorch."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.support.programs import assert_same, blocks, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

INFERENCE = blocks(
    """
with M.inference_mode(): y=x*2
r=y.requires_grad,y.is_inference(),y.is_leaf,x.is_inference()
---
with M.inference_mode(): y=x*2
y.add_(1)
---
with M.inference_mode(): y=w*2
r=(x*y)
---
with M.inference_mode(): y=w*2
r=(w*y).tolist()
---
with M.inference_mode(): y=w*2
r=(x+y).tolist()
---
with M.inference_mode(): y=w*2
y.requires_grad_()
---
with M.inference_mode():
    y=(w*2).requires_grad_(); z=y*3
r=y.requires_grad,z.requires_grad
---
with M.inference_mode(): y=w*2; y.add_(1)
r=y.tolist()
---
with M.inference_mode(): y=w*2
y._version
---
with M.inference_mode(): y=w[0:1]; w.add_(1)
r=y.is_inference(), w.tolist(), w._version, y._is_view()
---
with M.inference_mode(): y=w*2
z=y[0:1]; r=z.is_inference()
---
with M.inference_mode(): y=w*2
z=y.clone(); r=z.is_inference(), (x*z).tolist()
---
with M.inference_mode(): y=w*2
w.copy_(y); r=w.tolist()
---
with M.inference_mode():
    with M.enable_grad(): r=(x*2).requires_grad
---
with M.inference_mode():
    with M.inference_mode(False): y=x*2; r=y.requires_grad,y.is_inference()
---
@M.inference_mode
def f(a): return a*2, M.is_inference_mode_enabled()
r=[getattr(v,'requires_grad',v) for v in f(x)], M.is_inference_mode_enabled()
---
@M.inference_mode()
def f(a): return a*2
r=f(x).is_inference()
---
with M.inference_mode(): r=x.is_inference(), M.is_grad_enabled()
---
with M.inference_mode():
    y=M.ones(2)
    with M.inference_mode(False): y.add_(1)
---
with M.inference_mode():
    y=w*2
    z=M.empty(2); M.add(w,w,out=z); r=z.is_inference()
---
with M.inference_mode(): y=w*2
M.add(w,w,out=y)
---
with M.inference_mode(): l=M.nn.Linear(2,2)
l(w)
---
with M.inference_mode(): y=M.ones(2)
y[0]=3
---
with M.inference_mode(): y=M.ones(2); y[0]=3
r=y.tolist()
---
z=x*1
with M.inference_mode(): y=z.view(2)
y.add_(1)
---
z=x*1
with M.no_grad(): y=z.view(2)
y.add_(1)
---
with M.no_grad(): y=w.view(2)
y.add_(x); r=y.requires_grad, w.requires_grad
---
r=M.inference_mode(mode=True).__class__.__name__
---
with M.inference_mode(): y=M.ones(2)
r=M.exp(y*x.detach()).tolist()
---
with M.inference_mode(): y=M.ones(2)
r=(y+x).exp()
---
with M.inference_mode(): y=M.ones(2)
r=M.stack([y,x]).tolist()
---
with M.inference_mode(): y=M.ones(2)
r=M.mm(y[None],x[:,None])
"""
)

VIEWS = blocks(
    """
with M.no_grad(): y=x.view(2)
with M.no_grad(): y.add_(1)
r=x.tolist()
---
with M.no_grad(): y=x.view(2)
y.add_(1)
r=x.tolist()
---
y=x.detach(); z=y[0:1]; z.mul_(x[1:])
r=y.requires_grad, z.requires_grad, z._base is y
---
with M.no_grad(): y=w.view(2)
w.mul_(x)
y.sum().backward()
---
with M.no_grad(): a=w.chunk(2)
a[0].mul_(x[:1])
---
with M.no_grad(): a=x.chunk(2)
a[0].mul_(2)
---
a=w.chunk(2)
a[0].mul_(x[:1])
---
a=w.chunk(2)
a[0].mul_(2)
---
a=w.chunk(2)
w.mul_(x)
r=a[0].requires_grad
---
z=x*1; y=z.view(2).detach().view(2); y.mul_(x); r=z.tolist(), y.requires_grad, z.requires_grad
(z**2).sum().backward()
---
z=x*1; y=z.view(2).detach().view(2); y.mul_(x); r=z.tolist(), y.requires_grad, z.requires_grad
z.exp().sum().backward(); r=r,x.grad.tolist()
"""
)


@pytest.mark.parametrize("program", INFERENCE + VIEWS)
def test_as_pytorch(program: str) -> None:
    found, expected = (
        outcome(M, program, {"x": M.tensor([1.0, 2.0], requires_grad=True), "w": M.tensor([3.0, 4.0])})
        for M in (flambeau, torch)
    )
    assert_same(found, expected)


def test_the_mode_is_local_to_the_thread() -> None:
    made: list[Any] = []
    with flambeau.inference_mode():
        thread = threading.Thread(target=lambda: made.append(flambeau.ones(1) * 2))
        thread.start()
        thread.join()
    assert not made[0].is_inference()
