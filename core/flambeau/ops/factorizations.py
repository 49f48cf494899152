"""Factorisations of matrices: Cholesky, QR, singular values, eigenvalues, LU.

Derivatives follow Giles, Collected Matrix Derivative Results (2008), and for QR Walter and Lehmann, Algorithmic
Differentiation of Linear Algebra Functions (2010).
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from .. import dtypes
from .._tensor import Tensor, from_array
from ..errors import LinAlgError
from ..printing import scalar_type_name
from ._declare import composite, primitive
from ._reduce import named_repr
from .complex_parts import imag
from .diagonals import diag_embed, diagonal, tril, triu
from .linalg import matmul
from .ranges import eye
from .selection import where

__all__: list[str] = []  # public in flambeau.linalg


# -- checks ---------------------------------------------------------------


def check_matrix(function: str, input: Tensor, name: str = "A") -> None:
    """Refuse what is no floating matrix or batch of matrices, in PyTorch's words."""
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{function.rpartition('.')[2]}(): argument '{name}' must be Tensor, not {type(input).__name__}"
        )
    if input.dim() < 2:
        raise RuntimeError(f"{function}: The input tensor {name} must have at least 2 dimensions.")
    if not input._type.floats:
        raise RuntimeError(
            f"{function}: Expected a floating point or complex tensor as input. Got {scalar_type_name(input.dtype)}"
        )
    if input.dtype in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(f"{function}: Low precision dtypes not supported. Got {scalar_type_name(input.dtype)}")


def check_square(function: str, input: Tensor, name: str = "A") -> None:
    """Refuse matrices that are not square, in PyTorch's words."""
    if input.dim() < 2:
        raise RuntimeError(f"{function}: The input tensor {name} must have at least 2 dimensions.")
    rows, columns = input.shape[-2:]
    if rows != columns:
        raise RuntimeError(
            f"{function}: {name} must be batches of square matrices, but they are {rows} by {columns} matrices"
        )


def check_square_matrix(function: str, input: Tensor, name: str = "A") -> None:
    """Both of the above."""
    check_matrix(function, input, name)
    check_square(function, input, name)


def batch_text(input: Tensor, failed: Tensor) -> tuple[str, Tensor]:
    """PyTorch's words for which matrix of a batch failed, and that matrix."""
    if input.dim() == 2:
        return "", input
    position = int(failed.reshape(-1).nonzero()[0, 0])
    return f"(Batch element {position}): ", input.reshape(-1, *input.shape[-2:])[position]


def adjoint(input: Tensor) -> Tensor:
    """The transposed matrices, conjugated if they are complex."""
    turned: Tensor = input.mT
    return turned.conj() if turned.is_complex() else turned


def _not_finite(result: Tensor) -> Tensor:
    return ~result.detach().isfinite().flatten(-2).all(-1)


# -- Cholesky ---------------------------------------------------------------


def _cholesky_input(grad: Tensor, result: Tensor) -> Tensor:
    from .inverses import _solve

    inner = tril(matmul(adjoint(result), grad))
    inner = inner - diag_embed(diagonal(inner, 0, -2, -1)) / 2
    # L^-H inner L^-1, made symmetric: the input is.
    left = _solve(adjoint(result), inner)
    whole = adjoint(_solve(adjoint(result), adjoint(left)))
    return (whole + adjoint(whole)) / 2


@primitive(derivatives={"input": _cholesky_input}, method=False, holomorphic=False, node="LinalgCholeskyExBackward0")
def _cholesky(input: Tensor) -> Tensor:
    return from_array(input._type.kernels.cholesky(input._array), input._type)


class CholeskyEx(NamedTuple):
    """A factor, and for each matrix the order of the first minor that is not positive definite, or 0."""

    L: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_cholesky_ex", self)


