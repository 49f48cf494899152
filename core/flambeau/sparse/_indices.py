"""Coordinates: where the stored elements are, in any layout, and in which order.

Every operation on more than the values alone works on coordinates, those of layout COO, and brings its result back to the
layout of its operand. Batch dimensions of a compressed layout are ordinary coordinates here, and blocks are single elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from flambeau import dtypes, layouts
from flambeau._tensor import Tensor
from flambeau._tensor.formats import FORMATS, Format
from flambeau._tensor.sparse import make_sparse, sparse_method
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.creation.filled import zeros
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import cat, stack
from flambeau.ops.movement.repeating import repeat_interleave

from ._history import recorded_as

if TYPE_CHECKING:
    from flambeau._tensor.sparse import SparseTensor

__all__ = [
    "coalesced", "compressed", "coordinates", "elements", "expanded", "in_layout", "in_layout_of", "positions",
    "split_positions", "summed",
]  # fmt: skip


def expanded(pointers: Tensor) -> Tensor:
    """The line of every stored element, given where the lines begin; the lines of batches are numbered through."""
    counts = (pointers[..., 1:] - pointers[..., :-1]).reshape(-1)
    lines = arange(counts.numel(), device=pointers.device)
    return repeat_interleave(lines, to_type(counts, lines._type))


def compressed(lines: Tensor, count: int) -> Tensor:
    """Where each of ``count`` lines begins, given the sorted lines of the stored elements."""
    counts = zeros(count + 1, dtype=dtypes.int64, device=lines.device)
    counts.index_add_(0, lines + 1, zeros(lines.numel(), dtype=dtypes.int64, device=lines.device) + 1)
    return counts.cumsum(0)


def coordinates(tensor: SparseTensor) -> Tensor:
    """The coordinates of the stored elements, (batch and sparse dims, elements), in the order of the values in memory."""
    format = FORMATS[tensor.layout]
    if not format.compressed:
        return tensor._components[0]
    pointers, plain = tensor._components
    lines, others = expanded(pointers), plain.reshape(-1).long()
    batch = tuple(pointers.shape[:-1])
    numbers: list[Tensor] = []
    if batch:
        count = max(pointers.shape[-1] - 1, 1)
        numbers, lines = split_positions(lines // count, batch), lines % count
    rows, columns = (lines, others) if format.by_rows else (others, lines)
    if format.blocked:
        height, width = tensor._blocksize()
        shape = (rows.numel(), height, width)
        inner = [arange(size, device=rows.device) for size in (height, width)]
        numbers = [number.reshape(-1, 1, 1).expand(shape).reshape(-1) for number in numbers]
        rows = (rows.reshape(-1, 1, 1) * height + inner[0].reshape(-1, 1)).expand(shape).reshape(-1)
        columns = (columns.reshape(-1, 1, 1) * width + inner[1]).expand(shape).reshape(-1)
    return stack([*numbers, rows, columns])


def elements(tensor: SparseTensor) -> tuple[Tensor, Tensor]:
    """Coordinates and values, one for each stored element: (batch and sparse dims, elements) and (elements, dense dims…)."""
    values = tensor._values_
    leading = values.dim() - tensor.dense_dim()
    if leading > 1:
        values = values.reshape(-1, *values.shape[leading:])
    return coordinates(tensor), values


def positions(indices: Tensor, size: Sequence[int]) -> Tensor:
    """One number for each coordinate: its place in the order of a contiguous strided tensor of ``size``."""
    found = zeros(indices.shape[1], dtype=dtypes.int64, device=indices.device)
    for dim in range(indices.shape[0]):
        found = found + indices[dim] * prod(size[dim + 1 :])
    return found


def split_positions(places: Tensor, size: Sequence[int]) -> list[Tensor]:
    """The coordinates that :func:`positions` has made numbers of."""
    return [(places // prod(size[dim + 1 :])) % max(size[dim], 1) for dim in range(len(size))]


def _coordinates_of(places: Tensor, size: Sequence[int]) -> Tensor:
    rows = split_positions(places, size)
    return stack(rows) if rows else zeros((0, places.numel()), dtype=dtypes.int64, device=places.device)


def summed(indices: Tensor, values: Tensor, size: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Coordinates in order, each once, and the sums of the values at each."""
    places = positions(indices, size)
    order = places.argsort(stable=True)
    places = places[order]
    first = cat([zeros(min(1, places.numel()), dtype=dtypes.int64, device=places.device) + 1,
                 to_type(places[1:] != places[:-1], places._type)])  # fmt: skip
    values = values.index_select(0, order)
    if bool((first == 1).all()):
        return _coordinates_of(places, size), values
    group = first.cumsum(0) - 1
    total = values.new_zeros((int(group[-1].item()) + 1, *values.shape[1:]))
    if values.dtype is dtypes.bool:
        values = total.to(dtypes.uint8).index_add(0, group, values.to(dtypes.uint8)).to(dtypes.bool)
    else:
        values = total.index_add(0, group, values)
    return _coordinates_of(places[first == 1], size), values


