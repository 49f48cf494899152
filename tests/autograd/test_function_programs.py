"""Functions with a derivative of their own compared with PyTorch: what they give, save, refuse and are."""

from __future__ import annotations

import pytest
from tests.support.programs import assert_same, blocks, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

PROGRAMS = blocks(
    """
class A(Fn):
    @staticmethod
    def forward(ctx, a, k): ctx.k = k; ctx.save_for_backward(a); return a * k
    @staticmethod
    def backward(ctx, g): return g * ctx.k, None
y = A.apply(x, 3.); y.sum().backward(); r = y.grad_fn.name(), x.grad, y.requires_grad
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.mark_dirty(a); a.mul_(2); return a
    @staticmethod
    def backward(ctx, g): return g * 2
z = x * 1; y = A.apply(z); r = y is z, z.grad_fn.name(), M.autograd.grad(z.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.mark_dirty(a); a.mul_(2); return a
    @staticmethod
    def backward(ctx, g): return g * 2
A.apply(x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.mark_dirty(a); a.mul_(2); return a * 1
    @staticmethod
    def backward(ctx, g): return g * 2
A.apply(x * 1)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.mark_dirty(a); a.mul_(2); return a
    @staticmethod
    def backward(ctx, g): return g * 2
z = x * 1; v = z[:1]; A.apply(v); r = M.autograd.grad(z.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): i = a.argsort(); s = a * 2; ctx.mark_non_differentiable(s); return a * 3, s, i
    @staticmethod
    def backward(ctx, g, h, i): return g * 3
y, s, i = A.apply(x); r = y.requires_grad, s.requires_grad, i.requires_grad, M.autograd.grad(y.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2, a * 3
    @staticmethod
    def backward(ctx, g, h): return g * 2 + h * 3
y, z = A.apply(x); r = M.autograd.grad(z.sum(), x), y.grad_fn is z.grad_fn, z.output_nr if hasattr(z,'output_nr') else 1
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.set_materialize_grads(False); return a * 2, a * 3
    @staticmethod
    def backward(ctx, g, h): return h * 3 if g is None else g
y, z = A.apply(x); r = M.autograd.grad(z.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a, b): return a + b
    @staticmethod
    def backward(ctx, g): return (g if ctx.needs_input_grad[0] else None), (g * 100 if ctx.needs_input_grad[1] else None)
r = [M.autograd.grad(A.apply(x, w).sum(), x), A.apply(w, w).requires_grad]
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return g[:1]
A.apply(x).sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a.sum()
    @staticmethod
    def backward(ctx, g): return g
A.apply(x).backward(); r = x.grad
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return M.ones(3, 2)
A.apply(x).sum().backward(); r = x.grad
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return 3
A.apply(x).sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return g, None
A.apply(x).sum().backward(); r = x.grad
---
class A(Fn):
    @staticmethod
    def forward(ctx, a, k): return a * 2
    @staticmethod
    def backward(ctx, g): return g
A.apply(x, 3).sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a, k): return a * 2
    @staticmethod
    def backward(ctx, g): return g, g
A.apply(x, 3).sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): raise KeyError('mine')
A.apply(x).sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
A.apply(x).sum().backward()
---
class A(Fn): pass
A.apply(x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.save_for_backward(a, None, a * 2); return a * 2
    @staticmethod
    def backward(ctx, g): a, n, b = ctx.saved_tensors; return g * (a + b) * (n is None)
A.apply(x).sum().backward(); r = x.grad
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.save_for_backward(3); return a
    @staticmethod
    def backward(ctx, g): return g
A.apply(x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): y = a.exp(); ctx.save_for_backward(y); return y
    @staticmethod
    def backward(ctx, g): y, = ctx.saved_tensors; return g * y
y = A.apply(x); g, = M.autograd.grad(y.sum(), x, create_graph=True); r = M.autograd.grad(g.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): y = a.exp(); ctx.save_for_backward(y); return y
    @staticmethod
    def backward(ctx, g): y, = ctx.saved_tensors; return g * y
y = A.apply(x); y.add_(1); y.sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.save_for_backward(a); return a * a
    @staticmethod
    def backward(ctx, g): a, = ctx.saved_tensors; return g * 2 * a
z = x * 1; y = A.apply(z); z.add_(1); y.sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.save_for_backward(a); return a * a
    @staticmethod
    def backward(ctx, g): a, = ctx.saved_tensors; return g * 2 * a
y = A.apply(x).sum(); y.backward(); y.backward()
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): ctx.save_for_backward(a); return a * a * a
    @staticmethod
    @once
    def backward(ctx, g): a, = ctx.saved_tensors; return g * 3 * a * a
g, = M.autograd.grad(A.apply(x).sum(), x, create_graph=True); r = g, g.requires_grad
g.sum().backward()
---
class A(Fn):
    @staticmethod
    def forward(a, b): return a * b
    @staticmethod
    def setup_context(ctx, inputs, output): ctx.save_for_backward(*inputs); ctx.o = output.shape
    @staticmethod
    def backward(ctx, g): a, b = ctx.saved_tensors; return g * b, g * a
r = M.autograd.grad(A.apply(x, w).sum(), x), A.apply(x, w).grad_fn.o
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a
    @staticmethod
    def backward(ctx, g): return g * 5
y = A.apply(x); r = y is x, y.requires_grad, M.autograd.grad(y.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a.view(2, 1)
    @staticmethod
    def backward(ctx, g): return g.view(2) * 5
y = A.apply(x); r = y.shape, M.autograd.grad(y.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2, 'text', 3, None
    @staticmethod
    def backward(ctx, g, t, n, m): return g * 2
y, t, n, m = A.apply(x); r = t, n, m, M.autograd.grad(y.sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return [a * 2]
    @staticmethod
    def backward(ctx, g): return g * 2
A.apply(x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return g * 2
with M.no_grad(): y = A.apply(x)
r = y.requires_grad, y.grad_fn
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a.int()
    @staticmethod
    def backward(ctx, g): return g * 2
y = A.apply(x); r = y.requires_grad, str(y.dtype)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a.double() * 2
    @staticmethod
    def backward(ctx, g): return g * 2
y = A.apply(x); g = M.autograd.grad(y.sum(), x); r = g[0].dtype == x.dtype
---
class A(Fn):
    @staticmethod
    def forward(ctx, *a): return sum(a)
    @staticmethod
    def backward(ctx, g): return tuple(g * (i + 1) for i in range(len(ctx.needs_input_grad)))
r = M.autograd.grad(A.apply(x, x, x).sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def vjp(ctx, g): return g * 7
r = M.autograd.grad(A.apply(x).sum(), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a):
        with M.enable_grad():
            b = a.detach().requires_grad_(); ctx.y = (b * b).sum(); ctx.b = b
        return ctx.y.detach()
    @staticmethod
    def backward(ctx, g): return M.autograd.grad(ctx.y, ctx.b)[0] * g
r = M.autograd.grad(A.apply(x), x)
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return g * 2
A().apply(x)
r = 1
---
class A(Fn):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return g * 2
y = A.apply(x)
n = y.grad_fn.next_functions[0][0]
r = y.grad_fn.metadata, isinstance(y.grad_fn, M.autograd.graph.Node), n.name(), y.grad_fn.needs_input_grad
"""
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_pytorch(program: str) -> None:
    found, expected = (
        outcome(
            M,
            program,
            {
                "Fn": M.autograd.Function,
                "once": M.autograd.function.once_differentiable,
                "x": M.tensor([1.0, 2.0], requires_grad=True),
                "w": M.tensor([3.0, 4.0]),
            },
        )
        for M in (flambeau, torch)
    )
    assert_same(found, expected)
    if isinstance(expected, Exception):
        assert str(found)[:40] == str(expected)[:40]
