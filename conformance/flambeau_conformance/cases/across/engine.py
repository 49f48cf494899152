"""The backward pass: what is added up, kept, freed, shared and returned, and in which order nodes run."""

import gc
import warnings
import weakref
from contextlib import suppress
from functools import partial
from typing import Any

from ...programs import program, programs, refusals


def _leaf(t: Any, *numbers: float) -> Any:
    return t.tensor(list(numbers) or [1.0, 2.0], requires_grad=True)


def _grad_after(t: Any, *passes: Any, start: Any = None, **options: Any) -> Any:
    """The ``.grad`` of a leaf after a backward pass from each of what functions make of it."""
    x = _leaf(t)
    x.grad = start
    for make in passes:
        make(x).sum().backward(**options)
    return x.grad


def _both(t: Any, *numbers: Any) -> Any:
    leaves = [each.clone().requires_grad_() for each in numbers]
    (leaves[0] * leaves[1]).sum().backward()
    return [leaf.grad for leaf in leaves]


def _from_several(t: Any, starts: Any = None) -> Any:
    x, y = _leaf(t), _leaf(t, 3.0, 4.0)
    t.autograd.backward([(x * y).sum(), (x * 2).sum()], starts)
    return x.grad, y.grad


def _chain(x: Any, length: int) -> Any:
    for _ in range(length):
        x = x + 1
    return x


def _without(t: Any, x: Any) -> Any:
    with t.no_grad():
        return x * 10


# -- adding up ---------------------------------------------------------------------------------------------------------

