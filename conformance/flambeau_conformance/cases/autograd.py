"""The backward pass."""

from typing import Any

from ..declare import case
from ..subject import Subject


def _raises(call: Any, *words: str) -> None:
    try:
        call()
    except RuntimeError as error:
        for word in words:
            assert word in str(error), str(error)
    else:
        raise AssertionError(f"nothing was raised, expected {words[0]!r}")


@case("backward/value/accumulates/float32", dtypes=("float32",), anchors=("Tensor.backward",))
def _accumulates(subject: Subject) -> None:
    x = subject.tensor([1.0, 2.0], "float32", requires_grad=True)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [5.0, 7.0]


@case("backward/value/no-sharing/float32", dtypes=("float32",))
def _not_shared(subject: Subject) -> None:
    x = subject.tensor([1.0], "float32", requires_grad=True)
    y = subject.tensor([1.0], "float32", requires_grad=True)
    (x + y).sum().backward()
    x.grad.add_(10)
    assert y.grad.tolist() == [1.0], "two leaves share the memory of their gradients"


@case("backward/error/twice/float32", dtypes=("float32",))
def _twice(subject: Subject) -> None:
    x = subject.tensor([1.0], "float32", requires_grad=True)
    y = (x * x).sum()
    y.backward()
    _raises(y.backward, "Trying to backward through the graph a second time")


@case("backward/error/not-scalar/float32", dtypes=("float32",))
def _not_scalar(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    _raises((x * 2).backward, "grad can be implicitly created only for scalar outputs")


@case("backward/error/no-graph/float32", dtypes=("float32",))
def _no_graph(subject: Subject) -> None:
    _raises(subject.torch.ones(1).backward, "element 0 of tensors does not require grad and does not have a grad_fn")


@case("backward/error/modified/float32", dtypes=("float32",))
def _modified(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    y = x.exp()
    z = (y * y).sum()
    y.add_(1)
    _raises(z.backward, "modified by an inplace operation", "is at version 1; expected version 0 instead")


@case("backward/error/leaf/float32", dtypes=("float32",))
def _leaf(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    _raises(lambda: x.add_(1), "a leaf Variable that requires grad is being used in an in-place operation")
    _raises(lambda: x[0].mul_(2), "a view of a leaf Variable that requires grad is being used in an in-place operation")


@case("backward/value/inplace-view/float32", dtypes=("float32",))
def _inplace_view(subject: Subject) -> None:
    x = subject.tensor([1.0, 2.0, 3.0], "float32", requires_grad=True)
    y = x * 1
    y[1:].mul_(5)
    (y * y).sum().backward()
    assert x.grad.tolist() == [2.0, 100.0, 150.0]


@case("no_grad/value/context/float32", dtypes=("float32",))
def _no_grad(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    with subject.torch.no_grad():
        assert not (x * 2).requires_grad
        with subject.torch.enable_grad():
            assert (x * 2).requires_grad
    assert (x * 2).requires_grad and (x * 2).grad_fn.name() == "MulBackward0"


@case("grad/value/third-order/float64", dtypes=("float64",))
def _third_order(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor(2.0, "float64", requires_grad=True)
    value = x**4
    for expected in (32.0, 48.0, 48.0):
        (value,) = t.autograd.grad(value, x, create_graph=True)
        assert abs(value.item() - expected) < 1e-9


@case("hook/value/tensor/float32", dtypes=("float32",))
def _hooks(subject: Subject) -> None:
    x = subject.torch.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    handle = y.register_hook(lambda grad: grad * 10)
    y.sum().backward()
    assert x.grad.tolist() == [20.0, 20.0]
    handle.remove()
