"""How many words each kind of random number takes, and in which order: with that, streams are PyTorch's.

Every function returns elements in the order in which they were drawn. ``count`` is one at least: for no
elements nothing is drawn. Dtypes are real; a complex tensor is a real one of twice the size.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from math import ceil, cos, exp, inf, log, log1p, pi, sin, sqrt, tan, tau
from typing import Any

from ._floats import floats_as, multiply_add_float64, rounded
from ._stream import Stream
from ._transforms import BLOCK, Buffer, Transforms, uniforms_float64

__all__ = [
    "bernoulli",
    "cauchy",
    "exponential",
    "geometric",
    "integers",
    "log_normal",
    "normal",
    "permutation",
    "uniform",
]

WIDE_MODULUS = 1 << 28
"""From this number of different integers on, 64 bits are drawn for each."""


def _words_per_uniform(dtype: str) -> int:
    return 2 if dtype == "float64" else 1


def _computed_in(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


_FEW = 1 << 14
"""Up to so many words are drawn at once; more of them in pieces, by transforms that can."""


def _words(stream: Stream, transforms: Transforms, count: int, transform: Callable[[Any], Buffer]) -> Buffer:
    """What a transform makes of the next words."""
    if count <= _FEW or not transforms.takes_pieces:
        return transform(stream.words(count))
    with stream.lock:
        return transform(stream.drawing(count))


_READY = 1 << 11
"""Up to so many words, it is asked whether the engine has something ready."""


def uniform(stream: Stream, transforms: Transforms, count: int, low: float, high: float, dtype: str) -> Buffer:
    """Uniform numbers in [low, high)."""
    if dtype == "float32" and count <= _READY and low == 0.0 and high == 1.0:
        made = stream.uniforms(count)
        if made is not None:
            return made
    low, high = rounded((low, high), _computed_in(dtype))
    return _words(
        stream, transforms, count * _words_per_uniform(dtype), lambda words: transforms.uniform(words, low, high, dtype)
    )


def normal(
    stream: Stream, transforms: Transforms, count: int, mean: float, std: float, dtype: str, in_blocks: bool
) -> Buffer:
    """Normal numbers; in blocks if there is a whole one and ``in_blocks``, else one by one."""
    if count < BLOCK or not in_blocks:
        values = _normals_one_by_one(stream, count)
        return floats_as([multiply_add_float64(value, std, mean) for value in values], dtype)
    if dtype == "float32" and count <= _READY and mean == 0.0 and std == 1.0:
        made = _standard_normals(stream, count)
        if made is not None:
            return made
    mean, std = rounded((mean, std), _computed_in(dtype))
    width = 4 * _words_per_uniform(dtype)
    rest = count % BLOCK
    blocks = count - rest
    # PyTorch draws for the incomplete last block too, then draws the last 16 numbers anew; not so in 16 bits.
    skipped = 0 if dtype in ("float16", "bfloat16") else rest
    if not rest:
        return _words(stream, transforms, blocks * width // 4, lambda words: transforms.normal(words, mean, std, dtype))
    with stream.lock:
        if blocks * width // 4 <= _FEW:  # both at once: a transform has a cost of its own
            drawn = memoryview(stream.words((blocks + skipped + BLOCK) * width // 4))
            joined = b"".join((drawn[: blocks * width], drawn[-BLOCK * width :]))
            made = memoryview(transforms.normal(joined, mean, std, dtype)).cast("B")
            size = made.nbytes // (blocks + BLOCK)
            return b"".join((made[: size * (count - BLOCK)], made[-size * BLOCK :]))
        numbers = _words(
            stream, transforms, blocks * width // 4, lambda words: transforms.normal(words, mean, std, dtype)
        )
        words = memoryview(stream.words((skipped + BLOCK) * width // 4))
    last = transforms.normal(words[-BLOCK * width :], mean, std, dtype)
    kept = memoryview(numbers).nbytes // blocks * (count - BLOCK)
    return b"".join((memoryview(numbers).cast("B")[:kept], last))


def _standard_normals(stream: Stream, count: int) -> Buffer | None:
    """:func:`normal` out of what the engine has ready; None if it has no such."""
    rest = count % BLOCK
    if not rest:
        return stream.normals(count, 0)
    made = stream.normals(count - rest + BLOCK, rest)
    if made is None:
        return None
    numbers = memoryview(made).cast("B")
    return b"".join((numbers[: 4 * (count - BLOCK)], numbers[-4 * BLOCK :]))


def _normals_one_by_one(stream: Stream, count: int) -> list[float]:
    """Normal numbers in float64, made in pairs by Box and Muller's transform.

    The stream keeps the second half of a pair that is left over.
    """
    values: list[float] = []
    with stream.lock:
        if stream.spare_normal is not None:
            values.append(stream.spare_normal)
            stream.spare_normal = None
        pairs = (count - len(values) + 1) // 2
        uniforms = uniforms_float64(stream.words(4 * pairs)) if pairs else []
        for first, second in zip(uniforms[::2], uniforms[1::2], strict=True):
            radius = sqrt(-2.0 * log1p(-second))
            values += (radius * cos(tau * first), radius * sin(tau * first))
        if len(values) > count:
            stream.spare_normal = values.pop()
    return values


def log_normal(stream: Stream, count: int, mean: float, std: float, dtype: str) -> Buffer:
    """Numbers whose logarithms are normal."""
    values = _normals_one_by_one(stream, count)
    return floats_as([_exp(multiply_add_float64(value, std, mean)) for value in values], dtype)


def _exp(value: float) -> float:
    try:
        return exp(value)
    except OverflowError:
        return inf


def exponential(stream: Stream, transforms: Transforms, count: int, rate: float, dtype: str) -> Buffer:
    """Exponential numbers."""
    return _words(stream, transforms, 2 * count, lambda words: transforms.exponential(words, rate, dtype))


def cauchy(stream: Stream, count: int, median: float, sigma: float, dtype: str) -> Buffer:
    """Numbers of Cauchy's distribution."""
    uniforms = uniforms_float64(stream.words(2 * count))
    tangents = (tan(pi * (value - 0.5)) for value in uniforms)
    return floats_as([multiply_add_float64(sigma, tangent, median) for tangent in tangents], dtype)


def geometric(stream: Stream, count: int, probability: float) -> array[float]:
    """How many trials it takes until one succeeds, in float64."""
    uniforms = uniforms_float64(stream.words(2 * count))
    scale = log1p(-probability)
    return array("d", [ceil(log(value) / scale) if value else inf for value in uniforms])


def bernoulli(stream: Stream, transforms: Transforms, count: int, probability: float) -> Buffer:
    """Bools."""
    return _words(stream, transforms, 2 * count, lambda words: transforms.bernoulli(words, probability))


def integers(
    stream: Stream, transforms: Transforms, count: int, low: int, modulus: int, wide: bool | None = None
) -> Buffer:
    """The integers from ``low`` to ``low + modulus - 1``, as int64.

    Each is made of 64 bits where ``wide``, which is the default for a large modulus.
    """
    bits = 64 if (modulus >= WIDE_MODULUS if wide is None else wide) else 32
    return _words(stream, transforms, count * bits // 32, lambda words: transforms.integers(words, bits, modulus, low))


def permutation(stream: Stream, transforms: Transforms, count: int) -> Buffer:
    """The numbers from 0 to ``count - 1`` in random order, int64."""
    if count == 1:
        return array("q", [0])
    words = stream.words(count - 1)
    return transforms.permutation(words)
