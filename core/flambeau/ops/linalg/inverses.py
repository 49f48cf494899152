"""Inverses, ranks, determinants and functions of matrices.

Derivatives follow Giles, Collected Matrix Derivative Results (2008); that of the pseudo-inverse Golub and Pereyra (1973).
"""

from __future__ import annotations

from math import ceil, factorial, inf, log2, nan, prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import with_exact_out, with_out
from flambeau._dispatch.results import Results
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.overrides import overridable
from flambeau.errors import LinAlgError
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.creation.ranges import eye
from flambeau.ops.elementwise.complex_parts import imag
from flambeau.ops.elementwise.selection import where
from flambeau.ops.movement.diagonals import diagonal
from flambeau.type_info import finfo

from ._matrices import adjoint, batch_text, by_columns, check_matrix, check_square, check_square_matrix
from .factorizations import _eigh, _svd
from .lu import _singular
from .matmul import matmul

__all__: list[str] = []  # public in flambeau.linalg, and some in flambeau


# -- inverses ---------------------------------------------------------------


def _inv_input(grad: Tensor, result: Tensor) -> Tensor:
    turned = adjoint(result)
    return -matmul(matmul(turned, grad), turned)


@primitive(derivatives={"input": _inv_input}, method=False, holomorphic=False, node="LinalgInvExBackward0")
def _inv(input: Tensor) -> Tensor:
    return by_columns(input._type.kernels.inv(input._array), input._type)


class InvEx(Results):
    """An inverse, and for each matrix the position of a zero pivot, or 0."""

    inverse: Tensor
    info: Tensor


@spelled(out=with_exact_out)
def inv_ex(A: Tensor, *, check_errors: bool = False) -> InvEx:
    """Invert as :func:`inv`, and say where a matrix is singular instead of raising. Source: ``torch.linalg.inv_ex``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.inv_ex(torch.zeros(1, 1)).info
        tensor(1, dtype=torch.int32)
    """
    check_square_matrix("linalg.inv", A)
    result = _inv(A)
    info = _singular(A, result)
    if check_errors and info is not None and bool(info.any()):
        _raise_singular(A, info)
    return InvEx(result, A.new_zeros(A.shape[:-2], dtype=dtypes.int32) if info is None else info.to(dtypes.int32))


def _raise_singular(A: Tensor, info: Tensor) -> None:
    flat = info.reshape(-1)
    place = int(flat[flat.nonzero()[0, 0]])
    raise LinAlgError(
        f"linalg.inv: {batch_text(A, info)[0]}The diagonal element {place} is zero, the inversion could not be completed "
        "because the input matrix is singular."
    )


