"""Coordinates: where the stored elements are, in any layout, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from .. import dtypes, layouts
from .._tensor import Tensor
from ..ops.conversion import to_type
from ..ops.creation import zeros
from ..ops.joining import cat, stack
from ..ops.ranges import arange
from ..ops.repeating import repeat_interleave

if TYPE_CHECKING:
    from ._tensor import SparseTensor

__all__ = ["coalesced", "compressed", "coordinates", "expanded", "in_layout", "positions", "summed"]


def expanded(pointers: Tensor) -> Tensor:
    """The row of every stored element, given where the rows begin."""
    counts = pointers[1:] - pointers[:-1]
    rows = arange(counts.numel(), device=pointers.device)
    return repeat_interleave(rows, to_type(counts, rows._type))


def compressed(rows: Tensor, count: int) -> Tensor:
    """Where each of ``count`` rows begins, given the sorted rows of the stored elements."""
    counts = zeros(count + 1, dtype=dtypes.int64, device=rows.device)
    counts.index_add_(0, rows + 1, zeros(rows.numel(), dtype=dtypes.int64, device=rows.device) + 1)
    return counts.cumsum(0)


def coordinates(tensor: SparseTensor) -> Tensor:
    """The coordinates of the stored elements, (sparse dims, nnz), in the order of the values."""
    if tensor.layout is layouts.sparse_coo:
        return tensor._components[0]
    pointers, plain = tensor._components
    lines, others = expanded(pointers), to_type(plain, plain._type.with_dtype(dtypes.int64))
    return stack([lines, others] if tensor.layout is layouts.sparse_csr else [others, lines])


def positions(indices: Tensor, size: Sequence[int]) -> Tensor:
    """One number for each coordinate: its place in the order of a contiguous strided tensor of ``size``."""
    found = zeros(indices.shape[1], dtype=dtypes.int64, device=indices.device)
    for dim in range(indices.shape[0]):
        found = found + indices[dim] * prod(size[dim + 1 :])
    return found


def _coordinates_of(places: Tensor, size: Sequence[int]) -> Tensor:
    rows = [(places // prod(size[dim + 1 :])) % max(size[dim], 1) for dim in range(len(size))]
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


def coalesced(tensor: SparseTensor) -> SparseTensor:
    """A COO tensor whose coordinates are in order, each once."""
    if tensor._coalesced:
        return tensor
    count = tensor.sparse_dim()
    indices, values = summed(tensor._components[0], tensor._values_, tuple(tensor.shape)[:count])
    return in_layout(layouts.sparse_coo, indices, values, tuple(tensor.shape))


def in_layout(layout: layouts.layout, indices: Tensor, values: Tensor, size: tuple[int, ...]) -> SparseTensor:
    """A sparse tensor of coordinates that are in order, each once."""
    from ._tensor import make_sparse

    if layout is layouts.sparse_coo:
        return make_sparse(layout, (indices,), values, size, coalesced=True)
    if len(size) != 2:
        raise RuntimeError(f"a tensor of layout {layout!r} has 2 dimensions here, not {len(size)}")
    rows, columns = indices[0], indices[1]
    if layout is layouts.sparse_csr:
        return make_sparse(layout, (compressed(rows, size[0]), columns), values, size, coalesced=True)
    order = columns.argsort(stable=True)
    pointers = compressed(columns[order], size[1])
    return make_sparse(layout, (pointers, rows[order]), values.index_select(0, order), size, coalesced=True)