programs("backward", {
    "no-use-twice": (lambda t: _grad_after(t, lambda x: x * 3), [3.0, 3.0]),
    "leaf-itself": (lambda t: (lambda x: (x.backward(), x.grad))(t.tensor(3.0, requires_grad=True)), [None, 1.0]),
    "leaf-itself-with-start": (lambda t: (lambda x: (x.backward(t.tensor([3.0, 4.0])), x.grad))(_leaf(t)), [None, [3.0, 4.0]]),
    "same-operand": (lambda t: _grad_after(t, lambda x: x * x), [2.0, 4.0]),
    "same-operand-added": (lambda t: _grad_after(t, lambda x: x + x + x), [3.0, 3.0]),
    "diamond": (lambda t: _grad_after(t, lambda x: (lambda y: y * 3 + y * y)(x * 2)), [14.0, 22.0]),
    "deep-diamond": (lambda t: _grad_after(t, lambda x: (lambda y: (y * 2).exp() * 0 + (y + y * y) * (y - 1))(x + 1)), [11.0, 26.0]),
    "many-uses": (lambda t: _grad_after(t, lambda x: sum((x * number for number in range(1, 11)), x)), [56.0, 56.0]),
    "many-uses-of-result": (lambda t: _grad_after(t, lambda x: (lambda y: sum((y * n for n in range(1, 11)), y))(x * 1)), [56.0, 56.0]),
    "adds-to-earlier": (lambda t: _grad_after(t, lambda x: x * 3, lambda x: x * x), [5.0, 7.0]),
    "adds-to-given": (lambda t: _grad_after(t, lambda x: x * 3, start=t.tensor([10.0, 20.0])), [13.0, 23.0]),
    "three-passes": (lambda t: _grad_after(t, lambda x: x * 3, lambda x: x * 5, lambda x: x * 7), [15.0, 15.0]),
    "start": (lambda t: (lambda x: ((x * x).backward(t.tensor([1.0, -3.0])), x.grad))(_leaf(t)), [None, [2.0, -12.0]]),
    "start-none": (lambda t: (lambda x: ((x * x).sum().backward(None), x.grad))(_leaf(t)), [None, [2.0, 4.0]]),
    "one-element-of-any-shape": (lambda t: (lambda x: ((x * 3).backward(), x.grad))(t.ones(1, 1, requires_grad=True)), [None, [[3.0]]]),
    "broadcast-operand": (lambda t: _both(t, t.ones(3, 2), t.tensor([5.0, 7.0])), [[[5.0, 7.0], [5.0, 7.0], [5.0, 7.0]], [3.0, 3.0]]),
    "broadcast-both": (lambda t: _both(t, t.tensor([[1.0], [2.0], [3.0]]), t.tensor([5.0, 7.0])), [[[12.0], [12.0], [12.0]], [6.0, 6.0]]),
    "broadcast-zero-dim": (lambda t: _both(t, t.ones(2, 3), t.tensor(5.0)), [[[5.0, 5.0, 5.0], [5.0, 5.0, 5.0]], 6.0]),
    "broadcast-front-and-middle": (lambda t: _both(t, t.ones(2, 1, 2), t.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])), [[[[9.0, 12.0]], [[9.0, 12.0]]], [[2.0, 2.0], [2.0, 2.0], [2.0, 2.0]]]),
    "constant-branch": (lambda t: _grad_after(t, lambda x: x * 2 + t.ones(2) * 100), [2.0, 2.0]),
    "detached-branch": (lambda t: _grad_after(t, lambda x: x * x.detach()), [1.0, 2.0]),
    "from-several": (lambda t: _from_several(t), [[5.0, 6.0], [1.0, 2.0]]),
    "from-several-with-starts": (lambda t: _from_several(t, [t.tensor(10.0), None]), [[32.0, 42.0], [10.0, 20.0]]),
    "same-root-twice": (lambda t: (lambda x: (lambda y: (t.autograd.backward([y, y]), x.grad))((x * 3).sum()))(_leaf(t)), [None, [6.0, 6.0]]),
    "root-inside-of-root": (lambda t: (lambda x: (lambda y: (t.autograd.backward([(y * 5).sum(), y.sum()]), x.grad))(
        x * 3))(_leaf(t)), [None, [18.0, 18.0]]),
    "one-of-several-outputs": (lambda t: _grad_after(t, lambda x: x.unbind(0)[1]), [0.0, 1.0]),
    "outputs-of-different-use": (lambda t: _grad_after(t, lambda x: (lambda parts: parts[0] * 3 + parts[1] * 5)(x.split(1))), [3.0, 5.0]),
    "values-and-indices": (lambda t: _grad_after(t, lambda x: (x * 2).max(0)[0]), [0.0, 2.0]),
    "long-chain": (lambda t: _grad_after(t, lambda x: _chain(x, 3000)), [1.0, 1.0]),
    "history-of-copy": (lambda t: _grad_after(t, lambda x: t.zeros(2).copy_(x) * 3), [3.0, 3.0]),
    "not-of-nograd-part": (lambda t: _grad_after(t, lambda x: x * _without(t, x)), [10.0, 20.0]),
})  # fmt: skip


# -- the order of nodes ----------------------------------------------------------------------------------------------


def _mixed(t: Any, kinds: str, leaf: bool) -> Any:
    """The sum of gradients that are dense (d) or sparse (s), as they arrive at a table from the last one to the first."""
    table = t.zeros(3, 1, requires_grad=True)
    used = table if leaf else table * 1
    uses = {"d": lambda factor: used * factor, "s": lambda factor: _rows(t, used, factor)}
    terms = [uses[kind](float(place + 1)).sum() for place, kind in enumerate(kinds)]
    sum(terms[1:], terms[0]).backward()
    return table.grad.to_dense()


def _rows(t: Any, table: Any, factor: float) -> Any:
    return t.nn.functional.embedding(t.tensor([1, 1, 2]), table, sparse=True) * factor


_OF_KINDS = {"d": [1.0, 1.0, 1.0], "s": [0.0, 2.0, 1.0]}
programs("backward", {
    f"{kinds}-{'leaf' if leaf else 'result'}": (
        partial(_mixed, kinds=kinds, leaf=leaf),
        [[sum((place + 1) * _OF_KINDS[kind][row] for place, kind in enumerate(kinds))] for row in range(3)],
    )
    for kinds in ("ddd", "sdd", "dsd", "dds", "ssd", "sds", "dss", "sss", "sddd", "ddsd") for leaf in (True, False)
}, aspect="sparse-and-dense")  # fmt: skip


