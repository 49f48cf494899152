"""Many small parameters are changed at once, large ones in blocks: as if each were changed alone, and as a whole."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau
from copying_backends import BareBackend, CopyingBackend, FrozenBackend, registered
from flambeau.ops import steps

SHAPES = [(3,), (2, 5), (), (0,), (4, 1, 3), (7,), (2, 5)]
KINDS: dict[str, dict[str, Any]] = {
    "SGD": {}, "SGD-momentum": {"momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1},
    "SGD-nesterov": {"momentum": 0.9, "nesterov": True}, "Adam": {}, "Adam-amsgrad": {"amsgrad": True, "maximize": True},
    "AdamW": {}, "NAdam": {"weight_decay": 0.1}, "RAdam": {}, "Adamax": {}, "Adadelta": {}, "Adagrad": {"lr_decay": 0.1},
    "ASGD": {"t0": 2}, "RMSprop": {"momentum": 0.5, "centered": True}, "Rprop": {}, "Adafactor": {},
}  # fmt: skip


def _parameters(dtype: Any = None, shapes: Any = SHAPES) -> list[Any]:
    found = []
    for place, shape in enumerate(shapes):
        size = flambeau.zeros(shape).numel()
        found.append(flambeau.linspace(-1.0 - place, 2.0, max(1, size))[:size].to(dtype).reshape(shape))
    found.append(found[1].t().contiguous().t().clone(memory_format=flambeau.preserve_format))
    return [each.detach().requires_grad_() for each in found]


def _made(name: str, parameters: list[Any]) -> Any:
    return getattr(flambeau.optim, name.partition("-")[0])(parameters, lr=0.1, **KINDS[name])


def _run(optimizers: list[Any], parameters: list[Any], count: int = 4) -> None:
    """Steps of one optimizer or of several, where some parameters have no gradient at first."""
    for step in range(count):
        for place, each in enumerate(parameters):
            late = step == 0 and place % 3 == 0
            each.grad = (
                None
                if late
                else (each.detach() * 0.3 + (step - 1.6) * (0.1 + 0.2j if each.is_complex() else 0.2)).detach()
            )
        for optimizer in optimizers:
            optimizer.step()


def _shown(parameters: list[Any], optimizers: list[Any]) -> Any:
    states = [optimizer.state[each] for optimizer in optimizers for each in optimizer.param_groups[0]["params"]]
    return [each.tolist() for each in parameters], [
        {name: value.tolist() for name, value in state.items()} for state in states
    ]


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        return [value.real, value.imag] if isinstance(value, complex) else [value]
    return [number for each in value for number in _flat(each)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "bfloat16"])
@pytest.mark.parametrize("name", KINDS)
def test_parameters_change_together_as_alone(name: str, dtype: str) -> None:
    """Those that began later count other steps."""
    if name == "Adafactor":
        dtype = "float64"
    found = []
    for together in (True, False):
        parameters = _parameters(getattr(flambeau, dtype))
        optimizers = [_made(name, parameters)] if together else [_made(name, [each]) for each in parameters]
        _run(optimizers, parameters)
        found.append(_shown(parameters, optimizers))
    rel = {"float32": 1e-5, "complex64": 1e-5, "bfloat16": 2e-2}.get(dtype, 1e-12)
    assert _flat(found[0]) == pytest.approx(_flat(found[1]), rel=rel, abs=rel)


def test_many_parameters_are_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there are numbers of steps and dtypes."""
    sizes = []
    step = flambeau.optim.RMSprop._step
    monkeypatch.setattr(
        flambeau.optim.RMSprop, "_step", lambda self, x, *rest: sizes.append(x.numel()) or step(self, x, *rest)
    )
    parameters = [*_parameters(), *_parameters(flambeau.float64)]
    optimizer = flambeau.optim.RMSprop(parameters)
    for each in parameters:
        each.grad = flambeau.ones_like(each)
    optimizer.step()
    parameters[0].grad = None
    optimizer.step()
    parameters[0].grad = flambeau.ones(3)
    optimizer.step()
    total = sum(each.numel() for each in parameters) // 2
    rest = total - 3
    assert sizes == [total, total, rest, total, 3, rest, total]


