"""Convolutions over a NumPy-like namespace: products of matrices with the elements that meet each place of the kernel.

The input is copied to *columns*, with a row for each channel and place of the kernel: block by block into one buffer, which
stays in the cache. Where the kernel moves by one in the first dimension, its rows meet the same columns, moved on: then
they are copied for the other dimensions only, and there is one product for each row. A kernel of one place needs no copy, and
with one channel in each group there are no products to speak of: shifted inputs are multiplied and added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

from .kernels import Array, Shape

__all__ = ["convolution_kernels"]

_PRODUCT = 512
"""Columns from which on a product of matrices is efficient: of small images, several are taken together."""

_SHARED = 32
"""Rows of columns from which on several products are as good as one."""


class _Plan(NamedTuple):
    """A convolution in numbers."""

    kernel: Shape
    size: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int

    @property
    def extents(self) -> Shape:
        """The places of the padded input that are used."""
        return tuple(
            (size - 1) * stride + dilation * (length - 1) + 1
            for size, stride, dilation, length in zip(self.size, self.stride, self.dilation, self.kernel, strict=True)
        )

    @property
    def places(self) -> Sequence[tuple[Shape, tuple[slice, ...]]]:
        """The places of the kernel, and what each meets of the padded input."""
        return _places(self)


@lru_cache(maxsize=256)
def _places(plan: _Plan) -> Sequence[tuple[Shape, tuple[slice, ...]]]:
    def meets(at: int, dilation: int, size: int, stride: int) -> slice:
        return slice(at * dilation, at * dilation + (size - 1) * stride + 1, stride)

    return [
        (place, tuple(map(meets, place, plan.dilation, plan.size, plan.stride)))
        for place in product(*map(range, plan.kernel))
    ]


def convolution_kernels(xp: Any, elements: int, finite: Callable[[Array], bool]) -> dict[str, Callable[..., Array]]:
    """The kernels of convolutions; a buffer holds so many elements if it can, and ``finite`` tells what zeros may meet."""

    def convolution(
        a: Array,
        weight: Array,
        bias: Array | None,
        size: Shape,
        stride: Shape,
        padding: Shape,
        dilation: Shape,
        groups: int,
    ) -> Array:
        plan = _Plan(weight.shape[2:], size, stride, padding, dilation, groups)
        result = xp.empty((a.shape[0], weight.shape[0], *size), a.dtype)
        if not (a.size and weight.size):
            result[...] = 0
        elif weight.shape[1] == 1 and groups > 1 and weight.shape[0] == groups:
            _add_shifted(xp, a, weight, result, plan, elements)
        elif _is_plain(plan, a.shape[2:]):
            count, outputs = result.shape[:2]
            grouped = a.reshape(count, groups, a.shape[1] // groups, -1)
            matrices = weight.reshape(groups, outputs // groups, -1)
            xp.matmul(matrices, grouped, out=result.reshape(count, groups, outputs // groups, -1))
        else:
            for rows, first, band in _bands(plan, a.shape[1], elements):
                _multiply(xp, a[:, :, first:], weight, result[:, :, rows], band, elements)
        if bias is not None:
            result += bias.reshape(-1, *[1] * len(size))
        return result

    def convolution_input(
        grad: Array,
        weight: Array,
        bias: Array | None,
        size: Shape,
        stride: Shape,
        padding: Shape,
        dilation: Shape,
        groups: int,
    ) -> Array:
        plan = _Plan(weight.shape[2:], tuple(grad.shape[2:]), stride, padding, dilation, groups)
        rest = tuple(
            spread * (length - 1) - pad for spread, length, pad in zip(dilation, plan.kernel, padding, strict=True)
        )
        # The way back is a convolution too, which takes columns of the outputs where the other one gives those of the inputs.
        dense = all(step == 1 for step in stride) and all(pad >= 0 for pad in rest)
        if dense and weight.shape[0] <= weight.shape[1] * groups and finite(weight):  # which meets zeros at the edges
            return convolution(grad, _mirrored(weight, groups), bias, size, stride, rest, dilation, groups)
        result = _fold(xp, grad, weight, size, plan, elements)
        if bias is not None:
            result += bias.reshape(-1, *[1] * len(size))
        return result

    def convolution_weight(
        a: Array, grad: Array, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
    ) -> Array:
        plan = _Plan(size, tuple(grad.shape[2:]), stride, padding, dilation, groups)
        result = xp.zeros((grad.shape[1], a.shape[1] // groups, *size), a.dtype)
        if _is_plain(plan, a.shape[2:]) and prod(plan.size) >= _PRODUCT:
            for one, other in zip(grad, a, strict=True):
                columns = other.reshape(groups, a.shape[1] // groups, -1).swapaxes(1, 2)
                result += xp.matmul(_rows(one[None], groups), columns).reshape(result.shape)
        elif a.size and result.size:
            for rows, first, band in _bands(plan, a.shape[1], elements):
                _weigh(xp, a[:, :, first:], grad[:, :, rows], result, band, elements)
        return result

    return {
        "convolution": convolution, "convolution_input": convolution_input, "convolution_weight": convolution_weight,
    }  # fmt: skip


def _is_plain(plan: _Plan, places: Shape) -> bool:
    """Whether every place of the input is multiplied alone, and no other."""
    return plan.kernel == plan.stride == (1,) * len(plan.kernel) and not any(plan.padding) and plan.size == places


def _mirrored(weight: Array, groups: int) -> Array:
    """The weight of the convolution that goes back: turned around, with inputs and outputs exchanged in each group."""
    outputs, channels, *kernel = weight.shape
    turned = weight[(slice(None), slice(None), *[slice(None, None, -1)] * len(kernel))]
    return (
        turned.reshape(groups, outputs // groups, channels, *kernel)
        .swapaxes(1, 2)
        .reshape(groups * channels, outputs // groups, *kernel)
    )


def _add_shifted(xp: Any, a: Array, weight: Array, result: Array, plan: _Plan, elements: int) -> None:
    """One channel in, one channel out: the input is multiplied with every element of the kernel, and added.

    Every channel of every sample stands for itself: they are taken in blocks that stay in the nearest cache. Where the kernel
    moves by one, a channel is one row of memory, of which each element of the kernel meets a long piece, and what lies
    between the lines of the result is left out at the end.
    """
    planes, targets = (each.reshape(-1, *each.shape[2:]) for each in (a, result))
    flat = xp.concatenate([weight.reshape(weight.shape[0], -1)] * a.shape[0])
    in_rows = all(step == 1 for step in plan.stride)
    factors = flat.T.reshape(-1, len(planes), *[1] * (1 if in_rows else len(plan.size)))
    step = max(min(elements // 16 // max(prod(plan.size), 1), len(planes)), 1)
    padded = xp.zeros((step, *plan.extents), a.dtype)
    whole = xp.empty(padded.shape if in_rows else (step, *plan.size), a.dtype)
    parts = _pieces_of_rows(padded, plan) if in_rows else [padded[(slice(None), *met)] for _, met in plan.places]
    total = whole.reshape(step, -1)[:, : parts[0].shape[1]] if in_rows else whole
    term = xp.empty(total.shape, a.dtype)
    lines = whole[(slice(None), *map(slice, plan.size))]
    inner, outer = _overlap(a.shape[2:], plan)
    for start in range(0, len(planes), step):
        block = slice(start, start + step)
        target = targets[block]
        count = len(target)
        padded[(slice(0, count), *inner)] = planes[(block, *outer)]
        for number, (part, factor) in enumerate(zip(parts, factors[:, block], strict=True)):
            xp.multiply(part[:count], factor, out=(term if number else total)[:count])
            if number:
                total[:count] += term[:count]
        target[...] = lines[:count]


def _pieces_of_rows(padded: Array, plan: _Plan) -> list[Array]:
    """For every place of the kernel, what it meets of planes that are taken as rows, with what lies between the lines."""
    rows = padded.reshape(len(padded), -1)
    widths = [prod(plan.extents[dim + 1 :]) for dim in range(len(plan.extents))]
    starts = [sum(piece.start * width for piece, width in zip(met, widths, strict=True)) for _, met in plan.places]
    length = rows.shape[1] - max(starts)
    return [rows[:, start : start + length] for start in starts]


@lru_cache(maxsize=256)
def _overlap(places: Shape, plan: _Plan) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Which part of the padded input is which part of the input."""
    stops = [min(size, extent - pad) for size, extent, pad in zip(places, plan.extents, plan.padding, strict=True)]
    inner = tuple(slice(pad, pad + max(stop, 0)) for pad, stop in zip(plan.padding, stops, strict=True))
    return inner, tuple(slice(0, max(stop, 0)) for stop in stops)


