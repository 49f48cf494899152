"""What each place of a resized dimension is made of: positions and weights, computed in the precision that PyTorch computes in.

In float32 (and for floats of 16 bits) every step is rounded to float32, so that a place which lies between two elements
falls to the same side as in PyTorch. Source of the formulas: the papers of Keys (1981, cubic convolution) and Duchon (1979,
Lanczos), in the conventions of PyTorch's upsampling.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import copysign, floor, frexp
from typing import Any, NamedTuple

from flambeau import dtypes
from flambeau._tensor import from_array
from flambeau.backend.types import TensorType
from flambeau.dtypes import nearest_single

from ._taps import SIZES, Taps, Windows

__all__ = ["FixedTaps", "Resize", "filter_taps", "fixed_taps", "nearest_places", "place_taps", "resize_taps"]


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


def _as_it_is(number: float) -> float:
    return number


def _rounding(resize: Resize) -> Callable[[float], float]:
    return nearest_single if resize.single else _as_it_is


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


@lru_cache(maxsize=256)
def place_taps(length: int, places: tuple[int, ...]) -> Taps:
    """The map that takes the elements at such places."""
    return Taps(length, tuple([((place,), (1.0,)) for place in places]))


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


def _cubic(x: float, rounded: Callable[[float], float]) -> float:
    """Keys' kernel, with -0.75, at a distance from 0 to 2; far out digits cancel, the same ones as in PyTorch."""
    if x <= 1:
        inner = rounded(rounded(1.25 * x) - 2.25)
        return rounded(rounded(rounded(inner * x) * x) + 1)
    inner = rounded(rounded(-0.75 * x) + 3.75)
    inner = rounded(rounded(inner * x) - 6)
    return rounded(rounded(inner * x) + 3)


def _cubic_row(resize: Resize, source: float) -> tuple[tuple[int, ...], tuple[float, ...]]:
    rounded, last = _rounding(resize), resize.length - 1
    first = min(floor(source), last)
    part = min(max(rounded(source - first), 0.0), 1.0)
    distances = (rounded(part + 1), part, rounded(1 - part), rounded(2 - part))
    places = tuple(min(max(first + shift, 0), last) for shift in (-1, 0, 1, 2))
    return places, tuple(_cubic(distance, rounded) for distance in distances)


def _triangle(type_: TensorType, x: Any) -> Any:
    kernels = type_.ufuncs
    return kernels.maximum(kernels.sub(type_.number(1.0), kernels.abs(x)), type_.number(0.0))


def _smooth_cubic(type_: TensorType, x: Any) -> Any:
    """Keys' kernel, with -0.5."""
    far = from_array(x, type_).abs()
    near = (1.5 * far - 2.5) * far * far + 1
    return near.where(far <= 1, (((-0.5 * far + 2.5) * far - 4) * far + 2).where(far < 2, 0.0))._array


def _lanczos(type_: TensorType, x: Any) -> Any:
    given = from_array(x, type_)
    return (given.sinc() * (given / 3).sinc()).where((given >= -3) & (given < 3), 0.0)._array


_FILTERS: dict[str, tuple[int, Callable[[TensorType, Any], Any]]] = {
    "linear": (2, _triangle), "cubic": (4, _smooth_cubic), "lanczos": (6, _lanczos),
}  # fmt: skip
"""How many elements each filter spans without reduction, and its weights at distances."""

_LITTLE = 1e-30
"""Less than the sum of any filter's weights."""


@lru_cache(maxsize=256)
def _counted(type_: TensorType, start: float, count: int) -> Any:
    """``start`` and the numbers after it, which nobody writes to."""
    return type_.kernels.arange(start, 1, count, type_.dtype.name)


def _filtered(resize: Resize, kind: str, type_: TensorType) -> Windows:
    """Filters that are as wide as what is left out, so that nothing is.

    Images of any size come: so the filters are computed all at once, and by kernels, of which a call costs the least. Rows
    are the last dim, since loops over few elements would cost more.
    """
    number, step = _rounding(resize), _step(resize)
    span, weight = _FILTERS[kind]
    reach = number(span * 0.5 * step) if step >= 1 else span * 0.5
    where, integers = type_.with_dtype(dtypes.float32) if resize.single else type_, type_.with_dtype(dtypes.int64)
    kernels, name = where.ufuncs, where.dtype.name

    def single(value: float) -> Any:
        return kernels.full((), value, name)

    def rounded(numbers: Any) -> Any:
        return kernels.cast(kernels.cast(numbers, "float32"), type_.dtype.name) if resize.single else numbers

    half, around, limit = where.number(0.5), single(reach), integers.number(resize.length)
    centers = kernels.mul(_counted(where, 0.5, resize.size), single(step))
    begins = kernels.trunc(kernels.maximum(kernels.add(kernels.sub(centers, around), half), where.number(0.0)))
    firsts = kernels.minimum(kernels.cast(begins, "int64"), limit)
    stops = kernels.minimum(kernels.cast(kernels.add(kernels.add(centers, around), half), "int64"), limit)
    counts = kernels.sub(stops, firsts)
    most = int(from_array(kernels.amax(counts, (0,), False), integers).item())
    distances = kernels.add(kernels.sub(begins, centers), kernels.reshape(_counted(where, 0.5, most), (most, 1)))
    if step > 1:
        distances = kernels.mul(distances, single(number(1.0 / step)))
    weights = rounded(weight(type_, kernels.cast(distances, type_.dtype.name) if resize.single else distances))
    inside = kernels.lt(kernels.reshape(_counted(integers, 0, most), (most, 1)), counts)
    weights = kernels.where(inside, weights, type_.number(0.0))
    # Without elements are only places of dimensions that are so long that float32 does not tell elements apart.
    totals = kernels.maximum(kernels.sum(weights, (0,), False), type_.number(_LITTLE))
    return Windows(firsts, counts, rounded(kernels.div(weights, totals)), type_, kind != "linear")


