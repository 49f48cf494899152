"""What a tensor shares with its views: the version counter, and who the views are.

A tensor gets a :class:`Storage` when it is first needed: when a view is taken, when it is changed in place, or when
its value is saved for the backward pass. Until then its version is 0 and it has no views.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from . import overrides
from .modes import in_inference_mode
from .node import Leaf, Node, Output, Stale, edge_target
from .overrides import DisableTorchFunctionSubclass

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "IN_FUNCTION",
    "Became",
    "InferenceStorage",
    "Piece",
    "Steps",
    "Storage",
    "View",
    "check_inference",
    "counted_as",
    "forbidden",
    "invalidate",
    "join_memory",
    "link_view",
    "memory_of",
    "mark_inference",
    "node_in",
    "propagate_write",
    "replay",
    "same_memory",
    "storage_of",
    "version_of",
]


_new = object.__new__

Steps: TypeAlias = tuple[tuple[Callable[..., "Tensor"], tuple[Any, ...]], ...]


class Storage:
    """The memory that a tensor and its views share.

    Attributes:
        version: how often it was written to in place.
        kin: tensors that lie in the same memory and count writes for themselves, as ``.data`` does; the list is one object for
            the storages of all of them, None for nearly all storages.
        fragile: whether a view has a history that no write may change: one of several that one operation made, the output of a
            custom Function, or one that was made where nothing is recorded, of what has a history.
    """

    __slots__ = ("_compact_at", "_views", "fragile", "kin", "version")

    def __init__(self) -> None:
        self.version = 0
        self.kin: list[weakref.ref[Tensor]] | None = None
        self.fragile = False
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

    def views(self) -> list[Tensor]:
        """The views that are alive; a list of its own, which views made meanwhile do not change."""
        alive = [reference() for reference in self._views or ()]
        return [tensor for tensor in alive if tensor is not None]

    def count_write(self) -> None:
        """Count a write in place, recorded or not; it cuts off the history of fragile views."""
        self.version += 1
        if self.fragile:
            for view in self.views():
                _cut_off(view)


def join_memory(tensor: Tensor, source: Tensor) -> None:
    """Note that ``tensor``, which counts its writes for itself, lies in the memory of ``source``."""
    own, other = storage_of(tensor), storage_of(source)
    if other.kin is None:
        other.kin = [weakref.ref(source)]
    elif len(other.kin) & 15 == 15:
        other.kin[:] = [reference for reference in other.kin if reference() is not None]
    own.kin = other.kin
    own.kin.append(weakref.ref(tensor))


def same_memory(one: Storage | None, other: Storage | None) -> bool:
    """Whether two storages are known to be of one memory."""
    if one is None or other is None:
        return False
    return one is other or (one.kin is not None and one.kin is other.kin)


def node_in(tensor: Tensor) -> Node | Output | Leaf | None:
    """The node of a tensor, also of one whose history is no longer true, where ``_node`` is an error."""
    node: Node | Output | Leaf | None = overrides.Tensor._node.__get__(tensor)
    return node


def invalidate(view: Tensor, how: View, *edges: Any) -> None:
    """Let the next use of a view be an error, because a write to its memory is one that its history cannot follow."""
    if node_in(view).__class__ is Stale:
        return
    overrides.Tensor._node.__set__(
        view, Stale(forbidden(view, how, "its base or another view of its base has been"), *edges)
    )
    if view.__class__ is overrides.Tensor:
        view.__class__ = overrides.InvalidTensor


def _cut_off(view: Tensor) -> None:
    how, node = view._view, node_in(view)
    if how is None or not (how.origin or how.made_in):
        return
    lost = how.differentiable and how.made_in in ("no_grad", "inference") and how.base._node is not None
    if isinstance(node, (Node, Output)) or (node is None and lost):
        invalidate(view, how)


class InferenceStorage(Storage):
    """The storage of a tensor that was made in inference mode: writes are not counted, and it cannot be saved."""

    __slots__ = ()

    @property
    def version(self) -> int:
        """What is asked for when a tensor is saved for the backward pass."""
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
            "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
            "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
        )

    @version.setter
    def version(self, value: int) -> None:
        """Nothing is counted."""

    def count_write(self) -> None:
        """Nothing is counted."""


def check_inference(tensor: Tensor) -> None:
    """Refuse to write, outside inference mode, into a tensor that was made in it."""
    if tensor._storage.__class__ is InferenceStorage and not in_inference_mode():
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a normal "
            "tensor before doing inplace update. See https://github.com/pytorch/rfcs/pull/17 for more details."
        )


def mark_inference(tensor: Tensor) -> None:
    """Make a new tensor one of inference mode, if this thread is in it."""
    if in_inference_mode():
        tensor._storage = InferenceStorage()


IN_FUNCTION = "a custom Function"


class View:
    """How a view was made: from which base, by which steps.

    Attributes:
        base: the tensor that it is a part of: one that is no view itself, but for what ``detach()`` gave.
        steps: pairs of a view function and its further arguments, to be applied one after the other.
        differentiable: False for what ``detach()`` gives, which has the memory of the base and no part in its history.
        made_in: the mode it was made in where nothing is recorded, ``"no_grad"`` or ``"inference"``; :data:`IN_FUNCTION` for
            an argument that a custom Function returned.
    """

    __slots__ = ("base", "differentiable", "made_in", "steps")

    origin = ""
    own = False

    def __init__(self, base: Tensor, steps: Steps, differentiable: bool, made_in: str = "") -> None:
        self.base = base
        self.steps = steps
        self.differentiable = differentiable
        self.made_in = made_in

    def replaced(self, base: Tensor) -> View:
        """The same view of another base."""
        return View(base, self.steps, self.differentiable, self.made_in)


class Piece(View):
    """One of several views that one operation made.

    Attributes:
        origin: the operation's output that it is, "Output 0 of UnbindBackward0"; "a view" if no graph knows it.
    """

    __slots__ = ("origin",)

    def __init__(self, view: View, origin: str) -> None:
        super().__init__(view.base, view.steps, view.differentiable, view.made_in)
        self.origin = origin


class Became(View):
    """What a tensor became a view of, by ``t_()`` for one: of what it was itself."""

    __slots__ = ()

    own = True

    def __init__(self, view: View) -> None:
        super().__init__(view.base, view.steps, view.differentiable, view.made_in)


def replay(steps: Steps, tensor: Tensor) -> Tensor:
    """The view that ``steps`` make of ``tensor``."""
    if tensor._special:
        with DisableTorchFunctionSubclass():
            return _replayed(steps, tensor)
    return _replayed(steps, tensor)


def _replayed(steps: Steps, tensor: Tensor) -> Tensor:
    for function, arguments in steps:
        tensor = function(tensor, *arguments)
    return tensor


def storage_of(tensor: Tensor) -> Storage:
    """The tensor's storage, made if it has none yet."""
    storage = tensor._storage
    if storage is None:
        storage = tensor._storage = Storage()
    return storage


