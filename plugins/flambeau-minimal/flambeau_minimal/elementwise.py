"""How a function of Python numbers becomes a kernel that works on every element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from flambeau.backend import Shape

from .dtypes import FLOATS, Buffer
from .storage import MinimalArray, broadcast_shape, elements, expanded, fresh

__all__ = ["Kernel", "aligned", "elementwise"]

Kernel: TypeAlias = Callable[..., MinimalArray]


def aligned(arrays: Sequence[MinimalArray]) -> tuple[Shape, list[Buffer]]:
    """The shape that ``arrays`` broadcast to, and the elements of each of them in that shape."""
    shape = broadcast_shape([a.shape for a in arrays])
    assert shape is not None, "the contract has been checked"
    return shape, [elements(expanded(a, shape)) for a in arrays]


def elementwise(
    function: Callable[..., Any],
    *,
    integers: Callable[..., Any] | None = None,
    bools: Callable[..., Any] | None = None,
    result: str | None = None,
) -> Kernel:
    """The kernel that applies ``function`` to the elements of arrays that broadcast to a common shape.

    ``integers`` and ``bools`` are the functions for elements of these kinds where they differ. ``result`` is
    the dtype of the result where it is not that of the arrays.
    """

    def function_for(dtype: str) -> Callable[..., Any]:
        if dtype == "bool":
            return bools or integers or function
        return function if dtype in FLOATS else integers or function

    def kernel(*arrays: MinimalArray) -> MinimalArray:
        first = arrays[0]
        shape, columns = aligned(arrays)
        return fresh(map(function_for(first.dtype), *columns), shape, result or first.dtype, first.device)

    return kernel
