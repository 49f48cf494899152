"""What each place of a resized dimension is made of: positions and weights, computed in the precision that PyTorch computes in.

In float32 (and for floats of 16 bits) every step is rounded to float32, so that a place which lies between two elements
falls to the same side as in PyTorch. Source of the formulas: the papers of Keys (1981, cubic convolution) and Duchon (1979,
Lanczos), in the conventions of PyTorch's upsampling.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import floor, pi, sin
from typing import NamedTuple

from ._taps import Taps

__all__ = ["FixedTaps", "Resize", "fixed_taps", "nearest_places", "resize_taps"]


class Resize(NamedTuple):
    """How one dimension is resized.

    Attributes:
        length, size: before and after.
        scale: the factor that was asked for; None where it follows from the sizes.
        align_corners: whether the first and last elements keep their places.
        single: whether to compute in float32.
    """

    length: int
    size: int
    scale: float | None
    align_corners: bool
    single: bool


def _in_single(number: float) -> float:
    return float(struct.unpack("f", struct.pack("f", number))[0])


def _all_in_single(numbers: Sequence[float]) -> list[float]:
    return array("f", numbers).tolist()


def _as_it_is(number: float) -> float:
    return number


def _rounding(resize: Resize) -> Callable[[float], float]:
    return _in_single if resize.single else _as_it_is


def _step(resize: Resize) -> float:
    """How far two neighbours of the result are from each other in the input."""
    rounded = _rounding(resize)
    if resize.align_corners:
        return rounded((resize.length - 1) / (resize.size - 1)) if resize.size > 1 else 0.0
    if resize.scale is not None and resize.scale > 0:
        return rounded(1.0 / resize.scale)
    return rounded(resize.length / resize.size)


@lru_cache(maxsize=256)
def nearest_places(resize: Resize, exact: bool) -> tuple[int, ...]:
    """The element that stands for each place; ``exact`` looks from the middle of the place."""
    rounded, step = _rounding(resize), _step(resize)
    if resize.length == resize.size:
        return tuple(range(resize.size))
    if not exact and resize.size == 2 * resize.length:
        return tuple(place // 2 for place in range(resize.size))
    shift = 0.5 if exact else 0.0
    places = (floor(rounded((place + shift) * step)) for place in range(resize.size))
    return tuple(min(place, resize.length - 1) for place in places)


def _source(resize: Resize, step: float, place: int, clamped: bool) -> float:
    """Where a place of the result lies in the input."""
    rounded = _rounding(resize)
    if resize.align_corners:
        return rounded(step * place)
    source = rounded(rounded(step * (place + 0.5)) - 0.5)
    return max(source, 0.0) if clamped else source


def _linear_row(resize: Resize, source: float) -> tuple[tuple[int, ...], tuple[float, ...]]:
    rounded = _rounding(resize)
    first = min(floor(source), resize.length - 1)
    part = min(max(rounded(source - first), 0.0), 1.0)
    return (first, min(first + 1, resize.length - 1)), (rounded(1.0 - part), part)


def _cubic(a: float, x: float, rounded: Callable[[float], float] = _as_it_is) -> float:
    """The cubic convolution kernel at a distance from 0 to 2; far out digits cancel, the same ones as in PyTorch."""
    if x <= 1:
        inner = rounded(rounded((a + 2) * x) - (a + 3))
        return rounded(rounded(rounded(inner * x) * x) + 1)
    inner = rounded(rounded(a * x) - 5 * a)
    inner = rounded(rounded(inner * x) + 8 * a)
    return rounded(rounded(inner * x) - 4 * a)


def _cubic_row(resize: Resize, source: float) -> tuple[tuple[int, ...], tuple[float, ...]]:
    rounded, last = _rounding(resize), resize.length - 1
    first = min(floor(source), last)
    part = min(max(rounded(source - first), 0.0), 1.0)
    distances = (rounded(part + 1), part, rounded(1 - part), rounded(2 - part))
    places = tuple(min(max(first + shift, 0), last) for shift in (-1, 0, 1, 2))
    return places, tuple(_cubic(-0.75, distance, rounded) for distance in distances)


def _triangle(x: float) -> float:
    return max(1.0 - abs(x), 0.0)


def _smooth_cubic(x: float) -> float:
    return _cubic(-0.5, abs(x)) if abs(x) < 2 else 0.0


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else sin(pi * x) / (pi * x)


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / 3) if -3 <= x < 3 else 0.0


_FILTERS: dict[str, tuple[int, Callable[[float], float]]] = {
    "linear": (2, _triangle), "cubic": (4, _smooth_cubic), "lanczos": (6, _lanczos),
}  # fmt: skip
"""How many elements each filter spans without reduction, and its weight at a distance."""


def _filtered_rows(resize: Resize, kind: str) -> tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]:
    """Filters that are as wide as what is left out, so that nothing is."""
    rounded, step = _rounding(resize), _step(resize)
    span, weight = _FILTERS[kind]
    reach = rounded(span * 0.5 * step) if step >= 1 else span * 0.5
    inverse = rounded(1.0 / step) if step >= 1 else 1.0
    all_rounded = _all_in_single if resize.single else list
    centers = all_rounded([step * (place + 0.5) for place in range(resize.size)])
    lows, highs = (all_rounded([center + side for center in centers]) for side in (-reach, reach))
    firsts = [max(int(low), 0) for low in all_rounded([low + 0.5 for low in lows])]
    stops = [min(int(high), resize.length) for high in all_rounded([high + 0.5 for high in highs])]
    elements = [range(first, max(first, stop)) for first, stop in zip(firsts, stops, strict=True)]
    starts = all_rounded([first - center for first, center in zip(firsts, centers, strict=True)])
    offsets = all_rounded(
        [k + start + 0.5 for start, taken in zip(starts, elements, strict=True) for k in range(len(taken))]
    )
    weights = all_rounded([weight(distance) for distance in all_rounded([each * inverse for each in offsets])])
    bounds = list(pairwise(accumulate(map(len, elements), initial=0)))
    shares = all_rounded([share for start, end in bounds for share in _shares(weights[start:end])])
    return tuple([(tuple(taken), tuple(shares[slice(*ends)])) for taken, ends in zip(elements, bounds, strict=True)])


def _shares(weights: list[float]) -> list[float]:
    total = sum(weights)
    return [each / total for each in weights] if total else weights


@lru_cache(maxsize=256)
def resize_taps(resize: Resize, kind: str, antialias: bool) -> Taps:
    """The map that resizes: ``kind`` is ``"linear"``, ``"cubic"`` or ``"lanczos"``."""
    if antialias:
        return Taps(resize.length, _filtered_rows(resize, kind))
    if resize.length == resize.size and kind == "linear":
        return Taps(resize.length, tuple(((place, place), (1.0, 0.0)) for place in range(resize.size)))
    step = _step(resize)
    row = _linear_row if kind == "linear" else _cubic_row
    sources = (_source(resize, step, place, kind == "linear") for place in range(resize.size))
    return Taps(resize.length, tuple(row(resize, source) for source in sources))


class FixedTaps(NamedTuple):
    """A map of bytes in fixed point.

    Attributes:
        bits: how many the weights have after the point.
        integers: the map with weights times 2 ** bits.
        fractions: the map with the same weights, not multiplied.
        reach: the largest integer on the way to a result, which is rounded by adding a half.
    """

    bits: int
    integers: Taps
    fractions: Taps
    reach: int


@lru_cache(maxsize=256)
def fixed_taps(taps: Taps) -> FixedTaps:
    """The weights as integers, with as many bits after the point as fit in 16 bits.

    A place that stands several times in a row gets the sum of its weights.
    """
    merged = []
    for places, weights in taps.rows:
        sums: dict[int, float] = {}
        for place, weight in zip(places, weights, strict=True):
            sums[place] = sums.get(place, 0.0) + weight
        merged.append((tuple(sums), tuple(sums.values())))
    largest = max((abs(weight) for _, weights in merged for weight in weights), default=0.0)
    bits = next((bits for bits in range(22) if int(0.5 + largest * (1 << bits + 1)) >= 1 << 15), 22)
    integers, fractions, reach = [], [], 0
    for places, weights in merged:
        scaled = [weight * (1 << bits) for weight in weights]
        whole = [float(int(each - 0.5) if each < 0 else int(each + 0.5)) for each in scaled]
        integers.append((places, tuple(whole)))
        fractions.append((places, tuple([each / (1 << bits) for each in whole])))
        reach = max(reach, 255 * int(sum(map(abs, whole))) + (1 << bits >> 1))
    return FixedTaps(bits, Taps(taps.length, tuple(integers)), Taps(taps.length, tuple(fractions)), reach)
