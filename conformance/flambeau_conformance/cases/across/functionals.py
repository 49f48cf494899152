"""Derivatives and maps of functions: ``func``, ``vmap``, forward mode and ``autograd.functional``."""

from importlib import import_module
from typing import Any

from ...programs import programs, refusals


def _v(t: Any, *numbers: float, **options: Any) -> Any:
    return t.tensor(list(numbers) or [1.0, 2.0], **options)


def _m(t: Any) -> Any:
    return t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def _no_grad(t: Any) -> Any:
    with t.no_grad():
        return t.func.grad(lambda x: (x**3).sum())(_v(t)), t.is_grad_enabled()


def _closure(t: Any) -> Any:
    """What a function closes over gets no gradient through ``func.grad``, and keeps its own."""
    w = _v(t, 3.0, 4.0, requires_grad=True)
    found = t.func.grad(lambda x: (x * w).sum())(_v(t))
    return found.detach(), w.grad


def _called(t: Any) -> Any:
    layer = t.nn.Linear(2, 1)
    before = layer.weight.tolist()
    weights = {"weight": _v(t, 1.0, 2.0)[None], "bias": _v(t, 0.5)}
    slopes = t.func.grad(lambda weights: t.func.functional_call(layer, weights, (_v(t, 3.0, 4.0)[None],)).sum())(
        weights
    )
    return slopes, layer.weight.tolist() == before, layer.weight.grad


programs("func", {
    "grad": (lambda t: t.func.grad(lambda x: (x**3).sum())(_v(t)), [3.0, 12.0]),
    "grad-has-no-history": (lambda t: t.func.grad(lambda x: (x**3).sum())(_v(t, requires_grad=True)).requires_grad, True),
    "grad-of-second-argument": (lambda t: t.func.grad(lambda x, y: (x * y * y).sum(), argnums=1)(_v(t), _v(t, 3.0, 4.0)), [6.0, 16.0]),
    "grad-of-both": (lambda t: t.func.grad(lambda x, y: (x * y * y).sum(), argnums=(1, 0))(_v(t), _v(t, 3.0, 4.0)), [[6.0, 16.0], [9.0, 16.0]]),
    "grad-of-unused": (lambda t: t.func.grad(lambda x, y: (x * 2).sum(), argnums=1)(_v(t), _v(t)), [0.0, 0.0]),
    "grad-and-value": (lambda t: t.func.grad_and_value(lambda x: (x**3).sum())(_v(t)), [[3.0, 12.0], 9.0]),
    "grad-aux": (lambda t: t.func.grad(lambda x: ((x**3).sum(), x * 10), has_aux=True)(_v(t)), [[3.0, 12.0], [10.0, 20.0]]),
    "grad-of-grad-mixed": (lambda t: t.func.grad(lambda y: t.func.grad(lambda x: (x * x * y).sum())(_v(t)).sum())(_v(t, 3.0, 4.0)), [2.0, 4.0]),
    "grad-under-no-grad": (lambda t: _no_grad(t), [[3.0, 12.0], False]),
    "grad-closure": (lambda t: _closure(t), [[3.0, 4.0], None]),
    "vjp": (lambda t: (lambda value, pull: (value, pull(_v(t, 10.0, 1.0))))(*t.func.vjp(lambda x: x**2, _v(t))), [[1.0, 4.0], [[20.0, 4.0]]]),
    "vjp-twice": (lambda t: (lambda value, pull: (pull(_v(t, 1.0, 0.0)), pull(_v(t, 0.0, 1.0))))(*t.func.vjp(lambda x: x**2, _v(t))), [[[2.0, 0.0]], [[0.0, 4.0]]]),
    "jvp": (lambda t: t.func.jvp(lambda x: x**2, (_v(t),), (_v(t, 10.0, 1.0),)), [[1.0, 4.0], [20.0, 4.0]]),
    "jvp-of-grad": (lambda t: t.func.jvp(t.func.grad(lambda x: (x**3).sum()), (_v(t),), (_v(t, 1.0, 0.0),)), [[3.0, 12.0], [6.0, 0.0]]),
    "jvp-aux": (lambda t: t.func.jvp(lambda x: (x**2, x + 1), (_v(t),), (_v(t, 1.0, 1.0),), has_aux=True), [[1.0, 4.0], [2.0, 4.0], [2.0, 3.0]]),
    "jacrev": (lambda t: t.func.jacrev(lambda x: x[:, None] * x)(_v(t)), [[[2.0, 0.0], [2.0, 1.0]], [[2.0, 1.0], [0.0, 4.0]]]),
    "jacfwd": (lambda t: t.func.jacfwd(lambda x: x[:, None] * x)(_v(t)), [[[2.0, 0.0], [2.0, 1.0]], [[2.0, 1.0], [0.0, 4.0]]]),
    "jacrev-argnums": (lambda t: t.func.jacrev(lambda x, y: x * y, argnums=(0, 1))(_v(t), _v(t, 3.0, 4.0)), [[[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]]]),
    "jacfwd-second": (lambda t: t.func.jacfwd(lambda x, y: x * y, argnums=1)(_v(t), _v(t, 3.0, 4.0)), [[1.0, 0.0], [0.0, 2.0]]),
    "hessian": (lambda t: t.func.hessian(lambda x: x[0] ** 2 * x[1])(_v(t, 2.0, 3.0)), [[6.0, 4.0], [4.0, 0.0]]),
    "linearize": (lambda t: (lambda value, push: (value, push(_v(t, 1.0, 10.0))))(*t.func.linearize(lambda x: x**2, _v(t))), [[1.0, 4.0], [2.0, 40.0]]),
    "functional-call": (lambda t: _called(t), [{"weight": [[3.0, 4.0]], "bias": [1.0]}, True, None]),
    "stack-module-state": (lambda t: {name: list(value.shape) for name, value in t.func.stack_module_state(
        [t.nn.Linear(2, 1) for _ in range(3)])[0].items()}, {"weight": [3, 1, 2], "bias": [3, 1]}),
})  # fmt: skip


