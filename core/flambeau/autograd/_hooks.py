"""Hooks on tensors: where they are kept, for leaves and for results of operations."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from ._node import Leaf, Node, edge_target

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..utils.hooks import RemovableHandle

__all__ = ["register_hook", "retain_grad"]


def register_hook(tensor: Tensor, hook: Any) -> RemovableHandle:
    """Call ``hook(grad)`` when the gradient of ``tensor`` is complete.

    Raises:
        RuntimeError: no gradient flows to it.
    """
    from ..utils.hooks import RemovableHandle

    if tensor._node is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    return RemovableHandle.add(_hooks_of(tensor), hook)


def _hooks_of(tensor: Tensor) -> dict[int, Any]:
    if isinstance(tensor._node, Leaf):
        if tensor._backward_hooks is None:
            tensor._backward_hooks = {}
        return tensor._backward_hooks
    assert tensor._node is not None
    node, index = edge_target(tensor._node)
    assert isinstance(node, Node)
    node.hooked = True
    if node.tensor_hooks is None:
        node.tensor_hooks = {}
    return node.tensor_hooks.setdefault(index, {})


def retain_grad(tensor: Tensor) -> None:
    """Keep the gradient of a tensor that is not a leaf; the hook must not keep the tensor alive."""
    reference = weakref.ref(tensor)

    def keep(grad: Tensor) -> None:
        target = reference()
        if target is not None:
            target._grad = grad.clone() if target._grad is None else target._grad + grad

    register_hook(tensor, keep)
