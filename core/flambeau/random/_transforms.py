"""From random words to random numbers: the arithmetic of PyTorch's CPU kernels.

A backend may bring its own :class:`Transforms`, which must give the same bytes. Which words a function draws,
and in which order, is not decided here but in :mod:`flambeau.random._samplers`.

Two kinds of uniform numbers are made of words. The float32 kind, 24 bits of one word: ``(w & (2**24 - 1)) /
2**24``. The float64 kind, 53 bits of two words of which the first is the high one: ``(w & (2**53 - 1)) /
2**53``. The kind follows the dtype; float16 takes the float32 kind.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import chain
from math import log1p
from typing import TYPE_CHECKING, Protocol, TypeAlias

from flambeau.backend.selection import find_place

from ._box_muller import normal_pairs_float32, normal_pairs_float64
from ._floats import floats_as, multiply_add_float32, multiply_add_float64, round_float32, rounded
from ._mt19937 import Engine, MersenneTwister

if TYPE_CHECKING:
    from flambeau.backend.protocol import Backend

__all__ = ["BLOCK", "Buffer", "PythonTransforms", "Transforms", "transforms_of", "uniforms_float64"]

Buffer: TypeAlias = "bytes | bytearray | memoryview | array[float] | array[int]"
"""Elements in native byte order, as :meth:`flambeau.backend.RequiredKernels.from_host` takes them.

Those of dtype bfloat16 are float32 numbers, rounded where it matters to the draw.
"""

BLOCK = 16
"""Normal numbers are made in blocks of this many words (of twice as many in float64)."""


class Transforms(Protocol):
    """What turns words into numbers. ``words`` are 32-bit words, each in little-endian byte order.

    Attributes:
        takes_pieces: whether the words of all methods but ``permutation`` may be a :class:`~flambeau.random._stream.Drawing`,
            which has a length in bytes and gives them piece by piece.
    """

    takes_pieces: bool

    def engine(self) -> Engine:
        """A new engine."""

    def uniform(self, words: Buffer, low: float, high: float, dtype: str) -> Buffer:
        """Uniform numbers of a floating ``dtype``, ``u * (high - low) + low`` with the multiply-add fused.

        The bounds are numbers of the dtype of the computation, float64 or float32. What rounds up to ``high``
        is ``low``.
        """

    def normal(self, words: Buffer, mean: float, std: float, dtype: str) -> Buffer:
        """Normal numbers of a floating ``dtype``, in whole blocks.

        Of the 16 uniform numbers of a block, numbers i and i + 8 make a pair, which becomes numbers i and i +
        8. The final ``value * std + mean`` is fused; a zero is positive.
        """

    def exponential(self, words: Buffer, rate: float, dtype: str) -> Buffer:
        """Exponential numbers of a floating ``dtype``, computed in float64: ``-1 / rate * log1p(-u)``."""

    def bernoulli(self, words: Buffer, probability: float) -> Buffer:
        """Bools: whether a float64 uniform is below ``probability``."""

    def integers(self, words: Buffer, bits: int, modulus: int, low: int) -> Buffer:
        """The int64 numbers ``w % modulus + low`` of words of 32 or 64 bits; they wrap around."""

    def permutation(self, words: Buffer) -> Buffer:
        """The int64 numbers 0 to n - 1 in random order, of n - 1 words.

        Fisher and Yates' shuffle, forward: step i exchanges places i and ``i + w % (n - i)``.
        """


def words_as_ints(words: Buffer, bits: int) -> tuple[int, ...] | list[int]:
    """Words of 32 bits, or pairs of them as words of 64 bits with the first one high."""
    singles = struct.unpack(f"<{len(words) // 4}I", words)
    if bits == 32:
        return singles
    return [high << 32 | low for high, low in zip(singles[::2], singles[1::2], strict=True)]


def uniforms_float32(words: Buffer) -> list[float]:
    """Uniform numbers of 24 bits."""
    return [(word & 0xFFFFFF) * 2.0**-24 for word in words_as_ints(words, 32)]


def uniforms_float64(words: Buffer) -> list[float]:
    """Uniform numbers of 53 bits."""
    return [(word & (1 << 53) - 1) * 2.0**-53 for word in words_as_ints(words, 64)]


class PythonTransforms:
    """The transforms in plain Python: exact, and some ten times slower than an array library's."""

    takes_pieces = False

    def engine(self) -> Engine:
        """A new engine."""
        return MersenneTwister()

    def uniform(self, words: Buffer, low: float, high: float, dtype: str) -> Buffer:
        """Uniform numbers, see :class:`Transforms`."""
        span = high - low
        if dtype == "float64":
            values: Sequence[float] = uniforms_float64(words)
            if (low, high) != (0.0, 1.0):
                values = [multiply_add_float64(value, span, low) for value in values]
        else:
            values = uniforms_float32(words)
            if (low, high) != (0.0, 1.0):
                values = multiply_add_float32(values, round_float32([span])[0], low)
        return _half_open(values, low, high, dtype)

    def normal(self, words: Buffer, mean: float, std: float, dtype: str) -> Buffer:
        """Normal numbers, see :class:`Transforms`."""
        if dtype == "float64":
            pairs = normal_pairs_float64(*_halves_of_blocks(uniforms_float64(words)))
            values = _blocks_of_halves(*pairs)
            return array("d", [multiply_add_float64(value, std, mean) for value in values])
        pairs = normal_pairs_float32(*_halves_of_blocks(uniforms_float32(words)))
        return floats_as(multiply_add_float32(_blocks_of_halves(*pairs), std, mean), dtype)

    def exponential(self, words: Buffer, rate: float, dtype: str) -> Buffer:
        """Exponential numbers, see :class:`Transforms`."""
        scale = -1.0 / rate
        return floats_as([scale * log1p(-value) for value in uniforms_float64(words)], dtype)

    def bernoulli(self, words: Buffer, probability: float) -> Buffer:
        """Bools, see :class:`Transforms`."""
        return bytes(value < probability for value in uniforms_float64(words))

    def integers(self, words: Buffer, bits: int, modulus: int, low: int) -> Buffer:
        """Integers, see :class:`Transforms`."""
        return array("q", [_wrapped(word % modulus + low) for word in words_as_ints(words, bits)])

    def permutation(self, words: Buffer) -> Buffer:
        """A permutation, see :class:`Transforms`."""
        steps = words_as_ints(words, 32)
        numbers = array("q", range(len(steps) + 1))
        for place, word in enumerate(steps):
            other = place + word % (len(numbers) - place)
            numbers[place], numbers[other] = numbers[other], numbers[place]
        return numbers


