"""Parameters: tensors that a module owns and an optimizer changes."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from ..autograd._node import Leaf
from ..ops.creation import empty

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A tensor that becomes a parameter of the module that it is assigned to.

    It shares the memory of ``data``. Operations on it give plain tensors. Source: ``torch.nn.Parameter``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Parameter(torch.ones(2))
        Parameter containing:
        tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()
    __module__ = "flambeau.nn"

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """Make a parameter of the memory of ``data``."""
        source = empty(0) if data is None else data
        if not isinstance(source, Tensor):
            raise TypeError(f"Parameter(): argument 'data' must be Tensor, not {type(source).__name__}")
        made: Parameter = object.__new__(cls)
        made._array, made._type, made._storage = source._array, source._type, source._storage
        made._node = Leaf(made) if requires_grad else None
        if requires_grad and not source._type.floats:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Everything is done in ``__new__``."""

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
