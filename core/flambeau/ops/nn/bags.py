"""Rows of a table, put together by bags: sums, means or maxima of those that are named."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.runtime import check_places
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import legacy_type_name
from flambeau.ops.elementwise.selection import where
from flambeau.ops.indexing._ends import first_and_last, in_range
from flambeau.ops.indexing.gathering import check_range
from flambeau.ops.reductions.scans import cumsum
from flambeau.ops.sorting.counting import tally
from flambeau.shapes import Shape

from .sparse import _embedding, _embedding_weight

__all__ = ["embedding_bag"]

SUM, MEAN, MAX = range(3)


def _scaled(parts: Tensor, sizes: Tensor | None, bags: Tensor) -> Tensor:
    """What each row gives to its bag: for means, divided by how many rows there are."""
    return parts if sizes is None else parts / sizes.index_select(0, bags).to(parts.dtype).unsqueeze(1)


def _bag_weight(
    grad: Tensor, weight_shape: Shape, indices: Tensor, bags: Tensor, per_sample: Tensor | None, sizes: Tensor | None,
    scale_grad_by_freq: bool, sparse: bool,
) -> Tensor:  # fmt: skip
    parts = _scaled(grad.index_select(0, bags), sizes, bags)
    if per_sample is not None:
        parts = parts * per_sample.unsqueeze(1)
    return _embedding_weight(parts, weight_shape, indices, -1, scale_grad_by_freq, sparse)


def _bag_per_sample(grad: Tensor, weight: Tensor, indices: Tensor, bags: Tensor) -> Tensor:
    return (grad.index_select(0, bags) * weight.index_select(0, indices)).sum(1)


@primitive(
    derivatives={"weight": _bag_weight, "per_sample": _bag_per_sample}, method=False, node="EmbeddingBagBackward0"
)
def _embedding_bag(
    weight: Tensor, per_sample: Tensor | None, indices: Tensor, bags: Tensor, sizes: Tensor | None, count: int,
    scale_grad_by_freq: bool, sparse: bool,
) -> Tensor:  # fmt: skip
    type_, kernels, width = weight._type, weight._type.kernels, weight._array.shape[1]
    rows = kernels.index(weight._array, [indices._array])
    if per_sample is not None:
        rows = kernels.mul(rows, kernels.reshape(per_sample._array, (indices.numel(), 1)))
    total = from_array(kernels.full((count, width), 0, type_.dtype.name), type_)
    total = total.index_add(0, bags, from_array(rows, type_))
    if sizes is None:
        return total
    counts = kernels.cast(kernels.maximum(sizes._array, sizes._type.number(1)), type_.dtype.name)
    return from_array(kernels.div(total._array, kernels.reshape(counts, (count, 1))), type_)


def _largest(weight: Tensor, indices: Tensor, bags: Tensor, sizes: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The largest number of each column in each bag, and in which row of the table it is; 0 for a bag of nothing."""
    longest = int(sizes.max()) if count else 0
    if not longest:
        return weight.new_zeros((count, weight.shape[1])), sizes.new_full((count, weight.shape[1]), -1)
    starts = cumsum(sizes, 0) - sizes
    places = cumsum(sizes.new_ones(longest), 0) - 1
    present = places < sizes.unsqueeze(1)
    rows = indices.index_select(0, where(present, starts.unsqueeze(1) + places, 0).reshape(-1)).reshape(present.shape)
    taken = _embedding(weight, rows, -1, False, False).masked_fill(~present.unsqueeze(2), float("-inf"))
    values, index = taken.max(1)
    empty = (sizes == 0).unsqueeze(1)
    return values.masked_fill(empty, 0.0), rows.gather(1, index).masked_fill(empty, -1)


def check_bags(
    weight: Tensor, indices: Tensor, offsets: Tensor, per_sample_weights: Tensor | None, padding_idx: int | None
) -> None:
    """Refuse tables, dtypes and offsets that do not fit, and a padding row that there is not; indices are not looked at.

    Raises:
        RuntimeError: they are.
    """
    check_places("embedding_bag", weight, indices, offsets, per_sample_weights)
    if weight.dim() != 2:
        raise RuntimeError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    for tensor in (indices, offsets):
        if tensor.dtype not in (dtypes.int64, dtypes.int32):
            raise RuntimeError(
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
                f"{legacy_type_name(tensor.dtype, tensor.device)} instead (while checking arguments for embedding_bag)"
            )
    if not weight._type.real_floats:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, Float, Double; "
            f"but got {legacy_type_name(weight.dtype, weight.device)} instead (while checking arguments for embedding_bag)"
        )
    if per_sample_weights is not None and per_sample_weights.dtype is not weight.dtype:
        one, other = (legacy_type_name(each.dtype, each.device) for each in (weight, per_sample_weights))
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 'per_sample_weights'; but "
            f"type {one} does not equal {other} (while checking arguments for embedding_bag)"
        )
    if padding_idx is not None:
        _padding_row(padding_idx, weight.shape[0])
    length = indices.numel()
    if offsets.numel():
        _check_offsets(offsets, length)


