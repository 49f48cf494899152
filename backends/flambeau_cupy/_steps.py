"""Optimizer steps: one CUDA kernel each instead of one for every operation.

A step is memory-bound, and the composition reads and writes the arrays a dozen times. The statements are C and
have PyTorch's order of operations; the compiler may fuse a product with a sum. Numbers (``lr`` and the rest) take
the type ``T`` of the arrays.
"""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import Any

import cupy

from flambeau.backend import Array

__all__ = ["adam_step", "average", "gradient", "sgd_step"]


def sgd_step(
    parameter: Array, grad: Array, buffer: Array | None, lr: float, momentum: float, dampening: float,
    weight_decay: float, nesterov: bool, maximize: bool,
) -> None:  # fmt: skip
    """One step of stochastic gradient descent, written into ``parameter`` and ``buffer``."""
    following = gradient(maximize, bool(weight_decay))
    if buffer is None:
        _sgd(following)(grad, lr, weight_decay, parameter)
    else:
        step = _sgd_with_momentum(following, nesterov)
        step(grad, lr, weight_decay, momentum, 1 - dampening, parameter, buffer)


def adam_step(
    parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, max_exp_avg_sq: Array | None, step: int,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """One step of Adam, written into every array but ``grad``."""
    averages = f"{gradient(maximize, bool(weight_decay) and not decoupled)} {average(1 - beta1)} {_SQUARE}"
    averaging = (grad, weight_decay, 1 - beta1, beta2, 1 - beta2)
    shrink = 1 - lr * weight_decay if decoupled else 1.0
    updating = (shrink, sqrt(1 - beta2**step), eps, lr / (1 - beta1**step))
    if max_exp_avg_sq is None:
        _adam(averages)(*averaging, *updating, parameter, exp_avg, exp_avg_sq)
        return
    _adam_averages(averages)(*averaging, parameter, exp_avg, exp_avg_sq)
    cupy.maximum(max_exp_avg_sq, exp_avg_sq, out=max_exp_avg_sq)  # CUDA's own max would hide a nan
    _adam_update()(*updating, exp_avg, max_exp_avg_sq, parameter)


def gradient(maximize: bool, decays: bool) -> str:
    """The statement that makes the gradient ``d`` to follow down."""
    return f"T d = {'-' if maximize else ''}g{' + p * weight_decay' if decays else ''};"


def average(rise: float) -> str:
    """The statement that takes ``d`` into its average ``m``, from the nearer end as PyTorch's lerp."""
    return "m = m + (d - m) * rise1;" if rise < 0.5 else "m = d - (d - m) * (1 - rise1);"


@cache
def _sgd(gradient: str) -> Any:
    return cupy.ElementwiseKernel("T g, T lr, T weight_decay", "T p", f"{gradient} p = p - d * lr;", "flambeau_sgd")


@cache
def _sgd_with_momentum(gradient: str, nesterov: bool) -> Any:
    return cupy.ElementwiseKernel(
        "T g, T lr, T weight_decay, T momentum, T rise",
        "T p, T b",
        f"{gradient} b = b * momentum + d * rise; p = p - {'(d + b * momentum)' if nesterov else 'b'} * lr;",
        "flambeau_sgd_with_momentum",
    )


_AVERAGING = "T g, T weight_decay, T rise1, T beta2, T rise2"
_UPDATING = "T shrink, T correction, T eps, T step_size"
_SQUARE = "v = v * beta2 + d * d * rise2;"
_UPDATE = "p = p * shrink - m / (sqrt(v) / correction + eps) * step_size;"


@cache
def _adam(averages: str) -> Any:
    body = f"{averages} {_UPDATE}"
    return cupy.ElementwiseKernel(f"{_AVERAGING}, {_UPDATING}", "T p, T m, T v", body, "flambeau_adam")


@cache
def _adam_averages(averages: str) -> Any:
    return cupy.ElementwiseKernel(f"{_AVERAGING}, T p", "T m, T v", averages, "flambeau_adam_averages")


@cache
def _adam_update() -> Any:
    return cupy.ElementwiseKernel(f"{_UPDATING}, T m, T v", "T p", _UPDATE, "flambeau_adam_update")
