"""Arguments that are lists of tensors, as those of joining and of grids."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.errors import argument_type

__all__ = ["tensor_list", "tensors_of"]


def tensor_list(function: str, tensors: Any) -> list[Tensor]:
    """The tensors of an argument ``tensors`` that is a list or a tuple of them.

    Raises:
        TypeError: it is something else, as one tensor, or has an element that is no tensor.
    """
    if not isinstance(tensors, (list, tuple)):
        raise argument_type(function, "tensors", 1, tensors, "tuple of Tensors")
    return _checked(list(tensors))


def tensors_of(arguments: tuple[Any, ...]) -> list[Tensor]:
    """The tensors of arguments that are tensors, or one list or tuple of them.

    Raises:
        TypeError: one is no tensor.
    """
    single = len(arguments) == 1 and isinstance(arguments[0], (list, tuple))
    return _checked(list(arguments[0] if single else arguments))


def _checked(tensors: list[Any]) -> list[Tensor]:
    for position, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {type(tensor).__name__}")
    return tensors
