"""Schedulers, step by step beside PyTorch's."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau.optim import lr_scheduler

STEPS = 25


class Halving:
    """A callable object, whose attributes are part of a scheduler's state."""

    def __init__(self, base: float = 0.5) -> None:
        self.base = base

    def __call__(self, epoch: float) -> float:
        return float(self.base**epoch)


SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda epoch: 0.9**epoch),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda epoch: 1 / (1 + epoch), Halving()]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.95 if epoch % 2 else 1.0),
    "multiplicatives": lambda s, o: s.MultiplicativeLR(o, [lambda epoch: 0.9, Halving(0.99)]),
    "step": lambda s, o: s.StepLR(o, 3),
    "step-gamma": lambda s, o: s.StepLR(o, step_size=4, gamma=0.7),
    "milestones": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 11], gamma=0.3),
    "constant": lambda s, o: s.ConstantLR(o),
    "constant-options": lambda s, o: s.ConstantLR(o, factor=0.25, total_iters=7),
    "linear": lambda s, o: s.LinearLR(o),
    "linear-options": lambda s, o: s.LinearLR(o, start_factor=0.9, end_factor=0.1, total_iters=9),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.8),
    "polynomial": lambda s, o: s.PolynomialLR(o),
    "polynomial-power": lambda s, o: s.PolynomialLR(o, total_iters=14, power=1.7),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 7),
    "cosine-minimum": lambda s, o: s.CosineAnnealingLR(o, T_max=5, eta_min=0.01),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4),
    "restarts-growing": lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.02),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.1, 1.0, step_size_up=4),
    "cyclic-down": lambda s, o: s.CyclicLR(o, 0.1, [1.0, 2.0], step_size_up=3, step_size_down=5, mode="triangular2"),
    "cyclic-range": lambda s, o: s.CyclicLR(o, [0.1, 0.2], 1.0, 4, mode="exp_range", gamma=0.9, max_momentum=0.95),
    "cyclic-function": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, scale_fn=lambda x: 1 / x),
    "cyclic-object": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, scale_fn=Halving(0.9), scale_mode="iterations"),
    "cyclic-rates-only": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, cycle_momentum=False),
    "cyclic-momenta": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, base_momentum=[0.5, 0.6], max_momentum=[0.7, 0.9]),
    "one-cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=STEPS + 1),
    "one-cycle-epochs": lambda s, o: s.OneCycleLR(o, [0.5, 0.7], epochs=6, steps_per_epoch=5, anneal_strategy="linear"),
    "one-cycle-phases": lambda s, o: s.OneCycleLR(o, 0.5, 30, three_phase=True, pct_start=0.4),
    "one-cycle-rates-only": lambda s, o: s.OneCycleLR(o, 0.5, 30, cycle_momentum=False, div_factor=5, final_div_factor=10),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
    "chained-of-optimizer": lambda s, o: s.ChainedScheduler([s.StepLR(o, 2), s.LinearLR(o)], optimizer=o),
    "sequential": lambda s, o: s.SequentialLR(o, [s.ConstantLR(o, 0.1), s.ExponentialLR(o, 0.9)], milestones=[4]),
    "sequential-three": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=3), s.CosineAnnealingLR(o, 5), s.StepLR(o, 2)], [3, 9]
    ),
    "sequential-of-chained": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.5, 3), s.CosineAnnealingWarmRestarts(o, 4, eta_min=0.01)], [6]
    ),
}  # fmt: skip

PLATEAUS: dict[str, dict[str, Any]] = {
    "plain": {"patience": 2},
    "factor": {"patience": 0, "factor": 0.5, "eps": 1e-3},
    "largest": {"mode": "max", "patience": 1, "threshold": 0.1},
    "absolute": {"threshold_mode": "abs", "threshold": 0.05, "patience": 1},
    "largest-absolute": {"mode": "max", "threshold_mode": "abs", "threshold": 0.2, "patience": 1},
    "cooldown": {"patience": 0, "cooldown": 3, "factor": 0.7},
    "minimum": {"patience": 0, "min_lr": 0.06, "factor": 0.5},
    "minima": {"patience": 0, "min_lr": [0.06, 0.2], "factor": 0.5},
}
MEASURES = [
    3.0,
    2.5,
    2.5,
    2.49,
    2.6,
    2.3,
    2.3,
    2.31,
    2.4,
    2.1,
    2.2,
    2.2,
    2.2,
    2.2,
    2.0,
    float("nan"),
    2.0,
    1.9,
    1.95,
    1.9,
]
CLOSED = [
    "step",
    "step-gamma",
    "milestones",
    "constant",
    "linear-options",
    "exponential",
    "polynomial-power",
    "cosine-minimum",
]
OPTIMIZERS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "sgd": lambda t, groups, rate: t.optim.SGD(groups, lr=rate, momentum=0.9),
    "adam": lambda t, groups, rate: t.optim.Adam(groups, lr=rate),
}


