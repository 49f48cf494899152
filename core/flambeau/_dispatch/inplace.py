"""In-place forms: one mechanism for all ops.

An in-place op computes what the op computes and writes it into its first operand. Where the graph is recorded, the op
runs on a stand-in for the operand with the operand's history, and the operand then takes over the history of the
result; where it is not, element-wise kernels write directly.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.hooks import move_retained
from flambeau._tensor.modes import enable_grad, grad_enabled, no_grad
from flambeau._tensor.node import Leaf, Node, Rule, next_sequence
from flambeau._tensor.overrides import taken_over
from flambeau._tensor.saved import freed_error
from flambeau._tensor.storage import (
    Became,
    InferenceStorage,
    Steps,
    check_inference,
    forbidden,
    invalidate,
    node_in,
    propagate_write,
    replay,
    same_memory,
    storage_of,
)
from flambeau.layouts import contiguous_format
from flambeau.promotion import PYTHON_NUMBERS

from .late import held_back
from .out import check_stored, store
from .overlaps import check_distinct, check_operands, overlaps_itself
from .runtime import ORDINARY, WIDE_WITH_NUMBERS, check_places
from .spelling import named

__all__ = ["apply", "become_view", "check_writable", "is_simple_target"]


def apply(row: Any, input: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The in-place form of ``row`` on ``input``.

    Raises:
        RuntimeError: ``input`` is a leaf (or a view of one) that requires a gradient, its elements overlap, or the
            result's shape or dtype does not fit it; ``input`` is unchanged then.
    """
    if not kwargs and is_simple_target(input, args):
        if row.write is not None:
            row.write(input, *args)
            propagate_write(input)
            return input
        if row.promotion and _write_directly(row, input, args, kwargs):
            return input
    recording = grad_enabled()
    recorded = recording and _recorded(input, args, kwargs)
    shared = row.shared is not None and overlaps_itself(input)
    check_writable(input, recorded, overlapping=shared or (row.overlapping and not recorded))
    if input._storage is not None or not row.promotion:
        check_operands(row.name, input, (*args, *kwargs.values()) if kwargs else args)
    directly = row.write is None and row.promotion and not (recorded or shared)
    if directly and _write_directly(row, input, args, kwargs):
        return input
    if any(value.__class__ not in ORDINARY for value in args) or kwargs:
        taken = taken_over(getattr(Tensor, f"{row.name}_"), (input, *args), kwargs, name=f"torch.Tensor.{row.name}_")
        if taken is not NotImplemented:
            return taken  # type: ignore[no-any-return]
    if shared and not recorded:
        row.shared(input, *args, **(named(row, kwargs) if kwargs else kwargs))
        return input
    if recorded:
        result = _result(row, input, _stand_in(input, row), args, kwargs)
        if shared:
            with no_grad():
                row.shared(input, *args, **(named(row, kwargs) if kwargs else kwargs))
        else:
            store(input, result)
        relink(input, result)
        return input
    if row.write is not None:
        row.write(input, *args, **(named(row, kwargs) if kwargs else kwargs))
        propagate_write(input)
    else:
        store(input, _result(row, input, input, args, kwargs))
    return input


def is_simple_target(input: Tensor, args: tuple[Any, ...]) -> bool:
    """Whether a write needs none of the checks: no operand has a history, and the target lies alone and in one piece."""
    if input._view is not None or input._node is not None or not input._type.backend.is_contiguous(input._array):
        return False
    storage = input._storage
    if storage.__class__ is InferenceStorage:
        return False
    for value in args:
        kind = value.__class__
        if kind is Tensor:
            if value is input or value._node is not None or same_memory(storage, value._storage):
                return False
        elif kind not in PYTHON_NUMBERS:
            return False
    return True


