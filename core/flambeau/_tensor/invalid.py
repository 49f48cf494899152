"""Views that a write has left without a history: to use one where gradients are recorded is an error.

They have a class of their own, so that operations need not look: where they read the node of an operand, it raises.
"""

from __future__ import annotations

from typing import Any

from . import overrides
from .modes import grad_enabled
from .node import Stale
from .storage import node_in
from .tensor import Tensor

__all__: list[str] = []


class _InvalidTensor(Tensor):
    """A view that a write has left without a history: its use where gradients are recorded is an error."""

    __slots__ = ()
    __torch_function__ = overrides.disabled_torch_function  # type: ignore[assignment]

    @property
    def _node(self) -> Any:
        node = node_in(self)
        if grad_enabled() and node.__class__ is Stale:
            raise RuntimeError(node.message)
        return node

    @_node.setter
    def _node(self, value: Any) -> None:
        overrides.Tensor._node.__set__(self, value)
        if value.__class__ is not Stale:
            self.__class__ = Tensor  # type: ignore[assignment]

    _plain_node = _node

    @property
    def requires_grad(self) -> bool:
        """Whether it would require one."""
        return node_in(self) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)


_InvalidTensor.__name__ = _InvalidTensor.__qualname__ = "Tensor"
overrides.InvalidTensor = _InvalidTensor
