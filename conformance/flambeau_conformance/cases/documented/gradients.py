"""Documented behaviours of gradients: what keeps them, what they are, and the graph that they flow through."""

import warnings
from typing import Any

from ...checks import expect, expect_raises
from ...declare import case
from ...documented import gives, prints, refuses
from ...subject import Subject

_FREED = "Trying to backward through the graph a second time"


def _leaf(t: Any, *numbers: float) -> Any:
    return t.tensor(numbers, requires_grad=True)


def _slope(t: Any, call: Any, *numbers: float) -> Any:
    leaf = _leaf(t, *numbers)
    call(leaf).sum().backward()
    return leaf.grad


# -- variables ---------------------------------------------------------------------------------------------------------

prints("autograd.Variable", "text", lambda t: t.autograd.Variable(t.tensor([2.0]), requires_grad=True),
       "tensor([2.], requires_grad=True)")  # fmt: skip
gives("autograd.Variable", "instance", lambda t: isinstance(t.ones(1), t.autograd.Variable), True)
gives("Tensor.requires_grad", "defaults",
      lambda t: (t.ones(1).requires_grad, t.nn.Parameter(t.ones(1)).requires_grad), [False, True])  # fmt: skip
gives("Tensor.requires_grad", "at-creation", lambda t: t.randn(2, 2, requires_grad=True).requires_grad, True)


@case("Variable/documented/shares/-", dtypes=("float32",), anchors=("autograd.Variable",))
def _shares(subject: Subject) -> None:
    data = subject.torch.zeros(2)
    variable = subject.torch.autograd.Variable(data)
    data[0] = 5.0
    expect(variable.tolist() == [5.0, 0.0], f"a variable does not share its data: {variable.tolist()}")


@case("requires_grad/documented/frozen/-", dtypes=("float32",), anchors=("Tensor.requires_grad",))
def _frozen(subject: Subject) -> None:
    frozen, trained = (subject.torch.nn.Parameter(subject.torch.ones(2)) for _ in range(2))
    frozen.requires_grad = False
    (frozen * trained).sum().backward()
    expect(frozen.grad is None, "a tensor that requires no gradient got one")
    expect(trained.grad.tolist() == [1.0, 1.0], f"the gradient of the other tensor is {trained.grad}")


@case("requires_grad/documented/not-a-leaf/-", dtypes=("float32",), anchors=("Tensor.requires_grad",))
def _not_a_leaf(subject: Subject) -> None:
    result = _leaf(subject.torch, 1.0) * 2

    def freeze() -> None:
        result.requires_grad = False

    expect_raises(freeze, RuntimeError, "you can only change requires_grad flags of leaf variables")


# -- gradients of operators --------------------------------------------------------------------------------------------

gives("autograd#gradient_definition", "square", lambda t: _slope(t, lambda x: x**2, 1.0, 2.0, 3.0), [2.0, 4.0, 6.0])
gives("Tensor.__add__", "numbers", lambda t: (t.tensor([1.0]) + 2, 2 + t.tensor([1.0])), [[3.0], [3.0]])
gives("Tensor.__add__", "broadcast", lambda t: t.ones(2, 1) + t.tensor([1.0, 2.0]), [[2.0, 3.0]] * 2)
gives("Tensor.__mul__", "broadcast", lambda t: t.full((2, 1), 3.0) * t.tensor([1.0, 2.0]), [[3.0, 6.0]] * 2)
gives("Tensor.__rmul__", "chained", lambda t: _slope(t, lambda x: 1 * 2 * x, 3.0), [2.0])
gives("Tensor.__matmul__", "product", lambda t: t.tensor([[1.0, 2.0]]) @ t.tensor([[3.0], [4.0]]), [[11.0]])
gives("Tensor.mean", "gradient", lambda t: _slope(t, lambda x: x.mean(), 1.0, 2.0, 3.0, 6.0), [0.25] * 4)


# -- the graph ---------------------------------------------------------------------------------------------------------


def _weighted_mean(t: Any) -> Any:
    """The gradients of three weights and two of the results between them and the mean."""
    x = t.full((2, 2), 2.0)
    first, second, third = (t.full((2, 2), value, requires_grad=True) for value in (1.0, 2.0, 6.0))
    inner = first + x
    outer = second * inner
    (third * outer.mean()).mean().backward()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return first.grad, second.grad, third.grad, inner.grad, outer.grad


def _halved_until_small(t: Any, start: float) -> Any:
    x = _leaf(t, start)
    result = x
    while result.sum() > 1:
        result = result / 2
    result.sum().backward()
    return x.grad


def _freed(t: Any) -> Any:
    square = (_leaf(t, 2.0) ** 2).sum()
    square.backward()
    square.backward()


gives("backward#vector_mean_example", "chain", _weighted_mean,
      [[[3.0] * 2] * 2, [[4.5] * 2] * 2, [[1.5] * 2] * 2, None, None])  # fmt: skip
gives("Tensor.backward#layer_by_layer", "between", lambda t: _weighted_mean(t)[3:], [None, None])
gives("autograd#define_by_run", "loop", lambda t: (_halved_until_small(t, 3.0), _halved_until_small(t, 1.0)),
      [[0.25], [1.0]])  # fmt: skip
refuses("autograd#define_by_run", "freed", _freed, RuntimeError, _FREED)


@case("grad/documented/non_leaf_is_none/-", dtypes=("float32",), anchors=("Tensor.grad#non_leaf_is_none",))
def _non_leaf(subject: Subject) -> None:
    leaf = _leaf(subject.torch, 2.0)
    plain, kept = leaf * 3, leaf * 5
    kept.retain_grad()
    (plain + kept).sum().backward()
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        gradient = plain.grad
    expect(gradient is None, f"a result keeps a gradient: {gradient}")
    begins = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed."
    expect([each.category for each in issued] == [UserWarning], f"the warnings are {issued}")
    expect(str(issued[0].message).startswith(begins), f"the warning is {issued[0].message}")
    expect(kept.grad.tolist() == [1.0], f"retain_grad() keeps {kept.grad}")


@case("grad_fn/documented/apply/-", dtypes=("float32",), anchors=("Tensor.grad_fn#apply",))
def _applied(subject: Subject) -> None:
    x, y = _leaf(subject.torch, 3.0), _leaf(subject.torch, 2.0)
    product = x * y
    gradients = product.grad_fn(subject.torch.tensor([2.0]))
    expect([each.tolist() for each in gradients] == [[4.0], [6.0]], f"the gradients are {gradients}")
    expect(x.grad is None and y.grad is None, "a node called by hand sets .grad")
    product.sum().backward()
    expect_raises(lambda: product.grad_fn(subject.torch.tensor([2.0])), RuntimeError, _FREED)


def _doubled_and_tripled(t: Any, backward: Any) -> Any:
    first, second = _leaf(t, 1.0), _leaf(t, 1.0)
    backward([(first * 2).sum(), (second * 3).sum()])
    return first.grad, second.grad


gives("backward", "several", lambda t: _doubled_and_tripled(t, t.autograd.backward), [[2.0], [3.0]])
gives("backward", "top-level", lambda t: _doubled_and_tripled(t, t.backward), [[2.0], [3.0]])
