"""What nodes keep for the backward pass: saved, checked for changes, read by name, and sent through hooks of a program.

The hot path knows of hooks no more than the list :data:`packing`, which is empty unless some thread has set hooks. A node
that hooks are called for keeps a :class:`Packed` in the place of the tuple of its saved values; to go over it unpacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from flambeau.dtypes import legacy_type_name

from .modes import no_grad
from .node import Edge, Leaf, Node, Output, edge_target
from .storage import storage_of, version_of
from .tensor import Tensor, from_array

__all__ = [
    "Hooks", "Packed", "PackedTensor", "check_all", "check_version", "freed_error", "hooks_stack", "innermost_hooks",
    "POSITION", "modified_error", "offer", "output_edge", "pack", "packing", "restore_output", "save_output", "saved_value",
]  # fmt: skip


POSITION = re.compile(r"result_\d+")
"""What formulas call one of several outputs."""


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

        # No view of the tensor, which would keep its history alive: what the hooks keep may be kept by that history.
        given = from_array(tensor._array, tensor._type)
        given._storage = storage_of(tensor)
        before = version_of(given)
        with no_grad():
            self._packed = hooks.pack(given)
        if version_of(given) != before:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
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

        for kind, value in self._entries:
            if kind == "output":
                yield None if value is None else save_output(value.unpack())
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
    hooks = innermost_hooks()
    if hooks is None or not node._rule.kinds:
        return
    entries: list[Any] = []
    slots = iter(node._saved or ())
    for kind in node._rule.kinds:
        value = next(slots)
        if kind == "output":
            value = None if value is None else PackedTensor(from_array(value[0], value[1]), None, hooks)
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
            return None if value is None else restore_output(node, value, output_edge(node, each))
        if kind == "sequence":
            return tuple(tensor for tensor, _ in value)
        if version >= 0:
            check_version(value, version)
        return value
    raise AssertionError(name)


def save_output(tensor: Tensor) -> tuple[Any, ...]:
    """An output's value for later; the tensor itself would make a reference cycle with its node."""
    storage = storage_of(tensor)
    return tensor._array, tensor._type, storage, storage.version


def output_edge(node: Node, name: str) -> Edge | None:
    """The edge to the output that formulas call ``name``; None for a field that has no derivative."""
    if name == "result":
        return node
    return Output(node, int(name.removeprefix("result_"))) if POSITION.fullmatch(name) else None


def restore_output(node: Node, saved: tuple[Any, ...], edge: Edge | None) -> Tensor:
    """The tensor whose value was saved; ``edge`` leads to the node that made it, so that it can be differentiated."""
    array, type_, storage, version = saved
    if storage.version != version:
        raise modified_error(node, array.shape, type_, storage.version, version)
    tensor = from_array(array, type_)
    tensor._storage = storage
    tensor._node = edge
    return tensor


def check_version(tensor: Tensor, version: int) -> None:
    """Raise if a saved tensor has been changed in place since."""
    if version_of(tensor) != version:
        raise modified_error(tensor._node, tensor._array.shape, tensor._type, version_of(tensor), version)


def check_all(saved: Sequence[tuple[Tensor, int]]) -> list[Tensor]:
    for tensor, version in saved:
        check_version(tensor, version)
    return [tensor for tensor, _ in saved]


def modified_error(producer: Edge | None, shape: Any, type_: Any, found: int, expected: int) -> RuntimeError:
    """PyTorch's error for a saved tensor, made by ``producer``, that was changed in place."""
    origin = ""
    if producer is not None and not isinstance(producer, Leaf):
        node, index = edge_target(producer)
        origin = f", which is output {index} of {node.name().removesuffix('Backward0')},"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{legacy_type_name(type_.dtype, type_.device)} {list(shape)}]{origin} is at version {found}; expected "
        f"version {expected} instead. Hint: enable anomaly detection to find the operation that failed to compute "
        "its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def freed_error() -> RuntimeError:
    """PyTorch's error for a second pass through a graph whose saved values have been freed."""
    return RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
        "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
        "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
        "saved tensors after calling backward."
    )


def offer(name: str) -> None:
    """Let nodes show what they have saved under ``name``, as the attribute ``_saved_`` and that name.

    A property for every name that some op saves, and no ``__getattr__``: that would slow down every other attribute.
    """
    attribute = f"_saved_{'self' if name == 'input' else name}"
    if not hasattr(Node, attribute):
        setattr(Node, attribute, property(lambda node: saved_value(node, name)))
