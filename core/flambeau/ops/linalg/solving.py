"""Linear systems: of square and triangular matrices, of factors, and least squares."""

from __future__ import annotations

from math import prod

from flambeau import dtypes
from flambeau._dispatch.checks import refuse_unless
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import with_exact_out, with_out
from flambeau._dispatch.results import Results
from flambeau._dispatch.runtime import check_places
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.dtypes import scalar_type_name
from flambeau.errors import LinAlgError
from flambeau.ops.creation.ranges import eye
from flambeau.ops.movement.broadcasting import _expand_method
from flambeau.ops.movement.diagonals import tril, triu
from flambeau.shapes import broadcast_shapes

from ._matrices import (
    _solve,
    _solve_triangular,
    adjoint,
    batch_text,
    check_matrix,
    check_square,
    check_square_matrix,
    lower_of,
    nothing_of,
    upper_of,
)
from .factorizations import _svd
from .inverses import _pinv, torch_eps
from .lu import _singular, permutation_of
from .matmul import matmul

__all__: list[str] = []  # public in flambeau.linalg, and some in flambeau


class SolveEx(Results):
    """A solution, and for each matrix the position of a zero pivot, or 0."""

    result: Tensor
    info: Tensor


def _is_vector(A: Tensor, B: Tensor) -> bool:
    """Whether B is a vector, or a batch of vectors, as PyTorch tells it."""
    return B.dim() == 1 or (A.dim() - 1 == B.dim() and B.shape == A.shape[:-1])


def _system(A: Tensor, B: Tensor, left: bool) -> Tensor:
    """The solution, without a look at whether there is one."""
    check_square_matrix("linalg.solve", A)
    check_places("linalg.solve", A, B)
    _check_dtypes("linalg.solve", A, B, "A")
    vector = _is_vector(A, B)
    if vector and not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case "
            "linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    right = B.unsqueeze(-1) if vector else B
    _check_sizes("linalg.solve", A, right, left)
    if not left:
        return adjoint(_solve(*_batched(adjoint(A), adjoint(right))))
    result = _solve(*_batched(A, right))
    return result.squeeze(-1) if vector else result


def _check_dtypes(function: str, A: Tensor, B: Tensor, name: str) -> None:
    if B.dtype is not A.dtype:
        raise RuntimeError(
            f"{function}: Expected {name} and B to have the same dtype, but found {name} of type "
            f"{scalar_type_name(A.dtype)} and B of type {scalar_type_name(B.dtype)} instead"
        )


def _check_sizes(function: str, A: Tensor, B: Tensor, left: bool) -> None:
    if B.dim() < 2:
        raise RuntimeError(f"{function}: The input tensor B must have at least 2 dimensions.")
    if A.shape[-1] != B.shape[-2 if left else -1]:
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({A.shape[-2]}x{A.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})"
        )


