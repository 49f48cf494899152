"""Optimizers that a program writes, and the hooks of all, beside PyTorch's: the same programs write the same logs."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import flambeau

PROGRAMS: dict[str, Callable[[Any, list[Any]], None]] = {}


def program(function: Callable[[Any, list[Any]], None]) -> Callable[[Any, list[Any]], None]:
    PROGRAMS[function.__name__] = function
    return function


def signs_of(t: Any) -> Any:
    """A class of optimizers that count their steps."""

    class Signs(t.optim.Optimizer):  # type: ignore[misc]
        def __init__(self, params: Any, lr: Any = 0.5, note: str = "") -> None:
            super().__init__(params, {"lr": lr, "note": note})

        def step(self, closure: Any = None, scale: float = 1.0) -> Any:
            loss = None if closure is None else closure()
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is None:
                        continue
                    state = self.state[parameter]
                    if not state:
                        state["step"], state["last"] = 0, t.zeros_like(parameter)
                        state["nested"] = {"pair": (t.ones(1), 2), "list": [t.zeros(1)]}
                    state["step"] += 1
                    state["last"].copy_(parameter.grad)
                    parameter.data.add_(parameter.grad.sign(), alpha=-group["lr"] * scale)
            return loss

    return Signs


def stepped(t: Any, **options: Any) -> Any:
    x = t.tensor([1.0, -2.0], requires_grad=True)
    optimizer = signs_of(t)([x], **options)
    (x * x).sum().backward()
    optimizer.step()
    return x, optimizer


def shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shown(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(shown(each) for each in value)
    return (value.tolist(), str(value.dtype).split(".")[1]) if hasattr(value, "tolist") else value


@program
def a_step(t: Any, log: list[Any]) -> None:
    x, optimizer = stepped(t)
    log += [shown(x), repr(optimizer), shown(optimizer.state_dict()), optimizer.defaults]
    log.append(optimizer.step(lambda: 7))
    optimizer.zero_grad(set_to_none=False)
    log.append(shown(x.grad))
    optimizer.zero_grad()
    log.append(x.grad)


@program
def a_state_goes_round(t: Any, log: list[Any]) -> None:
    _, optimizer = stepped(t, lr=0.25, note="a")
    optimizer.state["all"] = 3
    y = t.zeros(2, dtype=t.float64, requires_grad=True)
    other = signs_of(t)([y])
    other.load_state_dict(optimizer.state_dict())
    log += [shown(other.state_dict()), repr(other)]


@program
def groups(t: Any, log: list[Any]) -> None:
    cls = signs_of(t)
    a, b, c = (t.ones(1, requires_grad=True) for _ in range(3))
    first = {"params": (each for each in [a, b]), "lr": 3}
    optimizer = cls([first], note="n")
    optimizer.add_param_group({"params": c, "extra": 1})
    log.append(optimizer.param_groups[0] is first)
    log.append([{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups])
    log.append([len(group["params"]) for group in optimizer.param_groups])
    for wrong in (
        [], {"params": [c]}, {"params": [1]}, {"params": {c}}, {"params": [a * 2]}, {"params": [("a", t.ones(1))]},
        {"params": [("a", t.ones(1)), t.ones(1)]},
    ):  # fmt: skip
        try:
            optimizer.add_param_group(wrong)
        except (TypeError, ValueError) as error:
            log.append((type(error).__name__, str(error)))
    log.append(len(optimizer.param_groups))


@program
def what_a_group_must_say(t: Any, log: list[Any]) -> None:
    x = t.ones(1, requires_grad=True)
    required = import_module(f"{t.__name__}.optim.optimizer").required
    log += [repr(required), len(signs_of(t)([{"params": [x], "lr": 1}], lr=required).param_groups)]
    signs_of(t)([x], lr=required)


@program
def no_step(t: Any, log: list[Any]) -> None:
    optimizer = t.optim.Optimizer([t.ones(1, requires_grad=True)], {})
    log.append(repr(optimizer))
    optimizer.step()


@program
def wrong_parameters(t: Any, log: list[Any]) -> None:
    for wrong in (t.ones(1), [], 3, [[]], [None]):
        try:
            t.optim.Optimizer(wrong, {})
        except (TypeError, ValueError) as error:
            log.append((type(error).__name__, str(error)))


@program
def states_that_do_not_fit(t: Any, log: list[Any]) -> None:
    _, optimizer = stepped(t)
    state = optimizer.state_dict()
    for groups in ([], [{"params": [0, 1]}]):
        try:
            optimizer.load_state_dict({"state": {}, "param_groups": groups})
        except ValueError as error:
            log.append(str(error))
    log.append(shown(optimizer.state_dict()) == shown(state))


@program
def names(t: Any, log: list[Any]) -> None:
    optimizer = t.optim.Optimizer(t.nn.Linear(1, 1).named_parameters(), {"lr": 1})
    state = optimizer.state_dict()
    log.append(state)
    del state["param_groups"][0]["param_names"]
    optimizer.load_state_dict(state)
    log.append(optimizer.state_dict())


@program
def hooks_around_steps(t: Any, log: list[Any]) -> None:
    x, optimizer = stepped(t)
    everywhere = import_module(f"{t.__name__}.optim.optimizer")
    handles = [
        everywhere.register_optimizer_step_pre_hook(lambda o, args, kwargs: log.append("all before")),
        everywhere.register_optimizer_step_post_hook(lambda o, args, kwargs: log.append("all after")),
    ]
    optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append((args[0] is o, args[1:], kwargs)))
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"scale": 2.0}))
    optimizer.register_step_post_hook(lambda o, args, kwargs: log.append((args[1:], kwargs, shown(x))))
    try:
        optimizer.step(None, scale=9.0)
    finally:
        for handle in handles:
            handle.remove()
    log.append(shown(x))
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    try:
        optimizer.step()
    except RuntimeError as error:
        log.append(str(error).partition("must return")[2])


@program
def a_step_that_calls_that_of_its_base(t: Any, log: list[Any]) -> None:
    class Twice(signs_of(t)):  # type: ignore[misc]
        def step(self, closure: Any = None) -> None:
            super().step(closure)
            super().step(closure)

    x = t.tensor([3.0], requires_grad=True)
    optimizer = Twice([x])
    optimizer.register_step_post_hook(lambda o, args, kwargs: log.append("after"))
    x.sum().backward()
    optimizer.step()
    log.append(shown(x))


@program
def hooks_around_states(t: Any, log: list[Any]) -> None:
    _, optimizer = stepped(t)
    optimizer.register_state_dict_pre_hook(lambda o: log.append("second"))
    optimizer.register_state_dict_pre_hook(lambda o: log.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, state: log.append(list(state)))
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    state = optimizer.state_dict()
    log.append(list(state))
    optimizer.register_load_state_dict_pre_hook(lambda o, state: state.pop("more") and None)
    optimizer.register_load_state_dict_pre_hook(lambda o, state: {**state, "state": {}})
    optimizer.register_load_state_dict_post_hook(lambda o: log.append(len(o.state)))
    optimizer.load_state_dict(state)
    log.append("more" in state)


@program
def copies(t: Any, log: list[Any]) -> None:
    _, optimizer = stepped(t)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append("a hook"))
    twin = copy.deepcopy(optimizer)
    twin.step()
    log += [shown(twin.state_dict()), shown(twin.param_groups[0]["params"]), shown(optimizer.param_groups[0]["params"])]


@program
def options_that_exclude_each_other(t: Any, log: list[Any]) -> None:
    for make in (
        lambda p: t.optim.SGD(p, foreach=True, fused=True), lambda p: t.optim.Adam(p, foreach=True, fused=True),
        lambda p: t.optim.SGD(p, lr=t.ones(2)), lambda p: t.optim.Adam(p, lr=t.ones(2)), lambda p: t.optim.AdamW(p, lr=-1),
        lambda p: t.optim.SparseAdam(p, lr=0.0),
    ):  # fmt: skip
        try:
            log.append(repr(make([t.ones(1, requires_grad=True)])))
        except (RuntimeError, ValueError) as error:
            log.append((type(error).__name__, str(error)))


def _logged(t: Any, name: str) -> list[Any]:
    log: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            PROGRAMS[name](t, log)
        except Exception as error:
            log.append((type(error).__name__, str(error)))
    return [log, [(each.category.__name__, str(each.message)) for each in caught]]


@pytest.mark.parametrize("name", PROGRAMS)
def test_optimizers_are_pytorchs(torch: ModuleType, name: str) -> None:
    assert _logged(flambeau, name) == _logged(torch, name)


def test_an_optimizer_of_ones_own_steps(backend: str) -> None:
    x, optimizer = stepped(flambeau)
    assert x.tolist() == [0.5, -1.5]
    assert optimizer.state[x]["step"] == 1


def test_a_pickled_optimizer_keeps_what_it_shares() -> None:
    x = flambeau.ones(1, requires_grad=True)
    optimizer = flambeau.optim.SGD([x], lr=0.1, momentum=0.9)
    x.sum().backward()
    optimizer.step()
    again, parameter = pickle.loads(pickle.dumps((optimizer, x)))
    assert again.param_groups[0]["params"][0] is parameter
    assert list(again.state) == [parameter]
    parameter.grad = flambeau.ones(1)
    again.step()
    assert parameter.item() == pytest.approx(0.71)
