"""Products of matrices, and factorisations over the ``linalg`` module of a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import prod
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
    raising: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> dict[str, Callable[..., Any]]:
    """The kernels of the extension; ``lu_factor`` decomposes one matrix.

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
                result = xp.full(like(*arrays).shape, float("nan"), arrays[0].dtype)
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

    def lu(a: Array) -> tuple[Array, Array]:
        if a.ndim == 2:
            return _row_swaps(xp, *lu_factor(a))
        matrices = a.reshape((prod(a.shape[:-2]), *a.shape[-2:]))
        factors, swaps = xp.empty_like(matrices), xp.empty((matrices.shape[0], min(a.shape[-2:])), "int64")
        for position in range(matrices.shape[0]):
            factors[position], swaps[position] = _row_swaps(xp, *lu_factor(matrices[position]))
        return factors.reshape(a.shape), swaps.reshape((*a.shape[:-2], swaps.shape[-1]))

    return {
        "cholesky": tried(linalg.cholesky, lambda a: a),
        "solve": tried(linalg.solve, lambda a, b: b),
        "inv": tried(linalg.inv, lambda a: a),
        "det": lambda a: xp.asarray(linalg.det(a)),
        "slogdet": lambda a: tuple(xp.asarray(part) for part in linalg.slogdet(a)),
        "eigh": lambda a: tuple(linalg.eigh(a)),
        "qr": qr, "svd": svd, "eig": eig, "lu_factor": lu,
    }  # fmt: skip


def _row_swaps(xp: Any, factors: Array, swaps: Array) -> tuple[Array, Array]:
    return factors, swaps.astype("int64", copy=False)
