"""The array: a flat buffer, and the shape, strides and offset with which it is read.

The element with the index ``(i, j)`` lies at ``offset + i * strides[0] + j * strides[1]`` of the buffer.
Views have the same buffer and other strides. Most kernels take two steps, which this module offers: they
read the elements in C order (:func:`elements`), or find where they are (:func:`positions`), and make a new
array of the results (:func:`fresh`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from math import prod
from operator import mul
from typing import Any

from flambeau.backend import Shape

from .dtypes import TYPECODES, Buffer, pack

__all__ = [
    "MinimalArray",
    "broadcast_shape",
    "contiguous_strides",
    "elements",
    "expanded",
    "fresh",
    "full_of",
    "is_contiguous",
    "lines",
    "map_lines",
    "permuted",
    "positions",
    "read",
    "rearranged",
    "view",
    "window",
    "write",
]


class MinimalArray:
    """A strided array on one of the pretend devices.

    Attributes:
        buffer: the elements, shared with the array's views; its length never changes.
        shape, strides, offset: which elements of the buffer they are, counted in elements.
        dtype: the name of the element type.
        device: the index of the device.
    """

    __slots__ = ("buffer", "device", "dtype", "offset", "shape", "strides")

    def __init__(self, buffer: Buffer, shape: Shape, strides: Shape, offset: int, dtype: str, device: int) -> None:
        self.buffer = buffer
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.dtype = dtype
        self.device = device

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def __repr__(self) -> str:
        values, device = elements(self).tolist(), f"minimal:{self.device}"
        return f"MinimalArray({values}, shape={self.shape}, dtype={self.dtype!r}, device={device!r})"


# -- new arrays ------------------------------------------------------------------------------------


def fresh(values: Iterable[Any], shape: Shape, dtype: str, device: int) -> MinimalArray:
    """A new C-contiguous array of ``values``, which are given in C order."""
    return MinimalArray(pack(values, dtype), shape, contiguous_strides(shape), 0, dtype, device)


def full_of(value: Any, shape: Shape, dtype: str, device: int) -> MinimalArray:
    """A new C-contiguous array filled with ``value``."""
    buffer = pack([value], dtype) * prod(shape)
    return MinimalArray(buffer, shape, contiguous_strides(shape), 0, dtype, device)


def rearranged(a: MinimalArray) -> MinimalArray:
    """A new C-contiguous array of the elements of ``a``."""
    return MinimalArray(elements(a), a.shape, contiguous_strides(a.shape), 0, a.dtype, a.device)


# -- views: the same buffer, read otherwise --------------------------------------------------------


def view(a: MinimalArray, shape: Shape, strides: Shape, offset: int) -> MinimalArray:
    """An alias of ``a`` with another shape, strides and offset."""
    return MinimalArray(a.buffer, shape, strides, offset, a.dtype, a.device)


def expanded(a: MinimalArray, shape: Shape) -> MinimalArray:
    """An alias of ``a`` broadcast to ``shape``: a stride of 0 reads the same element again."""
    new = len(shape) - a.ndim
    repeats = (
        0 if have == 1 != want else stride for have, want, stride in zip(a.shape, shape[new:], a.strides, strict=True)
    )
    return view(a, shape, (0,) * new + tuple(repeats), a.offset)


def permuted(a: MinimalArray, dims: Sequence[int]) -> MinimalArray:
    """An alias whose dimension i is dimension ``dims[i]`` of ``a``."""
    return view(a, tuple(a.shape[d] for d in dims), tuple(a.strides[d] for d in dims), a.offset)


def window(a: MinimalArray, starts: Shape, lengths: Shape, steps: Shape) -> MinimalArray:
    """An alias of every ``step``-th element from ``start`` on, in every dimension."""
    offset = a.offset + sum(map(mul, starts, a.strides))
    return view(a, lengths, tuple(map(mul, steps, a.strides)), offset)


# -- where elements are ----------------------------------------------------------------------------


def broadcast_shape(shapes: Iterable[Shape]) -> Shape | None:
    """The common shape that ``shapes`` broadcast to, or None where two sizes differ and neither is 1."""
    common: list[int] = []
    for shape in shapes:
        common[:0] = [1] * (len(shape) - len(common))
        for back, size in enumerate(reversed(shape), 1):
            if common[-back] == 1:
                common[-back] = size
            elif size not in (1, common[-back]):
                return None
    return tuple(common)


def contiguous_strides(shape: Shape) -> Shape:
    """The strides of a C-contiguous array; a dimension of size 0 counts as one of size 1."""
    strides = []
    stride = 1
    for size in reversed(shape):
        strides.append(stride)
        stride *= size or 1
    return tuple(reversed(strides))


def is_contiguous(a: MinimalArray) -> bool:
    """Whether the elements of ``a`` lie in C order and without gaps."""
    expected = contiguous_strides(a.shape)
    compared = zip(a.shape, a.strides, expected, strict=True)
    return a.strides == expected or all(size == 1 or have == want for size, have, want in compared)


def positions(shape: Shape, strides: Shape, offset: int = 0) -> list[int]:
    """Where in the buffer the elements are, in C order."""
    found = [offset]
    for size, stride in zip(shape, strides, strict=True):
        steps = [index * stride for index in range(size)]
        found = [start + step for start in found for step in steps]
    return found


# -- reading and writing ---------------------------------------------------------------------------


def elements(a: MinimalArray) -> Buffer:
    """A copy of the elements of ``a`` in C order."""
    if is_contiguous(a):
        return a.buffer[a.offset : a.offset + a.size]
    flat = array(TYPECODES[a.dtype])
    *outer, length = a.shape
    *outer_strides, stride = a.strides
    for start in positions(tuple(outer), tuple(outer_strides), a.offset):
        flat.extend(_line(a.buffer, start, length, stride))
    return flat


def _line(buffer: Buffer, start: int, length: int, stride: int) -> Buffer:
    if stride == 0:
        return buffer[start : start + 1] * length
    return buffer[start : start + length * stride : stride]


def read(a: MinimalArray, where: Iterable[int], shape: Shape) -> MinimalArray:
    """A new array of the elements at the positions ``where`` of the buffer of ``a``."""
    return fresh(map(a.buffer.__getitem__, where), shape, a.dtype, a.device)


def write(target: MinimalArray, values: Buffer) -> None:
    """Write ``values``, which are of the dtype of ``target``, into it in C order."""
    if is_contiguous(target):
        target.buffer[target.offset : target.offset + target.size] = values
        return
    where = positions(target.shape, target.strides, target.offset)
    for position, value in zip(where, values, strict=True):
        target.buffer[position] = value


def lines(a: MinimalArray, dims: Sequence[int]) -> list[Buffer]:
    """The elements along ``dims``: one buffer for every index of the other dimensions, in C order."""
    kept = [d for d in range(a.ndim) if d not in dims]
    length = prod(a.shape[d] for d in dims)
    count = prod(a.shape[d] for d in kept)
    flat = elements(permuted(a, [*kept, *dims]))
    return [flat[start * length : (start + 1) * length] for start in range(count)]


def map_lines(
    function: Callable[[Buffer], Iterable[Any]], a: MinimalArray, dim: int, result: str | None = None
) -> MinimalArray:
    """A new array with ``function(line)``, of the same length, in the place of every line along ``dim``."""
    dims = [*(d for d in range(a.ndim) if d != dim), dim]
    changed = chain.from_iterable(map(function, lines(a, (dim,))))
    moved = fresh(changed, tuple(a.shape[d] for d in dims), result or a.dtype, a.device)
    return rearranged(permuted(moved, sorted(range(a.ndim), key=dims.__getitem__)))
