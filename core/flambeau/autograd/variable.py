"""``Variable``, which PyTorch merged with tensors: a name for them that old programs use."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.ops.creation.filled import empty

__all__ = ["Variable"]


class _VariableMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)

    def __call__(cls, data: Any = None, requires_grad: bool = False, volatile: bool | None = None) -> Tensor:
        if data is not None and not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if volatile is not None:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=level_of_caller(),
            )
        made = empty(0) if data is None else data.detach()
        return made.requires_grad_() if requires_grad else made


class Variable(metaclass=_VariableMeta):
    """Make a tensor of the same memory, without history: what tensors were wrapped in before PyTorch 0.4.

    Every tensor is an instance. Source of the semantics: ``torch.autograd.Variable``.

    Raises:
        TypeError: what is given is no tensor.

    Example:
        >>> import flambeau as torch
        >>> x = torch.autograd.Variable(torch.ones(2), requires_grad=True)
        >>> (x * 3).sum().backward()
        >>> x.grad
        tensor([3., 3.])
    """
