"""Functions with a derivative of their own: each program gives what it gives in PyTorch."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau


def functions(t: ModuleType) -> dict[str, Any]:
    """Functions, the same for both modules."""
    Function = t.autograd.Function  # noqa: N806 (a class)

    class Power(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, n: int) -> Any:
            ctx.save_for_backward(x)
            ctx.n = n
            return x**n

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return grad * ctx.n * x ** (ctx.n - 1), None

    class Exp(Function):
        @staticmethod
        def forward(x: Any, scale: float) -> Any:
            return (x * scale).exp()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.scale = inputs[1]
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (result,) = ctx.saved_tensors
            return grad * result * ctx.scale, None

    class Same(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 2

    class Doubled(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 2

    class Several(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            whole = x.long()
            ctx.mark_non_differentiable(whole)
            return x * 2, whole, "text"

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            assert grads[1].sum() == 0
            assert grads[2] is None
            return grads[0] * 2

    class Sparse(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, first: Any, second: Any) -> Any:
            assert first is None
            return second * 3

    class Spread(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.expand(3, 2) * 1

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad

    class Once(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @t.autograd.function.once_differentiable
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 2 * ctx.saved_tensors[0]

    return {each.__name__: each for each in (Power, Exp, Same, Doubled, Several, Sparse, Spread, Once)}


def returning(t: ModuleType, result: Callable[[Any, Any], Any], forward: Callable[..., Any] | None = None) -> Any:
    """A function of any arguments whose backward gives ``result(ctx, grad)``."""

    class Given(t.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, *rest: Any) -> Any:
            return x * 2 if forward is None else forward(ctx, x)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return result(ctx, grad)

    return Given


def _dirty_and_not_returned(ctx: Any, x: Any) -> Any:
    ctx.mark_dirty(x)
    return x * 2


def _grad(t: Any, output: Any, x: Any, **options: Any) -> Any:
    return t.autograd.grad(output.sum(), x, **options)[0]


PROGRAMS: dict[str, Callable[[Any, Any, dict[str, Any]], Any]] = {
    "value": lambda t, x, f: f["Power"].apply(x, 3),
    "gradient": lambda t, x, f: _grad(t, f["Power"].apply(x, 3), x),
    "second": lambda t, x, f: _grad(t, _grad(t, f["Power"].apply(x, 3), x, create_graph=True), x),
    "setup-context": lambda t, x, f: _grad(t, f["Exp"].apply(x, 0.5), x),
    "saved-output-second": lambda t, x, f: _grad(t, _grad(t, f["Exp"].apply(x, 0.5), x, create_graph=True), x),
    "same": lambda t, x, f: (f["Same"].apply(x) is x, _grad(t, f["Same"].apply(x), x)),
    "dirty": lambda t, x, f: _grad(t, f["Doubled"].apply(x * 1), x),
    "dirty-leaf": lambda t, x, f: f["Doubled"].apply(x),
    "dirty-not-returned": lambda t, x, f: returning(t, lambda ctx, g: g, _dirty_and_not_returned).apply(x * 1),
    "several": lambda t, x, f: (f["Several"].apply(x)[1:], _grad(t, f["Several"].apply(x)[0], x)),
    "not-materialized": lambda t, x, f: _grad(t, f["Sparse"].apply(x)[1], x),
    "outputs": lambda t, x, f: [each.output_nr for each in f["Sparse"].apply(x)],
    "broadcast": lambda t, x, f: _grad(t, f["Spread"].apply(x), x),
    "once": lambda t, x, f: _grad(t, f["Once"].apply(x), x),
    "no-grad": lambda t, x, f: f["Power"].apply(x.detach(), 2).requires_grad,
    "node": lambda t, x, f: (f["Power"].apply(x, 2).grad_fn.name(), f["Power"].apply(x, 2).grad_fn.n),
    "node-apply": lambda t, x, f: f["Power"].apply(x, 2).grad_fn.apply(t.ones(2)),
    "needs": lambda t, x, f: f["Power"].apply(x, 2).grad_fn.needs_input_grad,
    "too-few": lambda t, x, f: _grad(t, returning(t, lambda ctx, g: g).apply(x, 1), x),
    "too-many": lambda t, x, f: _grad(t, returning(t, lambda ctx, g: (g, g)).apply(x), x),
    "trailing-none": lambda t, x, f: _grad(t, returning(t, lambda ctx, g: (g, None, None)).apply(x), x),
    "of-no-tensor": lambda t, x, f: _grad(t, returning(t, lambda ctx, g: (g, g)).apply(x, 1), x),
    "wrong-shape": lambda t, x, f: _grad(t, returning(t, lambda ctx, g: t.ones(3)).apply(x), x),
    "no-gradient": lambda t, x, f: _grad(t, returning(t, lambda ctx, g: 3).apply(x), x),
    "save-number": lambda t, x, f: returning(t, lambda ctx, g: g, lambda ctx, x: ctx.save_for_backward(3)).apply(x),
    "no-forward": lambda t, x, f: type("Empty", (t.autograd.Function,), {}).apply(x),
    "instance": lambda t, x, f: f["Power"]()(x),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_give_what_pytorch_gives(program: str) -> None:
    torch = pytest.importorskip("torch")

    def outcome(t: Any) -> str:
        x = t.tensor([2.0, 3.0], requires_grad=True)
        with warnings.catch_warnings(action="ignore"):
            try:
                return repr(PROGRAMS[program](t, x, functions(t)))
            except (RuntimeError, TypeError, NotImplementedError) as error:
                return f"{type(error).__name__}: {error}"

    assert outcome(flambeau) == outcome(torch)


def test_a_graph_is_used_once_unless_it_is_retained() -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = functions(flambeau)["Power"].apply(x, 2).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [4, 4]


def test_a_saved_tensor_that_is_changed_is_noticed() -> None:
    x = flambeau.ones(2, requires_grad=True)
    source = x * 1
    y = functions(flambeau)["Power"].apply(source, 2)
    source.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_view_changed_in_place_changes_the_history_of_its_base() -> None:
    x = flambeau.ones(2, requires_grad=True)
    base = x * 1
    functions(flambeau)["Doubled"].apply(base[:1])
    base.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2, 1]


def test_differentiating_twice_what_may_be_differentiated_once_is_refused() -> None:
    x, weight = flambeau.ones(2, requires_grad=True), flambeau.ones(2, requires_grad=True)
    (first,) = flambeau.autograd.grad((functions(flambeau)["Once"].apply(x) * weight).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_no_name_on_the_context_is_taken() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        for name in ("saved", "rule", "edges", "outputs", "hooks", "fits", "sequence"):
            setattr(ctx, name, name)
        return x * 2

    def backward(ctx: Any, grad: Any) -> Any:
        assert (ctx.saved, ctx.rule, ctx.edges, ctx.outputs) == ("saved", "rule", "edges", "outputs")
        return grad * 2

    x = flambeau.ones(1, requires_grad=True)
    returning(flambeau, backward, forward).apply(x).backward()
    assert x.grad is not None
    assert x.grad.item() == 2


def test_a_graph_that_saved_its_own_output_is_freed_with_it() -> None:
    x = flambeau.ones(2, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        y = functions(flambeau)["Exp"].apply(x, 0.5)
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


class Same(flambeau.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        return args if len(args) > 1 else args[0]

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return grads


@pytest.mark.parametrize(
    "write",
    [lambda a, y: y.mul_(2), lambda a, y: a.mul_(2) + y.sum(), lambda a, y: y[0].mul_(2)],
    ids=["it", "its argument", "a part"],
)
def test_an_argument_that_is_returned_cannot_be_written_to(write: Any) -> None:
    a = flambeau.ones(2, requires_grad=True) * 3
    with pytest.raises(RuntimeError, match="You can fix this by cloning the output of the custom Function"):
        write(a, Same.apply(a)).sum().backward()


def test_nor_can_several_of_them() -> None:
    a = flambeau.ones(2, requires_grad=True) * 3
    y, z = Same.apply(a, a + 1)
    assert y._base is a
    with pytest.raises(
        RuntimeError, match="Output 1 of Same is a view and is being modified inplace. .* multiple views"
    ):
        z.mul_(2)
    c = flambeau.ones(2)
    assert Same.apply(c).add_(1).tolist() == [2.0, 2.0]