def _order_of_failure(matrix: Tensor) -> int:
    for order in range(1, matrix.shape[-1] + 1):
        if bool(_not_finite(_cholesky(matrix.detach()[:order, :order]))):
            return order
    return int(matrix.shape[-1])


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> CholeskyEx:
    """Factorise as :func:`cholesky`, and say where that fails instead of raising; the factor is nan there.

    Source of the semantics: ``torch.linalg.cholesky_ex``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.cholesky_ex(-torch.eye(2)).info
        tensor(1, dtype=torch.int32)
    """
    check_square_matrix("linalg.cholesky", A)
    factor = _cholesky(adjoint(A) if upper else A)
    failed = _not_finite(factor) if A.numel() else factor.new_zeros(A.shape[:-2], dtype=dtypes.bool)
    info = failed.to(dtypes.int32)
    if bool(failed.any()):
        matrices = A.reshape(-1, *A.shape[-2:])
        orders = [_order_of_failure(matrices[i]) if bad else 0 for i, bad in enumerate(failed.reshape(-1).tolist())]
        info = info.new_tensor(orders).reshape(failed.shape)
        if check_errors:
            _raise_indefinite("linalg.cholesky_ex", A, failed)
    return CholeskyEx(adjoint(factor) if upper else factor, info)


def _raise_indefinite(function: str, input: Tensor, failed: Tensor) -> None:
    where_, matrix = batch_text(input, failed)
    raise LinAlgError(
        f"{function}: {where_}The factorization could not be completed because the input is not positive-definite (the "
        f"leading minor of order {_order_of_failure(matrix)} is not positive-definite)."
    )


