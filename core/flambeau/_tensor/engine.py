"""The backward pass: one loop over the graph, without recursion.

Nodes run in the reverse order of their creation, each once, when all its consumers have run: a dictionary counts the
consumers still to come, and a heap holds the nodes that are ready. All state of a pass is local to it, so passes may
nest (a hook may call ``backward``) and run in several threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Sequence
from contextvars import ContextVar
from heapq import heapify, heappop, heappush, heappushpop
from sys import getrefcount
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from . import anomaly
from .copies import in_memory_order, memory_order
from .hooks import check_hooked, check_returns_nothing, exchanged, in_order
from .modes import recording, reset_mode, set_mode
from .node import Edge, Leaf, Node, Output, edge_target
from .overrides import reset_enabled, set_enabled, taking_part

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["current_pass", "queue_callback", "run_backward", "running_pass"]

_Target: TypeAlias = Node | Leaf
_Gradient: TypeAlias = "Tensor | list[Tensor | None] | None"

_passes: ContextVar[Pass] = ContextVar("flambeau_backward_pass")


class Pass(NamedTuple):
    """A backward pass while it runs.

    Attributes:
        nodes: the nodes that can be reached.
        wanted: the inputs that it looks for, if not for all leaves.
        callbacks: what is called when it is over.
    """

    nodes: Container[_Target]
    wanted: _Wanted | None
    callbacks: list[Callable[[], Any]]

    def reaches(self, node: _Target) -> bool:
        """Whether a gradient of ``node`` is computed."""
        if self.wanted is not None and node not in self.wanted.leading and node not in self.wanted.targets:
            return False
        return node in self.nodes


def running_pass() -> Pass | None:
    """The innermost pass that runs in this thread, if there is one."""
    return _passes.get(None)


def current_pass() -> Pass:
    """The innermost pass that runs in this thread.

    Raises:
        RuntimeError: there is none.
    """
    running = running_pass()
    if running is None:
        raise RuntimeError("no backward pass is running in this thread")
    return running


def queue_callback(callback: Callable[[], Any]) -> None:
    """Call ``callback`` when the pass that runs now is over.

    Raises:
        RuntimeError: there is none.
    """
    current_pass().callbacks.append(callback)


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
    gradients: dict[_Target, _Gradient] = {}
    for edge, grad in roots:
        _add(gradients, edge, grad)
    wanted = None if inputs is None else _Wanted([edge_target(edge) for edge in inputs], gradients, accumulate)
    pending = _count_consumers(gradients)
    own = Pass(pending, wanted, [])
    token, previous = set_mode(recording() if create_graph else False), _passes.set(own)
    overridden = (
        set_enabled(False) if taking_part else None
    )  # saved tensors may be of a class that overrides operations
    try:
        _run(gradients, pending, retain_graph, create_graph, wanted)
    finally:
        if overridden is not None:
            reset_enabled(overridden)
        _passes.reset(previous)
        reset_mode(token)
    for callback in own.callbacks:
        callback()
    return [] if wanted is None else [wanted.found.get(target) for target in wanted.inputs]


def _run(
    gradients: dict[_Target, _Gradient],
    pending: dict[_Target, int],
    retain_graph: bool,
    create_graph: bool,
    wanted: _Wanted | None,
) -> None:
    """Run every node that is reached from the keys of ``gradients``, what has arrived at each.

    ``pending`` counts the consumers of each. One of the library's two hot paths: one turn of the loop is one node.
    """
    ready: list[tuple[int, Any]] = [(-node._sequence, node) for node, count in pending.items() if not count]
    heapify(ready)
    sums: set[Any] = set()  # where a sum has been made, which nobody else holds and which later gradients are added to
    old: Any
    watched = anomaly.is_anomaly_enabled()
    following: Any = None  # a node that has become ready; it need not go through the heap if it is the next
    while ready or following is not None:
        if following is None:
            node = heappop(ready)[1]
        elif ready and ready[0][0] < -following._sequence:
            node = heappushpop(ready, (-following._sequence, following))[1]
        else:
            node = following
        following = None
        grad = gradients.pop(node, None)
        if node.__class__ is Leaf:
            if grad is not None and (wanted is None or wanted.arrived(node, grad)):
                _accumulate(node, grad, create_graph)  # type: ignore[arg-type]
            continue
        if grad is None and node._rule.takes_strided:
            grads: Any = (None,) * len(node._edges)
        elif grad is None or wanted is not None or node._hooked or watched:
            grads = _run_carefully(node, grad, wanted, retain_graph, watched=watched)
        else:
            try:
                grads = node._rule.apply(node, grad)
            except Exception as error:
                grads = _apply_to_strided(node, grad, error)
            if not retain_graph and node._saved and node._rule.frees:
                node._saved = None
        grad = None  # nothing but the dictionary may hold a gradient: see `_accumulate`
        for edge, value in zip(node._edges, grads):  # noqa: B905 (`strict` costs as much as the rest of the turn)
            if edge is None:
                continue
            if edge.__class__ is Output:
                target = edge.node
                if value is not None:
                    _add_output(gradients, edge, value)
            else:
                target = edge
                if value is not None:
                    old = gradients.get(edge)
                    if old is None:
                        gradients[edge] = value
                    elif edge in sums and not value._sparse and old._type is value._type:
                        array = old._array
                        old._type.ufuncs.add(array, value._array, out=array)
                    else:
                        gradients[edge] = old = old + value
                        if (
                            not create_graph
                            and not old._sparse
                            and old._array.shape
                            and old._type.backend.capabilities.out
                        ):
                            sums.add(edge)
                    old = None
            left = pending[target] = pending[target] - 1
            if not left:
                if following is not None:
                    heappush(ready, (-following._sequence, following))
                following = target
        grads = value = None


def _run_carefully(
    node: Node, grad: _Gradient, wanted: _Wanted | None, retain_graph: bool, *, watched: bool
) -> Sequence[Tensor | None]:
    """Run a node that has hooks, that is watched, or that runs only if it leads to what was asked for.

    A program's own function runs also where no gradient arrives: it gets zeros, or is told so.
    """
    if grad is None and not node._rule.single_output:
        grad = [None] * len(node._outputs)
    if wanted is not None and node not in wanted.leading and node not in wanted.targets:
        return (None,) * len(node._edges)
    if node._hooked:
        grad = _run_prehooks(node, grad)
        if not _has_any(grad) and node._rule.takes_strided:  # hooks took them away; a program's own function gets zeros
            return (None,) * len(node._edges)
    if wanted is not None:
        wanted.arrived(node, grad)
        if node not in wanted.leading:
            return (None,) * len(node._edges)
    grads = anomaly.apply_watched(_apply, node, grad) if watched else _apply(node, grad)
    if not retain_graph and node._saved and node._rule.frees:
        node._saved = None
    return _run_hooks(node, grads, grad) if node._hooks else grads


def _has_any(grad: _Gradient) -> bool:
    return any(each is not None for each in grad) if isinstance(grad, list) else grad is not None


def _apply(node: Node, grad: Any) -> Sequence[Tensor | None]:
    try:
        return node._rule.apply(node, grad)
    except Exception as error:
        return _apply_to_strided(node, grad, error)


def _apply_to_strided(node: Node, grad: _Gradient, error: Exception) -> Sequence[Tensor | None]:
    """Go backward through a node whose rule failed: by strided gradients, if sparse ones had come, which few rules know.

    Raises:
        Exception: ``error``, if none had come, or if the rule is that of a program's own function.
    """
    grads = grad if isinstance(grad, list) else [grad]
    if not node._rule.takes_strided or not any(each is not None and each._sparse for each in grads):
        raise error
    strided = [each.to_dense() if each is not None and each._sparse else each for each in grads]
    return node._rule.apply(node, strided if isinstance(grad, list) else strided[0])


def _add(gradients: dict[_Target, _Gradient], edge: Edge, grad: Tensor) -> None:
    """Add ``grad`` to what has arrived at ``edge``."""
    if isinstance(edge, Output):
        _add_output(gradients, edge, grad)
    else:
        old = gradients.get(edge)
        gradients[edge] = grad if old is None else old + grad


def _add_output(gradients: dict[_Target, _Gradient], edge: Output, grad: Tensor) -> None:
    """Add ``grad`` to what has arrived at one of several outputs."""
    slots = gradients.get(edge.node)
    if slots is None:
        slots = gradients[edge.node] = [None] * len(edge.node._outputs)
    assert isinstance(slots, list)
    old = slots[edge.index]
    slots[edge.index] = grad if old is None else old + grad


class _Wanted:
    """The inputs that a pass shall find the gradients of.

    Attributes:
        inputs: the node and output index of each.
        targets: their nodes.
        leading: the nodes that lead to one of them.
        found: the gradients that have arrived.
    """

    def __init__(self, inputs: Sequence[tuple[_Target, int]], roots: Any, accumulate: bool) -> None:
        self.inputs = inputs
        self.targets = {target for target, _ in inputs}
        self.leading = _leading_to(inputs, roots)
        self.found: dict[tuple[_Target, int], Tensor | None] = {}
        self.accumulate = accumulate

    def arrived(self, node: _Target, grad: _Gradient) -> bool:
        """Keep the gradient if it was asked for; whether it shall be added to the leaf's ``.grad``."""
        if node not in self.targets:
            return False
        for target, index in self.inputs:
            if target is node:
                value = grad[index] if isinstance(grad, list) else grad
                if value is not None and isinstance(node, Leaf) and not self.accumulate:
                    value = _run_tensor_hooks(_leaf_hooks(node), value)
                self.found[target, index] = value
        return self.accumulate


