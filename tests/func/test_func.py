"""The transforms of ``func`` compared with PyTorch's, one expression a line; and what only a loop makes possible."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.programs import assert_same, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
F.grad(lambda x: (x**3).sum())(x)
F.grad(lambda x,y: (x*y).sum(), argnums=(0,1))(x,w)
F.grad(lambda x,y: (x*y).sum(), argnums=-1)(x,w)
F.grad(lambda d: (d['a']*d['b'][0]).sum())({'a':x,'b':[w]})
F.grad_and_value(lambda x: (x.exp()).sum())(x)
F.grad(lambda x: ((x**2).sum(), x*2), has_aux=True)(x)
F.grad_and_value(lambda x: ((x**2).sum(), {'k':x*2}), has_aux=True)(x)
F.grad(lambda x: x)(x)
F.grad(lambda x: x*2)(x)
F.grad(lambda x: (x.sum(),))(x)
F.grad(lambda x: 3)(x)
F.grad(lambda x: x.sum())(3.0)
F.grad(lambda x: x.sum(), argnums=3)(x)
F.grad(lambda x: x.sum(), argnums=())(x)
F.grad(lambda x: x.sum(), argnums=(0,0))(x)
F.grad(lambda x: x.sum(), argnums='a')(x)
F.grad(lambda x: w.sum())(x)
F.grad(F.grad(lambda x: x.sin()))(M.tensor(1.))
F.grad(F.grad(F.grad(lambda x: x**4)))(M.tensor(2.))
F.grad(lambda x: F.grad(lambda y: (y*x).sum()*y.sum())(w).sum()*x.sum())(x)
F.grad(lambda x: (x*p).sum())(x)
F.jacfwd(lambda x: x*M.rand(2))(x)
F.jacfwd(lambda x: x*M.rand(2), randomness='never')(x)
M.autograd.grad(F.grad(lambda x: (x**2*p).sum())(x).sum(), p)
M.autograd.grad(F.grad(lambda x: (x**3).sum())(p).sum(), p)
F.grad(lambda x: (x**3).sum())(x).requires_grad, F.grad(lambda x: (x**3).sum())(p).requires_grad
F.vjp(lambda x: x.sin(), x)[0], F.vjp(lambda x: x.sin(), x)[1](w)
F.vjp(lambda x,y: (x*y, x+y), x, w)[1]((x,w))
F.vjp(lambda x,y: (x*y, x+y), x, w)[1](x)
F.vjp(lambda x: {'a':x*2}, x)[1]({'a':w})
F.vjp(lambda x: (x*2, x), x, has_aux=True)[2]
F.vjp(lambda x: 3, x)
F.jvp(lambda x: x.sin(), (x,), (w,))
F.jvp(lambda x,y: x*y, (x,w), (w,x))
F.jvp(lambda x,y: (x*y,[x]), (x,w), (w,x))
F.jvp(lambda x: x.sin(), x, w)
F.jvp(lambda x: x.sin(), (x,), (w[:1],))
F.jvp(lambda x: w, (x,), (w,))
F.jvp(lambda x: w, (x,), (w,), strict=True)
F.jvp(lambda x: (x*2,x), (x,), (w,), has_aux=True)
F.jvp(lambda x: F.jvp(lambda y: y**3, (x,), (w,))[1], (x,), (w,))
F.linearize(lambda x: x.sin(), x)[1](w)
F.linearize(lambda x,y: (x*y,y), x, w)[1](w,x)
F.jacrev(lambda x: x**2)(x)
F.jacrev(lambda x,y: x*y.sum(), argnums=(0,1))(x,w)
F.jacrev(lambda x: (x**2, {'s':x.sum()}))(x)
F.jacrev(lambda x: (x**2, x), has_aux=True)(x)
F.jacrev(lambda d: d['a']*2)({'a':x})
F.jacrev(lambda x: x[:,None]*w)(x)
F.jacfwd(lambda x: x**2)(x)
F.jacfwd(lambda x,y: x*y.sum(), argnums=(0,1))(x,w)
F.jacfwd(lambda x: (x**2, {'s':x.sum()}))(x)
F.jacfwd(lambda x: (x**2, x), has_aux=True)(x)
F.jacfwd(lambda x: x[:,None]*w)(x)
F.hessian(lambda x: (x**3).sum())(x)
F.hessian(lambda x,y: (x**2*y).sum(), argnums=(0,1))(x,w)
F.jacrev(F.jacrev(lambda x: (x**3)))(x)
F.jacfwd(F.jacfwd(lambda x: (x**3)))(x)
F.jacrev(F.jacfwd(lambda x: (x**3)))(x)
F.vmap(lambda a: a.sum())(m)
F.vmap(lambda a: a.sum(), in_dims=1)(m)
F.vmap(lambda a: a*2, in_dims=1, out_dims=1)(m)
F.vmap(lambda a,b: a*b, in_dims=(0,None))(m,x[:2].repeat(2)[:3])
F.vmap(lambda a,b: (a*b,a.sum()), out_dims=(1,0))(m,m)
F.vmap(lambda d: d['a'].sum())({'a':m})
F.vmap(lambda d: d['a'].sum(), in_dims=({'a':1},))({'a':m})
F.vmap(lambda a: a, in_dims=2)(m)
F.vmap(lambda a: a, in_dims=-1)(m)
F.vmap(lambda a: a, in_dims=None)(m)
F.vmap(lambda a: a, in_dims=(0,0))(m)
F.vmap(lambda a: a)(3)
F.vmap(lambda a: 3)(m)
F.vmap(lambda: 3)()
F.vmap(lambda a,b: a)(m, m.t())
F.vmap(lambda a: M.randn(1))(m)
F.vmap(lambda a: M.randn(1), randomness='x')(m)
F.vmap(lambda a: M.randn(1), randomness='same')(m).unique().numel()
F.vmap(lambda a: M.randn(1), randomness='different')(m).unique().numel()
F.vmap(F.vmap(lambda a: a*2))(m)
F.vmap(F.grad(lambda a: (a**2).sum()))(m)
F.vmap(F.jacrev(lambda a: a**2))(m)
F.jacrev(F.vmap(lambda a: (a**2).sum()))(m)
F.vmap(lambda a: a.sum(), chunk_size=1)(m)
F.vmap(lambda a: a.sum(), chunk_size=0)(m)
F.vmap(lambda a, k=None: a*k)(m, k=m)
F.vmap(lambda a: (a,[a*2]))(m)
F.vmap(lambda a: a*1, out_dims=(0,0))(m)
F.vmap(lambda a: M.ones(2), out_dims=None)(m)
F.vmap(lambda a,b: b, in_dims=(0,None), out_dims=None)(m,x)
F.vmap(lambda a: a.sum())(M.ones(0,3))
F.vmap(lambda a: M.nn.functional.softmax(a,0))(m)
F.vmap(lambda a: a.sort(0).values)(m)
M.autograd.grad(F.vmap(lambda a: (a*p).sum())(m).sum(), p)
F.functional_call(lin,{'weight':M.ones(1,3),'bias':M.zeros(1)},(m,))
F.functional_call(lin,{'weight':M.ones(1,3)},m)
F.functional_call(lin,{'weigh':M.ones(1,3)},m)
F.functional_call(lin,{'weight':M.ones(1,3)},m,strict=True)
F.functional_call(lin,[{'weight':M.ones(1,3)},{'bias':M.ones(1)}],m)
F.functional_call(lin,[{'weight':M.ones(1,3)},{'weight':M.ones(1,3)}],m)
F.functional_call(lin,3,m)
F.grad(lambda q: F.functional_call(lin,q,(m,)).sum())({k:v.detach() for k,v in lin.named_parameters()})
[{k:tuple(v.shape) for k,v in d.items()} for d in F.stack_module_state([lin,lin])]
F.stack_module_state([])
(lambda ps: F.vmap(lambda q,b: F.functional_call(lin,(q,b),(m,)).sum())(*ps).shape)(F.stack_module_state([lin,lin]))
M.vmap(M.dot)(m,m)
F.vjp(M.abs, x.to(M.complex64)*1j)[1](x)
F.jvp(lambda x: x*1j, (x.to(M.complex64),),(w*1j,))
F.grad(lambda x: x.sum())(M.tensor([1,2]))
""".strip().splitlines()


