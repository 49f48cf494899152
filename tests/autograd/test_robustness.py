"""What must hold when things go wrong or get large: errors in hooks and functions, threads, deep and wide graphs, memory."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from typing import Any

import pytest

import flambeau as torch


def _usable() -> None:
    """Recording and going backward work as if nothing had happened."""
    x = torch.ones(2, requires_grad=True)
    assert torch.is_grad_enabled()
    (x * 3).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 3.0]


def _failing(*_: Any) -> Any:
    raise KeyError("mine")


@pytest.mark.parametrize(
    "register",
    [
        lambda x, y: y.register_hook(_failing),
        lambda x, y: x.register_hook(_failing),
        lambda x, y: y.grad_fn.register_hook(_failing),
        lambda x, y: y.grad_fn.register_prehook(_failing),
        lambda x, y: x.register_post_accumulate_grad_hook(_failing),
        lambda x, y: torch.autograd.graph.register_multi_grad_hook((x, y), _failing),
    ],
)
def test_an_error_in_a_hook(register: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    handle = register(x, y)
    with pytest.raises(KeyError, match="mine"):
        y.sum().backward(retain_graph=True)
    _usable()
    handle.remove()
    x.grad = None
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 2.0]


def test_an_error_in_a_function() -> None:
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, where: str) -> torch.Tensor:
            if where == "forward":
                raise KeyError("mine")
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: torch.Tensor) -> Any:
            raise KeyError("mine")

    x = torch.ones(2, requires_grad=True)
    with pytest.raises(KeyError, match="mine"):
        Fails.apply(x, "forward")
    _usable()
    with pytest.raises(KeyError, match="mine"):
        Fails.apply(x, "backward").sum().backward()
    _usable()
    assert x.grad is None


def test_an_error_in_the_hooks_of_saved_tensors() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(KeyError), torch.autograd.graph.saved_tensors_hooks(_failing, lambda packed: packed):
        x * x
    _usable()
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, _failing):
        y = x * x
    with pytest.raises(KeyError):
        y.sum().backward()
    _usable()


def test_an_error_in_a_mode_leaves_the_mode() -> None:
    for mode in (torch.no_grad, torch.inference_mode, torch.enable_grad):
        with pytest.raises(KeyError), mode():
            raise KeyError("mine")
        _usable()
        assert not torch.is_inference_mode_enabled()
    with pytest.raises(KeyError), torch.autograd.forward_ad.dual_level():
        raise KeyError("mine")
    _usable()


@pytest.mark.parametrize("freed_by", ["reference", "collector", "pass"])
def test_a_deep_graph_is_freed_without_recursion(freed_by: str) -> None:
    x = torch.ones(1, requires_grad=True)
    value = x
    for _ in range(1_000_000 if freed_by == "reference" else 200_000):
        value = value * 1.0
    if freed_by == "pass":
        value.backward()
    elif freed_by == "collector":
        ring: list[Any] = [value]
        ring.append(ring)
        del ring
    del value
    gc.collect()
    _usable()


def test_a_deep_graph_of_functions_and_views() -> None:
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
            return grad

    x = torch.ones(2, requires_grad=True)
    value = x
    for _ in range(10_000):
        value = Same.apply(value).view(2, 1).view(2)
    value.sum().backward()
    del value
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0]


def test_threads_add_to_the_same_leaves() -> None:
    x = torch.zeros(100, requires_grad=True)

    def work() -> None:
        for _ in range(50):
            (x * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0 * 8 * 50] * 100


def test_a_pass_within_a_pass() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    inner: list[float] = []

    def hook(grad: torch.Tensor) -> None:
        y = torch.tensor(3.0, requires_grad=True)
        with torch.enable_grad():
            (y * y).backward()
        assert y.grad is not None
        inner.append(y.grad.item())

    value = x * x
    value.register_hook(hook)
    value.backward()
    assert x.grad is not None
    assert (inner, x.grad.item()) == ([6.0], 4.0)


@pytest.mark.parametrize("kind", ["plain", "higher", "hooks", "checkpoint", "func", "inplace"])
def test_memory_of_ten_thousand_steps_stays_flat(kind: str) -> None:
    weight = torch.ones(8, 8, requires_grad=True)
    inputs = torch.ones(4, 8)

    def step() -> None:
        weight.grad = None
        if kind == "func":
            torch.func.grad(lambda w: (inputs @ w).sin().sum())(weight.detach())
            return
        if kind == "checkpoint":
            value = torch.utils.checkpoint.checkpoint(lambda w: (inputs @ w).sin(), weight, use_reentrant=False)
        elif kind == "hooks":
            with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda packed: packed):
                value = (inputs @ weight).sin()
            value.register_hook(lambda grad: grad * 2)
        elif kind == "inplace":
            value = (inputs @ weight).clone()
            value[0].mul_(2)
            value.add_(1)
        else:
            value = (inputs @ weight).sin()
        if kind == "higher":
            (gradient,) = torch.autograd.grad(value.sum(), weight, create_graph=True)
            assert gradient is not None
            gradient.square().sum().backward()
        else:
            value.sum().backward()

    for _ in range(200):
        step()
    gc.collect()
    gc.disable()  # what only the collector could free counts as lost
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range({"plain": 10_000, "checkpoint": 300}.get(kind, 1_000)):
            step()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.enable()
    assert grown < 200_000, f"{grown} bytes more"  # Python's own lists of free objects grow to about that
