"""Schedulers: the rates and momenta of every step, for every option; states, resumed schedules, warnings and errors."""

import copy
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from ...checks import quietly
from ...declare import Sample, op
from ...programs import programs, refusals

_STEPS = 13


def _optimizer(t: Any, kind: str = "SGD", rate: Any = 0.4) -> Any:
    """An optimizer of two groups, with momentum or betas."""
    x, y = (t.ones(2, requires_grad=True) for _ in range(2))
    x.grad, y.grad = t.ones(2), t.ones(2)
    options = {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(t.optim, kind)([{"params": [x]}, {"params": [y], "lr": 0.3}], lr=rate, **options)


def _told(scheduler: Any) -> list[float]:
    """The rates and momenta of the groups."""
    found = []
    for group in scheduler.optimizer.param_groups:
        momentum = group["betas"][0] if "betas" in group else group["momentum"]
        found += [float(group["lr"]), float(momentum)]
    return found


def _run(scheduler: Any, steps: int = _STEPS) -> list[list[float]]:
    found = [_told(scheduler)]
    for _ in range(steps):
        scheduler.optimizer.step()
        scheduler.step()
        found.append(_told(scheduler))
    return found


class _Halving:
    """A callable object."""

    def __init__(self, base: float = 0.5) -> None:
        self.base = base

    def __call__(self, epoch: float) -> float:
        return float(self.base**epoch)


_Make = Callable[[Any, Any], Any]

_SCHEDULES: dict[str, dict[str, _Make]] = {
    "LambdaLR": {
        "function": lambda s, o: s.LambdaLR(o, lambda epoch: 0.9**epoch),
        "functions": lambda s, o: s.LambdaLR(o, [lambda epoch: 1 / (1 + epoch), _Halving()]),
    },
    "MultiplicativeLR": {
        "function": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.95 if epoch % 2 else 1.0),
        "functions": lambda s, o: s.MultiplicativeLR(o, (lambda epoch: 0.9, _Halving(0.99))),
    },
    "StepLR": {
        "plain": lambda s, o: s.StepLR(o, 3), "gamma": lambda s, o: s.StepLR(o, step_size=4, gamma=0.7),
    },
    "MultiStepLR": {
        "plain": lambda s, o: s.MultiStepLR(o, [2, 5]), "twice": lambda s, o: s.MultiStepLR(o, [7, 2, 2], gamma=0.3),
    },
    "ConstantLR": {
        "plain": lambda s, o: s.ConstantLR(o), "options": lambda s, o: s.ConstantLR(o, factor=0.25, total_iters=7),
    },
    "LinearLR": {
        "plain": lambda s, o: s.LinearLR(o),
        "options": lambda s, o: s.LinearLR(o, start_factor=0.9, end_factor=0.1, total_iters=9),
    },
    "ExponentialLR": {"plain": lambda s, o: s.ExponentialLR(o, 0.8), "growing": lambda s, o: s.ExponentialLR(o, gamma=1.1)},
    "PolynomialLR": {
        "plain": lambda s, o: s.PolynomialLR(o), "power": lambda s, o: s.PolynomialLR(o, total_iters=11, power=1.7),
    },
    "CosineAnnealingLR": {
        "plain": lambda s, o: s.CosineAnnealingLR(o, 5), "minimum": lambda s, o: s.CosineAnnealingLR(o, T_max=9, eta_min=0.01),
    },
    "CosineAnnealingWarmRestarts": {
        "plain": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4),
        "growing": lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.02),
    },
    "CyclicLR": {
        "plain": lambda s, o: s.CyclicLR(o, 0.1, 1.0, step_size_up=4),
        "down": lambda s, o: s.CyclicLR(o, 0.1, [1.0, 2.0], step_size_up=2, step_size_down=3, mode="triangular2"),
        "range": lambda s, o: s.CyclicLR(o, [0.1, 0.2], 1.0, 4, mode="exp_range", gamma=0.9, max_momentum=0.95),
        "function": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, scale_fn=lambda x: 1 / x, scale_mode="cycle"),
        "object": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, scale_fn=_Halving(0.9), scale_mode="iterations"),
        "rates-only": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, cycle_momentum=False),
        "momenta": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, base_momentum=[0.5, 0.6], max_momentum=[0.7, 0.9]),
    },
    "OneCycleLR": {
        "plain": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=_STEPS + 1),
        "epochs": lambda s, o: s.OneCycleLR(o, [0.5, 0.7], epochs=3, steps_per_epoch=5, anneal_strategy="linear"),
        "cosine": lambda s, o: s.OneCycleLR(o, 0.5, 14, base_momentum=0.5, max_momentum=0.7, anneal_strategy="cos"),
        "phases": lambda s, o: s.OneCycleLR(o, 0.5, 15, three_phase=True, pct_start=0.4),
        "rates-only": lambda s, o: s.OneCycleLR(o, 0.5, 15, cycle_momentum=False, div_factor=5, final_div_factor=10),
    },
    "ChainedScheduler": {
        "plain": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
        "of-optimizer": lambda s, o: s.ChainedScheduler([s.StepLR(o, 2), s.LinearLR(o)], optimizer=o),
    },
    "SequentialLR": {
        "plain": lambda s, o: s.SequentialLR(o, [s.ConstantLR(o, 0.1), s.ExponentialLR(o, 0.9)], milestones=[4]),
        "three": lambda s, o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, total_iters=3), s.CosineAnnealingLR(o, 5), s.StepLR(o, 2)], [3, 9]),
    },
}  # fmt: skip


