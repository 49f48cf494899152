"""What nodes keep for the backward pass: read by name, and sent through the hooks of a program.

The hot path knows of hooks no more than the list :data:`packing`, which is empty unless some thread has set hooks. A node
that hooks are called for keeps a :class:`Packed` in the place of the tuple of its saved values; to go over it unpacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from .modes import no_grad

if TYPE_CHECKING:
    from .node import Edge, Node
    from .tensor import Tensor

__all__ = ["Hooks", "Packed", "PackedTensor", "hooks_stack", "innermost_hooks", "pack", "packing", "saved_value"]


class Hooks(NamedTuple):
    """What is called with a tensor that is saved, and with what that gave when it is needed again."""

    pack: Callable[[Tensor], Any]
    unpack: Callable[[Any], Tensor]


packing: list[object] = []
"""One entry per context of hooks that is open, in any thread."""

hooks_stack: ContextVar[tuple[Hooks, ...]] = ContextVar("flambeau_saved_tensors_hooks", default=())
"""The hooks of this thread, the innermost last."""


def innermost_hooks() -> Hooks | None:
    """The hooks that what is saved now is sent through."""
    stack = hooks_stack.get()
    return stack[-1] if stack else None


class PackedTensor:
    """A saved tensor after the first hook.

    Attributes:
        edge: where gradients of the tensor go.
    """

    __slots__ = ("_packed", "_unpack", "edge")

    def __init__(self, tensor: Tensor, edge: Edge | None, hooks: Hooks) -> None:
        from .storage import storage_of, version_of
        from .tensor import from_array

        # No view of the tensor, which would keep its history alive: what the hooks keep may be kept by that history.
        given = from_array(tensor._array, tensor._type)
        given._storage = storage_of(tensor)
        before = version_of(given)
        with no_grad():
            self._packed = hooks.pack(given)
        if version_of(given) != before:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can not be "
                "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you "
                "need to perform in-place operations on the input to a pack hook."
            )
        self._unpack = hooks.unpack
        self.edge = edge

    def unpack(self) -> Tensor:
        """The tensor, by way of the second hook.

        Raises:
            TypeError: the hook gave something else.
        """
        from .tensor import Tensor, from_array

        given = self._unpack(self._packed)
        if not isinstance(given, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(given).__name__}"
            )
        tensor = from_array(given._array, given._type)
        tensor._node = self.edge
        return tensor


class Packed:
    """The saved values of a node, its tensors packed; going over it gives the flat sequence that a rule unpacks."""

    __slots__ = ("_entries",)

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[Any]:
        from .saved import save_output

        for kind, value in self._entries:
            if kind == "output":
                yield save_output(value.unpack())
            elif kind == "sequence":
                yield [(packed.unpack(), 0) for packed in value]
            elif value.__class__ is PackedTensor:
                yield value.unpack()
                yield -1  # what a hook gave is not checked for changes
            elif kind in ("tensor", "optional"):
                yield from (value, -1)
            else:
                yield value


def pack(node: Node) -> None:
    """Send what ``node`` has saved through the hooks of this thread, if there are any."""
    from .tensor import from_array

    hooks = innermost_hooks()
    if hooks is None or not node._rule.kinds:
        return
    entries: list[Any] = []
    slots = iter(node._saved or ())
    for kind in node._rule.kinds:
        value = next(slots)
        if kind == "output":
            value = PackedTensor(from_array(value[0], value[1]), None, hooks)
        elif kind == "sequence":
            value = [PackedTensor(tensor, tensor._node, hooks) for tensor, _ in value]
        elif kind in ("tensor", "optional"):
            next(slots)
            value = PackedTensor(value, value._node, hooks) if hasattr(value, "_array") else value
        entries.append((kind, value))
    node._saved = Packed(entries)


def saved_value(node: Node, name: str) -> Any:
    """What ``node`` has saved under the name of a parameter or of an output.

    Raises:
        AttributeError: it saves nothing of that name.
        RuntimeError: it has been freed, or changed in place since.
    """
    from flambeau._dispatch.rules import output_edge

    from .saved import check_version, freed_error, restore_output

    rule = node._rule
    if name not in rule.save:
        raise AttributeError(f"'{node.name()}' object has saved no '{name}'")
    if node._saved is None:
        raise freed_error()
    slots = iter(node._saved)
    for each, kind in zip(rule.save, rule.kinds, strict=True):
        value = next(slots)
        version = next(slots) if kind in ("tensor", "optional") else -1
        if each != name:
            continue
        if kind == "output":
            return restore_output(node, value, output_edge(node, each))
        if kind == "sequence":
            return tuple(tensor for tensor, _ in value)
        if version >= 0:
            check_version(value, version)
        return value
    raise AssertionError(name)
