"""Forward mode: dual tensors compared with PyTorch's, and tangents of many operations with differences."""

from __future__ import annotations

import pytest
from tests.support.programs import assert_same, blocks, outcome

import flambeau
import flambeau.autograd.forward_ad as flambeau_duals

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

PROGRAMS = blocks(
    """
with D.dual_level():
    r = D.unpack_dual((d := D.make_dual(x, t)).sin() * d).tangent
---
with D.dual_level():
    d = D.make_dual(x, t)
    r = D.unpack_dual(d.cumsum(0)).tangent
---
with D.dual_level():
    r = D.unpack_dual(x).tangent, D.unpack_dual(x * 2).tangent, D.unpack_dual(D.make_dual(x, t)).primal.tolist()
---
with D.dual_level():
    D.enter_dual_level()
---
D.make_dual(x, t)
---
with D.dual_level():
    D.make_dual(x, t[:1])
---
with D.dual_level():
    D.make_dual(x, t.double())
---
with D.dual_level():
    D.make_dual(x.long(), t)
---
D.exit_dual_level()
---
with D.dual_level():
    d = D.make_dual(x, t)
y = d * 2
with D.dual_level():
    r = D.unpack_dual(y).tangent
---
with D.dual_level():
    d = D.make_dual(x, t)
    y = M.zeros(2); y += d * 3
    r = D.unpack_dual(y).tangent
---
with D.dual_level():
    d = D.make_dual(x, t)
    y = M.zeros(3); y[1:] = d * d
    r = D.unpack_dual(y).tangent
---
with D.dual_level():
    d = D.make_dual(x, t)
    a, b = d.unbind()
    r = D.unpack_dual(a * b).tangent, D.unpack_dual(M.stack([a, b])).tangent
---
p = x.clone().requires_grad_()
with D.dual_level():
    y = (D.make_dual(p, t) ** 3).sum()
    out = D.unpack_dual(y)
    r = M.autograd.grad(out.tangent, p, retain_graph=True), M.autograd.grad(out.primal, p)
---
p = x.clone().requires_grad_()
with D.dual_level():
    d = D.make_dual(p, t)
    g, = M.autograd.grad((d ** 3).sum(), d, create_graph=True)
    r = D.unpack_dual(g).tangent.tolist()
---
with M.no_grad(), D.dual_level():
    r = D.unpack_dual(D.make_dual(x, t).exp()).tangent
---
class Cube(M.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_forward(a)
        ctx.save_for_backward(a)
        return a ** 3
    @staticmethod
    def backward(ctx, g):
        a, = ctx.saved_tensors
        return 3 * a ** 2 * g
    @staticmethod
    def jvp(ctx, s):
        a, = ctx.saved_tensors
        return 3 * a ** 2 * s
with D.dual_level():
    r = D.unpack_dual(Cube.apply(D.make_dual(x, t))).tangent
"""
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_pytorch(program: str) -> None:
    found, expected = (
        outcome(M, program, {"D": duals, "x": M.tensor([1.0, 2.0]), "t": M.tensor([0.5, -1.0])})
        for M, duals in ((flambeau, flambeau_duals), (torch, torch.autograd.forward_ad))
    )
    assert_same(found, expected)


OPERATIONS = """
x.exp() * x.log()
x.softmax(0)
x.cumprod(0)
x.sort(descending=True).values
x.prod()
x.std()
x.norm(3)
x[M.tensor([0, 0, 2])]
x.reshape(2, 2) @ x.reshape(2, 2).t()
M.linalg.inv(x.reshape(2, 2) + 3 * M.eye(2))
M.linalg.svdvals(x.reshape(2, 2))
M.fft.rfft(x).abs()
M.nn.functional.gelu(x)
M.nn.functional.log_softmax(x, 0)
M.cat([x, x * x]).flip(0)
x.logsumexp(0)
x.view(2, 2).diagonal().unsqueeze(0).expand(3, 2)
M.where(x > 1, x * x, x)
x.max() * x.min()
x.clone().mul_(x).add_(1)
M.nn.functional.cross_entropy(x.view(2, 2), M.tensor([0, 1]))
""".strip().splitlines()


@pytest.mark.parametrize("expression", OPERATIONS)
def test_tangents_are_differences(expression: str) -> None:
    x = flambeau.tensor([0.75, 1.5, 0.25, 2.0], dtype=flambeau.float64)
    t = flambeau.tensor([0.5, -1.0, 0.25, 2.0], dtype=flambeau.float64)

    def value(x: flambeau.Tensor) -> flambeau.Tensor:
        return eval(expression, {"M": flambeau, "x": x})  # type: ignore[no-any-return]

    with flambeau_duals.dual_level():
        tangent = flambeau_duals.unpack_dual(value(flambeau_duals.make_dual(x, t))).tangent
    step = 1e-6
    difference = (value(x + step * t) - value(x - step * t)) / (2 * step)
    assert tangent is not None
    assert flambeau.allclose(tangent, difference, atol=1e-7, rtol=1e-6)


def test_a_function_with_jvp_alone_has_gradients() -> None:
    class Cube(flambeau.autograd.Function):
        @staticmethod
        def forward(x: flambeau.Tensor) -> flambeau.Tensor:
            return x**3

        @staticmethod
        def setup_context(
            ctx: flambeau.autograd.function.FunctionCtx, inputs: tuple[flambeau.Tensor], output: object
        ) -> None:
            ctx.save_for_forward(*inputs)

        @staticmethod
        def jvp(ctx: flambeau.autograd.function.FunctionCtx, tangent: flambeau.Tensor) -> flambeau.Tensor:
            (x,) = ctx.saved_tensors
            assert x is not None
            return 3 * x**2 * tangent

    x = flambeau.tensor([2.0, 3.0], requires_grad=True)
    (first,) = flambeau.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    assert first is not None
    assert first.tolist() == [12.0, 27.0]
    assert [None if g is None else g.tolist() for g in flambeau.autograd.grad(first.sum(), x)] == [[12.0, 18.0]]


def test_what_is_kept_for_jvp_is_not_what_backward_gets() -> None:
    class Tripled(flambeau.autograd.Function):
        @staticmethod
        def forward(ctx: flambeau.autograd.function.FunctionCtx, x: flambeau.Tensor) -> flambeau.Tensor:
            ctx.save_for_backward(x, x * 0 + 3)
            ctx.save_for_forward(x)
            return 3 * x

        @staticmethod
        def backward(ctx: flambeau.autograd.function.FunctionCtx, grad: flambeau.Tensor) -> flambeau.Tensor:
            _, factor = ctx.saved_tensors
            assert factor is not None
            return factor * grad

    with flambeau_duals.dual_level():
        dual = flambeau_duals.make_dual(flambeau.tensor([1.0, 2.0]), flambeau.tensor([1.0, 0.5]))
        tangent = flambeau_duals.unpack_dual(Tripled.apply(dual)).tangent
    assert tangent is not None
    assert tangent.tolist() == [3.0, 1.5]