def _sample(name: str, make: _Make, kind: str = "SGD") -> Sample:
    def rates(t: Any) -> Any:
        return t.tensor(_run(make(t.optim.lr_scheduler, _optimizer(t, kind))), dtype=t.float64)

    return Sample(name, rates, (), dtypes=("float64",), gradient=False)


def _closed(make: _Make) -> Callable[[Any], Any]:
    """The rates of epochs in any order."""

    def rates(t: Any) -> Any:
        scheduler = make(t.optim.lr_scheduler, _optimizer(t))
        scheduler.optimizer.step()
        found = []
        for epoch in (3, 0, 12, 7):
            quietly(partial(scheduler.step, epoch))  # which is deprecated
            found.append(_told(scheduler))
        return t.tensor(found, dtype=t.float64)

    return rates


class _Later:
    """The schedulers of a library, made with the epoch of another one of the same kind."""

    def __init__(self, schedulers: Any, last_epoch: int) -> None:
        self.schedulers, self.last_epoch = schedulers, last_epoch

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: getattr(self.schedulers, name)(*args, **kwargs, last_epoch=self.last_epoch)


def _later(make: _Make) -> Callable[[Any], Any]:
    """The rates of a second scheduler, which goes on behind the first one's epoch."""

    def rates(t: Any) -> Any:
        first = make(t.optim.lr_scheduler, _optimizer(t))
        _run(first, 4)
        return t.tensor(_run(make(_Later(t.optim.lr_scheduler, 4), first.optimizer), 5), dtype=t.float64)

    return rates


def _later_sequence(t: Any) -> Any:
    schedulers, optimizer = t.optim.lr_scheduler, _optimizer(t)
    parts = [schedulers.ConstantLR(optimizer, 0.5), schedulers.StepLR(optimizer, 2)]
    return t.tensor(_run(schedulers.SequentialLR(optimizer, parts, [3], last_epoch=1), 5), dtype=t.float64)


_COMBINED = ("ChainedScheduler", "SequentialLR")
_CLOSED = ("StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR")
for _name, _makes in _SCHEDULES.items():
    op(f"optim.lr_scheduler.{_name}", dtypes=("float64",), differentiable=False, method=False, refuses=False, samples=[
        *(_sample(f"{name}-{kind}", make, kind) for name, make in _makes.items() for kind in ("SGD", "Adam")),
        *(Sample(f"{name}-any-epoch", _closed(make), (), dtypes=("float64",), gradient=False)
          for name, make in _makes.items() if _name in _CLOSED),
        *(Sample(f"{name}-later", _later(make), (), dtypes=("float64",), gradient=False)
          for name, make in _makes.items() if _name not in _COMBINED),
        *([Sample("later", _later_sequence, (), dtypes=("float64",), gradient=False)] if _name == "SequentialLR" else ()),
    ])  # fmt: skip


# -- what a program measures -------------------------------------------------------------------------------------------

