"""Hooks on tensors and on nodes: their order, what they may replace, and when they are called at all."""

from typing import Any

from ...programs import program, programs, refusals


def _leaf(t: Any, *numbers: float) -> Any:
    return t.tensor(list(numbers) or [1.0, 2.0], requires_grad=True)


def _noted(log: list[Any], name: str, factor: float | None = None) -> Any:
    """A hook that writes down what it gets, and multiplies it if there is a factor."""

    def hook(grad: Any) -> Any:
        log.append((name, grad.tolist()))
        return None if factor is None else grad * factor

    return hook


def _returning(t: Any, hook: Any) -> None:
    x = _leaf(t)
    y = x * 2
    y.register_hook(hook)
    y.sum().backward()


def _node_returning(t: Any, hook: Any) -> None:
    product = _leaf(t) * _leaf(t, 3.0, 5.0)
    product.grad_fn.register_hook(hook)
    product.sum().backward()


# -- tensors -----------------------------------------------------------------------------------------------------------


@program(
    "tensor_hook/order/leaf", [[["first", [3.0, 3.0]], ["second", [30.0, 30.0]], ["third", [30.0, 30.0]]], [60.0, 60.0]]
)
def _leaf_order(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    for name, factor in (("first", 10.0), ("second", None), ("third", 2.0)):
        x.register_hook(_noted(log, name, factor))
    (x * 3).sum().backward()
    return log, x.grad


@program("tensor_hook/order/result", [[["first", [4.0, 8.0]], ["second", [40.0, 80.0]]], [240.0, 480.0]])
def _result_order(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    y = x * 2
    for name, factor in (("first", 10.0), ("second", 3.0)):
        y.register_hook(_noted(log, name, factor))
    (y * y).sum().backward()
    return log, x.grad


@program("tensor_hook/value/once-with-the-sum", [["result", [3.0, 3.0]], ["leaf", [12.0, 12.0]]])
def _once(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    y = x * 2
    x.register_hook(_noted(log, "leaf"))
    y.register_hook(_noted(log, "result"))
    (y * 3 + x * 5 + y.exp() * 0 + x).sum().backward()
    return log


@program("tensor_hook/value/grad-of-leaf", [[[30.0, 30.0]], [["leaf", [3.0, 3.0]]], None])
def _grad_of_leaf(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    x.register_hook(_noted(log, "leaf", 10.0))
    return t.autograd.grad((x * 3).sum(), x), log, x.grad


@program("tensor_hook/value/grad-of-result", [[[30.0, 30.0]], [["result", [3.0, 3.0]]]])
def _grad_of_result(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    y = x * 2
    y.register_hook(_noted(log, "result", 10.0))
    x.register_hook(_noted(log, "leaf"))
    return t.autograd.grad((y * 3).sum(), y), log


@program("tensor_hook/value/not-on-the-way", [[["left", [15.0, 20.0]]], [30.0, 40.0], None])
def _not_on_the_way(t: Any) -> Any:
    log: list[Any] = []
    x, y = _leaf(t), _leaf(t, 3.0, 4.0)
    left, right = x * 2, y * 5
    left.register_hook(_noted(log, "left"))
    right.register_hook(_noted(log, "right"))
    y.register_hook(_noted(log, "y"))
    (left * right).sum().backward(inputs=[x])
    return log, x.grad, y.grad


@program("tensor_hook/value/removes-itself", [["once", ["always", [6.0, 6.0]], ["always", [3.0, 3.0]]], [9.0, 9.0]])
def _removes_itself(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    handles: list[Any] = []

    def once(grad: Any) -> Any:
        handles[0].remove()
        log.append("once")
        return grad * 2

    handles.append(x.register_hook(once))
    x.register_hook(_noted(log, "always"))
    for _ in range(2):
        (x * 3).sum().backward()
    return log, x.grad


@program("tensor_hook/value/removes-another", [["first", ["third", [1.0, 1.0]]], [11.0, 11.0]])
def _removes_another(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    y = x * 1
    handles: list[Any] = []

    def first(grad: Any) -> None:
        log.append("first")
        handles[0].remove()

    y.register_hook(first)
    handles.append(y.register_hook(_noted(log, "second", 10.0)))
    y.register_hook(_noted(log, "third"))
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return log[-2:], x.grad


@program("tensor_hook/value/handle-as-context", [11.0, 11.0])
def _as_context(t: Any) -> Any:
    x = _leaf(t)
    y = x * 1
    with y.register_hook(lambda grad: grad * 10):
        y.sum().backward(retain_graph=True)
    y.sum().backward()
    return x.grad


@program("tensor_hook/value/removed-twice", [8.0, 8.0])
def _removed_twice(t: Any) -> Any:
    x = _leaf(t)
    first, second = x.register_hook(lambda grad: grad * 10), x.register_hook(lambda grad: grad * 3)
    first.remove()
    first.remove()
    (x * 2).sum().backward()
    second.remove()
    (x * 2).sum().backward()
    return x.grad


@program("tensor_hook/value/one-of-several-outputs", [[["second", 3.0], None], [2.0, 30.0, 0.0]])
def _several_outputs(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t, 1.0, 2.0, 3.0)
    first, second, third = x.unbind(0)
    second.register_hook(_noted(log, "second", 10.0))
    third.register_hook(lambda grad: log.append(grad))
    (first * 2 + second * 3).backward()
    return log, x.grad


@program("tensor_hook/value/mode-inside", [[False, False], [True, True]])
def _mode_inside(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    x.register_hook(lambda grad: log.append((t.is_grad_enabled(), grad.requires_grad)))
    (x * x).sum().backward()
    (x * x).sum().backward(create_graph=True)
    return log


@program("tensor_hook/value/after-in-place", [[["after", [3.0, 3.0]], ["before", [15.0, 15.0]]], [30.0, 30.0]])
def _after_in_place(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    y = x * 2
    y.register_hook(_noted(log, "before"))
    y.mul_(5)
    y.register_hook(_noted(log, "after"))
    (y * 3).sum().backward()
    return log, x.grad


@program("tensor_hook/value/error-goes-through", [["hook"], None, True, [2.0, 4.0]])
def _error(t: Any) -> Any:
    x = _leaf(t)
    y = x * x

    def fails(grad: Any) -> None:
        raise KeyError("hook")

    handle = y.register_hook(fails)
    try:
        y.sum().backward(retain_graph=True)
    except KeyError as error:
        seen = error.args
    handle.remove()
    before, mode = x.grad, t.is_grad_enabled()
    y.sum().backward()
    return seen, before, mode, x.grad


@program("tensor_hook/value/backward-inside", [[3.0, 3.0], [3.0, 3.0], True])
def _backward_inside(t: Any) -> Any:
    x, other = _leaf(t), _leaf(t)

    def inner(grad: Any) -> None:
        with t.enable_grad():
            (other * grad.detach()).sum().backward()

    x.register_hook(inner)
    (x * 3).sum().backward()
    return x.grad, other.grad, t.is_grad_enabled()


@program("tensor_hook/value/with-second-derivative", [[6.0, 24.0], [24.0, 48.0]])
def _second(t: Any) -> Any:
    x = _leaf(t)
    x.register_hook(lambda grad: grad * 2)
    (first,) = t.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = t.autograd.grad(first.sum(), x)
    return first, second


refusals("tensor_hook", {
    "no-gradient": (lambda t: t.ones(2).register_hook(print), RuntimeError, "cannot register a hook on a tensor that doesn't require gradient"),
    "another-shape": (lambda t: _returning(t, lambda grad: t.ones(3)), RuntimeError, "hook '<lambda>' has changed the size of value"),
    "broadcastable": (lambda t: _returning(t, lambda grad: grad[:1]), RuntimeError, "hook '<lambda>' has changed the size of value"),
    "a-number": (lambda t: _returning(t, lambda grad: 3.0), TypeError, "expected Variable, but hook returned 'float'"),
    "post-accumulate-on-result": (
        lambda t: (_leaf(t) * 2).register_post_accumulate_grad_hook(print), RuntimeError, "post accumulate grad hooks cannot be registered on non-leaf tensors"),
    "post-accumulate-no-gradient": (lambda t: t.ones(2).register_post_accumulate_grad_hook(print), RuntimeError, "cannot register a hook on a tensor that doesn't require gradient"),
    "retain-no-gradient": (lambda t: t.ones(2).retain_grad(), RuntimeError, "can't retain_grad on Tensor that has requires_grad=False"),
})  # fmt: skip
refusals("tensor_hook", {
    "another-dtype": (lambda t: _returning(t, lambda grad: grad.double()), RuntimeError, "hook '<lambda>' has changed the type of value (was torch."),
}, dtypes=("float32", "float64"))  # fmt: skip


# -- what is kept ------------------------------------------------------------------------------------------------------


def _retained(t: Any, change: Any = None) -> Any:
    x = _leaf(t)
    y = x * 2
    y.retain_grad()
    if change is not None:
        change(y)
    (y * y).sum().backward()
    return y.grad, x.grad


programs("retain_grad", {
    "result": (_retained, [[4.0, 8.0], [8.0, 16.0]]),
    "twice-is-once": (lambda t: _retained(t, lambda y: y.retain_grad()), [[4.0, 8.0], [8.0, 16.0]]),
    "after-later-hooks": (lambda t: _retained(t, lambda y: y.register_hook(lambda grad: grad * 10)), [[40.0, 80.0], [80.0, 160.0]]),
    "moves-with-in-place": (lambda t: _retained(t, lambda y: y.mul_(3)), [[12.0, 24.0], [72.0, 144.0]]),
    "of-leaf-does-nothing": (lambda t: (lambda x: (x.retain_grad(), x.retains_grad, (x * 3).sum().backward(), x.grad))(
        _leaf(t)), [None, False, None, [3.0, 3.0]]),
    "flags": (lambda t: (lambda y: (y.retains_grad, y.retain_grad(), y.retains_grad))(_leaf(t) * 2), [False, None, True]),
    "adds-up": (lambda t: (lambda y: (y.retain_grad(), y.sum().backward(retain_graph=True), (y * 3).sum().backward(),
                                      y.grad))(_leaf(t) * 2), [None, None, None, [4.0, 4.0]]),
    "own-memory": (lambda t: (lambda x: (lambda y: (
        y.retain_grad(), y.sum().backward(), y.grad.mul_(5), x.grad))(x * 1))(_leaf(t)), [None, None, [5.0, 5.0], [1.0, 1.0]]),
    "of-output-without-gradient": (lambda t: (lambda parts: ([part.retain_grad() for part in parts], parts[0].backward(),
        [part.grad for part in parts])[2])(_leaf(t).unbind(0)), [1.0, None]),
    "of-what-is-gone": (lambda t: (lambda x: ((lambda y: (y.retain_grad(), y * 3)[1])(x * 2).sum().backward(), x.grad))(_leaf(t)), [None, [6.0, 6.0]]),
    "grad-does-not-keep": (lambda t: (lambda x: (lambda y: (
        y.retain_grad(), t.autograd.grad((y * 3).sum(), x), y.grad))(x * 2))(_leaf(t)), [None, [[6.0, 6.0]], [3.0, 3.0]]),
})  # fmt: skip


# -- leaves: before and after adding up ------------------------------------------------------------------------------


@program(
    "accumulate_hook/order/all-kinds",
    [["tensor", [3.0, 3.0]], ["pre", [30.0, 30.0]], ["post", [30.0, 30.0]], ["node", 0, [30.0, 30.0]]],
)
def _all_kinds(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    node = x.view_as(x).grad_fn.next_functions[0][0]
    x.register_post_accumulate_grad_hook(lambda leaf: log.append(("post", leaf.grad.tolist())))
    node.register_hook(lambda inputs, outputs: log.append(("node", len(inputs), outputs[0].tolist())))
    node.register_prehook(lambda grads: log.append(("pre", grads[0].tolist())))
    x.register_hook(_noted(log, "tensor", 10.0))
    (x * 3).sum().backward()
    return log


@program("accumulate_hook/value/post-sees-the-sum", [[True, [4.0, 4.0]], [True, [8.0, 8.0]]])
def _post_sees_the_sum(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    handle = x.register_post_accumulate_grad_hook(lambda leaf: log.append((leaf is x, leaf.grad.tolist())))
    for _ in range(2):
        (x * 3 + x).sum().backward()
    handle.remove()
    (x * 3).sum().backward()
    return log


@program("accumulate_hook/value/post-may-clear", [[[3.0, 3.0], [5.0, 5.0]], None])
def _post_may_clear(t: Any) -> Any:
    x = _leaf(t)
    seen = []

    def step(leaf: Any) -> None:
        seen.append(leaf.grad.tolist())
        leaf.grad = None

    x.register_post_accumulate_grad_hook(step)
    for factor in (3, 5):
        (x * factor).sum().backward()
    return seen, x.grad


@program("accumulate_hook/order/post", ["first", "second", "third"])
def _post_order(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    for name in ("first", "second", "third"):
        x.register_post_accumulate_grad_hook(lambda leaf, name=name: log.append(name))
    (x * 3).sum().backward()
    return log


@program("accumulate_hook/value/post-not-for-grad", [[[3.0, 3.0]], []])
def _post_not_for_grad(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    x.register_post_accumulate_grad_hook(lambda leaf: log.append("post"))
    return t.autograd.grad((x * 3).sum(), x), log


@program("accumulate_hook/value/prehook-replaces", [303.0, 303.0])
def _prehook_replaces(t: Any) -> Any:
    x = _leaf(t)
    node = t.autograd.graph.get_gradient_edge(x).node
    handle = node.register_prehook(lambda grads: (grads[0] * 100,))
    (x * 3).sum().backward()
    handle.remove()
    (x * 3).sum().backward()
    return x.grad


refusals("accumulate_hook", {
    "post-returns": (lambda t: (lambda x: (x.register_post_accumulate_grad_hook(lambda leaf: leaf.grad),
                                           (x * 3).sum().backward()))(_leaf(t)), RuntimeError, 'Tensor post accumulate grad hooks should return None.'),
})  # fmt: skip


# -- nodes -------------------------------------------------------------------------------------------------------------


@program(
    "node_hook/order/before-and-after",
    [
        ["tensor", [1.0, 1.0]],
        ["before 1", [2.0, 2.0]],
        "before 2",
        ["after 1", [[6.0, 10.0], [2.0, 4.0]], [2.0, 2.0]],
        "after 2",
    ],
)
def _before_and_after(t: Any) -> Any:
    log: list[Any] = []
    x, y = _leaf(t), _leaf(t, 3.0, 5.0)
    product = x * y
    node = product.grad_fn
    node.register_hook(
        lambda inputs, outputs: log.append(("after 1", [each.tolist() for each in inputs], outputs[0].tolist()))
    )
    node.register_hook(lambda inputs, outputs: log.append("after 2"))
    node.register_prehook(lambda outputs: log.append(("before 1", outputs[0].tolist())))
    node.register_prehook(lambda outputs: log.append("before 2"))
    product.register_hook(_noted(log, "tensor", 2.0))
    product.sum().backward()
    return log


@program("node_hook/value/replaces-inputs", [[31.0, 51.0], [2.0, 4.0]])
def _replaces_inputs(t: Any) -> Any:
    x, y = _leaf(t), _leaf(t, 3.0, 5.0)
    product = x * y
    product.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10, inputs[1]))
    product.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] + 1, inputs[1] * 2))
    product.sum().backward()
    return x.grad, y.grad


@program("node_hook/value/replaces-outputs", [[33.0, 55.0], [11.0, 22.0]])
def _replaces_outputs(t: Any) -> Any:
    x, y = _leaf(t), _leaf(t, 3.0, 5.0)
    product = x * y
    product.grad_fn.register_prehook(lambda outputs: (outputs[0] * 10,))
    product.grad_fn.register_prehook(lambda outputs: (outputs[0] + 1,))
    product.sum().backward()
    return x.grad, y.grad


@program("node_hook/value/none-for-constants", [[True, False]])
def _none_for_constants(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t)
    y = t.tensor([3.0, 5.0]) * x
    y.grad_fn.register_hook(lambda inputs, outputs: log.append([each is None for each in inputs]))
    y.sum().backward()
    return log


@program("node_hook/value/removed", [[60.0, 60.0], [6.0, 6.0], [2.0, 2.0]])
def _node_removed(t: Any) -> Any:
    x = _leaf(t)
    y = x * 2
    first = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10, *inputs[1:]))
    second = y.grad_fn.register_prehook(lambda outputs: (outputs[0] * 3,))
    found = []
    for handle in (first, second, None):
        found.append(t.autograd.grad(y.sum(), x, retain_graph=True)[0])
        if handle is not None:
            handle.remove()
    return found


@program("node_hook/value/some-outputs", [[[None, 3.0, None]], [0.0, 3.0, 0.0]])
def _some_outputs(t: Any) -> Any:
    log: list[Any] = []
    x = _leaf(t, 1.0, 2.0, 3.0)
    parts = x.unbind(0)
    parts[0].grad_fn.register_prehook(
        lambda outputs: log.append([None if each is None else each.tolist() for each in outputs])
    )
    (parts[1] * 3).backward()
    return log, x.grad


refusals("node_hook", {
    "too-few": (lambda t: _node_returning(t, lambda inputs, outputs: (inputs[0],)), RuntimeError, "hook '<lambda>' has returned an incorrect number of values (got 1, but expected 2)"),
    "no-tuple": (lambda t: _node_returning(t, lambda inputs, outputs: inputs[0]), TypeError, "expected tuple, but hook returned 'Tensor'"),
    "another-shape": (lambda t: _node_returning(t, lambda inputs, outputs: (t.ones(3), inputs[1])), RuntimeError, "hook '<lambda>' has changed the size of value"),
})  # fmt: skip


# -- several tensors --------------------------------------------------------------------------------------------------


@program("multi_grad_hook/value/any", [1, True])
def _any(t: Any) -> Any:
    seen: list[Any] = []
    x, y = _leaf(t, 1.0), _leaf(t, 2.0)
    left, right = x * 2, y * 3
    t.autograd.graph.register_multi_grad_hook((left, right), lambda grad: seen.append(grad.tolist()), mode="any")
    (left * 5 + right * 7).sum().backward()
    return len(seen), seen[0] in ([5.0], [7.0])


@program("multi_grad_hook/value/every-pass", [[[2.0], [5.0]], [[3.0], [5.0]], [None, [7.0]]])
def _every_pass(t: Any) -> Any:
    seen: list[Any] = []
    x, y = _leaf(t, 1.0), _leaf(t, 2.0)
    t.autograd.graph.register_multi_grad_hook(
        (x, y), lambda grads: seen.append([None if grad is None else grad.tolist() for grad in grads])
    )
    for factor in (2, 3):
        (x * factor + y * 5).sum().backward()
    (y * 7).sum().backward()
    return seen


@program("multi_grad_hook/value/with-inputs", [[[6.0], None, None], [None, [2.0], [1.0]], [[6.0], [2.0], None]])
def _with_inputs(t: Any) -> Any:
    seen: list[Any] = []
    x, y, z = _leaf(t, 1.0), _leaf(t, 2.0), _leaf(t, 3.0)
    left, right = x * 2, y * 3
    t.autograd.graph.register_multi_grad_hook(
        (left, right, z), lambda grads: seen.append([None if grad is None else grad.tolist() for grad in grads])
    )
    (left * right + z).sum().backward(inputs=[x], retain_graph=True)
    (left * right + z).sum().backward(inputs=[y, z], retain_graph=True)
    (left * right).sum().backward()
    return seen


@program("multi_grad_hook/value/handle", [2])
def _multi_handle(t: Any) -> Any:
    seen: list[Any] = []
    x, y = _leaf(t, 1.0), _leaf(t, 2.0)
    handle = t.autograd.graph.register_multi_grad_hook((x, y), lambda grads: seen.append(len(grads)))
    (x * y).sum().backward()
    handle.remove()
    (x * y).sum().backward()
    return seen


refusals("multi_grad_hook", {
    "mode": (lambda t: t.autograd.graph.register_multi_grad_hook((_leaf(t),), print, mode="some"), ValueError, "Expects mode to be one of ('all', 'any') but got some"),
})  # fmt: skip
