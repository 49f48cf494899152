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


NVTX = {f"{name}": _noted(name) for name in ("Mark", "RangePush", "RangePop", "RangeStart", "RangeEnd")}
