"""The namespace ``autograd.graph``, nodes as objects, batched starts: compared with PyTorch; and what holds of memory."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from tests.support.programs import assert_same, blocks, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

PROGRAMS = blocks(
    """
log = []
with G.saved_tensors_hooks(lambda t: (log.append(tuple(t.shape)), t)[1], lambda t: t):
    y = (w @ x).tanh().exp() * x
r = M.autograd.grad(y.sum(), (x, w)), len(log) > 0
---
with G.saved_tensors_hooks(lambda t: t.tolist(), lambda p: M.tensor(p)):
    y = (x * x).exp()
g, = M.autograd.grad(y.sum(), x, create_graph=True)
r = M.autograd.grad(g.sum(), x)
---
with G.saved_tensors_hooks(lambda t: t * 2, lambda t: t):
    y = x * x
r = M.autograd.grad(y.sum(), x)
---
with G.saved_tensors_hooks(lambda t: t, lambda t: 3):
    y = x * x
y.sum().backward()
---
with G.saved_tensors_hooks(lambda t: t.mul_(2), lambda t: t):
    y = x * x
---
with G.saved_tensors_hooks(lambda t: t + 1, lambda t: t), G.saved_tensors_hooks(lambda t: t - 1, lambda t: t):
    y = x * x
r = M.autograd.grad(y.sum(), x)
---
with G.saved_tensors_hooks(lambda t: t, lambda t: t):
    y = M.cat([x * x, x]).cumprod(0)
r = M.autograd.grad(y.sum(), x)
---
class Double(M.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * a
    @staticmethod
    def backward(ctx, g):
        a, = ctx.saved_tensors
        return 2 * a * g
with G.saved_tensors_hooks(lambda t: t.tolist(), lambda p: M.tensor(p) * 10):
    y = Double.apply(x)
r = M.autograd.grad(y.sum(), x)
---
z = x * 1
with G.saved_tensors_hooks(lambda t: t, lambda t: t):
    y = z * z
z.detach().zero_()
r = M.autograd.grad(y.sum(), x)
---
with G.save_on_cpu():
    y = x.sin() * x
r = M.autograd.grad(y.sum(), x)
---
with G.disable_saved_tensors_hooks("no hooks here"):
    with G.save_on_cpu():
        pass
---
with G.save_on_cpu(), G.disable_saved_tensors_hooks("no hooks here"):
    pass
---
a = []
h = G.register_multi_grad_hook((x, w), lambda grads: a.append([g is None for g in grads]))
(w @ x).sum().backward()
(x * 2).sum().backward()
h.remove()
(w @ x).sum().backward()
r = a
---
a = []
y = x * 2; z = x * 3
G.register_multi_grad_hook((y, z), lambda g: a.append(g.tolist()), mode="any")
(y + z).sum().backward()
r = len(a), a[0] == [1.0, 1.0]
---
G.register_multi_grad_hook((x,), print, mode="some")
---
y = x * 2
e = G.get_gradient_edge(y)
r = e.node.name(), e.output_nr, M.autograd.grad((y * y).sum(), e), M.autograd.grad((x * 2).sum(), G.get_gradient_edge(x))
---
G.get_gradient_edge(M.ones(2))
---
a, b = x.unbind()
e = G.get_gradient_edge(b)
r = e.output_nr, M.autograd.grad(b * b, e)
---
G.increment_version(x)
r = x._version
---
z = x * 1; y = z * z
G.increment_version(z)
y.sum().backward()
---
y = x * w
f = y.grad_fn
r = f._saved_self, f._saved_other, hasattr(f, "_saved_nothing"), isinstance(f, G.Node)
---
y = x.exp()
r = y.grad_fn._saved_result
---
y = x.exp()
y.sum().backward()
y.grad_fn._saved_result
---
z = x * 1; y = z * z
z.add_(1)
y.grad_fn._saved_self
---
y = x.sum(0, keepdim=True)
r = y.grad_fn._saved_keepdim
---
a = []
n = x.view_as(x).grad_fn.next_functions[0][0]
n.register_hook(lambda i, o: a.append(("post", len(i), o[0].tolist())))
n.register_prehook(lambda o: (a.append(("pre", o[0].tolist())), (o[0] * 3,))[1])
(x * 2).sum().backward()
r = a, x.grad, n.name(), n.variable is x
---
r = M.autograd.grad(x * w[0], x, grad_outputs=M.eye(2), is_grads_batched=True)
---
r = M.autograd.grad([x * 2, x.sum()], [x, w], grad_outputs=[M.ones(3, 2), M.ones(3)], is_grads_batched=True, allow_unused=True)
---
M.autograd.grad(x * 2, x, grad_outputs=M.ones(2), is_grads_batched=True)
---
r = M.autograd.grad(x.sum(), (x, w), materialize_grads=True)
---
y = x * x
y.retain_grad()
y.register_hook(lambda g: g * 2)
y.sum().backward()
r = y.grad, x.grad
---
y = x * 1
y.retain_grad()
y.mul_(3)
y.sum().backward()
r = y.grad, x.grad
---
y = x * 1
y.register_hook(lambda g: g * 100)
y.mul_(3)
y.sum().backward()
r = x.grad
"""
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_pytorch(program: str) -> None:
    found, expected = (
        outcome(
            M,
            program,
            {
                "G": M.autograd.graph,
                "x": M.tensor([1.0, 2.0], requires_grad=True),
                "w": M.tensor([[0.5, -1.0], [1.5, 0.25]], requires_grad=True),
            },
        )
        for M in (flambeau, torch)
    )
    assert_same(found, expected)


def test_hooks_keep_nothing_that_they_replaced() -> None:
    x = flambeau.ones(1000, requires_grad=True)
    with flambeau.autograd.graph.saved_tensors_hooks(lambda tensor: None, lambda packed: flambeau.ones(1000)):
        middle = x * 2
        reference = weakref.ref(middle)
        result = middle.exp() * 3
        del middle
    gc.collect()
    assert reference() is None
    assert result.grad_fn is not None


def test_callbacks_run_once_the_pass_is_over() -> None:
    from flambeau._tensor.engine import queue_callback

    x: Any = flambeau.ones(1, requires_grad=True)
    seen: list[Any] = []
    y = x * 2
    y.register_hook(lambda grad: queue_callback(lambda: seen.append(x.grad.item())))
    y.backward()
    assert seen == [2.0]
    with pytest.raises(RuntimeError, match="no backward pass"):
        queue_callback(print)