def _count_consumers(roots: Any) -> dict[_Target, int]:
    """For every node that is reached from ``roots``, how many edges lead to it."""
    counts: dict[_Target, int] = dict.fromkeys(roots, 0)
    stack: list[Any] = list(counts)
    while stack:
        for edge in stack.pop()._edges:
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
        for edge in node._edges:
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
    if tensor._backward_hooks:
        grad = _run_tensor_hooks(tensor._backward_hooks, grad)
    if leaf._prehooks:
        for hook in list(leaf._prehooks.values()):
            changed = exchanged(hook, (grad,), hook((grad,)))[0]
            if changed is None:
                return
            grad = changed
    with _accumulation_lock:
        old = tensor._grad
        if grad._sparse or (old is not None and old._sparse):
            tensor._grad = _accumulated_sparse(old, grad, create_graph)
        elif old is None:
            # References: this frame's variable and argument slots of the two callers' frames.
            owned = grad._storage is None and getrefcount(grad) <= 3
            strides = tensor._type.backend.strides
            if create_graph:
                tensor._grad = grad.clone()
            elif strides(tensor._array) != strides(grad._array):
                tensor._grad = _in_order_of(tensor, grad)
            else:
                tensor._grad = grad if owned and grad._node is None else grad._copied()
        elif create_graph:
            tensor._grad = old + grad
        else:
            old += grad
    if tensor._post_accumulate_hooks:
        for hook in list(tensor._post_accumulate_hooks.values()):
            check_returns_nothing(hook, tensor, hook(tensor))
    if leaf._hooks:
        for hook in list(leaf._hooks.values()):
            exchanged(hook, (), hook((), (grad,)))


