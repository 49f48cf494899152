"""Half precision: what is computed in float32 and rounded once, as PyTorch does: 16 bits would overflow or lose digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor

__all__ = ["all_in_single", "in_single", "in_single_formula", "per_count"]


def per_count(total: Tensor, count: Tensor) -> Tensor:
    """``total / count``, for integers that the half precision dtypes do not hold."""
    if total.dtype.itemsize > 2:
        return total / count
    wide = total._type.with_dtype(dtypes.float32)
    return (total._to_type(wide) / count)._to_type(total._type)


def in_single_formula(formula: Callable[..., Any]) -> Callable[..., Any]:
    """A formula that is computed in float32 where the gradient is of half precision, and rounded once, as PyTorch does."""

    @wraps(formula)
    def computed(grad: Tensor, *saved: Any) -> Any:
        type_ = grad._type
        if type_.dtype.itemsize > 2:
            return formula(grad, *saved)
        wide = type_.with_dtype(dtypes.float32)
        values = [value._to_type(wide) if isinstance(value, Tensor) else value for value in (grad, *saved)]
        return formula(*values)._to_type(type_)

    return computed


def in_single(type_: Any, array: Any, compute: Callable[[Any, Any], Any], kernel: str = "") -> Any:
    """``compute(type_, array)``, in float32 where the array is of half precision, whose range is soon left."""
    return all_in_single(type_, compute, array, kernel=kernel) if type_.halves else compute(type_, array)


def all_in_single(type_: Any, compute: Callable[..., Any], *arrays: Any, kernel: str = "") -> Any:
    """``compute(type_, *arrays)``, in float32 where they are of half precision, so that the result is rounded once.

    Not where the backend has a ``kernel`` that does so itself, which ``compute`` then calls.
    """
    if not type_.halves or type_.takes(kernel):
        return compute(type_, *arrays)
    wide, cast = type_.with_dtype(dtypes.float32), type_.kernels.cast
    return cast(compute(wide, *[cast(array, "float32") for array in arrays]), type_.dtype.name)
