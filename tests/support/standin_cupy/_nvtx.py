"""Pretend marks for a profiler: a list of what was marked."""

from __future__ import annotations

from typing import Any

__all__ = ["MARKS", "NVTX"]

MARKS: list[tuple[Any, ...]] = []
"""What was called, in order: the first letters of the function's name and its argument."""


def _noted(name: str) -> Any:
    def call(*arguments: Any) -> int:
        MARKS.append((name, *arguments[:1]))
        return len(MARKS)

    return call


def _range_start(message: str, color: int) -> int:
    if color < 0:
        raise OverflowError("can't convert negative value to uint32_t")
    number: int = _noted("RangeStart")(message)
    return number


NVTX = {
    **{name: _noted(name) for name in ("Mark", "RangePush", "RangePop", "RangeEnd")},
    "RangeStart": _range_start,
}
