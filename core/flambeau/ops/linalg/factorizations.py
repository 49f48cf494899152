"""Factorisations of matrices: Cholesky, QR, singular values, eigenvalues.

Derivatives follow Giles, Collected Matrix Derivative Results (2008), and for QR Walter and Lehmann, Algorithmic
Differentiation of Linear Algebra Functions (2010).
"""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import with_exact_out
from flambeau._dispatch.results import Results
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau.errors import LinAlgError
from flambeau.ops.creation.ranges import eye
from flambeau.ops.elementwise.complex_parts import imag
from flambeau.ops.elementwise.selection import where
from flambeau.ops.movement.diagonals import diag_embed, diagonal, tril
from flambeau.ops.movement.joining import cat

from ._matrices import (
    _solve,
    _solve_triangular,
    adjoint,
    batch_text,
    by_columns,
    check_matrix,
    check_square_matrix,
    nothing_of,
)
from .matmul import matmul

__all__: list[str] = []  # public in flambeau.linalg


# -- Cholesky ---------------------------------------------------------------


def _cholesky_input(grad: Tensor, result: Tensor) -> Tensor:
    turned = adjoint(result)
    inner = matmul(turned, grad)
    # The input is symmetric, and so is L^-H inner L^-1, but for imaginary parts on the diagonal, which PyTorch keeps.
    inner = (tril(inner) + adjoint(tril(inner, -1))) / 2
    return adjoint(_solve_triangular(turned, adjoint(_solve_triangular(turned, inner, True)), True))


@primitive(derivatives={"input": _cholesky_input}, method=False, holomorphic=False, node="LinalgCholeskyExBackward0")
def _cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The lower factor; row after row in memory if it is to be turned into an ``upper`` one."""
    factor = input._type.kernels.cholesky(input._array)
    return from_array(factor, input._type) if upper else by_columns(factor, input._type)


class CholeskyEx(Results):
    """A factor, and for each matrix the order of the first minor that is not positive definite, or 0."""

    L: Tensor
    info: Tensor


def _failed(factor: Tensor) -> Tensor:
    """Which matrices have no factor: nan is in it then; an infinity may well be the root of one."""
    return factor.detach().isnan().flatten(-2).any(-1)


def _order_of_failure(matrix: Tensor) -> int:
    for order in range(1, matrix.shape[-1] + 1):
        if bool(_failed(_cholesky(matrix.detach()[:order, :order]))):
            return order
    return int(matrix.shape[-1])


@spelled(out=with_exact_out)
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> CholeskyEx:
    """Factorise as :func:`cholesky`, and say where that fails instead of raising; the factor is nan there.

    Source of the semantics: ``torch.linalg.cholesky_ex``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.cholesky_ex(-torch.eye(2)).info
        tensor(1, dtype=torch.int32)
    """
    check_square_matrix("linalg.cholesky", A)
    factor = _cholesky(adjoint(A) if upper else A, upper)
    failed = _failed(factor) if A.numel() else factor.new_zeros(A.shape[:-2], dtype=dtypes.bool)
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


@composite(method=False, out="exact")
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
    factor = _cholesky(adjoint(A) if upper else A, upper)
    if A.numel():
        failed = _failed(factor)
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
    grad_q, grad_r = grad
    inner = matmul(r, adjoint(grad_r)) - matmul(adjoint(grad_q), q)
    total = grad_q + matmul(q, _lower_copied_up(inner))
    return adjoint(_solve_triangular(r, adjoint(total), True))


def _qr_derivative(grad: list[Tensor], input: Tensor, mode: str, result_0: Tensor, result_1: Tensor) -> Tensor:
    rows, columns = input.shape[-2:]
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
            "mode='reduced') if you are going to differentiate through linalg.qr."
        )
    if mode == "complete" and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    q, r = result_0, result_1
    if rows >= columns:
        return _qr_input(grad, q, r)
    # The first columns are square, and the others are Q times the rest of R.
    grad_q, grad_r = grad
    rest = input[..., rows:]
    first = _qr_input([grad_q + matmul(rest, adjoint(grad_r[..., rows:])), grad_r[..., :rows]], q, r[..., :rows])
    return cat([first, matmul(q, grad_r[..., rows:])], -1)


@primitive(derivatives={"input": _qr_derivative}, method=False, holomorphic=False, node="LinalgQrBackward0")
def _qr(input: Tensor, mode: str) -> tuple[Tensor, Tensor]:
    q, r = input._type.kernels.qr(input._array, mode == "complete")
    return by_columns(q, input._type), by_columns(r, input._type)


class QR(Results):
    """Orthonormal columns, and an upper triangular matrix."""

    Q: Tensor
    R: Tensor


@spelled(out=with_exact_out)
def qr(A: Tensor, mode: str = "reduced") -> QR:
    """Factorise matrices into orthonormal columns times an upper triangular matrix. Source: ``torch.linalg.qr``.

    ``mode="complete"`` makes Q square; ``"r"`` leaves Q empty, and has no derivative. The signs are LAPACK's.

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
    q, r = _qr(A, mode)
    return QR(nothing_of(q) if mode == "r" else q, r)


