"""Where ops become methods: the base class of :class:`flambeau.Tensor` that declarations of ops fill.

What type checkers see is ``_methods.pyi``, generated from the same declarations by ``python -m flambeau.ops``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ops._declare import Row

__all__ = ["TensorMethods", "attach"]


class TensorMethods:
    """The methods of tensors that are ops."""

    __slots__ = ()


def attach(row: Row, name: str | None = None) -> None:
    """Make an op a method, and its in-place form too, under its own name or an alias."""
    if row.methods:
        setattr(TensorMethods, name or row.name, row.function)
    if row.inplace:
        form = inplace_form(row, f"{name or row.name}_")
        setattr(TensorMethods, form.__name__, form)


def inplace_form(row: Row, name: str) -> Callable[..., Any]:
    """The in-place method of an op."""
    from .ops import _inplace

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _inplace.apply(row, self, args, kwargs)

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    method.__doc__ = f"In-place form of :func:`flambeau.{row.name}`: writes the result into this tensor and returns it."
    return method
