"""Subclasses of tensors, beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau


def _marked(t: Any) -> Any:
    return type("Marked", (t.Tensor,), {})


def as_subclass(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    y = (x * 3).as_subclass(_marked(t))
    y.note = 1
    (grad,) = t.autograd.grad((y * y).sum(), x)
    return type(y).__name__, y.note, grad.tolist(), y.requires_grad, y.is_leaf


def memory_is_shared(t: Any) -> Any:
    base = t.zeros(2)
    made = t.Tensor._make_subclass(_marked(t), base, True)
    with t.no_grad():
        made.add_(1)
    seen = base.as_subclass(_marked(t))
    base.mul_(5)
    return type(made).__name__, base.tolist(), made.tolist(), seen.tolist(), made.is_leaf, made._version


def of_a_parameter(t: Any) -> Any:
    parameter = t.nn.Parameter(t.ones(1))
    made = parameter.as_subclass(_marked(t))
    made.sum().backward()
    back = made.as_subclass(t.Tensor)
    return type(made).__name__, made.requires_grad, parameter.grad.tolist(), type(back).__name__


def a_history_is_left_behind(t: Any) -> Any:
    x = t.ones(1, requires_grad=True) * 2
    return t.Tensor._make_subclass(_marked(t), x).requires_grad, _marked(t)([1.0]).tolist()


def no_gradient_for_integers(t: Any) -> Any:
    return t.Tensor._make_subclass(_marked(t), t.zeros(1, dtype=t.int64), True)


def no_class(t: Any) -> Any:
    return t.ones(1).as_subclass(3)


def no_class_of_tensors(t: Any) -> Any:
    return t.Tensor._make_subclass(int, t.ones(1))


PROGRAMS: list[Callable[[Any], Any]] = [
    as_subclass, memory_is_shared, of_a_parameter, a_history_is_left_behind, no_gradient_for_integers, no_class,
    no_class_of_tensors,
]  # fmt: skip


def _outcome(t: Any, program: Callable[[Any], Any]) -> Any:
    try:
        return program(t)
    except Exception as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("program", PROGRAMS)
def test_subclasses_are_made_as_pytorchs(torch: ModuleType, program: Callable[[Any], Any]) -> None:
    assert _outcome(flambeau, program) == _outcome(torch, program)


def test_a_subclass_shares_memory_on_every_backend(backend: str) -> None:
    assert memory_is_shared(flambeau) == ("Marked", [5.0, 5.0], [5.0, 5.0], [5.0, 5.0], True, 2)