def counted_as(tensor: Tensor, source: Tensor) -> Tensor:
    """``tensor``, a copy of ``source`` in another form that is as old as it is when that is written to.

    So the backward pass refuses changed indices and masks, whichever form of them has been saved.
    """
    tensor._storage = storage_of(source)
    return tensor


def version_of(value: Any) -> int:
    """The version of a tensor; -1 for anything else."""
    try:
        storage = value._storage
    except AttributeError:
        return -1
    return 0 if storage is None else storage.version


def link_view(
    result: Tensor,
    source: Tensor,
    function: Callable[..., Tensor],
    arguments: tuple[Any, ...],
    recorded: Any,
    origin: str = "",
) -> None:
    """Make ``result``, which ``function(source, *arguments)`` made, a view of what ``source`` is a view of.

    ``origin`` says of which of several outputs it is one: see :class:`Piece`.
    """
    # Without calls to other functions, it takes half as long.
    storage = source._storage
    if storage is None:
        storage = source._storage = Storage()
    result._storage = storage
    base = source
    steps: Steps = ((function, arguments),)
    made_in = "" if recorded else "inference" if in_inference_mode() else "no_grad"
    parent = source._view
    if parent is not None and parent.differentiable:
        base, steps = parent.base, parent.steps + steps
        made_in, origin = made_in or parent.made_in, origin or parent.origin
    view: Any = _new(Piece if origin else View)
    view.base, view.steps, view.differentiable, view.made_in = base, steps, True, made_in
    if origin:
        view.origin = origin
    result._view = view
    views = storage._views
    if views is None or len(views) >= storage._compact_at:
        storage.add_view(result)
    else:
        views.append(weakref.ref(result))
    if not recorded and base._node is not None:
        storage.fragile = True


def memory_of(tensor: Tensor) -> tuple[Tensor, Steps]:
    """The tensor that has all of the memory, and the steps from there."""
    steps: Steps = ()
    while tensor._view is not None:
        steps = tensor._view.steps + steps
        tensor = tensor._view.base
    return tensor, steps


def propagate_write(tensor: Tensor) -> None:
    """Count a write to ``tensor``, for all that share its memory."""
    storage = tensor._storage
    if storage.__class__ is Storage and not storage.fragile:  # the usual case
        storage.version += 1
    else:
        storage_of(tensor).count_write()


def forbidden(tensor: Tensor, view: View, done: str) -> str:
    """PyTorch's words for a view that cannot be told of a write to its memory."""
    output = _output_of(tensor) or (view.origin if view.origin.startswith("Output") else "")
    mode = view.made_in if view.made_in != IN_FUNCTION or output else "no_grad"
    if mode in ("no_grad", "inference") or not output:
        mode = mode or "no_grad"
        where = "in normal mode" if mode == "inference" else "with grad mode enabled"
        made = f"{output} is a view of a view which" if output else "A view"
        what = f"{made} was created in {mode} mode and {done} modified inplace {where}."
    else:
        what = f"{output} is a view and {done} modified inplace."
    if mode == IN_FUNCTION:
        return (
            f"{what} This view was created inside a custom Function (or because an input was returned as-is) and the autograd "
            "logic to handle view+inplace would override the custom backward associated with the custom Function, leading to "
            "incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
        )
    if view.origin and not view.made_in:
        return (
            f"{what} This view is the output of a function that returns multiple views. Such functions do not allow the output "
            "views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        )
    block = f"{mode}_mode" if mode == "inference" else mode
    return (
        f"{what} Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving "
        f"both the view and the inplace either both inside the {block} block (if you don't want the inplace to be tracked) or "
        "both outside (if you want the inplace to be tracked)."
    )


def _output_of(tensor: Tensor) -> str:
    """Which output of which operation it is, in the words of PyTorch's messages; nothing for what no graph knows."""
    own = node_in(tensor)
    if own is None or own.__class__ is Leaf or own.__class__ is Stale:
        return ""
    node, index = edge_target(own)
    return f"Output {index} of {node.name().removesuffix('0').removesuffix('Backward')}"
