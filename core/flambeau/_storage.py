"""What a tensor shares with its views: the version counter, and who the views are.

A tensor gets a :class:`Storage` when it is first needed: when a view is taken, when it is changed in place, or when
its value is saved for the backward pass. Until then its version is 0 and it has no views.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = [
    "Became",
    "Piece",
    "Steps",
    "Storage",
    "View",
    "link_view",
    "propagate_write",
    "replay",
    "storage_of",
    "version_of",
]


Steps: TypeAlias = tuple[tuple[Callable[..., "Tensor"], tuple[Any, ...]], ...]


class Storage:
    """The memory that a tensor and its views share.

    Attributes:
        version: how often it was written to in place.
    """

    __slots__ = ("_compact_at", "_views", "version")

    def __init__(self) -> None:
        self.version = 0
        self._views: list[weakref.ref[Tensor]] | None = None
        self._compact_at = 16

    def add_view(self, tensor: Tensor) -> None:
        """Remember ``tensor``, for as long as it lives, as a view."""
        views = self._views
        if views is None:
            self._views = [weakref.ref(tensor)]
            return
        if len(views) >= self._compact_at:
            views[:] = [reference for reference in views if reference() is not None]
            self._compact_at = 2 * len(views) + 16
        views.append(weakref.ref(tensor))

    def views(self) -> Iterator[Tensor]:
        """The views that are alive."""
        for reference in self._views or ():
            tensor = reference()
            if tensor is not None:
                yield tensor


class View:
    """How a view was made: from which base, by which steps.

    Attributes:
        base: the tensor whose memory it is; never itself a view.
        steps: pairs of a view function and its further arguments, to be applied one after the other.
        differentiable: False for ``detach()`` and for views taken while no graph was recorded.
    """

    __slots__ = ("base", "differentiable", "steps")

    origin = ""
    own = False

    def __init__(self, base: Tensor, steps: Steps, differentiable: bool) -> None:
        self.base = base
        self.steps = steps
        self.differentiable = differentiable


class Piece(View):
    """One of several views that one operation made and that a graph knows.

    Attributes:
        origin: its name, "Output 0 of Unbind".
    """

    __slots__ = ("origin",)

    def __init__(self, view: View, origin: str) -> None:
        super().__init__(view.base, view.steps, view.differentiable)
        self.origin = origin


class Became(View):
    """What a tensor became a view of, by ``t_()`` for one: of what it was itself."""

    __slots__ = ()

    own = True

    def __init__(self, view: View) -> None:
        super().__init__(view.base, view.steps, view.differentiable)


def replay(steps: Steps, tensor: Tensor) -> Tensor:
    """The view that ``steps`` make of ``tensor``."""
    for function, arguments in steps:
        tensor = function(tensor, *arguments)
    return tensor


def storage_of(tensor: Tensor) -> Storage:
    """The tensor's storage, made if it has none yet."""
    storage = tensor._storage
    if storage is None:
        storage = tensor._storage = Storage()
    return storage


def version_of(value: Any) -> int:
    """The version of a tensor; -1 for anything else."""
    try:
        storage = value._storage
    except AttributeError:
        return -1
    return 0 if storage is None else storage.version


def link_view(
    result: Tensor, source: Tensor, function: Callable[..., Tensor], arguments: tuple[Any, ...], differentiable: bool
) -> None:
    """Make ``result``, which ``function(source, *arguments)`` made, a view of what ``source`` is a view of."""
    storage = result._storage = storage_of(source)
    parent = source._view
    step = ((function, arguments),)
    if parent is None:
        result._view = View(source, step, differentiable)
    else:
        result._view = View(parent.base, parent.steps + step, parent.differentiable and differentiable)
    storage.add_view(result)


def propagate_write(tensor: Tensor) -> None:
    """Count a write to ``tensor``, and on a backend whose views are copies carry it to the base and the other views."""
    storage = storage_of(tensor)
    storage.version += 1
    if tensor._type.backend.capabilities.views == "copy" and (tensor._view is not None or storage._views):
        _carry(tensor, storage)


def _carry(tensor: Tensor, storage: Storage) -> None:
    """Write ``tensor`` into its base, then read all other views anew.

    Which elements of the base a view shows is found by viewing an array of the base's positions.
    """
    from .autograd._modes import no_grad
    from .ops.ranges import arange

    with no_grad():
        base = tensor if tensor._view is None else tensor._view.base
        kernels = base._type.kernels
        if tensor._view is not None:
            positions = replay(tensor._view.steps, arange(base.numel(), device=base.device).reshape(base.shape))
            flat = kernels.reshape(base._array, (base.numel(),))
            index = kernels.reshape(positions._array, (positions.numel(),))
            kernels.index_put(flat, (index,), kernels.reshape(tensor._array, (tensor.numel(),)), False)
            kernels.copy_into(base._array, kernels.reshape(flat, tuple(base.shape)))
        for view in storage.views():
            if view is not tensor and view._view is not None:
                view._array = replay(view._view.steps, base)._array
