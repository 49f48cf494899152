"""What the operations on matrices share: checks of their arguments, triangles, adjoints and the system of matrices."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau.backend.types import TensorType
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.ranges import eye
from flambeau.ops.movement.diagonals import tril, triu

from .matmul import matmul

__all__: list[str] = []


def check_matrix(function: str, input: Tensor, name: str = "A", *, halves: bool = False) -> None:
    """Refuse what is no floating matrix or batch of matrices, in PyTorch's words; 16-bit numbers too unless ``halves``."""
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{function.rpartition('.')[2]}(): argument '{name}' must be Tensor, not {type(input).__name__}"
        )
    if input.dim() < 2:
        raise RuntimeError(f"{function}: The input tensor {name} must have at least 2 dimensions.")
    check_floats(function, input)
    if not halves and input.dtype in (dtypes.float16, dtypes.bfloat16, dtypes.complex32):
        raise RuntimeError(f"{function}: Low precision dtypes not supported. Got {scalar_type_name(input.dtype)}")


def check_floats(function: str, input: Tensor) -> None:
    """Refuse integers and bool, in PyTorch's words."""
    if not input._type.floats:
        raise RuntimeError(
            f"{function}: Expected a floating point or complex tensor as input. Got {scalar_type_name(input.dtype)}"
        )


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


def by_columns(array: Any, type_: TensorType) -> Tensor:
    """A tensor of matrices whose columns lie in one piece each, as LAPACK leaves them, and so PyTorch."""
    kernels, ndim = type_.kernels, len(array.shape)
    order = (*range(ndim - 2), ndim - 1, ndim - 2)
    turned = contiguous_array(type_, kernels.permute(array, order))
    return from_array(kernels.permute(turned, order), type_)


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


def nothing_of(input: Tensor) -> Tensor:
    """An empty tensor in the place of a result that is not computed; it is part of the graph, as in PyTorch."""
    return input.reshape(-1)[:0].clone()


def _not_finite(result: Tensor) -> Tensor:
    return ~result.detach().isfinite().flatten(-2).all(-1)


def lower_of(factors: Tensor) -> Tensor:
    """L of a packed LU: its lower triangle, with ones on the diagonal."""
    rows, columns = factors.shape[-2:]
    inner = min(rows, columns)
    below = tril(factors if columns == inner else factors[..., :inner], -1)
    return below + eye(rows, inner, dtype=factors.dtype, device=factors.device)


def upper_of(factors: Tensor) -> Tensor:
    """U of a packed LU."""
    rows, columns = factors.shape[-2:]
    return triu(factors if rows <= columns else factors[..., :columns, :])


def _triangular_input(grad: Tensor, input: Tensor, upper: bool, result: Tensor) -> Tensor:
    slope = -matmul(_solve_triangular(adjoint(input), grad, not upper), adjoint(result))
    return triu(slope) if upper else tril(slope)


def _triangular_other(grad: Tensor, input: Tensor, upper: bool) -> Tensor:
    return _solve_triangular(adjoint(input), grad, not upper)


@primitive(
    derivatives={
        "input": _triangular_input,
        "other": _triangular_other,
    },
    method=False,
    holomorphic=False,
    node="LinalgSolveTriangularBackward0",
)
def _solve_triangular(input: Tensor, other: Tensor, upper: bool) -> Tensor:
    """As :func:`_solve`, of triangular matrices, by substitution; the other triangle is not read."""
    return by_columns(input._type.kernels.solve_triangular(input._array, other._array, upper), input._type)


def _solve_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    return -matmul(_solve(adjoint(input), grad), adjoint(result))


def _solve_other(grad: Tensor, input: Tensor) -> Tensor:
    return _solve(adjoint(input), grad)


@primitive(
    derivatives={"input": _solve_input, "other": _solve_other},
    method=False,
    holomorphic=False,
    node="LinalgSolveExBackward0",
)
def _solve(input: Tensor, other: Tensor) -> Tensor:
    """The system of matrices with the same leading dimensions; where a matrix is singular, nan or infinities."""
    return by_columns(input._type.kernels.solve(input._array, other._array), input._type)
