"""The functions of ``torch.sparse`` that are no methods: products and sums of matrices of which one may be sparse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flambeau._dispatch.spelling import spelled
from flambeau._tensor.sparse import SparseTensor

from ._history import recorded_as
from .products import reduced_product
from .reductions import sparse_sum as _sum

__all__ = ["addmm", "as_sparse_gradcheck", "mm", "sum"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _mm_node(mat1: Any, mat2: Any, reduce: str | None = None) -> str:
    if reduce not in (None, "sum"):
        return "SparseMmReduceImplBackward0"
    return "SparseSparseMatmulBackward0" if mat1._sparse and mat2._sparse else "SparseAddmmBackward0"


@spelled(sparse="mat1", dense="mat2")
@recorded_as(_mm_node)
def mm(mat1: Any, mat2: Any, reduce: str | None = None) -> Any:
    """Multiply two matrices, one of which is sparse; of two sparse ones the product is. Source: ``torch.sparse.mm``.

    Args:
        mat1: (m, k).
        mat2: (k, n).
        reduce: how the terms of each element come together: "sum", "mean", "amax" or "amin" of those that are stored. With
            "amax" and "amin" the gradient is shared among equal terms. ``mat1`` is sparse and ``mat2`` strided then.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse.mm(torch.eye(2).to_sparse_csr(), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[1., 2.],
                [3., 4.]])
    """
    if reduce is None:
        return mat1.mm(mat2)
    if not isinstance(mat1, SparseTensor):
        raise RuntimeError(f"sparse.mm() with reduce= expects mat1 to be sparse, but got {mat1.layout}")
    return reduced_product(mat1, mat2, reduce)


@spelled(input="mat", x="mat", a="mat", x1="mat")
@recorded_as("SparseAddmmBackward0")
def addmm(mat: Any, mat1: Any, mat2: Any, beta: Any = 1.0, alpha: Any = 1.0) -> Any:
    """Compute ``beta * mat + alpha * (mat1 @ mat2)`` with a sparse ``mat1``. Source of the semantics: ``torch.sparse.addmm``.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse.addmm(torch.ones(2, 2), torch.eye(2).to_sparse(), torch.ones(2, 2), alpha=3)
        tensor([[4., 4.],
                [4., 4.]])
    """
    return mat * beta + mat1.mm(mat2) * alpha


def as_sparse_gradcheck(gradcheck: _Function) -> _Function:
    """Give ``gradcheck`` back: it takes sparse tensors as it is. Source: ``torch.sparse.as_sparse_gradcheck``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.eye(2, dtype=torch.float64).to_sparse_csr().requires_grad_()
        >>> torch.sparse.as_sparse_gradcheck(torch.autograd.gradcheck)(lambda x: x @ x, x)
        True
    """
    return gradcheck


def _sum_node(input: Any, dim: Any = None, *_: Any, **__: Any) -> str:
    return "SumBackward0" if dim is None else "SparseSumBackward0"


@recorded_as(_sum_node)
def sum(input: SparseTensor, dim: Any = None, dtype: Any = None) -> Any:
    """Add up all elements, or those along dims, which gives a sparse tensor. Source of the semantics: ``torch.sparse.sum``.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse.sum(torch.eye(3).to_sparse())
        tensor(3.)
    """
    return _sum(input, dim, dtype=dtype)