_MEASURES = [3.0, 2.5, 2.5, 2.49, 2.6, 2.3, 2.3, 2.31, 2.4, 2.1, 2.2, 2.2, 2.2, 2.0, float("nan"), 2.0, 1.9, 1.95, 1.9]
_PLATEAUS: dict[str, dict[str, Any]] = {
    "plain": {"patience": 2}, "factor": {"patience": 0, "factor": 0.5, "eps": 1e-3},
    "largest": {"mode": "max", "patience": 1, "threshold": 0.1}, "cooldown": {"patience": 0, "cooldown": 3, "factor": 0.7},
    "absolute": {"mode": "min", "threshold_mode": "abs", "threshold": 0.05, "patience": 1},
    "largest-absolute": {"mode": "max", "threshold_mode": "abs", "threshold": 0.2, "patience": 1},
    "relative": {"threshold_mode": "rel", "threshold": 0.1, "patience": 1},
    "minimum": {"patience": 0, "min_lr": 0.06, "factor": 0.5}, "minima": {"patience": 0, "min_lr": [0.06, 0.2], "factor": 0.5},
}  # fmt: skip


def _measured(options: dict[str, Any]) -> Callable[[Any], Any]:
    def rates(t: Any) -> Any:
        scheduler = t.optim.lr_scheduler.ReduceLROnPlateau(_optimizer(t), **options)
        found = []
        for number, measure in enumerate(_MEASURES):
            scheduler.step(t.tensor(measure, dtype=t.float64) if number % 2 else measure)
            found.append([*_told(scheduler), scheduler.num_bad_epochs, scheduler.cooldown_counter, scheduler.best])
        return t.tensor(found, dtype=t.float64)

    return rates


op("optim.lr_scheduler.ReduceLROnPlateau", dtypes=("float64",), differentiable=False, method=False, refuses=False, samples=[
    Sample(name, _measured(options), (), dtypes=("float64",), gradient=False) for name, options in _PLATEAUS.items()
])  # fmt: skip


# -- states ------------------------------------------------------------------------------------------------------------


def _resumed(t: Any, make: _Make) -> Any:
    """Whether a scheduler that has loaded another's state goes on as that one."""
    first, second = (make(t.optim.lr_scheduler, _optimizer(t)) for _ in range(2))
    _run(first, 5)
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    return _run(first, 5) == _run(second, 5)


def _kept_of_functions(t: Any) -> Any:
    schedulers = t.optim.lr_scheduler
    state = schedulers.LambdaLR(_optimizer(t), [lambda epoch: 1.0, _Halving(0.25)]).state_dict()
    other = _Halving()
    schedulers.LambdaLR(_optimizer(t), [lambda epoch: 2.0, other]).load_state_dict(state)
    return state["lr_lambdas"], other.base


def _tensor_rate(t: Any) -> Any:
    optimizer = _optimizer(t, rate=t.tensor(0.5))
    rate = optimizer.param_groups[0]["lr"]
    scheduler = t.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    told = scheduler.get_last_lr()
    return rate, optimizer.param_groups[0]["lr"] is rate, told[0] is rate, told


def _own(t: Any) -> Any:
    class Down(t.optim.lr_scheduler.LRScheduler):  # type: ignore[misc]
        def get_lr(self) -> Any:
            return [rate - 0.125 * self.last_epoch for rate in self.base_lrs]

    scheduler = Down(_optimizer(t, rate=0.5))
    return (
        [told[0] for told in _run(scheduler, 2)],
        scheduler.get_last_lr()[0],
        scheduler.base_lrs,
        scheduler.last_epoch,
    )


def _old_name(t: Any) -> Any:
    class Same(t.optim.lr_scheduler._LRScheduler):  # type: ignore[misc]
        def get_lr(self) -> Any:
            return self.base_lrs

    return Same(_optimizer(t)).get_last_lr()


def _asked(t: Any) -> Any:
    """The class that has no rule, and what is told of it."""
    scheduler = t.optim.lr_scheduler.StepLR(_optimizer(t), 2)
    return t.optim.lr_scheduler.LRScheduler.get_lr(scheduler)


def _plateau_resumed(t: Any) -> Any:
    one, two = (t.optim.lr_scheduler.ReduceLROnPlateau(_optimizer(t), patience=1) for _ in range(2))
    for measure in (3.0, 4.0):
        one.step(measure)
    two.load_state_dict(copy.deepcopy(one.state_dict()))
    two.step(5.0)
    return two.best, two.num_bad_epochs, two.get_last_lr()


def _undone(t: Any) -> Any:
    schedulers, optimizer = t.optim.lr_scheduler, _optimizer(t)
    parts = [schedulers.ConstantLR(optimizer, 0.5), schedulers.StepLR(optimizer, 2)]
    whole = schedulers.SequentialLR(optimizer, parts, [3])
    before = [part.last_epoch for part in parts]
    whole.recursive_undo()
    whole.recursive_undo(parts[1])
    return before, [part.last_epoch for part in parts]


