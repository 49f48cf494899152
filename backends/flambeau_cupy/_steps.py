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

__all__ = ["adam_step", "sgd_step"]


def sgd_step(
    parameter: Array, grad: Array, buffer: Array | None, lr: float, momentum: float, dampening: float,
    weight_decay: float, nesterov: bool, maximize: bool,
) -> None:  # fmt: skip
    """One step of stochastic gradient descent, written into ``parameter`` and ``buffer``."""
    if buffer is None:
        _sgd(maximize)(grad, lr, weight_decay, parameter)
    else:
        step = _sgd_momentum(maximize, nesterov)
        step(grad, lr, weight_decay, momentum, 1 - dampening, parameter, buffer)


def adam_step(
    parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, max_exp_avg_sq: Array | None, step: int,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """One step of Adam, written into every array but ``grad``."""
    decay, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    _adam_moments(maximize)(grad, decay, 1 - beta1, beta2, 1 - beta2, parameter, exp_avg, exp_avg_sq)
    if max_exp_avg_sq is not None:
        cupy.maximum(max_exp_avg_sq, exp_avg_sq, out=max_exp_avg_sq)
    largest = exp_avg_sq if max_exp_avg_sq is None else max_exp_avg_sq
    correction, step_size = sqrt(1 - beta2**step), lr / (1 - beta1**step)
    _adam_update()(exp_avg, largest, shrink, correction, eps, step_size, parameter)
