"""The formulas of the optimizers beside SGD and Adam, of which :mod:`._steps` makes kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import _steps
from ._steps import Formula, average, gradient, one_step, several_steps

__all__ = ["FORMULAS", "KERNELS"]


def adadelta(states: Sequence[bool], lr: float, rho: float, eps: float, weight_decay: float, maximize: bool) -> Formula:
    """Adadelta."""
    body = (
        f"{gradient(maximize, bool(weight_decay))} v = v * rho + d * d * rise;"
        "T u = sqrt(a + eps) / sqrt(v + eps) * d; a = a * rho + u * u * rise; p = p - u * lr;"
    )
    numbers = {"weight_decay": weight_decay, "lr": lr, "rho": rho, "rise": 1 - rho, "eps": eps}
    return Formula("adadelta", "p v a", numbers, body)


def adagrad(states: Sequence[bool], rate: float, eps: float, weight_decay: float, maximize: bool) -> Formula:
    """Adagrad."""
    body = f"{gradient(maximize, bool(weight_decay))} s = s + d * d; p = p - d * rate / (sqrt(s) + eps);"
    return Formula("adagrad", "p s", {"weight_decay": weight_decay, "rate": rate, "eps": eps}, body)


def adamax(
    states: Sequence[bool], rate: float, beta1: float, beta2: float, eps: float, weight_decay: float, maximize: bool
) -> Formula:
    """Adamax."""
    body = (
        f"{gradient(maximize, bool(weight_decay))} {average(1 - beta1)}"
        "T s = d > 0 ? d : 0 - d; s = s + eps; u = u * beta2;"
        "u = u > s ? u : u == u ? s : u; p = p - m * rate / u;"  # CUDA's own max would hide a nan
    )
    numbers = {"weight_decay": weight_decay, "rate": rate, "rise1": 1 - beta1, "beta2": beta2, "eps": eps}
    return Formula("adamax", "p m u", numbers, body)


def asgd(states: Sequence[bool], eta: float, mu: float, shrink: float, weight_decay: float, maximize: bool) -> Formula:
    """ASGD."""
    body = (
        f"{gradient(maximize, bool(weight_decay))} p = p * shrink - d * eta;"
        f"a = {'p' if mu == 1 else 'a + (p - a) * mu'};"
    )
    return Formula("asgd", "p a", {"weight_decay": weight_decay, "eta": eta, "mu": mu, "shrink": shrink}, body)


def nadam(
    states: Sequence[bool], grad_rate: float, mean_rate: float, known: float, beta1: float, beta2: float, eps: float,
    weight_decay: float, shrink: float, maximize: bool,
) -> Formula:  # fmt: skip
    """NAdam."""
    body = (
        f"p = p * shrink; {gradient(maximize, bool(weight_decay))} {average(1 - beta1)} v = v * beta2 + d * d * rise2;"
        "T r = sqrt(v / known) + eps; p = p - d * grad_rate / r; p = p - m * mean_rate / r;"
    )
    numbers = {
        "weight_decay": weight_decay, "rise1": 1 - beta1, "beta2": beta2, "rise2": 1 - beta2, "known": known, "eps": eps,
        "grad_rate": grad_rate, "mean_rate": mean_rate, "shrink": shrink,
    }  # fmt: skip
    return Formula("nadam", "p m v", numbers, body)


def rmsprop(
    states: Sequence[bool], lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool
) -> Formula:
    """RMSprop."""
    _, centered, moved = states
    body = (
        f"{gradient(maximize, bool(weight_decay))} v = v * alpha + d * d * rise1;"
        + (f"{average(1 - alpha)} T r = sqrt(v - m * m) + eps;" if centered else "T r = sqrt(v) + eps;")
        + ("b = b * momentum + d / r; p = p - b * lr;" if moved else "p = p - d * lr / r;")
    )
    numbers = {
        "weight_decay": weight_decay, "lr": lr, "alpha": alpha, "rise1": 1 - alpha, "eps": eps, "momentum": momentum,
    }  # fmt: skip
    return Formula("rmsprop", f"p v{' m' if centered else ''}{' b' if moved else ''}", numbers, body)


FORMULAS: _steps.Formulas = {
    **_steps.FORMULAS, "adadelta_step": (2, adadelta), "adagrad_step": (1, adagrad), "adamax_step": (2, adamax),
    "asgd_step": (1, asgd), "nadam_step": (2, nadam), "rmsprop_step": (3, rmsprop),
}  # fmt: skip
"""Those of all optimizers."""

KERNELS: dict[str, Callable[..., Any]] = {
    **{name: one_step(*formula) for name, formula in FORMULAS.items()}, "many_steps": several_steps(FORMULAS)
}  # fmt: skip
"""By their names."""