@composite(method=False, out=True)
def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """Factorise symmetric positive definite matrices as L L^H; give L^H if ``upper``. Source: ``torch.linalg.cholesky``.

    Only the lower triangle is read (the upper one if ``upper``); the gradient is that of a symmetric input.

    Raises:
        LinAlgError: a matrix is not positive definite; the message says which.
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    check_square_matrix("linalg.cholesky", A)
    factor = _cholesky(adjoint(A) if upper else A)
    if A.numel():
        failed = _not_finite(factor)
        if bool(failed.any()):
            _raise_indefinite("linalg.cholesky", A, failed)
    return adjoint(factor) if upper else factor


# -- QR ---------------------------------------------------------------


def _lower_copied_up(matrix: Tensor) -> Tensor:
    lower = tril(matrix, -1)
    middle = diagonal(matrix, 0, -2, -1)
    if middle.is_complex():  # R has a real diagonal
        middle = middle.real.to(middle.dtype)
    return lower + adjoint(lower) + diag_embed(middle)


def _qr_input(grad: list[Tensor], q: Tensor, r: Tensor) -> Tensor:
    """For matrices with as many rows as columns, or more."""
    from .inverses import _solve

    grad_q, grad_r = grad
    inner = matmul(r, adjoint(grad_r)) - matmul(adjoint(grad_q), q)
    total = grad_q + matmul(q, _lower_copied_up(inner))
    return adjoint(_solve(r, adjoint(total)))


def _qr_derivative(grad: list[Tensor], input: Tensor, complete: bool) -> Tensor:
    rows, columns = input.shape[-2:]
    if complete and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    q, r = _qr(input, complete)
    if rows >= columns:
        return _qr_input(grad, q, r)
    # The first columns are square, and the others are Q times the rest of R.
    from .joining import cat

    grad_q, grad_r = grad
    rest = input[..., rows:]
    first = _qr_input([grad_q + matmul(rest, adjoint(grad_r[..., rows:])), grad_r[..., :rows]], q, r[..., :rows])
    return cat([first, matmul(q, grad_r[..., rows:])], -1)


@primitive(derivatives={"input": _qr_derivative}, method=False, holomorphic=False, node="LinalgQrBackward0")
def _qr(input: Tensor, complete: bool) -> tuple[Tensor, Tensor]:
    q, r = input._type.kernels.qr(input._array, complete)
    return from_array(q, input._type), from_array(r, input._type)


class QR(NamedTuple):
    """Orthonormal columns, and an upper triangular matrix."""

    Q: Tensor
    R: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_qr", self)


def qr(A: Tensor, mode: str = "reduced") -> QR:
    """Factorise matrices into orthonormal columns times an upper triangular matrix. Source: ``torch.linalg.qr``.

    ``mode="complete"`` makes Q square; ``"r"`` leaves Q empty. The signs are LAPACK's.

    Raises:
        RuntimeError: there is no such mode, or the input is no floating matrix.

    Example:
        >>> import flambeau as torch
        >>> q, r = torch.linalg.qr(torch.tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> torch.allclose(q @ r, torch.tensor([[3.0, 1.0], [4.0, 2.0]]))
        True
    """
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    check_matrix("linalg.qr", A)
    q, r = _qr(A, mode == "complete")
    if mode == "r":
        q = A.new_empty(0)
    return QR(q, r)


# -- singular values ---------------------------------------------------------------


def _skew(matrix: Tensor) -> Tensor:
    return matrix - adjoint(matrix)


def _svd_input(grad: list[Tensor], input: Tensor) -> Tensor:
    u, s, vh = _svd(input, False)
    grad_u, grad_s, grad_vh = grad
    rows, columns = input.shape[-2:]
    values = s.unsqueeze(-2)
    gaps = values * values - (s * s).unsqueeze(-1)
    one = eye(s.shape[-1], dtype=s.dtype, device=s.device)
    gaps = where(one != 0, inf, gaps)
    turned_u, turned_v = matmul(adjoint(u), grad_u), matmul(grad_vh, adjoint(vh))
    inner = (_skew(turned_u) / gaps) * values + s.unsqueeze(-1) * (_skew(adjoint(turned_v)) / gaps) + diag_embed(grad_s)
    if input._type.complex:  # what is left of a phase that U and Vh share
        inner = inner + diag_embed(imag(diagonal(turned_u, dim1=-2, dim2=-1)) / s) * 1j
    result = matmul(matmul(u, inner), vh)
    if rows > s.shape[-1]:
        outside = (grad_u - matmul(u, turned_u)) / values
        result = result + matmul(outside, vh)
    if columns > s.shape[-1]:
        outside = (grad_vh - matmul(turned_v, vh)) / s.unsqueeze(-1)
        result = result + matmul(u, outside)
    return result


def _svd_derivative(grad: list[Tensor], input: Tensor, full: bool) -> Tensor:
    if full and input.shape[-2] != input.shape[-1]:
        count = min(input.shape[-2:])
        grad = [grad[0][..., :count], grad[1], grad[2][..., :count, :]]
    return _svd_input(grad, input)


@primitive(derivatives={"input": _svd_derivative}, method=False, holomorphic=False, node="LinalgSvdBackward0")
def _svd(input: Tensor, full: bool) -> tuple[Tensor, Tensor, Tensor]:
    type_ = input._type
    u, s, vh = type_.kernels.svd(input._array, full)
    real = type_.with_dtype(type_.dtype.to_real())
    return from_array(u, type_), from_array(s, real), from_array(vh, type_)


class SVD(NamedTuple):
    """Singular vectors, singular values, and singular vectors as rows."""

    U: Tensor
    S: Tensor
    Vh: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_svd", self)


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """Factorise matrices as U diag(S) V^H; S from the largest value down. Source of the semantics: ``torch.linalg.svd``.

    The gradient of U and V exists where the singular values differ, and of those columns only that belong to one; their
    signs are LAPACK's. ``driver`` is accepted on the GPU, and of no effect.

    Raises:
        RuntimeError: the input is no floating matrix.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.svd(torch.tensor([[3.0, 0.0], [0.0, 4.0]])).S
        tensor([4., 3.])
    """
    check_matrix("linalg.svd", A)
    return SVD(*_svd(A, full_matrices))


@composite(method=False, out=True)
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Give the singular values, from the largest down. Source of the semantics: ``torch.linalg.svdvals``.

    Raises:
        RuntimeError: the input is no floating matrix.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.svdvals(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
        tensor([4., 3.])
    """
    check_matrix("linalg.svdvals", A)
    return _svd(A, False)[1]


# -- eigenvalues ---------------------------------------------------------------


def _eigh_input(grad: list[Tensor], input: Tensor) -> Tensor:
    values, vectors = _eigh(input)
    grad_values, grad_vectors = grad
    gaps = values.unsqueeze(-2) - values.unsqueeze(-1)
    one = eye(values.shape[-1], dtype=values.dtype, device=values.device)
    turned = matmul(adjoint(vectors), grad_vectors)
    inner = where(one != 0, 0.0, turned / where(one != 0, 1.0, gaps)) + diag_embed(grad_values)
    return matmul(matmul(vectors, inner), adjoint(vectors))


@primitive(derivatives={"input": _eigh_input}, method=False, holomorphic=False, node="LinalgEighBackward0")
def _eigh(input: Tensor) -> tuple[Tensor, Tensor]:
    type_ = input._type
    values, vectors = type_.kernels.eigh(input._array)
    return from_array(values, type_.with_dtype(type_.dtype.to_real())), from_array(vectors, type_)


class Eigh(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_eigh", self)


def _symmetric(function: str, input: Tensor, triangle: str) -> Tensor:
    check_square_matrix(function, input)
    if triangle.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {triangle}")
    return adjoint(input) if triangle.upper() == "U" else input


def eigh(A: Tensor, UPLO: str = "L") -> Eigh:
    """Give the eigenvalues, ascending, and eigenvectors of symmetric matrices. Source: ``torch.linalg.eigh``.

    Only the triangle that ``UPLO`` names is read; the gradient is that of a symmetric input.

    Raises:
        RuntimeError: the matrices are not square, or ``UPLO`` is neither "L" nor "U".

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.eigh(torch.tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
        tensor([1., 3.])
    """
    return Eigh(*_eigh(_symmetric("linalg.eigh", A, UPLO)))


@composite(method=False, out=True)
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Give the eigenvalues of symmetric matrices, ascending. Source of the semantics: ``torch.linalg.eigvalsh``.

    Raises:
        RuntimeError: the matrices are not square, or ``UPLO`` is neither "L" nor "U".

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.eigvalsh(torch.tensor([[2.0, 1.0], [1.0, 2.0]]))
        tensor([1., 3.])
    """
    return _eigh(_symmetric("linalg.eigvalsh", A, UPLO))[0]


def _eig_input(grad: list[Tensor], input: Tensor) -> Tensor:
    from .inverses import _solve

    values, vectors = _eig(input)
    grad_values, grad_vectors = grad
    adjoint_vectors = adjoint(vectors)
    turned = matmul(adjoint_vectors, grad_vectors)
    # The eigenvectors have length 1: what a gradient does along them is taken off.
    along = diagonal(turned, 0, -2, -1).real.to(values.dtype)
    turned = turned - matmul(adjoint_vectors, vectors) * along.unsqueeze(-2)
    gaps = adjoint(values.unsqueeze(-2) - values.unsqueeze(-1)).mT
    one = eye(values.shape[-1], dtype=dtypes.bool, device=values.device)
    inner = where(one, grad_values.unsqueeze(-2), turned / where(one, 1.0, gaps))
    result = _solve(adjoint_vectors, matmul(inner, adjoint_vectors))
    return result if input.is_complex() else result.real


@primitive(derivatives={"input": _eig_input}, method=False, holomorphic=False, node="LinalgEigBackward0")
def _eig(input: Tensor) -> tuple[Tensor, Tensor]:
    type_ = input._type.with_dtype(input.dtype.to_complex())
    values, vectors = input._type.kernels.eig(input._array)
    return from_array(values, type_), from_array(vectors, type_)


class Eig(NamedTuple):
    """Eigenvalues and eigenvectors, as columns; complex."""

    eigenvalues: Tensor
    eigenvectors: Tensor

    def __repr__(self) -> str:
        return named_repr("linalg_eig", self)


def eig(A: Tensor) -> Eig:
    """Give the eigenvalues and eigenvectors of square matrices, complex always. Source: ``torch.linalg.eig``.

    Raises:
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.eig(torch.tensor([[0.0, 1.0], [-1.0, 0.0]])).eigenvalues
        tensor([0.+1.j, 0.-1.j])
    """
    check_square_matrix("linalg.eig", A)
    return Eig(*_eig(A))


@composite(method=False, out=True)
def eigvals(A: Tensor) -> Tensor:
    """Give the eigenvalues of square matrices, complex always. Source of the semantics: ``torch.linalg.eigvals``.

    Raises:
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.eigvals(torch.tensor([[0.0, 1.0], [-1.0, 0.0]]))
        tensor([0.+1.j, 0.-1.j])
    """
    check_square_matrix("linalg.eigvals", A)
    return _eig(A)[0]


# -- LU ---------------------------------------------------------------


def lower_of(factors: Tensor) -> Tensor:
    """L of a packed LU: its lower triangle, with ones on the diagonal."""
    rows, columns = factors.shape[-2:]
    inner = min(rows, columns)
    return tril(factors[..., :inner], -1) + eye(rows, inner, dtype=factors.dtype, device=factors.device)


def upper_of(factors: Tensor) -> Tensor:
    """U of a packed LU."""
    return triu(factors[..., : min(factors.shape[-2:]), :])


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
    from .inverses import _solve

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