@program("backward/order/newest-first", ["g", "f", "e", "d", "c", "b", "a"])
def _newest_first(t: Any) -> Any:
    """Of the nodes that are ready, the one that was made last runs first."""
    log: list[str] = []

    def named(name: str, tensor: Any) -> Any:
        tensor.grad_fn.register_prehook(lambda grads: log.append(name))
        return tensor

    x, y = _leaf(t), _leaf(t, 3.0, 4.0)
    first = named("a", x.exp())
    second = named("b", y.sin())
    third = named("c", x.cos())
    fourth = named("d", second.tanh())
    fifth = named("e", first * fourth)
    sixth = named("f", third.exp())
    named("g", third + sixth + fifth * second).sum().backward()
    return log


@program("backward/order/leaves-as-soon-as-complete", ["z", "second", "y", "first", "x"])
def _leaves_first(t: Any) -> Any:
    log: list[str] = []
    x, y, z = _leaf(t), _leaf(t), _leaf(t)
    for name, leaf in {"x": x, "y": y, "z": z}.items():
        leaf.register_hook(lambda grad, name=name: log.append(name))
    first = x.exp()
    first.register_hook(lambda grad: log.append("first"))
    second = first * y
    second.register_hook(lambda grad: log.append("second"))
    (second + z).sum().backward()
    return log


# -- memory ------------------------------------------------------------------------------------------------------------


@program("backward/alias/leaves-of-one-sum", [[10.0, 10.0], [6.0, 6.0], [1.0, 1.0]])
def _leaves_of_one_sum(t: Any) -> Any:
    x, y, z = _leaf(t), _leaf(t), _leaf(t)
    (x + y + z).sum().backward()
    x.grad.mul_(10)
    y.grad.add_(5)
    return x.grad, y.grad, z.grad


@program("backward/alias/start-is-not-shared", [[3.0, 4.0], [30.0, 40.0]])
def _start(t: Any) -> Any:
    x = _leaf(t)
    start = t.tensor([3.0, 4.0])
    (x + 0).backward(start)
    x.grad.mul_(10)
    return start, x.grad


@program("backward/alias/adds-in-place", [True, [8.0, 8.0], 1])
def _adds_in_place(t: Any) -> Any:
    x = _leaf(t)
    (x * 3).sum().backward()
    first = x.grad
    (x * 5).sum().backward()
    return first is x.grad, first, first._version


@program("backward/alias/given-grad-is-added-to", [[13.0, 23.0], True])
def _given(t: Any) -> Any:
    x = _leaf(t)
    given = t.tensor([10.0, 20.0])
    x.grad = given
    (x * 3).sum().backward()
    return given, x.grad is given


@program("backward/alias/create-graph-makes-new", [[3.0, 3.0], [5.0, 7.0], True, False])
def _create_graph_new(t: Any) -> Any:
    x = _leaf(t)
    (x * 3).sum().backward()
    first = x.grad
    (x * x).sum().backward(create_graph=True)
    found = first.tolist(), x.grad.tolist(), x.grad.requires_grad, first is x.grad
    x.grad = None  # no cycle stays
    return found


@program("backward/alias/two-leaves-of-a-view", [[0.0, 0.0], [1.0, 1.0]])
def _two_leaves(t: Any) -> Any:
    x, y = _leaf(t), _leaf(t)
    t.stack((x, y)).sum().backward()
    x.grad.zero_()
    return x.grad, y.grad


@program("grad/alias/results-are-apart", [[1.0, 1.0], [1.0, 1.0], False, True])
def _results_apart(t: Any) -> Any:
    x, y = _leaf(t), _leaf(t)
    first, second = t.autograd.grad((x + y).sum(), (x, y))
    return first, second, first.requires_grad, first.is_leaf


