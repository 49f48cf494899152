"""Which functions there are for sparse tensors, by the names of the operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flambeau.errors import UnsupportedLayoutError

__all__ = ["IMPLEMENTATIONS", "call", "implements"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

IMPLEMENTATIONS: dict[str, Callable[..., Any]] = {}


def implements(*names: str) -> Callable[[_Function], _Function]:
    """Declare a function to be what operations do where an operand is sparse."""

    def declare(function: _Function) -> _Function:
        for name in names:
            IMPLEMENTATIONS[name] = function
        return function

    return declare


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    """Run an operation one of whose operands is sparse.

    Raises:
        UnsupportedLayoutError: there is none for sparse tensors.
    """
    name = name.lstrip("_")  # what a public function calls has its name with an underscore
    function = IMPLEMENTATIONS.get(name)
    if function is None:
        given = [*args, *kwargs.values()]
        given += [entry for value in given if isinstance(value, (tuple, list)) for entry in value]
        layouts = {value.layout for value in given if getattr(value, "_sparse", False)}
        named = " and ".join(sorted(map(str, layouts)))
        shown = name.rpartition(".")[2].removesuffix("_all")
        raise UnsupportedLayoutError(
            f"{shown}() is not implemented for tensors of layout {named}: convert them to strided tensors "
            "with to_dense() first"
        )
    return function(*args, **kwargs)
