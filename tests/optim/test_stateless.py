"""An optimizer on other parameters for a while, beside PyTorch's."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau


def _stepped(t: Any) -> tuple[Any, Any]:
    x = t.ones(2, requires_grad=True)
    x.grad = t.tensor([1.0, -2.0])
    optimizer = t.optim.Adam([x], lr=0.5)
    optimizer.step()
    return x, optimizer


@pytest.mark.oracle
def test_a_step_on_others_leaves_the_own_ones_alone(torch: ModuleType) -> None:
    found = []
    for t in (flambeau, torch):
        x, optimizer = _stepped(t)
        state = copy.deepcopy(optimizer.state_dict())
        state["param_groups"][0]["lr"] = 0.25
        y = t.zeros(2, requires_grad=True)
        y.grad = t.ones(2)
        held = optimizer.param_groups[0]["params"]
        with t.optim.swap_in_optimizer_params_and_state(optimizer, {"y": y}, state):
            optimizer.step()
            assert optimizer.param_groups[0]["params"][0] is y
        assert optimizer.param_groups[0]["params"] is held
        optimizer.step()
        found.append([*x.tolist(), *y.tolist(), state["state"][0]["step"].item(), optimizer.param_groups[0]["lr"]])
    assert found[0] == pytest.approx(found[1], rel=1e-6, abs=1e-6)


BAD: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda s: None, "no state": lambda s: {}, "list": lambda s: s | {"state": [1]},
    "groups": lambda s: s | {"param_groups": 3},
    "number": lambda s: s | {"param_groups": []}, "group": lambda s: s | {"param_groups": [3]},
    "places": lambda s: s | {"param_groups": [{"params": ["a"]}]}, "size": lambda s: s | {"param_groups": [{"params": [0, 1]}]},
    "options": lambda s: s | {"param_groups": [{"params": [0], "more": 1}]}, "entries": lambda s: s | {"state": {0: 3}},
    "extra": lambda s: s | {"state": {5: {}}},
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused(torch: ModuleType, name: str) -> None:
    texts = []
    for t in (flambeau, torch):
        x, optimizer = _stepped(t)
        before = x.tolist()
        with (
            pytest.raises(RuntimeError, match="swap") as raised,
            t.optim.swap_in_optimizer_params_and_state(optimizer, {"x": x}, BAD[name](optimizer.state_dict())),
        ):
            pass
        texts.append(str(raised.value))
        assert x.tolist() == before
    assert texts[0] == texts[1]


def test_a_state_and_as_many_parameters_are_needed() -> None:
    x, optimizer = _stepped(flambeau)
    swap = flambeau.optim.swap_in_optimizer_params_and_state
    for stepped, parameters, words in (
        (optimizer, {}, "to match optimizer.param_groups ordering"),
        (flambeau.optim.SGD([x], lr=0.1), {"x": x}, "requires initialized optimizer state"),
    ):
        with pytest.raises(RuntimeError, match=words), swap(stepped, parameters, stepped.state_dict()):
            pass
