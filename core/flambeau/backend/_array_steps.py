"""Optimizer steps over a NumPy-like namespace: in place, in blocks that stay in the cache, without new arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt
from typing import Any

from .kernels import Array

__all__ = ["step_kernels"]

BLOCK = 1 << 16
"""Elements that are updated together; what is read and written for them fits a level-2 cache."""


def step_kernels(xp: Any) -> dict[str, Callable[..., None]]:
    """The steps of SGD and Adam, with PyTorch's order of operations, so that results agree to rounding."""
    scratch: dict[Any, tuple[Array, Array]] = {}

    def blocks(*arrays: Array | None) -> Iterator[tuple[Any, ...]]:
        """The arrays cut alike into flat blocks, with two scratch arrays of each block's size; None stays."""
        first = arrays[0]
        assert first is not None
        if not all(array is None or array.flags.c_contiguous for array in arrays):
            yield (*arrays, xp.empty(first.shape, first.dtype), xp.empty(first.shape, first.dtype))
            return
        flat = [None if array is None else array.reshape(-1) for array in arrays]
        for start in range(0, first.size, BLOCK):
            parts = [None if array is None else array[start : start + BLOCK] for array in flat]
            size = parts[0].size  # type: ignore[union-attr]
            pair = scratch.get(first.dtype)
            if pair is None:
                pair = scratch[first.dtype] = (xp.empty(BLOCK, first.dtype), xp.empty(BLOCK, first.dtype))
            yield (*parts, pair[0][:size], pair[1][:size])

    def sgd_step(
        parameter: Array, grad: Array, buffer: Array | None, lr: float, momentum: float, dampening: float,
        weight_decay: float, nesterov: bool, maximize: bool,
    ) -> None:  # fmt: skip
        for p, g, b, one, two in blocks(parameter, grad, buffer):
            if maximize:
                g = xp.negative(g, out=two)
            if weight_decay:
                g = xp.add(g, xp.multiply(p, weight_decay, out=one), out=two)
            if b is not None:
                b *= momentum
                b += g if dampening == 0 else xp.multiply(g, 1 - dampening, out=one)
                g = xp.add(g, xp.multiply(b, momentum, out=one), out=two) if nesterov else b
            p -= xp.multiply(g, lr, out=one)

    def adam_step(
        parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, max_exp_avg_sq: Array | None, step: int,
        lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool, maximize: bool,
    ) -> None:  # fmt: skip
        correction = sqrt(1 - beta2**step)
        step_size = lr / (1 - beta1**step)
        for p, g, m, v, largest, one, two in blocks(parameter, grad, exp_avg, exp_avg_sq, max_exp_avg_sq):
            if maximize:
                g = xp.negative(g, out=two)
            if weight_decay and decoupled:
                p *= 1 - lr * weight_decay
            elif weight_decay:
                g = xp.add(g, xp.multiply(p, weight_decay, out=one), out=two)
            xp.subtract(g, m, out=one)
            one *= 1 - beta1
            m += one
            v *= beta2
            xp.multiply(g, g, out=one)
            one *= 1 - beta2
            v += one
            if largest is not None:
                xp.maximum(largest, v, out=largest)
            xp.sqrt(v if largest is None else largest, out=one)
            one /= correction
            one += eps
            xp.divide(m, one, out=one)
            one *= step_size
            p -= one

    return {"sgd_step": sgd_step, "adam_step": adam_step}
