"""Random numbers: PyTorch's CPU stream, made by NumPy.

What has to come out, to the bit, is described by ``Transforms`` and ``Engine`` in :mod:`flambeau.random`.
Long arrays are worked on in blocks that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from math import ceil
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _libm
from ._box_muller import normal_pairs
from ._engine import NumpyEngine, uniforms_of

__all__ = ["NumpyTransforms"]

Buffer: TypeAlias = "bytes | bytearray | memoryview | NDArray[np.uint64]"
_Array: TypeAlias = NDArray[Any]
_Doubles: TypeAlias = NDArray[np.float64]

_BLOCK_BYTES = 1 << 18
"""How many bytes of words are worked on at a time."""
_PAIR = 8  # bytes
_WORD = np.dtype("<u4")
_BITS_53 = np.uint64((1 << 53) - 1)
_HALF_OF_BLOCK = 8  # normal numbers i and i + 8 of every 16 are a pair
_SHUFFLED_BY_LOOP = 1000  # below, a loop over a list takes less than 0.1 ms, and SciPy need not be there yet


class NumpyTransforms:
    """From words to numbers; see ``Transforms`` in :mod:`flambeau.random`."""

    takes_pieces = True

    def engine(self) -> NumpyEngine:
        """A new engine."""
        return NumpyEngine()

    def uniform(self, words: Buffer, low: float, high: float, dtype: str) -> Buffer:
        """Uniform numbers in [low, high)."""
        precision = _precision_for(dtype)
        if (low, high) == (0.0, 1.0) and dtype in ("float32", "float64"):
            return _in_blocks(precision.uniforms, words, precision.word_bytes, dtype)
        span = high - low
        edge, start = _as(np.array((high, low)), dtype)

        def make(block: Buffer, out: _Array) -> None:
            values = precision.uniforms(block)
            if (low, high) != (0.0, 1.0):
                values = precision.fused(values, span, low)
            values = _as(values, dtype)
            values[values == edge] = start
            out[...] = values

        return _in_blocks(make, words, precision.word_bytes, dtype)

    def normal(self, words: Buffer, mean: float, std: float, dtype: str) -> Buffer:
        """Normal numbers of whole blocks of 16."""
        precision = _precision_for(dtype)

        def make(block: Buffer, out: _Array) -> None:
            uniforms = precision.uniforms(block).reshape(-1, 2, _HALF_OF_BLOCK)
            cosines, sines = precision.normal_pairs(uniforms[:, 0].ravel(), uniforms[:, 1].ravel())
            halves = cosines.reshape(-1, _HALF_OF_BLOCK), sines.reshape(-1, _HALF_OF_BLOCK)
            values: _Array = np.stack(halves, axis=1).reshape(-1)
            if (mean, std) == (0.0, 1.0):
                np.add(
                    values, values.dtype.type(0), out=out, casting="same_kind"
                )  # makes zeros positive, as fused sums do
            else:
                out[...] = precision.fused(values, std, mean)

        return _in_blocks(make, words, precision.word_bytes, dtype, _BLOCK_BYTES // 2)

    def exponential(self, words: Buffer, rate: float, dtype: str) -> Buffer:
        """Exponential numbers."""
        scale = -1.0 / rate

        def make(block: Buffer, out: _Array) -> None:
            # By way of float32 to float16, as PyTorch rounds.
            values = scale * _libm.log1p(-_uniforms_float64(block))
            out[...] = values if dtype == "float64" else values.astype(np.float32)

        return _in_blocks(make, words, 8, dtype)

    def bernoulli(self, words: Buffer, probability: float) -> Buffer:
        """Bools: whether a uniform number is below a probability."""
        limit = np.uint64(ceil(probability * 2.0**53))  # the same comparison, without floats

        def make(block: Buffer, out: _Array) -> None:
            numbers = _words_64(block)
            numbers &= _BITS_53
            np.less(numbers, limit, out=out)

        return _in_blocks(make, words, 8, "bool")

    def integers(self, words: Buffer, bits: int, modulus: int, low: int) -> Buffer:
        """The int64 numbers ``word % modulus + low``."""
        offset = np.uint64(low & (1 << 64) - 1)

        def make(block: Buffer, out: _Array) -> None:
            numbers = _words_64(block) if bits == 64 else np.frombuffer(block, "<u4").astype(np.uint32, copy=False)
            np.add(_remainders(numbers, modulus), offset, out=out.view(np.uint64), casting="unsafe")

        return _in_blocks(make, words, bits // 8, "int64")

    def permutation(self, words: Buffer) -> Buffer:
        """The numbers 0 to n - 1, shuffled by n - 1 words."""
        steps = np.frombuffer(words, "<u4")
        count = len(steps) + 1
        jumps = steps % np.arange(count, 1, -1, dtype=np.uint32)
        if count < _SHUFFLED_BY_LOOP:
            return _buffer(np.array(_shuffled_by_loop(jumps.tolist()), np.int64))
        return _buffer(_shuffled(jumps))


def _as(values: _Array, dtype: str) -> _Array:
    """Values in a floating dtype; those of bfloat16 are rounded, and stay float32."""
    if dtype != "bfloat16":
        return values.astype(dtype, copy=False)
    bits = values.astype(np.float32).view(np.uint32)
    bits += np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    bits &= np.uint32(0xFFFF0000)
    return bits.view(np.float32)


def _buffer(values: _Array) -> memoryview:
    return values.data.cast("B")


def _in_blocks(
    make: Callable[[Buffer, _Array], object], words: Any, itemsize: int, dtype: str, block_bytes: int = _BLOCK_BYTES
) -> Buffer:
    """What ``make`` writes for all words, ``itemsize`` bytes of which become one element.

    ``words`` are bytes, or a source that has a length and gives pieces of them.
    """
    count = len(words) // itemsize
    result = np.empty(count, "float32" if dtype == "bfloat16" else dtype)
    if isinstance(words, memoryview) and len(words) <= block_bytes:
        make(words, result)
        return _buffer(result)
    take = getattr(words, "take", None) or BytesIO(words).read
    pairs = getattr(words, "take_pairs", None) if itemsize == _PAIR else None
    step = block_bytes // itemsize
    for start in range(0, count, step):
        end = min(start + step, count)
        block = None if pairs is None else pairs(end - start)
        numbers = take((end - start) * itemsize) if block is None else np.frombuffer(block, np.uint64)
        make(numbers, result[start:end])
    return _buffer(result)


# -- uniform numbers -----------------------------------------------------------------------------------------


def _words_64(words: Buffer) -> NDArray[np.uint64]:
    """Pairs of words as one, the first one high; they may be changed."""
    if isinstance(words, np.ndarray):
        return words
    pairs = np.frombuffer(words, "<u4").reshape(-1, 2).astype(np.uint64)
    return pairs[:, 0] << np.uint64(32) | pairs[:, 1]


def _uniforms_float32(words: Buffer, out: _Array | None = None) -> NDArray[np.float32]:
    return uniforms_of(np.frombuffer(words, _WORD), out)


def _scaled(numbers: _Array, scale: Any, out: _Array | None) -> _Array:
    """Numbers as floats, which hold them exactly, times a power of two."""
    # Signed integers, because processors convert those to floats in one instruction.
    values: _Array = np.empty(len(numbers), scale.dtype) if out is None else out
    np.copyto(values, numbers, casting="unsafe")
    values *= scale
    return values


def _uniforms_float64(words: Buffer, out: _Array | None = None) -> _Doubles:
    numbers = _words_64(words)
    numbers &= _BITS_53
    return _scaled(numbers.view(np.int64), np.float64(2.0**-53), out)


def _remainders(numbers: _Array, modulus: int) -> _Array:
    if modulus > np.iinfo(numbers.dtype).max:
        return numbers
    divisor = numbers.dtype.type(modulus)
    # NumPy divides by a number with multiplications, but takes remainders with divisions.
    remainders: _Array = numbers - numbers // divisor * divisor
    return remainders


def _normal_pairs_float64(firsts: _Doubles, seconds: _Doubles) -> tuple[_Doubles, _Doubles]:
    radii = np.sqrt(-2.0 * _libm.log(1.0 - firsts))
    angles = (2.0 * np.pi) * seconds
    return radii * _libm.cos(angles), radii * _libm.sin(angles)


# -- multiply-adds that are rounded once ---------------------------------------------------------------------


def _two_sum(a: _Doubles, b: Any) -> tuple[_Doubles, _Doubles]:
    """The rounded sum and its error. Source: D. Knuth, The Art of Computer Programming, volume 2, 4.2.2."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _moved(values: _Doubles, places: NDArray[np.intp], errors: _Doubles) -> _Doubles:
    """The neighbours, on the side of the errors, of the values at ``places``."""
    return np.nextafter(values[places], np.where(errors[places] > 0, np.inf, -np.inf))


