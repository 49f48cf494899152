"""Steps from states that are loaded with what no history of gradients leaves: infinities of both signs, nan, zeros of both signs.

Whatever one element remembers, its parameter and its state after a step are those of the documented formula, here in the
arithmetic of Python, and no other element hears of it. What is no number says which way it went: an infinite average
stays one, where its root is nan whatever was read of it.
"""

from collections.abc import Callable
from functools import partial
from itertools import chain, product
from math import copysign, inf, nan, sqrt
from typing import Any

from ...programs import programs

_HELD = (inf, -inf, nan, 0.0, -0.0, 1.5)
_SLOPES = (0.5, -2.0, -0.0)
_ELEMENTS = tuple(product(_HELD, _SLOPES))
"""What is remembered of an element, and its gradient."""

_ORDINARY = 0.75
"""What is remembered elsewhere."""

_COUNTED = 15
"""The steps that were made before."""

_RATE, _KEEP, _EPS = 0.5, 0.75, 0.125
_BETAS = (0.25, _KEEP)
_KNOWN = tuple(1 - beta ** (_COUNTED + 1) for beta in _BETAS)
_ETA, _MU, _MU_PRODUCT = 0.5, 0.25, 0.5
_ADAM = {"lr": _RATE, "betas": _BETAS, "eps": _EPS}


def _root(number: float) -> float:
    return nan if number < 0 else sqrt(number)


def _larger(one: float, other: float) -> float:
    return nan if one != one or other != other else max(one, other)


def _clamped(number: float, least: float, most: float) -> float:
    return number if number != number else min(max(number, least), most)


def _mean(mean: float, g: float) -> float:
    """The average that moves by more than half of the way, from the nearer end."""
    return g - (g - mean) * _BETAS[0]


def _square(square: float, g: float) -> float:
    return square * _KEEP + g * g * (1 - _KEEP)


# -- the formulas: a parameter, its gradient and what is remembered, to those after a step --------------------------------


def _adadelta(x: float, g: float, square: float, deltas: float) -> tuple[float, ...]:
    square = _square(square, g)
    delta = _root(deltas + _EPS) / _root(square + _EPS) * g
    return x - _RATE * delta, square, _square(deltas, delta)


def _adafactor(x: float, g: float, variance: float) -> tuple[float, ...]:
    variance += (g * g - variance) * (_COUNTED + 1) ** -0.5
    update = g / _root(_larger(variance, _EPS * _EPS))
    return x - min(_RATE, (_COUNTED + 1) ** -0.5) * update / max(1.0, abs(update)), variance


def _adagrad(x: float, g: float, total: float) -> tuple[float, ...]:
    total += g * g
    return x - _RATE * g / (_root(total) + _EPS), total


def _adam(x: float, g: float, mean: float, square: float, largest: float) -> tuple[float, ...]:
    mean, square = _mean(mean, g), _square(square, g)
    largest = _larger(largest, square)
    return x - _RATE / _KNOWN[0] * mean / (_root(largest / _KNOWN[1]) + _EPS), mean, square, largest


def _adamax(x: float, g: float, mean: float, largest: float) -> tuple[float, ...]:
    mean, largest = _mean(mean, g), _larger(largest * _KEEP, abs(g) + _EPS)
    return x - _RATE / _KNOWN[0] * mean / largest, mean, largest


def _asgd(x: float, g: float, average: float) -> tuple[float, ...]:
    x = x * (1 - 0.25 * _ETA) - _ETA * g
    return x, average + (x - average) * _MU


def _nadam(x: float, g: float, mean: float, square: float) -> tuple[float, ...]:
    mean, square = _mean(mean, g), _square(square, g)
    root = _root(square / _KNOWN[1]) + _EPS
    now, after = (_BETAS[0] * (1 - 0.5 * 0.96 ** (step * 0.25)) for step in (_COUNTED + 1, _COUNTED + 2))
    so_far = _MU_PRODUCT * now
    x -= _RATE * (1 - now) / (1 - so_far) * g / root
    return x - _RATE * after / (1 - so_far * after) * mean / root, mean, square


def _radam(x: float, g: float, mean: float, square: float) -> tuple[float, ...]:
    mean, square = _mean(mean, g), _square(square, g)
    longest = 2 / (1 - _KEEP) - 1
    length = longest - 2 * (_COUNTED + 1) * (1 - _KNOWN[1]) / _KNOWN[1]
    rectified = sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    return x - _RATE * mean / _KNOWN[0] * rectified * sqrt(_KNOWN[1]) / (_root(square) + _EPS), mean, square


def _rmsprop(x: float, g: float, square: float, buffer: float, mean: float) -> tuple[float, ...]:
    square, mean = _square(square, g), mean + (g - mean) * (1 - _KEEP)
    buffer = buffer * 0.5 + g / (_root(square - mean * mean) + _EPS)
    return x - _RATE * buffer, square, buffer, mean