def _batched(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Both with the same leading dimensions."""
    batch = broadcast_shapes(tuple(A.shape[:-2]), tuple(B.shape[:-2]))
    return _expand_method(A, (*batch, *A.shape[-2:])), _expand_method(B, (*batch, *B.shape[-2:]))


@spelled(out=with_exact_out)
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> SolveEx:
    """Solve as :func:`solve`, and say where a matrix is singular instead of raising. Source: ``torch.linalg.solve_ex``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.solve_ex(torch.zeros(1, 1), torch.ones(1)).info
        tensor(1, dtype=torch.int32)
    """
    result = _system(A, B, left)
    info = _singular(A, result)
    if check_errors and info is not None and bool(info.any()):
        _raise_singular_system("torch.linalg.solve_ex", A, info)
    return SolveEx(result, A.new_zeros(A.shape[:-2], dtype=dtypes.int32) if info is None else info.to(dtypes.int32))


def _raise_singular_system(function: str, A: Tensor, info: Tensor) -> None:
    raise LinAlgError(f"{function}: {batch_text(A, info)[0]}The solver failed because the input matrix is singular.")


@composite(method=False, out="exact")
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """Solve A X = B, or X A = B, for square matrices A. Source of the semantics: ``torch.linalg.solve``.

    B is (…, n, k), or a vector (n) or batch of vectors (…, n); leading dimensions broadcast.

    Raises:
        LinAlgError: a matrix is singular; the message says which.
        RuntimeError: the shapes or dtypes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([2.0, 2.0]))
        tensor([1.0000, 0.5000])
    """
    result = _system(A, B, left)
    info = _singular(A, result)
    if info is not None and bool(info.any()):
        _raise_singular_system("torch.linalg.solve", A, info)
    return result


@composite(method=False, out="exact")
def solve_triangular(
    A: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """Solve A X = B, or X A = B, for triangular matrices A; the other triangle is not read.

    ``unitriangular`` takes the diagonal for ones. A zero on the diagonal gives infinities or nan. The result has the dtype
    of ``A``, to which ``B`` is converted. Source of the semantics: ``torch.linalg.solve_triangular``.

    Raises:
        RuntimeError: the shapes do not fit, or the dtype of ``A`` is not for linear algebra.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.solve_triangular(torch.tensor([[2.0, 9.0], [0.0, 4.0]]), torch.ones(2, 1), upper=False)
        tensor([[0.5000],
                [0.2500]])
    """
    check_square_matrix("linalg.solve_triangular", A)
    if isinstance(B, Tensor):
        B = B.to(A.dtype)  # as PyTorch, which solves in a copy of it, where its other solvers refuse another dtype
    check_matrix("linalg.solve_triangular", B, "B")
    check_places("linalg.solve_triangular", A, B)
    _check_sizes("linalg.solve_triangular", A, B, left)
    triangle = triu(A, int(unitriangular)) if upper else tril(A, -int(unitriangular))
    if unitriangular:
        triangle = triangle + eye(A.shape[-1], dtype=A.dtype, device=A.device)
    if left:
        return _solve_triangular(*_batched(triangle, B), upper)
    return _solve_triangular(*_batched(triangle.mT, B.mT), not upper).contiguous().mT  # which lies column after column


def _cholesky_solve_other(grad: Tensor, lower: Tensor) -> Tensor:
    return _cholesky_solve(grad, lower)


def _cholesky_solve_lower(grad: Tensor, lower: Tensor, result: Tensor) -> Tensor:
    """Of the whole factor, not of its triangle alone, as ``cholesky_solve_backward`` of PyTorch."""
    return -matmul(_symmetric_part(matmul(_cholesky_solve(grad, lower), adjoint(result))), lower)


def _symmetric_part(matrix: Tensor) -> Tensor:
    return matrix + adjoint(matrix)


@primitive(
    derivatives={"other": _cholesky_solve_other, "lower": _cholesky_solve_lower},
    method=False,
    holomorphic=False,
    node="CholeskySolveBackward0",
)
def _cholesky_solve(other: Tensor, lower: Tensor) -> Tensor:
    triangle = tril(lower.detach())
    return _solve_triangular(adjoint(triangle), _solve_triangular(triangle, other.detach(), False), True)


def _cholesky_inverse_lower(grad: Tensor, lower: Tensor, result: Tensor) -> Tensor:
    return -matmul(matmul(result, matmul(_symmetric_part(grad), result)), lower)


@primitive(
    derivatives={"lower": _cholesky_inverse_lower}, method=False, holomorphic=False, node="CholeskyInverseBackward0"
)
def _cholesky_inverse(lower: Tensor) -> Tensor:
    one = eye(lower.shape[-1], dtype=lower.dtype, device=lower.device)
    return _cholesky_solve(_expand_method(one, tuple(lower.shape)), lower.detach())


@spelled(input="B", input2="L", x="B", a="B", x1="B")
def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Solve A X = B, given the Cholesky factor of A. Source of the semantics: ``torch.cholesky_solve``.

    Raises:
        RuntimeError: the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.cholesky_solve(torch.tensor([[4.0]]), torch.tensor([[2.0]]))
        tensor([[1.]])
    """
    if out is not None:
        return with_out(out, cholesky_solve, B, L, upper)  # type: ignore[no-any-return]
    for name, matrix in (("b", B), ("u", L)):
        if matrix.dim() < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {matrix.dim()} dimensions instead")
    check_square("cholesky_solve", L)
    if B.shape[-2] != L.shape[-1]:
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {L.shape[-1]} by {L.shape[-1]} but each b matrix "
            f"is {B.shape[-2]} by {B.shape[-1]}"
        )
    check_matrix("cholesky_solve", L)
    check_places("cholesky_solve", B, L)
    if B.dtype is not L.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {scalar_type_name(B.dtype)} and A of type "
            f"{scalar_type_name(L.dtype)} instead."
        )
    lower = adjoint(L) if upper else L
    return _cholesky_solve(*_batched(B, lower))


