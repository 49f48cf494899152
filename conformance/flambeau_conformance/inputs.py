"""Inputs of cases: numbers that are the same wherever and whenever the suite runs."""

from __future__ import annotations

import math
import random
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["FLOATING", "INTEGRAL", "SPELLED", "In", "draw", "is_complex", "is_floating", "is_integral", "limits_of"]

FLOATING = ("float16", "bfloat16", "float32", "float64")

INTEGRAL = ("uint8", "int8", "int16", "int32", "int64")

_MULTIPLIER, _INCREMENT, _MODULUS = 6364136223846793005, 1442695040888963407, 1 << 64

_RANGES = {
    "real": (-2.0, 2.0), "positive": (0.3, 3.0), "unit": (-0.9, 0.9), "small": (-0.5, 0.5), "nonzero": (0.4, 2.5),
    "deep": (-2000.0, -1000.0),
}  # fmt: skip


@dataclass(frozen=True)
class In:
    """One tensor argument: its shape and the numbers in it.

    ``domain`` is a range ("real", "positive", "unit", "small", "deep"), "nonzero" (either sign), "distinct" (no two closer
    than 0.1), "rare" (special ones among many), "least" (nothing is less), "index:n" (int64 from 0 to n - 1, whatever the
    dtype of the case), "bool", or one of :data:`SPELLED`, whose numbers stand in a list that is repeated.
    """

    shape: tuple[int, ...] = (2, 3)
    domain: str = "real"


def is_floating(dtype: str) -> bool:
    """Whether a dtype has gradients."""
    return dtype in FLOATING


def is_integral(dtype: str) -> bool:
    """Whether a dtype is one of integers."""
    return dtype.startswith(("int", "uint"))


def is_complex(dtype: str) -> bool:
    """Whether a dtype is one of complex numbers."""
    return dtype.startswith("complex")


SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e30, -1e-30, 3.0]

_TIES = [1.0, 0.0, 1.0, -1.0, 2.0, 0.0, -0.0, -1.0, 0.5, 2.0, 1.0]

_EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 6.0, 20.0, -20.0]

# Numbers of every size, no two with the same last digits, so that neither an absolute tolerance nor float32 hides one.
_SIZES = [
    1.1754943e-38, 3.3e-30, -7.1e-21, 1.9e-13, -2.3e-9, 4.7e-8, 1.3e-7, -5.9e-6, 3.1e-5, 7.7e-4, -1.7e-3, 0.0113, 0.083,
    -0.31, 0.57, 0.9999, 1.0001, -1.43, 2.71, -3.9, 5.3, 7.93, -9.1, 12.7, 19.3, -27.1, 41.3, 87.1, -103.7, 711.3, -4.1e3,
    9.7e4, 1.3e7, -5.1e11, 2.9e19, 3.1e37,
]  # fmt: skip

SPELLED = {
    "special": SPECIAL, "one-zero": [number for number in SPECIAL if str(number) != "-0.0"],
    "ties": _TIES, "edges": _EDGES, "sizes": _SIZES, "same": [1.5], "ones": [1.0], "zeros": [0.0],
    "negative-zeros": [-0.0],
}  # fmt: skip
"""The domains whose numbers are written down: infinities and the like, the same without -0.0, ties,
points where branches meet, numbers of every size, and one number over and over, such as those that change nothing."""


def limits_of(dtype: str) -> tuple[int, int]:
    """The smallest and the largest number of a dtype of integers."""
    bits = int(dtype.lstrip("uint"))
    return (0, (1 << bits) - 1) if dtype.startswith("u") else (-(1 << bits - 1), (1 << bits - 1) - 1)


