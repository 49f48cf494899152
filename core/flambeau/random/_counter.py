"""Numbers of a counter: what CUDA devices draw by, Philox4x32-10 with PyTorch's arithmetic of counters.

A generator is a seed and an offset. Every thread of a launch computes its numbers out of both and its own number, so nothing is
kept but the offset, which a call moves on by what its launch may have used. How many threads a launch has depends on the device,
and so do the numbers of tensors that are larger than all its threads together.

Sources: Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3"; PyTorch's ``DistributionTemplates.h``,
``Randperm.cuh`` and ``Dropout.cu`` for CUDA.
"""

from __future__ import annotations

import math
import struct
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flambeau.backend.types import TensorType
from flambeau.shapes import Shape

from ._stream import Stream
from ._transforms import transforms_of

if TYPE_CHECKING:
    from flambeau.backend.protocol import CounterKernels
    from flambeau.backend.types import Place

    from ._draws import Draw

__all__ = ["BLOCK", "Counter", "drawn", "dropped", "philox", "shaped"]

BLOCK = 256
"""Threads of a block."""

_STATE = struct.Struct("<Qq")
_MASK = (1 << 32) - 1
_LARGEST_LAUNCH = 1 << 31


class Counter:
    """The state of a generator on a device: a seed, and how far the counter has moved."""

    __slots__ = ("lock", "offset", "seed")

    def __init__(self, seed: int) -> None:
        self.lock = threading.RLock()
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Start anew from a seed."""
        self.seed, self.offset = seed, 0

    def advance(self, increment: int) -> int:
        """The offset before the counter moves on, by a multiple of 4."""
        with self.lock:
            before = self.offset
            self.offset += (increment + 3) // 4 * 4
        return before

    def to_bytes(self) -> bytes:
        """The state as PyTorch's CUDA generators give it: 16 bytes."""
        return _STATE.pack(self.seed, self.offset)

    def from_bytes(self, state: bytes) -> None:
        """Continue from a state; from 8 bytes, those of a seed, at offset 0.

        Raises:
            RuntimeError: it is none; the state is unchanged then.
        """
        if len(state) not in (8, _STATE.size):
            raise RuntimeError(f"RNG state is wrong size: {len(state)} bytes, not 16")
        seed, offset = _STATE.unpack(state.ljust(_STATE.size, b"\0"))
        self.check_offset(offset)
        with self.lock:
            self.seed, self.offset = seed, offset

    @staticmethod
    def check_offset(offset: int) -> None:
        """Refuse what cannot be an offset.

        Raises:
            RuntimeError: it is negative, or no multiple of 4.
        """
        if offset < 0 or offset % 4:
            raise RuntimeError(f"offset must be a multiple of 4, and not negative, but it is {offset}")


def philox(seed: int, block: int, subsequence: int) -> tuple[int, int, int, int]:
    """The four words of a block of the counter, of the thread of a number."""
    c = [block & _MASK, block >> 32 & _MASK, subsequence & _MASK, subsequence >> 32 & _MASK]
    key = [seed & _MASK, seed >> 32 & _MASK]
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ key[0], second & _MASK, first >> 32 ^ c[3] ^ key[1], first & _MASK]
        key = [(key[0] + 0x9E3779B9) & _MASK, (key[1] + 0xBB67AE85) & _MASK]
    return c[0], c[1], c[2], c[3]