def _fused_float32(values: NDArray[np.float32], factor: float, addend: float) -> NDArray[np.float32]:
    """``value * factor + addend``: in float64 the product is exact, and the sum but for one half way between floats."""
    product = values.astype(np.float64) * np.float64(np.float32(factor))
    total, error = _two_sum(product, np.float64(np.float32(addend)))
    result = total.astype(np.float32)
    half_way = (total.view(np.int64) & 0x1FFFFFFF) == 0x10000000
    if half_way.any():
        places = np.flatnonzero(half_way & (error != 0))
        result[places] = _moved(total, places, error).astype(np.float32)
    return result


def _fused_float64(values: _Doubles, factor: float, addend: float) -> _Doubles:
    """``value * factor + addend`` by an exact product and a sum rounded to odd.

    Source: S. Boldo and G. Melquiond, Emulation of FMA and correctly rounded sums, 2008.
    """
    product, product_error = _two_product(values, factor)
    high, low = _two_sum(product_error, addend)
    total, error = _two_sum(product, high)
    rest, rest_error = _two_sum(error, low)
    places = np.flatnonzero((rest_error != 0) & (rest.view(np.int64) & 1 == 0))
    rest[places] = _moved(rest, places, rest_error)
    return total + rest


def _two_product(values: _Doubles, factor: float) -> tuple[_Doubles, _Doubles]:
    """The rounded product and its error. Source: T. Dekker, A floating-point technique, 1971."""
    product = values * factor
    high, low = _split(values)
    factor_high, factor_low = _split(np.float64(factor))
    return product, low * factor_low - (product - high * factor_high - low * factor_high - high * factor_low)