def _cycle_of_a_function(t: Any) -> Any:
    schedulers = t.optim.lr_scheduler
    one = schedulers.CyclicLR(_optimizer(t), 0.1, 1.0, 4, scale_fn=_Halving(0.25))
    two = schedulers.CyclicLR(_optimizer(t), 0.1, 1.0, 4, scale_fn=_Halving(0.5))
    two.load_state_dict(copy.deepcopy(one.state_dict()))
    return one.state_dict()["_scale_fn_custom"], two.scale_fn(2), one.scale_fn(1)


programs("scheduler", {
    **{f"resumed-{name}-{kind}": (partial(_resumed, make=make), True)
       for name, makes in _SCHEDULES.items() for kind, make in makes.items()},
    "functions-are-not-kept": (_kept_of_functions, [[None, {"base": 0.25}], 0.25]),
    "scale-function": (_cycle_of_a_function, [{"base": 0.25}, 0.0625, 0.25]),
    "tensor-rate": (_tensor_rate, [0.25, True, False, [0.25, 0.15]]),
    "plateau-resumed": (_plateau_resumed, [3.0, 0, [0.04, 0.03]]),
    "undone": (_undone, [[0, -1], [-1, -3]]),
    "own": (_own, [[0.5, 0.375, 0.25], 0.25, [0.5, 0.3], 2]),
    "old-name": (_old_name, [0.4, 0.3]),
})  # fmt: skip


# -- warnings and errors -----------------------------------------------------------------------------------------------


