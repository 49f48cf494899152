"""Optimizer steps over a NumPy-like namespace: in place, in blocks that stay in the cache, without new arrays.

The order of operations is that of PyTorch's steps for one tensor but for one factor, so that results agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._array_adaptive_steps import adaptive_step_kernels
from ._array_stepping import Scratch, averaging, gradient_of
from .kernels import Array

__all__ = ["step_kernels"]


def step_kernels(
    xp: Any, add_multiple: Callable[[Array, Array, float], bool] = lambda target, source, factor: False
) -> dict[str, Callable[..., None]]:
    """The steps of optimizers; ``add_multiple`` is :meth:`flambeau.backend.ArrayBackend.add_multiple`."""
    scratch = Scratch(xp)
    own = {"sgd_step": _sgd_step(xp, scratch, add_multiple), "adam_step": _adam_step(xp, scratch)}
    return own | adaptive_step_kernels(xp, scratch)


def _sgd_step(xp: Any, scratch: Scratch, add_multiple: Callable[[Array, Array, float], bool]) -> Callable[..., None]:
    add, multiply, gradient = xp.add, xp.multiply, gradient_of(xp)

    def sgd_step(
        parameter: Array, grad: Array, buffer: Array | None, lr: float, momentum: float, dampening: float,
        weight_decay: float, nesterov: bool, maximize: bool,
    ) -> None:  # fmt: skip
        if buffer is None and not weight_decay and add_multiple(parameter, grad, lr if maximize else -lr):
            return
        for p, g, b, one, _, own in scratch.blocks(parameter, grad, buffer):
            g = gradient(p, g, weight_decay, maximize, own)
            if b is not None:
                multiply(b, momentum, out=b)
                add(b, multiply(g, 1 - dampening, out=one) if dampening else g, out=b)
                g = add(g, multiply(b, momentum, out=one), out=own) if nesterov else b
            add(p, multiply(g, -lr, out=one), out=p)

    return sgd_step


def _adam_step(xp: Any, scratch: Scratch) -> Callable[..., None]:
    add, multiply, divide, sqrt, maximum = xp.add, xp.multiply, xp.true_divide, xp.sqrt, xp.maximum
    gradient, (average, average_square) = gradient_of(xp), averaging(xp)

    def adam_step(
        parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, max_exp_avg_sq: Array | None, step: int,
        lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool, maximize: bool,
    ) -> None:  # fmt: skip
        step_size = lr / (1 - beta1**step)
        correction = (1 - beta2**step) ** 0.5
        narrow = parameter.dtype.itemsize == 2  # numbers as small as eps times the correction lose their digits there
        scale = 1.0 if narrow else correction  # both parts of the quotient are scaled, which costs no pass over them
        for p, g, mean, square, largest, one, two, own in scratch.real_blocks(
            parameter, grad, exp_avg, exp_avg_sq, max_exp_avg_sq
        ):
            if weight_decay and decoupled:
                multiply(p, 1 - lr * weight_decay, out=p)
            g = gradient(p, g, 0.0 if decoupled else weight_decay, maximize, own)
            average(mean, g, 1 - beta1, one)
            average_square(square, g, beta2, one)
            root = sqrt(square if largest is None else maximum(largest, square, out=largest), out=one)
            if narrow:
                divide(root, correction, out=root)
            add(root, eps * scale, out=root)
            add(p, divide(multiply(mean, -step_size * scale, out=two), root, out=two), out=p)

    return adam_step