def _split(value: Any) -> tuple[Any, Any]:
    """A float64 as the sum of two of half its length."""
    scaled = value * 134217729.0
    high = scaled - (scaled - value)
    return high, value - high


class _Precision(NamedTuple):
    """The arithmetic of one floating point type.

    Attributes:
        word_bytes: the bytes of the words that make one number.
        uniforms: makes uniform numbers of words, in an array that may be given.
        normal_pairs: makes normal numbers of pairs of them.
        fused: multiplies and adds, rounding once.
    """

    word_bytes: int
    uniforms: Callable[..., _Array]
    normal_pairs: Callable[[_Array, _Array], tuple[_Array, _Array]]
    fused: Callable[[_Array, float, float], _Array]


_SINGLE = _Precision(4, _uniforms_float32, normal_pairs, _fused_float32)
_DOUBLE = _Precision(8, _uniforms_float64, _normal_pairs_float64, _fused_float64)


def _precision_for(dtype: str) -> _Precision:
    return _DOUBLE if dtype == "float64" else _SINGLE


# -- shuffling -----------------------------------------------------------------------------------------------


def _shuffled_by_loop(jumps: list[int]) -> list[int]:
    numbers = list(range(len(jumps) + 1))
    for place, jump in enumerate(jumps):
        numbers[place], numbers[place + jump] = numbers[place + jump], numbers[place]
    return numbers


def _shuffled(jumps: NDArray[np.uint32]) -> _Array:
    """What exchanging places i and ``i + jumps[i]``, one i after the other, makes of 0, 1, 2, ...

    LAPACK does so with the rows of a matrix that it factorises: of one column here, whose eight bytes are moved as they are.
    """
    count = len(jumps) + 1
    numbers, pivots = np.arange(count, dtype=np.int64), np.arange(count - 1, dtype=np.int32)
    pivots += jumps.view(np.int32)
    exchanged: _Array = _laswp()(numbers.view(np.float64).reshape(count, 1), pivots, overwrite_a=True)
    return exchanged.reshape(count).view(np.int64)


@cache
def _laswp() -> Callable[..., Any]:
    from scipy.linalg import lapack  # it takes longer than NumPy's own import

    found: Callable[..., Any] = lapack.dlaswp
    return found