@program("backward/value/no-sharing-with-retained", [[1.0, 1.0], [2.0, 2.0]])
def _with_retained(t: Any) -> Any:
    x = _leaf(t)
    y = x + 1
    y.retain_grad()
    y.sum().backward()
    y.grad.add_(1)
    return x.grad, y.grad


# -- flags of what is computed ------------------------------------------------------------------------------------

programs("backward", {
    "grad-has-no-history": (lambda t: (lambda grad: (grad.requires_grad, grad.grad_fn is None, grad.is_leaf))(
        _grad_after(t, lambda x: x * x)), [False, True, True]),
    "frozen-gets-none": (lambda t: (lambda x, y: ((x * y).sum().backward(), x.grad, y.grad))(_leaf(t), t.ones(2)), [None, [1.0, 1.0], None]),
    "unused-gets-none": (lambda t: (lambda x, y: ((x * 2).sum().backward(), y.grad))(_leaf(t), _leaf(t)), [None, None]),
    "inputs-only": (lambda t: (lambda x, y: ((x * y).sum().backward(inputs=[y]), x.grad, y.grad))(_leaf(t), _leaf(t, 3.0, 4.0)), [None, None, [1.0, 2.0]]),
    "inputs-one-tensor": (lambda t: (lambda x, y: ((x * y).sum().backward(inputs=x), x.grad, y.grad))(
        _leaf(t), _leaf(t, 3.0, 4.0)), [None, [3.0, 4.0], None]),
    "inputs-result": (lambda t: (lambda x: (lambda y: ((y * y).sum().backward(inputs=[y]), y.grad, x.grad))(x * 2))(_leaf(t)), [None, [4.0, 8.0], None]),
    "inputs-add-up": (lambda t: (lambda x: ((x * 3).sum().backward(inputs=[x]), (x * 5).sum().backward(inputs=[x]), x.grad))(
        _leaf(t)), [None, None, [8.0, 8.0]]),
    "retained": (lambda t: (lambda x: (lambda y: (y.backward(retain_graph=True), y.backward(), x.grad))((x * x).sum()))(_leaf(t)), [None, None, [4.0, 8.0]]),
    "retained-three-times": (lambda t: (lambda x: (lambda y: (
        y.backward(retain_graph=True), y.backward(retain_graph=True), y.backward(), x.grad))((x * x).sum()))(_leaf(t)), [None, None, None, [6.0, 12.0]]),
    "create-graph-retains": (lambda t: (lambda x: (lambda y: (
        t.autograd.grad(y, x, create_graph=True)[0], y.backward(), x.grad)[::2])((x * x).sum()))(_leaf(t)), [[2.0, 4.0], [2.0, 4.0]]),
    "nothing-saved-runs-twice": (lambda t: (lambda x: (lambda y: (y.backward(), y.backward(), x.grad))((x + 3).sum()))(_leaf(t)), [None, None, [2.0, 2.0]]),
})  # fmt: skip


def _under_no_grad(t: Any) -> Any:
    x = _leaf(t)
    y = (x**3).sum()
    with t.no_grad():
        (first,) = t.autograd.grad(y, x, create_graph=True)
        inside = t.is_grad_enabled()
    return first, first.requires_grad, inside, t.is_grad_enabled()