@lru_cache(maxsize=SIZES)
def filter_taps(resize: Resize, kind: str, type_: TensorType) -> Taps:
    """The map that resizes and takes all elements into account, computed in such a type."""
    return Taps(resize.length, None, _filtered(resize, kind, type_))


@lru_cache(maxsize=256)
def resize_taps(resize: Resize, kind: str) -> Taps:
    """The map that resizes: ``kind`` is ``"linear"`` or ``"cubic"``."""
    if resize.length == resize.size and kind == "linear":
        return Taps(resize.length, tuple(((place, place), (1.0, 0.0)) for place in range(resize.size)))
    step = _step(resize)
    row = _linear_row if kind == "linear" else _cubic_row
    sources = (_source(resize, step, place, kind == "linear") for place in range(resize.size))
    return Taps(resize.length, tuple(row(resize, source) for source in sources))


class FixedTaps(NamedTuple):
    """A map of bytes whose weights are integers, in units of ``1 / (1 << bits)``.

    Attributes:
        bits: how many bits the weights have after the point: as many as fit in 16 bits.
        fractions: the map with the weights as what they stand for.
        largest: what no sum of bytes times integers, rounded, is beyond.
        overshooting: whether results may be no bytes.
    """

    bits: int
    fractions: Taps
    largest: int
    overshooting: bool


@lru_cache(maxsize=SIZES)
def fixed_taps(taps: Taps) -> FixedTaps:
    """The weights as integers; a place that stands several times in a row gets the sum of its weights."""
    if taps.windows is not None:
        return _fixed_windows(taps.length, taps.windows)
    merged, largest = [], 0.0
    for places, weights in taps.rows:
        sums: dict[int, float] = {}
        for place, weight in zip(places, weights, strict=True):
            sums[place] = sums.get(place, 0.0) + weight
            largest = max(largest, abs(sums[place]))  # also before the next is added, as PyTorch takes it
        merged.append((tuple(sums), tuple(sums.values())))
    bits = _bits(largest)
    unit = 1 << bits
    rows, above, below = [], 0.0, 0.0
    for places, weights in merged:
        integers = [copysign(floor(abs(weight * unit) + 0.5), weight) for weight in weights]
        rows.append((places, tuple([each / unit for each in integers])))
        above = max(above, sum(each for each in integers if each > 0))
        below = min(below, sum(each for each in integers if each < 0))
    return _fixed(bits, Taps(taps.length, tuple(rows)), above, below)


def _fixed_windows(length: int, windows: Windows) -> FixedTaps:
    weights, type_ = windows.weights, windows.type_
    kernels, zero = type_.ufuncs, type_.number(0.0)
    sizes = kernels.abs(weights) if windows.signed else weights
    bits = _bits(float(from_array(kernels.amax(sizes, (0, 1), False), type_).item()))
    unit = 1 << bits
    integers = kernels.floor(kernels.add(kernels.mul(sizes, type_.number(float(unit))), type_.number(0.5)))
    if windows.signed:
        integers = kernels.mul(integers, kernels.sign(weights))
        ends = (kernels.maximum(integers, zero), kernels.minimum(integers, zero))
        sums = [kernels.sum(each, (0,), False) for each in ends]
        above = float(from_array(kernels.amax(sums[0], (0,), False), type_).item())
        below = float(from_array(kernels.amin(sums[1], (0,), False), type_).item())
    else:  # the weights of a row have the sum one, and each is rounded by a half at most
        above, below = float(unit + weights.shape[0] // 2 + 1), 0.0
    fractions = windows._replace(weights=kernels.mul(integers, type_.number(1.0 / unit)))
    return _fixed(bits, Taps(length, None, fractions), above, below)


def _bits(largest: float) -> int:
    """The most bits with which it stays below ``1 << 15`` when it is rounded, and 22 at most."""
    part, exponent = frexp(largest)  # part is from 0.5 to 1
    bits = 15 - exponent - (part * (1 << 15) + 0.5 >= 1 << 15)
    return min(max(bits, 0), 22) if largest else 22


def _fixed(bits: int, fractions: Taps, above: float, below: float) -> FixedTaps:
    """With the largest sum of weights above zero, and of those below."""
    half = 1 << bits >> 1
    most, least = 255 * int(above) + half, 255 * int(below)
    return FixedTaps(bits, fractions, max(most, -least), least < 0 or most >> bits > 255)
