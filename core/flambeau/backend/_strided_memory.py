"""Arrays with strides over a library that has none: shape, strides and offset in a memory, which is one array of the library."""

from __future__ import annotations

from itertools import count
from math import prod
from typing import Any

from flambeau.dtypes import dtype
from flambeau.shapes import Shape, contiguous_strides

from .kernels import Array
from .table import KernelTable

__all__ = ["Memory", "Strided", "in_order", "plain", "seen_as"]

_addresses = count(1)


class Memory:
    """One array of the backend, whose elements in C order are the memory of all :class:`Strided` arrays on it.

    Attributes:
        kernels: the backend's own.
        length: the number of elements.
        version: how often it was written to.
        exposed: whether somebody else may write to it, so that nothing that was read may be kept.
        address: a number that only this memory has.
    """

    __slots__ = ("_elements", "address", "exposed", "kernels", "length", "version")

    def __init__(self, array: Array, kernels: KernelTable, *, exposed: bool = False) -> None:
        self._elements = array
        self.kernels = kernels
        self.length = prod(array.shape)
        self.version = 0
        self.exposed = exposed
        self.address = next(_addresses) << 44

    @property
    def root(self) -> Memory:
        """The memory that the bytes are in."""
        return self

    @property
    def array(self) -> Array:
        """The elements."""
        return self._elements

    def written(self, array: Array) -> None:
        """Take over ``array``, the memory's own or one of its shape, after a write."""
        self.version += 1
        if array is self._elements:
            return
        if self.exposed:
            self.kernels.copy_into(self._elements, array)
        else:
            self._elements = array

    def flat(self) -> Array:
        """The elements as a vector: the array itself if it is one."""
        return self.array if len(self.array.shape) == 1 else self.kernels.reshape(self.array, (self.length,))


class _Bytes(Memory):
    """The bytes of a memory as elements of another dtype; what is left over at the end belongs to no element."""

    __slots__ = ("_cut", "_root", "after", "before")

    def __init__(self, root: Memory, before: dtype, after: dtype) -> None:
        whole = root.length * before.itemsize // after.itemsize
        self._root = root
        self._cut = whole * after.itemsize // before.itemsize
        self.before, self.after = before, after
        self.kernels = root.kernels
        self.length = whole
        self.exposed = True  # its versions are not counted
        self.version = 0

    @property
    def root(self) -> Memory:
        return self._root

    @property
    def array(self) -> Array:
        flat = self._root.flat()
        if self._cut < self._root.length:
            flat = self.kernels.slice(flat, (0,), (self._cut,), (1,))
        return self.kernels.bitcast(flat, self.after.name)

    def written(self, array: Array) -> None:
        root, kernels = self._root, self.kernels
        flat = kernels.bitcast(kernels.reshape(array, (self.length,)), self.before.name)
        if self._cut < root.length:
            rest = kernels.slice(root.flat(), (self._cut,), (root.length - self._cut,), (1,))
            flat = kernels.concat((flat, rest), 0)
        root.written(kernels.reshape(flat, root.array.shape))


def seen_as(memory: Memory, before: dtype, after: dtype) -> Memory:
    """The memory, whose elements are of the dtype ``before``, as elements of the dtype ``after``."""
    root = memory.root
    stored = memory.before if isinstance(memory, _Bytes) else before
    return root if stored is after else _Bytes(root, stored, after)


class Strided:
    """An array in a memory: element (i, j, …) is number ``offset + i * strides[0] + j * strides[1] + …`` of it."""

    __slots__ = ("__weakref__", "_copied_at", "_copy", "memory", "offset", "shape", "strides", "whole")

    def __init__(self, memory: Memory, shape: Shape, strides: Shape, offset: int) -> None:
        self.memory = memory
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.whole = offset == 0 and prod(shape) == memory.length and in_order(shape, strides)
        self._copy: Array | None = None
        self._copied_at = -1

    def viewed(self, shape: Shape, strides: Shape, offset: int = 0) -> Strided:
        """Another array in the same memory, ``offset`` elements after this one's first."""
        if 0 in shape:
            strides = contiguous_strides(shape)
        return Strided(self.memory, shape, strides, self.offset + offset)

    def permuted(self, dims: Shape) -> Strided:
        """The array with its dimensions in another order."""
        return self.viewed(tuple([self.shape[d] for d in dims]), tuple([self.strides[d] for d in dims]))

    def expanded(self, shape: Shape) -> Strided:
        """The array broadcast to ``shape``; a size of 1 that stays 1 keeps its stride."""
        lead = len(shape) - len(self.shape)
        own = zip(self.shape, shape[lead:], self.strides, strict=True)
        return self.viewed(shape, (0,) * lead + tuple([0 if size == 1 != new else step for size, new, step in own]))

    def read(self) -> Array:
        """The elements as an array of the backend, which the caller must not write to."""
        memory = self.memory
        if self.whole:
            array = memory.array
            return array if array.shape == self.shape else memory.kernels.reshape(array, self.shape)
        if self._copy is None or self._copied_at != memory.version or memory.exposed:
            self._copy, self._copied_at = self._gathered(), memory.version
        return self._copy

    def _gathered(self) -> Array:
        """A copy of the elements, by cheap kernels where they lie in one piece."""
        kernels, shape, strides = self.memory.kernels, self.shape, self.strides
        flat, numel = self.memory.flat(), prod(shape)
        if not numel:
            return kernels.reshape(kernels.slice(flat, (0,), (0,), (1,)), shape)
        order = sorted((d for d in range(len(shape)) if shape[d] > 1 and strides[d]), key=lambda d: -strides[d])
        sizes = tuple([shape[d] for d in order])
        if tuple([strides[d] for d in order]) != contiguous_strides(sizes):
            return kernels.as_strided(flat, shape, strides, self.offset)
        array = kernels.slice(flat, (self.offset,), (prod(sizes),), (1,))
        array = kernels.reshape(array, sizes)
        if order != sorted(order):
            array = kernels.permute(array, tuple(sorted(range(len(order)), key=order.__getitem__)))
        array = kernels.reshape(array, tuple([size if step else 1 for size, step in zip(shape, strides, strict=True)]))
        return array if prod(sizes) == numel else kernels.expand(array, shape)

    def write(self, array: Array) -> None:
        """Put the elements of ``array``, which has the same shape, to their places; :meth:`read` may have given it."""
        memory, kernels = self.memory, self.memory.kernels
        whole, numel = memory.array, prod(self.shape)
        if self.whole:
            memory.written(array if array.shape == whole.shape else kernels.reshape(array, whole.shape))
        elif numel:
            places = kernels.arange(0, 1, memory.length, "int64")
            places = kernels.as_strided(places, self.shape, self.strides, self.offset)
            flat = kernels.reshape(whole, (memory.length,)) if len(whole.shape) != 1 else whole
            kernels.index_put(flat, (kernels.reshape(places, (numel,)),), kernels.reshape(array, (numel,)), False)
            memory.written(flat if flat is whole else kernels.reshape(flat, whole.shape))


def in_order(shape: Shape, strides: Shape) -> bool:
    """Whether the elements lie in C order without gaps."""
    wanted = contiguous_strides(shape)
    return strides == wanted or all(
        size == 1 or step == want for size, step, want in zip(shape, strides, wanted, strict=True)
    )


def plain(value: Any) -> Any:
    """``value``, an argument or a sequence of them, with the backend's own arrays."""
    if value.__class__ is Strided:
        return value.read()
    if value.__class__ is tuple or value.__class__ is list:
        return value.__class__([plain(entry) for entry in value])
    return value
