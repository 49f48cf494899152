"""Optimizer steps over a NumPy-like namespace: in place, in blocks that stay in the cache, without new arrays.

The order of operations is that of PyTorch's steps for one tensor but for one factor, so that results agree to rounding.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from .kernels import Array

__all__ = ["step_kernels"]

BLOCK = 1 << 16
"""Elements that are updated together: what is read and written for them fits a level-2 cache."""

Blocks = Iterator[tuple[Any, ...]]


def step_kernels(
    xp: Any, add_multiple: Callable[[Array, Array, float], bool] = lambda target, source, factor: False
) -> dict[str, Callable[..., None]]:
    """The steps of SGD and Adam; ``add_multiple`` is :meth:`flambeau.backend.ArrayBackend.add_multiple`."""
    scratch = _Scratch(xp)
    return {"sgd_step": _sgd_step(xp, scratch, add_multiple), "adam_step": _adam_step(xp, scratch)}


class _Scratch(threading.local):
    """Two arrays for intermediate results per dtype, of each thread its own."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp
        self.pairs: dict[Any, tuple[Array, Array]] = {}

    def blocks(self, *arrays: Array | None) -> Blocks:
        """The arrays cut alike into blocks, each with two scratch arrays; None stays."""
        if all(array is None or array.flags.c_contiguous for array in arrays):
            return self._flat_blocks([None if array is None else array.reshape(-1) for array in arrays])
        like = arrays[0]
        return iter([(*arrays, self.xp.empty_like(like), self.xp.empty_like(like))])

    def real_blocks(self, *arrays: Array | None) -> Blocks:
        """The same for each part of complex arrays, as if it were an array on its own."""
        if arrays[0].dtype.kind != "c":  # type: ignore[union-attr]
            return self.blocks(*arrays)
        real = [None if array is None else array.real for array in arrays]
        imaginary = [None if array is None else array.imag for array in arrays]
        return chain(self.blocks(*real), self.blocks(*imaginary))

    def _flat_blocks(self, arrays: list[Any]) -> Blocks:
        dtype, size = arrays[0].dtype, arrays[0].size
        if dtype not in self.pairs:
            self.pairs[dtype] = (self.xp.empty(BLOCK, dtype), self.xp.empty(BLOCK, dtype))
        arrays += self.pairs[dtype]
        for start in range(0, size, BLOCK):
            length = min(BLOCK, size - start)
            block = slice(start, start + length)
            *parts, one, two = arrays
            yield (*(None if part is None else part[block] for part in parts), one[:length], two[:length])


def _sgd_step(xp: Any, scratch: _Scratch, add_multiple: Callable[[Array, Array, float], bool]) -> Callable[..., None]:
    add, multiply, negative = xp.add, xp.multiply, xp.negative

    def sgd_step(
        parameter: Array, grad: Array, buffer: Array | None, lr: float, momentum: float, dampening: float,
        weight_decay: float, nesterov: bool, maximize: bool,
    ) -> None:  # fmt: skip
        if buffer is None and not weight_decay and add_multiple(parameter, grad, lr if maximize else -lr):
            return
        for p, g, b, one, two in scratch.blocks(parameter, grad, buffer):
            if maximize:
                g = negative(g, out=two)
            if weight_decay:
                g = add(g, multiply(p, weight_decay, out=one), out=two)
            if b is not None:
                multiply(b, momentum, out=b)
                add(b, multiply(g, 1 - dampening, out=one) if dampening else g, out=b)
                g = add(g, multiply(b, momentum, out=one), out=two) if nesterov else b
            add(p, multiply(g, -lr, out=one), out=p)

    return sgd_step


def _adam_step(xp: Any, scratch: _Scratch) -> Callable[..., None]:
    add, subtract, multiply, divide, sqrt = xp.add, xp.subtract, xp.multiply, xp.true_divide, xp.sqrt
    negative, maximum = xp.negative, xp.maximum

    def adam_step(
        parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, max_exp_avg_sq: Array | None, step: int,
        lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool, maximize: bool,
    ) -> None:  # fmt: skip
        step_size = lr / (1 - beta1**step)
        correction = (1 - beta2**step) ** 0.5
        narrow = parameter.dtype.itemsize == 2  # numbers as small as eps times the correction lose their digits there
        scale = 1.0 if narrow else correction  # both parts of the quotient are scaled, which costs no pass over them
        for p, g, mean, square, largest, one, two in scratch.real_blocks(
            parameter, grad, exp_avg, exp_avg_sq, max_exp_avg_sq
        ):
            if maximize:
                g = negative(g, out=two)
            if weight_decay and decoupled:
                multiply(p, 1 - lr * weight_decay, out=p)
            elif weight_decay:
                g = add(g, multiply(p, weight_decay, out=one), out=two)
            add(mean, multiply(subtract(g, mean, out=one), 1 - beta1, out=one), out=mean)
            multiply(square, beta2, out=square)
            add(square, multiply(multiply(g, 1 - beta2, out=one), g, out=one), out=square)
            root = sqrt(square if largest is None else maximum(largest, square, out=largest), out=one)
            if narrow:
                divide(root, correction, out=root)
            add(root, eps * scale, out=root)
            add(p, divide(multiply(mean, -step_size * scale, out=two), root, out=two), out=p)

    return adam_step
