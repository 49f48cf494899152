"""What is refused later: ends of arguments that nobody has waited for, kept on their device until somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import cupy

from flambeau.backend import Array

__all__ = ["Refusals"]

_NOTE = (
    "CUDA devices compute asynchronously: this was found when a device was next waited for, and the call that it is about came "
    "before that. torch.cuda.synchronize() behind a call brings its errors to it."
)


class _Range(NamedTuple):
    """The smallest and the largest that were met, and what they may be."""

    low: Array
    high: Array
    first: int
    stop: int
    refusal: Callable[[int], Exception]


class Refusals:
    """The ranges that arguments had, by device: those whose refusals say the same are one."""

    def __init__(self) -> None:
        self._ranges: dict[int, dict[tuple[Any, ...], _Range]] = {}

    def add(self, low: Array, high: Array, first: int, stop: int, refusal: Callable[[int], Exception]) -> None:
        """Keep the ends of an argument, int64 arrays without dims, to be looked at later."""
        device = low.device
        ranges = self._ranges.setdefault(device.id, {})
        key = (first, stop, str(refusal(first - 1)))
        kept = ranges.setdefault(key, _Range(low, high, first, stop, refusal))
        if kept.low is not low:
            with device:
                _widening()(low, high, kept.low, kept.high)

    def raise_found(self, device: int) -> None:
        """Look at what is kept of a device, and forget it; the copy to the host waits.

        Raises:
            Exception: the refusal of the first argument that was out of its range.
        """
        ranges = list(self._ranges.pop(device, {}).values())
        if not ranges:
            return
        with cupy.cuda.Device(device):
            ends = cupy.stack([end for each in ranges for end in (each.low, each.high)]).tolist()
        for low, high, each in zip(ends[::2], ends[1::2], ranges, strict=True):
            if low < each.first or high >= each.stop:
                error = each.refusal(low if low < each.first else high)
                error.add_note(_NOTE)
                raise error


@cache
def _widening() -> Any:
    statement = "l = low < l ? low : l; h = high > h ? high : h;"
    return cupy.ElementwiseKernel("T low, T high", "T l, T h", statement, "flambeau_widened_range")
