"""Averages of weights: means and running averages of a model, statistics of batches, and the rate that goes with them."""

import copy
from collections.abc import Callable
from typing import Any

from ...declare import Sample, op
from ...programs import programs, refusals


def _model(t: Any) -> Any:
    model = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.BatchNorm1d(3))
    _set(t, model, 0)
    return model


def _set(t: Any, model: Any, step: int) -> None:
    """Numbers that depend on the step in all parameters and floating buffers."""
    with t.no_grad():
        for place, each in enumerate([*model.parameters(), *model.buffers()]):
            numbers = t.linspace(-1.0 - place, 2.0 + step, max(2, each.numel()))[: each.numel()]
            each.copy_((numbers * (1 + step)).reshape(each.shape))


def _flat(t: Any, model: Any) -> Any:
    return t.cat([each.detach().reshape(-1).float() for each in model.state_dict().values()])


_Options = Callable[[Any], dict[str, Any]]

_FUNCTIONS: dict[str, _Options] = {
    "mean": lambda s: {}, "own": lambda s: {"avg_fn": lambda average, value, number: average * 0.5 + value * number},
    "swa": lambda s: {"avg_fn": s.get_swa_avg_fn()}, "ema": lambda s: {"avg_fn": s.get_ema_avg_fn(decay=0.75)},
    "swa-together": lambda s: {"multi_avg_fn": s.get_swa_multi_avg_fn()},
    "ema-together": lambda s: {"multi_avg_fn": s.get_ema_multi_avg_fn(decay=0.75)},
    "buffers": lambda s: {"avg_fn": s.get_ema_avg_fn(), "use_buffers": True},
    "buffers-together": lambda s: {"multi_avg_fn": s.get_ema_multi_avg_fn(), "use_buffers": True},
}  # fmt: skip


def _averaged(options: _Options) -> Callable[[Any], Any]:
    def numbers(t: Any) -> Any:
        model = _model(t)
        averaged = t.optim.swa_utils.AveragedModel(model, **options(t.optim.swa_utils))
        found = []
        for step in range(4):
            _set(t, model, step)
            averaged.update_parameters(model)
            found.append(_flat(t, averaged))
        return t.stack(found)

    return numbers


def _statistics(t: Any) -> Any:
    model = t.nn.Sequential(t.nn.BatchNorm1d(2), t.nn.BatchNorm1d(2, momentum=0.25))
    batches = [t.linspace(start, 2.0, 6).reshape(3, 2) for start in (-1.0, 0.5, 1.0)]
    t.optim.swa_utils.update_bn([(each, 3) for each in batches], model)
    found = [_flat(t, model[0])]
    t.optim.swa_utils.update_bn(batches, model, device=batches[0].device)
    return t.stack([*found, _flat(t, model[0])])


_RATES: dict[str, dict[str, Any]] = {
    "cosine": {"swa_lr": 0.05, "anneal_strategy": "cos"}, "linear": {"swa_lr": 0.05, "anneal_strategy": "linear", "anneal_epochs": 4},
    "several": {"swa_lr": [0.05, 0.7], "anneal_epochs": 3}, "at-once": {"swa_lr": 0.05, "anneal_epochs": 0},
}  # fmt: skip


def _scheduler(t: Any, options: dict[str, Any]) -> Any:
    groups = [{"params": [t.ones(1, requires_grad=True)]}, {"params": [t.ones(1, requires_grad=True)], "lr": 0.3}]
    return t.optim.swa_utils.SWALR(t.optim.SGD(groups, lr=0.4), **options)


def _run(scheduler: Any, steps: int = 6) -> list[list[float]]:
    found = []
    for _ in range(steps):
        found.append([float(rate) for rate in scheduler.get_last_lr()])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def _rates(options: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda t: t.tensor(_run(_scheduler(t, options)), dtype=t.float64)


def _declare(name: str, samples: dict[str, Callable[[Any], Any]], dtype: str = "float32") -> None:
    op(f"optim.swa_utils.{name}", dtypes=(dtype,), tolerance="composite", differentiable=False, method=False, refuses=False, samples=[
        Sample(sample, call, (), dtypes=(dtype,), gradient=False) for sample, call in samples.items()
    ])  # fmt: skip


def _derived(t: Any) -> Any:
    """The gradients of an average's parameters."""
    model = _model(t)
    averaged = t.optim.swa_utils.AveragedModel(model, device=model[0].weight.device)
    averaged(t.linspace(-1.0, 2.0, 6).reshape(3, 2)).pow(2).sum().backward()
    return t.cat([each.grad.reshape(-1) for each in averaged.parameters()])


_declare("AveragedModel", {name: _averaged(options) for name, options in _FUNCTIONS.items()} | {"derived": _derived})
_declare("update_bn", {"batches": _statistics})
_declare("SWALR", {name: _rates(options) for name, options in _RATES.items()}, "float64")


# -- programs ----------------------------------------------------------------------------------------------------------


def _resumed(t: Any) -> bool:
    first, second = (_scheduler(t, _RATES["several"]) for _ in range(2))
    _run(first, 2)
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    return _run(first) == _run(second)


def _later(t: Any) -> Any:
    optimizer = _scheduler(t, {"swa_lr": 0.1, "anneal_epochs": 2}).optimizer
    return t.optim.swa_utils.SWALR(optimizer, 0.1, anneal_epochs=2, last_epoch=1).last_epoch


def _called(t: Any) -> Any:
    model = t.nn.Linear(2, 1)
    averaged = t.optim.swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    x = t.ones(1, 2)
    return bool((averaged(x) == model(x)).all()), averaged.n_averaged, list(averaged.state_dict())


programs("weight-average", {
    "resumed": (_resumed, True),
    "later": (_later, 2),
    "called": (_called, [True, 1, ["n_averaged", "module.weight", "module.bias"]]),
    "without-batches": (lambda t: t.optim.swa_utils.update_bn(iter([]), t.nn.Linear(1, 1)), None),
})  # fmt: skip
refusals("weight-average", {
    "decay": (lambda t: t.optim.swa_utils.get_ema_avg_fn(1.5), ValueError, "Invalid decay value 1.5 provided. Please provide a value in [0,1] range."),
    "decay-together": (lambda t: t.optim.swa_utils.get_ema_multi_avg_fn(-0.5), ValueError, "Invalid decay value -0.5 provided."),
    "both": (lambda t: t.optim.swa_utils.AveragedModel(t.nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max), AssertionError, "Only one of avg_fn and multi_avg_fn should be provided"),
    "rates": (lambda t: _scheduler(t, {"swa_lr": [0.1]}), ValueError, "swa_lr must have the same length as optimizer.param_groups."),
    "strategy": (lambda t: _scheduler(t, {"swa_lr": 0.1, "anneal_strategy": "sine"}), ValueError, "anneal_strategy must be one of 'cos' or 'linear', instead got sine"),
    "epochs": (lambda t: _scheduler(t, {"swa_lr": 0.1, "anneal_epochs": -1}), ValueError, "anneal_epochs must be equal or greater than 0, got -1"),
})  # fmt: skip
