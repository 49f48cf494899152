"""Where ops become methods: the base class of :class:`flambeau.Tensor` that declarations of ops fill.

What type checkers see is ``_methods.pyi``, generated from the same declarations by ``python -m flambeau.ops``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from flambeau._dispatch.rows import Row

__all__ = ["TensorMethods", "attach", "method", "method_property"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class TensorMethods:
    """The methods of tensors that are ops."""

    __slots__ = ()


def method(*names: str) -> Callable[[_Function], _Function]:
    """Make a function that is no op a method of tensors, under these names."""

    def declare(function: _Function) -> _Function:
        for name in names:
            setattr(TensorMethods, name, function)
        return function

    return declare


def method_property(name: str) -> Callable[[_Function], _Function]:
    """Make a function a property of tensors."""

    def declare(function: _Function) -> _Function:
        setattr(TensorMethods, name, property(function))
        return function

    return declare


def attach(row: Row, name: str | None = None) -> None:
    """Make an op a method, and its in-place form too, under its own name or an alias."""
    if row.methods:
        setattr(TensorMethods, name or row.name, row.function)
    if row.inplace:
        form = inplace_form(row, f"{name or row.name}_")
        setattr(TensorMethods, form.__name__, form)


def inplace_form(row: Row, name: str) -> Callable[..., Any]:
    """The in-place method of an op."""
    from flambeau._dispatch import inplace as _inplace

    def form(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _inplace.apply(row, self, args, kwargs)

    form.__name__ = name
    form.__qualname__ = f"Tensor.{name}"
    form.__wrapped__ = row.body  # type: ignore[attr-defined]  # whose signature it has
    form.__doc__ = f"In-place form of :func:`flambeau.{row.name}`: writes the result into this tensor and returns it."
    return form