programs("grad", {
    "leaves-alone": (lambda t: (lambda x: (t.autograd.grad((x * 3).sum(), x), x.grad))(_leaf(t)), [[[3.0, 3.0]], None]),
    "in-order-of-inputs": (lambda t: (lambda x, y: t.autograd.grad((x * y).sum(), (y, x)))(_leaf(t), _leaf(t, 3.0, 4.0)), [[1.0, 2.0], [3.0, 4.0]]),
    "same-input-twice": (lambda t: (lambda x: t.autograd.grad((x * x).sum(), (x, x)))(_leaf(t)), [[2.0, 4.0], [2.0, 4.0]]),
    "input-and-result-of-it": (lambda t: (lambda x: (lambda y: t.autograd.grad((y * x).sum(), (x, y)))(x * 2))(_leaf(t)), [[4.0, 8.0], [1.0, 2.0]]),
    "of-itself": (lambda t: (lambda x: t.autograd.grad(x.sum(), x))(_leaf(t)), [[1.0, 1.0]]),
    "of-result-itself": (lambda t: (lambda y: t.autograd.grad(y, y))((_leaf(t) * 2).sum()), [1.0]),
    "several-outputs": (lambda t: (lambda x: t.autograd.grad([(x * 2).sum(), (x * x).sum()], x))(_leaf(t)), [[4.0, 6.0]]),
    "starts": (lambda t: (lambda x: t.autograd.grad([x * 2, x * x], x, [t.tensor([1.0, 2.0]), t.tensor([10.0, 20.0])]))(_leaf(t)), [[22.0, 84.0]]),
    "unused-allowed": (lambda t: (lambda x, y: t.autograd.grad((x * 2).sum(), (y, x), allow_unused=True))(_leaf(t), _leaf(t)), [None, [2.0, 2.0]]),
    "unused-made": (lambda t: (lambda x, y: t.autograd.grad((x * 2).sum(), (y, x), materialize_grads=True))(_leaf(t), _leaf(t, 1.0, 2.0, 3.0)), [[0.0, 0.0, 0.0], [2.0, 2.0]]),
    "one-of-several-outputs": (lambda t: (lambda x: (lambda parts: t.autograd.grad(parts[0] * 3, (parts[0], parts[1]),
        allow_unused=True))(x.unbind(0)))(_leaf(t)), [3.0, None]),
    "second-order": (lambda t: (lambda x: t.autograd.grad(t.autograd.grad((x**3).sum(), x, create_graph=True)[0].sum(), x))(
        _leaf(t)), [[6.0, 12.0]]),
    "second-order-mixed": (lambda t: (lambda x, y: t.autograd.grad(t.autograd.grad((x * x * y).sum(), x, create_graph=True)[0].sum(),
        (x, y)))(_leaf(t), _leaf(t, 3.0, 4.0)), [[6.0, 8.0], [2.0, 4.0]]),
    "second-order-many-uses": (lambda t: (lambda x: t.autograd.grad(t.autograd.grad((x**2 + x**3 + x**4 + x**5 + x**6).sum(), x, create_graph=True)[0].sum(), x))(
        _leaf(t)), [[70.0, 702.0]]),
    "second-order-many-uses-of-result": (lambda t: (lambda x: (lambda y: t.autograd.grad(t.autograd.grad((y**2 + y**3 + y**4 + y**5).sum(), x,
        create_graph=True)[0].sum(), x))(x * 2))(_leaf(t)), [[888.0, 5992.0]]),
    "many-uses-kept-apart": (lambda t: (lambda x, start: (lambda y: (t.autograd.grad(y + y + y * 1 + y, x, start), start))(x + 0))(
        _leaf(t), t.tensor([10.0, 20.0])), [[[40.0, 80.0]], [10.0, 20.0]]),
    "of-start": (lambda t: (lambda x, start: t.autograd.grad(t.autograd.grad(x * x, x, start, create_graph=True)[0].sum(), start))(
        _leaf(t), _leaf(t, 1.0, 1.0)), [[2.0, 4.0]]),
    "start-without-create-graph": (lambda t: (lambda x, start: t.autograd.grad(x * x, x, start)[0].requires_grad)(
        _leaf(t), _leaf(t, 1.0, 1.0)), False),
    "mode-is-restored": (lambda t: (lambda x: (t.autograd.grad((x * 2).sum(), x), t.is_grad_enabled(), (x * 2).requires_grad))(
        _leaf(t)), [[[2.0, 2.0]], True, True]),
    "under-no-grad": (lambda t: _under_no_grad(t), [[3.0, 12.0], True, False, True]),
})  # fmt: skip