@composite(method=False, out="exact")
def inv(A: Tensor) -> Tensor:
    """Invert square matrices. Source of the semantics: ``torch.linalg.inv``.

    Raises:
        LinAlgError: a matrix is singular; the message says which.
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    check_square_matrix("linalg.inv", A)
    result = _inv(A)
    info = _singular(A, result)
    if info is not None and bool(info.any()):
        _raise_singular(A, info)
    return result


def torch_eps(input: Tensor) -> float:
    """The distance from 1 to the next number of the dtype."""
    return float(finfo(input.dtype).eps)


def _pinv_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    turned, grad_turned = adjoint(result), adjoint(grad)
    if input.shape[-2] <= input.shape[-1]:
        inner = matmul(grad_turned, result)
        outer = matmul(inner, turned)
        return (
            outer
            - adjoint(matmul(result, inner))
            - matmul(matmul(input, result), outer)
            + matmul(matmul(turned, result), grad_turned - matmul(inner, input))
        )
    inner = matmul(result, grad_turned)
    outer = matmul(turned, inner)
    return (
        outer
        - adjoint(matmul(inner, result))
        + matmul(matmul(grad_turned - matmul(input, inner), result), turned)
        - matmul(matmul(outer, result), input)
    )


@primitive(derivatives={"input": _pinv_input}, method=False, holomorphic=False, node="LinalgPinvBackward0")
def _pinv(input: Tensor, limit: Any, hermitian: bool) -> Tensor:
    if hermitian:
        s, u = _eigh(input.detach())
        s, vh = s.abs(), adjoint(u * s.sgn().unsqueeze(-2))
    else:
        u, s, vh = _svd(input.detach(), False)
    largest = s.amax(-1, keepdim=True) if s.shape[-1] else s
    kept = s > largest * limit
    inverse = where(kept, 1.0 / where(kept, s, 1.0), 0.0)
    result = matmul(adjoint(vh) * inverse.unsqueeze(-2), adjoint(u))
    return from_array(result._array, input._type)


@composite(method=False, out=True)
def pinv(
    A: Tensor,
    rcond: float | Tensor | None = None,
    hermitian: bool = False,
    *,
    atol: float | Tensor | None = None,
    rtol: float | Tensor | None = None,
) -> Tensor:
    """Compute the pseudo-inverse of matrices of any shape. Source of the semantics: ``torch.linalg.pinv``.

    Singular values count as zero that are not above the larger of ``atol`` and ``rtol`` times the largest; ``rtol`` is by
    default the larger side times the dtype's eps, and 0 if ``atol`` is given. ``rcond`` is another name of ``rtol``. Of
    matrices that are ``hermitian`` the lower triangle alone is read.

    Raises:
        RuntimeError: the input is no floating matrix.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.pinv(torch.tensor([[2.0, 0.0], [0.0, 0.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.0000]])
    """
    check_matrix("linalg.pinv", A)
    if hermitian:
        check_square("linalg.pinv", A)
    return _pinv(A, _relative_limit(A, atol, rcond if rtol is None else rtol, hermitian), hermitian)


def _relative_limit(A: Tensor, atol: Any, rtol: Any, hermitian: bool) -> Any:
    """Which part of the largest singular value another must exceed."""
    default = max(A.shape[-2:]) * torch_eps(A)
    if atol is None:
        limit = default if rtol is None else rtol
        return limit.unsqueeze(-1) if isinstance(limit, Tensor) and limit.dim() else limit
    relative = 0.0 if rtol is None else rtol
    largest = _largest(A, hermitian)
    absolute = atol / where(largest == 0, 1.0, largest)
    smaller = where(absolute > relative, absolute, absolute * 0 + relative)
    return smaller.unsqueeze(-1)


def _largest(A: Tensor, hermitian: bool) -> Tensor:
    values = _eigh(A.detach())[0].abs() if hermitian else _svd(A.detach(), False)[1]
    return values.amax(-1) if values.shape[-1] else values.new_zeros(values.shape[:-1])


@composite(method=False, out=True)
def matrix_rank(
    A: Tensor,
    tol: float | Tensor | None = None,
    hermitian: bool = False,
    *,
    atol: float | Tensor | None = None,
    rtol: float | Tensor | None = None,
) -> Tensor:
    """Count the singular values that are not negligible: see :func:`pinv`. Source: ``torch.linalg.matrix_rank``.

    ``tol`` is another name of ``atol``; ``hermitian`` computes by way of the eigenvalues.

    Raises:
        RuntimeError: the input is no floating matrix.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.matrix_rank(torch.ones(2, 2))
        tensor(1)
    """
    check_matrix("linalg.matrix_rank", A, "input")
    source = A.detach()
    if hermitian:
        check_square("linalg.matrix_rank", A, "input")
        values = _eigh(source)[0].abs()
    else:
        values = _svd(source, False)[1]
    if not values.shape[-1]:
        return values.new_zeros(values.shape[:-1], dtype=dtypes.int64)
    absolute: Any = (tol if atol is None else atol) or 0.0
    given = tol is not None or atol is not None
    relative: Any = (0.0 if given else max(A.shape[-2:]) * torch_eps(A)) if rtol is None else rtol
    floor = values.amax(-1) * relative
    limit: Tensor = where(floor > absolute, floor, floor * 0 + absolute)
    return (values > limit.unsqueeze(-1)).sum(-1)


# -- determinants ---------------------------------------------------------------


def _det_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    grad, det = (tensor.unsqueeze(-1).unsqueeze(-1) for tensor in (grad, result))
    lost = _out_of_range(input, det)
    if not bool(lost.any()):
        return adjoint(_inv(input)) * (grad * det.conj())
    usual = adjoint(_inv(where(lost, _example(input), input))) * (grad * where(lost, 0.0, det.conj()))
    slope: Tensor = where(lost, grad * _cofactors(where(lost, input, _example(input))), usual)
    return slope


def _out_of_range(input: Tensor, det: Tensor) -> Tensor:
    """Where a determinant of finite numbers is 0, infinite, or so small that digits are lost: no inverse helps there."""
    size = det.detach().abs()
    limits = finfo(size.dtype)
    finite = (input.detach().abs() <= limits.max).all((-2, -1), keepdim=True)
    return ((size < limits.tiny) | (size > limits.max)) & finite


def _example(input: Tensor) -> Tensor:
    """A matrix without equal singular values, in place of those that are not to be looked at."""
    return eye(input.shape[-1], dtype=input.dtype, device=input.device).cumsum(-2).cumsum(-1)


def _cofactors(input: Tensor) -> Tensor:
    """The derivative of the determinant of matrices that may be singular, by way of the singular values."""
    u, s, vh = _svd(input, False)
    size = s.shape[-1]
    one = eye(size, dtype=dtypes.bool, device=input.device)
    others = where(one, 1.0, s.unsqueeze(-2)).prod(-1)
    signs = (_det(u) * _det(vh)).conj()
    return matmul(u * others.unsqueeze(-2), vh) * signs.unsqueeze(-1).unsqueeze(-1)


@primitive(derivatives={"input": _det_input}, method=False, holomorphic=False, node="LinalgDetBackward0")
def _det(input: Tensor) -> Tensor:
    return from_array(input._type.kernels.det(input._array), input._type)


@composite(method=False, out="exact")
def det(A: Tensor) -> Tensor:
    """Compute the determinants of square matrices. Source of the semantics: ``torch.linalg.det``.

    Raises:
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.det(torch.tensor([[2.0, 1.0], [0.0, 3.0]]))
        tensor(6.)
    """
    check_square_matrix("linalg.det", A)
    return _det(A)


class Slogdet(Results):
    """The sign of a determinant, and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor


def _slogdet_input(given: list[Tensor | None], grad: list[Tensor], input: Tensor) -> Tensor | None:
    if given[1] is None and not input._type.complex:
        return None  # the sign of a real determinant is constant
    slope = grad[1]
    if input._type.complex:  # the sign turns with the imaginary part of the logarithm
        slope = slope - imag(grad[0].conj() * _slogdet(input)[0]) * 1j
    return adjoint(_inv(input)) * slope.unsqueeze(-1).unsqueeze(-1)


@primitive(derivatives={"input": _slogdet_input}, method=False, holomorphic=False, node="LinalgSlogdetBackward0")
def _slogdet(input: Tensor) -> tuple[Tensor, Tensor]:
    type_, kernels = input._type, input._type.kernels
    sign, size = kernels.slogdet(input._array)
    if not type_.complex:  # nan has the sign 0
        sign = kernels.where(kernels.isnan(size), type_.number(0.0), sign)
    return from_array(sign, type_), from_array(size, type_.with_dtype(type_.dtype.to_real()))


@spelled(out=with_exact_out)
def slogdet(A: Tensor) -> Slogdet:
    """Compute signs of determinants and logarithms of their absolute values. Source: ``torch.linalg.slogdet``.

    Raises:
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.slogdet(torch.eye(2) * -1).sign
        tensor(1.)
    """
    check_square_matrix("linalg.slogdet", A)
    sign, size = _slogdet(A)
    return Slogdet(sign, size)


@spelled()
def logdet(input: Tensor) -> Tensor:
    """Compute logarithms of determinants: nan where a real one is negative. Source: ``torch.logdet``.

    Raises:
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.logdet(torch.eye(2))
        tensor(0.)
    """
    check_square_matrix("logdet", input)
    sign, size = slogdet(input)
    if input._type.complex:
        return sign.log() + size
    result: Tensor = where(sign == -1, float("nan"), size)
    return result


# -- functions of matrices ---------------------------------------------------------------

_DEGREE = 18
_NORMS = {dtypes.float32: 3.01, dtypes.float64: 1.09}
"""Up to which 1-norm the Taylor polynomial of that degree is exact to the precision of the dtype.

Source: Bader, Blanes and Casas, Computing the Matrix Exponential with an Optimized Taylor Polynomial Approximation (2019).
"""


@spelled()
def matrix_exp(A: Tensor) -> Tensor:
    """Compute the exponential of square matrices. Source of the semantics: ``torch.linalg.matrix_exp``.

    By scaling and squaring of a Taylor polynomial, each matrix of a batch by its own norm; gradients flow through the products.
    Matrices of 16 bits are computed in float32.

    Raises:
        RuntimeError: the matrices are not square, or not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    check_matrix("linalg.matrix_exp", A, halves=True)
    check_square("linalg.matrix_exp", A)
    if not A.numel():
        return A.clone()
    if A._type.halves:  # rounded once, at the end
        return to_type(_exponential(to_type(A, A._type.with_dtype(dtypes.float32))), A._type)
    return _exponential(A)


def _exponential(A: Tensor) -> Tensor:
    norms = A.detach().abs().sum(-2, keepdim=True).amax(-1, keepdim=True).reshape(-1).tolist()
    largest = _NORMS[A.dtype.to_real()]
    counts = [max(0, ceil(log2(norm / largest))) if 0 < norm < inf else 0 for norm in norms]
    scales = [2.0**-count if norm < inf else nan for norm, count in zip(norms, counts, strict=True)]
    squarings = A.new_tensor(counts, dtype=dtypes.int64).reshape(*A.shape[:-2], 1, 1)
    result = _taylor(A * A.new_tensor(scales).reshape(squarings.shape))
    for step in range(max(counts)):
        result = where(squarings > step, matmul(result, result), result)
    return result


def _taylor(x: Tensor) -> Tensor:
    """The sum of x^n / n!, in blocks of four terms, each of which is multiplied by the fourth power that follows."""
    square = matmul(x, x)
    powers = [eye(x.shape[-1], dtype=x.dtype, device=x.device), x, square, matmul(square, x)]
    fourth = matmul(square, square)
    result: Tensor | None = None
    for start in range(_DEGREE // 4 * 4, -1, -4):
        terms = [powers[n - start] / float(factorial(n)) for n in range(start, min(start + 4, _DEGREE + 1))]
        block = terms[0]
        for term in terms[1:]:
            block = block + term
        result = block if result is None else block + matmul(fourth, result)
    assert result is not None, "there is a first block"
    return result


@spelled(out=with_out)
def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """Invert a tensor as the matrix of its first ``ind`` and its other dimensions. Source: ``torch.linalg.tensorinv``.

    Raises:
        RuntimeError: ``ind`` is not positive, or the matrix is not square.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.tensorinv(torch.eye(6).reshape(2, 3, 6), ind=2).shape
        torch.Size([6, 2, 3])
    """
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    first, last = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if prod(first) != prod(last):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{prod(last)} != {prod(first)}"
        )
    return inv(A.reshape(prod(first), prod(last))).reshape(last + first)


@overridable
def diagonal_of(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """View a diagonal of the matrices in the last two dimensions. Source of the semantics: ``torch.linalg.diagonal``."""
    return diagonal(A, offset, dim1, dim2)