def _names(module: Any, expression: str) -> dict[str, Any]:
    module.manual_seed(0)
    layer = module.nn.Linear(3, 1)
    with module.no_grad():
        layer.weight.fill_(0.5)
        layer.bias.fill_(0.25)
    return {
        "F": module.func,
        "x": module.tensor([1.0, 2.0]),
        "w": module.tensor([3.0, -4.0]),
        "p": module.tensor([0.5, 0.7, 1.0][: 3 if "a*p" in expression else 2], requires_grad=True),
        "m": module.arange(6.0).reshape(2, 3),
        "lin": layer,
    }


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    found, expected = (outcome(M, f"r = {expression}", _names(M, expression)) for M in (flambeau, torch))
    assert_same(found, expected)


def test_a_mapped_function_may_look_at_values() -> None:
    def half_or_double(x: Any) -> Any:
        return x / 2 if x.sum() > 3 else x * 2

    mapped = flambeau.vmap(half_or_double)(flambeau.tensor([[1.0, 1.0], [4.0, 6.0]]))
    assert mapped.tolist() == [[2.0, 2.0], [2.0, 3.0]]


def test_a_function_may_change_its_argument_in_place() -> None:
    x = flambeau.tensor([1.0, 2.0])
    assert flambeau.func.grad(lambda v: v.mul_(3).sum())(x).tolist() == [3.0, 3.0]
    assert x.tolist() == [3.0, 6.0]


