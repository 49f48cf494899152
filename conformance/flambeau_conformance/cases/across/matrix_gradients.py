"""Gradients of functions of matrices: of whole factors, at infinities, where operands have elements in common, of Hermitian ones."""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from ...checks import expect
from ...declare import case
from ...subject import Subject

_INCOMING = [[1.0, 2.0], [3.0, 5.0]]

_Matrix = list[list[float]]

_GRADIENTS: dict[str, tuple[Callable[..., Any], list[tuple[_Matrix, _Matrix]]]] = {
    # Of the whole factor, not of its triangle alone: minus the inverse, the symmetric part, the inverse and the factor.
    "cholesky_inverse-whole": (
        lambda t, a: t.cholesky_inverse(a), [([[2.0, 0.0], [1.0, 3.0]], [[-5 / 36, -25 / 108], [-2 / 9, -11 / 54]])],
    ),
    "cholesky_solve-whole": (
        lambda t, a, b: t.cholesky_solve(b, a),  # which gives [[2, 1], [1, 0]], with elements of the factor
        [([[2.0, 0.0], [1.0, 3.0]], [[-28 / 9, -10 / 3], [-25 / 9, -5 / 3]]),
         ([[10.0, 4.0], [14.0, 2.0]], [[1 / 9, 5 / 18], [5 / 18, 4 / 9]])],
    ),
    "solve_triangular-operands": (
        lambda t, a, b: t.linalg.solve_triangular(a, b, upper=False),  # which gives [[2, 1], [1, 3]]
        [([[2.0, 0.0], [1.0, 4.0]], [[-0.625, 0.0], [-2.75, -4.5]]),
         ([[4.0, 2.0], [6.0, 13.0]], [[0.125, 0.375], [0.75, 1.25]])],
    ),
    "solve-infinite-special": (
        lambda t, a, b: t.linalg.solve(a, b),
        [([[inf, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, -10.5]]),
         ([[1.0, 2.0], [4.0, 6.0]], [[0.0, 0.0], [1.5, 2.5]])],
    ),
    "solve-infinite-below-special": (
        lambda t, a, b: t.linalg.solve(a, b),
        [([[2.0, 0.0], [0.0, inf]], [[-1.25, 0.0], [0.0, 0.0]]),
         ([[1.0, 2.0], [4.0, 6.0]], [[0.5, 1.0], [0.0, 0.0]])],
    ),
}  # fmt: skip
"""Of each function its operands, each with its gradient."""


def _check(subject: Subject, function: Callable[..., Any], operands: list[tuple[_Matrix, _Matrix]], dtype: str) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    tensors = [t.tensor(matrix, dtype=kind, requires_grad=True) for matrix, _ in operands]
    grads = t.autograd.grad(function(t, *tensors), tensors, t.tensor(_INCOMING, dtype=kind))
    for found, (_, expected) in zip(grads, operands, strict=True):
        close = t.allclose(found, t.tensor(expected, dtype=kind), 1e-5, 1e-5)
        expect(close, f"a gradient is {found.tolist()}, expected {expected}")


for _name, (_function, _operands) in _GRADIENTS.items():
    _op, _, _sample = _name.partition("-")
    for _dtype in ("float64", "float32"):
        case(f"{_op}/gradient/rare-{_sample}/{_dtype}", dtypes=(_dtype,), extensions=("linalg",))(
            partial(_check, function=_function, operands=_operands, dtype=_dtype)
        )


_HERMITIAN: dict[str, Callable[[Any, Any], Any]] = {
    "eigvalsh": lambda t, x: t.linalg.eigvalsh(x + x.mH),
    "eigh": lambda t, x: t.linalg.eigh(x + x.mH).eigenvectors.abs(),
}


def _check_hermitian(subject: Subject, function: Callable[[Any, Any], Any]) -> None:
    t = subject.torch
    rows = [[1 + 2j, 3 - 1j, 0.5j], [2 - 1j, -1, 4 + 1j], [1j, 2, 3]]
    x = t.tensor(rows, dtype=t.complex128, requires_grad=True)
    expect(t.autograd.gradcheck(partial(function, t), x), "the first derivatives are wrong")
    expect(t.autograd.gradgradcheck(partial(function, t), x), "the second derivatives are wrong")


for _op, _of_hermitian in _HERMITIAN.items():
    case(f"{_op}/gradient/hermitian/complex128", dtypes=("float64", "complex128"), extensions=("linalg",))(
        partial(_check_hermitian, function=_of_hermitian)
    )