programs("vmap", {
    "rows": (lambda t: t.vmap(lambda row: row.sum())(_m(t)), [6.0, 15.0]),
    "columns": (lambda t: t.vmap(lambda column: column.sum(), in_dims=1)(_m(t)), [5.0, 7.0, 9.0]),
    "last-dim": (lambda t: t.vmap(lambda column: column.sum(), in_dims=-1)(_m(t)), [5.0, 7.0, 9.0]),
    "out-dims": (lambda t: t.vmap(lambda row: row * 2, out_dims=1)(_m(t)), [[2.0, 8.0], [4.0, 10.0], [6.0, 12.0]]),
    "two": (lambda t: t.vmap(lambda row, number: row * number)(_m(t), _v(t, 1.0, 10.0)), [[1.0, 2.0, 3.0], [40.0, 50.0, 60.0]]),
    "constant": (lambda t: t.vmap(lambda row, other: row + other, in_dims=(0, None))(_m(t), _v(t, 1.0, 2.0, 3.0)), [[2.0, 4.0, 6.0], [5.0, 7.0, 9.0]]),
    "nested": (lambda t: t.vmap(t.vmap(lambda x: x * x))(_m(t)), [[1.0, 4.0, 9.0], [16.0, 25.0, 36.0]]),
    "several-results": (lambda t: t.vmap(lambda row: (row.sum(), row * 2))(_m(t)), [[6.0, 15.0], [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]]),
    "structure": (lambda t: t.vmap(lambda pair: pair["a"] + pair["b"])({"a": _v(t), "b": _v(t, 10.0, 20.0)}), [11.0, 22.0]),
    "structure-in-dims": (lambda t: t.vmap(lambda pair: pair["a"] + pair["b"], in_dims=({"a": 0, "b": None},))({"a": _v(t), "b": t.tensor(5.0)}), [6.0, 7.0]),
    "result-not-mapped": (lambda t: t.vmap(lambda row: t.ones(2))(_m(t)), [[1.0, 1.0], [1.0, 1.0]]),
    "of-grad": (lambda t: t.vmap(t.func.grad(lambda row: (row**3).sum()))(_m(t)), [[3.0, 12.0, 27.0], [48.0, 75.0, 108.0]]),
    "grad-of": (lambda t: t.func.grad(lambda x: t.vmap(lambda row: row.prod())(x).sum())(_m(t)), [[6.0, 3.0, 2.0], [30.0, 24.0, 20.0]]),
    "matmul": (lambda t: t.vmap(lambda row: row @ t.eye(3))(_m(t)), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "chunks": (lambda t: t.vmap(lambda row: row.sum(), chunk_size=1)(_m(t)), [6.0, 15.0]),
    "keywords": (lambda t: t.vmap(lambda row, scale=None: row * scale)(_m(t), scale=_v(t, 2.0, 3.0, 4.0)), [[2.0, 6.0, 12.0], [8.0, 15.0, 24.0]]),
    "random-same": (lambda t: (lambda x: bool((x[0] == x[1]).all()))(t.vmap(lambda row: t.rand(3), randomness="same")(_m(t))), True),
    "random-different": (lambda t: (lambda x: bool((x[0] == x[1]).all()))(t.vmap(lambda row: row * 0 + t.rand(3), randomness="different")(_m(t))), False),
})  # fmt: skip
refusals("vmap", {
    "sizes": (lambda t: t.vmap(lambda a, b: a)(_m(t), _v(t, 1.0, 2.0, 3.0)), ValueError, "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [2, 3] for the mapped dimension"),
    "nothing-mapped": (lambda t: t.vmap(lambda a: a, in_dims=None)(_m(t)), ValueError, "vmap(<lambda>, in_dims=None, ...)(<inputs>): expected `in_dims` to be int or a (potentially nested) tuple matching the"),
    "dim-beyond": (lambda t: t.vmap(lambda a: a, in_dims=2)(_m(t)), ValueError, "of dimensionality 2 so expected in_dim to satisfy -2 <= in_dim < 2."),
    "number-result": (lambda t: t.vmap(lambda row: 3)(_m(t)), ValueError, "vmap(<lambda>, ...): `<lambda>` must only return Tensors, got type <class 'int'>."),
    "zero-dim": (lambda t: t.vmap(lambda a: a)(t.tensor(1.0)), ValueError, "of dimensionality 0 so expected in_dim to satisfy -0 <= in_dim < 0."),
    "randomness": (lambda t: t.vmap(lambda row: t.rand(3))(_m(t)), RuntimeError, "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' randomness"),
})  # fmt: skip
refusals("func", {
    "grad-of-vector": (lambda t: t.func.grad(lambda x: x * 2)(_v(t)), RuntimeError, "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with 1 dims. Maybe you wanted to use"),
    "grad-of-number": (lambda t: t.func.grad(lambda x: 3.0)(_v(t)), RuntimeError, "grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got <class 'float'>"),
    "argnums": (lambda t: t.func.grad(lambda x: x.sum(), argnums=1)(_v(t)), RuntimeError, "Got argnum=1, but only 1 positional inputs"),
    "vjp-structure": (lambda t: t.func.vjp(lambda x: x, _v(t))[1]((_v(t), _v(t))), RuntimeError, "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. cotangents:"),
})  # fmt: skip


# -- forward mode -------------------------------------------------------------------------------------------------------


def _forward(t: Any) -> Any:
    return import_module(f"{t.__name__}.autograd.forward_ad")


def _tangent(t: Any, call: Any) -> Any:
    forward = _forward(t)
    with forward.dual_level():
        found = forward.unpack_dual(call(forward.make_dual(_v(t), _v(t, 10.0, 1.0))))
        return found.primal, found.tangent


def _after_level(t: Any) -> Any:
    forward = _forward(t)
    with forward.dual_level():
        x = forward.make_dual(_v(t), _v(t))
    with forward.dual_level():
        return forward.unpack_dual(x).tangent


def _with_backward(t: Any) -> Any:
    forward = _forward(t)
    x = _v(t, requires_grad=True)
    with forward.dual_level():
        tangent = forward.unpack_dual((forward.make_dual(x, _v(t, 10.0, 1.0)) ** 3).sum()).tangent
        (found,) = t.autograd.grad(tangent, x)
    return tangent.detach(), found


programs("forward_ad", {
    "product": (lambda t: _tangent(t, lambda x: x * x * 3), [[3.0, 12.0], [60.0, 12.0]]),
    "constant": (lambda t: _tangent(t, lambda x: t.ones(2)), [[1.0, 1.0], None]),
    "broadcast": (lambda t: _tangent(t, lambda x: x + t.ones(2, 1)), [[[2.0, 3.0], [2.0, 3.0]], [[10.0, 1.0], [10.0, 1.0]]]),
    "view": (lambda t: _tangent(t, lambda x: x[1:]), [[2.0], [1.0]]),
    "reduction": (lambda t: _tangent(t, lambda x: (x**2).sum()), [5.0, 24.0]),
    "matmul": (lambda t: _tangent(t, lambda x: t.tensor([[1.0, 2.0], [3.0, 4.0]]) @ x), [[5.0, 11.0], [12.0, 34.0]]),
    "in-place": (lambda t: _tangent(t, lambda x: (x * 1).mul_(x)), [[1.0, 4.0], [20.0, 4.0]]),
    "after-the-level": (lambda t: _after_level(t), None),
    "with-backward": (lambda t: _with_backward(t), [42.0, [60.0, 12.0]]),
})  # fmt: skip


def _nested(t: Any) -> None:
    with _forward(t).dual_level(), _forward(t).dual_level():
        pass


def _wrong(t: Any) -> None:
    with _forward(t).dual_level():
        _forward(t).make_dual(_v(t), _v(t, 1.0))


refusals("forward_ad", {
    "no-level": (lambda t: _forward(t).make_dual(_v(t), _v(t)), RuntimeError, "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."),
    "nested-levels": (lambda t: _nested(t), RuntimeError, "Nested forward mode AD is not supported at the moment"),
    "other-shape": (lambda t: _wrong(t), RuntimeError, "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported."),
})  # fmt: skip


# -- autograd.functional ---------------------------------------------------------------------------------------------

programs("functional", {
    "jacobian": (lambda t: t.autograd.functional.jacobian(lambda x: x[:, None] * x, _v(t)), [[[2.0, 0.0], [2.0, 1.0]], [[2.0, 1.0], [0.0, 4.0]]]),
    "jacobian-of-two": (lambda t: t.autograd.functional.jacobian(lambda x, y: (x * y).sum(), (_v(t), _v(t, 3.0, 4.0))), [[3.0, 4.0], [1.0, 2.0]]),
    "jacobian-vectorized": (lambda t: t.autograd.functional.jacobian(lambda x: x**2, _v(t), vectorize=True), [[2.0, 0.0], [0.0, 4.0]]),
    "jacobian-forward": (lambda t: t.autograd.functional.jacobian(lambda x: x**2, _v(t), vectorize=True, strategy="forward-mode"), [[2.0, 0.0], [0.0, 4.0]]),
    "jacobian-create-graph": (lambda t: t.autograd.functional.jacobian(lambda x: x**2, _v(t, requires_grad=True), create_graph=True).requires_grad, True),
    "hessian": (lambda t: t.autograd.functional.hessian(lambda x: x[0] ** 2 * x[1], _v(t, 2.0, 3.0)), [[6.0, 4.0], [4.0, 0.0]]),
    "vjp": (lambda t: t.autograd.functional.vjp(lambda x: x**2, _v(t), _v(t, 10.0, 1.0)), [[1.0, 4.0], [20.0, 4.0]]),
    "jvp": (lambda t: t.autograd.functional.jvp(lambda x: x**2, _v(t), _v(t, 10.0, 1.0)), [[1.0, 4.0], [20.0, 4.0]]),
    "vhp": (lambda t: t.autograd.functional.vhp(lambda x: (x**3).sum(), _v(t), _v(t, 10.0, 1.0)), [9.0, [60.0, 12.0]]),
    "hvp": (lambda t: t.autograd.functional.hvp(lambda x: x[0] ** 2 * x[1], _v(t, 2.0, 3.0), _v(t, 10.0, 1.0)), [12.0, [64.0, 40.0]]),
})  # fmt: skip
refusals("functional", {
    "strict": (lambda t: t.autograd.functional.jacobian(lambda x: t.ones(2), _v(t), strict=True), RuntimeError, "Output 0 of the user-provided function does not require gradients. The outputs must be computed in a differentiable"),
    "hessian-of-vector": (lambda t: t.autograd.functional.hessian(lambda x: x, _v(t)), RuntimeError, "The Tensor returned by the function given to hessian should contain a single element"),
    "vjp-without-vector": (lambda t: t.autograd.functional.vjp(lambda x: x**2, _v(t)), RuntimeError, "The vector v can only be None if the user-provided function returns a single Tensor with a single element."),
    "vector-size": (lambda t: t.autograd.functional.vjp(lambda x: x**2, _v(t), _v(t, 1.0)), RuntimeError, "v has invalid size: should be torch.Size([2]) but got torch.Size([1])."),
})  # fmt: skip


def _wrong_slope(t: Any) -> Any:
    methods = {"forward": staticmethod(lambda ctx, x: x * 2), "backward": staticmethod(lambda ctx, grad: grad * 3)}
    made: Any = type("Wrong", (t.autograd.Function,), methods)
    return made.apply


programs("gradcheck", {
    "right": (lambda t: t.autograd.gradcheck(lambda x: x.exp() * x, (t.tensor([0.5, 1.5], dtype=t.float64, requires_grad=True),)), True),
    "second-order": (lambda t: t.autograd.gradgradcheck(lambda x: x.exp() * x, (t.tensor([0.5, 1.5], dtype=t.float64, requires_grad=True),)), True),
    "wrong": (lambda t: t.autograd.gradcheck(_wrong_slope(t), (t.tensor([0.5], dtype=t.float64, requires_grad=True),), raise_exception=False), False),
}, dtypes=("float64", "float32"))  # fmt: skip


refusals("gradcheck", {
    "wrong": (lambda t: t.autograd.gradcheck(_wrong_slope(t), (t.tensor([0.5], dtype=t.float64, requires_grad=True),)), RuntimeError, "Jacobian mismatch for output 0 with respect to input 0,"),
    "nothing-requires-grad": (lambda t: t.autograd.gradcheck(lambda x: x, (t.tensor([0.5], dtype=t.float64),)), ValueError, "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."),
}, dtypes=("float64", "float32"))  # fmt: skip