def _rprop(x: float, g: float, before: float, size: float) -> tuple[float, ...]:
    turn = g * before
    factor = 1.25 if turn > 0 else 0.5 if turn < 0 else 1.0  # nan has no sign, and is as 0 is
    size, g = _clamped(size * factor, 0.25, 8.0), 0.0 if turn < 0 else g
    return x - size * (copysign(1.0, g) if g else 0.0), g, size


def _sgd(x: float, g: float, buffer: float) -> tuple[float, ...]:
    buffer = buffer * 0.5 + g * 0.75
    return x - _RATE * buffer, buffer


_RULES: dict[str, tuple[Callable[..., tuple[float, ...]], dict[str, Any], tuple[str, ...], dict[str, float]]] = {
    "Adadelta": (_adadelta, {"lr": _RATE, "rho": _KEEP, "eps": _EPS}, ("square_avg", "acc_delta"), {}),
    "Adafactor": (_adafactor, {"lr": _RATE, "beta2_decay": -0.5, "eps": (_EPS, 0.001)}, ("variance",), {}),
    "Adagrad": (_adagrad, {"lr": _RATE, "eps": _EPS}, ("sum",), {}),
    "Adam": (_adam, {**_ADAM, "amsgrad": True}, ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"), {}),
    "AdamW": (
        _adam, {**_ADAM, "amsgrad": True, "weight_decay": 0.0}, ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"), {},
    ),
    "Adamax": (_adamax, _ADAM, ("exp_avg", "exp_inf"), {}),
    "ASGD": (_asgd, {"lr": _RATE, "lambd": 0.25}, ("ax",), {"eta": _ETA, "mu": _MU}),
    "NAdam": (_nadam, {**_ADAM, "momentum_decay": 0.25}, ("exp_avg", "exp_avg_sq"), {"mu_product": _MU_PRODUCT}),
    "RAdam": (_radam, _ADAM, ("exp_avg", "exp_avg_sq"), {}),
    "RMSprop": (
        _rmsprop, {"lr": _RATE, "alpha": _KEEP, "eps": _EPS, "momentum": 0.5, "centered": True},
        ("square_avg", "momentum_buffer", "grad_avg"), {},
    ),
    "Rprop": (_rprop, {"etas": (0.5, 1.25), "step_sizes": (0.25, 8.0)}, ("prev", "step_size"), {}),
    "SGD": (_sgd, {"lr": _RATE, "momentum": 0.5, "dampening": 0.25}, ("momentum_buffer",), {}),
}  # fmt: skip
"""Formula, options, what is remembered of each element, and what of them all."""

_APART = ("Adafactor",)
"""Optimizers whose step of an element depends on the others of its parameter."""

_FUSED = ("Adagrad", "Adam", "AdamW", "SGD")
"""Optimizers that have the option."""


def _stepped(t: Any, kind: str, planted: str, apart: bool, **options: Any) -> Any:
    """Parameters and what is remembered of them after a step: one vector, or each element a parameter of its own."""
    _, taken, names, numbers = _RULES[kind]
    groups = [[each] for each in _ELEMENTS] if apart else [list(_ELEMENTS)]
    parameters = [t.ones(len(group), requires_grad=True) for group in groups]
    optimizer = getattr(t.optim, kind)(parameters, **taken, **options)
    shared = {} if kind == "SGD" else {"step": float(_COUNTED), **numbers}
    state = optimizer.state_dict()
    state["state"] = {
        place: {name: t.tensor(value) for name, value in shared.items()}
        | {name: t.tensor([held if name == planted else _ORDINARY for held, _ in group]) for name in names}
        for place, group in enumerate(groups)
    }
    optimizer.load_state_dict(state)
    for parameter, group in zip(parameters, groups, strict=True):
        parameter.grad = t.tensor([slope for _, slope in group])
    optimizer.step()
    columns = [parameters, *([optimizer.state[each][name] for each in parameters] for name in names)]
    return [list(chain.from_iterable(each.tolist() for each in column)) for column in columns]


def _expected(kind: str, planted: str) -> Any:
    """The same by the formula."""
    formula, _, names, _ = _RULES[kind]
    rows = [
        formula(1.0, slope, *(held if name == planted else _ORDINARY for name in names)) for held, slope in _ELEMENTS
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _forms(kind: str) -> dict[str, dict[str, Any]]:
    """The ways to make the same step."""
    if kind in _APART:
        return {"-apart": {"apart": True}}
    fused = {"-fused": {"apart": False, "fused": True}} if kind in _FUSED else {}
    return {"": {"apart": False}, "-apart": {"apart": True}, "-foreach": {"apart": True, "foreach": True}} | fused


programs("optimizer", {
    f"loaded-{name}-of-{kind}{form}": (partial(_stepped, kind=kind, planted=name, **how), _expected(kind, name))
    for kind, (_, _, names, _) in _RULES.items() for name in names for form, how in _forms(kind).items()
})  # fmt: skip