# -- singular values ---------------------------------------------------------------


def _skew(matrix: Tensor) -> Tensor:
    return matrix - adjoint(matrix)


def _gaps(values: Tensor) -> Tensor:
    """Each value minus each other one, and 1 where a value meets itself: what derivatives of vectors are divided by."""
    one = eye(values.shape[-1], dtype=dtypes.bool, device=values.device)
    gaps: Tensor = where(one, 1.0, values.unsqueeze(-2) - values.unsqueeze(-1))
    return gaps


def _check_phase(turned: Tensor, message: str) -> None:
    """Refuse the gradient of a loss that depends on the phase of complex vectors, which is arbitrary."""
    along = imag(diagonal(turned.detach(), dim1=-2, dim2=-1))
    if bool((along.abs() > 1e-2).any()):
        raise RuntimeError(message)


_SVD_PHASE = (
    "svd_backward: The singular vectors in the complex case are specified up to multiplication by e^{i phi}. The specified "
    "loss function depends on this phase term, making it ill-defined."
)
_EIG_PHASE = (
    "_backward: The eigenvectors in the complex case are specified up to multiplication by e^{i phi}. The specified loss "
    "function depends on this quantity, so it is ill-defined."
)


def _svd_input(
    given: list[Tensor | None], grad: list[Tensor], input: Tensor, result_0: Tensor, result_1: Tensor, result_2: Tensor
) -> Tensor:
    """Where no gradient of the vectors arrives, nothing is divided by what is 0 for equal values.

    Source of the cases: ``svd_backward`` of PyTorch.
    """
    u, s, vh = result_0, result_1, result_2
    grad_u, grad_s, grad_vh = grad
    rows, columns = input.shape[-2:]
    count, values = s.shape[-1], s.unsqueeze(-2)
    u, vh, grad_u, grad_vh = u[..., :count], vh[..., :count, :], grad_u[..., :count], grad_vh[..., :count, :]
    if given[0] is None and given[2] is None:
        return matmul(u * grad_s.unsqueeze(-2), vh)
    turned_u, turned_v = matmul(adjoint(u), grad_u), matmul(grad_vh, adjoint(vh))
    skew_u, skew_v = _skew(turned_u), -_skew(turned_v)
    inner = (skew_u * values + s.unsqueeze(-1) * skew_v) / _gaps(s * s) + diag_embed(grad_s)
    if input._type.complex:
        _check_phase(skew_u + skew_v, _SVD_PHASE)
        if given[0] is not None and given[2] is not None:  # what is left of a phase that U and Vh share
            inner = inner + diag_embed(diagonal(skew_u, 0, -2, -1) / (2 * s))
    result = matmul(matmul(u, inner), vh)
    if rows > count and given[0] is not None:
        result = result + matmul((grad_u - matmul(u, turned_u)) / values, vh)
    if columns > count and given[2] is not None:
        result = result + matmul(u, (grad_vh - matmul(turned_v, vh)) / s.unsqueeze(-1))
    return result


