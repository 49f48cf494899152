"""The backward pass."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...subject import Subject

_FLOAT = ("float32",)


@case("backward/value/accumulates/float32", dtypes=_FLOAT, anchors=("Tensor.backward",))
def _accumulates(subject: Subject) -> None:
    x = subject.tensor([1.0, 2.0], "float32", requires_grad=True)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    expect_equal(x.grad.tolist(), [5.0, 7.0])


@case("backward/value/no-sharing/float32", dtypes=_FLOAT)
def _not_shared(subject: Subject) -> None:
    x = subject.tensor([1.0], "float32", requires_grad=True)
    y = subject.tensor([1.0], "float32", requires_grad=True)
    (x + y).sum().backward()
    x.grad.add_(10)
    expect_equal(y.grad.tolist(), [1.0], "the gradient of the other leaf")


@case("backward/error/twice/float32", dtypes=_FLOAT, anchors=("Tensor.backward#second_call_error",))
def _twice(subject: Subject) -> None:
    x = subject.tensor([1.0], "float32", requires_grad=True)
    y = (x * x).sum()
    y.backward()
    expect_raises(y.backward, RuntimeError, "^Trying to backward through the graph a second time")


@case("backward/error/not-scalar/float32", dtypes=_FLOAT, anchors=("Tensor.backward",))
def _not_scalar(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    expect_raises((x * 2).backward, RuntimeError, "grad can be implicitly created only for scalar outputs")


@case("backward/error/no-graph/float32", dtypes=_FLOAT, anchors=("Tensor.backward#no_grad_path_error",))
def _no_graph(subject: Subject) -> None:
    pattern = "element 0 of tensors does not require grad and does not have a grad_fn"
    expect_raises(subject.torch.ones(1).backward, RuntimeError, pattern)


@case("backward/error/modified/float32", dtypes=_FLOAT)
def _modified(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    y = x.exp()
    z = (y * y).sum()
    y.add_(1)
    pattern = "modified by an inplace operation(.|\n)*is at version 1; expected version 0 instead"
    expect_raises(z.backward, RuntimeError, pattern)


@case("backward/error/leaf/float32", dtypes=_FLOAT)
def _leaf(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    pattern = "leaf Variable that requires grad is being used in an in-place operation"
    expect_raises(lambda: x.add_(1), RuntimeError, f"^a {pattern}")
    expect_raises(lambda: x[0].mul_(2), RuntimeError, f"^a view of a {pattern}")


@case("backward/value/inplace-view/float32", dtypes=_FLOAT)
def _inplace_view(subject: Subject) -> None:
    x = subject.tensor([1.0, 2.0, 3.0], "float32", requires_grad=True)
    y = x * 1
    y[1:].mul_(5)
    (y * y).sum().backward()
    expect_equal(x.grad.tolist(), [2.0, 100.0, 150.0])


@case("no_grad/value/context/float32", dtypes=_FLOAT, anchors=("no_grad",))
def _no_grad(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    with subject.torch.no_grad():
        expect(not (x * 2).requires_grad, "the graph was recorded under no_grad")
        with subject.torch.enable_grad():
            expect((x * 2).requires_grad, "the graph was not recorded under enable_grad")
    expect_equal((x * 2).grad_fn.name(), "MulBackward0", "the name of the node")


@case("grad/value/third-order/float64", dtypes=("float64",))
def _third_order(subject: Subject) -> None:
    x = subject.tensor(2.0, "float64", requires_grad=True)
    value = x**4
    for expected in (32.0, 48.0, 48.0):
        (value,) = subject.torch.autograd.grad(value, x, create_graph=True)
        expect(abs(value.item() - expected) < 1e-9, f"the derivative is {value.item()}, expected {expected}")


@case("hook/value/tensor/float32", dtypes=_FLOAT)
def _hooks(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    y = x * 2
    handle = y.register_hook(lambda grad: grad * 10)
    y.sum().backward(retain_graph=True)
    expect_equal(x.grad.tolist(), [20.0, 20.0], "the gradient with the hook")
    handle.remove()
    y.sum().backward()
    expect_equal(x.grad.tolist(), [22.0, 22.0], "the sum of it and the gradient without the hook")


@case("view/inplace/invalid/float32", dtypes=_FLOAT)
def _invalid_views(subject: Subject) -> None:
    """A view whose history a write has made wrong is an error where it is used, not when gradients are computed."""
    t = subject.torch
    base = t.ones(4, requires_grad=True) * 2
    first, _ = base.split(2)
    with t.no_grad():
        unknown = base[:1]
    base.mul_(3)
    expect_raises(lambda: first * 2, RuntimeError, "modified inplace")
    expect_raises(lambda: unknown * 2, RuntimeError, "modified inplace")
    expect_equal(first.detach().tolist(), [6.0, 6.0], "the numbers of the view")


@case("function/gradient/none/float32", dtypes=_FLOAT)
def _nothing_arrives(subject: Subject) -> None:
    """A program's own function gets zeros where no gradient arrives."""
    t = subject.torch
    seen = []

    class Nothing(t.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return None

    class Seeing(t.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            seen.append(grad.tolist())
            return grad

    x = t.ones(2, requires_grad=True)
    Nothing.apply(Seeing.apply(x)).sum().backward()
    expect_equal(seen, [[0.0, 0.0]], "the gradients that arrived")