class _Columns:
    """The buffer of columns for a number of samples, and the products that it takes part in.

    ``pieces`` are, for each product, the part of the weight's kernel that it is with, and the columns.
    """

    def __init__(self, xp: Any, channels: int, count: int, dtype: Any, plan: _Plan) -> None:
        rest = prod(plan.kernel[1:])
        self.plan, self.count = plan, count
        self.by_rows = (
            count == 1 and plan.kernel[0] > 1 and plan.stride[0] == 1 and (channels // plan.groups) * rest >= _SHARED
        )
        self.padded = xp.zeros((channels, count, *plan.extents), dtype)
        kernel = (1, *plan.kernel[1:]) if self.by_rows else plan.kernel
        height = plan.extents[0] if self.by_rows else plan.size[0]
        self.single = plan._replace(kernel=kernel, size=(height, *plan.size[1:]))
        self.buffer = xp.empty((channels, *kernel, count, height, *plan.size[1:]), dtype)
        flat = self.buffer.reshape(plan.groups, channels // plan.groups * prod(kernel), -1)
        if not self.by_rows:
            self.pieces = [(slice(None), flat)]
        else:
            width = prod(plan.size[1:])
            starts = [row * plan.dilation[0] * width for row in range(plan.kernel[0])]
            self.pieces = [
                (slice(row, row + 1), flat[:, :, start : start + plan.size[0] * width])
                for row, start in enumerate(starts)
            ]

    def fill(self, a: Array) -> None:
        """Copy what the places of the kernel meet of some samples; of fewer than there is room for, the first ones."""
        plan, count = self.plan, a.shape[0]
        inner, outer = _overlap(a.shape[2:], plan)
        self.padded[(slice(None), slice(0, count), *inner)] = a[(slice(None), slice(None), *outer)].swapaxes(0, 1)
        for place, met in self.single.places:
            self.buffer[(slice(None), *place)] = self.padded[(slice(None), slice(None), *met)]

    def add_to(self, target: Array) -> None:
        """Add the columns to the places of some samples that they come from."""
        count = target.shape[0]
        self.padded[...] = 0
        for place, met in self.single.places:
            self.padded[(slice(None), slice(None), *met)] += self.buffer[(slice(None), *place)]
        inner, outer = _overlap(target.shape[2:], self.plan)
        target[(slice(None), slice(None), *outer)] = self.padded[(slice(None), slice(0, count), *inner)].swapaxes(0, 1)


def _matrices(weight: Array, part: slice, groups: int) -> Array:
    """A part of the weight's kernel as matrices, one for each group."""
    return weight[:, :, part].reshape(groups, weight.shape[0] // groups, -1)


def _bands(plan: _Plan, channels: int, elements: int) -> Iterator[tuple[slice, int, _Plan]]:
    """Rows of the result that are computed together, from which row of the input on, and the plan for them.

    The columns of a large image would fill more memory than the image and the result.
    """
    rows = channels * prod(plan.kernel[1:]) * (1 if plan.stride[0] == 1 else plan.kernel[0])
    height = max(elements // max(rows * prod(plan.size[1:]), 1), 1)
    if height >= plan.size[0]:
        yield slice(None), 0, plan
        return
    for start in range(0, plan.size[0], height):
        stop = min(start + height, plan.size[0])
        before = start * plan.stride[0] - plan.padding[0]
        size, padding = (stop - start, *plan.size[1:]), (max(-before, 0), *plan.padding[1:])
        yield slice(start, stop), max(before, 0), plan._replace(size=size, padding=padding)


def _samples_at_once(count: int, rows: int, plan: _Plan, elements: int) -> int:
    length = max(prod(plan.size), 1)
    most = max(elements // max(rows * length, 1), 1)
    return max(min(count, most, -(-_PRODUCT // length)), 1)


def _multiply(xp: Any, a: Array, weight: Array, result: Array, plan: _Plan, elements: int) -> None:
    """The product of the weight and the columns, block by block."""
    count, channels = a.shape[:2]
    outputs, groups = weight.shape[0], plan.groups
    step = _samples_at_once(count, channels * prod(plan.kernel), plan, elements)
    columns = _Columns(xp, channels, step, a.dtype, plan)
    factors = [(_matrices(weight, part, groups), piece) for part, piece in columns.pieces]
    shape = (groups, outputs // groups, step * prod(plan.size))
    several = [xp.empty(shape, a.dtype) for _ in range((step > 1) + (len(factors) > 1))]
    for start in range(0, count, step):
        target = result[start : start + step]
        columns.fill(a[start : start + step])
        total = target.reshape(shape) if step == 1 else several[0]
        for number, (matrices, piece) in enumerate(factors):
            if number == 0:
                xp.matmul(matrices, piece, out=total)
            else:
                xp.matmul(matrices, piece, out=several[-1])
                total += several[-1]
        if step > 1:
            samples = total.reshape(outputs, step, *plan.size).swapaxes(0, 1)
            target[...] = samples[: target.shape[0]]


def _rows(grad: Array, groups: int) -> Array:
    """A gradient as matrices: for each group a row for each output, with the places of all samples."""
    count, outputs = grad.shape[:2]
    shape = (groups, outputs // groups, -1)
    return grad.swapaxes(0, 1).reshape(shape) if count > 1 else grad.reshape(shape)


def _fold(xp: Any, grad: Array, weight: Array, size: Shape, plan: _Plan, elements: int) -> Array:
    """The product of the turned weight and the gradient, added to the places that the columns come from."""
    count, groups = grad.shape[0], plan.groups
    channels = weight.shape[1] * groups
    result = xp.zeros((count, channels, *size), grad.dtype)
    step = _samples_at_once(count, channels * prod(plan.kernel), plan, elements)
    start = 0 if result.size and weight.size else count
    while start < count:
        step = min(step, count - start)
        columns = _Columns(xp, channels, step, grad.dtype, plan)
        start = _fold_blocks(xp, columns, grad, weight, result, start)
    return result


def _fold_blocks(xp: Any, columns: _Columns, grad: Array, weight: Array, result: Array, start: int) -> int:
    """Every whole block from a sample on; the number of the sample behind them."""
    step, groups = columns.count, columns.plan.groups
    factors = [(_matrices(weight, part, groups).swapaxes(1, 2), piece) for part, piece in columns.pieces]
    while start + step <= grad.shape[0]:
        rows = _rows(grad[start : start + step], groups)
        if columns.by_rows:
            columns.buffer[...] = 0
        for matrices, piece in factors:
            if columns.by_rows:
                piece += xp.matmul(matrices, rows)
            else:
                xp.matmul(matrices, rows, out=piece)
        columns.add_to(result[start : start + step])
        start += step
    return start


def _weigh(xp: Any, a: Array, grad: Array, result: Array, plan: _Plan, elements: int) -> None:
    """Add the product of the gradient and the columns, turned, block by block."""
    (count, channels), groups = a.shape[:2], plan.groups
    step = _samples_at_once(count, channels * prod(plan.kernel), plan, elements)
    start = 0
    while start < count:
        step = min(step, count - start)
        columns = _Columns(xp, channels, step, a.dtype, plan)
        while start + step <= count:
            columns.fill(a[start : start + step])
            rows = _rows(grad[start : start + step], groups)
            for part, piece in columns.pieces:
                target = result[:, :, part]
                target += xp.matmul(rows, piece.swapaxes(1, 2)).reshape(target.shape)
            start += step