def _optimizer(t: Any, kind: str = "sgd", rate: Any = 0.4) -> Any:
    x, y = (t.ones(2, requires_grad=True) for _ in range(2))
    x.grad, y.grad = t.ones(2), t.ones(2)
    return OPTIMIZERS[kind](t, [{"params": [x]}, {"params": [y], "lr": 0.3}], rate)


def _rates(scheduler: Any) -> list[Any]:
    """What a scheduler has set, and what it tells of that."""
    groups = scheduler.optimizer.param_groups
    momenta = [group.get("momentum", group.get("betas")) for group in groups]
    rates = [float(group["lr"]) for group in groups]
    assert [float(rate) for rate in scheduler.get_last_lr()] == rates
    return [*rates, *momenta, getattr(scheduler, "last_epoch", None)]


def _steps(scheduler: Any, count: int = STEPS) -> Iterator[list[Any]]:
    yield _rates(scheduler)
    for _ in range(count):
        scheduler.optimizer.step()
        scheduler.step()
        yield _rates(scheduler)


def _plain(value: Any) -> Any:
    """A state without what belongs to one library."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


@pytest.mark.oracle
@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_step_is_pytorchs(torch: ModuleType, name: str, kind: str) -> None:
    found = [list(_steps(SCHEDULES[name](t.optim.lr_scheduler, _optimizer(t, kind)))) for t in (flambeau, torch)]
    assert found[0] == found[1]


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_that_are_tensors_stay_the_tensors_that_they_are(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        optimizer = _optimizer(t, rate=t.tensor(0.4))
        rate = optimizer.param_groups[0]["lr"]
        scheduler = SCHEDULES[name](t.optim.lr_scheduler, optimizer)
        found.append(list(_steps(scheduler, 12)))
        assert optimizer.param_groups[0]["lr"] is rate
        assert isinstance(scheduler.get_last_lr()[0], t.Tensor)
        assert scheduler.get_last_lr()[0] is not rate
        assert isinstance(scheduler.get_last_lr()[1], float)
    for ours, theirs in zip(*found, strict=True):
        assert ours[:2] == pytest.approx(theirs[:2], rel=1e-6)


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCHEDULES)
def test_states_are_pytorchs_and_go_both_ways(torch: ModuleType, name: str) -> None:
    pair = [SCHEDULES[name](t.optim.lr_scheduler, _optimizer(t)) for t in (flambeau, torch)]
    for scheduler in pair:
        list(_steps(scheduler, 6))
    states = [copy.deepcopy((scheduler.state_dict(), _options(scheduler))) for scheduler in pair]
    assert _plain(states[0]) == _plain(states[1])
    for t, (state, options) in zip((flambeau, torch), reversed(states), strict=True):
        scheduler = SCHEDULES[name](t.optim.lr_scheduler, _optimizer(t))
        for group, each in zip(scheduler.optimizer.param_groups, options, strict=True):
            group.update(each)
        scheduler.load_state_dict(state)
        assert list(_steps(scheduler, 8)) == list(_steps(pair[t is torch], 8))


def _options(scheduler: Any) -> list[dict[str, Any]]:
    """What the groups of an optimizer say."""
    groups = scheduler.optimizer.param_groups
    return [{name: value for name, value in group.items() if name != "params"} for group in groups]


@pytest.mark.oracle
@pytest.mark.parametrize("name", CLOSED)
def test_any_epoch_has_a_formula(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        scheduler = SCHEDULES[name](t.optim.lr_scheduler, _optimizer(t))
        scheduler.optimizer.step()
        rates = []
        for epoch in (3, 0, 12, 7, 25):
            with pytest.warns(
                UserWarning, match=r"The epoch parameter in `scheduler.step\(\)` was not necessary"
            ) as told:
                scheduler.step(epoch)
            rates.append([*_rates(scheduler), str(told[0].message)])
        found.append(rates)
    assert found[0] == found[1]


@pytest.mark.oracle
def test_restarts_go_to_any_epoch(torch: ModuleType) -> None:
    found = []
    for t in (flambeau, torch):
        for options in ({"T_0": 4}, {"T_0": 2, "T_mult": 3}):
            scheduler = t.optim.lr_scheduler.CosineAnnealingWarmRestarts(_optimizer(t), **options)
            for epoch in (0.5, 3, 4.25, 9.75, None, 30, None, 1, 2.5):
                scheduler.optimizer.step()
                scheduler.step(epoch)
                found.append([*_rates(scheduler), scheduler.T_cur, scheduler.T_i])
    assert found[: len(found) // 2] == found[len(found) // 2 :]


@pytest.mark.oracle
@pytest.mark.parametrize("name", [name for name in SCHEDULES if not name.startswith(("chained", "sequential"))])
def test_a_schedule_goes_on_behind_its_last_epoch(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        first = SCHEDULES[name](t.optim.lr_scheduler, _optimizer(t))
        list(_steps(first, 5))
        second = SCHEDULES[name](_Later(t.optim.lr_scheduler, {"last_epoch": first.last_epoch}), first.optimizer)
        found.append(list(_steps(second, 8)))
    assert found[0] == found[1]


class _Later:
    """The schedulers of a library, made with more options."""

    def __init__(self, schedulers: ModuleType, options: dict[str, Any]) -> None:
        self.schedulers, self.options = schedulers, options

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: getattr(self.schedulers, name)(*args, **kwargs, **self.options)


@pytest.mark.oracle
@pytest.mark.parametrize("name", PLATEAUS)
def test_plateaus_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        scheduler = t.optim.lr_scheduler.ReduceLROnPlateau(_optimizer(t), **PLATEAUS[name])
        steps = []
        for number, measure in enumerate(MEASURES):
            scheduler.step(t.tensor(measure, dtype=t.float64) if number % 2 else measure)
            steps.append([*_rates(scheduler), scheduler.num_bad_epochs, scheduler.in_cooldown])
        found.append([*steps, scheduler.state_dict()])
    assert repr(found[0]) == repr(found[1])


def test_a_plateau_of_another_number_of_groups_is_refused() -> None:
    optimizer = _optimizer(flambeau)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.1, 0.1])
    other = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.35)
    optimizer.add_param_group({"params": [flambeau.ones(1)]})
    for each in (scheduler, other):
        each.step(1.0)
    with pytest.raises(RuntimeError, match=r"The number of param groups in the `optimizer` \(3\) differs"):
        scheduler.step(1.0)
    other.step(1.0)
    assert [group["lr"] for group in optimizer.param_groups] == [0.35, 0.3, 0.35]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_copied_and_goes_on(name: str) -> None:
    scheduler = SCHEDULES[name](lr_scheduler, _optimizer(flambeau))
    list(_steps(scheduler, 12))
    twin = copy.deepcopy(scheduler)
    assert twin.optimizer is not scheduler.optimizer
    for group in twin.optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = flambeau.ones(2)
    assert list(_steps(twin, 8)) == list(_steps(scheduler, 8))


def test_a_state_is_a_plain_dictionary() -> None:
    scheduler = SCHEDULES["cyclic-object"](lr_scheduler, _optimizer(flambeau))
    state = pickle.loads(pickle.dumps(scheduler.state_dict()))
    before = dict(state)
    scheduler.load_state_dict(state)
    assert state == before


def test_what_a_state_says_of_an_object_is_loaded_into_it() -> None:
    functions = [Halving(0.5), Halving(0.5)]
    scheduler = lr_scheduler.LambdaLR(_optimizer(flambeau), list(functions))
    other = lr_scheduler.LambdaLR(_optimizer(flambeau), [Halving(0.9), lambda epoch: 1.0])
    scheduler.load_state_dict(other.state_dict())
    assert [function.base for function in functions] == [0.9, 0.5]
    assert other.state_dict()["lr_lambdas"] == [{"base": 0.9}, None]


def test_an_optimizer_with_a_scheduler_goes_when_nothing_holds_it() -> None:
    optimizer = _optimizer(flambeau)
    lr_scheduler.StepLR(optimizer, 2)
    gone = weakref.ref(optimizer)
    gc.disable()
    try:
        del optimizer
        assert gone() is None
    finally:
        gc.enable()


def test_an_optimizer_with_a_scheduler_is_pickled() -> None:
    optimizer = _optimizer(flambeau)
    lr_scheduler.StepLR(optimizer, 2)
    optimizer.step()
    again = pickle.loads(pickle.dumps(optimizer))
    assert [group["initial_lr"] for group in again.param_groups] == [0.4, 0.3]
    again.step()


# -- a program's own ---------------------------------------------------------------------------------------------------


def _own(t: Any) -> Any:
    class Steps(t.optim.lr_scheduler.LRScheduler):  # type: ignore[misc]
        def __init__(self, optimizer: Any, down: float) -> None:
            self.down = down
            super().__init__(optimizer)

        def get_lr(self) -> Any:
            return [rate - self.down * self.last_epoch for rate in self.base_lrs]

    return Steps


@pytest.mark.oracle
def test_a_schedule_of_ones_own_needs_get_lr_alone(torch: ModuleType) -> None:
    found = []
    for t in (flambeau, torch):
        scheduler = _own(t)(_optimizer(t), 0.01)
        found.append([*_steps(scheduler, 4), scheduler.state_dict()])
    assert found[0] == found[1]
    assert found[0][-1]["down"] == 0.01


def test_older_programs_subclass_another_name() -> None:
    class Old(lr_scheduler._LRScheduler):
        def get_lr(self) -> Any:
            return self.base_lrs

    assert Old(_optimizer(flambeau)).get_last_lr() == [0.4, 0.3]
    with pytest.raises(NotImplementedError):
        lr_scheduler.LRScheduler(_optimizer(flambeau))


# -- warnings and errors -----------------------------------------------------------------------------------------------


def _too_early(t: Any) -> None:
    t.optim.lr_scheduler.StepLR(_optimizer(t), 2).step()


def _overridden(t: Any) -> None:
    optimizer = _optimizer(t)
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.step = lambda: None
    optimizer.step()
    scheduler.step()


def _asked(t: Any) -> None:
    t.optim.lr_scheduler.ExponentialLR(_optimizer(t), 0.5).get_lr()


def _epoch_of_a_plateau(t: Any) -> None:
    t.optim.lr_scheduler.ReduceLROnPlateau(_optimizer(t)).step(1.0, epoch=3)


@pytest.mark.oracle
@pytest.mark.parametrize("program", [_too_early, _overridden, _asked, _epoch_of_a_plateau])
def test_warnings_are_pytorchs(torch: ModuleType, program: Callable[[Any], None]) -> None:
    found = []
    for t in (flambeau, torch):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            program(t)
        found.append([(each.category, str(each.message)) for each in told])
        if t is flambeau:
            assert [each.filename for each in told] == [__file__]
    assert found[0] == found[1]


def test_the_order_is_right_when_the_optimizer_goes_first() -> None:
    scheduler = lr_scheduler.StepLR(_optimizer(flambeau), 2)
    lr_scheduler.ExponentialLR(scheduler.optimizer, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(_steps(scheduler, 3))


BAD: dict[str, Callable[[Any, Any], Any]] = {
    "no optimizer": lambda s, o: s.StepLR(3, 2),
    "cyclic no optimizer": lambda s, o: s.CyclicLR(3, 2, 1),
    "one cycle no optimizer": lambda s, o: s.OneCycleLR(3, 2, 1),
    "plateau no optimizer": lambda s, o: s.ReduceLROnPlateau(3),
    "not resumed": lambda s, o: s.StepLR(o, 2, last_epoch=3),
    "three lambdas": lambda s, o: s.LambdaLR(o, [abs] * 3),
    "one factor": lambda s, o: s.MultiplicativeLR(o, [abs]),
    "no function": lambda s, o: s.MultiplicativeLR(o, [3, abs]),
    "constant factor": lambda s, o: s.ConstantLR(o, factor=1.5),
    "negative factor": lambda s, o: s.ConstantLR(o, factor=-0.5),
    "linear start": lambda s, o: s.LinearLR(o, start_factor=0),
    "linear end": lambda s, o: s.LinearLR(o, end_factor=1.1),
    "no period": lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
    "half a period": lambda s, o: s.CosineAnnealingWarmRestarts(o, 1.5),
    "growth": lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, T_mult=0),
    "minimum": lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, eta_min="0"),
    "negative epoch": lambda s, o: s.CosineAnnealingWarmRestarts(o, 1).step(-1),
    "plateau factor": lambda s, o: s.ReduceLROnPlateau(o, factor=1.0),
    "plateau mode": lambda s, o: s.ReduceLROnPlateau(o, mode="least"),
    "plateau threshold": lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="none"),
    "plateau minima": lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]),
    "cyclic mode": lambda s, o: s.CyclicLR(o, 0.1, 1.0, mode="square"),
    "cyclic rates": lambda s, o: s.CyclicLR(o, [0.1], 1.0),
    "cyclic heights": lambda s, o: s.CyclicLR(o, 0.1, [1.0, 2.0, 3.0]),
    "cyclic momenta": lambda s, o: s.CyclicLR(o, 0.1, 1.0, base_momentum=[0.5]),
    "no steps": lambda s, o: s.OneCycleLR(o, 0.1),
    "zero steps": lambda s, o: s.OneCycleLR(o, 0.1, total_steps=0),
    "half steps": lambda s, o: s.OneCycleLR(o, 0.1, total_steps=1.5),
    "no epochs": lambda s, o: s.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=1),
    "no steps per epoch": lambda s, o: s.OneCycleLR(o, 0.1, epochs=1, steps_per_epoch=-1),
    "part": lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=1.5),
    "part of an integer": lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=1),
    "strategy": lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="sine"),
    "one cycle rates": lambda s, o: s.OneCycleLR(o, [0.1], 10),
    "one step more": lambda s, o: list(_steps(s.OneCycleLR(o, 0.1, 10), 11)),
    "chained nothing": lambda s, o: s.ChainedScheduler([]),
    "chained plateau": lambda s, o: s.ChainedScheduler([s.StepLR(o, 2), s.ReduceLROnPlateau(o)]),
    "chained no scheduler": lambda s, o: s.ChainedScheduler([s.StepLR(o, 2), 3]),
    "sequential nothing": lambda s, o: s.SequentialLR(o, [], []),
    "sequential plateau": lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []),
    "sequential milestones": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 2)], [3]),
    "sequential no scheduler": lambda s, o: s.SequentialLR(o, [3], []),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("name", BAD)
def test_errors_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        optimizer = _optimizer(t)
        with pytest.raises((KeyError, RuntimeError, TypeError, ValueError)) as raised:
            BAD[name](t.optim.lr_scheduler, optimizer)
        found.append((type(raised.value), str(raised.value)))
    assert found[0] == found[1]


@pytest.mark.parametrize("make", [
    lambda o: lr_scheduler.CyclicLR(o, 0.1, [1.0]), lambda o: lr_scheduler.OneCycleLR(o, [1.0], 10),
    lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, max_momentum=[0.1]), lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, mode="?"),
])  # fmt: skip
def test_an_error_leaves_the_optimizer_as_it_was(make: Callable[[Any], Any]) -> None:
    optimizer = _optimizer(flambeau)
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(ValueError, match="same length|mode is invalid"):
        make(optimizer)
    assert optimizer.state_dict() == before


def test_another_optimizer_is_refused() -> None:
    one, two = _optimizer(flambeau), _optimizer(flambeau)
    parts = [lr_scheduler.StepLR(one, 2), lr_scheduler.StepLR(two, 2)]
    for make in (lambda: lr_scheduler.SequentialLR(one, parts, [2]), lambda: lr_scheduler.ChainedScheduler(parts)):
        with pytest.raises(ValueError, match="to belong to the same optimizer, but got scheduler StepLR at index 1"):
            make()


@pytest.mark.oracle
@pytest.mark.parametrize("make", [lambda s, o: s.CyclicLR(o, 0.1, 1.0), lambda s, o: s.OneCycleLR(o, 1.0, 9)])
def test_momentum_is_asked_for_where_there_is_one(torch: ModuleType, make: Callable[[Any, Any], Any]) -> None:
    found = []
    for t in (flambeau, torch):
        with pytest.raises(ValueError, match="optimizer must support momentum") as raised:
            make(t.optim.lr_scheduler, t.optim.Optimizer([t.ones(1)], {"lr": 0.1}))
        found.append(str(raised.value))
    assert found[0] == found[1]
