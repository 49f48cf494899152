"""Documented behaviours of functions with a derivative of their own, and of clearing gradients."""

import warnings
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...documented import gives, prints, refuses
from ...subject import Subject

_FREED = "Trying to backward through the graph a second time"


def _square_sum(t: Any, record: dict[str, Any] | None = None) -> Any:
    """The documents' function, the sum of two squares, with its derivative written by hand."""
    seen = {} if record is None else record

    class SquareSumFunction(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            seen["ctx"] = ctx
            seen["recorded"] = (x * 2).requires_grad
            return x**2 + y**2

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            x, y = ctx.saved_tensors
            seen["backward"] = ctx
            seen["grad"] = grad_output
            return grad_output * 2 * x, grad_output * 2 * y

    return SquareSumFunction


def _leaves(t: Any) -> tuple[Any, Any]:
    return t.tensor([2.0], requires_grad=True), t.tensor([3.0], requires_grad=True)


def _gradients(t: Any) -> Any:
    x, y = _leaves(t)
    _square_sum(t).apply(x, y).backward()
    return x.grad, y.grad


def _composed(t: Any) -> Any:
    x, y = _leaves(t)
    (_square_sum(t).apply(x * 2, y) * 3).backward()
    return x.grad, y.grad


gives("autograd.Function", "gradients", _gradients, [[4.0], [6.0]])
prints("autograd.Function", "text", lambda t: "{} {}".format(*_gradients(t)), "tensor([4.]) tensor([6.])")
gives("autograd.Function", "chain-rule", _composed, [[48.0], [18.0]])


@case("Function/documented/node/-", dtypes=("float32",), anchors=("autograd.Function", "autograd.Function.forward"))
def _node(subject: Subject) -> None:
    record: dict[str, Any] = {}
    x, y = _leaves(subject.torch)
    z = _square_sum(subject.torch, record).apply(x, y)
    expect(z.requires_grad and z.grad_fn is not None, "the result has no history")
    expect(record["recorded"] is False, "forward records a graph")
    expect_equal(z.tolist(), [13.0], "the value")


@case(
    "BackwardCFunction/documented/ctx/-",
    dtypes=("float32",),
    anchors=("autograd.function.BackwardCFunction", "autograd.Function.backward"),
)
def _context(subject: Subject) -> None:
    record: dict[str, Any] = {}
    x, y = _leaves(subject.torch)
    z = _square_sum(subject.torch, record).apply(x, y)
    kind = subject.torch.autograd.function.BackwardCFunction
    expect(isinstance(record["ctx"], kind), f"ctx is {type(record['ctx'])}")
    expect(z.grad_fn is record["ctx"], "grad_fn is not the ctx of forward")
    expect_equal(type(z.grad_fn).__name__, "SquareSumFunctionBackward", "the name of its class")
    expect(repr(z.grad_fn).startswith("<torch.autograd.function.SquareSumFunctionBackward object at "), repr(z.grad_fn))
    z.backward()
    expect(record["backward"] is record["ctx"], "backward gets another ctx")
    expect_equal(record["grad"].tolist(), [1.0], "the gradient that backward gets")


@case(
    "saved_tensors/documented/order-and-freed/-",
    dtypes=("float32",),
    anchors=("autograd.function.FunctionCtx.saved_tensors", "autograd.function.FunctionCtx.save_for_backward"),
)
def _saved(subject: Subject) -> None:
    x, y = _leaves(subject.torch)
    z = _square_sum(subject.torch).apply(x, y)
    saved = z.grad_fn.saved_tensors
    expect(isinstance(saved, tuple) and saved[0] is x and saved[1] is y, f"the saved tensors are {saved}")
    z.backward()
    expect_raises(lambda: z.grad_fn.saved_tensors, RuntimeError, _FREED)


@case("grad_fn/documented/apply-by-hand/-", dtypes=("float32",), anchors=("Tensor.grad_fn#apply",))
def _by_hand(subject: Subject) -> None:
    x, y = _leaves(subject.torch)
    z = _square_sum(subject.torch).apply(x, y)
    found = z.grad_fn.apply(1)
    expect_equal([each.tolist() for each in found], [[4.0], [6.0]], "the gradients")
    expect(all(type(each.grad_fn).__name__ == "MulBackward0" or each.grad_fn.name() == "MulBackward0" for each in found),
           "the gradients have no history")  # fmt: skip
    expect(x.grad is None and y.grad is None, "a call by hand sets .grad")
    z.backward()
    expect_raises(lambda: z.grad_fn.apply(1), RuntimeError, _FREED)


def _with_backward(t: Any, backward: Any, *extra: Any) -> Any:
    class S(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, *rest: Any) -> Any:
            return x * 2

    S.backward = staticmethod(backward)
    x = t.ones(2, requires_grad=True)
    S.apply(x, *extra).sum().backward()
    return x.grad


def _called(t: Any) -> Any:
    with warnings.catch_warnings(action="ignore"):
        return _square_sum(t)()(t.ones(1), t.ones(1))


refuses("autograd.Function.backward", "too-many", lambda t: _with_backward(t, lambda ctx, g: (g, g)), RuntimeError,
        r"function SBackward returned an incorrect number of gradients \(expected 1, got 2\)")  # fmt: skip
gives("autograd.Function.backward", "none", lambda t: _with_backward(t, lambda ctx, g: None) is None, True)
gives("autograd.Function.forward", "other-arguments", lambda t: _with_backward(t, lambda ctx, g: (g * 5, None, None), 3, "a"),
      [5.0, 5.0])  # fmt: skip
refuses("autograd.Function.apply", "legacy", _called, RuntimeError,
        "Legacy autograd function with non-static forward method is deprecated")  # fmt: skip


@case("Function/documented/use_cases-outside/-", dtypes=("float32",), anchors=("autograd.Function#use_cases",))
def _outside(subject: Subject) -> None:
    """Code that knows nothing of tensors, with its derivative."""
    t = subject.torch

    class Outside(t.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            values = x.tolist()
            ctx.save_for_backward(x)
            return t.tensor([value**3 for value in values], device=x.device)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return grad * t.tensor([3 * value**2 for value in x.tolist()], device=x.device)

    x = t.tensor([1.0, 2.0], requires_grad=True)
    (Outside.apply(x) * 2).sum().backward()
    expect_equal(x.grad.tolist(), [6.0, 24.0], "the gradient")


@case("zero_grad/documented/clears/-", dtypes=("float32",), anchors=("optim.Optimizer.zero_grad",))
def _cleared(subject: Subject) -> None:
    t = subject.torch
    weight = t.nn.Parameter(t.ones(2))
    optimizer = t.optim.SGD([weight], lr=0.1)
    (weight * 3).sum().backward()
    kept = weight.grad
    optimizer.zero_grad(set_to_none=False)
    expect(weight.grad is kept and weight.grad.tolist() == [0.0, 0.0], f"the gradient is {weight.grad}")
    optimizer.zero_grad()
    expect(weight.grad is None, f"the gradient is {weight.grad}")
