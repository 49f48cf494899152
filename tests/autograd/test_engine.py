"""The engine: order, accumulation, depth, memory, threads, hooks."""

from __future__ import annotations

import gc
import threading
import weakref
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau import autograd


def test_a_chain_of_200_000_nodes_runs_and_is_freed_without_recursion() -> None:
    x = flambeau.ones(1, requires_grad=True)
    y = x
    for _ in range(200_000):
        y = y + 1
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 1.0
    del y
    gc.collect()


def test_wide_fan_out_adds_up() -> None:
    x = flambeau.ones(2, requires_grad=True)
    total = x * 0
    for factor in range(1000):
        total = total + x * factor
    total.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [499500.0, 499500.0]


def test_graphs_hold_no_cycles() -> None:
    gc.collect()
    gc.disable()
    try:
        x = flambeau.ones(3, requires_grad=True)
        references = []
        for _ in range(3):
            middle = (x.exp() * x).relu()
            result = middle.softmax(0).sum()
            references += [weakref.ref(middle), weakref.ref(result)]
            result.backward()
        del middle, result
        assert [reference() for reference in references] == [None] * len(references)
    finally:
        gc.enable()


def test_saved_values_are_freed_by_the_pass() -> None:
    x = flambeau.ones(3, requires_grad=True)
    y = x.exp()
    z = y.sum()
    z.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        z.backward()
    kept = x.exp().sum()
    kept.backward(retain_graph=True)
    kept.backward()
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx([3 * 2.7182817] * 3)


def test_threads_lose_no_updates() -> None:
    x = flambeau.zeros(4, requires_grad=True)

    def work() -> None:
        for _ in range(50):
            (x * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad is not None
    assert x.grad.tolist() == [400.0] * 4


def test_memory_of_a_loop_stays_flat() -> None:
    x = flambeau.ones(10, requires_grad=True)
    counts = []
    for step in range(3000):
        y = x * 2
        y[2:4] = 0.0
        (y * y).sum().backward()
        x.grad = None
        if step % 1000 == 999:
            gc.collect()
            counts.append(len(gc.get_objects()))
    assert counts[2] <= counts[1] + 50


def test_hooks_see_and_replace_gradients(torch: ModuleType) -> None:
    found = []
    for t in (torch, flambeau):
        seen: list[Any] = []
        x = t.tensor([1.0, 2.0], requires_grad=True)
        y = x * x
        z = y * 3
        x.register_hook(lambda grad, seen=seen: seen.append(("x", grad.tolist())))
        y.register_hook(lambda grad: grad * 2)
        z.register_hook(lambda grad, seen=seen: seen.append(("z", grad.tolist())))
        y.retain_grad()
        x.register_post_accumulate_grad_hook(lambda leaf, seen=seen: seen.append(("after", leaf.grad.tolist())))
        z.sum().backward()
        found.append([seen, x.grad.tolist(), y.grad.tolist()])
    assert found[0] == found[1]


def test_grad_finds_what_is_asked_and_leaves_the_rest_alone(torch: ModuleType) -> None:
    found = []
    for t in (torch, flambeau):
        x, w, unused = (t.tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
        y = x * w
        z = y * y
        gy, gx = t.autograd.grad(z, (y, x), retain_graph=True)
        nothing = t.autograd.grad(z, (unused, w), allow_unused=True, retain_graph=True)
        zeros = t.autograd.grad(z, (unused,), materialize_grads=True)
        found.append([gy.item(), gx.item(), nothing[0], nothing[1].item(), zeros[0].item(), x.grad, w.grad])
    assert found[0] == found[1]


def test_backward_into_some_inputs_only() -> None:
    x, w = flambeau.ones(1, requires_grad=True), flambeau.ones(1, requires_grad=True)
    (x * w).backward(inputs=[w])
    assert x.grad is None
    assert w.grad is not None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t, x: t.autograd.grad(x.sum(), t.ones(1, requires_grad=True)), "not have been used in the graph"),
        (lambda t, x: t.autograd.grad(x.sum(), t.ones(1)), "does not require grad"),
        (lambda t, x: (x * 2).backward(), "grad can be implicitly created only for scalar outputs"),
        (lambda t, x: (x * 2).backward(t.ones(3)), "Mismatch in shape: grad_output[0] has a shape of torch.Size([3])"),
        (lambda t, x: t.ones(1).backward(), "element 0 of tensors does not require grad and does not have a grad_fn"),
        (lambda t, x: x.sum().backward(inputs=[]), "`inputs` argument to `backward()` cannot be empty"),
        (
            lambda t, x: t.ones(1).register_hook(print),
            "cannot register a hook on a tensor that doesn't require gradient",
        ),
        (lambda t, x: t.ones(1).retain_grad(), "can't retain_grad on Tensor that has requires_grad=False"),
        (lambda t, x: t.tensor([1], requires_grad=True), "can require gradients"),
        (lambda t, x: (x * 2).requires_grad_(False), "you can only change requires_grad flags of leaf variables"),
        (lambda t, x: x.add_(1), "a leaf Variable that requires grad is being used in an in-place operation"),
        (lambda t, x: t.add(x, 1, out=t.ones(2)), "out=... arguments don't support automatic differentiation"),
    ],
)
def test_errors_have_pytorchs_words(torch: ModuleType, call: Any, message: str) -> None:
    for t in (torch, flambeau):
        with pytest.raises((RuntimeError, ValueError)) as caught:
            call(t, t.ones(2, requires_grad=True))
        assert message.lower() in str(caught.value).lower()