@recorded_as("CoalesceBackward0")
def coalesced(tensor: SparseTensor) -> SparseTensor:
    """A COO tensor whose coordinates are in order, each once."""
    if tensor._coalesced:
        return tensor
    count = tensor.sparse_dim()
    indices, values = summed(tensor._components[0], tensor._values_, tuple(tensor.shape)[:count])
    return in_layout(layouts.sparse_coo, indices, values, tuple(tensor.shape))


@sparse_method("coalesce")
def _coalesce(self: SparseTensor) -> SparseTensor:
    """The same COO tensor with sorted coordinates, of which none occurs twice."""
    self._expect_coo("coalesce")
    return coalesced(self)


def in_layout(
    layout: layouts.layout,
    indices: Tensor,
    values: Tensor,
    size: tuple[int, ...],
    blocksize: Sequence[int] | None = None,
) -> SparseTensor:
    """A sparse tensor of coordinates that are in order, each once.

    Raises:
        RuntimeError: the layout cannot hold them: there are no two sparse dimensions, the blocks do not fit, or batches
            differ in how many elements they store.
    """
    if layout is layouts.sparse_coo:
        return make_sparse(layout, (indices,), values, size, coalesced=True)
    batch = indices.shape[0] - 2
    format = FORMATS[layout]
    if batch < 0:
        raise RuntimeError(f"a tensor of layout {layout!r} has 2 sparse dimensions, not {indices.shape[0]}")
    count = indices.shape[0]
    grid = size[:count]
    if format.blocked:
        if blocksize is None:
            raise RuntimeError(f"a blocksize is needed for the layout {layout!r}, such as (2, 2)")
        indices, values, grid = _blocks(indices, values, grid, blocksize, layout)
    number = positions(indices[:batch], grid[:batch])
    line, other = indices[batch], indices[batch + 1]
    lines = grid[-2]
    if not format.by_rows:
        order = (number * grid[-1] + other).argsort(stable=True)
        number, line, other, lines = number[order], other[order], line[order], grid[-1]
        values = values.index_select(0, order)
    pointers = compressed(number * lines + line, prod(grid[:batch]) * lines)
    if batch:
        pointers, other, values = _batched(format, pointers, other, values, grid[:batch], lines)
    return make_sparse(layout, (pointers, other), values, size, coalesced=True)


def _blocks(
    indices: Tensor, values: Tensor, size: tuple[int, ...], blocksize: Sequence[int], layout: layouts.layout
) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Coordinates of blocks in order, the blocks with zeros where nothing is stored, and the size counted in blocks."""
    height, width = blocksize
    if height < 1 or width < 1 or size[-2] % height or size[-1] % width:
        raise RuntimeError(
            f"tensor sparse size ({size[-2]},{size[-1]}) must be divisible by given blocksize ({height},{width})"
        )
    grid = (*size[:-2], size[-2] // height, size[-1] // width)
    rows, columns = indices[-2], indices[-1]
    within = (rows % height) * width + columns % width
    places = positions(cat([indices[:-2], stack([rows // height, columns // width])]), grid)
    distinct, block = places.unique(return_inverse=True)
    made = values.new_zeros((distinct.numel() * height * width, *values.shape[1:]))
    made = made.index_put((block * (height * width) + within,), values)
    return _coordinates_of(distinct, grid), made.reshape(-1, height, width, *values.shape[1:]), grid


def _batched(
    format: Format, pointers: Tensor, plain: Tensor, values: Tensor, batch: tuple[int, ...], lines: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The components with their batch dimensions, out of those of the lines of all batches."""
    total = prod(batch)
    firsts = arange(total, device=plain.device) * lines
    each = pointers[(firsts.unsqueeze(1) + arange(lines + 1, device=plain.device))]
    stored = (each[:, -1] - each[:, 0]).tolist()
    if len(set(stored)) > 1:
        raise RuntimeError(
            f"Expect the same number of specified elements per batch, but they have {min(stored)} to {max(stored)}, which the "
            f"layout {format.layout!r} cannot hold: use sparse_coo"
        )
    count = stored[0] if stored else 0
    return (
        (each - each[:, :1]).reshape(*batch, lines + 1),
        plain.reshape(*batch, count),
        values.reshape(*batch, count, *values.shape[1:]),
    )


def in_layout_of(
    model: SparseTensor, indices: Tensor, values: Tensor, size: tuple[int, ...], *, like: SparseTensor | None = None
) -> SparseTensor:
    """A sparse tensor of ordered coordinates in the layout of an operand, as far as it can hold them.

    Fewer than two sparse dimensions are COO; blocks that do not divide the size are single elements.
    """
    format = FORMATS[model.layout]
    layout, blocksize = model.layout, None
    if indices.shape[0] < 2:
        layout = layouts.sparse_coo
    elif format.blocked:
        second = model if like is None else like
        blocksize = (model._blocksize()[0], second._blocksize()[1])
        count = indices.shape[0]
        if size[count - 2] % blocksize[0] or size[count - 1] % blocksize[1]:
            layout, blocksize = format.unblocked, None
    return in_layout(layout, indices, values, size, blocksize)