def _limits(dtype: str) -> list[int]:
    """Numbers at the limits of a dtype, and between."""
    low, high = limits_of(dtype)
    middle = [0, 1, high // 2, high // 3 * 2]
    return [high, low, high - 1, low + 1, *middle, *([] if low == 0 else [-1, low // 2])]


_FEW = 200
"""So many numbers come from a generator that is written out here; more come from Python's, which is faster."""


def _uniforms(seed: str, count: int) -> list[float]:
    if count > _FEW:
        generator = random.Random(seed)
        return [generator.random() for _ in range(count)]
    state = zlib.crc32(seed.encode()) + 1
    numbers = []
    for _ in range(count):
        state = (state * _MULTIPLIER + _INCREMENT) % _MODULUS
        numbers.append((state >> 11) / (1 << 53))
    return numbers


def draw(spec: In, dtype: str, seed: str) -> tuple[list[Any], str]:
    """The elements of an argument in C order, and its dtype."""
    count = math.prod(spec.shape)
    if count > _FEW:
        flat, own = _drawn_many(count, spec.domain, dtype, seed)
        return list(flat), own
    return _drawn(count, spec.domain, dtype, seed)


@lru_cache(maxsize=64)
def _drawn_many(count: int, domain: str, dtype: str, seed: str) -> tuple[tuple[Any, ...], str]:
    flat, own = _drawn(count, domain, dtype, seed)
    return tuple(flat), own


def _drawn(count: int, domain: str, dtype: str, seed: str) -> tuple[list[Any], str]:
    if domain.startswith("index:"):
        limit = int(domain.removeprefix("index:"))
        return [int(number * limit) for number in _uniforms(seed, count)], "int64"
    if dtype == "bool" and domain in ("ones", "zeros"):
        return [domain == "ones"] * count, "bool"
    if domain == "bool" or dtype == "bool":
        return [number < 0.5 for number in _uniforms(seed, count)], "bool"
    if is_complex(dtype):
        # The parts are drawn as numbers of their own, by the rules of the domain.
        part = "float32" if dtype == "complex64" else "float64"
        real, imaginary = (_drawn(count, domain, part, f"{seed}{mark}")[0] for mark in ("", "i"))
        return list(map(complex, real, imaginary)), dtype
    if domain in SPELLED:
        return _spelled(count, domain, dtype), dtype
    if domain == "rare":
        return _with_special(_drawn(count, "real", dtype, seed)[0], dtype), dtype
    if domain == "least":
        return [limits_of(dtype)[0] if is_integral(dtype) else -math.inf] * count, dtype
    if domain == "limits":
        numbers = _limits(dtype) if is_integral(dtype) else SPELLED["edges"]
        return [numbers[position % len(numbers)] for position in range(count)], dtype
    numbers = _uniforms(seed, count)
    if domain == "distinct":
        order = sorted(range(count), key=numbers.__getitem__)
        return [_as(rank * 0.25 - count / 8, dtype, rank) for rank in order], dtype
    low, high = _RANGES.get(domain, _RANGES["real"])
    if not is_floating(dtype):
        return [_integer(number, domain, dtype) for number in numbers], dtype
    values = [low + number * (high - low) for number in numbers]
    if domain == "nonzero":
        values = [value if number < 0.7 else -value for value, number in zip(values, reversed(numbers), strict=True)]
    # Numbers that float32 holds exactly, so that every dtype starts from the same ones; many differ by their last digits.
    grain = 1024 if count <= _FEW else 1 << 20
    return [round(value * grain) / grain for value in values], dtype


_RARE = 97
"""Of so many numbers one is special, so that lines of a large tensor have none, or one, or many."""


def _with_special(numbers: list[Any], dtype: str) -> list[Any]:
    special = _limits(dtype) if is_integral(dtype) else [*SPECIAL, -math.nan]
    for turn, place in enumerate(range(_RARE // 2, len(numbers), _RARE)):
        numbers[place] = special[turn % len(special)]
    return numbers


def _spelled(count: int, domain: str, dtype: str) -> list[Any]:
    numbers = SPELLED[domain]
    if is_integral(dtype):
        low, high = limits_of(dtype)
        numbers = [min(max(int(number), low), high) for number in numbers if math.isfinite(number)]
    return [numbers[position % len(numbers)] for position in range(count)]


def _as(value: float, dtype: str, rank: int) -> Any:
    return value if is_floating(dtype) else rank % (limits_of(dtype)[1] + 1)


def _integer(number: float, domain: str, dtype: str) -> int:
    if domain in ("positive", "nonzero"):
        return 1 + int(number * 5)
    return int(number * 9) if dtype.startswith("uint") else int(number * 9) - 4
