"""Inputs of cases: numbers that are the same wherever and whenever the suite runs."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

__all__ = ["In", "draw", "is_floating", "is_integral"]

_MULTIPLIER, _INCREMENT, _MODULUS = 6364136223846793005, 1442695040888963407, 1 << 64

_RANGES = {
    "real": (-2.0, 2.0), "positive": (0.3, 3.0), "unit": (-0.9, 0.9), "small": (-0.5, 0.5), "nonzero": (0.4, 2.5),
}  # fmt: skip


@dataclass(frozen=True)
class In:
    """One tensor argument: its shape and the numbers in it.

    ``domain`` is a range ("real", "positive", "unit", "small"), "nonzero" (either sign), "distinct" (no two closer than
    0.1), "special" (nan, infinities, both zeros, …), or "index:n" (int64 from 0 to n - 1, whatever the dtype of the
    case), "bool".
    """

    shape: tuple[int, ...] = (2, 3)
    domain: str = "real"


def is_floating(dtype: str) -> bool:
    """Whether a dtype has gradients."""
    return dtype.startswith("float")


def is_integral(dtype: str) -> bool:
    """Whether a dtype is one of integers."""
    return dtype.startswith(("int", "uint"))


SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e30, -1e-30, 3.0]


def _uniforms(seed: str, count: int) -> list[float]:
    state = zlib.crc32(seed.encode()) + 1
    numbers = []
    for _ in range(count):
        state = (state * _MULTIPLIER + _INCREMENT) % _MODULUS
        numbers.append((state >> 11) / (1 << 53))
    return numbers


def draw(spec: In, dtype: str, seed: str) -> tuple[list[Any], str]:
    """The elements of an argument in C order, and its dtype."""
    count = math.prod(spec.shape)
    numbers = _uniforms(seed, count)
    if spec.domain.startswith("index:"):
        limit = int(spec.domain.removeprefix("index:"))
        return [int(number * limit) for number in numbers], "int64"
    if spec.domain == "bool":
        return [number < 0.5 for number in numbers], "bool"
    if dtype == "bool":
        return [number < 0.5 for number in numbers], dtype
    if spec.domain == "distinct":
        order = sorted(range(count), key=numbers.__getitem__)
        return [_as(rank * 0.25 - count / 8, dtype, rank) for rank in order], dtype
    if spec.domain == "special" and is_floating(dtype):
        return [SPECIAL[position % len(SPECIAL)] for position in range(count)], dtype
    low, high = _RANGES.get(spec.domain, _RANGES["real"])
    if is_floating(dtype):
        values = [low + number * (high - low) for number in numbers]
        if spec.domain == "nonzero":
            values = [
                value if number < 0.7 else -value for value, number in zip(values, reversed(numbers), strict=True)
            ]
        # Numbers that float32 holds exactly, so that every dtype starts from the same ones.
        return [round(value * 1024) / 1024 for value in values], dtype
    return [_integer(number, spec.domain, dtype) for number in numbers], dtype


def _as(value: float, dtype: str, rank: int) -> Any:
    return value if is_floating(dtype) else rank


def _integer(number: float, domain: str, dtype: str) -> int:
    if domain in ("positive", "nonzero"):
        return 1 + int(number * 5)
    return int(number * 9) if dtype == "uint8" else int(number * 9) - 4