@spelled(input="L", x="L", a="L", x1="L")
def cholesky_inverse(L: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Give the inverse of A, given its Cholesky factor. Source of the semantics: ``torch.cholesky_inverse``.

    Example:
        >>> import flambeau as torch
        >>> torch.cholesky_inverse(torch.tensor([[2.0]]))
        tensor([[0.2500]])
    """
    if out is not None:
        return with_out(out, cholesky_inverse, L, upper)  # type: ignore[no-any-return]
    check_square("cholesky_inverse", L)
    if not L._type.floats or L._type.halves:
        raise NotImplementedError(f"\"cholesky_inverse_out_cpu\" not implemented for '{scalar_type_name(L.dtype)}'")
    return _cholesky_inverse(adjoint(L) if upper else L)


@overridable
def lu_solve(
    LU: Tensor,
    pivots: Tensor,
    B: Tensor,
    *,
    left: bool = True,
    adjoint: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Solve A X = B, given the LU factorisation of A. Source of the semantics: ``torch.linalg.lu_solve``.

    ``left=False`` solves X A = B, and ``adjoint`` takes A^H.

    Example:
        >>> import flambeau as torch
        >>> factors, pivots = torch.linalg.lu_factor(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        >>> torch.linalg.lu_solve(factors, pivots, torch.ones(2, 1))
        tensor([[0.5000],
                [0.2500]])
    """
    if out is not None:
        return with_exact_out(out, lu_solve, LU, pivots, B, left=left, adjoint=adjoint)  # type: ignore[no-any-return]
    _check_factors(LU, pivots, B, left)
    factors, right = _batched(LU, B if left else _adjoint(B))  # X A = B is A^H X^H = B^H
    order = permutation_of(pivots.to(dtypes.int64) - 1, LU.shape[-2])
    if adjoint == left:
        result = _solve_triangular(_adjoint(upper_of(factors)), right, False)
        result = _rows(_solve_triangular(_adjoint(lower_of(factors)), result, True), order.argsort(-1))
    else:
        result = _solve_triangular(lower_of(factors), _rows(right, order), False)
        result = _solve_triangular(upper_of(factors), result, True)
    return result if left else _adjoint(result)


def _check_factors(LU: Tensor, pivots: Tensor, B: Tensor, left: bool) -> None:
    check_square_matrix("torch.linalg.lu_solve", LU)
    check_places("linalg.lu_solve", LU, pivots, B)
    if pivots.dtype is not dtypes.int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    _check_dtypes("linalg.lu_solve", LU, B, "LU")
    _check_sizes("linalg.lu_solve", LU, B, left)
    if pivots.shape[-1:] != LU.shape[-1:]:
        raise RuntimeError("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
    if pivots.shape != LU.shape[:-1]:
        raise RuntimeError(
            "linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(pivots.shape)} instead"
        )
    refuse_unless(pivots.ge(1), lambda: _wrong_pivots("greater or equal to 1"))
    refuse_unless(pivots.le(LU.shape[-2]), lambda: _wrong_pivots("smaller or equal to LU.size(-2)"))


def _wrong_pivots(bound: str) -> RuntimeError:
    return RuntimeError(f"Pivots given to lu_solve must all be {bound}. Did you properly pass the result of lu_factor?")


def _rows(matrix: Tensor, order: Tensor) -> Tensor:
    """The rows of matrices in an order, which lie column after column."""
    columns = matrix.mT
    return columns.gather(-1, order.unsqueeze(-2).expand(columns.shape)).mT


_adjoint = adjoint


class Lstsq(Results):
    """A solution, the squared residuals, the ranks, and singular values."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


@spelled(out=with_exact_out, b="B")
def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> Lstsq:
    """Find the X of smallest norm that minimises the norm of A X - B. Source of the semantics: ``torch.linalg.lstsq``.

    Residuals are given where there are more rows than columns, the columns are independent and the driver is not
    ``"gelsy"``, the default; singular values with ``"gelsd"`` and ``"gelss"``, ranks with all but ``"gels"``, as in PyTorch.
    Every driver computes by way of the singular values.

    Raises:
        RuntimeError: the shapes do not fit, or there is no such driver.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.lstsq(torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0], [3.0]])).rank
        tensor(1)
    """
    check_matrix("torch.linalg.lstsq", A, "input")
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            f"torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), but got {driver}"
        )
    if not 0 <= A.dim() - B.dim() <= 1:
        raise RuntimeError(
            "torch.linalg.lstsq: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    if B.dtype is not A.dtype:
        raise RuntimeError(
            "torch.linalg.lstsq: Expected input and other to have the same dtype, but got input's dtype "
            f"{scalar_type_name(A.dtype)} and other's dtype {scalar_type_name(B.dtype)}"
        )
    vector = A.dim() - 1 == B.dim() and B.shape == A.shape[:-1]
    right = B.unsqueeze(-1) if vector else B
    if right.dim() < 2 or right.shape[-2] != A.shape[-2]:
        raise RuntimeError("torch.linalg.lstsq: input.size(-2) should match other.size(-2)")
    rows, columns = A.shape[-2:]
    limit = torch_eps(A) * max(rows, columns) if rcond is None else rcond
    solution = matmul(right.mT, _pinv(A, limit, False).mT).mT  # so that it lies column after column
    found = solution.squeeze(-1) if vector else solution
    kind = driver or "gelsy"
    if kind == "gels" and rows <= columns:  # nothing else is asked for, which would take as long
        return Lstsq(found, nothing_of(solution), A.new_empty(0, dtype=dtypes.int64), A.new_empty(0))
    values = _svd(A.detach(), False)[1]
    largest = values.amax(-1, keepdim=True) if values.shape[-1] else values
    ranks = (values > limit * largest).sum(-1)
    full = kind != "gelsy" and rows > columns and bool((ranks == columns).all())
    residuals = (matmul(A, solution) - right).abs().square().sum(-2) if full else nothing_of(solution)
    return Lstsq(
        found,
        residuals,
        A.new_empty(0, dtype=dtypes.int64) if kind == "gels" else ranks,
        values if kind in ("gelsd", "gelss") else A.new_empty(0),
    )


@spelled(out=with_out, other="B", x2="B")
def tensorsolve(A: Tensor, B: Tensor, dims: tuple[int, ...] | None = None) -> Tensor:
    """Find X with tensordot(A, X, X.ndim) = B. Source of the semantics: ``torch.linalg.tensorsolve``.

    Raises:
        RuntimeError: the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.tensorsolve(torch.eye(6).reshape(2, 3, 6), torch.ones(2, 3)).shape
        torch.Size([6])
    """
    if dims is not None:
        A = A.movedim(dims, tuple(range(A.dim() - len(dims), A.dim())))
    shape = tuple(A.shape[B.dim() :])
    if prod(shape) != B.numel():
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but "
            f"got {prod(shape)} != {B.numel()}"
        )
    return solve(A.reshape(-1, prod(shape)), B.reshape(-1)).reshape(shape)
