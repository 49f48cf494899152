"""Sums over dimensions, norms, and softmax over the stored elements."""

from __future__ import annotations

from typing import Any

from flambeau._dispatch.sparse_forms import implements
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau._tensor.sparse import SparseTensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import UnsupportedLayoutError
from flambeau.ops.movement.joining import stack
from flambeau.shapes import normalize_dims

from ._history import recorded_as
from ._indices import in_layout_of, positions, summed
from .conversion import to_coo

__all__ = ["log_softmax", "softmax", "sparse_sum"]


def _sum_node(input: Any, dim: Any = None, *_: Any, **__: Any) -> str:
    return "SumBackward0" if dim is None else "SumBackward1"


@implements("sum")
@recorded_as(_sum_node)
def sparse_sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None) -> Any:
    """Add up all elements (a strided number), or those along dims: sparse unless only dense dims are left."""
    source = to_coo(input)
    values = source._values_ if dtype is None else source._values_.to(dtype=dtype)
    if dim is None:
        return values.sum()
    dims = set(normalize_dims(dim, input.dim()))
    count = source.sparse_dim()
    dense = [each - count + 1 for each in dims if each >= count]
    if dense:
        values = values.sum(dense, keepdim=keepdim)
    left = [each for each in range(count) if each not in dims]
    size = tuple(1 if each in dims else n for each, n in enumerate(input.shape) if keepdim or each not in dims)
    if not left and not keepdim:
        return values.sum(0)
    indices = source._components[0]
    kept = indices * 0 if not left else indices
    rows = [kept[each] * (each not in dims) for each in range(count) if keepdim or each not in dims]
    indices, values = summed(stack(rows), values, size[: len(rows)])
    return in_layout_of(input, indices, values, size)


@implements("norm")
@recorded_as("NormBackward1")
def _norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None, dtype: DType | None = None
) -> Any:
    if dim is not None or out is not None:
        raise UnsupportedLayoutError(
            "norm() of a sparse tensor is that of all its elements: convert with to_dense() first"
        )
    if isinstance(p, (int, float)) and p <= 0:
        raise UnsupportedLayoutError("this norm depends on the zeros: convert with to_dense() first")
    return to_coo(input)._values_.norm(2 if p in ("fro", None) else p, dtype=dtype)


@spelled()
@recorded_as("SparseSoftmaxBackward0")
def softmax(input: SparseTensor, dim: int, dtype: DType | None = None) -> SparseTensor:
    """Compute softmax along ``dim`` over the stored elements; others count as minus infinity. Source: ``torch.sparse.softmax``.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse.softmax(torch.eye(2).to_sparse(), 0).values()
        tensor([1., 1.])
    """
    return _over_groups(input, dim, dtype, lambda values, group, total: values.exp() / total.index_select(0, group))


@spelled()
@recorded_as("SparseLogSoftmaxBackward0")
def log_softmax(input: SparseTensor, dim: int, dtype: DType | None = None) -> SparseTensor:
    """Compute the logarithm of :func:`softmax`. Source of the semantics: ``torch.sparse.log_softmax``.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse.log_softmax(torch.eye(2).to_sparse(), 0).values()
        tensor([0., 0.])
    """
    return _over_groups(input, dim, dtype, lambda values, group, total: values - total.log().index_select(0, group))


def _over_groups(input: SparseTensor, dim: int, dtype: DType | None, finish: Any) -> SparseTensor:
    source = to_coo(input)
    values = source._values_ if dtype is None else source._values_.to(dtype=dtype)
    (dim,) = normalize_dims(dim, input.dim())
    count = source.sparse_dim()
    if dim >= count:
        raise UnsupportedLayoutError(
            "softmax() along a dense dimension: apply it to the values, or convert with to_dense()"
        )
    rest = [each for each in range(count) if each != dim]
    indices = source._components[0]
    places = positions(indices[rest], [input.shape[each] for each in rest]) if rest else indices[0] * 0
    _, group = _unique(places)
    groups = int(group.max().item()) + 1 if group.numel() else 0
    shape = (groups, *values.shape[1:])
    top = values.detach().new_full(shape, float("-inf")).index_reduce(0, group, values.detach(), "amax")
    shifted = values - top.index_select(0, group)
    total = values.new_zeros(shape).index_add(0, group, shifted.exp())
    return in_layout_of(input, indices, finish(shifted, group, total), tuple(input.shape))


def _unique(places: Tensor) -> tuple[Tensor, Tensor]:
    found: tuple[Tensor, Tensor] = places.unique(return_inverse=True)
    return found
