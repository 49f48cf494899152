"""Callables whose way forward and back is captured, on the stand-in, which captures element-wise operations."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau
import flambeau as torch


class Scale(torch.nn.Module):
    def __init__(self, count: int = 3) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.arange(1.0, count + 1, device="cuda"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight * x


def _sample(**options: Any) -> torch.Tensor:
    return torch.zeros(3, device="cuda", **options)


def _number(*values: float, **options: Any) -> torch.Tensor:
    return torch.tensor(values, device="cuda", **options)


@pytest.mark.usefixtures("two")
def test_a_module_gives_and_learns_what_it_did_before() -> None:
    plain, module = Scale(), Scale()
    graphed = torch.cuda.make_graphed_callables(module, (_sample(requires_grad=True),))
    assert graphed is module
    optimizers = [torch.optim.SGD(each.parameters(), lr=0.25) for each in (plain, module)]
    for step in range(3):
        results = []
        for each, optimizer in zip((plain, module), optimizers, strict=True):
            x = _number(1.0, -2.0, step, requires_grad=True)
            y = each(x)
            (y * 2).backward(torch.ones_like(y))
            results.append((y.tolist(), x.grad.tolist(), each.weight.grad.tolist()))
            optimizer.step()
            optimizer.zero_grad()
        assert results[0] == results[1]
    assert plain.weight.tolist() == module.weight.tolist()


@pytest.mark.usefixtures("two")
def test_the_other_mode_calls_the_module_itself() -> None:
    class Counting(Scale):
        calls = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return super().forward(x)

    module = torch.cuda.make_graphed_callables(Counting(), (_sample(),), num_warmup_iters=2)
    assert module.calls == 3  # twice before, and the capture
    assert module(_number(1.0, 2.0, 3.0)).tolist() == [1, 8, 27]
    assert module.calls == 3
    assert module.eval()(_number(1.0, 2.0, 3.0)).tolist() == [1, 8, 27]
    assert module.calls == 4


@pytest.mark.usefixtures("two")
def test_several_share_memory_and_are_called_in_their_order() -> None:
    first, second = torch.cuda.make_graphed_callables(
        (Scale(), lambda x, pair: {"sum": x + pair[0], "product": [x * pair[1]]}),
        ((_sample(requires_grad=True),), (_sample(requires_grad=True), (_sample(), _sample()))),
        pool=torch.cuda.graph_pool_handle(),
    )
    x = _number(1.0, 2.0, 3.0, requires_grad=True)
    found = second(first(x), (_number(1.0, 1.0, 1.0), _number(2.0, 2.0, 2.0)))
    assert found["sum"].tolist() == [2, 9, 28]
    assert found["product"][0].tolist() == [2, 16, 54]
    torch.autograd.backward([found["sum"], found["product"][0]], [_number(1.0, 1.0, 1.0)] * 2)
    assert x.grad.tolist() == [6, 24, 54]


@pytest.mark.usefixtures("two")
def test_what_needs_no_gradient_has_no_way_back() -> None:
    graphed = torch.cuda.make_graphed_callables(lambda x: (x + x, x * x), (_sample(),))
    total, square = graphed(_number(1.0, 2.0, 3.0))
    assert (total.tolist(), square.tolist()) == ([2, 4, 6], [1, 4, 9])
    assert not total.requires_grad


@pytest.mark.usefixtures("two")
def test_an_input_without_use_is_refused_unless_it_may_be() -> None:
    samples = (_sample(requires_grad=True), _sample(requires_grad=True))
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        torch.cuda.make_graphed_callables(lambda x, unused: x * x, samples)
    graphed = torch.cuda.make_graphed_callables(lambda x, unused: x * x, samples, allow_unused_input=True)
    x, other = (_number(1.0, 2.0, 3.0, requires_grad=True) for _ in range(2))
    graphed(x, other).backward(_number(1.0, 1.0, 1.0))
    assert x.grad.tolist() == [2, 4, 6]
    assert other.grad is None


@pytest.mark.usefixtures("two")
def test_gradients_of_gradients_are_refused() -> None:
    graphed = torch.cuda.make_graphed_callables(lambda x: x * x, (_sample(requires_grad=True),))
    x = _number(1.0, 2.0, 3.0, requires_grad=True)
    along = _number(1.0, 1.0, 1.0, requires_grad=True)
    (slope,) = torch.autograd.grad(graphed(x), x, along, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.backward(_number(1.0, 1.0, 1.0))


@pytest.mark.usefixtures("two")
def test_calls_with_other_arguments_are_refused() -> None:
    graphed = torch.cuda.make_graphed_callables(lambda x: x * x, (_sample(),))
    with pytest.raises(TypeError, match="takes the 1 tensors of its sample_args, but got 2"):
        graphed(_sample(), _sample())
    with pytest.raises(ValueError, match="zip"):
        torch.cuda.make_graphed_callables((lambda x: x,), ((_sample(),), (_sample(),)))


@pytest.mark.oracle
@pytest.mark.parametrize("wrong", ["number", "hook", "buffer"])
def test_what_cannot_be_captured_is_refused_in_pytorchs_words(torch: ModuleType, wrong: str) -> None:
    said = []
    for library in (torch, flambeau):
        module = library.nn.Linear(2, 2)
        if wrong == "hook":
            module.register_forward_hook(lambda *_: None)
        elif wrong == "buffer":
            module.register_buffer("table", library.ones(2, requires_grad=True))
        with pytest.raises(AssertionError) as raised:
            library.cuda.make_graphed_callables(module, (3 if wrong == "number" else library.ones(1, 2),))
        said.append(str(raised.value))
    assert said[0] == said[1]


def test_without_a_device_it_is_said_what_is_missing(none: None) -> None:
    with pytest.raises(RuntimeError, match="CUDA is not available"):
        torch.cuda.make_graphed_callables(lambda x: x, (torch.ones(2),))