def _launch(count: int, unroll: int, blocks: int) -> tuple[int, int]:
    """The blocks of a launch over ``count`` elements, and by how much it moves the counter on."""
    grid = min((count + BLOCK - 1) // BLOCK, blocks)
    return grid, ((count - 1) // (BLOCK * grid * unroll) + 1) * 4


# -- draws ---------------------------------------------------------------


_KINDS = ("uniform", "normal", "log_normal", "exponential", "cauchy", "geometric", "bernoulli", "integers")


def drawn(counter: Counter, place: Place, wanted: Draw, count: int) -> tuple[Any, str]:
    """``count`` numbers as an array of one dimension, and the name of its dtype."""
    kernels: Any = place.backend.counter_kernels(place.index)
    if wanted.kind == "permutation":
        return _permutation(counter, kernels, place, count), "int64"
    if wanted.kind == "uniform_runs":
        offset = counter.advance(10)
        return kernels.draw(
            "uniform_runs", "float32", count, (count + 4 * 512 - 1) // (4 * 512), counter.seed, offset, ()
        ), ("float32")
    if wanted.kind in _KINDS:
        return _of_kind(counter, kernels, wanted, count)
    return _by_host(counter, place, wanted, count)


def _of_kind(counter: Counter, kernels: CounterKernels, wanted: Draw, count: int) -> tuple[Any, str]:
    dtype, made = wanted.dtype, wanted.dtype
    double = (wanted.wanted or dtype) == "float64"
    if wanted.kind == "geometric":
        dtype = "float64" if double else "float32"
        made = dtype
    elif wanted.kind == "bernoulli":
        dtype = "float64" if double else "float32"
    wide = bool(wanted.parameters[2]) if wanted.kind == "integers" else double
    parameters = wanted.parameters[:2]
    unroll = 2 if wide else 4
    if count > _LARGEST_LAUNCH:
        raise RuntimeError(f"draws of more than 2**31 numbers at once are not supported, but {count} are asked for")
    grid, increment = _launch(count, unroll, kernels.blocks)
    offset = counter.advance(increment)
    kind = f"{wanted.kind}_64" if wanted.kind == "integers" and wide else wanted.kind
    return kernels.draw(kind, dtype, count, grid, counter.seed, offset, parameters), made


def _by_host(counter: Counter, place: Place, wanted: Draw, count: int) -> tuple[Any, str]:
    """What CUDA's own kernels draw in a way of their own: from the CPU's stream, started from the counter."""
    words = philox(counter.seed, counter.advance(4) >> 2, 0)
    transforms = transforms_of(place.backend)
    stream = Stream(transforms.engine, words[0] << 32 | words[1])
    buffer = wanted.on_host(stream, transforms, count)
    return place.kernels.from_host(memoryview(buffer).cast("B"), (count,), wanted.dtype), wanted.dtype


def shaped(array: Any, shape: Shape, made: str, type_: TensorType) -> Any:
    """An array of one dimension in another shape; for complex tensors out of pairs."""
    if type_.dtype.is_complex:
        host = type_.kernels.to_host(array)
        return type_.kernels.from_host(memoryview(host).cast("B"), shape, type_.dtype.name)
    return type_.kernels.reshape(array, shape)


def dropped(
    counter: Counter, place: Place, array: Any, count: int, probability: float, width: int
) -> tuple[Any | None, Any]:
    """What dropout leaves of a vector, None if no kernel does that, and bools: whether an element is kept.

    ``width`` elements of a thread are drawn at a time.
    """
    kernels: Any = place.backend.counter_kernels(place.index)
    grid, increment = _launch(count, 4, kernels.blocks)
    offset = counter.advance(increment)
    found = kernels.dropout(array, probability, width, grid, counter.seed, offset)
    if found is not None:
        return found  # type: ignore[no-any-return]
    kind = "bernoulli" if width == 1 else "kept"
    parameters = (probability,) if width == 1 else (probability, width)
    return None, kernels.draw(kind, "float32", count, grid, counter.seed, offset, parameters)


# -- permutations ---------------------------------------------------------------


def _permutation(counter: Counter, kernels: CounterKernels, place: Place, count: int) -> Any:
    """The numbers from 0 on in the order of random keys; runs of equal keys are shuffled by a counter of their own."""
    bits = min(64, math.ceil(math.log2(count - (6.0 * count * count + 1) / (12.0 * math.log(0.9)))))
    low, modulus = (-(1 << 31), (1 << 32) - 1) if bits <= 32 else (-(1 << 63), (1 << 64) - 1)
    grid, increment = _launch(count, 2, kernels.blocks)
    offset = counter.advance(increment)
    keys = kernels.draw("integers_64", "int64", count, grid, counter.seed, offset, (low, modulus))
    table = place.kernels
    words = memoryview(table.to_host(keys)).cast("B").cast("q").tolist()
    whole = 32 if bits <= 32 else 64
    masked = [_signed(word & (1 << bits) - 1, bits) if bits == whole else word & (1 << bits) - 1 for word in words]
    order = sorted(range(count), key=masked.__getitem__)
    start = counter.advance(count)
    _shuffle_runs(order, [masked[place_] for place_ in order], counter.seed, start)
    return table.from_host(memoryview(struct.pack(f"={count}q", *order)), (count,), "int64")


def _signed(word: int, bits: int) -> int:
    return word - (1 << bits) if word >> (bits - 1) else word


def _shuffle_runs(order: list[int], keys: list[int], seed: int, offset: int) -> None:
    """Shuffle the places of equal keys, by the words of the thread of the first of them."""
    starts = [0, *(place for place, (one, two) in enumerate(pairwise(keys), 1) if one != two), len(keys)]
    for first, last in pairwise(starts):
        block, words = offset >> 2, list[int]()
        for place in range(last - first - 1, 0, -1):
            if not words:
                words = list(philox(seed, block, first))
                block += 1
            other = words.pop(0) % (place + 1)
            one, two = first + place, first + other
            order[one], order[two] = order[two], order[one]
