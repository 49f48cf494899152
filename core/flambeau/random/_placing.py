"""From drawn numbers to arrays: which element of a tensor gets the first number, which the next.

PyTorch goes through a tensor in the order of its memory: a transposed matrix is filled column by column. A factory
that makes a tensor like another one gives it the other's order.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, TypeAlias

from .. import dtypes
from .._tensor import Tensor
from ..backend.types import TensorType
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..shapes import Shape
from ._generator import Generator, stream_for
from ._stream import Stream
from ._transforms import Buffer, Transforms

__all__ = ["Sampler", "c_order", "draw", "memory_order"]

Sampler: TypeAlias = Callable[[Stream, Transforms, int], Buffer]
"""Draws a number of elements."""


def c_order(ndim: int) -> Shape:
    """The order of a contiguous tensor: dimensions, slowest first."""
    return tuple(range(ndim))


def memory_order(tensor: Tensor) -> Shape:
    """The order of a tensor's memory: dimensions, slowest first; C order where elements overlap."""
    strides = tensor.stride()
    if any(stride == 0 and size > 1 for size, stride in zip(tensor.shape, strides, strict=True)):
        return c_order(len(strides))
    return tuple(sorted(range(len(strides)), key=lambda dim: -strides[dim]))


def draw(
    type_: TensorType,
    shape: Shape,
    generator: Generator | None,
    sampler: Sampler,
    *,
    order: Shape | None = None,
    drawn: DType | None = None,
) -> Any:
    """An array of a type and shape, filled in an order (C order by default).

    Args:
        type_: of the array.
        shape: of the array.
        generator: where words come from; None for the device's default generator.
        sampler: makes the numbers; it is not called if there are none to make.
        order: dimensions, slowest first.
        drawn: the dtype of what the sampler makes, where it has to be converted.
    """
    kernels, dtype = type_.kernels, type_.dtype
    stream, transforms = stream_for(type_.place, generator)
    if 0 in shape:
        return kernels.empty(shape, dtype.name)
    buffer = sampler(stream, transforms, prod(shape) * (2 if dtype.is_complex else 1))
    order = c_order(len(shape)) if order is None else order
    made = drawn or (dtypes.float32 if dtype is dtypes.bfloat16 else dtype)
    array = kernels.from_host(memoryview(buffer).cast("B"), tuple(shape[dim] for dim in order), made.name)
    if made is not dtype:
        array = kernels.cast(array, dtype.name)
    if order == c_order(len(shape)):
        return array
    return kernels.permute(array, tuple(order.index(dim) for dim in range(len(shape))))
