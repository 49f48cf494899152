"""Averages of weights, beside PyTorch's."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau.optim import swa_utils

FUNCTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "mean": lambda s: {},
    "own": lambda s: {"avg_fn": lambda average, value, number: average * 0.5 + value * number},
    "swa": lambda s: {"avg_fn": s.get_swa_avg_fn()},
    "ema": lambda s: {"avg_fn": s.get_ema_avg_fn(0.8)},
    "ema-default": lambda s: {"avg_fn": s.get_ema_avg_fn()},
    "swa-together": lambda s: {"multi_avg_fn": s.get_swa_multi_avg_fn()},
    "ema-together": lambda s: {"multi_avg_fn": s.get_ema_multi_avg_fn(decay=0.8)},
    "ema-together-default": lambda s: {"multi_avg_fn": s.get_ema_multi_avg_fn()},
}


def _model(t: Any) -> Any:
    model = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.BatchNorm1d(3), t.nn.Linear(3, 1, dtype=t.float64))
    _set(t, model, 0)
    return model


def _set(t: Any, model: Any, step: int) -> None:
    """Numbers that depend on the step in all parameters and buffers of floats."""
    with t.no_grad():
        for place, each in enumerate([*model.parameters(), *model.buffers()]):
            numbers = t.linspace(-1.0 - place, 2.0 + step, max(1, each.numel()))[: each.numel()]
            each.copy_((numbers * (1 + step)).reshape(each.shape).to(each.dtype))


def _numbers(state: Any) -> list[tuple[str, str, Any]]:
    return [(name, str(each.dtype).rpartition(".")[2], each.flatten().tolist()) for name, each in state.items()]


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "use_buffers"),  # PyTorch does not average integers with all functions
    [
        (name, use_buffers)
        for name in FUNCTIONS
        for use_buffers in (False, True)
        if name != "swa-together" or not use_buffers
    ],
)
def test_averages_are_pytorchs(torch: ModuleType, name: str, use_buffers: bool) -> None:
    found = []
    for t in (flambeau, torch):
        model = _model(t)
        averaged = t.optim.swa_utils.AveragedModel(model, use_buffers=use_buffers, **FUNCTIONS[name](t.optim.swa_utils))
        steps = []
        for step in range(4):
            _set(t, model, step)
            averaged.update_parameters(model)
            steps.append(_numbers(averaged.state_dict()))
        found.append(steps)
    for ours, theirs in zip(*found, strict=True):
        for (one, dtype, values), (other, wanted, expected) in zip(ours, theirs, strict=True):
            assert (one, dtype) == (other, wanted)
            assert values == pytest.approx(expected, rel=1e-5)


def test_an_average_is_a_model_that_is_called_copied_and_saved() -> None:
    model = flambeau.nn.Linear(2, 1)
    averaged = swa_utils.AveragedModel(model, device="cpu")
    averaged.update_parameters(model)
    x = flambeau.ones(3, 2)
    assert averaged(x).tolist() == model(x).tolist()
    other = swa_utils.AveragedModel(flambeau.nn.Linear(2, 1))
    other.load_state_dict(averaged.state_dict())
    assert other(x).tolist() == model(x).tolist()
    assert other.n_averaged.item() == 1
    assert pickle.loads(pickle.dumps(copy.deepcopy(averaged)))(x).tolist() == model(x).tolist()
    assert [each.requires_grad for each in averaged.parameters()] == [True, True]


def test_functions_record_nothing() -> None:
    x = flambeau.ones(2, requires_grad=True)
    for function in (swa_utils.get_swa_avg_fn(), swa_utils.get_ema_avg_fn()):
        assert not function(x, x, 1).requires_grad


def test_averages_of_integers_are_cut_off() -> None:
    for function, expected in ((swa_utils.get_swa_multi_avg_fn(), 5), (swa_utils.get_ema_multi_avg_fn(0.5), 6)):
        average = flambeau.tensor([4])
        function([average], [flambeau.tensor([8])], flambeau.tensor(2))
        assert average.tolist() == [expected]


@pytest.mark.oracle
def test_statistics_of_batches_are_pytorchs(torch: ModuleType) -> None:
    found = []
    for t in (flambeau, torch):
        model = t.nn.Sequential(t.nn.BatchNorm1d(2), t.nn.BatchNorm1d(2, momentum=0.3), t.nn.Dropout(0.0))
        model.eval()
        batches = [t.linspace(start, 2.0, 6).reshape(3, 2) for start in (-1.0, 0.5, 1.0)]
        t.optim.swa_utils.update_bn([(each, 3) for each in batches], model)
        found.append([_numbers(model.state_dict()), model[0].momentum, model[1].momentum, model.training])
        t.optim.swa_utils.update_bn(batches, model, device="cpu")
        found[-1].append(_numbers(model.state_dict()))
        t.optim.swa_utils.update_bn(iter([3]), t.nn.Linear(1, 1))
    assert found[0][1:4] == found[1][1:4] == [0.1, 0.3, False]
    for place in (0, 4):
        for ours, theirs in zip(found[0][place], found[1][place], strict=True):
            assert ours[2] == pytest.approx(theirs[2], rel=1e-5, abs=1e-6)


RATES: dict[str, dict[str, Any]] = {
    "cosine": {"swa_lr": 0.05}, "linear": {"swa_lr": 0.05, "anneal_strategy": "linear", "anneal_epochs": 4},
    "several": {"swa_lr": [0.05, 0.7], "anneal_epochs": 3}, "at-once": {"swa_lr": 0.05, "anneal_epochs": 0},
}  # fmt: skip


def _scheduler(t: Any, options: dict[str, Any]) -> Any:
    groups = [{"params": [t.ones(1, requires_grad=True)]}, {"params": [t.ones(1, requires_grad=True)], "lr": 0.3}]
    return t.optim.swa_utils.SWALR(t.optim.SGD(groups, lr=0.4), **options)


def _rates(scheduler: Any, steps: int) -> Iterator[list[float]]:
    for _ in range(steps):
        yield scheduler.get_last_lr()
        scheduler.optimizer.step()
        scheduler.step()


@pytest.mark.oracle
@pytest.mark.parametrize("name", RATES)
def test_rates_and_states_are_pytorchs(torch: ModuleType, name: str) -> None:
    pair = [_scheduler(t, RATES[name]) for t in (flambeau, torch)]
    assert list(_rates(pair[0], 7)) == list(_rates(pair[1], 7))
    states = [copy.deepcopy(scheduler.state_dict()) for scheduler in pair]
    assert states[0] == states[1]
    for scheduler, state in zip(pair, reversed(states), strict=True):
        scheduler.load_state_dict(state)
    assert list(_rates(pair[0], 7)) == list(_rates(pair[1], 7))


@pytest.mark.oracle
@pytest.mark.parametrize("options", [
    {"swa_lr": [0.1]}, {"swa_lr": 0.1, "anneal_strategy": "sine"}, {"swa_lr": 0.1, "anneal_epochs": -1},
    {"swa_lr": 0.1, "anneal_epochs": 0.5},
])  # fmt: skip
def test_wrong_schedules_are_refused(torch: ModuleType, options: dict[str, Any]) -> None:
    texts = []
    for t in (flambeau, torch):
        with pytest.raises(ValueError, match="swa_lr|anneal_") as raised:
            _scheduler(t, options)
        texts.append(str(raised.value))
    assert texts[0] == texts[1]


@pytest.mark.oracle
def test_wrong_averages_are_refused(torch: ModuleType) -> None:
    texts: list[list[str]] = []
    for t in (flambeau, torch):
        s = t.optim.swa_utils
        texts.append([])
        for call in (lambda s=s: s.get_ema_avg_fn(1.5), lambda s=s: s.get_ema_multi_avg_fn(-0.5)):
            with pytest.raises(ValueError, match="Invalid decay value") as raised:
                call()
            texts[-1].append(str(raised.value))
        with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn should be provided"):
            s.AveragedModel(t.nn.Linear(1, 1), avg_fn=s.get_swa_avg_fn(), multi_avg_fn=s.get_swa_multi_avg_fn())
    assert texts[0] == texts[1]
