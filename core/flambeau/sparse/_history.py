"""The names that operations on sparse tensors have in a graph.

What they compute is a composition over coordinates and values, and the graph has the nodes of that composition. The last of
them carries the name of the operation itself, as PyTorch writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau._tensor.node import Node, next_sequence
from flambeau._tensor.sparse import SparseTensor, sparse_method

__all__ = ["passed_on", "recorded_as"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def recorded_as(name: str | Callable[..., str]) -> Callable[[_Function], _Function]:
    """Let the node that a function makes last be called ``name``, ``"ToDenseBackward0"``, or what it says of the arguments.

    Values that it passes on as they are get a node of their own: that of their maker belongs to the maker.
    """

    def declare(function: _Function) -> _Function:
        @wraps(function)
        def recording(*args: Any, **kwargs: Any) -> Any:
            before = next_sequence()
            result = function(*args, **kwargs)
            if getattr(result, "requires_grad", False) and not any(result is given for given in args):
                _name(result, name if isinstance(name, str) else name(*args, **kwargs), before)
            return result

        return recording  # type: ignore[return-value]

    return declare


def passed_on(values: Tensor, name: str) -> Tensor:
    """The same values, as what an operation of that name has made of them."""
    made: Tensor = values.view_as(values)
    if isinstance(made._node, Node):
        made._node._title = name
    return made


def _name(result: Any, name: str, before: int) -> None:
    sparse = isinstance(result, SparseTensor)
    values = result._values_ if sparse else result
    if isinstance(values._node, Node) and values._node._sequence > before:
        values._node._title = name
    elif sparse and not result._owns_values:
        result._values_ = passed_on(values, name)


@sparse_method("values")
def _values(self: SparseTensor) -> Tensor:
    """The stored elements, (nnz, …)."""
    self._expect_coalesced("values")
    return passed_on(self._values_, "ValuesBackward0") if self.requires_grad else self._values_
