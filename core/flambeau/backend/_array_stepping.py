"""What the steps of optimizers share: arrays cut into blocks that stay in the cache, the gradient, and running averages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TypeAlias

from .kernels import Array

__all__ = ["Scratch", "averaging", "gradient_of"]

BLOCK = 1 << 16
"""Elements that are updated together: what is read and written for them fits a level-2 cache."""

COUNT = 3
"""Arrays for intermediate results: a step needs two, and one where the gradient is not the one that was given."""

Blocks: TypeAlias = Iterator[tuple[Any, ...]]


class Scratch(threading.local):
    """Arrays for intermediate results per dtype, of each thread its own."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp
        self.kept: dict[Any, list[Array]] = {}

    def blocks(self, *arrays: Array | None) -> Blocks:
        """The arrays cut alike into blocks, each with scratch arrays; None stays."""
        if all(array is None or array.flags.c_contiguous for array in arrays):
            return self._flat_blocks([None if array is None else array.reshape(-1) for array in arrays])
        return iter([(*arrays, *(self.xp.empty_like(arrays[0]) for _ in range(COUNT)))])

    def real_blocks(self, *arrays: Array | None) -> Blocks:
        """The same for each part of complex arrays, as if it were an array on its own."""
        if arrays[0].dtype.kind != "c":  # type: ignore[union-attr]
            return self.blocks(*arrays)
        real = [None if array is None else array.real for array in arrays]
        imaginary = [None if array is None else array.imag for array in arrays]
        return chain(self.blocks(*real), self.blocks(*imaginary))

    def _flat_blocks(self, arrays: list[Any]) -> Blocks:
        dtype, size = arrays[0].dtype, arrays[0].size
        if dtype not in self.kept:
            self.kept[dtype] = [self.xp.empty(BLOCK, dtype) for _ in range(COUNT)]
        kept = self.kept[dtype]
        for start in range(0, size, BLOCK):
            length = min(BLOCK, size - start)
            block = slice(start, start + length)
            yield (*(None if part is None else part[block] for part in arrays), *(each[:length] for each in kept))


def gradient_of(xp: Any) -> Callable[..., Array]:
    """What makes the gradient to follow down, in an array of its own where it is not the one that was given."""

    def gradient(p: Array, g: Array, weight_decay: float, maximize: bool, own: Array) -> Array:
        if not weight_decay:
            return xp.negative(g, out=own) if maximize else g
        decay = xp.multiply(p, weight_decay, out=own)
        return xp.subtract(decay, g, out=own) if maximize else xp.add(g, decay, out=own)

    return gradient


def averaging(xp: Any) -> tuple[Callable[..., None], Callable[..., None]]:
    """What takes a gradient into an average, and its square into another."""
    add, subtract, multiply = xp.add, xp.subtract, xp.multiply

    def average(mean: Array, g: Array, rise: float, one: Array) -> None:
        way = subtract(g, mean, out=one)
        if rise < 0.5:
            add(mean, multiply(way, rise, out=one), out=mean)
        else:  # from the nearer end, as in PyTorch's lerp
            subtract(g, multiply(way, 1 - rise, out=one), out=mean)

    def average_square(square: Array, g: Array, keep: float, one: Array) -> None:
        multiply(square, keep, out=square)
        add(square, multiply(multiply(g, 1 - keep, out=one), g, out=one), out=square)

    return average, average_square
