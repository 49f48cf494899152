"""Products of matrices one of which is sparse, or both; their gradients follow from those of the values."""

from __future__ import annotations

from typing import Any

from .. import layouts
from .._tensor import Tensor, from_array
from ..errors import UnsupportedLayoutError
from ..ops._declare import fused
from ..ops._sparse_forms import implements
from ..ops.joining import cat, stack
from ..ops.ranges import arange
from ..ops.repeating import repeat_interleave
from ._indices import compressed, coordinates, expanded, in_layout, summed
from ._tensor import SparseTensor
from .conversion import in_same_layout, to_coo

__all__ = ["matmul", "sampled_addmm"]


def _check(input: Tensor, other: Tensor) -> None:
    if input.shape[-1] != other.shape[0]:
        sizes = ["x".join(map(str, each.shape)) for each in (input, other)]
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({sizes[0]} and {sizes[1]})")
    if input.dtype is not other.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {input.dtype} != {other.dtype}")


@implements("matmul", "mm")
def matmul(input: Any, other: Any) -> Any:
    """The product of matrices, or of a matrix and a vector, one of which is sparse; of two sparse ones it is sparse."""
    if input.dim() not in (1, 2) or other.dim() not in (1, 2) or max(input.dim(), other.dim()) < 2:
        raise UnsupportedLayoutError(
            "products of sparse tensors are of matrices and vectors: convert with to_dense() first"
        )
    _check(input, other)
    if isinstance(input, SparseTensor) and isinstance(other, SparseTensor):
        return _sparse_product(input, other)
    if isinstance(input, SparseTensor):
        return _times_dense(input, other)
    turned = _times_dense(other.t(), input.t() if input.dim() == 2 else input)
    return turned.t() if input.dim() == 2 else turned


@implements("mv")
def _mv(input: Any, vec: Any) -> Any:
    return matmul(input, vec)


@implements("addmm")
def _addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    product = matmul(mat1, mat2)
    scaled = product if alpha == 1 else product * alpha
    return (
        scaled
        if beta == 0
        else scaled + (input if beta == 1 else input * beta)
        if product._sparse
        else ((input if beta == 1 else input * beta) + scaled)
    )


def _times_dense(sparse: SparseTensor, dense: Tensor) -> Tensor:
    source = sparse if sparse.layout is not layouts.sparse_coo else in_same_layout(sparse, layouts.sparse_csr)
    pointers, indices = (component.long() for component in source._components)
    matrix = dense.unsqueeze(1) if dense.dim() == 1 else dense
    by_rows = source.layout is layouts.sparse_csr
    product = _compressed_product(source._values_, matrix, pointers, indices, sparse.shape[0], by_rows)
    return product.squeeze(1) if dense.dim() == 1 else product


def _rows_and_columns(pointers: Tensor, indices: Tensor, by_rows: bool) -> tuple[Tensor, Tensor]:
    lines = expanded(pointers)
    return (lines, indices) if by_rows else (indices, lines)


_CHUNK = 1 << 22
"""How many products are made at a time for the gradient of the values, so that memory stays bounded."""


def _product_values(grad: Tensor, dense: Tensor, pointers: Tensor, indices: Tensor, by_rows: bool) -> Tensor:
    rows, columns = _rows_and_columns(pointers, indices, by_rows)
    step = max(1, _CHUNK // max(1, dense.shape[1]))
    parts = [
        (grad.index_select(0, rows[start : start + step]) * dense.index_select(0, columns[start : start + step])).sum(1)
        for start in range(0, max(1, rows.numel()), step)
    ]
    return cat(parts)


def _product_dense(
    grad: Tensor, values: Tensor, dense_shape: tuple[int, ...], pointers: Tensor, indices: Tensor, by_rows: bool
) -> Tensor:
    # The transposed matrix has the same arrays, read the other way.
    return _compressed_product(values, grad, pointers, indices, dense_shape[0], not by_rows)


@fused(
    "sparse_matmul",
    derivatives={"values": _product_values, "dense": _product_dense},
    method=False,
    node="SparseAddmmBackward0",
)
def _compressed_product(
    values: Tensor, dense: Tensor, pointers: Any, indices: Any, count: int, by_rows: bool
) -> Tensor:
    """A matrix in the layout CSR, or CSC, times a strided one."""
    kernels = values._type.kernels
    if kernels.sparse_matmul is not None:
        arrays = (pointers._array, indices._array, values._array, dense._array)
        return from_array(kernels.sparse_matmul(*arrays, count, by_rows), dense._type)
    rows, columns = _rows_and_columns(pointers, indices, by_rows)
    terms = dense.detach().index_select(0, columns) * values.detach().unsqueeze(1)
    made = terms.new_zeros((count, dense.shape[1])).index_add(0, rows, terms)
    return from_array(made._array, made._type)


def _sparse_product(input: SparseTensor, other: SparseTensor) -> SparseTensor:
    """Every stored element of the first with all those of the row of the second that its column names."""
    first, second = to_coo(input), to_coo(other)
    rows, inner = first._components[0].unbind(0)
    begins = compressed(second._components[0][0], other.shape[0])
    counts = (begins[1:] - begins[:-1])[inner]
    each = repeat_interleave(arange(counts.numel(), device=counts.device), counts)
    before = counts.cumsum(0) - counts
    partner = begins[inner][each] + arange(each.numel(), device=each.device) - before[each]
    values = first._values_.index_select(0, each) * second._values_.index_select(0, partner)
    indices = stack([rows[each], second._components[0][1][partner]])
    size = (input.shape[0], other.shape[1])
    indices, values = summed(indices, values, size)
    return in_layout(input.layout, indices, values, size)


def sampled_addmm(
    input: SparseTensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1.0, alpha: Any = 1.0
) -> SparseTensor:
    """Compute ``beta * input + alpha * (mat1 @ mat2)`` where ``input`` stores elements, and nowhere else.

    Source of the semantics: ``torch.sparse.sampled_addmm``, which takes CSR alone.

    Example:
        >>> import flambeau as torch
        >>> pattern = torch.eye(2).to_sparse_csr()
        >>> torch.sparse.sampled_addmm(pattern, torch.ones(2, 3), torch.ones(3, 2)).values()
        tensor([4., 4.])
    """
    if not isinstance(input, SparseTensor):
        raise RuntimeError(f"Expected input to have sparse csr layout, but got {input.layout}")
    source = to_coo(input) if input.layout is layouts.sparse_coo else input
    rows, columns = coordinates(source).unbind(0)
    products = (mat1.index_select(0, rows) * mat2.t().index_select(0, columns)).sum(1)
    return source.with_values(source._values_ * beta + products * alpha)
