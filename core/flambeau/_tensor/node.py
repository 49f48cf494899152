"""The graph: nodes that ops record, and the leaves where gradients arrive.

A tensor's ``_node`` is None (it needs no gradient), a :class:`Leaf`, a :class:`Node` (the tensor is the only output
of an op), or an :class:`Output` (it is one of several). That object is also the *edge* by which the node of the next
op points back::

    x (leaf)          w (leaf)            y = x * w; z = y.sum()
    Leaf  <----+  +-->  Leaf
               |  |
            Node MulBackward0    saved: x, w with their versions
                  ^
                  |
            Node SumBackward0  <--- z._node

A node refers back only, never to its own output, so a graph holds no reference cycle and is freed with its last
tensor.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias

from .handles import add_hook

if TYPE_CHECKING:
    from .saved import Packed
    from .tensor import Tensor

__all__ = ["Edge", "GradientEdge", "Leaf", "Node", "Output", "Rule", "Stale", "edge_target", "next_sequence"]

next_sequence = count(1).__next__
"""Numbers nodes in the order of their creation: a node's inputs have smaller numbers than itself."""


_LEAVES_FIRST = 1 << 62


class Rule:
    """How to go backward through the nodes of one op.

    Attributes:
        name: what the node is called, ``"MulBackward0"``.
        single_output: whether ``apply`` takes one gradient or a list with one per output.
        apply: from a node and the gradient of its output to those of its inputs, in the order of its edges.
        save: the names of what is saved.
        kinds: for each of these, what it is: the kind of a parameter, or ``"output"``.
        users: for each of these, the inputs whose formulas want it.
        outputs: the names of the fields of a named tuple that the op returns.
        frees: whether what is saved has tensors, which a pass frees; numbers and shapes stay, and allow another pass.
        takes_strided: whether a sparse gradient may be made strided for it: not for the rule of a program, which gets what came.
    """

    __slots__ = ("apply", "frees", "kinds", "name", "outputs", "save", "single_output", "takes_strided", "users")

    def __init__(
        self,
        name: str,
        apply: Callable[[Node, Any], Sequence[Tensor | None]],
        *,
        single_output: bool = True,
        users: Mapping[str, list[str]] | None = None,
        kinds: tuple[str, ...] = (),
        outputs: tuple[str, ...] = (),
        takes_strided: bool = True,
    ) -> None:
        self.name = name
        self.apply = apply
        self.single_output = single_output
        self.users = users or {}
        self.save = tuple(self.users)
        self.kinds = kinds
        self.outputs = outputs
        self.takes_strided = takes_strided
        self.frees = not kinds or any(kind != "value" for kind in kinds)

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"


