"""Products of matrices one of which is sparse, or both; their gradients follow from those of the values."""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau import layouts
from flambeau._dispatch.declare import fused
from flambeau._dispatch.sparse_forms import implements
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.formats import FORMATS
from flambeau._tensor.methods import method
from flambeau._tensor.sparse import SparseTensor
from flambeau.errors import UnsupportedLayoutError
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import cat, stack
from flambeau.ops.movement.repeating import repeat_interleave

from ._history import recorded_as
from ._indices import compressed, coordinates, expanded, in_layout, in_layout_of, positions, split_positions, summed
from .conversion import in_same_layout, to_coo

__all__ = ["dsmm", "hspmm", "matmul", "reduced_product", "sampled_addmm", "smm", "spmm", "sspaddmm"]


def _check(input: Tensor, other: Tensor) -> None:
    if input.shape[-1] != other.shape[-2 if other.dim() > 1 else 0]:
        sizes = ["x".join(map(str, each.shape)) for each in (input, other)]
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({sizes[0]} and {sizes[1]})")
    if input.device != other.device:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, {input.device} and {other.device}!"
        )
    if input.dtype is not other.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {input.dtype} != {other.dtype}")
    for tensor in (input, other):
        if isinstance(tensor, SparseTensor) and (tensor.dense_dim() or tensor.dim() < 2):
            raise UnsupportedLayoutError(
                "products of sparse tensors are of matrices without dense dimensions: convert with to_dense() first"
            )


@implements("matmul")
def matmul(input: Any, other: Any) -> Any:
    """The product of matrices, or of batches of them, one or both of which are sparse; of two sparse ones it is sparse."""
    dims = (input.dim(), other.dim())
    if dims == (2, 2):
        return _mm(input, other)
    if dims == (2, 1):
        return _mv(input, other)
    return _product(input, other)


def _product(input: Any, other: Any) -> Any:
    if not (input.dim() and other.dim()):
        raise RuntimeError("both arguments to matmul need to be at least 1D, but they are 0D")
    _check(input, other)
    if isinstance(input, SparseTensor) and isinstance(other, SparseTensor):
        return _sparse_product(input, other)
    if isinstance(input, SparseTensor):
        return _times_dense(input, other)
    turned = _times_dense(_turned(other), input if input.dim() == 1 else input.transpose(-2, -1))
    return turned if input.dim() == 1 else turned.transpose(-2, -1)


def _turned(matrices: SparseTensor) -> SparseTensor:
    made: SparseTensor = matrices.transpose(-2, -1)  # type: ignore[assignment]
    return made


@implements("mm")
@recorded_as("MmBackward0")
def _mm(input: Any, mat2: Any) -> Any:
    if input.dim() != 2 or mat2.dim() != 2:
        raise RuntimeError(f"mm() multiplies matrices, but got {input.dim()}D and {mat2.dim()}D tensors")
    return _product(input, mat2)


@implements("bmm")
@recorded_as("BmmBackward0")
def _bmm(input: Any, mat2: Any) -> Any:
    if input.dim() != 3 or mat2.dim() != 3 or input.shape[0] != mat2.shape[0]:
        raise RuntimeError(f"bmm() multiplies batches of matrices, but got {list(input.shape)} and {list(mat2.shape)}")
    return _product(input, mat2)


@implements("mv")
@recorded_as("MvBackward0")
def _mv(input: Any, vec: Any) -> Any:
    if input.dim() != 2 or vec.dim() != 1:
        raise RuntimeError(f"mv() multiplies a matrix and a vector, but got {input.dim()}D and {vec.dim()}D tensors")
    return _product(input, vec)


@implements("addmm")
@recorded_as("AddmmBackward0")
def _addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    product = matmul(mat1, mat2)
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        return scaled
    added = input if beta == 1 else input * beta
    return scaled + added if product._sparse else added + scaled


@implements("linear")
@recorded_as("AddmmBackward0")
def _linear(input: Any, weight: Any, bias: Tensor | None = None) -> Any:
    product = matmul(input, weight.t())
    return product if bias is None else product + bias


def _times_dense(sparse: SparseTensor, dense: Tensor) -> Tensor:
    vector = dense.dim() == 1
    matrix = dense.unsqueeze(1) if vector else dense
    if sparse.dim() > 2:
        product = _batch_times_dense(sparse, matrix)
    elif matrix.dim() > 2:  # the columns of all batches side by side
        batch, width = matrix.shape[:-2], matrix.shape[-1]
        wide = matrix.movedim(-2, 0).reshape(matrix.shape[-2], -1)
        product = _matrix_product(sparse, wide).reshape(sparse.shape[0], *batch, width).movedim(0, -2)
    else:
        product = _matrix_product(sparse, matrix)
    return product.squeeze(-1) if vector else product


