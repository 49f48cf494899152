"""Steps of several parameters at once, and of one in another order of memory: the same as those of each alone, in C order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject

_OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1, "momentum": 0.9},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "Adamax": {"lr": 0.1},
    "NAdam": {"lr": 0.1},
    "RAdam": {"lr": 0.1},
    "Adagrad": {"lr": 0.1, "lr_decay": 0.1},
    "Adadelta": {"lr": 0.1},
    "RMSprop": {"lr": 0.1, "centered": True, "momentum": 0.9},
    "Rprop": {"lr": 0.1},
    "ASGD": {"lr": 0.1, "t0": 1.0},
}
"""Each with options for which it remembers as much as it can."""

Made = Callable[[Any, int], Any]
"""From the module on trial and a number to a tensor of two rows of three."""


def _plain(t: Any, number: int) -> Any:
    return t.cos(t.arange(6.0) + number).reshape(2, 3)


def _turned(t: Any, number: int) -> Any:
    return _plain(t, number).t().contiguous().t()


def _stepped(t: Any, name: str, numbers: Sequence[int], made: Made) -> list[dict[str, Any]]:
    """After three steps, each parameter with what is remembered of it."""
    parameters = [made(t, number).requires_grad_() for number in numbers]
    optimizer = getattr(t.optim, name)(parameters, **_OPTIMIZERS[name])
    for step in range(3):
        for each, number in zip(parameters, numbers, strict=True):
            each.grad = made(t, 10 * step + number)
        optimizer.step()
    states = [optimizer.state_dict()["state"][place] for place in range(len(parameters))]
    return [
        {"parameter": each.detach(), **{key: value for key, value in state.items() if isinstance(value, t.Tensor)}}
        for each, state in zip(parameters, states, strict=True)
    ]


def _expect_alike(t: Any, found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for place, (one, two) in enumerate(zip(found, expected, strict=True)):
        expect_equal(sorted(one), sorted(two), f"what is remembered of parameter {place}")
        for key in one:
            close = t.allclose(one[key], two[key], rtol=1e-5, atol=1e-6)
            expect(close, f"{key} of parameter {place} is {one[key]}, expected {two[key]}")


def _check_together(subject: Subject, name: str) -> None:
    t, numbers = subject.torch, (0, 1, 2)
    alone = [each for number in numbers for each in _stepped(t, name, (number,), _plain)]
    _expect_alike(t, _stepped(t, name, numbers, _plain), alone)


def _check_turned(subject: Subject, name: str) -> None:
    t = subject.torch
    for numbers in ((1,), (1, 2)):
        _expect_alike(t, _stepped(t, name, numbers, _turned), _stepped(t, name, numbers, _plain))


for _name in _OPTIMIZERS:
    case(f"optim.{_name}/alike/together/float32", dtypes=("float32",))(partial(_check_together, name=_name))
    case(f"optim.{_name}/alike/turned/float32", dtypes=("float32",))(partial(_check_turned, name=_name))
