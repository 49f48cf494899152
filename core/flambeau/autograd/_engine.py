"""The backward pass: one loop over the graph, without recursion.

Nodes run in the reverse order of their creation, each once, when all its consumers have run: a dictionary counts the
consumers still to come, and a heap holds the nodes that are ready. All state of a pass is local to it, so passes may
nest (a hook may call ``backward``) and run in several threads.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import TYPE_CHECKING, Any, TypeAlias

from ._modes import enable_grad, no_grad
from ._node import Edge, Leaf, Node, Output, edge_target

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["run_backward"]

_Target: TypeAlias = Node | Leaf
_Gradient: TypeAlias = "Tensor | list[Tensor | None] | None"

# Two passes may add to the `.grad` of one leaf at the same time.
_accumulation_lock = threading.Lock()


def run_backward(
    roots: Sequence[tuple[Edge, Tensor]],
    *,
    retain_graph: bool,
    create_graph: bool,
    inputs: Sequence[Edge] | None = None,
    accumulate: bool = True,
) -> list[Tensor | None]:
    """Send gradients backward from ``roots``.

    Without ``inputs``, the gradients of all leaves are added to their ``.grad``. With ``inputs``, only the part of
    the graph that leads to them runs; their gradients are returned in order (None where nothing arrives), and for
    leaves also added to ``.grad`` where ``accumulate``.
    """
    with enable_grad() if create_graph else no_grad():
        return _Pass(roots, retain_graph, create_graph, inputs, accumulate).run()


class _Pass:
    """The state of one backward pass."""

    def __init__(
        self,
        roots: Sequence[tuple[Edge, Tensor]],
        retain_graph: bool,
        create_graph: bool,
        inputs: Sequence[Edge] | None,
        accumulate: bool,
    ) -> None:
        self.retain_graph = retain_graph
        self.create_graph = create_graph
        self.accumulate = accumulate
        self.inputs = None if inputs is None else [edge_target(edge) for edge in inputs]
        self.captured: dict[tuple[_Target, int], Tensor | None] = {}
        self.gradients: dict[_Target, _Gradient] = {}
        self.ready: list[tuple[int, _Target]] = []
        for edge, grad in roots:
            self.add(edge, grad)
        self.pending = _count_consumers(self.gradients)
        self.needed = None if self.inputs is None else _leading_to(self.inputs, self.gradients)
        self.wanted = {target for target, _ in self.inputs} if self.inputs is not None else set()
        for node in self.gradients:
            if not self.pending[node]:
                heappush(self.ready, (-node.sequence, node))

    def run(self) -> list[Tensor | None]:
        """Run every node that is reached."""
        ready, pending = self.ready, self.pending
        while ready:
            node = heappop(ready)[1]
            grad = self.gradients.pop(node, None)
            if grad is not None and node.__class__ is not Leaf and node.__dict__:
                grad = _run_prehooks(node, grad)  # type: ignore[arg-type]
            if grad is not None and node in self.wanted:
                self.capture(node, grad)
            if node.__class__ is Leaf:
                if grad is not None and (self.needed is None or (node in self.wanted and self.accumulate)):
                    _accumulate(node, grad, self.create_graph)  # type: ignore[arg-type]
                continue
            grads = self.apply(node, grad)  # type: ignore[arg-type]
            del grad
            for edge, value in zip(node.edges, grads, strict=True):
                if edge is None:
                    continue
                if value is not None:
                    self.add(edge, value)
                target: Any = edge.node if edge.__class__ is Output else edge  # type: ignore[union-attr]
                pending[target] -= 1
                if not pending[target]:
                    heappush(ready, (-target.sequence, target))
            grads = value = None  # type: ignore[assignment]  # nothing but the dictionary may hold a gradient: see `_accumulate`
        return [] if self.inputs is None else [self.captured.get(target) for target in self.inputs]

    def apply(self, node: Node, grad: _Gradient) -> Sequence[Tensor | None]:
        """The gradients of a node's inputs; None for all where nothing arrived or none is needed."""
        if grad is None or (self.needed is not None and node not in self.needed):
            return (None,) * len(node.edges)
        grads = node.rule.apply(node, grad)
        if node.hooks:
            grads = _run_hooks(node, grads, grad)
        if not self.retain_graph and node.saved:
            node.saved = None
        return grads

    def add(self, edge: Edge, grad: Tensor) -> None:
        """Add ``grad`` to what has arrived at ``edge``."""
        if isinstance(edge, Output):
            self.add_output(edge, grad)
            return
        gradients = self.gradients
        if edge in gradients:
            gradients[edge] = gradients[edge] + grad  # type: ignore[operator]
        else:
            gradients[edge] = grad

    def add_output(self, edge: Output, grad: Tensor) -> None:
        """Add ``grad`` to what has arrived at one of several outputs."""
        slots = self.gradients.get(edge.node)
        if slots is None:
            slots = self.gradients[edge.node] = [None] * len(edge.node.outputs)
        assert isinstance(slots, list)
        old = slots[edge.index]
        slots[edge.index] = grad if old is None else old + grad

    def capture(self, node: _Target, grad: _Gradient) -> None:
        """Keep the gradients of a node whose outputs are among the inputs asked for."""
        for target, index in self.inputs or ():
            if target is node:
                value = grad[index] if isinstance(grad, list) else grad
                if value is not None and isinstance(node, Leaf) and not self.accumulate:
                    value = _run_tensor_hooks(_leaf_hooks(node), value)
                self.captured[target, index] = value


