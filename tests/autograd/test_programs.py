"""Short programs with gradients compared with PyTorch: what they give, and which errors they raise in which words."""

from __future__ import annotations

import pytest
from tests.support.programs import assert_same, blocks, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

PROGRAMS = blocks(
    """
r = str((x*w).grad_fn).split(' object')[0], str(x*w)
---
y=(x*w).sum(); r = y.grad_fn(M.tensor(1.))
---
y = x*w; r = y.grad_fn.name(), [n.name() if n else None for n,_ in y.grad_fn.next_functions]
---
y = x.unbind()[1]; r = y.output_nr, y.grad_fn.name()
---
r = x.retains_grad, (x*2).retains_grad
---
y=x*2; y.retain_grad(); r=y.retains_grad
---
x.retain_grad(); r = x.retains_grad
---
w.retain_grad()
---
x.grad = M.ones(3)
---
x.grad = M.ones(2).double()
---
x.grad = 3
---
x.grad = M.ones(2); x.grad = None; r = x.grad
---
y = x*2; y.requires_grad_(False)
---
y = M.ones(2, dtype=M.int64).requires_grad_()
---
y = x.detach_(); r = y is x, x.requires_grad
---
y = (x*2).detach_(); r = y.requires_grad, y.is_leaf
---
y = x[:1]; y.detach_()
---
(x*2).backward()
---
(x*2).backward(M.ones(3))
---
(x*2).backward(gradient=M.ones(2)); r = x.grad
---
w.sum().backward()
---
M.autograd.backward([x.sum(), (x*w).sum()]); r = x.grad
---
M.autograd.backward(x*2, grad_tensors=[M.ones(2)]); r = x.grad
---
M.autograd.backward([x*2, x*3], [M.ones(2)])
---
M.autograd.backward(x.sum(), inputs=[])
---
y = x*2; z = y*3; z.sum().backward(inputs=[y]); r = y.grad, x.grad
---
y = x*2; z = (y*3).sum(); z.backward(inputs=y); r = y.grad, x.grad
---
M.autograd.grad(x.sum(), w)
---
M.autograd.grad(x.sum(), [])
---
y=M.ones(2,requires_grad=True); M.autograd.grad(x.sum(), y)
---
y=M.ones(2,requires_grad=True); r=M.autograd.grad(x.sum(), y, allow_unused=True)
---
M.autograd.grad(x*2, x, M.ones(2), retain_graph=False, allow_unused=False, materialize_grads=True)
---
y=(x*x).sum(); M.autograd.grad(y,x); M.autograd.grad(y,x)
---
y=(x*2).sum(); M.autograd.grad(y,x); r=M.autograd.grad(y,x)
---
y=(x*x).sum(); y.backward(retain_graph=True); y.backward(); r=x.grad
---
y=(x*x).sum(); y.backward(create_graph=True); r=x.grad.requires_grad
---
r=M.autograd.grad((x*1j).sum(), x)
---
z=x*1j; (z*z.conj()).real.sum().backward(); r=x.grad
---
(x*1j).sum().backward()
---
h=x.register_hook(lambda g: g*2); r=h.id>=0; h.remove(); h.remove()
---
w.register_hook(lambda g: g)
---
x.register_hook(lambda g: 3); x.sum().backward()
---
x.register_hook(lambda g: M.ones(5)); x.sum().backward(); r = x.grad
---
a=[]; x.register_post_accumulate_grad_hook(lambda t: a.append(t is x)); x.sum().backward(); r=a
---
(x*2).register_post_accumulate_grad_hook(print)
---
x.numpy()
---
x.detach().numpy(); r = 1
---
r = float(x[0]), x.tolist(), x[0].item()
---
x.add_(1)
---
x[0] = 5
---
with M.no_grad(): x.add_(1); x[0] = 7
r = x
---
x.data.add_(1); r = x, x._version
---
x.data = M.ones(3); r = x
---
y = x*2; y.data = M.zeros(2); r = y
---
y = x.clone(); y[0] = x[1]*3; r = M.autograd.grad((y*y).sum(), x)
---
y = M.zeros(3); y[1:] = x; r = y.requires_grad, M.autograd.grad((y*y).sum(), x)
---
y = x*1; z = y.exp(); y.add_(1); z.sum().backward(); r=x.grad
---
y = x*1; z = y*y; y.add_(1); z.sum().backward()
---
y = x.expand(3,2); y.add_(1)
---
with M.autograd.set_grad_enabled(False): y = x*2
r = y.requires_grad, M.is_grad_enabled()
---
M.set_grad_enabled(False); y=x*2; M.set_grad_enabled(True); r=y.requires_grad
---
@M.no_grad()
def f():
    yield M.is_grad_enabled()
    yield M.is_grad_enabled()
g = f(); r = next(g), M.is_grad_enabled(), next(g)
---
@M.enable_grad()
class A: pass
---
r = M.autograd.functional.jacobian(lambda a: a**2, x), M.autograd.functional.hessian(lambda a: (a**3).sum(), x)
---
r = M.autograd.functional.vhp(lambda a: (a**3).sum(), x, w), M.autograd.functional.hvp(lambda a: (a**3).sum(), x, w)
---
M.autograd.functional.jvp(lambda a: a, x)
---
v = M.autograd.Variable(w, requires_grad=True); (v*v).sum().backward(); r = v.grad, w.requires_grad
---
with M.autograd.detect_anomaly(check_nan=True): M.sqrt(x*0-1).sum().backward()
"""
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_pytorch(program: str) -> None:
    found, expected = (
        outcome(M, program, {"x": M.tensor([1.0, 2.0], requires_grad=True), "w": M.tensor([3.0, 4.0])})
        for M in (flambeau, torch)
    )
    assert_same(found, expected)
    if isinstance(expected, Exception):
        assert str(found)[:36] == str(expected)[:36]
