"""Linear algebra, under the names of PyTorch's ``torch.linalg``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ._tensor import Tensor
from .errors import LinAlgError
from .ops._runtime import with_out
from .ops.factorizations import (
    cholesky,
    cholesky_ex,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lu,
    lu_factor,
    lu_factor_ex,
    qr,
    svd,
    svdvals,
)
from .ops.inverses import (
    det,
    inv,
    inv_ex,
    lstsq,
    lu_solve,
    matrix_exp,
    matrix_rank,
    pinv,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from .ops.inverses import diagonal_of as diagonal
from .ops.linalg import matmul
from .ops.matrix_norms import cond, matrix_norm, vector_norm
from .ops.matrix_norms import linalg_norm as norm
from .ops.products import cross_along, matrix_power, multiplied

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv",
    "inv_ex", "lstsq", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals",
    "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip


def cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """Compute the cross product of vectors of three elements along ``dim``. Source: ``torch.linalg.cross``.

    Raises:
        RuntimeError: the dimension has not three elements.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]))
        tensor([0, 0, 1])
    """
    if out is not None:
        return with_out(out, cross_along, input, other, dim)  # type: ignore[no-any-return]
    return cross_along(input, other, dim)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """Multiply vectors along ``dim``, the first conjugated, and add up. Source: ``torch.linalg.vecdot``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.vecdot(torch.tensor([[1, 2], [3, 4]]), torch.tensor([5, 6]))
        tensor([17, 39])
    """
    first = x.conj() if x.is_complex() else x
    result = (first * y).sum(dim)
    return result if out is None else with_out(out, lambda: result)


def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Multiply matrices in the cheapest order; the first and the last may be vectors. Source: ``torch.linalg.multi_dot``.

    Raises:
        RuntimeError: there are fewer than two tensors, or the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.multi_dot([torch.ones(2), torch.ones(2, 3), torch.ones(3)])
        tensor(6.)
    """
    listed = list(tensors)
    if len(listed) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(listed)}")
    for position, tensor in enumerate(listed):
        ends = position in (0, len(listed) - 1)
        if tensor.dim() != 2 and not (ends and tensor.dim() == 1):
            expected = "1D or 2D" if ends else "2D"
            raise RuntimeError(f"multi_dot(): tensor {position} must be {expected} but got {tensor.dim()}D")
    row, column = listed[0].dim() == 1, listed[-1].dim() == 1
    listed[0] = listed[0].unsqueeze(0) if row else listed[0]
    listed[-1] = listed[-1].unsqueeze(1) if column else listed[-1]
    for position, (left, right) in enumerate(pairwise(listed)):
        if left.shape[1] != right.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {position} and {position + 1} with shapes {list(left.shape)} and {list(right.shape)} "
                "cannot be multiplied"
            )
    result = multiplied(listed)
    result = result.squeeze(0) if row else result
    result = result.squeeze(-1) if column else result
    return result if out is None else with_out(out, lambda: result)


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """Make Vandermonde matrices: the powers of each element, from 0 up, as a row. Source: ``torch.linalg.vander``.

    Raises:
        RuntimeError: ``N`` is not greater than 1, or the input has no dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.vander(torch.tensor([1, 2, 3]))
        tensor([[1, 1, 1],
                [1, 2, 4],
                [1, 3, 9]])
    """
    if x.dim() == 0:
        raise RuntimeError("Expected dim of input tensor to be larger than 0")
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    repeated = x.unsqueeze(-1).expand(*x.shape, count - 1)
    powers = repeated.cumprod(-1)
    from .ops.joining import cat

    return cat([powers.new_ones((*x.shape, 1)), powers], -1)
