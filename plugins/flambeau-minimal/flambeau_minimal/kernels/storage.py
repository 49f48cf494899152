"""Kernels that create, copy and convert arrays. The first four take the device that they create on."""

from __future__ import annotations

from array import array
from math import isfinite

from flambeau.backend import Shape

from ..dtypes import FLOATS, TYPECODES
from ..storage import (
    MinimalArray,
    contiguous_strides,
    elements,
    expanded,
    fresh,
    full_of,
    rearranged,
    write,
)

__all__ = ["empty", "full", "arange", "from_host", "to_host", "clone", "cast", "copy_into"]


def empty(device: int, shape: Shape, dtype: str) -> MinimalArray:
    """An array with arbitrary contents: zeros."""
    return full_of(0, shape, dtype, device)


def full(device: int, shape: Shape, value: float, dtype: str) -> MinimalArray:
    """An array filled with ``value``."""
    return full_of(value, shape, dtype, device)


def arange(device: int, start: float, step: float, length: int, dtype: str) -> MinimalArray:
    """``start + i * step`` for i < length."""
    return fresh((start + index * step for index in range(length)), (length,), dtype, device)


def from_host(device: int, buffer: memoryview | bytes | bytearray, shape: Shape, dtype: str) -> MinimalArray:
    """A copy of the bytes in ``buffer`` as an array."""
    copy = array(TYPECODES[dtype])
    copy.frombytes(memoryview(buffer).tobytes())
    return MinimalArray(copy, shape, contiguous_strides(shape), 0, dtype, device)


def to_host(a: MinimalArray) -> bytes:
    """The bytes of the elements in C order."""
    return elements(a).tobytes()


def clone(a: MinimalArray, keep_strides: bool) -> MinimalArray:
    """A copy, in the memory order of ``a`` if that is asked for and ``a`` has no gaps."""
    if not keep_strides or not _is_dense(a):
        return rearranged(a)
    buffer = a.buffer[a.offset : a.offset + a.size]
    return MinimalArray(buffer, a.shape, a.strides, 0, a.dtype, a.device)


def _is_dense(a: MinimalArray) -> bool:
    """Whether the elements fill one stretch of the buffer, in the order of any permutation of the dims."""
    expected = 1
    for stride, size in sorted(zip(a.strides, a.shape, strict=True)):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True


def cast(a: MinimalArray, dtype: str) -> MinimalArray:
    """A copy of another dtype, in the memory order of ``a`` if it has no gaps."""
    if not _is_dense(a):
        return _converted(a, dtype)
    in_order = MinimalArray(a.buffer, (a.size,), (1,), a.offset, a.dtype, a.device)
    return MinimalArray(_converted(in_order, dtype).buffer, a.shape, a.strides, 0, dtype, a.device)


def _converted(a: MinimalArray, dtype: str) -> MinimalArray:
    values = elements(a)
    if dtype == "bool":
        return fresh(map(bool, values), a.shape, dtype, a.device)
    if a.dtype in FLOATS and dtype not in FLOATS:
        # C leaves open what integer nan and the infinities become; 0 is as good as any.
        return fresh((int(x) if isfinite(x) else 0 for x in values), a.shape, dtype, a.device)
    return fresh(values, a.shape, dtype, a.device)


def copy_into(target: MinimalArray, source: MinimalArray) -> None:
    """Write ``source`` into ``target``, to whose shape it broadcasts."""
    write(target, elements(expanded(source, target.shape)))