@program("backward/value/error-restores-mode", [True, True, None])
def _error_restores(t: Any) -> Any:
    x = _leaf(t)
    y = x.exp()
    z = (y * y).sum()
    y.add_(1)
    with suppress(RuntimeError):
        z.backward()
    return t.is_grad_enabled(), (x * 2).requires_grad, x.grad


@program("backward/value/freed-with-result", [True, False])
def _freed(t: Any) -> Any:
    x = _leaf(t)
    held = x * 2
    reference = weakref.ref(held)
    loss = (held * held).sum()
    del held
    gc.collect()
    kept = reference() is not None
    loss.backward()
    gc.collect()
    return kept, reference() is not None


refusals("backward", {
    "square-twice": (lambda t: (lambda y: (y.backward(), y.backward()))((_leaf(t) ** 2).sum()), RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been"),
    "after-grad": (lambda t: (lambda x: (lambda y: (t.autograd.grad(y, x), y.backward()))((x * x).sum()))(_leaf(t)), RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been"),
    "shared-part-freed": (lambda t: (lambda y: (y.sum().backward(), (y * 2).sum().backward()))(_leaf(t).exp()), RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been"),
    "two-elements": (lambda t: (_leaf(t) * 2).backward(), RuntimeError, "grad can be implicitly created only for scalar outputs"),
    "empty": (lambda t: t.ones(0, requires_grad=True).mul(2).backward(), RuntimeError, "grad can be implicitly created only for scalar outputs"),
    "start-of-another-shape": (lambda t: (_leaf(t) * 2).backward(t.ones(3)), RuntimeError, "Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of torch.Size([2])."),
    "start-broadcastable": (lambda t: (_leaf(t) * 2).backward(t.ones(1)), RuntimeError, "Mismatch in shape: grad_output[0] has a shape of torch.Size([1]) and output[0] has a shape of torch.Size([2])."),
    "twice-through-product": (lambda t: (lambda y: (y.backward(), y.backward()))((_leaf(t) * 3).sum()), RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been"),
    "fewer-starts": (lambda t: t.autograd.backward([_leaf(t).sum(), _leaf(t).sum()], [None]), RuntimeError, "got 2 tensors and 1 gradients"),
    "no-history": (lambda t: t.ones(2).sum().backward(), RuntimeError, "element 0 of tensors does not require grad and does not have a grad_fn"),
    "second-has-no-history": (lambda t: t.autograd.backward([_leaf(t).sum(), t.ones(2).sum()]), RuntimeError, "element 1 of tensors does not require grad and does not have a grad_fn"),
    "no-inputs": (lambda t: _leaf(t).sum().backward(inputs=[]), RuntimeError, "`inputs` argument to `backward()` cannot be empty."),
    "integers": (lambda t: t.tensor([1, 2], requires_grad=True), RuntimeError, "Only Tensors of floating point and complex dtype can require gradients"),
    "grad-of-another-shape": (lambda t: setattr(_leaf(t), "grad", t.ones(3)), RuntimeError, "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'. Please ensure that the gradient and the tensor"),
    "grad-no-tensor": (lambda t: setattr(_leaf(t), "grad", 3.0), TypeError, "assigned grad expected to be a Tensor or None but got grad of type float"),
    "requires-grad-of-result": (lambda t: (_leaf(t) * 2).requires_grad_(False), RuntimeError, "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that"),
    "numpy-of-required": (lambda t: _leaf(t).numpy(), RuntimeError, "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
    "deepcopy-of-result": (lambda t: __import__("copy").deepcopy(_leaf(t) * 2), RuntimeError, "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you were"),
}, dtypes=("float32", "int64"))  # fmt: skip

refusals("grad", {
    "unused": (lambda t: t.autograd.grad(_leaf(t).sum(), (_leaf(t),)), RuntimeError, "The differentiated Tensor at index 0 appears to not have been used in the graph. Set allow_unused=True if this is the"),
    "second-unused": (lambda t: (lambda x: t.autograd.grad((x * 2).sum(), (x, _leaf(t))))(_leaf(t)), RuntimeError, "The differentiated Tensor at index 1 appears to not have been used in the graph. Set allow_unused=True if this is the"),
    "input-needs-none": (lambda t: t.autograd.grad(_leaf(t).sum(), t.ones(2)), RuntimeError, "One of the differentiated Tensors does not require grad"),
    "output-needs-none": (lambda t: t.autograd.grad(t.ones(2).sum(), _leaf(t)), RuntimeError, "element 0 of tensors does not require grad and does not have a grad_fn"),
    "no-inputs": (lambda t: t.autograd.grad(_leaf(t).sum(), []), RuntimeError, "`inputs` argument to `grad()` cannot be empty."),
    "made-but-not-allowed": (lambda t: t.autograd.grad(_leaf(t).sum(), _leaf(t), allow_unused=False, materialize_grads=True), ValueError, "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."),
    "not-scalar": (lambda t: (lambda x: t.autograd.grad(x * 2, x))(_leaf(t)), RuntimeError, "grad can be implicitly created only for scalar outputs"),
})  # fmt: skip


# -- batches of starts, and older spellings ------------------------------------------------------------------------------


def _batched(t: Any, starts: Any, **options: Any) -> Any:
    x, y = _leaf(t), _leaf(t, 3.0, 4.0)
    return t.autograd.grad((x * x, x.sum() * 2), (x, y), starts, is_grads_batched=True, allow_unused=True, **options)


def _batched_again(t: Any, **options: Any) -> Any:
    """Whether the graph is still there after a batch of starts."""
    x = _leaf(t)
    y = x * x
    t.autograd.grad(y, x, t.eye(2), is_grads_batched=True, **options)
    try:
        return t.autograd.grad(y.sum(), x)
    except RuntimeError as error:
        return str(error)[:40]


def _older_name(t: Any) -> Any:
    x = _leaf(t)
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        t.autograd.backward(x * x, grad_variables=t.tensor([1.0, 10.0]))
    return x.grad, [str(each.message) for each in issued]


def _both_names(t: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t.autograd.backward(_leaf(t), grad_tensors=t.ones(2), grad_variables=t.ones(2))


programs("grad", {
    "batched": (lambda t: _batched(t, (t.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]]), t.tensor([1.0, 10.0, 100.0]))), [[[4.0, 2.0], [20.0, 24.0], [204.0, 208.0]], None]),
    "batch-of-one": (lambda t: _batched(t, (t.ones(1, 2), t.ones(1))), [[[4.0, 6.0]], None]),
    "batched-frees": (lambda t: _batched_again(t), "Trying to backward through the graph a s"),
    "batched-retains": (lambda t: _batched_again(t, retain_graph=True), [[2.0, 4.0]]),
    "batched-create-graph": (lambda t: (lambda x: t.autograd.grad(x**3, x, t.eye(2), is_grads_batched=True, create_graph=True)[0].requires_grad)(_leaf(t)), True),
    "dict": (lambda t: (lambda x, y: t.autograd.grad((x * y).sum(), {"b": y, "a": x}))(_leaf(t), _leaf(t, 3.0, 4.0)), {"b": [1.0, 2.0], "a": [3.0, 4.0]}),
    "dict-of-unused": (lambda t: t.autograd.grad((_leaf(t) * 2).sum(), {"a": _leaf(t)}, allow_unused=True), {"a": None}),
}, aspect="batched")  # fmt: skip
programs(
    "backward",
    {"older-name": (_older_name, [[2.0, 40.0], ["`grad_variables` is deprecated. Use `grad_tensors` instead."]])},
    aspect="spelling",
)
refusals("grad", {
    "batched-shape": (lambda t: (lambda x: t.autograd.grad(x * 2, x, t.ones(2), is_grads_batched=True))(_leaf(t)), RuntimeError, "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The sizes of"),
    "both-names": (lambda t: _both_names(t), RuntimeError, "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use `grad_tensors`."),
})  # fmt: skip
