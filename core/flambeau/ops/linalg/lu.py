"""LU factorisations."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.out import with_exact_out
from flambeau._dispatch.results import Results
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau.ops.creation.ranges import eye
from flambeau.ops.movement.diagonals import diagonal, tril, triu
from flambeau.ops.movement.joining import cat

from ._matrices import _solve_triangular, adjoint, batch_text, by_columns, check_matrix, lower_of, upper_of
from .matmul import matmul

__all__: list[str] = []  # public in flambeau.linalg


def permutation_of(swaps: Tensor, rows: int) -> Tensor:
    """The order of rows that swaps make, one after the other; ``swaps`` counts from 0."""
    batch = swaps.shape[:-1]
    orders = []
    for row in swaps.reshape(batch.numel(), swaps.shape[-1]).tolist():
        order = list(range(rows))
        for first, second in enumerate(row):
            order[first], order[second] = order[second], order[first]
        orders.append(order)
    return swaps.new_tensor(orders, dtype=dtypes.int64).reshape(*batch, rows)


def _lu_derivative(grad: list[Tensor], input: Tensor) -> Tensor:
    """That of the square part, and of the columns or rows beyond it, which are U2 = L^-1 A2 or L2 = A2 U^-1."""
    rows, columns = input.shape[-2:]
    inner = min(rows, columns)
    factors, swaps = _lu_factor(input)
    lower, upper = lower_of(factors), upper_of(factors)
    grad_lower, grad_upper = tril(grad[0][..., :inner], -1), triu(grad[0][..., :inner, :])
    square_lower, square_upper = lower[..., :inner, :], upper[..., :inner]
    first_lower, first_upper = grad_lower[..., :inner, :], grad_upper[..., :inner]
    rest = None
    if columns > inner:
        rest = _solve_triangular(adjoint(square_lower), grad_upper[..., inner:], True)
        first_lower = first_lower - matmul(rest, adjoint(upper[..., inner:]))
    elif rows > inner:
        rest = _divided(grad_lower[..., inner:, :], square_upper)
        first_upper = first_upper - matmul(adjoint(lower[..., inner:, :]), rest)
    middle = tril(matmul(adjoint(square_lower), first_lower), -1) + triu(matmul(first_upper, adjoint(square_upper)))
    turned = _divided(_solve_triangular(adjoint(square_lower), middle, True), square_upper)
    if rest is not None:
        turned = cat([turned, rest], -1 if columns > inner else -2)
    back = permutation_of(swaps, rows).argsort(-1)
    return turned.gather(-2, back.unsqueeze(-1).expand(turned.shape))


def _divided(matrix: Tensor, upper: Tensor) -> Tensor:
    """``matrix`` times the inverse of the adjoint of ``upper``."""
    return adjoint(_solve_triangular(upper, adjoint(matrix), True))


@primitive(derivatives={"input": _lu_derivative}, method=False, holomorphic=False, node="LinalgLuFactorExBackward0")
def _lu_factor(input: Tensor) -> tuple[Tensor, Tensor]:
    factors, swaps = input._type.kernels.lu_factor(input._array)
    return by_columns(factors, input._type), from_array(swaps, input._type.with_dtype(dtypes.int64))


class LUFactor(Results):
    """L and U in one matrix, and the rows that were swapped, counted from 1."""

    LU: Tensor
    pivots: Tensor


class LUFactorEx(Results):
    """L and U in one matrix, the rows that were swapped, and where a zero stands on the diagonal."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


class LU(Results):
    """A permutation, a lower and an upper triangular matrix."""

    P: Tensor
    L: Tensor
    U: Tensor


def zero_on_diagonal(factors: Tensor) -> Tensor:
    """For each packed LU, the position from 1 of the first zero on the diagonal of U, or 0; int64."""
    zero = diagonal(factors.detach(), 0, -2, -1) == 0
    if not zero.shape[-1]:
        return zero.new_zeros(zero.shape[:-1], dtype=dtypes.int64)
    first: Tensor = zero.to(dtypes.int64).argmax(-1) + 1
    return first * zero.any(-1)


def _check(A: Tensor, pivot: bool) -> None:
    check_matrix("torch.linalg.lu_factor", A)
    if not pivot:
        raise NotImplementedError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")


@spelled(out=with_exact_out)
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> LUFactorEx:
    """Factorise as :func:`lu_factor`, and say where a zero stands on the diagonal instead of raising.

    Source of the semantics: ``torch.linalg.lu_factor_ex``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.lu_factor_ex(torch.zeros(2, 2)).info
        tensor(1, dtype=torch.int32)
    """
    _check(A, pivot)
    factors, swaps = _lu_factor(A)
    info = zero_on_diagonal(factors).to(dtypes.int32)
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


@spelled(out=with_exact_out)
def lu_factor(A: Tensor, *, pivot: bool = True) -> LUFactor:
    """Factorise matrices as P L U, with L and U in one matrix: for :func:`lu_solve`. Source: ``torch.linalg.lu_factor``.

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


@spelled(out=with_exact_out)
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
    _check(A, pivot)
    factors, swaps = _lu_factor(A)
    order = permutation_of(swaps, A.shape[-2])
    one = eye(A.shape[-2], dtype=A.dtype, device=A.device)
    permutation = from_array(A._type.kernels.index(one._array, [order.argsort(-1)._array]), A._type)
    return LU(permutation, lower_of(factors), upper_of(factors))


def _singular(A: Tensor, result: Tensor) -> Tensor | None:
    """For each matrix the position of a zero pivot, or 0; None if the result shows that there are none."""
    if not result.numel() or bool(result.detach().isfinite().all()):
        return None
    return zero_on_diagonal(_lu_factor(A.detach())[0])
