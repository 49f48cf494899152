"""Strides of results on tensors with the channels innermost, and of what is made like others, compared with PyTorch's."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
x.to(memory_format=M.channels_last).stride()
x.contiguous(memory_format=M.channels_last).stride()
x.clone(memory_format=M.channels_last).stride()
x.to(memory_format=M.channels_last).is_contiguous(memory_format=M.channels_last)
x.to(memory_format=M.channels_last).is_contiguous()
c.clone().stride()
(c+1).stride()
(c+c).stride()
(x+c).stride()
(c*M.ones(5)).stride()
(c*M.ones(3,1,1)).stride()
c.sin().stride()
c.relu().stride()
M.empty_like(c).stride()
M.zeros_like(c).stride(), M.ones_like(c).stride(), M.full_like(c,2).stride(), M.rand_like(c).stride()
M.zeros_like(c,memory_format=M.contiguous_format).stride()
M.zeros_like(x,memory_format=M.channels_last).stride()
M.empty(2,3,4,5,memory_format=M.channels_last).stride()
c.float().stride(), c.double().stride(), c.to(M.float16).stride()
c.double(memory_format=M.contiguous_format).stride()
c.detach().stride()
c.contiguous().stride()
c.permute(0,2,3,1).is_contiguous()
M.cat([c,c],1).stride()
M.cat([c,x],1).stride()
c.mean((2,3),keepdim=True).stride()
M.nn.functional.relu(c).stride()
M.nn.functional.pad(c, (1, 2, 3, 0)), M.nn.functional.pad(c, (1, 2, 3, 0)).stride()
M.nn.functional.pad(c, (1, -1, 0, 0, 1, 0), value=2.0), M.nn.functional.pad(c, (1, -1, 0, 0, 1, 0), value=2.0).stride()
[M.nn.functional.pad(c, (1, 2, 3, 0), mode=mode) for mode in ("reflect", "replicate", "circular")]
[M.nn.functional.pad(c, (1, 2, 3, 0), mode=mode).stride() for mode in ("reflect", "replicate")]
M.nn.functional.pad(x, (1, 2)).stride(), M.nn.functional.pad(c[0], (1, 2)).stride()
M.nn.Linear(3, 4).to(memory_format=M.channels_last).weight.stride()
M.nn.ParameterList([M.ones(4, 3, 2, 2), M.ones(2, 3)]).to(memory_format=M.channels_last)[0].stride()
M.nn.ParameterList([M.ones(4, 3, 2, 2)]).to(memory_format=M.channels_last).to(M.float64)[0].stride()
M.where(c>0,c,c).stride()
M.maximum(c,c).stride()
(c>0).stride()
c.pow(2).stride()
c.clamp(0,1).stride()
x.transpose(1,2).clone().stride()
(x.transpose(1,2)+1).stride()
x.transpose(1,2).double().stride()
M.empty_like(x.transpose(1,2)).stride()
x[:, ::2].clone().stride()
(x[:, ::2]*2).stride()
x.expand(2,3,4,5).clone().stride()
M.ones(1,3,1,1).expand(2,3,4,5).clone().stride()
M.ones(3,1).expand(3,4).sin().stride()
M.ones(2,3,4,5,6).to(memory_format=M.channels_last_3d).stride()
c.new_zeros((2,3)).stride(), c.new_empty((2,3,4,5)).stride()
c.cumsum(1).stride()
c.softmax(1).stride()
c.to(M.double, memory_format=M.preserve_format).stride()
c.add_(1).stride()
c.reshape(2,3,20).stride()
c.view(2,3,4,5).stride()
c.flatten(1).stride()
c.sort(1)[0].stride()
c.round().stride(), c.abs().stride(), c.neg().stride(), c.sigmoid().stride(), c.exp().stride()
M.randn_like(c).stride()
x.to(memory_format=M.preserve_format).stride()
M.ones(3).to(memory_format=M.channels_last)
M.ones(3,4).contiguous(memory_format=M.channels_last)
M.ones(2,1,4,5).to(memory_format=M.channels_last).stride()
M.ones(2,1,4,5).is_contiguous(memory_format=M.channels_last)
M.ones(2,3,1,1).is_contiguous(memory_format=M.channels_last)
M.ones(2,3,1,1).to(memory_format=M.channels_last).stride()
c.half().stride()
c.requires_grad_().clone().stride()
g()
(c.detach()/2).stride(), (2-c.detach()).stride(), (c.detach()//2).stride()
M.nn.functional.gelu(c).stride(), M.nn.functional.silu(c).stride(), M.nn.functional.leaky_relu(c).stride()
M.lerp(c,c,0.5).stride(), M.addcmul(c,c,c).stride()
M.cat([c, c], 0).is_contiguous(memory_format=M.channels_last), M.cat([c, x], 1).stride()
x.permute(0, 2, 3, 1).to(memory_format=M.contiguous_format).stride()
M.ones(3).clone(memory_format=M.channels_last)
M.ones(2, 3, 4, 5).to(memory_format=M.channels_last_3d)
M.ones(2, 3, 4, 5, 6).contiguous(memory_format=M.channels_last_3d).is_contiguous(memory_format=M.channels_last_3d)
M.empty(2, 3, 4, 5, 6, memory_format=M.channels_last_3d).stride()
""".strip().splitlines()


def _gradient_strides(module: Any) -> Any:
    leaf = module.arange(120.0).reshape(2, 3, 4, 5).to(memory_format=module.channels_last).requires_grad_()
    (leaf.sin() * 2).sum().backward()
    return leaf.grad.stride()


def _outcome(module: Any, expression: str) -> Any:
    x = module.arange(120.0).reshape(2, 3, 4, 5)
    names = {"M": module, "x": x, "c": x.to(memory_format=module.channels_last), "g": lambda: _gradient_strides(module)}
    try:
        return str(eval(expression, names))
    except Exception as error:
        return error


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    found, expected = _outcome(flambeau, expression), _outcome(torch, expression)
    if isinstance(expected, Exception):
        assert isinstance(found, type(expected)), found
        assert str(found) == str(expected)
    else:
        assert found == expected
