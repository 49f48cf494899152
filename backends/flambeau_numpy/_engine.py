"""MT19937's words, drawn ahead: what takes a few of them costs a slice.

Words are drawn by whole keys of 624, as the generator makes them. What is made of single words (uniform numbers, and the two
halves of Box and Muller's transform) is made of all that are ahead at once, when it is first wanted: for a hundred numbers the
calls cost much more than the arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._box_muller import normal_pairs

__all__ = ["NumpyEngine", "uniforms_of"]

_WORD = np.dtype("<u4")
_KEY = 624
_AHEAD = 8 * _KEY
_FEW = 2048
"""How many words are taken of those ahead at most."""
_BITS_24 = np.uint32((1 << 24) - 1)
_BLOCK, _HALF = 16, 8  # normal numbers i and i + 8 of every 16 are a pair

_Words = NDArray[np.uint32]
_Floats = NDArray[np.float32]


class NumpyEngine:
    """MT19937 as NumPy has it, which is PyTorch's but for the seeding.

    The generator of NumPy stands behind the words ahead, of which those before ``_next`` are taken. They end with a key, and are
    drawn when those that are left do not suffice: the rest of one key at first, whole keys later. So the last word that was taken
    is never one that was left. ``_position`` is where in its key NumPy's generator stands.
    """

    def __init__(self) -> None:
        self._bits = np.random.MT19937(0)
        # `RandomState`, because what it draws is frozen: full-range integers are the raw words.
        self._source = np.random.RandomState(self._bits)
        self._restart(0)

    def _restart(self, position: int) -> None:
        self._position = position
        self._ahead: _Words = np.empty(0, _WORD)
        self._next = 0
        self._uniforms: _Floats | None = None
        self._normals: _Floats | None = None

    def _draw(self, count: int) -> _Words:
        """Words that follow those ahead."""
        self._position = (self._position + count - 1) % _KEY + 1
        if count <= _AHEAD:  # eight bytes for each word, but a fraction of the other way's fixed cost
            return self._bits.random_raw(count).astype(_WORD)
        return self._source.randint(0, 1 << 32, count, np.uint32).astype(_WORD, copy=False)

    def _take(self, count: int) -> slice:
        """Where among the words ahead the next ``count`` are."""
        while len(self._ahead) - self._next < count:
            drawn = self._draw(_KEY - self._position or _AHEAD)
            self._ahead = np.concatenate((self._ahead[self._next :], drawn))
            self._ahead.flags.writeable = False  # parts of it are handed out
            self._next = 0
            self._uniforms = self._normals = None
        start = self._next
        self._next = start + count
        return slice(start, self._next)

    def words(self, count: int) -> memoryview:
        """The next ``count`` 32-bit words (one at least), each in little-endian byte order."""
        rest = self._ahead[self._next :]
        if count <= max(_FEW, len(rest)):
            taken = self._take(count)
            return _buffer(self._ahead[taken])
        self._next = len(self._ahead)
        drawn = self._draw(count - len(rest))
        return _buffer(np.concatenate((rest, drawn)) if len(rest) else drawn)

    def pairs(self, count: int) -> memoryview | None:
        """The next ``count`` words of 64 bits, each out of two of 32 with the first one high, in native byte order.

        None if there are words ahead, which are to be taken first.
        """
        if self._next < len(self._ahead):
            return None
        self._position = (self._position + 2 * count - 1) % _KEY + 1
        return _buffer(self._source.randint(0, 1 << 64, count, np.uint64))

    def uniforms(self, count: int) -> memoryview:
        """The float32 uniform numbers in [0, 1) of the next words."""
        taken = self._take(count)
        if self._uniforms is None:
            self._uniforms = uniforms_of(self._ahead)
            self._uniforms.flags.writeable = False
        return self._uniforms[taken].data

    def normals(self, count: int, skipped: int) -> memoryview:
        """The float32 normal numbers of mean 0 and variance 1 of ``count`` words, which are whole blocks of 16.

        Before the last block, some words are skipped.
        """
        taken = self._take(count + skipped)
        if self._normals is None:
            self._normals = _normals_at_each(self._ahead)
        pairs = self._normals[:, taken]
        if skipped:
            pairs = np.concatenate((pairs[:, : count - _BLOCK], pairs[:, -_BLOCK:]), axis=1)
        blocks = pairs.reshape(2, -1, _BLOCK)[:, :, :_HALF]
        return blocks.transpose(1, 0, 2).reshape(-1).data

    def get_state(self) -> tuple[tuple[int, ...], int]:
        """The key of 624 words and the position of the next one."""
        left = len(self._ahead) - self._next
        if left < _KEY:  # the last word taken is of the key that NumPy's generator has
            state: Any = self._bits.state["state"]
            return tuple(state["key"].tolist()), int(state["pos"]) - left
        start = len(self._ahead) - (left // _KEY + 1) * _KEY  # whole keys are counted from the end
        return tuple(_untempered(self._ahead[start : start + _KEY]).tolist()), self._next - start

    def set_state(self, key: tuple[int, ...], position: int) -> None:
        """Continue from a key and a position."""
        state: Any = {"key": np.array(key, np.uint32), "pos": position}
        self._bits.state = {"bit_generator": "MT19937", "state": state}
        self._restart(position)


def _buffer(values: NDArray[Any]) -> memoryview:
    return values.data.cast("B")


def uniforms_of(words: _Words, out: _Floats | None = None) -> _Floats:
    """Uniform numbers of 24 bits of words."""
    numbers = (words & _BITS_24).view(np.int32)  # signed, because processors convert those in one instruction
    values: _Floats = np.empty(len(numbers), np.float32) if out is None else out
    np.copyto(values, numbers, casting="unsafe")
    values *= np.float32(2.0**-24)
    return values


def _normals_at_each(words: _Words) -> _Floats:
    """The normal numbers of every word and the eighth after it, cosine and sine parts: what a block has that begins anywhere.

    What the last eight words begin is not in any block, and is left as it comes.
    """
    uniforms = uniforms_of(words)
    normals = np.empty((2, len(words)), np.float32)
    for part, values in zip(normals, normal_pairs(uniforms, np.roll(uniforms, -_HALF)), strict=True):
        np.add(values, np.float32(0), out=part)  # makes zeros positive, as fused sums do
    return normals


def _untempered(words: _Words) -> _Words:
    """The key that gives these words: tempering undone, the last step first. Source: the tempering of Matsumoto and Nishimura."""
    key = words ^ words >> np.uint32(18)
    key ^= key << np.uint32(15) & np.uint32(0xEFC60000)
    made: _Words = key
    for _ in range(4):  # each time, seven more bits are right
        made = key ^ made << np.uint32(7) & np.uint32(0x9D2C5680)
    made ^= made >> np.uint32(11) ^ made >> np.uint32(22)
    return made
