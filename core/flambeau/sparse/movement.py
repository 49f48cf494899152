"""Transposing, selecting and joining: what is done to coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau import layouts
from flambeau._dispatch.sparse_forms import implements
from flambeau._tensor import Tensor
from flambeau._tensor.formats import FORMATS
from flambeau._tensor.sparse import SparseTensor, make_sparse, sparse_method
from flambeau.errors import UnsupportedLayoutError
from flambeau.ops.creation.filled import zeros
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.repeating import repeat_interleave
from flambeau.ops.sorting.searching import searchsorted
from flambeau.shapes import normalize_dim

from ._history import recorded_as
from ._indices import in_layout, in_layout_of, summed
from .conversion import to_coo

__all__ = ["broadcast", "part"]


@implements("t")
@recorded_as("TBackward0")
def _t(input: Any) -> Any:
    if input.dim() > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 sparse and 0 dense dimensions, but got {input.dim()} dimensions"
        )
    return _permute(input, tuple(range(input.dim()))[::-1])


@implements("transpose", "swapaxes", "swapdims")
@recorded_as("TransposeBackward0")
def _transpose(input: Any, dim0: int, dim1: int) -> Any:
    order = list(range(input.dim()))
    first, second = (normalize_dim(dim, input.dim()) for dim in (dim0, dim1))
    order[first], order[second] = order[second], order[first]
    return _permute(input, tuple(order))


@implements("permute")
@recorded_as("PermuteBackward0")
def _permute(input: SparseTensor, dims: Sequence[int]) -> SparseTensor:
    order = [normalize_dim(dim, input.dim()) for dim in dims]
    if sorted(order) != list(range(input.dim())):
        raise RuntimeError(f"permute(): {list(dims)} does not name each of {input.dim()} dimensions once")
    size = tuple(input.shape[dim] for dim in order)
    if order == list(range(input.dim())):
        return input
    batch = input._batch_dim()
    count = batch + input.sparse_dim()
    if sorted(order[:count]) != list(range(count)):
        raise UnsupportedLayoutError("permute() would mix sparse and dense dimensions: convert with to_dense() first")
    format = FORMATS[input.layout]
    if not format.compressed:
        indices = input._components[0][order[:count]]
        values = _permuted(input._values_, [0], order[count:], 1 - count)
        return make_sparse(input.layout, (indices,), values, size)
    if sorted(order[:batch]) != list(range(batch)):  # what was a batch becomes a row or a column
        moved = _permute(to_coo(input), dims)
        return in_layout_of(input, *_ordered(moved), size)
    first, second = order[batch:count]
    components = tuple(_permuted(component, order[:batch], [batch], 0) for component in input._components)
    block = ([batch + 1, batch + 2] if first < second else [batch + 2, batch + 1]) if format.blocked else []
    before = [*order[:batch], batch, *block]
    values = _permuted(input._values_, before, order[count:], len(before) - count)
    layout = input.layout if first < second else format.turned  # rows become columns, and nothing moves
    return make_sparse(layout, components, values, size, coalesced=True)


def _permuted(tensor: Tensor, before: Sequence[int], order: Sequence[int], shift: int) -> Tensor:
    dims = [*before, *(dim + shift for dim in order)]
    return tensor if dims == list(range(len(dims))) else tensor.permute(dims)


def _ordered(input: SparseTensor) -> tuple[Tensor, Tensor]:
    made = to_coo(input)
    return made._components[0], made._values_


def _chosen(input: SparseTensor, kept: Tensor, indices: Tensor, size: tuple[int, ...]) -> SparseTensor:
    return in_layout(layouts.sparse_coo, indices[:, kept], input._values_.index_select(0, kept), size)


@implements("select")
@recorded_as("SelectBackward0")
def _select(input: Any, dim: int, index: int) -> Any:
    dim = normalize_dim(dim, input.dim())
    length = input.shape[dim]
    if not -length <= index < length:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    size = tuple(n for each, n in enumerate(input.shape) if each != dim)
    if dim < input._batch_dim():
        components = tuple(component.select(dim, index) for component in input._components)
        return make_sparse(input.layout, components, input._values_.select(dim, index), size, coalesced=True)
    source = to_coo(input)
    count = source.sparse_dim()
    if dim >= count:
        return make_sparse(
            layouts.sparse_coo, source._components, source._values_.select(dim - count + 1, index), size, coalesced=True
        )
    kept = (source._components[0][dim] == index % length).nonzero()[:, 0]
    if count == 1:
        return source._values_.index_select(0, kept).sum(0)
    rows = [each for each in range(count) if each != dim]
    return _chosen(source, kept, source._components[0][rows], size)


@implements("unbind")
def _unbind(input: Any, dim: int = 0) -> Any:
    return tuple(_select(input, dim, index) for index in range(input.shape[normalize_dim(dim, input.dim())]))


@implements("narrow")
@recorded_as("SliceBackward0")
def _narrow(input: Any, dim: int, start: int, length: int) -> Any:
    source = to_coo(input)
    dim = normalize_dim(dim, input.dim())
    if start < 0 or length < 0 or start + length > input.shape[dim]:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({input.shape[dim]}).")
    if dim >= source.sparse_dim():
        raise UnsupportedLayoutError("narrow() along a dense dimension: convert with to_dense() first")
    own = source._components[0][dim]
    kept = ((own >= start) & (own < start + length)).nonzero()[:, 0]
    indices = source._components[0].clone()
    indices[dim] -= start
    size = tuple(length if each == dim else n for each, n in enumerate(input.shape))
    made = _chosen(source, kept, indices, size)
    return in_layout_of(input, made._components[0], made._values_, size)


@implements("index_select")
@recorded_as("IndexSelectBackward0")
def _index_select(input: Any, dim: int, index: Tensor) -> Any:
    source = to_coo(input)
    dim = normalize_dim(dim, input.dim())
    length = input.shape[dim]
    wrong = (index < 0) | (index >= length)
    if bool(wrong.any()):
        raise IndexError(f"index_select(): index {int(index[wrong][0].item())} is out of range for a size of {length}")
    size = tuple(index.numel() if each == dim else n for each, n in enumerate(input.shape))
    count = source.sparse_dim()
    if dim >= count:
        values = source._values_.index_select(dim - count + 1, index)
        return in_layout_of(input, source._components[0], values, size)
    wanted, order = index.long().sort(stable=True)
    own = source._components[0][dim]
    begins, ends = searchsorted(wanted, own), searchsorted(wanted, own, right=True)
    counts = ends - begins  # a stored element goes wherever its index is asked for
    each = repeat_interleave(arange(counts.numel(), device=counts.device), counts)
    nth = arange(each.numel(), device=each.device) - (counts.cumsum(0) - counts)[each]
    indices = source._components[0][:, each]
    indices[dim] = order[begins[each] + nth]
    places, values = summed(indices, source._values_.index_select(0, each), size[:count])
    return in_layout_of(input, places, values, size)


@implements("unsqueeze")
@recorded_as("UnsqueezeBackward0")
def _unsqueeze(input: Any, dim: int) -> Any:
    dim = normalize_dim(dim, input.dim() + 1)
    source = to_coo(input) if input.layout is not layouts.sparse_coo else input
    count = source.sparse_dim()
    if dim > count:
        raise UnsupportedLayoutError("unsqueeze() of a dense dimension: convert with to_dense() first")
    indices = source._components[0]
    added = cat(
        [indices[:dim], zeros((1, indices.shape[1]), dtype=indices.dtype, device=indices.device), indices[dim:]]
    )
    size = (*tuple(input.shape)[:dim], 1, *tuple(input.shape)[dim:])
    return make_sparse(layouts.sparse_coo, (added,), source._values_, size, coalesced=source._coalesced)


def broadcast(input: SparseTensor, shape: Sequence[int]) -> SparseTensor:
    """A COO tensor of ``shape``, which that of ``input`` broadcasts to: what is stored is stored as often as it is needed."""
    source = to_coo(input)
    for _ in range(len(shape) - source.dim()):
        source = _unsqueeze(source, 0)
    count = source.sparse_dim()
    indices, values = source._components[0], source._values_
    for dim in range(count):
        if source.shape[dim] != shape[dim]:
            stored, times = values.shape[0], shape[dim]
            indices, values = indices.repeat(1, times), values.repeat(times, *[1] * (values.dim() - 1))
            indices[dim] = arange(times, device=indices.device).repeat_interleave(stored)
    values = values.expand(values.shape[0], *shape[count:])
    return make_sparse(layouts.sparse_coo, (indices,), values, tuple(shape))


def _joined(tensors: Sequence[Any], dim: int) -> SparseTensor:
    if not all(isinstance(tensor, SparseTensor) for tensor in tensors):
        raise UnsupportedLayoutError(
            "cat() joins sparse tensors with sparse tensors: convert with to_sparse() or to_dense()"
        )
    sources = [to_coo(tensor) if tensor.layout is not layouts.sparse_coo else tensor for tensor in tensors]
    dim = normalize_dim(dim, tensors[0].dim())
    parts, before = [], 0
    for source in sources:
        others = [n for each, n in enumerate(source.shape) if each != dim]
        if others != [n for each, n in enumerate(sources[0].shape) if each != dim]:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected {list(sources[0].shape)} but got "
                f"{list(source.shape)}"
            )
        moved = source._components[0].clone()
        moved[dim] += before
        parts.append(moved)
        before += source.shape[dim]
    size = tuple(before if each == dim else n for each, n in enumerate(sources[0].shape))
    made = make_sparse(layouts.sparse_coo, (cat(parts, 1),), cat([source._values_ for source in sources]), size)
    return made if tensors[0].layout is layouts.sparse_coo else in_layout_of(tensors[0], *_ordered(made), size)


@implements("cat", "concat", "concatenate")
@recorded_as("CatBackward0")
def _cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    return _joined(tensors, dim)


@implements("hstack")
def _hstack(tensors: Sequence[Any]) -> Any:
    return _joined(tensors, 0 if tensors[0].dim() == 1 else 1)


@implements("vstack", "row_stack")
def _vstack(tensors: Sequence[Any]) -> Any:
    return _joined([_unsqueeze(tensor, 0) if tensor.dim() == 1 else tensor for tensor in tensors], 0)


@implements("stack")
@recorded_as("StackBackward0")
def _stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    # Of layout COO, as what unsqueeze() gives: the tensors may store different numbers of elements, and batches may not.
    return _joined([_unsqueeze(tensor, dim) for tensor in tensors], dim)


@sparse_method("__getitem__")
def part(input: SparseTensor, key: Any) -> Any:
    """``input[key]`` for a key of integers and slices: a part of the coordinates.

    Raises:
        UnsupportedLayoutError: the key has something else.
    """
    entries = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in [entry for entry in entries if not isinstance(entry, Tensor)]:
        place = entries.index(Ellipsis)
        used = sum(entry is not None for entry in entries) - 1
        entries[place : place + 1] = [slice(None)] * (input.dim() - used)
    found: Any = input
    dim = 0
    for entry in entries:
        if isinstance(entry, int) and not isinstance(entry, bool):
            found = _select(found, dim, entry) if isinstance(found, SparseTensor) else found.select(dim, entry)
        elif isinstance(entry, slice) and entry.step in (None, 1):
            start, stop, _ = entry.indices(found.shape[dim])
            if (start, stop) != (0, found.shape[dim]):
                found = found.narrow(dim, start, max(stop - start, 0))
            dim += 1
        elif entry is None:
            found = found.unsqueeze(dim)
            dim += 1
        else:
            raise UnsupportedLayoutError(
                f"a key with {type(entry).__name__} is not implemented for tensors of layout {input.layout!r}: convert with "
                "to_dense() first"
            )
    return found
