"""The engine of the CPU stream: a Mersenne Twister on the standard library.

:class:`random.Random` is the same generator as PyTorch's (MT19937 with the usual tempering), so what it draws
is what PyTorch draws once its 624 words of state are those that PyTorch's seeding makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from random import Random

__all__ = ["STATE_WORDS", "Engine", "MersenneTwister", "key_from_seed"]

STATE_WORDS = 624
_WORDS_AT_ONCE = 1 << 20  # Python draws them as one int, whose size is limited


class Engine(Protocol):
    """A source of MT19937's words. Its state is a key of 624 words and the position of the next one.

    At position 624 the key is used up: the next word is preceded by the twist that makes a new key.

    One that draws ahead may have two further methods, for few numbers: ``uniforms(count)`` and ``normals(count, skipped)`` give
    what :class:`~flambeau.random._transforms.Transforms` make of the next words in float32 with 0 and 1 as parameters. Of the
    normal numbers, some words before the last block may be skipped.
    """

    def words(self, count: int) -> bytes | memoryview:
        """The next ``count`` 32-bit words, each in little-endian byte order."""

    def get_state(self) -> tuple[tuple[int, ...], int]:
        """The key and the position."""

    def set_state(self, key: tuple[int, ...], position: int) -> None:
        """Continue from a key and a position."""


class MersenneTwister:
    """The engine that needs nothing but Python.

    Example:
        >>> from flambeau.random._mt19937 import MersenneTwister, key_from_seed
        >>> engine = MersenneTwister()
        >>> engine.set_state(key_from_seed(5489), 624)
        >>> int.from_bytes(engine.words(1), "little")
        3499211612
    """

    __slots__ = ("_source",)

    def __init__(self) -> None:
        from random import Random  # not at the top: most backends bring an engine of their own

        self._source: Random = Random(0)

    def words(self, count: int) -> bytes:
        """The next ``count`` 32-bit words, each in little-endian byte order."""
        draw = self._source.randbytes
        if count <= _WORDS_AT_ONCE:
            return draw(4 * count)
        chunks = [draw(4 * _WORDS_AT_ONCE) for _ in range(count // _WORDS_AT_ONCE)]
        return b"".join((*chunks, draw(4 * (count % _WORDS_AT_ONCE))))

    def get_state(self) -> tuple[tuple[int, ...], int]:
        """The key and the position."""
        state = self._source.getstate()[1]
        return state[:STATE_WORDS], state[STATE_WORDS]

    def set_state(self, key: tuple[int, ...], position: int) -> None:
        """Continue from a key and a position."""
        version = 3  # of the format in which `Random` keeps its state
        self._source.setstate((version, (*key, position), None))


def key_from_seed(seed: int) -> tuple[int, ...]:
    """The key for a seed, of which only the low 32 bits count: Knuth's linear congruential generator.

    Source: M. Matsumoto and T. Nishimura's ``init_genrand`` of 2002.
    """
    word = seed & 0xFFFFFFFF
    key = [word]
    for index in range(1, STATE_WORDS):
        word = (1812433253 * (word ^ (word >> 30)) + index) & 0xFFFFFFFF
        key.append(word)
    return tuple(key)