class Node:
    """One recorded operation.

    What the library keeps on a node begins with an underscore: the node of a :class:`~flambeau.autograd.Function` is also
    the ``ctx`` that a program puts attributes on.

    Attributes:
        _rule: how to go backward through it; shared by all nodes of an op.
        _edges: one edge per differentiable input, None where the input needs no gradient.
        _saved: what the rule needs, flat; None once it has been freed.
        _fits: per edge, the (shape, type) that a gradient must be brought to, or None; None if none needs it.
        _sequence: its place in the order of creation.
    """

    __slots__ = ("__dict__", "__weakref__", "_edges", "_fits", "_rule", "_saved", "_sequence")

    _rule: Rule
    _edges: tuple[Edge | None, ...]
    _saved: tuple[Any, ...] | Packed | None
    _fits: tuple[Any, ...] | None
    _sequence: int

    _outputs: tuple[Any, ...] = ()
    """For a node of several outputs, the (shape, type) of each."""

    _title: str | None = None
    """The name of an operation that is a composition, on the last node of it."""

    # Hooks are rare: they live in the instance dictionary, which does not exist until something is put there.
    _hooked = False
    """Whether there is a hook of any kind."""
    _hooks: dict[int, Any] | None = None
    """Called with (gradients of the inputs, gradients of the outputs) after the node has run."""
    _prehooks: dict[int, Any] | None = None
    """Called with the gradients of the outputs before the node runs."""
    _tensor_hooks: dict[int, dict[int, Any]] | None = None
    """Per output, the hooks of ``Tensor.register_hook`` and ``Tensor.retain_grad``."""

    def name(self) -> str:
        """The name of the operation, ``"MulBackward0"``."""
        return self._title or self._rule.name

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for whatever a program wants to note of the node."""
        found: dict[Any, Any] = self.__dict__.setdefault("_metadata", {})
        return found

    def _sequence_nr(self) -> int:
        """Its place in the order of creation."""
        return self._sequence

    @property
    def next_functions(self) -> tuple[tuple[Node | Leaf | None, int], ...]:
        """For every input, the node it came from and which of that node's outputs it was."""
        return tuple(edge_target(edge) if edge is not None else (None, 0) for edge in self._edges)

    def register_hook(self, hook: Any) -> Any:
        """Call ``hook(grad_inputs, grad_outputs)`` after the node runs; it may return new ``grad_inputs``."""
        self._hooked = True
        self._hooks = {} if self._hooks is None else self._hooks
        return add_hook(self._hooks, hook)

    def register_prehook(self, hook: Any) -> Any:
        """Call ``hook(grad_outputs)`` before the node runs; it may return new ``grad_outputs``."""
        self._hooked = True
        self._prehooks = {} if self._prehooks is None else self._prehooks
        return add_hook(self._prehooks, hook)

    def __call__(self, *grads: Tensor | None) -> Tensor | tuple[Tensor | None, ...] | None:
        """Run the node alone: the gradients of its inputs for those of its outputs."""
        results = self._rule.apply(self, grads[0] if self._rule.single_output else list(grads))
        return results[0] if len(results) == 1 else tuple(results)

    def __dir__(self) -> list[str]:
        own = {f"_saved_{'self' if name == 'input' else name}" for name in self._rule.save}
        return [name for name in super().__dir__() if not name.startswith("_saved_") or name in own]

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class Stale(Node):
    """The history of a tensor that has none any more, because of a write that no graph could know of.

    Going back through it is an error, and so is to ask for it.
    """

    __slots__ = ("message",)

    def __init__(self, message: str, *edges: Edge | None) -> None:
        self._rule, self._edges, self._fits, self._saved = _STALE, edges, None, None
        self._sequence = next_sequence()
        self.message = message


def _refuse(node: Any, grad: Any) -> NoReturn:
    raise RuntimeError(node.message)


_STALE = Rule("ErrorBackward", _refuse)


class Output:
    """One of several outputs of a node."""

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index


class Leaf:
    """The end of a graph: where the gradient of a tensor made by the user arrives, to be added to ``.grad``."""

    __slots__ = ("__dict__", "__weakref__", "_sequence", "_tensor")

    _edges: tuple[Edge | None, ...] = ()

    _hooks: dict[int, Any] | None = None
    """Called with ((), (gradient,)) after the gradient has been added."""
    _prehooks: dict[int, Any] | None = None
    """Called with (gradient,) before that."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = weakref.ref(tensor)
        # Leaves run as soon as their gradient is complete, before any other node.
        self._sequence = _LEAVES_FIRST + next_sequence()

    @property
    def variable(self) -> Tensor | None:
        """The tensor, while it lives."""
        return self._tensor()

    next_functions: tuple[()] = ()

    def register_hook(self, hook: Any) -> Any:
        """Call ``hook((), (gradient,))`` after a gradient has been added to ``.grad``."""
        self._hooks = {} if self._hooks is None else self._hooks
        return add_hook(self._hooks, hook)

    def register_prehook(self, hook: Any) -> Any:
        """Call ``hook((gradient,))`` before a gradient is added to ``.grad``; it may return another one."""
        self._prehooks = {} if self._prehooks is None else self._prehooks
        return add_hook(self._prehooks, hook)

    def name(self) -> str:
        """The name that PyTorch gives these nodes."""
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"


Edge: TypeAlias = Node | Output | Leaf


def edge_target(edge: Edge) -> tuple[Node | Leaf, int]:
    """The node that an edge leads to and which of its outputs."""
    if isinstance(edge, Output):
        return edge.node, edge.index
    return edge, 0


class GradientEdge(NamedTuple):
    """Where a gradient goes: a node and which of its outputs. It may stand in the place of a tensor in ``autograd.grad``."""

    node: Node | Leaf
    output_nr: int

    @property
    def _node(self) -> Edge:
        several = isinstance(self.node, Node) and not self.node._rule.single_output
        return Output(self.node, self.output_nr) if several else self.node  # type: ignore[arg-type]
