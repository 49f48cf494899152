"""Where ops become methods: the base class of :class:`flambeau.Tensor` that declarations of ops fill.

What type checkers see is ``methods.pyi``, written from the same declarations by ``python tools/stubs.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["TensorMethods", "method", "method_property"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class TensorMethods:
    """The methods of tensors that are ops."""

    __slots__ = ()


def method(*names: str) -> Callable[[_Function], _Function]:
    """Make a function that is no op a method of tensors, under these names."""

    def declare(function: _Function) -> _Function:
        for name in names:
            setattr(TensorMethods, name, function)
        if not hasattr(function, "row") and function.__name__ not in names:
            # Errors say the name by which a program knows the method, and classes that override operations see it.
            written: Any = function
            while written is not None and not hasattr(written, "row"):
                written.__name__ = written.__qualname__ = names[0]
                written = getattr(written, "__wrapped__", None)
        return function

    return declare


def method_property(name: str) -> Callable[[_Function], _Function]:
    """Make a function a property of tensors."""

    def declare(function: _Function) -> _Function:
        setattr(TensorMethods, name, property(function))
        return function

    return declare