def _result(row: Any, input: Tensor, operand: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """What the op gives for ``operand``, which is ``input`` or stands for it, if that can be written into ``input``."""
    if not input._type.backend.asynchronous:  # then the write itself refuses what does not fit
        return _checked(row, input, row.function(operand, *args, **kwargs))
    with held_back(input):
        result = _checked(row, input, row.function(operand, *args, **kwargs))
        check_stored(input, result)
    return result


def _checked(row: Any, input: Tensor, result: Tensor) -> Tensor:
    """The result, unless it is of another kind of number than the tensor it goes to, as that of ``abs_``."""
    if result._sparse:  # of a strided tensor and a sparse one
        result = result.to_dense()
    check_places(row.name, input, result)  # a 0-d tensor of the CPU becomes none of another device
    if row.complex is not None and input._type.complex and not result._type.complex:
        raise RuntimeError(f"In-place {row.name} is not supported for complex tensors.")
    return result


def check_writable(input: Tensor, recorded: bool, *, overlapping: bool = False) -> None:
    """Refuse to write where PyTorch refuses.

    ``recorded`` says that the graph gets to know of the write; ``overlapping`` elements are no obstacle if none is written.
    """
    view = input._view
    node = input._node if view is None else node_in(input)
    check_inference(input)
    if recorded and node.__class__ is Leaf:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if view is not None and view.differentiable and grad_enabled() and (recorded or view.base._node is not None):
        if view.made_in or view.origin:
            raise RuntimeError(forbidden(input, view, "is being"))
        base = view.base._node
        if base.__class__ is Leaf or (base is None and node is not None):  # the latter after `detach_` of the base
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if view is not None and not overlapping:
        check_distinct(input)


def _recorded(input: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    if (input._node if input._view is None else node_in(input)) is not None:
        return True
    for value in (*args, *kwargs.values()) if kwargs else args:  # noqa: SIM110 (any() would take twice the time)
        if getattr(value, "_node", None) is not None:
            return True
    return False


def _stand_in(input: Tensor, row: Any) -> Tensor:
    """A tensor with the value and the history of ``input``; a copy if the op's derivative wants the old value."""
    array = input._array
    first = row.tensor_parameters[0].name
    if row.rule is None or first in row.rule.save or (row.complex is not None and input._type.complex):
        array = input._type.kernels.clone(array, True)
    stand_in = from_array(array, input._type)
    stand_in._node = input._node
    return stand_in


_WITHOUT_FLOATS = ("discrete", "integers", "nothing")


def _write_directly(row: Any, input: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Let an element-wise kernel write into ``input``, if nothing has to be converted or broadcast for it."""
    type_ = input._type
    if type_.complex and (row.complex is not None or row.domain.startswith("real")):
        return False
    if (
        not type_.backend.capabilities.out
        or row.promotion == "boolean"
        or not type_.floats
        or row.domain in _WITHOUT_FLOATS
    ):
        return False
    array = input._array
    kernel = getattr(type_.kernels, row.kernel)
    if not args and not kwargs and len(row.tensor_parameters) == 1:
        kernel(array, out=array)
    elif len(args) == 1 and len(row.tensor_parameters) == 2:
        operand = _direct_operand(row, input, args[0], kwargs)
        if operand is None:
            return False
        kernel(array, operand, out=array)
    else:
        return False
    propagate_write(input)
    return True


def _direct_operand(row: Any, input: Tensor, other: Any, kwargs: dict[str, Any]) -> Any:
    type_ = input._type
    if other.__class__ is float or other.__class__ is int:
        if type_.halves and row.key in WIDE_WITH_NUMBERS:
            return None
        return None if kwargs or row.tensor_parameters[1].kind == "tensor" else type_.number(other)
    if getattr(other, "_plain_type", None) is not type_:
        return None
    operand = other._array
    if kwargs:
        alpha = kwargs.get("alpha")
        if len(kwargs) > 1 or not (alpha.__class__ is float or alpha.__class__ is int):
            return None
        if alpha != 1:
            operand = type_.kernels.mul(operand, type_.number(alpha))
    shape, own = operand.shape, input._array.shape
    if shape != own and (
        len(shape) > len(own)
        or any(size not in (1, target) for size, target in zip(reversed(shape), reversed(own), strict=False))
    ):
        return None
    return operand


def become_view(input: Tensor, function: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
    """Turn ``input`` into the view of it that ``function(input, …)`` makes; its other views stay what they are.

    What ``input`` was lives on, hidden, as the base of all of them.

    Raises:
        RuntimeError: ``input`` is a leaf that requires a gradient.
    """
    check_writable(input, grad_enabled() and input._node is not None, overlapping=True)
    storage, leaf = storage_of(input), input._node if input._node.__class__ is Leaf else None
    before = from_array(input._array, input._type)
    before._storage, before._node, before._view = storage, None if leaf else input._node, input._view
    if input._view is None or not input._view.differentiable:
        for view in storage.views():
            if view._view is not None and view._view.base is input:
                view._view = view._view.replaced(before)
    # The shape belongs to the history: without it, no gradient would fit.
    with enable_grad() if before._node is not None else nullcontext():
        result = function(before, *args, **kwargs)
    own = input._view is None or input._view.own
    input._array, input._view = result._array, result._view
    if own and input._view is not None:
        input._view = Became(input._view)
    input._node = leaf or result._node
    storage.add_view(input)
    storage.count_write()
    return input


# -- history ---------------------------------------------------------------


def relink(target: Tensor, result: Tensor) -> None:
    """Give ``target``, which holds the value of ``result`` now, its history; base and views of it follow.

    A write through a view is, for its base, the operation "copy of the base with this part replaced".
    """
    node = result._node if result._type is target._type else _converted(result, target)
    view = target._view
    if view is None or not view.differentiable:
        base, before = target, target._node
        target._node = node
        move_retained(before, target)
    else:
        base = view.base
        replaced = Node()
        replaced._rule = _REPLACE
        replaced._edges = (base._node, node)
        replaced._fits = None
        replaced._saved = (view.steps,)  # not the view: it knows the base, which knows this node
        replaced._sequence = next_sequence()
        before = base._node
        base._node = replaced
        move_retained(before, base)
    _relink_views(base)


def _converted(result: Tensor, target: Tensor) -> Any:
    return result._to_type(target._type)._node


def _relink_views(base: Tensor) -> None:
    """Make the history of every view lead to the base's new history."""
    with enable_grad():
        for view in storage_of(base).views():
            how = view._view
            if how is None or how.base is not base or not how.differentiable or node_in(view).__class__ is Leaf:
                continue
            if how.made_in or how.origin:
                invalidate(view, how, base._node)
            else:
                before = view._node
                view._node = replay(how.steps, base)._node
                move_retained(before, view)


def _replace_backward(node: Node, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
    if node._saved is None:
        raise freed_error()
    (steps,) = node._saved
    base_edge, part_edge = node._edges
    if grad._sparse:  # of which a part is no view
        grad = grad.to_dense()
    rest: Tensor | None = None
    if base_edge is not None:
        rest = _clone_in_order(grad, steps)
        part = replay(steps, rest)
        check_distinct(part)  # of an expanded tensor, in which the write was allowed, PyTorch has no gradient
        part.zero_()
    return rest, None if part_edge is None else replay(steps, grad).clone()


def _clone_in_order(grad: Tensor, steps: Steps) -> Tensor:
    """A copy with memory of its own that ``steps`` give a view of, not a copy: C-contiguous as the first of them wants it."""
    first, arguments = steps[0]
    if first.__name__ != "_permute":
        return grad.clone(memory_format=contiguous_format)
    order = arguments[0]
    inverse = tuple(sorted(range(len(order)), key=order.__getitem__))
    return grad.permute(order).clone(memory_format=contiguous_format).permute(inverse)


_REPLACE = Rule("torch::autograd::CopySlices", _replace_backward)
