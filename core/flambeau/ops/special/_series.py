"""Compositions of special functions: written with tensors, made into what stands in for an optional kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flambeau._tensor import Tensor, from_array

__all__ = ["over_tensors", "polynomial"]


def over_tensors(function: Callable[..., Tensor]) -> Callable[..., Any]:
    """A composition out of a function of tensors; it computes in float64 where the backend has that dtype."""

    def composition(type_: Any, *arrays: Any) -> Any:
        wide = type_.precise()
        if wide is type_:
            return function(*[from_array(array, type_) for array in arrays])._array
        tensors = [from_array(type_.kernels.cast(array, "float64"), wide) for array in arrays]
        return type_.kernels.cast(function(*tensors)._array, type_.dtype.name)

    return composition


def polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """The polynomial of ``x`` with these coefficients, that of the highest power first, by Horner's rule."""
    first, *others = coefficients
    result: Any = first
    for coefficient in others:
        result = result * x + coefficient
    return result  # type: ignore[no-any-return]