def _matrix_product(sparse: SparseTensor, matrix: Tensor) -> Tensor:
    if FORMATS[sparse.layout].blocked:
        return _blocks_product(sparse, matrix)
    source = sparse if sparse.layout is not layouts.sparse_coo else in_same_layout(sparse, layouts.sparse_csr)
    pointers, indices = (component.long() for component in source._components)
    by_rows = source.layout is layouts.sparse_csr
    return _compressed_product(source._values_, matrix, pointers, indices, sparse.shape[0], by_rows)


def _blocks_product(sparse: SparseTensor, matrix: Tensor) -> Tensor:
    """Blocks times the rows that they meet, added up where they belong."""
    height, width = sparse._blocksize()
    pointers, indices = (component.long() for component in sparse._components)
    rows, columns = _rows_and_columns(pointers, indices, FORMATS[sparse.layout].by_rows)
    parts = matrix.reshape(matrix.shape[0] // width, width, matrix.shape[1]).index_select(0, columns)
    products = sparse._values_ @ parts
    made = products.new_zeros((sparse.shape[0] // height, height, matrix.shape[1])).index_add(0, rows, products)
    return made.reshape(sparse.shape[0], matrix.shape[1])


def _batch_times_dense(sparse: SparseTensor, dense: Tensor) -> Tensor:
    """Batches as one matrix with theirs along its diagonal."""
    batch = tuple(sparse.shape[:-2])
    rows, columns = sparse.shape[-2:]
    whole = dense.expand(*batch, *dense.shape[-2:])
    product = _matrix_product(_diagonal(sparse), whole.reshape(prod(batch) * columns, dense.shape[-1]))
    return product.reshape(*batch, rows, dense.shape[-1])


def _diagonal(sparse: SparseTensor) -> SparseTensor:
    coo = to_coo(sparse)
    batch = tuple(sparse.shape[:-2])
    indices = coo._components[0]
    number = positions(indices[:-2], batch)
    moved = stack([indices[-2] + number * sparse.shape[-2], indices[-1] + number * sparse.shape[-1]])
    size = (prod(batch) * sparse.shape[-2], prod(batch) * sparse.shape[-1])
    return in_layout(layouts.sparse_coo, moved, coo._values_, size)


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
        product = kernels.sparse_matmul(*arrays, count, by_rows)
        if product is not None:
            return from_array(product, dense._type)
    rows, columns = _rows_and_columns(pointers, indices, by_rows)
    terms = dense.detach().index_select(0, columns) * values.detach().unsqueeze(1)
    made = terms.new_zeros((count, dense.shape[1])).index_add(0, rows, terms)
    return from_array(made._array, made._type)


def _sparse_product(input: SparseTensor, other: SparseTensor) -> SparseTensor:
    """Every stored element of the first with all those of the row of the second that its column names."""
    batch = tuple(input.shape[:-2])
    if batch != tuple(other.shape[:-2]):
        raise UnsupportedLayoutError(
            f"products of two sparse tensors have the same batches, but got {list(input.shape)} and {list(other.shape)}: "
            "convert one with to_dense() first"
        )
    if batch:
        made = to_coo(_sparse_product(_diagonal(input), _diagonal(other)))
        rows, columns = made._components[0].unbind(0)
        number, size = rows // max(input.shape[-2], 1), (*batch, input.shape[-2], other.shape[-1])
        within = [rows % max(input.shape[-2], 1), columns % max(other.shape[-1], 1)]
        places, values = summed(stack([*split_positions(number, batch), *within]), made._values_, size)
        return in_layout_of(input, places, values, size, like=other)
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
    return in_layout_of(input, indices, values, size, like=other)


@spelled()
@recorded_as("SparseSampledAddmmBackward0")
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
    if input.dense_dim():
        raise UnsupportedLayoutError("sampled_addmm() of a tensor with dense dimensions: convert with to_dense() first")
    if mat1.shape[-1] != mat2.shape[-2] or (mat1.shape[-2], mat2.shape[-1]) != tuple(input.shape[-2:]):
        sizes = [list(tensor.shape) for tensor in (mat1, mat2, input)]
        raise RuntimeError(f"sampled_addmm(): sizes {sizes[0]} @ {sizes[1]} do not give that of input, {sizes[2]}")
    source = to_coo(input) if input.layout is layouts.sparse_coo else input
    *batch, rows, columns = coordinates(source).unbind(0)
    leading = tuple(input.shape[:-2])
    first, second = (
        matrix.expand(*leading, *matrix.shape[-2:])[(*batch, index)] if batch else matrix.index_select(0, index)
        for matrix, index in ((mat1, rows), (mat2.transpose(-2, -1), columns))
    )
    products = (first * second).sum(-1).reshape(source._values_.shape)
    return source.with_values(source._values_ * beta + products * alpha)


_REDUCTIONS = ("sum", "mean", "amax", "amin")


def reduced_product(input: SparseTensor, other: Tensor, reduce: str) -> Tensor:
    """The product in which the terms of each element are reduced in another way than by adding them up.

    Rows without stored elements give 0, as in PyTorch.
    """
    if reduce not in _REDUCTIONS:
        raise ValueError(f"argument reduce must be one of {', '.join(_REDUCTIONS)}, but got {reduce!r}")
    if input.dim() != 2 or other.dim() != 2 or other._sparse:
        raise UnsupportedLayoutError(
            "a product with reduce= is of a sparse and a strided matrix: convert with to_dense() or to_sparse() first"
        )
    if reduce == "sum":
        summed_up: Tensor = matmul(input, other)
        return summed_up
    _check(input, other)
    coo = to_coo(input)
    rows, columns = coo._components[0].unbind(0)
    terms = other.index_select(0, columns) * coo._values_.unsqueeze(1)
    made = terms.new_zeros((input.shape[0], other.shape[1]))
    reduction: Tensor = made.index_reduce(0, rows, terms, reduce, include_self=False)
    return reduction


# -- PyTorch's older names ---------------------------------------------------------------


@spelled()
def spmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Multiply a sparse matrix and a matrix. Source of the semantics: ``torch.spmm``.

    Example:
        >>> import flambeau as torch
        >>> torch.spmm(torch.eye(2).to_sparse(), torch.ones(2, 1))
        tensor([[1.],
                [1.]])
    """
    made: Tensor = _mm(input, mat2)
    return made


@method("smm")
@spelled(mat2="mat")
def smm(input: SparseTensor, mat: Tensor) -> SparseTensor:
    """Multiply a sparse matrix and a strided one; the product is sparse. Source of the semantics: ``torch.smm``.

    Example:
        >>> import flambeau as torch
        >>> torch.smm(torch.eye(2).to_sparse(), torch.ones(2, 1)).is_sparse
        True
    """
    return sspaddmm(None, input, mat)


@recorded_as("HspmmBackward0")
def hspmm(mat1: SparseTensor, mat2: Tensor) -> SparseTensor:
    """Multiply a sparse matrix and a strided one; the product has one sparse dimension. Source: ``torch.hspmm``.

    Example:
        >>> import flambeau as torch
        >>> torch.hspmm(torch.tensor([[0, 0], [1, 1]]).to_sparse(), torch.tensor([[1, 2], [3, 4]])).values()
        tensor([[4, 6]])
    """
    rows = to_coo(mat1)._components[0][0].unique()
    product = _mm(mat1, mat2)
    return in_layout(layouts.sparse_coo, rows.unsqueeze(0), product.index_select(0, rows), tuple(product.shape))


@spelled()
@method("sspaddmm")
@recorded_as("SspaddmmBackward0")
def sspaddmm(
    input: SparseTensor | None, mat1: SparseTensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1
) -> SparseTensor:
    """Compute ``beta * input + alpha * (mat1 @ mat2)`` of sparse ``input`` and ``mat1`` as a sparse tensor.

    Source of the semantics: ``torch.sspaddmm``.

    Example:
        >>> import flambeau as torch
        >>> eye = torch.eye(2).to_sparse()
        >>> torch.sspaddmm(eye, eye, torch.ones(2, 2)).to_dense()
        tensor([[2., 1.],
                [1., 2.]])
    """
    product = hspmm(mat1, mat2)
    rows, width = product._components[0], mat2.shape[1]
    places = arange(rows.shape[1] * width, device=rows.device)
    indices = stack([rows[0][places // max(width, 1)], places % max(width, 1)])
    scaled = product._values_.reshape(-1) * alpha
    made = in_layout(layouts.sparse_coo, indices, scaled, tuple(product.shape))
    if input is None:
        return made
    total: SparseTensor = to_coo(input) * beta + made
    return total


dsmm = spmm
