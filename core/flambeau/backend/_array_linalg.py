"""Products of matrices, and factorisations over the ``linalg`` module of a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import nan, prod
from typing import Any

from .kernels import Array

__all__ = ["linalg_kernels", "product_kernels"]


def product_kernels(matmul: Callable[[Array, Array], Array]) -> dict[str, Callable[..., Array]]:
    """What is made of the backend's ``matmul``."""

    def addmm(bias: Array, a: Array, b: Array) -> Array:
        result = matmul(a, b)
        result += bias
        return result

    return {"matmul": matmul, "addmm": addmm}


def linalg_kernels(
    xp: Any,
    lu_factor: Callable[[Array], tuple[Array, Array]],
    solve_triangular: Callable[[Array, Array, bool], Array],
    raising: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> dict[str, Callable[..., Any]]:
    """The kernels of the extension; ``lu_factor`` decomposes one matrix, ``solve_triangular`` solves for one.

    In the context that ``raising`` makes, the namespace raises its LinAlgError; CuPy does not by itself.
    """
    linalg = xp.linalg

    def tried(function: Callable[..., Array], like: Callable[..., Array]) -> Callable[..., Array]:
        """A function of matrices that may raise: those for which it does give nan, the others of the batch their result."""

        def kernel(*arrays: Array) -> Array:
            try:
                with raising():
                    return function(*arrays)
            except linalg.LinAlgError:
                result = xp.full(like(*arrays).shape, nan, arrays[0].dtype)
                if arrays[0].ndim > 2:
                    for position in range(arrays[0].shape[0]):
                        result[position] = kernel(*(array[position] for array in arrays))
                return result

        return kernel

    def qr(a: Array, complete: bool) -> tuple[Array, Array]:
        q, r = linalg.qr(a, mode="complete" if complete else "reduced")
        return q, r

    def svd(a: Array, full: bool) -> tuple[Array, ...]:
        return tuple(linalg.svd(a, full_matrices=full))

    def eig(a: Array) -> tuple[Array, ...]:
        kind = "complex64" if a.dtype.name in ("float32", "complex64") else "complex128"
        return tuple(part.astype(kind, copy=False) for part in linalg.eig(a))

    def spoilt(a: Array, result: Array) -> Array:
        """The result, nan for matrices that hold nan: OpenBLAS may take a pivot that is nan for 0."""
        result, bad = xp.asarray(result), xp.isnan(a).any(axis=(-2, -1))
        value = complex(nan, nan) if result.dtype.kind == "c" else nan
        xp.copyto(result, value, where=bad.reshape(bad.shape + (1,) * (result.ndim - bad.ndim)))
        return result

    solve, inv = tried(linalg.solve, lambda a, b: b), tried(linalg.inv, lambda a: a)

    def one_lu(a: Array) -> tuple[Array, Array]:
        factors, swaps = _eliminated(xp, a) if bool(xp.isnan(a).any()) else lu_factor(a)
        return factors, swaps.astype("int64", copy=False)

    def lu(a: Array) -> tuple[Array, Array]:
        if a.ndim == 2:
            return one_lu(a)
        matrices = a.reshape((prod(a.shape[:-2]), *a.shape[-2:]))
        factors, swaps = xp.empty_like(matrices), xp.empty((matrices.shape[0], min(a.shape[-2:])), "int64")
        for position in range(matrices.shape[0]):
            factors[position], swaps[position] = one_lu(matrices[position])
        return factors.reshape(a.shape), swaps.reshape((*a.shape[:-2], swaps.shape[-1]))

    def triangular(a: Array, b: Array, upper: bool) -> Array:
        if not b.size:
            return xp.empty_like(b)
        if a.ndim == 2:
            return solve_triangular(a, b, upper)
        matrices, sides = (each.reshape((prod(each.shape[:-2]), *each.shape[-2:])) for each in (a, b))
        result = xp.empty(sides.shape, b.dtype)
        for position in range(sides.shape[0]):
            result[position] = solve_triangular(matrices[position], sides[position], upper)
        return result.reshape(b.shape)

    return {
        "cholesky": tried(linalg.cholesky, lambda a: a),
        "solve": lambda a, b: spoilt(a, solve(a, b)),
        "inv": lambda a: spoilt(a, inv(a)),
        "det": lambda a: spoilt(a, linalg.det(a)),
        "slogdet": lambda a: tuple(spoilt(a, part) for part in linalg.slogdet(a)),
        "eigh": lambda a: tuple(linalg.eigh(a)),
        "qr": qr, "svd": svd, "eig": eig, "lu_factor": lu, "solve_triangular": triangular,
    }  # fmt: skip


def _eliminated(xp: Any, a: Array) -> tuple[Array, Array]:
    """The packed LU of a matrix that holds nan: no pivot, unless it stands first; everything that it touches is nan."""
    factors, swaps = a.copy(), []
    for step in range(min(a.shape)):
        column = factors[step:, step]
        sizes = (xp.abs(column.real) + xp.abs(column.imag)).tolist()  # as LAPACK compares complex numbers
        largest = 0
        for row, size in enumerate(sizes):
            largest = row if size > sizes[largest] else largest
        swaps.append(step + largest)
        first = factors[step].copy()
        factors[step], factors[step + largest] = factors[step + largest], first
        if sizes[largest] != 0:
            factors[step + 1 :, step] /= factors[step, step]
        factors[step + 1 :, step + 1 :] -= factors[step + 1 :, step, None] * factors[step, step + 1 :]
    return factors, xp.asarray(swaps, "int64")
