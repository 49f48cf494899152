"""Hooks around the calls of modules."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau


class Double(flambeau.nn.Module):
    def forward(self, x: Any, *, offset: float = 0.0) -> Any:
        return x * 2 + offset


def test_hooks_change_arguments_and_results_until_they_are_removed() -> None:
    model = Double()
    before = model.register_forward_pre_hook(lambda module, args: args[0] + 1)
    after = model.register_forward_hook(lambda module, args, result: result * 10)
    assert model(flambeau.tensor(1.0)).item() == 40.0
    before.remove()
    before.remove()
    with after:
        assert model(flambeau.tensor(1.0)).item() == 20.0
    assert model(flambeau.tensor(1.0)).item() == 2.0


def test_hooks_see_keyword_arguments_if_they_want_to() -> None:
    model = Double()
    model.register_forward_pre_hook(lambda m, args, kwargs: (args, {"offset": kwargs["offset"] + 1}), with_kwargs=True)
    model.register_forward_hook(lambda m, args, kwargs, result: (kwargs, result.item()), with_kwargs=True)
    assert model(flambeau.tensor(1.0), offset=2.0) == ({"offset": 3.0}, 5.0)
    model.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"None or a tuple of \(new_args, new_kwargs\)"):
        model(flambeau.tensor(1.0), offset=2.0)


def test_hooks_run_in_order_and_can_be_put_in_front() -> None:
    model, calls = Double(), []
    for name, prepend in (("a", False), ("b", False), ("c", True)):
        model.register_forward_hook(lambda m, args, result, name=name: calls.append(name), prepend=prepend)
    model(flambeau.tensor(1.0))
    assert calls == ["c", "a", "b"]


def test_a_hook_for_all_cases_runs_once_and_after_errors() -> None:
    model, seen = Double(), []
    model.register_forward_hook(lambda m, args, result: seen.append(result), always_call=True)
    model.register_forward_hook(lambda m, args, result: seen.append("not after errors"))
    with pytest.raises(TypeError, match="unsupported operand"):
        model(None)
    assert seen == [None]
    model.register_forward_hook(lambda m, args, result: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model(3.0)
    assert seen[1:] == [6.0, "not after errors"]


def test_an_error_in_a_hook_after_an_error_is_a_warning() -> None:
    model = Double()
    model.register_forward_hook(lambda m, args, result: 1 / 0, always_call=True)
    with pytest.warns(UserWarning, match="silenced as another error was raised"), pytest.raises(TypeError):
        model(None)


def test_a_hook_must_be_callable() -> None:
    with pytest.raises(TypeError, match="a hook must be callable, not int"):
        Double().register_forward_hook(3)  # type: ignore[arg-type]
