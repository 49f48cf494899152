"""Forward mode: tensors that carry a tangent, within a level. The namespace is ``torch.autograd.forward_ad``.

A dual tensor is a tensor with a history that begins at its primal, and the tangent of a result is computed from that
history when it is asked for, by differentiating backward twice: so there is a tangent wherever there is a gradient. What
follows from it, unlike in PyTorch: a dual tensor requires a gradient, and under ``no_grad()`` inside of the level tangents
are not carried on.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from flambeau._tensor.modes import enable_grad

from ._sources import close, depends_on_others, edge_of, nodes_below, pushed_forward, source

if TYPE_CHECKING:
    from flambeau._tensor import Tensor
    from flambeau._tensor.node import GradientEdge

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class UnpackedDualTensor(NamedTuple):
    """The two parts of a dual tensor; the tangent is None for other tensors."""

    primal: Tensor
    tangent: Tensor | None


class _Level:
    """An open level: the sources of its dual tensors with their tangents."""

    def __init__(self) -> None:
        self.duals: dict[Any, tuple[GradientEdge, Tensor, Tensor]] = {}
        self.recording = enable_grad()


_level: ContextVar[_Level | None] = ContextVar("flambeau_dual_level", default=None)


def enter_dual_level() -> int:
    """Open a level; there can be one at a time. Gives its number. Source: ``torch.autograd.forward_ad``.

    Raises:
        RuntimeError: a level is open.
    """
    if _level.get() is not None:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    level = _Level()
    level.recording.__enter__()
    _level.set(level)
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level; tensors made in it have no tangents any more. Source: ``torch.autograd.forward_ad``.

    Raises:
        RuntimeError: no level is open.
    """
    current = _level.get()
    if current is None or level not in (None, 0):
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    _level.set(None)
    close(edge for edge, _, _ in current.duals.values())
    current.recording.__exit__(None, None, None)


class dual_level:
    """A context with a level. Source of the semantics: ``torch.autograd.forward_ad.dual_level``.

    Example:
        >>> import flambeau as torch
        >>> import flambeau.autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     x = fwAD.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0]))
        ...     fwAD.unpack_dual(x * x).tangent
        tensor([2., 0.])
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """Give a tensor of the same memory that carries ``tangent``. Source: ``torch.autograd.forward_ad.make_dual``.

    Raises:
        RuntimeError: no level is open, or the tangent has another shape.
        ValueError: the dtype has no gradients.
    """
    current = _level.get()
    if current is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for name, each in (("primal", tensor), ("tangent", tangent)):
        if not each._type.floats:
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {each.dtype}")
    if tangent.shape != tensor.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
            f"supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )
    dual = source(tensor)
    edge = edge_of(dual)
    current.duals[edge.node] = (edge, tensor.detach(), tangent._to_type(tensor._type))
    return dual


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """Give the tensor without its tangent, and the tangent. Source: ``torch.autograd.forward_ad.unpack_dual``.

    Example:
        >>> import flambeau as torch
        >>> import flambeau.autograd.forward_ad as fwAD
        >>> fwAD.unpack_dual(torch.ones(1)).tangent is None
        True
    """
    current = _level.get()
    if current is None or tensor._node is None:
        return UnpackedDualTensor(tensor, None)
    reached = [current.duals[node] for node in nodes_below([tensor]) if node in current.duals]
    if not reached:
        return UnpackedDualTensor(tensor, None)
    edges = [edge for edge, _, _ in reached]
    outer = depends_on_others([tensor], edges)
    tangents = [tangent for _, _, tangent in reached]
    history = outer or any(tangent._node is not None for tangent in tangents)
    forward = pushed_forward([tensor], edges, [primal for _, primal, _ in reached])
    (tangent,) = forward(tangents, create_graph=history)
    return UnpackedDualTensor(tensor if outer else tensor.detach(), tangent)
