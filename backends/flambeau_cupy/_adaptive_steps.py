"""The steps of the optimizers beside SGD and Adam, one CUDA kernel each, as :mod:`._steps` has theirs."""

from __future__ import annotations

from functools import cache
from typing import Any

import cupy

from flambeau.backend import Array

from ._steps import average, gradient

__all__ = ["adadelta_step", "adagrad_step", "adamax_step", "asgd_step", "nadam_step", "rmsprop_step"]


def adadelta_step(
    parameter: Array, grad: Array, square_avg: Array, acc_delta: Array, lr: float, rho: float, eps: float, weight_decay: float,
    maximize: bool,
) -> None:  # fmt: skip
    """One step of Adadelta, written into every array but ``grad``."""
    body = (
        f"{gradient(maximize, bool(weight_decay))} v = v * rho + d * d * rise;"
        "T u = sqrt(a + eps) / sqrt(v + eps) * d; a = a * rho + u * u * rise; p = p - u * lr;"
    )
    step = _kernel("adadelta", "g weight_decay lr rho rise eps", "p v a", body)
    step(grad, weight_decay, lr, rho, 1 - rho, eps, parameter, square_avg, acc_delta)


def adagrad_step(
    parameter: Array, grad: Array, total: Array, rate: float, eps: float, weight_decay: float, maximize: bool
) -> None:
    """One step of Adagrad, written into every array but ``grad``."""
    body = f"{gradient(maximize, bool(weight_decay))} s = s + d * d; p = p - d * rate / (sqrt(s) + eps);"
    _kernel("adagrad", "g weight_decay rate eps", "p s", body)(grad, weight_decay, rate, eps, parameter, total)


def adamax_step(
    parameter: Array, grad: Array, exp_avg: Array, exp_inf: Array, rate: float, beta1: float, beta2: float, eps: float,
    weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """One step of Adamax, written into every array but ``grad``."""
    body = (
        f"{gradient(maximize, bool(weight_decay))} {average(1 - beta1)}"
        "T s = d > 0 ? d : 0 - d; s = s + eps; u = u * beta2;"
        "u = u > s ? u : u == u ? s : u; p = p - m * rate / u;"  # CUDA's own max would hide a nan
    )
    step = _kernel("adamax", "g weight_decay rate rise1 beta2 eps", "p m u", body)
    step(grad, weight_decay, rate, 1 - beta1, beta2, eps, parameter, exp_avg, exp_inf)


def asgd_step(
    parameter: Array,
    grad: Array,
    average: Array,
    eta: float,
    mu: float,
    shrink: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    """One step of ASGD, written into every array but ``grad``."""
    body = (
        f"{gradient(maximize, bool(weight_decay))} p = p * shrink - d * eta;"
        f"a = {'p' if mu == 1 else 'a + (p - a) * mu'};"
    )
    step = _kernel("asgd", "g weight_decay eta mu shrink", "p a", body)
    step(grad, weight_decay, eta, mu, shrink, parameter, average)


def nadam_step(
    parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, grad_rate: float, mean_rate: float, known: float,
    beta1: float, beta2: float, eps: float, weight_decay: float, shrink: float, maximize: bool,
) -> None:  # fmt: skip
    """One step of NAdam, written into every array but ``grad``."""
    body = (
        f"p = p * shrink; {gradient(maximize, bool(weight_decay))} {average(1 - beta1)} v = v * beta2 + d * d * rise2;"
        "T r = sqrt(v / known) + eps; p = p - d * grad_rate / r; p = p - m * mean_rate / r;"
    )
    step = _kernel("nadam", "g weight_decay rise1 beta2 rise2 known eps grad_rate mean_rate shrink", "p m v", body)
    numbers = (1 - beta1, beta2, 1 - beta2, known, eps, grad_rate, mean_rate, shrink)
    step(grad, weight_decay, *numbers, parameter, exp_avg, exp_avg_sq)


def rmsprop_step(
    parameter: Array, grad: Array, square_avg: Array, grad_avg: Array | None, momentum_buffer: Array | None, lr: float,
    alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    """One step of RMSprop, written into every array but ``grad``."""
    centered, moved = grad_avg is not None, momentum_buffer is not None
    body = (
        f"{gradient(maximize, bool(weight_decay))} v = v * alpha + d * d * rise1;"
        + (f"{average(1 - alpha)} T r = sqrt(v - m * m) + eps;" if centered else "T r = sqrt(v) + eps;")
        + ("b = b * momentum + d / r; p = p - b * lr;" if moved else "p = p - d * lr / r;")
    )
    written = f"p v{' m' if centered else ''}{' b' if moved else ''}"
    step = _kernel("rmsprop", "g weight_decay lr alpha rise1 eps momentum", written, body)
    arrays = [each for each in (parameter, square_avg, grad_avg, momentum_buffer) if each is not None]
    step(grad, weight_decay, lr, alpha, 1 - alpha, eps, momentum, *arrays)


@cache
def _kernel(name: str, read: str, written: str, body: str) -> Any:
    """The kernel of statements about what is read and what is written."""
    inputs, outputs = (", ".join(f"T {each}" for each in names.split()) for names in (read, written))
    return cupy.ElementwiseKernel(inputs, outputs, body, f"flambeau_{name}")