def _count_consumers(roots: Any) -> dict[_Target, int]:
    """For every node that is reached from ``roots``, how many edges lead to it."""
    counts: dict[_Target, int] = dict.fromkeys(roots, 0)
    stack: list[Any] = list(counts)
    while stack:
        for edge in stack.pop().edges:
            if edge is None:
                continue
            if edge.__class__ is Output:
                edge = edge.node
            if edge in counts:
                counts[edge] += 1
            else:
                counts[edge] = 1
                stack.append(edge)
    return counts


def _leading_to(inputs: Sequence[tuple[_Target, int]], roots: Any) -> set[_Target]:
    """The nodes from which one of ``inputs`` is reached by at least one edge."""
    consumers: dict[_Target, list[_Target]] = {}
    seen: set[_Target] = set(roots)
    stack = list(seen)
    while stack:
        node = stack.pop()
        for edge in node.edges:
            if edge is None:
                continue
            target, _ = edge_target(edge)
            consumers.setdefault(target, []).append(node)
            if target not in seen:
                seen.add(target)
                stack.append(target)
    needed: set[_Target] = set()
    stack = [target for target, _ in inputs]
    while stack:
        for consumer in consumers.get(stack.pop(), ()):
            if consumer not in needed:
                needed.add(consumer)
                stack.append(consumer)
    return needed


def _accumulate(leaf: Leaf, grad: Tensor, create_graph: bool) -> None:
    """Add ``grad`` to the ``.grad`` of the leaf's tensor.

    A gradient that nobody else holds becomes ``.grad`` itself; any other is copied, because two leaves may get the
    same tensor (as in ``x + y``) and the user may change one of them in place.
    """
    tensor = leaf.variable
    if tensor is None:
        return
    hooks = _leaf_hooks(leaf)
    if hooks:
        grad = _run_tensor_hooks(hooks, grad)
    with _accumulation_lock:
        old = tensor._grad
        if old is None:
            # References: this frame's variable and argument slots of the two callers' frames.
            owned = grad._storage is None and getrefcount(grad) <= 3
            if create_graph:
                tensor._grad = grad.clone()
            else:
                tensor._grad = grad if owned and grad._node is None else grad.detach().clone()
        elif create_graph:
            tensor._grad = old + grad
        else:
            old += grad
    for hook in list((tensor._post_accumulate_hooks or {}).values()):
        hook(tensor)


def _leaf_hooks(leaf: Leaf) -> dict[int, Any] | None:
    tensor = leaf.variable
    return None if tensor is None else tensor._backward_hooks


def _run_tensor_hooks(hooks: dict[int, Any] | None, grad: Tensor) -> Tensor:
    for hook in list((hooks or {}).values()):
        replacement = hook(grad)
        if replacement is not None:
            grad = replacement
    return grad


def _run_prehooks(node: Node, grad: Any) -> Any:
    """Run the hooks of the node's output tensors and the node's own prehooks."""
    for index, hooks in (node.tensor_hooks or {}).items():
        if isinstance(grad, list):
            if grad[index] is not None:
                grad[index] = _run_tensor_hooks(hooks, grad[index])
        else:
            grad = _run_tensor_hooks(hooks, grad)
    for hook in list((node.prehooks or {}).values()):
        replacement = hook(tuple(grad) if isinstance(grad, list) else (grad,))
        if replacement is not None:
            grad = list(replacement) if isinstance(grad, list) else replacement[0]
    return grad


def _run_hooks(node: Node, grads: Sequence[Tensor | None], grad: _Gradient) -> Sequence[Tensor | None]:
    outputs = tuple(grad) if isinstance(grad, list) else (grad,)
    for hook in list((node.hooks or {}).values()):
        replacement = hook(tuple(grads), outputs)
        if replacement is not None:
            grads = replacement if isinstance(replacement, (tuple, list)) else (replacement,)
    return grads
