"""Kernels that make, copy and convert arrays over a NumPy-like namespace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau.shapes import dense_order

from .kernels import Array, Scalar, Shape

__all__ = ["dense_copy", "storage_kernels"]


def dense_copy(a: Any, dtype: Any) -> Any:
    """A copy in the memory order of ``a``: dims that are expanded stay where they stand, NumPy puts them innermost."""
    if 0 not in a.strides:
        return a.astype(dtype)
    order = dense_order(a.shape, a.strides)
    return a.transpose(order).astype(dtype, order="C").transpose([order.index(dim) for dim in range(a.ndim)])


def rounded(a: Any, dtype: str) -> Any:
    """A copy of another type: of float64 in float16 through float32, which is where PyTorch's numbers of 16 bits come from."""
    if dtype == "float16" and a.dtype.name == "float64":
        a = dense_copy(a, "float32")
    return dense_copy(a, dtype)


def storage_kernels(xp: Any) -> dict[str, Callable[..., Any]]:
    """Storage but for the transfer from and to the host, which is the backend's."""
    full_of, zeros = xp.full, xp.zeros

    def full(shape: Shape, value: Scalar, dtype: str) -> Array:
        # Only the integer, because -0.0 equals 0 too. Large memory comes cleared from the system.
        return zeros(shape, dtype) if value.__class__ is int and not value else full_of(shape, value, dtype)

    def arange(start: Scalar, step: Scalar, length: int, dtype: str) -> Array:
        steps = xp.arange(length, dtype="int64")
        if "int" not in dtype:
            return rounded(start + steps * float(step), dtype)  # type: ignore[arg-type]
        if step != 1 or start:
            steps = steps * int(step) + int(start)  # type: ignore[arg-type]
        return steps.astype(dtype, copy=False)

    def clone(a: Array, keep_strides: bool) -> Array:
        return a.copy(order="K" if keep_strides else "C")

    def cast(a: Array, dtype: str) -> Array:
        if a.dtype.kind == "c" and not dtype.startswith("complex"):
            a = xp.asarray(a != 0) if dtype == "bool" else a.real
        return rounded(a, dtype)

    return {
        "empty": xp.empty, "full": full, "arange": arange, "clone": clone, "cast": cast, "copy_into": xp.copyto,
        "item": lambda a: a.item(),
    }  # fmt: skip