def _in_order_of(tensor: Tensor, grad: Tensor) -> Tensor:
    """A copy of a gradient whose dimensions lie in memory as those of its tensor.

    Source of the semantics: PyTorch's gradient layout contract.
    """
    return in_memory_order(grad, memory_order(tensor))


def _accumulated_sparse(old: Tensor | None, grad: Tensor, create_graph: bool) -> Tensor:
    """The sum of gradients one of which is sparse: strided if one is."""
    if old is None:
        return grad if create_graph else grad.detach().clone()  # whose values others may have
    if create_graph or old._sparse:
        return grad + old if old._sparse and not grad._sparse else old + grad
    old += grad
    return old


def _leaf_hooks(leaf: Leaf) -> dict[int, Any] | None:
    tensor = leaf.variable
    return None if tensor is None else tensor._backward_hooks


def _run_tensor_hooks(hooks: dict[int, Any] | None, grad: Any) -> Any:
    for hook in in_order(hooks):
        replacement = hook(grad)
        if replacement is not None:
            check_hooked(hook, grad, replacement)
            grad = replacement
    return grad


def _run_prehooks(node: Node, grad: Any) -> Any:
    """Run the hooks of the node's output tensors and the node's own prehooks."""
    for index, hooks in (node._tensor_hooks or {}).items():
        if isinstance(grad, list):
            grad[index] = _run_tensor_hooks(hooks, grad[index])  # with None too, where nothing has arrived
        else:
            grad = _run_tensor_hooks(hooks, grad)
    for hook in list((node._prehooks or {}).values()):
        before = tuple(grad) if isinstance(grad, list) else (grad,)
        after = exchanged(hook, before, hook(before))
        grad = list(after) if isinstance(grad, list) else after[0]
    return grad


def _run_hooks(node: Node, grads: Sequence[Tensor | None], grad: _Gradient) -> Sequence[Tensor | None]:
    outputs = tuple(grad) if isinstance(grad, list) else (grad,)
    for hook in list((node._hooks or {}).values()):
        grads = exchanged(hook, tuple(grads), hook(tuple(grads), outputs))
    return grads
