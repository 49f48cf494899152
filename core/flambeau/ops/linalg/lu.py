"""LU factorisations."""

from __future__ import annotations

from typing import NamedTuple

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor, from_array
from flambeau.ops.creation.ranges import eye
from flambeau.ops.movement.diagonals import diagonal, tril, triu
from flambeau.ops.reductions._reduce import named_repr

from ._matrices import _solve, adjoint, batch_text, check_matrix, lower_of, upper_of
from .matmul import matmul

__all__: list[str] = []  # public in flambeau.linalg


def permutation_of(swaps: Tensor, rows: int) -> Tensor:
    """The order of rows that swaps make, one after the other; ``swaps`` counts from 0."""
    batch = swaps.shape[:-1]
    orders = []
    for row in (
        swaps.reshape(-1, swaps.shape[-1]).tolist() if swaps.numel() else [[] for _ in range(max(batch.numel(), 1))]
    ):
        order = list(range(rows))
        for first, second in enumerate(row):
            order[first], order[second] = order[second], order[first]
        orders.append(order)
    return swaps.new_tensor(orders, dtype=dtypes.int64).reshape(*batch, rows)


def _lu_derivative(grad: list[Tensor], input: Tensor) -> Tensor:
    rows, columns = input.shape[-2:]
    if rows != columns:
        raise RuntimeError("lu_factor(): the derivative of an LU factorisation is known for square matrices only")
    factors, swaps = _lu_factor(input)
    lower, upper = lower_of(factors), upper_of(factors)
    grad_factors = grad[0]
    inner = tril(matmul(adjoint(lower), tril(grad_factors, -1)), -1) + triu(matmul(triu(grad_factors), adjoint(upper)))
    turned = adjoint(_solve(upper, adjoint(_solve(adjoint(lower), inner))))
    order = permutation_of(swaps, rows)
    back = order.argsort(-1)
    return turned.gather(-2, back.unsqueeze(-1).expand(turned.shape))


@primitive(derivatives={"input": _lu_derivative}, method=False, holomorphic=False, node="LinalgLuFactorExBackward0")
def _lu_factor(input: Tensor) -> tuple[Tensor, Tensor]:
    factors, swaps = input._type.kernels.lu_factor(input._array)
    return from_array(factors, input._type), from_array(swaps, input._type.with_dtype(dtypes.int64))


class LUFactor(NamedTuple):
    """L and U in one matrix, and the rows that were swapped, counted from 1."""

    LU: Tensor
    pivots: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_lu_factor", self)


class LUFactorEx(NamedTuple):
    """L and U in one matrix, the rows that were swapped, and where a zero stands on the diagonal."""

    LU: Tensor
    pivots: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_lu_factor_ex", self)


class LU(NamedTuple):
    """A permutation, a lower and an upper triangular matrix."""

    P: Tensor
    L: Tensor
    U: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_lu", self)


def zero_on_diagonal(factors: Tensor) -> Tensor:
    """For each packed LU, the position from 1 of the first zero on the diagonal of U, or 0; int32."""
    zero = diagonal(factors.detach(), 0, -2, -1) == 0
    if not zero.shape[-1]:
        return zero.new_zeros(zero.shape[:-1], dtype=dtypes.int32)
    first = zero.to(dtypes.int32).argmax(-1) + 1
    return (first * zero.any(-1)).to(dtypes.int32)


def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> LUFactorEx:
    """Factorise as :func:`lu_factor`, and say where a zero stands on the diagonal instead of raising.

    Source of the semantics: ``torch.linalg.lu_factor_ex``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.lu_factor_ex(torch.zeros(2, 2)).info
        tensor(1, dtype=torch.int32)
    """
    check_matrix("torch.linalg.lu_factor", A)
    if not pivot:
        raise NotImplementedError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    factors, swaps = _lu_factor(A)
    info = zero_on_diagonal(factors)
    if check_errors and bool(info.any()):
        _raise_zero_pivot(A, info)
    return LUFactorEx(factors, (swaps.detach() + 1).to(dtypes.int32), info)


def _raise_zero_pivot(input: Tensor, info: Tensor) -> None:
    where_, _ = batch_text(input, info)
    place = int(info.reshape(-1)[info.reshape(-1).nonzero()[0, 0]])
    raise RuntimeError(
        f"torch.linalg.lu_factor: {where_}U[{place},{place}] is zero and using it on lu_solve would result in a division by "
        "zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
        "linalg.lu_factor_ex(A, pivot)"
    )


def lu_factor(A: Tensor, *, pivot: bool = True) -> LUFactor:
    """Factorise matrices as P L U, with L and U in one matrix: for :func:`lu_solve`. Source: ``torch.linalg.lu_factor``.

    The gradient is known for square matrices.

    Raises:
        RuntimeError: the input is no floating matrix, or U has a zero on its diagonal.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.lu_factor(torch.tensor([[1.0, 2.0], [2.0, 2.0]]))
        torch.return_types.linalg_lu_factor(
        LU=tensor([[2.0000, 2.0000],
                [0.5000, 1.0000]]),
        pivots=tensor([2, 2], dtype=torch.int32))
    """
    factors, pivots, info = lu_factor_ex(A, pivot=pivot)
    if bool(info.any()):
        _raise_zero_pivot(A, info)
    return LUFactor(factors, pivots)


def lu(A: Tensor, *, pivot: bool = True) -> LU:
    """Factorise matrices as P L U: a permutation, a lower and an upper triangular matrix. Source: ``torch.linalg.lu``.

    Raises:
        RuntimeError: the input is no floating matrix.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.lu(torch.tensor([[1.0, 2.0], [2.0, 2.0]])).P
        tensor([[0., 1.],
                [1., 0.]])
    """
    factors, pivots, _ = lu_factor_ex(A, pivot=pivot)
    order = permutation_of(pivots.to(dtypes.int64) - 1, A.shape[-2])
    one = eye(A.shape[-2], dtype=A.dtype, device=A.device)
    return LU(one[order].mT, lower_of(factors), upper_of(factors))


def _singular(A: Tensor, result: Tensor) -> Tensor | None:
    """For each matrix the position of a zero pivot, or 0; None if the result shows that there are none."""
    if not result.numel() or bool(result.detach().isfinite().all()):
        return None
    return zero_on_diagonal(_lu_factor(A.detach())[0])
