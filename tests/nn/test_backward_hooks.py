"""Backward hooks of modules, beside PyTorch's: the same programs write the same logs."""

from __future__ import annotations

import collections
import copy
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import flambeau

PROGRAMS: dict[str, Callable[[Any, list[Any]], None]] = {}


def program(function: Callable[[Any, list[Any]], None]) -> Callable[[Any, list[Any]], None]:
    PROGRAMS[function.__name__] = function
    return function


def shown(value: Any) -> Any:
    """Gradients as plain values."""
    if isinstance(value, (tuple, list)):
        return [shown(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def logging(log: list[Any], name: str, *, scale: float | None = None) -> Callable[..., Any]:
    def hook(module: Any, *grads: Any) -> Any:
        log.append((name, type(module).__name__, shown(grads)))
        return None if scale is None else tuple(None if grad is None else grad * scale for grad in grads[0])

    return hook


def layer(t: Any) -> Any:
    made = t.nn.Linear(2, 2)
    with t.no_grad():
        made.weight.copy_(t.tensor([[1.0, 2.0], [3.0, 4.0]]))
        made.bias.zero_()
    return made


def module_of(t: Any, forward: Callable[..., Any]) -> Any:
    class Made(t.nn.Module):  # type: ignore[misc]
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return forward(*args, **kwargs)

    return Made()


@program
def the_gradients_of_a_layer(t: Any, log: list[Any]) -> None:
    model = layer(t)
    model.register_full_backward_hook(logging(log, "hook"))
    model.register_full_backward_pre_hook(logging(log, "pre"))
    x = t.ones(1, 2, requires_grad=True)
    y = model(x)
    log.append(y.grad_fn.name())
    y.sum().backward()
    log += [shown(x.grad), shown(model.weight.grad)]


@program
def no_argument_needs_a_gradient(t: Any, log: list[Any]) -> None:
    model = layer(t)
    model.register_full_backward_hook(logging(log, "hook"))
    model(t.ones(1, 2)).sum().backward()
    log.append(shown(model.weight.grad))
    model.register_full_backward_hook(lambda m, i, o: (t.ones(1, 2),))
    model(t.ones(1, 2)).sum().backward()


@program
def nothing_needs_a_gradient(t: Any, log: list[Any]) -> None:
    model = module_of(t, lambda x: x * 2)
    model.register_full_backward_hook(logging(log, "hook"))
    log.append(model(t.ones(2)).requires_grad)
    with t.no_grad():
        log.append(model(t.ones(2, requires_grad=True)).requires_grad)


@program
def hooks_change_gradients_in_their_order(t: Any, log: list[Any]) -> None:
    model = layer(t)
    for name, scale in (("a", 2.0), ("b", None), ("c", 5.0)):
        model.register_full_backward_hook(logging(log, name, scale=scale))
        model.register_full_backward_pre_hook(logging(log, f"pre {name}", scale=scale))
    model.register_full_backward_hook(logging(log, "first"), prepend=True)
    model.register_full_backward_pre_hook(logging(log, "pre first"), prepend=True)
    x = t.ones(1, 2, requires_grad=True)
    model(x).sum().backward()
    log += [shown(x.grad), shown(model.weight.grad)]


@program
def several_arguments_and_results(t: Any, log: list[Any]) -> None:
    model = module_of(t, lambda x, n, y, z=1: (x * y, "text", y * n * z, x.detach()))
    model.register_full_backward_pre_hook(logging(log, "pre"))
    model.register_full_backward_hook(logging(log, "hook"))
    x, y = t.ones(2, requires_grad=True), t.tensor([3.0, 4.0])
    first, text, second, third = model(x, 3, y, z=t.tensor(2.0, requires_grad=True))
    log += [text, third.requires_grad]
    (first.sum() + second.sum()).backward()
    first, _, _, _ = model(x, 3, y)
    first.sum().backward()  # nothing arrives at the second result
    log.append(shown(x.grad))


@program
def arguments_of_which_one_needs_a_gradient(t: Any, log: list[Any]) -> None:
    model = module_of(t, lambda rows, numbers, half: rows[numbers] * half)
    model.register_full_backward_hook(logging(log, "hook"))
    model(t.ones(3, requires_grad=True), t.tensor([0, 0]), t.ones(2, dtype=t.float16)).sum().backward()


@program
def a_named_tuple_stays_one(t: Any, log: list[Any]) -> None:
    pair = collections.namedtuple("pair", "left right")
    model = module_of(t, lambda x: tuple.__new__(pair, (x * 2, x * 3)))
    model.register_full_backward_hook(logging(log, "hook"))
    x = t.ones(1, requires_grad=True)
    try:
        result = model(x)
    except TypeError as error:
        log.append(str(error))
    else:
        log.append(result._fields)


@program
def a_result_that_is_no_tensor(t: Any, log: list[Any]) -> None:
    model = module_of(t, lambda x: {"y": x * 2})
    model.register_full_backward_hook(logging(log, "hook"))
    x = t.ones(1, requires_grad=True)
    model(x)["y"].backward()
    log.append(shown(x.grad))


@program
def a_module_without_arguments(t: Any, log: list[Any]) -> None:
    weight = t.ones(2, requires_grad=True)
    model = module_of(t, lambda: weight * 2)
    model.register_full_backward_hook(logging(log, "hook"))
    model().sum().backward()
    log.append(shown(weight.grad))


@program
def hooks_are_taken_off(t: Any, log: list[Any]) -> None:
    model = layer(t)
    handles = [model.register_full_backward_hook(logging(log, "hook"))]
    with model.register_full_backward_pre_hook(logging(log, "pre")):
        model(t.ones(1, 2, requires_grad=True)).sum().backward()
    model(t.ones(1, 2, requires_grad=True)).sum().backward()
    y = model(t.ones(1, 2, requires_grad=True)).sum()
    handles[0].remove()
    handles[0].remove()
    y.backward()  # the hooks are those of the time of the call
    log.append(model(t.ones(1, 2)).grad_fn is None)


@program
def a_second_derivative(t: Any, log: list[Any]) -> None:
    model = module_of(t, lambda x: x**3)
    model.register_full_backward_hook(logging(log, "hook"))
    x = t.tensor(2.0, requires_grad=True)
    (grad,) = t.autograd.grad(model(x), x, create_graph=True)
    log.append(grad.item())
    grad.backward()
    log.append(x.grad.item())


@program
def a_pass_for_one_argument(t: Any, log: list[Any]) -> None:
    model = layer(t)
    model.register_full_backward_hook(logging(log, "hook"))
    x = t.ones(1, 2, requires_grad=True)
    log.append(shown(t.autograd.grad(model(x).sum(), model.weight)))
    log.append(shown(t.autograd.grad(model(x).sum(), x)))


@program
def a_graph_is_gone_through_twice(t: Any, log: list[Any]) -> None:
    model = layer(t)
    model.register_full_backward_hook(logging(log, "hook"))
    x = t.ones(1, 2, requires_grad=True)
    y = model(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    log.append(shown(x.grad))


@program
def a_result_is_changed_in_place(t: Any, log: list[Any]) -> None:
    model = t.nn.Sequential(layer(t), t.nn.ReLU(inplace=True))
    model[0].register_full_backward_hook(logging(log, "hook"))
    model(t.ones(1, 2, requires_grad=True))


@program
def an_argument_is_changed_in_place(t: Any, log: list[Any]) -> None:
    model = t.nn.Sequential(layer(t), t.nn.ReLU(inplace=True))
    model[1].register_full_backward_hook(logging(log, "hook"))
    model(t.ones(1, 2, requires_grad=True))


@program
def a_hook_gives_too_many(t: Any, log: list[Any]) -> None:
    model = layer(t)
    model.register_full_backward_hook(lambda m, i, o: (*i, None))
    model(t.ones(1, 2, requires_grad=True)).sum().backward()


@program
def a_pre_hook_gives_too_many(t: Any, log: list[Any]) -> None:
    model = layer(t)
    model.register_full_backward_pre_hook(lambda m, o: (*o, None))
    model(t.ones(1, 2, requires_grad=True)).sum().backward()


@program
def a_hook_of_the_other_sort(t: Any, log: list[Any]) -> None:
    for first, second in (("", "full_"), ("full_", "")):
        model = layer(t)
        getattr(model, f"register_{first}backward_hook")(print).remove()
        try:
            getattr(model, f"register_{second}backward_hook")(print)
        except RuntimeError as error:
            log.append(str(error))


@program
def the_old_hook_of_one_operation(t: Any, log: list[Any]) -> None:
    model = module_of(t, lambda x, y: x * y)
    model.register_backward_hook(logging(log, "old"))
    x, y = t.ones(2, requires_grad=True) * 1, t.ones(2, requires_grad=True) * 2
    model(x, y).sum().backward()
    model.register_backward_hook(lambda m, i, o: (i[0] * 10, i[1]))
    leaf = t.ones(2, requires_grad=True)
    model(leaf * 1, y).sum().backward()
    log.append(shown(leaf.grad))


@program
def the_old_hook_of_several_operations(t: Any, log: list[Any]) -> None:
    x = t.ones(2, requires_grad=True)
    for forward in (
        lambda x: (x * 2).exp(), lambda x: (x * 2, x * 3), lambda x: {"a": 1, "b": x * 2}, lambda x: [[x * 2], x],
        lambda x: x.detach(),
    ):  # fmt: skip
        model = module_of(t, forward)
        model.register_backward_hook(logging(log, "old"))
        model(x * 1)
    model = module_of(t, lambda x, n: x * n)
    model.register_backward_hook(logging(log, "old"))
    model(x * 1, 2).sum().backward()


@program
def hooks_of_all_modules_come_first(t: Any, log: list[Any]) -> None:
    everywhere = t.nn.modules.module
    model = t.nn.Sequential(layer(t), t.nn.ReLU())
    model[0].register_full_backward_hook(logging(log, "own"))
    model[0].register_full_backward_pre_hook(logging(log, "own pre"))
    model[0].register_forward_hook(lambda m, args, result: log.append("own forward"))
    model[0].register_forward_pre_hook(lambda m, args: log.append("own forward pre"))
    handles = [
        everywhere.register_module_full_backward_hook(logging(log, "all")),
        everywhere.register_module_full_backward_pre_hook(logging(log, "all pre")),
        everywhere.register_module_forward_pre_hook(lambda m, args: log.append(("pre", type(m).__name__))),
        everywhere.register_module_forward_hook(
            lambda m, args, kwargs, result: log.append((kwargs, type(m).__name__)), with_kwargs=True
        ),
    ]
    try:
        x = t.ones(1, 2, requires_grad=True)
        model(x).sum().backward()
        everywhere.register_module_backward_hook(print)
    except RuntimeError as error:
        log.append(str(error))
    finally:
        for handle in handles:
            handle.remove()
    log.append(shown(x.grad))
    model(x).sum().backward()


@program
def a_hook_of_all_modules_after_an_error(t: Any, log: list[Any]) -> None:
    def refuse(module: Any, args: Any, result: Any) -> None:
        log.append(result)
        raise ValueError("again")

    with t.nn.modules.module.register_module_forward_hook(refuse, always_call=True):
        try:
            module_of(t, lambda x: 1 / x)(0)
        except ZeroDivisionError as error:
            log.append(str(error))


@program
def what_modules_get_can_be_changed(t: Any, log: list[Any]) -> None:
    t.manual_seed(0)
    everywhere = t.nn.modules.module
    handles = [
        everywhere.register_module_parameter_registration_hook(
            lambda m, name, p: log.append(name) or t.nn.Parameter(p.detach() * 0)
        ),
        everywhere.register_module_buffer_registration_hook(lambda m, name, b: log.append(name)),
        everywhere.register_module_module_registration_hook(
            lambda m, name, sub: log.append((name, type(sub).__name__))
        ),
    ]
    try:
        model = t.nn.Sequential(t.nn.Linear(1, 1))
        model.register_buffer("count", t.zeros(1))
        model.more = t.nn.ReLU()
    finally:
        for handle in handles:
            handle.remove()
    log += [shown(p) for p in model.parameters()]


@program
def a_copy_has_the_hooks(t: Any, log: list[Any]) -> None:
    model = layer(t)
    model.register_full_backward_hook(logging(log, "hook"))
    copy.deepcopy(model)(t.ones(1, 2, requires_grad=True)).sum().backward()


@pytest.fixture(autouse=True)
def no_sort_is_chosen_for_all_modules() -> Iterator[None]:
    """Which sort of backward hook all modules have had is never forgotten; here it would reach other tests."""
    yield
    for module in (flambeau.nn.modules.module.EVERYWHERE,):
        module._is_full_backward_hook = None


def _logged(t: Any, name: str) -> list[Any]:
    log: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            PROGRAMS[name](t, log)
        except Exception as error:
            log.append((type(error).__name__, str(error)))
    texts = {(each.category.__name__, str(each.message)) for each in caught}
    return [log, sorted(text for text in texts if text[0] in ("UserWarning", "FutureWarning"))]


@pytest.mark.parametrize("name", PROGRAMS)
def test_hooks_are_called_as_pytorchs(torch: ModuleType, name: str) -> None:
    assert _logged(flambeau, name) == _logged(torch, name)


def test_hooks_without_pytorch(backend: str) -> None:
    log: list[Any] = []
    model = layer(flambeau)
    model.register_full_backward_hook(logging(log, "hook", scale=10.0))
    model.register_full_backward_pre_hook(logging(log, "pre", scale=2.0))
    x = flambeau.ones(1, 2, requires_grad=True)
    model(x).sum().backward()
    assert log == [
        ("pre", "Linear", [[[[1.0, 1.0]]]]),
        ("hook", "Linear", [[[[8.0, 12.0]]], [[[2.0, 2.0]]]]),
    ]
    assert x.grad is not None
    assert x.grad.tolist() == [[80.0, 120.0]]
    assert model.weight.grad.tolist() == [[2.0, 2.0], [2.0, 2.0]]
