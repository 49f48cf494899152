"""Norms of vectors and matrices under the names of ``torch.linalg``, and condition numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from flambeau._dispatch.declare import composite
from flambeau._dispatch.runtime import Number, number_argument
from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.reductions._reduce import Dims
from flambeau.shapes import as_ints, normalize_dim

from ._matrices import _not_finite, check_matrix, check_square
from .factorizations import svdvals
from .inverses import _inv
from .norms import _as_dtype, of_singular_values, vector_norm_of

__all__: list[str] = []  # public in flambeau.linalg


@composite(method=False, out="exact")
def vector_norm(
    x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """Compute the norm of vectors: of all elements, or along ``dim``. Source: ``torch.linalg.vector_norm``.

    ``ord`` is the exponent, ``inf``, ``-inf`` or 0: see :func:`flambeau.norm`.

    Raises:
        RuntimeError: the dtype is not a floating point one, or there is no element to choose from.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.vector_norm(torch.tensor([[3.0, 4.0], [6.0, 8.0]]), dim=1)
        tensor([ 5., 10.])
    """
    return vector_norm_of(
        _as_dtype(x, dtype), float(number_argument("linalg_vector_norm", "ord", ord, 2)), dim, keepdim
    )


def _pair(dim: Sequence[int], ndim: int) -> tuple[int, int]:
    if isinstance(dim, int):
        raise TypeError(f"linalg.matrix_norm(): argument 'dim' must be tuple of ints, not {type(dim).__name__}")
    if len(dims := as_ints(dim)) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    first, second = (normalize_dim(each, ndim) for each in dim)
    if first == second:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    return first, second


def _largest(values: Tensor, dim: int, keepdim: bool) -> Tensor:
    """The largest of what is not negative; 0 where there is none."""
    return values.amax(dim, keepdim) if values.shape[dim] else values.sum(dim, keepdim)


@composite(method=False, out="exact")
def matrix_norm(
    A: Tensor,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Compute norms of matrices. Source of the semantics: ``torch.linalg.matrix_norm``.

    ``ord`` is ``"fro"``, the root of the sum of squares; ``"nuc"``, the sum of the singular values; 2 or -2, the largest or
    smallest of them; 1 or -1, and ``inf`` or ``-inf``, the largest or smallest sum of absolute values of a column or row.

    Raises:
        RuntimeError: there is no such norm, ``dim`` does not name two dimensions, or the input is no floating matrix.
        TypeError: ``dim`` is a single number.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.matrix_norm(torch.tensor([[3.0, 0.0], [0.0, 4.0]]), "nuc")
        tensor(7.)
    """
    named = isinstance(ord, str)
    if ord not in ("fro", "nuc") if named else abs(ord) not in (1, 2, inf):  # type: ignore[arg-type]
        raise RuntimeError(f"linalg.matrix_norm: Order {ord if named else f'{ord:g}'} not supported.")
    check_matrix("linalg.matrix_norm", A, halves=ord not in ("nuc", 2, -2))
    rows, columns = _pair(dim, A.dim())
    source = _as_dtype(A, dtype, "linalg.matrix_norm")
    if isinstance(ord, str):
        if ord == "fro":
            return vector_norm_of(source, 2.0, (rows, columns), keepdim)
        return of_singular_values(source, (rows, columns), keepdim, lambda values: values.sum(-1))
    if abs(ord) == 2:
        return of_singular_values(
            source, (rows, columns), keepdim, lambda values: _largest(values, -1, False) if ord > 0 else values.amin(-1)
        )
    summed, compared = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = source.abs().sum(summed, keepdim=True)
    result = _largest(sums, compared, True) if ord > 0 else sums.amin(compared, keepdim=True)
    return result if keepdim else result.squeeze((rows, columns))


@composite(method=False, out="exact")
def linalg_norm(
    A: Tensor,
    ord: float | str | None = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Compute a vector or matrix norm. Source of the semantics: ``torch.linalg.norm``.

    One dim gives :func:`vector_norm`, two give :func:`matrix_norm`; without ``dim`` but with ``ord``, the input itself has
    one or two dimensions; without either, it is the Euclidean norm of all elements.

    Raises:
        RuntimeError: the dimensions do not fit, or there is no such norm.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.norm(torch.tensor([3.0, 4.0]))
        tensor(5.)
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None and A.dim() not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.dim()}D."
        )
    count = A.dim() if dim is None else len(as_ints(dim))
    if dim is not None and count not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")  # type: ignore[arg-type]
    if count == 1:
        if isinstance(ord, str):
            raise RuntimeError(f"linalg.norm: Order {ord} not supported for vectors.")
        return vector_norm(A, ord, dim, keepdim, dtype=dtype)
    dims: Any = (0, 1) if dim is None else dim
    return matrix_norm(A, ord, dims, keepdim, dtype=dtype)


@composite(method=False, out=True)
def cond(A: Tensor, p: Number | str | None = None) -> Tensor:
    """Compute condition numbers: of the singular values by default, else the norm times that of the inverse.

    A singular matrix has the condition number infinity. Source of the semantics: ``torch.linalg.cond``.

    Raises:
        RuntimeError: the matrices are not square although ``p`` needs that, or there is no such norm.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.cond(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor(2.)
    """
    if p is not None and p not in ("fro", "nuc", 1, -1, 2, -2, inf, -inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    check_matrix("linalg.cond", A)
    if not A.numel():
        return A.new_zeros(A.shape[:-2], dtype=A.dtype.to_real())
    if p in (None, 2, -2):
        values = svdvals(A)
        largest, smallest = values[..., 0], values[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    check_square("linalg.cond", A)
    if p == "nuc":  # the inverse of a singular matrix has no singular values
        values = svdvals(A)
        return values.sum(-1) * values.reciprocal().sum(-1)
    inverse = _inv(A)
    result = matrix_norm(A, p, (-2, -1)) * matrix_norm(inverse, p, (-2, -1))  # type: ignore[arg-type]
    return result.masked_fill(_not_finite(inverse), inf)
