"""The steps of the optimizers beside SGD and Adam, as :mod:`._array_steps` has theirs.

A product that PyTorch's step adds is ``factor * one * two``, a quotient ``factor * one / two``, as in its ``addcmul`` and
``addcdiv``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._array_stepping import Scratch, averaging, gradient_of
from .kernels import Array

__all__ = ["adaptive_step_kernels"]

_Step = Callable[..., None]


def adaptive_step_kernels(xp: Any, scratch: Scratch) -> dict[str, _Step]:
    """The steps by name."""
    makers = (_adadelta_step, _adagrad_step, _adamax_step, _asgd_step, _nadam_step, _rmsprop_step)
    return {make.__name__[1:]: make(xp, scratch) for make in makers}


def _adadelta_step(xp: Any, scratch: Scratch) -> _Step:
    add, multiply, divide, sqrt = xp.add, xp.multiply, xp.true_divide, xp.sqrt
    gradient, (_, average_square) = gradient_of(xp), averaging(xp)

    def adadelta_step(
        parameter: Array, grad: Array, square_avg: Array, acc_delta: Array, lr: float, rho: float, eps: float,
        weight_decay: float, maximize: bool,
    ) -> None:  # fmt: skip
        for p, g, square, deltas, one, two, own in scratch.real_blocks(parameter, grad, square_avg, acc_delta):
            g = gradient(p, g, weight_decay, maximize, own)
            average_square(square, g, rho, one)
            delta = sqrt(add(deltas, eps, out=two), out=two)
            divide(delta, sqrt(add(square, eps, out=one), out=one), out=delta)
            multiply(delta, g, out=delta)
            average_square(deltas, delta, rho, one)
            add(p, multiply(delta, -lr, out=delta), out=p)

    return adadelta_step


def _adagrad_step(xp: Any, scratch: Scratch) -> _Step:
    add, multiply, divide, sqrt = xp.add, xp.multiply, xp.true_divide, xp.sqrt
    gradient = gradient_of(xp)

    def adagrad_step(
        parameter: Array, grad: Array, total: Array, rate: float, eps: float, weight_decay: float, maximize: bool
    ) -> None:
        for p, g, s, one, two, own in scratch.real_blocks(parameter, grad, total):
            g = gradient(p, g, weight_decay, maximize, own)
            add(s, multiply(g, g, out=one), out=s)
            root = add(sqrt(s, out=one), eps, out=one)
            add(p, divide(multiply(g, -rate, out=two), root, out=two), out=p)

    return adagrad_step


def _adamax_step(xp: Any, scratch: Scratch) -> _Step:
    add, multiply, divide = xp.add, xp.multiply, xp.true_divide
    gradient, (average, _) = gradient_of(xp), averaging(xp)

    def adamax_step(
        parameter: Array, grad: Array, exp_avg: Array, exp_inf: Array, rate: float, beta1: float, beta2: float, eps: float,
        weight_decay: float, maximize: bool,
    ) -> None:  # fmt: skip
        for p, g, mean, largest, one, two, own in scratch.real_blocks(parameter, grad, exp_avg, exp_inf):
            g = gradient(p, g, weight_decay, maximize, own)
            average(mean, g, 1 - beta1, one)
            size = add(xp.absolute(g, out=one), eps, out=one)
            xp.maximum(multiply(largest, beta2, out=largest), size, out=largest)
            add(p, divide(multiply(mean, -rate, out=two), largest, out=two), out=p)

    return adamax_step


def _asgd_step(xp: Any, scratch: Scratch) -> _Step:
    add, subtract, multiply = xp.add, xp.subtract, xp.multiply
    gradient = gradient_of(xp)

    def asgd_step(
        parameter: Array, grad: Array, average: Array, eta: float, mu: float, shrink: float, weight_decay: float,
        maximize: bool,
    ) -> None:  # fmt: skip
        for p, g, mean, one, _, own in scratch.blocks(parameter, grad, average):
            g = gradient(p, g, weight_decay, maximize, own)
            multiply(p, shrink, out=p)
            add(p, multiply(g, -eta, out=one), out=p)
            if mu == 1:
                mean[...] = p
            else:
                add(mean, multiply(subtract(p, mean, out=one), mu, out=one), out=mean)

    return asgd_step


def _nadam_step(xp: Any, scratch: Scratch) -> _Step:
    add, multiply, divide, sqrt = xp.add, xp.multiply, xp.true_divide, xp.sqrt
    gradient, (average, average_square) = gradient_of(xp), averaging(xp)

    def nadam_step(
        parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, grad_rate: float, mean_rate: float, known: float,
        beta1: float, beta2: float, eps: float, weight_decay: float, shrink: float, maximize: bool,
    ) -> None:  # fmt: skip
        for p, g, mean, square, one, two, own in scratch.real_blocks(parameter, grad, exp_avg, exp_avg_sq):
            if shrink != 1:
                multiply(p, shrink, out=p)
            g = gradient(p, g, weight_decay, maximize, own)
            average(mean, g, 1 - beta1, one)
            average_square(square, g, beta2, one)
            root = add(sqrt(divide(square, known, out=one), out=one), eps, out=one)
            add(p, divide(multiply(g, -grad_rate, out=two), root, out=two), out=p)
            add(p, divide(multiply(mean, -mean_rate, out=two), root, out=two), out=p)

    return nadam_step


def _rmsprop_step(xp: Any, scratch: Scratch) -> _Step:
    add, subtract, multiply, divide, sqrt = xp.add, xp.subtract, xp.multiply, xp.true_divide, xp.sqrt
    gradient, (average, average_square) = gradient_of(xp), averaging(xp)

    def rmsprop_step(
        parameter: Array, grad: Array, square_avg: Array, grad_avg: Array | None, momentum_buffer: Array | None, lr: float,
        alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool,
    ) -> None:  # fmt: skip
        arrays = parameter, grad, square_avg, grad_avg, momentum_buffer
        for p, g, variance, mean, buffer, one, two, own in scratch.real_blocks(*arrays):
            g = gradient(p, g, weight_decay, maximize, own)
            average_square(variance, g, alpha, one)
            if mean is not None:
                average(mean, g, 1 - alpha, one)
                variance = subtract(variance, multiply(mean, mean, out=one), out=one)
            root = add(sqrt(variance, out=one), eps, out=one)
            if buffer is None:
                add(p, divide(multiply(g, -lr, out=two), root, out=two), out=p)
                continue
            add(multiply(buffer, momentum, out=buffer), divide(g, root, out=two), out=buffer)
            add(p, multiply(buffer, -lr, out=two), out=p)

    return rmsprop_step
