"""Element-wise choice: where and clamp."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from .._methods import method
from .._tensor import Tensor, from_array
from ..printing import scalar_type_name
from ..promotion import dtype_of_number, promote_types
from ..shapes import broadcast_shapes
from ._declare import alias, composite, primitive
from ._runtime import Number, operands_of

__all__ = [
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "where",
]


def _where_input(grad: Tensor, condition: Tensor) -> Tensor:
    return _where(condition, grad, 0.0)


def _where_other(grad: Tensor, condition: Tensor) -> Tensor:
    return _where(condition, 0.0, grad)


@primitive(derivatives={"input": _where_input, "other": _where_other}, node="WhereBackward0", method=False)
def _where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:
    if condition.dtype is not dtypes.bool:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{scalar_type_name(condition.dtype)}"
        )
    if isinstance(input, Tensor) or isinstance(other, Tensor):
        (a, b), type_ = operands_of("where", (input, other))
    else:
        type_ = condition._type.with_dtype(promote_types(dtype_of_number(input), dtype_of_number(other)))
        a, b = type_.number(input), type_.number(other)
    if type_.place is not condition._type.place:
        operands_of("where", [value for value in (condition, input, other) if isinstance(value, Tensor)])
    broadcast_shapes(condition._array.shape, a.shape, b.shape)
    return from_array(type_.kernels.where(condition._array, a, b), type_)


@composite(method=False, out=True)
def where(
    condition: Tensor,
    input: Tensor | Number | None = None,
    other: Tensor | Number | None = None,
    *,
    x: Tensor | Number | None = None,
    y: Tensor | Number | None = None,
) -> Any:
    """Take elements of ``input`` where ``condition`` holds and of ``other`` elsewhere.

    With ``condition`` alone, give the indices where it is not zero, as ``nonzero(as_tuple=True)``. Dtypes are promoted,
    shapes broadcast. ``x`` and ``y`` are other names for ``input`` and ``other``. Source of the semantics: ``torch.where``.

    Raises:
        RuntimeError: ``condition`` is not bool.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0, -2.0])
        >>> torch.where(x > 0, x, 0.0)
        tensor([1., 0.])
    """
    input = x if input is None else input
    other = y if other is None else other
    if input is None and other is None:
        from .indexing import nonzero

        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where(): input and other must be given together")
    return _where(condition, input, other)


@method("where")
def _where_method(self: Tensor, condition: Tensor, other: Tensor | Number) -> Tensor:
    """Take elements of this tensor where ``condition`` holds and of ``other`` elsewhere: :func:`flambeau.where`."""
    return _where(condition, self, other)


@primitive(
    derivatives={"input": lambda grad, input, min, max: _where(_inside(input, min, max), grad, 0.0)},
    inplace=True,
    out=True,
)
def _clamp(input: Tensor, min: Number | None = None, max: Number | None = None) -> Tensor:
    numbers = [bound for bound in (min, max) if bound is not None]
    (array, *bounds), type_ = operands_of("clamp", (input, *numbers))
    kernels = type_.kernels
    if min is not None:
        array = kernels.maximum(array, bounds.pop(0))
    if max is not None:
        array = kernels.minimum(array, bounds.pop(0))
    return from_array(array, type_)


def _inside(input: Tensor, min: Number | None, max: Number | None) -> Tensor:
    if max is None:
        return input >= min
    inside: Tensor = input <= max
    return inside if min is None else inside & (input >= min)


@composite(inplace=True, out=True)
def clamp(input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
    """Limit elements to the range from ``min`` to ``max``, numbers or tensors; None does not limit.

    Where ``min`` is greater than ``max``, the result is ``max``. Source of the semantics: ``torch.clamp``.

    Raises:
        RuntimeError: neither limit is given.

    Example:
        >>> import flambeau as torch
        >>> torch.clamp(torch.tensor([-2.0, 0.5, 2.0]), min=-1, max=1)
        tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if not isinstance(min, Tensor) and not isinstance(max, Tensor):
        return _clamp(input, min, max)
    from .arithmetic import maximum, minimum

    result = input if min is None else maximum(input, _like(min, input))
    return result if max is None else minimum(result, _like(max, input))


def _like(bound: Tensor | Number, input: Tensor) -> Tensor:
    from .data import make_tensor

    return bound if isinstance(bound, Tensor) else make_tensor(bound, device=input.device)


clip = alias(clamp, "clip")


@composite(inplace=True, out=True)
def clamp_min(input: Tensor, min: Tensor | Number) -> Tensor:
    """Limit elements from below: ``clamp`` with ``min`` only. Source of the semantics: ``torch.clamp_min``.

    Example:
        >>> import flambeau as torch
        >>> torch.clamp_min(torch.tensor([-2, 2]), 0)
        tensor([0, 2])
    """
    return clamp(input, min=min)


@composite(inplace=True, out=True)
def clamp_max(input: Tensor, max: Tensor | Number) -> Tensor:
    """Limit elements from above: ``clamp`` with ``max`` only. Source of the semantics: ``torch.clamp_max``.

    Example:
        >>> import flambeau as torch
        >>> torch.clamp_max(torch.tensor([-2, 2]), 0)
        tensor([-2,  0])
    """
    return clamp(input, max=max)
