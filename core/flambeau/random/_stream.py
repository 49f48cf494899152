"""A stream of random words with all that its state is made of, in PyTorch's format."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ._mt19937 import STATE_WORDS, Engine, key_from_seed
from ._transforms import Buffer, uniforms_float64

__all__ = ["STATE_BYTES", "Drawing", "Stream"]

# The state of PyTorch's CPU generator, little-endian: the seed; how many words are left before the next
# twist, plus one; whether it was seeded; the position; the key, each word in 8 bytes; then normal numbers
# kept for later: three of which only the second is in use, whether it is, and one of float32 with a flag that
# no kernel uses any more.
_STATE = struct.Struct(f"<QiiQ{STATE_WORDS}Qdddi4xf?3x")
STATE_BYTES = _STATE.size

_AHEAD = 256
"""How many uniform numbers are drawn ahead."""


class Drawing:
    """Words that are drawn when they are taken, front to back: so they need not all be in memory at once."""

    __slots__ = ("_bytes", "_engine")

    def __init__(self, engine: Engine, size: int) -> None:
        self._engine, self._bytes = engine, size

    def __len__(self) -> int:
        """How many bytes there are."""
        return self._bytes

    def take(self, size: int) -> Buffer:
        """The next words, ``size`` bytes."""
        return self._engine.words(size // 4)

    def take_pairs(self, count: int) -> Buffer | None:
        """The next ``count`` pairs of words as words of 64 bits in native byte order; None if the engine has no such."""
        pairs = getattr(self._engine, "pairs", None)
        return None if pairs is None else pairs(count)


class Stream:
    """Words from an engine, and the normal number that was made in a pair with the last one handed out.

    Attributes:
        lock: held for as long as the state must not be changed by another thread.
        seed: the number that the stream was seeded with, without sign.
        spare_normal: the normal number kept for the next call.
    """

    __slots__ = ("_engine", "_is_fresh", "_make_engine", "lock", "seed", "spare_normal")

    def __init__(self, make_engine: Callable[[], Engine], seed: int) -> None:
        self._make_engine = make_engine
        self.lock = threading.RLock()
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Start anew from a seed."""
        with self.lock:
            self.seed = seed
            self.spare_normal: float | None = None
            self._is_fresh = True
            self._engine: Engine | None = None  # made when it is needed, because a backend makes it

    def _engine_in_use(self) -> Engine:
        if self._engine is None:
            self._engine = self._make_engine()
            self._engine.set_state(key_from_seed(self.seed), STATE_WORDS)
        return self._engine

    def words(self, count: int) -> Buffer:
        """The next ``count`` words of 32 bits, one at least."""
        with self.lock:
            self._is_fresh = False
            return self._engine_in_use().words(count)

    def uniforms(self, count: int) -> Buffer | None:
        """What an engine that draws ahead makes of the next words, see :class:`~._mt19937.Engine`; None if it is none."""
        with self.lock:
            make = getattr(self._engine or self._engine_in_use(), "uniforms", None)
            self._is_fresh = self._is_fresh and make is None
            return None if make is None else make(count)

    def normals(self, count: int, skipped: int) -> Buffer | None:
        """As :meth:`uniforms`."""
        with self.lock:
            make = getattr(self._engine or self._engine_in_use(), "normals", None)
            self._is_fresh = self._is_fresh and make is None
            return None if make is None else make(count, skipped)

    def drawing(self, count: int) -> Drawing:
        """The next ``count`` words, drawn when they are taken; the caller holds the lock until they are."""
        self._is_fresh = False
        return Drawing(self._engine_in_use(), 4 * count)

    @contextmanager
    def reading(self) -> Iterator[Callable[[], float]]:
        """A function that gives the next float64 uniform number, for draws whose number depends on what is drawn.

        Words are drawn ahead, and put back when the block ends.
        """
        with self.lock:
            engine = self._engine_in_use()
            before, used = engine.get_state(), 0
            numbers: list[float] = []

            def following() -> float:
                nonlocal before, numbers, used
                if used == len(numbers):
                    self._is_fresh = False
                    before, used = engine.get_state(), 0
                    numbers = uniforms_float64(engine.words(2 * _AHEAD))
                used += 1
                return numbers[used - 1]

            try:
                yield following
            finally:
                engine.set_state(*before)
                if used:
                    engine.words(2 * used)

    def to_bytes(self) -> bytes:
        """The whole state."""
        with self.lock:
            key, position = self._engine_in_use().get_state()
            left = STATE_WORDS + 1 - position
            if self._is_fresh:  # PyTorch's engine has position 0 then, and twists all the same
                position = 0
            spare = self.spare_normal
            return _STATE.pack(
                self.seed, left, 1, position, *key, 0.0, spare or 0.0, 0.0, spare is not None, 0.0, False
            )

    def from_bytes(self, state: bytes) -> None:
        """Continue from a state.

        Raises:
            RuntimeError: it is none; the stream is unchanged then.
        """
        if len(state) != STATE_BYTES:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_BYTES} but found the input RNG state size to be "
                f"{len(state)}"
            )
        seed, left, seeded, position, *rest = _STATE.unpack(state)
        if not (seeded and 0 < left <= STATE_WORDS and position <= STATE_WORDS):
            raise RuntimeError("Invalid mt19937 state")
        key = tuple(word & 0xFFFFFFFF for word in rest[:STATE_WORDS])
        _, spare, _, has_spare, _, _ = rest[STATE_WORDS:]
        with self.lock:
            self.reseed(seed)
            self._engine_in_use().set_state(key, STATE_WORDS if left == 1 else position)
            self._is_fresh = left == 1 and position == 0
            self.spare_normal = spare if has_spare else None
