"""Derivatives by fresh sources: tensors that stand for a function's inputs and that gradients are asked for at.

A source has the memory of the tensor that it stands for and a node of its own, so that what is computed from it can be
told from everything else; its gradients flow on to the tensor if that has a history. Products with a Jacobian from the
right, which forward mode gives, are computed by differentiating backward twice: the product with an unknown vector from
the left is linear in that vector, and its derivative by it is the product wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from flambeau._tensor import from_array
from flambeau._tensor.engine import run_backward
from flambeau._tensor.node import GradientEdge, Leaf, Node, Rule, edge_target, next_sequence
from flambeau._tensor.storage import storage_of

if TYPE_CHECKING:
    from flambeau._tensor import Tensor

__all__ = [
    "close",
    "depends_on_others",
    "edge_of",
    "going_forward",
    "nodes_below",
    "pulled_back",
    "pushed_forward",
    "source",
    "zeros_of",
]


class SourceNode(Node):
    """The node of a source.

    Attributes:
        open: whether the function that the source was made for still runs, so that gradients may be asked for at it.
    """

    open = True


def source(tensor: Tensor) -> Tensor:
    """A tensor of the same memory with a node of its own.

    Raises:
        RuntimeError: its dtype has no gradients.
    """
    if not tensor._type.floats:
        raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
    node = SourceNode()
    node._rule, node._edges, node._fits, node._saved = _rule(), (tensor._node,), None, ()
    node._sequence = next_sequence()
    made = from_array(tensor._array, tensor._type)
    made._storage = storage_of(tensor)
    made._node = node
    return made


def _rule() -> Any:
    global _source_rule
    if _source_rule is None:
        _source_rule = Rule("SourceBackward0", lambda node, grad: (grad,))
    return _source_rule


_source_rule: Any = None


def edge_of(tensor: Tensor) -> GradientEdge:
    """Where the gradient of a fresh source goes; it stays the same when the tensor is changed in place."""
    assert isinstance(tensor._node, Node)
    return GradientEdge(tensor._node, 0)


def nodes_below(outputs: Iterable[Tensor], stop: Iterable[Any] = ()) -> set[Any]:
    """The nodes that ``outputs`` depend on, not beyond those of ``stop``."""
    ends = set(stop)
    seen = {edge_target(output._node)[0] for output in outputs if output._node is not None}
    stack = [node for node in seen if node not in ends]
    while stack:
        for edge in stack.pop()._edges:
            if edge is None:
                continue
            target, _ = edge_target(edge)
            if target not in seen:
                seen.add(target)
                if target not in ends:
                    stack.append(target)
    return seen


def depends_on_others(outputs: Sequence[Tensor], sources: Sequence[GradientEdge]) -> bool:
    """Whether something but ``sources`` alone could ask for the gradients of ``outputs``."""
    own = {edge.node for edge in sources}
    if any(node._edges[0] is not None for node in own):
        return True
    return any(
        node.__class__ is Leaf or (node.__class__ is SourceNode and node._edges[0] is None and node.open)
        for node in nodes_below(outputs, own)
        if node not in own
    )


def close(sources: Iterable[GradientEdge]) -> None:
    """Say that the function that ``sources`` were made for has returned."""
    for edge in sources:
        assert isinstance(edge.node, SourceNode)
        edge.node.open = False


def zeros_of(tensor: Tensor) -> Tensor:
    """Zeros without history, of the shape and type of ``tensor``."""
    type_ = tensor._type
    return from_array(type_.kernels.full(tensor._array.shape, 0, type_.dtype.name), type_)


def pulled_back(
    outputs: Sequence[Tensor],
    grads: Sequence[Tensor],
    sources: Sequence[GradientEdge],
    like: Sequence[Tensor],
    *,
    create_graph: bool,
) -> list[Tensor]:
    """Products of ``grads`` with the Jacobian, zeros for a source that no output depends on; the graph is kept."""
    roots = [(output._node, grad) for output, grad in zip(outputs, grads, strict=True) if output._node is not None]
    if not roots:
        return [zeros_of(tensor) for tensor in like]
    found = run_backward(
        roots,
        retain_graph=True,
        create_graph=create_graph,
        inputs=[edge._node for edge in sources],
        accumulate=False,
    )
    return [zeros_of(tensor) if grad is None else grad for grad, tensor in zip(found, like, strict=True)]


going_forward: ContextVar[bool] = ContextVar("flambeau_going_forward", default=False)
"""Whether what goes backward is half of forward mode: a Function that has its own ``jvp`` is asked for that."""


class pushed_forward:
    """The map from vectors at ``sources`` to their products with the Jacobian at ``outputs``."""

    def __init__(self, outputs: Sequence[Tensor], sources: Sequence[GradientEdge], like: Sequence[Tensor]) -> None:
        self.outputs = outputs
        # The derivative is the same everywhere; ones, because a formula may take the logarithm of a gradient.
        self.unknowns = [source(zeros_of(output) + 1) if output._type.floats else None for output in outputs]
        known = [
            (output, unknown) for output, unknown in zip(outputs, self.unknowns, strict=True) if unknown is not None
        ]
        self.edges = [edge_of(unknown) for _, unknown in known]
        close(self.edges)
        token = going_forward.set(True)
        try:
            self.pulled = pulled_back([o for o, _ in known], [u for _, u in known], sources, like, create_graph=True)
        finally:
            going_forward.reset(token)

    def __call__(self, tangents: Sequence[Tensor], *, create_graph: bool) -> list[Tensor]:
        """The products with ``tangents``, one per source."""
        like = [unknown for unknown in self.unknowns if unknown is not None]
        found = iter(pulled_back(self.pulled, tangents, self.edges, like, create_graph=create_graph))
        return [
            zeros_of(output) if unknown is None else next(found)
            for output, unknown in zip(self.outputs, self.unknowns, strict=True)
        ]