def test_a_value_changed_after_it_was_saved_is_noticed(torch: ModuleType) -> None:
    messages = []
    for t in (torch, flambeau):
        x = t.ones(2, requires_grad=True)
        y = x.exp()
        z = y * y
        y.add_(1)
        with pytest.raises(RuntimeError) as caught:
            z.sum().backward()
        messages.append(str(caught.value).split(" Hint")[0])
    assert messages[0] == messages[1]


def test_nodes_can_be_walked_and_called() -> None:
    x = flambeau.tensor(2.0, requires_grad=True)
    z = x * x + 1
    assert repr(z.grad_fn).startswith("<AddBackward0 object at 0x")
    assert z.grad_fn is not None
    (product, _), (nothing, _) = z.grad_fn.next_functions
    assert product is not None
    assert product.name() == "MulBackward0"
    assert nothing is None
    leaf = product.next_functions[0][0]
    assert leaf is not None
    assert leaf.variable is x
    gradients = product(flambeau.tensor(1.0))
    assert [gradient.item() for gradient in gradients] == [2.0, 2.0]


def test_modes_nest_decorate_and_stay_in_their_thread() -> None:
    x = flambeau.ones(1, requires_grad=True)

    @flambeau.no_grad()
    def quiet() -> bool:
        return (x * 2).requires_grad

    @flambeau.no_grad()
    def steps() -> Any:
        yield (x * 2).requires_grad
        yield (x * 2).requires_grad

    assert not quiet()
    for recorded in steps():
        assert not recorded
        assert (x * 2).requires_grad
    seen = []
    with flambeau.no_grad():
        thread = threading.Thread(target=lambda: seen.append(autograd.is_grad_enabled()))
        thread.start()
        thread.join()
        with flambeau.set_grad_enabled(True):
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert seen == [True]


def test_gradients_that_others_hold_lie_in_memory_as_their_leaves() -> None:
    leaf = flambeau.ones(2, 4, 3, 3).contiguous(memory_format=flambeau.channels_last).requires_grad_()
    flambeau.nn.functional.pad(leaf, (1, 1)).pow(2).sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.stride() == leaf.stride()
    turned = flambeau.ones(3, 4).t().requires_grad_()
    (turned.t() @ flambeau.ones(4, 2)).sum().backward()
    assert turned.grad is not None
    assert turned.grad.stride() == (1, 4)
