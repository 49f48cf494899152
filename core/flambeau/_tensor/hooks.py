"""Hooks on tensors: where they are kept, for leaves and for results of operations."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from flambeau.dtypes import legacy_type_name, scalar_type_name

from .handles import RemovableHandle, add_hook
from .node import Leaf, Node, edge_target

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "RETAIN", "check_hooked", "check_returns_nothing", "exchanged", "in_order", "move_retained", "register_hook",
    "register_post_accumulate_hook", "retain_grad",
]  # fmt: skip

RETAIN = -1
"""The key of what :func:`retain_grad` adds, which is called last: it keeps what the other hooks have made of a gradient."""


def in_order(hooks: dict[int, Any] | None) -> list[Any]:
    """The hooks of a tensor as they are called; the list is of its own, so that a hook may remove itself."""
    if not hooks:
        return []
    if RETAIN not in hooks:
        return list(hooks.values())
    return [hook for key, hook in hooks.items() if key != RETAIN] + [hooks[RETAIN]]


def register_hook(tensor: Tensor, hook: Any) -> RemovableHandle:
    """Call ``hook(grad)`` when the gradient of ``tensor`` is complete.

    Raises:
        RuntimeError: no gradient flows to it.
    """
    _check_gets_gradients(tensor)
    return add_hook(_hooks_of(tensor), hook)


def register_post_accumulate_hook(tensor: Tensor, hook: Any) -> RemovableHandle:
    """Call ``hook(tensor)`` when a gradient has been added to the ``.grad`` of a leaf.

    Raises:
        RuntimeError: no gradient flows to it, or it is no leaf.
    """
    _check_gets_gradients(tensor)
    if not isinstance(tensor._node, Leaf):
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    if tensor._post_accumulate_hooks is None:
        tensor._post_accumulate_hooks = {}
    return add_hook(tensor._post_accumulate_hooks, hook)


def _check_gets_gradients(tensor: Tensor) -> None:
    if tensor._node is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")


def _hooks_of(tensor: Tensor) -> dict[int, Any]:
    if isinstance(tensor._node, Leaf):
        if tensor._backward_hooks is None:
            tensor._backward_hooks = {}
        return tensor._backward_hooks
    assert tensor._node is not None
    node, index = edge_target(tensor._node)
    assert isinstance(node, Node)
    node._hooked = True
    if node._tensor_hooks is None:
        node._tensor_hooks = {}
    return node._tensor_hooks.setdefault(index, {})


def retain_grad(tensor: Tensor) -> None:
    """Keep the gradient of a tensor that is not a leaf; the hook must not keep the tensor alive."""
    reference = weakref.ref(tensor)

    def keep(grad: Tensor | None) -> None:
        target = reference()
        if target is not None and grad is not None:
            target._grad = grad.clone() if target._grad is None else target._grad + grad

    hooks = _hooks_of(tensor)
    if RETAIN not in hooks:
        hooks[RETAIN] = keep


def move_retained(before: Any, tensor: Tensor) -> None:
    """Let a tensor that has been changed in place keep the gradient of its new value, as PyTorch does.

    Other hooks stay where they were registered, with the value of that time.
    """
    if before is None or isinstance(before, Leaf):
        return
    node, index = edge_target(before)
    hooks = (node._tensor_hooks or {}).get(index, {}) if isinstance(node, Node) else {}
    if RETAIN in hooks and tensor._node is not None:
        _hooks_of(tensor)[RETAIN] = hooks.pop(RETAIN)


def check_hooked(hook: Any, grad: Tensor | None, replacement: Any) -> None:
    """Refuse what a hook gave in the place of a gradient if it is of another kind, in PyTorch's words; None is no gradient.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: it has another shape, dtype, layout or device, or there was no gradient.
    """
    if replacement is None:
        return
    if grad is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not hasattr(replacement, "_sparse"):
        raise TypeError(f"expected Variable, but hook returned '{type(replacement).__name__}'")
    if _kind_of(replacement) != _kind_of(grad):
        before, after = _type_words(grad), _type_words(replacement)
        raise RuntimeError(f"hook '{_name_of(hook)}' has changed the type of value (was {before} got {after})")
    if replacement.shape != grad.shape:
        raise RuntimeError(f"hook '{_name_of(hook)}' has changed the size of value")


def exchanged(hook: Any, grads: Sequence[Tensor | None], replacement: Any) -> Sequence[Tensor | None]:
    """What a hook of a node makes of all gradients together: ``replacement``, unless it gave None.

    Raises:
        TypeError: it is no tuple, or something in it is no tensor.
        RuntimeError: it has another number of gradients, or one of another kind.
    """
    if replacement is None:
        return grads
    if not isinstance(replacement, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(replacement).__name__}'")
    if len(replacement) != len(grads):
        raise RuntimeError(
            f"hook '{_name_of(hook)}' has returned an incorrect number of values (got {len(replacement)}, but expected "
            f"{len(grads)})"
        )
    for grad, each in zip(grads, replacement, strict=True):
        check_hooked(hook, grad, each)
    return replacement


def check_returns_nothing(hook: Any, tensor: Tensor, replacement: Any) -> None:
    """Refuse whatever a hook gave that is called after a gradient has been added to ``.grad``.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: it is one.
    """
    if replacement is not None:
        check_hooked(hook, tensor, replacement)
        raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def _kind_of(tensor: Tensor) -> tuple[object, object, object]:
    return tensor.layout, tensor.dtype, tensor.device


def _type_words(tensor: Tensor) -> str:
    """How PyTorch's message calls the type of a tensor: complex types have no name like the others'."""
    if tensor.dtype.is_complex:
        sparse = "Sparse" if tensor._sparse else ""
        return f"{sparse}{tensor.device.type.upper()}{scalar_type_name(tensor.dtype)}Type"
    name = legacy_type_name(tensor.dtype, tensor.device)
    return f"{name.rpartition('.')[0]}.sparse.{name.rpartition('.')[2]}" if tensor._sparse else name


def _name_of(hook: Any) -> str:
    if isinstance(hook, partial):
        return _name_of(hook.func)
    return getattr(hook, "__name__", type(hook).__name__)