def _check_offsets(offsets: Tensor, length: int) -> None:
    begins = "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got {}"
    ends = "offsets[-1] can not be greater than input's length {} but got offsets[-1] of {}"
    if offsets._type.backend.asynchronous:
        in_range(offsets[0], 0, 1, lambda bad: RuntimeError(begins.format(bad)))
        in_range(offsets[-1], -_MOST, length + 1, lambda bad: RuntimeError(ends.format(length, bad)))
        return
    first, last = first_and_last(offsets)
    if first != 0:
        raise RuntimeError(begins.format(first))
    if last > length:
        raise RuntimeError(ends.format(length, last))


_MOST = 1 << 62


def _checked_indices(weight: Tensor, indices: Tensor) -> Tensor:
    if not indices.numel():
        return indices
    rows = weight.shape[0]

    def refusal(bad: int) -> RuntimeError:
        where = "of input"
        if not indices._type.backend.asynchronous:
            place = int(((indices < 0) | (indices >= rows)).reshape(-1).nonzero()[0, 0])  # the first one
            where, bad = f"{place} of input", int(indices[place].item())
        return RuntimeError(f"Index {where} takes value {bad} which is not in the valid range [0, {rows})")

    return in_range(indices, 0, rows, refusal)


def _padding_row(padding_idx: int | None, rows: int) -> int | None:
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, but got {padding_idx}"
        )
    return padding_idx % rows


def _bags(offsets: Tensor, length: int) -> Tensor:
    """The bag of each index."""
    int64, kernels = offsets._type, offsets._type.kernels
    marks = kernels.full((length + 1,), 0, "int64")
    if offsets.numel():
        offsets = check_range(offsets, length + 1)
        kernels.scatter_add(marks, 0, offsets._array, kernels.full(offsets._array.shape, 1, "int64"))
    counted = kernels.slice(kernels.cumsum(marks, 0), (0,), (length,), (1,))
    return from_array(kernels.sub(counted, int64.number(1)), int64)


@spelled()
def embedding_bag(
    weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq: bool = False, mode: int = 0, sparse: bool = False,
    per_sample_weights: Tensor | None = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Put rows of a table together by bags. Source of the semantics: ``torch.embedding_bag``.

    Args:
        weight: the table, (rows, width).
        indices: the numbers of rows, int32 or int64, the bags one behind the other.
        offsets: where each bag begins, the first one at 0.
        scale_grad_by_freq: divide the gradient of each row by how often it was taken. Differs from PyTorch: that divides by
            how often another row was, by mistake.
        mode: 0 for sums, 1 for means, 2 for maxima.
        sparse: give a gradient of layout COO.
        per_sample_weights: what each row is multiplied by, for sums.
        include_last_offset: whether the last offset is the end of the last bag.
        padding_idx: a row that does not count.

    Returns:
        The bags, (B, width); the bag of each index; how many rows each bag has; for maxima the rows in which they are, (B,
        width), otherwise the sizes again.

    Raises:
        RuntimeError: an index is no row, or dtypes or offsets do not fit.

    Example:
        >>> import flambeau as torch
        >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        >>> torch.embedding_bag(table, torch.tensor([0, 2, 1]), torch.tensor([0, 2]))[0]
        tensor([[6., 8.],
                [3., 4.]])
    """
    check_bags(weight, indices, offsets, per_sample_weights, padding_idx)
    indices = _checked_indices(weight, indices)
    row = _padding_row(padding_idx, weight.shape[0])
    indices, offsets = indices.to(dtypes.int64), offsets.to(dtypes.int64)
    bags = _bags(offsets, indices.numel())
    count = offsets.numel() - (include_last_offset and offsets.numel() > 0)
    taken = bags.clamp_max(count - 1)  # behind the last offset the last bag goes on, as in PyTorch
    kept = taken >= 0 if row is None else indices != row
    if (row is not None or not count) and not bool(kept.all()):  # with bags, each index is in one
        rest = kept.nonzero()[:, 0]
        indices, taken = indices.index_select(0, rest), taken.index_select(0, rest)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.index_select(0, rest)
    sizes = tally(taken, None, count)
    if mode == MAX:
        found, places = _largest(weight, indices, taken, sizes, count)
        return found, bags, sizes, places
    divisors = sizes if mode == MEAN else None
    found = _embedding_bag(weight, per_sample_weights, indices, taken, divisors, count, scale_grad_by_freq, sparse)
    return found, bags, sizes, sizes.clone()