def test_a_result_keeps_a_history_only_if_something_else_wants_one() -> None:
    x, p = flambeau.tensor(2.0), flambeau.tensor(3.0, requires_grad=True)
    assert flambeau.func.grad(lambda v: v**3)(x).grad_fn is None
    gradient = flambeau.func.grad(lambda v: p * v**3)(x)
    gradient.backward()
    assert p.grad.item() == 12.0


def test_random_numbers_of_jacfwd_are_the_same_or_others_for_each_column() -> None:
    def scaled(x: flambeau.Tensor) -> flambeau.Tensor:
        return x.sum() * flambeau.rand(2)

    columns = {
        randomness: flambeau.func.jacfwd(scaled, randomness=randomness)(flambeau.ones(3)).T.tolist()
        for randomness in ("same", "different")
    }
    assert columns["same"] == columns["same"][:1] * 3
    assert len({*map(tuple, columns["different"])}) == 3


@pytest.mark.parametrize(
    "ask",
    [
        lambda t, f: t.func.vjp(f, t.ones(3)),
        lambda t, f: t.func.jacrev(f)(t.ones(3)),
        lambda t, f: t.func.jacrev(lambda v: (v, f(v)))(t.ones(3)),
        lambda t, f: t.func.hessian(f)(t.ones(3)),
    ],
    ids=["vjp", "jacrev", "second-output", "hessian"],
)
@pytest.mark.parametrize("function", [lambda v: v.argmax(), lambda v: v > 0], ids=["integer", "truth"])
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # PyTorch's own
def test_outputs_that_nothing_goes_back_from_are_refused(ask: Any, function: Any) -> None:
    words = []
    for t in (flambeau, torch):
        with pytest.raises(RuntimeError, match="All outputs of f must be floating-point or complex Tensors") as caught:
            ask(t, function)
        words.append(str(caught.value))
    assert words[0] == words[1]
