"""Rows of a table by their numbers, with a gradient that may be sparse."""

from __future__ import annotations

from flambeau import dtypes, layouts
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.runtime import common_type
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled, no_grad
from flambeau._tensor.sparse import make_sparse
from flambeau._tensor.storage import counted_as
from flambeau.dtypes import legacy_type_name
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.indexing._pairs import write_index_add
from flambeau.ops.indexing.gathering import check_range
from flambeau.ops.movement.shapes import reshape
from flambeau.shapes import Shape

__all__ = ["embedding", "embedding_renorm_"]


def _embedding_weight(
    grad: Tensor, weight_shape: Shape, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool, sparse: bool
) -> Tensor:
    rows, parts = reshape(indices, (-1,)), reshape(grad, (-1, *weight_shape[1:]))
    if padding_idx >= 0 and grad._type.backend.asynchronous and not sparse:
        parts = parts.masked_fill((rows == padding_idx).unsqueeze(1), 0)
    elif padding_idx >= 0:
        kept = (rows != padding_idx).nonzero()[:, 0]
        rows, parts = rows.index_select(0, kept), parts.index_select(0, kept)
    if sparse:
        if scale_grad_by_freq:
            raise RuntimeError("embedding_backward: scale_grad_by_freq not supported with sparse gradients")
        return make_sparse(layouts.sparse_coo, (rows.unsqueeze(0),), parts, weight_shape)
    if scale_grad_by_freq:
        counts = rows.bincount(minlength=weight_shape[0]).index_select(0, rows)
        parts = parts / to_type(counts, parts._type).reshape(-1, *[1] * (parts.dim() - 1))
    total = parts.new_zeros(weight_shape)
    if grad_enabled():
        return total.index_add(0, rows, parts)
    write_index_add(total, 0, rows, parts)  # numbers that the forward pass has checked, into a tensor that is new
    return total


@primitive(derivatives={"weight": _embedding_weight}, method=False, node="EmbeddingBackward0")
def _embedding(weight: Tensor, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool, sparse: bool) -> Tensor:
    return from_array(weight._type.kernels.index(weight._array, [indices._array]), weight._type)


@composite(method=False)
def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """Take rows of a table: (…) numbers of (rows, width) give (…, width). Source of the semantics: ``torch.embedding``.

    Args:
        weight: the table.
        indices: int32 or int64.
        padding_idx: a row that gets no gradient; none if it is negative.
        scale_grad_by_freq: divide the gradient of each row by how often it was taken.
        sparse: give a gradient of layout COO that stores the rows that were taken, one entry for each time.

    Raises:
        RuntimeError: the indices are no integers, or the table is no matrix.
        IndexError: an index is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.embedding(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1, 0, 1]))
        tensor([[3., 4.],
                [1., 2.],
                [3., 4.]])
    """
    checked = _checked_indices(weight, indices)
    return _embedding(weight, checked, padding_idx, scale_grad_by_freq, sparse)


def _checked_indices(weight: Tensor, indices: Tensor) -> Tensor:
    if weight.dim() != 2:
        raise RuntimeError("'weight' must be 2-D")
    if indices.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"{legacy_type_name(indices.dtype, indices.device)} instead (while checking arguments for embedding)"
        )
    common_type("embedding", (weight, indices))
    indices = check_range(indices, weight._array.shape[0])
    return counted_as(to_type(indices, weight._type.with_dtype(dtypes.int64)), indices)


@spelled(input="weight", x="weight", a="weight", x1="weight")
def embedding_renorm_(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Scale the rows that are named, in place, so that none has a larger norm. Source: ``torch.embedding_renorm_``.

    Example:
        >>> import flambeau as torch
        >>> torch.embedding_renorm_(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), torch.tensor([0, 1]), 1.0, 2.0)
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]])
    """
    rows = _checked_indices(weight, indices).reshape(-1).unique()
    with no_grad():
        taken = weight.index_select(0, rows)
        norms = taken.norm(norm_type, dim=1, keepdim=True)
        large = (norms > max_norm).reshape(-1).nonzero()[:, 0]
        scaled = taken.index_select(0, large) * (max_norm / (norms.index_select(0, large) + 1e-7))
        weight.index_copy_(0, rows.index_select(0, large), scaled)
    return weight