def test_a_step_of_many_counts_as_a_write_to_each() -> None:
    x, y = (flambeau.ones(2, requires_grad=True) for _ in range(2))
    loss = (x * y).sum()
    loss.backward(retain_graph=True)
    flambeau.optim.SGD([x, y], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_views_of_parameters_see_a_step_of_many() -> None:
    x, y = (flambeau.ones(2, 2, requires_grad=True) for _ in range(2))
    view = x.detach()[:, 1]
    x.grad = y.grad = flambeau.ones(2, 2)
    flambeau.optim.Adam([x, y], lr=0.5).step()
    assert view.tolist() == pytest.approx([0.5, 0.5])


def _twice(t: Any, x: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return t.optim.SGD([x, t.ones(1), x], lr=0.1, weight_decay=0.5)


def _tied(t: Any, x: Any) -> Any:
    other = t.nn.Parameter(t.zeros(2))
    other.data = x.data
    other.grad = t.ones(2)
    return t.optim.SGD([x, other], lr=0.1, weight_decay=0.5)


def _viewed(t: Any, x: Any) -> Any:
    part = x.detach()[:1].requires_grad_()
    part.grad = t.ones(1)
    return t.optim.SGD([x, part], lr=0.1, weight_decay=0.5)


@pytest.mark.oracle
@pytest.mark.parametrize("make", [_twice, _tied, _viewed])
def test_parameters_in_the_same_memory_change_one_after_the_other(torch: ModuleType, make: Callable[..., Any]) -> None:
    found = []
    for t in (flambeau, torch):
        x = t.tensor([1.0, 2.0], requires_grad=True)
        x.grad = t.ones(2)
        optimizer = make(t, x)
        optimizer.step()
        optimizer.step()
        found.append(x.tolist())
    assert found[0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize("backend", ["copying", "frozen", "bare"])
@pytest.mark.parametrize("name", ["SGD-momentum", "Adam", "NAdam"])
def test_backends_without_views_step_too(backend: str, name: str) -> None:
    found = []
    with registered(CopyingBackend, FrozenBackend, BareBackend):
        for device in ("cpu", backend):
            parameters = [each.detach().to(device).requires_grad_() for each in _parameters()]
            optimizer = _made(name, parameters)
            _run([optimizer], parameters)
            found.append(_flat([each.tolist() for each in parameters]))
    assert found[0] == pytest.approx(found[1], rel=1e-5, abs=1e-6)


def test_a_state_in_other_dtypes_is_stepped_one_by_one() -> None:
    found = []
    for mixed in (False, True):
        parameters = _parameters()
        optimizer = _made("Adam", parameters)
        _run([optimizer], parameters, 2)
        if mixed:
            for place, states in enumerate(optimizer.state.values()):
                states["step"] = states["step"].double() if place % 2 else states["step"]
        _run([optimizer], parameters, 2)
        found.append(_flat([each.tolist() for each in parameters]))
    assert found[0] == pytest.approx(found[1], rel=1e-6)


# -- large ones --------------------------------------------------------------------------------------------------------

BIG = 2 * steps.BLOCK + 777


@pytest.mark.oracle
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", [name for name in KINDS if name != "Adafactor"])
def test_large_parameters_are_pytorchs(torch: ModuleType, name: str, turned: bool) -> None:
    found = []
    for t in (flambeau, torch):
        x = t.linspace(-1.0, 2.0, BIG * 3).reshape(3, BIG) if turned else t.linspace(-1.0, 2.0, BIG)
        x = (x.t() if turned else x).detach().requires_grad_()
        optimizer = getattr(t.optim, name.partition("-")[0])([x], lr=0.1, **KINDS[name])
        for step in range(3):
            x.grad = (x.detach() * 0.3 + (step - 0.7)).detach()
            optimizer.step()
        states = {key: float(value) for key, value in optimizer.state[x].items() if value.dim() == 0}
        found.append((x.detach().reshape(-1)[::997].tolist(), states))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-4, abs=1e-5)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-6)


LARGE: dict[str, Callable[[Any], Any]] = {
    "plain": lambda x: x, "stepped": lambda x: x.repeat_interleave(2)[::2], "double": lambda x: x.double(),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("rate", [0.1, 0.0])
@pytest.mark.parametrize("how", LARGE)
def test_plain_steps_of_very_large_parameters_are_pytorchs(torch: ModuleType, how: str, rate: float) -> None:
    found = []
    for t in (flambeau, torch):
        x, grad = (LARGE[how](t.linspace(start, 2.0, 600_001)) for start in (-1.0, 0.5))
        grad[3] = float("nan")
        x = x.detach().requires_grad_()
        x.grad = grad
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            t.optim.SGD([x], lr=rate, maximize=True).step()
        assert x.grad is grad
        found.append([*x.detach()[:8].tolist(), *x.detach()[::9973].tolist()])
    assert found[0] == pytest.approx(found[1], rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("backend", ["copying", "frozen", "bare"])
def test_large_parameters_on_backends_without_views(backend: str) -> None:
    found = []
    with registered(CopyingBackend, FrozenBackend, BareBackend):
        for device in ("cpu", backend):
            x = flambeau.linspace(-1.0, 2.0, BIG).to(device).requires_grad_()
            x.grad = flambeau.linspace(-2.0, 1.0, BIG).to(device)
            flambeau.optim.RMSprop([x], lr=0.1).step()
            found.append(x.detach()[::997].tolist())
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_a_step_in_blocks_counts_as_a_write() -> None:
    x = flambeau.ones(BIG, requires_grad=True)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    flambeau.optim.RMSprop([x], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