def _warned(t: Any, call: Callable[[Any, Any], Any]) -> list[str]:
    """The beginnings of what a program is warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call(t.optim.lr_scheduler, _optimizer(t))
    return [f"{each.category.__name__}: {str(each.message)[:60]}" for each in told]


def _overridden(s: Any, o: Any) -> None:
    scheduler = s.StepLR(o, 2)
    o.step = lambda: None
    o.step()
    scheduler.step()


programs("scheduler", {
    "too-early": (lambda t: _warned(t, lambda s, o: s.StepLR(o, 2).step()), ["UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.ste"]),
    "overridden": (lambda t: _warned(t, _overridden), ["UserWarning: Seems like `optimizer.step()` has been overridden after lear"]),
    "rates-asked-for": (lambda t: _warned(t, lambda s, o: s.StepLR(o, 2).get_lr()), ["UserWarning: To get the last learning rate computed by the scheduler, ple"]),
    "epoch-of-plateau": (lambda t: _warned(t, lambda s, o: s.ReduceLROnPlateau(o).step(1.0, epoch=3)), ["UserWarning: The epoch parameter in `scheduler.step()` was not necessary "]),
    "in-order": (lambda t: _warned(t, lambda s, o: _run(s.StepLR(o, 2), 2)), []),
}, aspect="warning")  # fmt: skip


def _refuses(call: _Make) -> Callable[[Any], Any]:
    return lambda t: call(t.optim.lr_scheduler, _optimizer(t))


refusals("scheduler", {"no-rule-of-the-base": (_asked, NotImplementedError, "")})
refusals("scheduler", {name: (_refuses(call), error, words) for name, (call, error, words) in {
    "no-optimizer": (lambda s, o: s.StepLR(3, 2), TypeError, "int is not an Optimizer"),
    "plateau-no-optimizer": (lambda s, o: s.ReduceLROnPlateau(3), TypeError, "int is not an Optimizer"),
    "no-rule": (lambda s, o: s.LRScheduler(o), NotImplementedError, ""),
    "base-not-resumed": (lambda s, o: s.LRScheduler(o, last_epoch=3), KeyError, "param 'initial_lr' is not specified in param_groups[0]"),
    "not-resumed": (lambda s, o: s.ExponentialLR(o, 0.5, last_epoch=3), KeyError, "param 'initial_lr' is not specified in param_groups[0] when resuming scheduler with last_epoch >= 0"),
    "step-not-resumed": (lambda s, o: s.StepLR(o, 2, last_epoch=3), KeyError, "param 'initial_lr' is not specified in param_groups[0]"),
    "milestones-not-resumed": (lambda s, o: s.MultiStepLR(o, [2], last_epoch=3), KeyError, "param 'initial_lr' is not specified in param_groups[0]"),
    "polynomial-not-resumed": (lambda s, o: s.PolynomialLR(o, last_epoch=3), KeyError, "param 'initial_lr' is not specified in param_groups[0]"),
    "cosine-not-resumed": (lambda s, o: s.CosineAnnealingLR(o, 3, last_epoch=3), KeyError, "param 'initial_lr' is not specified in param_groups[0]"),
    "three-functions": (lambda s, o: s.LambdaLR(o, [abs] * 3), ValueError, "Expected 2 lr_lambdas, but got 3"),
    "one-function": (lambda s, o: s.MultiplicativeLR(o, [abs]), ValueError, "Expected 2 lr_lambdas, but got 1"),
    "no-function": (lambda s, o: s.MultiplicativeLR(o, [3, abs]), TypeError, "lr_lambda should be a function, but got int"),
    "constant-factor": (lambda s, o: s.ConstantLR(o, factor=1.5), ValueError, "Constant multiplicative factor expected to be between 0 and 1."),
    "linear-start": (lambda s, o: s.LinearLR(o, start_factor=0), ValueError, "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."),
    "linear-end": (lambda s, o: s.LinearLR(o, end_factor=1.1), ValueError, "Ending multiplicative factor expected to be between 0 and 1."),
    "restarts-period": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), ValueError, "Expected positive integer T_0, but got 0"),
    "restarts-growth": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, T_mult=0), ValueError, "Expected integer T_mult >= 1, but got 0"),
    "restarts-minimum": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, eta_min="0"), ValueError, "Expected float or int eta_min, but got 0 of type <class 'str'>"),
    "negative-epoch": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1).step(-1), ValueError, "Expected non-negative epoch, but got -1"),
    "plateau-factor": (lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), ValueError, "Factor should be < 1.0."),
    "plateau-mode": (lambda s, o: s.ReduceLROnPlateau(o, mode="least"), ValueError, "mode least is unknown!"),
    "plateau-threshold": (lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="none"), ValueError, "threshold mode none is unknown!"),
    "plateau-minima": (lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), ValueError, "expected 2 min_lrs, got 1"),
    "cyclic-mode": (lambda s, o: s.CyclicLR(o, 0.1, 1.0, mode="square"), ValueError, "mode is invalid and scale_fn is None"),
    "cyclic-rates": (lambda s, o: s.CyclicLR(o, [0.1], 1.0), ValueError, "base_lr must have the same length as optimizer.param_groups. base_lr has 1 values, param_groups has 2."),
    "no-steps": (lambda s, o: s.OneCycleLR(o, 0.1), ValueError, "You must define either total_steps OR (epochs AND steps_per_epoch)"),
    "zero-steps": (lambda s, o: s.OneCycleLR(o, 0.1, total_steps=0), ValueError, "Expected positive integer total_steps, but got 0"),
    "no-epochs": (lambda s, o: s.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=1), ValueError, "Expected positive integer epochs, but got 0"),
    "part": (lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=1.5), ValueError, "Expected float between 0 and 1 pct_start, but got 1.5"),
    "strategy": (lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="sine"), ValueError, "anneal_strategy must be one of 'cos' or 'linear', instead got sine"),
    "one-step-more": (lambda s, o: _run(s.OneCycleLR(o, 0.1, 10), 11), ValueError, "Tried to step 11 times. The specified number of total steps is 10"),
    "chained-nothing": (lambda s, o: s.ChainedScheduler([]), ValueError, "ChainedScheduler expects at least one scheduler to be chained, but got no scheduler."),
    "chained-plateau": (lambda s, o: s.ChainedScheduler([s.StepLR(o, 2), s.ReduceLROnPlateau(o)]), ValueError, "ChainedScheduler does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs"),
    "chained-no-scheduler": (lambda s, o: s.ChainedScheduler([s.StepLR(o, 2), 3]), TypeError, "ChainedScheduler at index 1 should have `optimizer` as its attribute."),
    "sequential-nothing": (lambda s, o: s.SequentialLR(o, [], []), ValueError, "SequentialLR expects at least one scheduler, but got no scheduler."),
    "sequential-milestones": (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 2)], [3]), ValueError, "Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points"),
    "sequential-no-scheduler": (lambda s, o: s.SequentialLR(o, [3], []), TypeError, "SequentialLR at index 0 should have `optimizer` as its attribute."),
}.items()})  # fmt: skip