@primitive(derivatives={"input": _svd_input}, method=False, holomorphic=False, node="LinalgSvdBackward0")
def _svd(input: Tensor, full: bool) -> tuple[Tensor, Tensor, Tensor]:
    type_ = input._type
    u, s, vh = type_.kernels.svd(input._array, full)
    real = type_.with_dtype(type_.dtype.to_real())
    return by_columns(u, type_), from_array(s, real), by_columns(vh, type_)


class SVD(Results):
    """Singular vectors, singular values, and singular vectors as rows."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def _check_driver(A: Tensor, driver: str | None) -> None:
    if driver is not None and not A.is_cuda:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )


@spelled(out=with_exact_out)
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """Factorise matrices as U diag(S) V^H; S from the largest value down. Source of the semantics: ``torch.linalg.svd``.

    The gradient of U and V exists where the singular values differ, and of those columns only that belong to one; their
    signs are LAPACK's. ``driver`` is accepted on the GPU, and of no effect.

    Raises:
        RuntimeError: the input is no floating matrix, or a driver is named where there is no GPU.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.svd(torch.tensor([[3.0, 0.0], [0.0, 4.0]])).S
        tensor([4., 3.])
    """
    check_matrix("linalg.svd", A)
    _check_driver(A, driver)
    return SVD(*_svd(A, full_matrices))


@composite(method=False, out="exact")
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
    _check_driver(A, driver)
    return _svd(A, False)[1]


# -- eigenvalues ---------------------------------------------------------------


def _eigh_input(given: list[Tensor | None], grad: list[Tensor], result_0: Tensor, result_1: Tensor) -> Tensor:
    values, vectors = result_0, result_1
    if given[1] is None:
        return matmul(vectors * grad[0].unsqueeze(-2), adjoint(vectors))
    turned = matmul(adjoint(vectors), grad[1])
    if vectors._type.complex:
        _check_phase(turned, f"linalg_eigh{_EIG_PHASE}")
    inner = _skew(turned) / 2 / _gaps(values) + diag_embed(grad[0])
    return matmul(matmul(vectors, inner), adjoint(vectors))


@primitive(derivatives={"input": _eigh_input}, method=False, holomorphic=False, node="LinalgEighBackward0")
def _eigh(input: Tensor) -> tuple[Tensor, Tensor]:
    type_ = input._type
    values, vectors = type_.kernels.eigh(input._array)
    return from_array(values, type_.with_dtype(type_.dtype.to_real())), by_columns(vectors, type_)


class Eigh(Results):
    """Eigenvalues, ascending, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def _symmetric(function: str, input: Tensor, triangle: str) -> Tensor:
    check_square_matrix(function, input)
    if triangle.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {triangle}")
    return adjoint(input) if triangle.upper() == "U" else input


@spelled(out=with_exact_out)
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


@composite(method=False, out="exact")
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


def _eig_input(
    given: list[Tensor | None], grad: list[Tensor], input: Tensor, result_0: Tensor, result_1: Tensor
) -> Tensor:
    values, vectors = result_0, result_1
    turned_vectors = adjoint(vectors)
    if given[1] is None:
        inner = grad[0].unsqueeze(-1) * turned_vectors
    else:
        turned = matmul(turned_vectors, grad[1])
        _check_phase(turned, f"linalg_eig{_EIG_PHASE}")
        # The eigenvectors have length 1: what a gradient does along them is taken off.
        along = diagonal(turned, 0, -2, -1).real.to(values.dtype)
        turned = turned - matmul(turned_vectors, vectors * along.unsqueeze(-2))
        inner = matmul(turned / _gaps(values.conj()) + diag_embed(grad[0]), turned_vectors)
    result = _solve(turned_vectors, inner)
    return result if input.is_complex() else result.real


@primitive(derivatives={"input": _eig_input}, method=False, holomorphic=False, node="LinalgEigBackward0")
def _eig(input: Tensor) -> tuple[Tensor, Tensor]:
    type_ = input._type.with_dtype(input.dtype.to_complex())
    values, vectors = input._type.kernels.eig(input._array)
    return from_array(values, type_), by_columns(vectors, type_)


class Eig(Results):
    """Eigenvalues and eigenvectors, as columns; complex."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@spelled(out=with_exact_out)
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


@composite(method=False, out="exact")
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
