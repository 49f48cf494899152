"""Convolution composed of required kernels, for backends that have no kernel of their own for it.

All are functions of a tensor type and arrays. A *place* is a position in the weight's kernel: what meets the weight there
is the input, shifted and taken in steps, so that a convolution is the sum of one product of matrices for each place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any, NamedTuple

from flambeau.backend.types import TensorType
from flambeau.shapes import Shape

__all__ = ["Window", "columns_of", "convolved", "image_of", "slope_of_input", "slope_of_weight"]


class Window(NamedTuple):
    """How the kernel moves over the places of the input, one number for each dimension but batch and channels."""

    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int


def convolved(type_: TensorType, a: Any, weight: Any, bias: Any, size: Shape, window: Window) -> Any:
    """The convolution of (N, C, …) by (O, C / groups, …) with places of this size."""
    if type_.kernels.convolution is not None:
        return type_.kernels.convolution(a, weight, bias, size, *window)
    return _with_bias(type_, _sum_over_places(type_, a, weight, size, window), bias)


def slope_of_input(type_: TensorType, grad: Any, weight: Any, bias: Any, size: Shape, window: Window) -> Any:
    """What a gradient (N, O, …) makes of the input, whose places have this size: the transposed convolution."""
    if type_.kernels.convolution_input is not None:
        return type_.kernels.convolution_input(grad, weight, bias, size, *window)
    kernels, groups, kernel = type_.kernels, window.groups, tuple(weight.shape[2:])
    (count, outputs), places = grad.shape[:2], tuple(grad.shape[2:])
    channels = weight.shape[1]
    matrices = kernels.reshape(weight, (groups, outputs // groups, channels * prod(kernel)))
    rows = kernels.reshape(grad, (count, groups, outputs // groups, prod(places)))
    columns = kernels.matmul(kernels.permute(matrices, (0, 2, 1)), rows)
    columns = kernels.reshape(columns, (count, groups * channels, prod(kernel), *places))
    return _with_bias(type_, image_of(type_, columns, size, kernel, window), bias)


def slope_of_weight(type_: TensorType, a: Any, grad: Any, size: Shape, window: Window) -> Any:
    """What a gradient (N, O, …) makes of the weight, whose kernel has this size."""
    kernels, groups = type_.kernels, window.groups
    if kernels.convolution_weight is not None:
        return kernels.convolution_weight(a, grad, size, *window)
    (count, channels), (outputs, *places) = a.shape[:2], grad.shape[1:]
    length = prod(places)
    rows = kernels.reshape(grad, (count, groups, outputs // groups, length))
    rows = kernels.reshape(kernels.permute(rows, (1, 2, 0, 3)), (groups, outputs // groups, count * length))
    parts = []
    for _, part in _parts(type_, a, size, tuple(places), window):
        columns = kernels.reshape(part, (count, groups, channels // groups, length))
        columns = kernels.reshape(kernels.permute(columns, (1, 0, 3, 2)), (groups, count * length, channels // groups))
        slope = kernels.matmul(rows, columns)
        parts.append(kernels.reshape(slope, (outputs, channels // groups, 1)))
    return kernels.reshape(kernels.concat(parts, 2), (outputs, channels // groups, *size))


def columns_of(type_: TensorType, a: Any, kernel: Shape, size: Shape, window: Window) -> Any:
    """What each place of a kernel meets: (N, C * places of the kernel, places of the result)."""
    kernels, (count, channels), length = type_.kernels, a.shape[:2], prod(size)
    parts = [kernels.reshape(part, (count, channels, 1, length)) for _, part in _parts(type_, a, kernel, size, window)]
    return kernels.reshape(kernels.concat(parts, 2), (count, channels * prod(kernel), length))


def image_of(type_: TensorType, columns: Any, output: Shape, kernel: Shape, window: Window) -> Any:
    """The sum of what comes from each place of a kernel, (N, C, places, …), at the places that it met."""
    kernels = type_.kernels
    (count, channels, _), size = columns.shape[:3], tuple(columns.shape[3:])
    total = None
    for number, place in enumerate(product(*map(range, kernel))):
        part = kernels.slice(
            columns, (0, 0, number, *[0] * len(size)), (count, channels, 1, *size), (1,) * (3 + len(size))
        )
        spread = _spread(type_, kernels.reshape(part, (count, channels, *size)), window.stride)
        shifts = tuple(
            at * dilation - padding
            for at, dilation, padding in zip(place, window.dilation, window.padding, strict=True)
        )
        term = _fitted(type_, spread, shifts, output)
        total = term if total is None else kernels.add(total, term)
    return total


def _with_bias(type_: TensorType, array: Any, bias: Any) -> Any:
    if bias is None:
        return array
    shape = (bias.shape[0], *[1] * (len(array.shape) - 2))
    return type_.kernels.add(array, type_.kernels.reshape(bias, shape))


def _sum_over_places(type_: TensorType, a: Any, weight: Any, size: Shape, window: Window) -> Any:
    kernels, groups = type_.kernels, window.groups
    (count, channels), outputs, kernel = a.shape[:2], weight.shape[0], weight.shape[2:]
    matrices = kernels.reshape(weight, (groups, outputs // groups, channels // groups, prod(kernel)))
    total = None
    for number, part in _parts(type_, a, kernel, size, window):
        shape = tuple(matrices.shape[:3])
        matrix = kernels.slice(matrices, (0, 0, 0, number), (*shape, 1), (1, 1, 1, 1))
        columns = kernels.reshape(part, (count, groups, channels // groups, prod(size)))
        term = kernels.matmul(kernels.reshape(matrix, shape), columns)
        total = term if total is None else kernels.add(total, term)
    return kernels.reshape(total, (count, outputs, *size))


def _parts(type_: TensorType, a: Any, kernel: Shape, size: Shape, window: Window) -> Iterator[tuple[int, Any]]:
    """For every place of the kernel, by number: the elements of ``a`` that it meets, (N, C, *size)."""
    lengths = tuple(
        (places - 1) * step + dilation * (extent - 1) + 1
        for places, step, dilation, extent in zip(size, window.stride, window.dilation, kernel, strict=True)
    )
    padded = _fitted(type_, a, window.padding, lengths)
    lead = tuple(a.shape[:2])
    for number, place in enumerate(product(*map(range, kernel))):
        starts = tuple(index * dilation for index, dilation in zip(place, window.dilation, strict=True))
        yield number, type_.kernels.slice(padded, (0, 0, *starts), (*lead, *size), (1, 1, *window.stride))


def _fitted(type_: TensorType, a: Any, shifts: Shape, lengths: Shape) -> Any:
    """``a`` moved up by so many places in each dimension, of these lengths: zeros come in, what is beyond goes out."""
    starts, kept, before, after = [], [], [], []
    for size, shift, length in zip(a.shape[2:], shifts, lengths, strict=True):
        start, stop = max(-shift, 0), min(size, length - shift)
        starts.append(min(start, size))
        kept.append(max(stop - start, 0))
        before.append(min(max(shift, 0), length))
        after.append(length - before[-1] - kept[-1])
    lead = tuple(a.shape[:2])
    part = type_.kernels.slice(a, (0, 0, *starts), (*lead, *kept), (1,) * len(a.shape))
    return type_.kernels.pad(part, (0, 0, *before), (0, 0, *after), 0)


def _spread(type_: TensorType, a: Any, stride: Shape) -> Any:
    """``a`` with zeros between its elements, as many as steps go over."""
    if all(step == 1 for step in stride):
        return a
    kernels, (count, channels), places = type_.kernels, a.shape[:2], a.shape[2:]
    single = kernels.reshape(a, (count, channels, *(size for place in places for size in (place, 1))))
    none = (0,) * len(single.shape)
    after = (0, 0, *(added for step in stride for added in (0, step - 1)))
    wide = kernels.pad(single, none, after, 0)
    return kernels.reshape(wide, (count, channels, *(place * step for place, step in zip(places, stride, strict=True))))