@cache
def transforms_of(backend: Backend) -> Transforms:
    """What makes the numbers for a backend's tensors.

    Its own transforms, else those of the backend that serves the CPU, else Python's.
    """
    own: Transforms | None = backend.random_transforms()
    if own is not None:
        return own
    try:
        of_cpu = find_place("cpu").backend
    except RuntimeError:
        return PythonTransforms()
    return PythonTransforms() if of_cpu is backend else transforms_of(of_cpu)


def _wrapped(value: int) -> int:
    """``value`` as a signed number of 64 bits."""
    return (value + (1 << 63) & (1 << 64) - 1) - (1 << 63)


def _half_open(values: Sequence[float], low: float, high: float, dtype: str) -> Buffer:
    """``values`` of the dtype of the computation rounded to a dtype, with ``low`` for those that are ``high`` then."""
    if dtype not in ("float64", "float32"):
        (low, high), values = rounded((low, high), dtype), rounded(values, dtype)
    return floats_as([low if value == high else value for value in values], dtype)


def _halves_of_blocks(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The first and the second halves of all blocks."""
    starts = range(0, len(values), BLOCK)
    firsts = chain.from_iterable(values[start : start + BLOCK // 2] for start in starts)
    seconds = chain.from_iterable(values[start + BLOCK // 2 : start + BLOCK] for start in starts)
    return list(firsts), list(seconds)


def _blocks_of_halves(firsts: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """The blocks that have these halves."""
    starts = range(0, len(firsts), BLOCK // 2)
    halves = ((*firsts[start : start + BLOCK // 2], *seconds[start : start + BLOCK // 2]) for start in starts)
    return list(chain.from_iterable(halves))
