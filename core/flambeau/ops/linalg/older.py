"""Linear algebra under PyTorch's older names, at the top level and as methods."""

from __future__ import annotations

import warnings

from flambeau import dtypes
from flambeau._dispatch.checks import refuse_unless
from flambeau._dispatch.out import with_exact_out, with_out
from flambeau._dispatch.results import Results
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau._tensor.methods import method
from flambeau.errors import level_of_caller
from flambeau.ops.creation.ranges import eye

from ._matrices import adjoint, lower_of, nothing_of, upper_of
from .factorizations import cholesky as _cholesky
from .factorizations import qr as _qr
from .factorizations import svd as _svd
from .inverses import det as det
from .inverses import inv, matrix_exp, pinv, slogdet
from .inverses import logdet as logdet
from .lu import lu_factor_ex, permutation_of
from .solving import cholesky_inverse as cholesky_inverse
from .solving import cholesky_solve as cholesky_solve
from .solving import lu_solve as _lu_solve

__all__ = [
    "cholesky", "cholesky_inverse", "cholesky_solve", "det", "inverse", "logdet", "lu_solve", "lu_unpack", "matrix_exp",
    "pinverse", "qr", "slogdet", "svd",
]  # fmt: skip


@spelled()
@method("inverse")
def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Invert square matrices: :func:`flambeau.linalg.inv`. Source of the semantics: ``torch.inverse``.

    Example:
        >>> import flambeau as torch
        >>> torch.inverse(torch.tensor([[4.0]]))
        tensor([[0.2500]])
    """
    return inv(input) if out is None else inv(input, out=out)  # type: ignore[call-arg]


@spelled()
@method("pinverse")
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Compute the pseudo-inverse: :func:`flambeau.linalg.pinv`. Source of the semantics: ``torch.pinverse``.

    Example:
        >>> import flambeau as torch
        >>> torch.pinverse(torch.tensor([[4.0]]))
        tensor([[0.2500]])
    """
    return pinv(input, rcond)


@spelled()
@method("cholesky")
def cholesky(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Factorise symmetric positive definite matrices; deprecated, as in PyTorch, for ``linalg.cholesky``.

    Source of the semantics: ``torch.cholesky``.

    Example:
        >>> import flambeau as torch
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     torch.cholesky(torch.tensor([[4.0]]))
        tensor([[2.]])
    """
    if out is not None:
        return with_out(out, cholesky, input, upper)  # type: ignore[no-any-return]
    _deprecated("cholesky")
    return _cholesky(input, upper=upper)


def _deprecated(name: str) -> None:
    warnings.warn(
        f"torch.{name} is deprecated in favor of torch.linalg.{name} and will be removed in a future PyTorch release.",
        UserWarning,
        stacklevel=level_of_caller(),
    )


class QR(Results):
    """An orthogonal matrix and an upper triangular one."""

    Q: Tensor
    R: Tensor


@spelled(out=with_exact_out)
@method("qr")
def qr(input: Tensor, some: bool = True) -> QR:
    """Factorise into Q and R; deprecated, as in PyTorch, for ``linalg.qr``. Source of the semantics: ``torch.qr``.

    Example:
        >>> import flambeau as torch
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     torch.qr(torch.ones(3, 2)).Q.shape
        torch.Size([3, 2])
    """
    _deprecated("qr")
    return QR(*_qr(input, "reduced" if some else "complete"))


class SVD(Results):
    """Singular vectors as columns, and singular values."""

    U: Tensor
    S: Tensor
    V: Tensor


@spelled(out=with_exact_out)
@method("svd")
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> SVD:
    """Factorise matrices as U diag(S) V^H, with V, not its transpose, as the third result. Source: ``torch.svd``.

    Without ``compute_uv``, U and V are zeros.

    Example:
        >>> import flambeau as torch
        >>> torch.svd(torch.tensor([[3.0, 0.0], [0.0, 4.0]])).S
        tensor([4., 3.])
    """
    u, s, vh = _svd(input, not some)
    v = adjoint(vh)
    if not compute_uv:
        rows, columns = input.shape[-2:]
        u, v = u.new_zeros(*input.shape[:-2], rows, rows), v.new_zeros(*input.shape[:-2], columns, columns).mT
    return SVD(u, s, v)


@spelled(input="b", x="b", a="b", x1="b")
@method("lu_solve")
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Solve A X = b, given the LU factorisation of A. Source of the semantics: ``torch.lu_solve``.

    Example:
        >>> import flambeau as torch
        >>> torch.lu_solve(torch.ones(1, 1), *torch.linalg.lu_factor(torch.tensor([[4.0]])))
        tensor([[0.2500]])
    """
    return _lu_solve(LU_data, LU_pivots, b, out=out)


@spelled(out=with_exact_out)
def lu_unpack(
    LU_data: Tensor,
    LU_pivots: Tensor,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Give P, L and U of a packed LU factorisation; what is not asked for is empty. Source: ``torch.lu_unpack``.

    Example:
        >>> import flambeau as torch
        >>> torch.lu_unpack(*torch.linalg.lu_factor(torch.tensor([[4.0]])))
        (tensor([[1.]]), tensor([[1.]]), tensor([[4.]]))
    """
    if LU_data.dim() < 2:
        raise RuntimeError(
            f"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {list(LU_data.shape)} instead"
        )
    empty = nothing_of(LU_data)
    permutation = LU_data.new_empty(0)
    if unpack_pivots:
        rows = LU_data.shape[-2]
        if LU_pivots.dtype is not dtypes.int32:
            raise RuntimeError("torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.")
        text = (
            "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."
            "Did you properly pass the result of lu_factor?"
        )
        refuse_unless(LU_pivots.ge(1) & LU_pivots.le(rows), lambda: RuntimeError(text))
        order = permutation_of(LU_pivots.to(dtypes.int64) - 1, rows)
        permutation = eye(rows, dtype=LU_data.dtype, device=LU_data.device)[order.argsort(-1)]
    lower, upper = (lower_of(LU_data), upper_of(LU_data)) if unpack_data else (empty, empty)
    return permutation, lower, upper


@method("lu")
def _lu_method(self: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """Factorise matrices into packed L and U, and pivots; deprecated for ``linalg.lu_factor``. Source: ``torch.Tensor.lu``."""
    _deprecated("lu")
    factors, pivots, info = lu_factor_ex(self, pivot=pivot)
    return (factors, pivots, info) if get_infos else (factors, pivots)


for _name, _function in (
    ("det", det), ("logdet", logdet), ("slogdet", slogdet), ("matrix_exp", matrix_exp), ("cholesky_solve", cholesky_solve),
    ("cholesky_inverse", cholesky_inverse),
):  # fmt: skip
    method(_name)(_function)
