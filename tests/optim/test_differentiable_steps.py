"""Steps that are recorded: derivatives of a parameter after them by what it was, by its gradients and by the learning rate."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau

KINDS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
    "Adam": {"weight_decay": 0.1, "amsgrad": True},
    "AdamW": {},
    "NAdam": {"weight_decay": 0.1},
    "RAdam": {"betas": (0.9, 0.6), "weight_decay": 0.1},
    "Adamax": {"maximize": True},
    "Adadelta": {"eps": 0.1, "weight_decay": 0.1},
    "Adagrad": {"lr_decay": 0.1},
    "ASGD": {"lambd": 0.1, "t0": 1},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "Rprop": {},
}
NO_RATE = ("ASGD", "Rprop")
"""Whose rate is remembered as a number."""


def _after(t: Any, kind: str, start: Any, slope: Any, steps: int, **options: Any) -> Any:
    """What a parameter is after steps along gradients that depend on it and on ``slope``."""
    x = start.clone()
    optimizer = getattr(t.optim, kind)([x], **{"lr": 0.1, "differentiable": True} | KINDS[kind] | options)
    if kind == "SGD":  # whose first buffer PyTorch does not derive
        optimizer.state[x]["momentum_buffer"] = t.full_like(x.detach(), 0.5)
    for step in range(steps):
        x.grad = slope * (step + 1) + start * 0.3
        optimizer.step()
    return x


def _leaves(t: Any) -> tuple[Any, Any]:
    numbers = ([1.0, -2.0, 0.5], [0.3, 0.7, -0.4])
    start, slope = (t.tensor(each, dtype=t.float64, requires_grad=True) for each in numbers)
    return start, slope


@pytest.mark.oracle
@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_of_a_step_are_pytorchs(torch: ModuleType, kind: str) -> None:
    found = []
    for t in (flambeau, torch):
        start, slope = _leaves(t)
        (_after(t, kind, start, slope, 1) ** 2).sum().backward()
        found.append(start.grad.tolist() + slope.grad.tolist())
    assert found[0] == pytest.approx(found[1], rel=3e-5)  # PyTorch counts steps in float32


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_of_several_steps_are_those_of_differences(kind: str) -> None:
    start, slope = _leaves(flambeau)
    assert flambeau.autograd.gradcheck(lambda *leaves: _after(flambeau, kind, *leaves, 3), (start, slope))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NO_RATE])
def test_the_learning_rate_can_be_learned(kind: str) -> None:
    rate = flambeau.tensor(0.1, dtype=flambeau.float64, requires_grad=True)
    start, slope = (each.detach() for each in _leaves(flambeau))
    assert flambeau.autograd.gradcheck(lambda lr: _after(flambeau, kind, start, slope, 2, lr=lr), (rate,))


@pytest.mark.oracle
def test_betas_and_decay_can_be_learned(torch: ModuleType) -> None:
    found = []
    for t in (flambeau, torch):
        beta1, beta2, decay = (t.tensor(each, dtype=t.float64, requires_grad=True) for each in (0.8, 0.9, 0.1))
        start, slope = _leaves(t)
        x = _after(t, "Adam", start, slope, 1, betas=(beta1, beta2), weight_decay=decay, amsgrad=False)
        (x * t.tensor([1.0, 2.0, 3.0], dtype=t.float64)).sum().backward()
        found.append([each.grad.tolist() for each in (beta1, beta2, decay)])
    for ours, theirs in zip(*found, strict=True):
        assert ours == pytest.approx(theirs, rel=3e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_complex_parameters_are_recorded_too(kind: str) -> None:
    start = flambeau.tensor([1 + 2j, -0.5j], dtype=flambeau.complex128, requires_grad=True)
    slope = flambeau.tensor([0.3 - 0.2j, 0.7 + 0.1j], dtype=flambeau.complex128, requires_grad=True)
    assert flambeau.autograd.gradcheck(
        lambda *leaves: flambeau.view_as_real(_after(flambeau, kind, *leaves, 1)), (start, slope)
    )


def test_a_leaf_is_no_result_of_a_step() -> None:
    x = flambeau.ones(2, requires_grad=True)
    x.grad = flambeau.ones(2)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        flambeau.optim.SGD([x], lr=0.1, differentiable=True).step()


def test_steps_are_not_recorded_else() -> None:
    x = flambeau.ones(2, requires_grad=True)
    x.grad = (x * 2).sum() * x
    flambeau.optim.RMSprop([x], lr=0.1).step()
    assert x.is_leaf
    assert x.grad_fn is None
