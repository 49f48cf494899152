"""Optimizers, beside PyTorch's."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau

MAKERS: dict[str, Any] = {
    "sgd": lambda t, p: t.optim.SGD(p, lr=0.1),
    "sgd-momentum": lambda t, p: t.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.1),
    "sgd-nesterov": lambda t, p: t.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "sgd-maximize": lambda t, p: t.optim.SGD(p, lr=0.01, momentum=0.5, weight_decay=0.1, maximize=True),
    "adam": lambda t, p: t.optim.Adam(p, lr=0.1),
    "adam-amsgrad": lambda t, p: t.optim.Adam(p, lr=0.1, weight_decay=0.1, amsgrad=True),
    "adam-maximize": lambda t, p: t.optim.Adam(p, lr=0.1, betas=(0.5, 0.6), eps=1e-3, maximize=True),
    "adam-decoupled": lambda t, p: t.optim.Adam(p, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True),
    "adamw": lambda t, p: t.optim.AdamW(p, lr=0.1),
    "tensor-rate": lambda t, p: t.optim.Adam(p, lr=t.tensor(0.1)),
}


def _run(t: Any, make: Any, steps: int = 8, *, transposed: bool = False) -> list[float]:
    x = t.linspace(-1, 1, 6).reshape(2, 3)
    x = (x.t().contiguous().t() if transposed else x).requires_grad_()
    optimizer = make(t, [x])
    for step in range(steps):
        optimizer.zero_grad()
        ((x - step / 4) ** 2 * x.detach().exp()).sum().backward()
        optimizer.step()
    return [value for row in x.tolist() for value in row]


@pytest.mark.parametrize("name", MAKERS)
def test_trajectories_are_pytorchs(torch: ModuleType, backend: str, name: str) -> None:
    assert _run(flambeau, MAKERS[name]) == pytest.approx(_run(torch, MAKERS[name]), rel=2e-5, abs=1e-6)


@pytest.mark.parametrize("name", MAKERS)
def test_memory_order_makes_no_difference(name: str) -> None:
    assert _run(flambeau, MAKERS[name], transposed=True) == pytest.approx(_run(flambeau, MAKERS[name]), rel=1e-6)


@pytest.mark.parametrize("name", MAKERS)
def test_a_loaded_state_continues_as_if_never_stopped(name: str) -> None:
    straight = _run(flambeau, MAKERS[name], 6)
    x = flambeau.linspace(-1, 1, 6).reshape(2, 3).requires_grad_()
    optimizer = MAKERS[name](flambeau, [x])
    for step in range(6):
        if step == 3:
            state = optimizer.state_dict()
            optimizer = MAKERS[name](flambeau, [x])
            optimizer.load_state_dict(state)
        optimizer.zero_grad()
        ((x - step / 4) ** 2 * x.detach().exp()).sum().backward()
        optimizer.step()
    assert [value for row in x.tolist() for value in row] == straight


@pytest.mark.parametrize("name", MAKERS)
def test_text_and_state_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (torch, flambeau):
        x = t.ones(2, requires_grad=True)
        optimizer = MAKERS[name](t, [x])
        x.sum().backward()
        optimizer.step()
        state = optimizer.state_dict()
        found.append([repr(optimizer), repr(state["state"]), {k: str(v) for k, v in state["param_groups"][0].items()}])
    assert found[0] == found[1]


def test_names_of_parameters_are_kept(torch: ModuleType) -> None:
    texts = []
    for t in (torch, flambeau):
        optimizer = t.optim.SGD(t.nn.Linear(1, 1).named_parameters(), lr=0.1)
        assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
        texts.append(repr(optimizer))
        with pytest.raises(ValueError, match="cannot add param group without names to the optimizer"):
            optimizer.add_param_group({"params": [t.ones(1)]})
    assert texts[0] == texts[1]


def test_a_state_of_an_older_version_gets_the_options_it_lacks() -> None:
    optimizer = flambeau.optim.AdamW([flambeau.ones(1, requires_grad=True)], lr=0.5)
    optimizer.load_state_dict(
        {
            "state": {},
            "param_groups": [{"lr": 0.25, "betas": (0.5, 0.5), "eps": 0.5, "weight_decay": 0.5, "params": [0]}],
        }
    )
    group = optimizer.param_groups[0]
    assert (group["lr"], group["amsgrad"], group["decoupled_weight_decay"]) == (0.25, False, True)


def test_a_parameter_that_is_twice_in_a_group_is_warned_about() -> None:
    x = flambeau.ones(1)
    with pytest.warns(UserWarning, match="a parameter group with duplicate parameters"):
        flambeau.optim.SGD([x, x], lr=0.1)
    with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
        flambeau.optim.SGD([{"params": [x]}, {"params": x}], lr=0.1)


def test_a_step_counts_as_a_write() -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    flambeau.optim.SGD([x], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_groups_text_and_closure(torch: ModuleType) -> None:
    texts = []
    for t in (torch, flambeau):
        a, b = t.ones(1, requires_grad=True), t.ones(1, requires_grad=True)
        optimizer = t.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
        calls = []

        def closure(a: Any = a, b: Any = b, optimizer: Any = optimizer, calls: list[int] = calls) -> Any:
            calls.append(1)
            optimizer.zero_grad()
            loss = (a + b).sum()
            loss.backward()
            return loss

        assert optimizer.step(closure).item() == 2.0
        assert len(calls) == 1
        assert (a.item(), b.item()) == pytest.approx((0.9, 0.5))
        texts.append([optimizer.param_groups[1][name] for name in ("lr", "momentum", "nesterov", "maximize")])
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda o: o.SGD([], lr=0.1), ValueError, "empty parameter list"),
        (lambda o: o.SGD(flambeau.ones(1), lr=0.1), TypeError, "iterable of Tensors or dicts"),
        (lambda o: o.SGD([flambeau.ones(1)], lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda o: o.SGD([flambeau.ones(1)], nesterov=True), ValueError, "Nesterov momentum requires"),
        (lambda o: o.Adam([flambeau.ones(1)], betas=(1.0, 0.9)), ValueError, "Invalid beta parameter at index 0: 1.0"),
        (lambda o: o.Adam([flambeau.ones(1)], eps=-1), ValueError, "Invalid epsilon value: -1"),
        (lambda o: o.SGD([{"params": {flambeau.ones(1)}}]), TypeError, "ordered collections"),
        (lambda o: o.SGD([("a", flambeau.ones(1)), flambeau.ones(1)]), ValueError, "Some param names are missing"),
        (lambda o: o.SGD([flambeau.ones(1)]).add_param_group([]), TypeError, "param_group must be a dict"),
        (lambda o: o.Adam([3]), TypeError, "can only optimize Tensors, but one of the params is int"),
        (lambda o: o.Adam([flambeau.ones(1, requires_grad=True) * 2]), ValueError, "non-leaf"),
    ],
)
def test_wrong_options_are_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(flambeau.optim)


@pytest.mark.oracle
@pytest.mark.parametrize("kind", ["Adam", "NAdam", "RMSprop", "Adagrad", "ASGD"])
def test_the_state_of_another_optimizer_is_refused(torch: ModuleType, kind: str) -> None:
    for t in (torch, flambeau):
        x = t.ones(2, requires_grad=True)
        other = t.optim.SGD([x], lr=0.1, momentum=0.9)
        x.sum().backward()
        other.step()
        optimizer = getattr(t.optim, kind)([x], lr=0.5)
        with pytest.raises(KeyError, match="step"):
            optimizer.load_state_dict(other.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.5
