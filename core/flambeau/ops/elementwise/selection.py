"""Element-wise choice: where and clamp."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_complex, no_derivative
from flambeau._dispatch.declare import alias, composite, primitive
from flambeau._dispatch.out import with_out
from flambeau._dispatch.runtime import Number, not_a_tensor, operands_of
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type, level_of_caller
from flambeau.ops.creation.filled import fitting
from flambeau.promotion import dtype_of_number, promote_types, result_dtype
from flambeau.shapes import broadcast_shapes

__all__ = [
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "heaviside",
    "where",
]


def _where_input(grad: Tensor, condition: Tensor) -> Tensor:
    return _where(condition, grad, 0.0)


def _where_other(grad: Tensor, condition: Tensor) -> Tensor:
    return _where(condition, 0.0, grad)


def unless(condition: Tensor, grad: Tensor, slope: Tensor) -> Tensor:
    """``grad * slope``, but 0 where ``condition`` holds, whatever the two are there; so are all further derivatives."""
    return _where(condition, 0.0, grad * _where(condition, 0.0, slope))


@primitive(derivatives={"input": _where_input, "other": _where_other}, node="WhereBackward0", method=False)
def _where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:
    if condition.dtype is dtypes.uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version "
            "of PyTorch. Use a boolean condition instead.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
        condition = condition.to(dtypes.bool)
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
    for value in (input, other):
        if value.__class__ is int and type_.integers:
            fitting(value, type_.dtype)
    if type_.place is not condition._type.place:
        operands_of("where", [value for value in (condition, input, other) if isinstance(value, Tensor)])
    if not condition._array.shape == a.shape == b.shape:
        broadcast_shapes(condition._array.shape, a.shape, b.shape)
    return from_array(type_.kernels.where(condition._array, a, b), type_)


@composite(method=False)
def where(
    condition: Tensor,
    input: Tensor | Number | None = None,
    other: Tensor | Number | None = None,
    *,
    x: Tensor | Number | None = None,
    y: Tensor | Number | None = None,
    out: Tensor | None = None,
) -> Any:
    """Take elements of ``input`` where ``condition`` holds and of ``other`` elsewhere.

    With ``condition`` alone, give the indices where it is not zero, as ``nonzero(as_tuple=True)``. Dtypes are promoted,
    shapes broadcast. ``x`` and ``y`` are other names for ``input`` and ``other``. Source of the semantics: ``torch.where``.

    Raises:
        TypeError: ``input`` or ``other`` is lacking, or one of them is a number and there is an ``out``.
        RuntimeError: ``condition`` is not bool, or ``out`` has not the dtype of the result.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0, -2.0])
        >>> torch.where(x > 0, x, 0.0)
        tensor([1., 0.])
    """
    input = x if input is None else input
    other = y if other is None else other
    if input is None and other is None and out is None:
        return condition.nonzero(as_tuple=True)
    if input is None or other is None:
        raise TypeError("where(): input and other must be given together")
    if out is not None:
        return _where_out(condition, input, other, out)
    return _where(condition, input, other)


def _where_out(condition: Tensor, input: Any, other: Any, out: Tensor) -> Any:
    for name, position, value in (("input", 2, input), ("other", 3, other)):
        if not isinstance(value, Tensor):
            raise not_a_tensor("where", name, position, value)
    dtype = result_dtype((input, other))
    if out.dtype is not dtype:
        raise RuntimeError(f"Expected out type to be {scalar_type_name(dtype)} but got {scalar_type_name(out.dtype)}")
    return with_out(out, _where, condition, input, other)


@method("where")
@spelled()
def _where_method(self: Tensor, condition: Tensor, other: Tensor | Number) -> Tensor:
    """Take elements of this tensor where ``condition`` holds and of ``other`` elsewhere: :func:`flambeau.where`."""
    return _where(condition, self, other)


def _clamp_input(grad: Tensor, input: Tensor, min: Any, max: Any) -> Tensor:
    if min is None:
        return _where(input <= max, grad, 0.0)
    inside: Tensor = input >= min
    return _where(inside if max is None else inside & (input <= max), grad, 0.0)


def _clamp_min(grad: Tensor, input: Tensor, min: Tensor, max: Any) -> Tensor:
    below: Tensor = input < min
    return _where(below if max is None else below & (min < max), grad, 0.0)


def _clamp_max(grad: Tensor, input: Tensor, min: Any, max: Tensor) -> Tensor:
    above: Tensor = input > max
    return _where(above if min is None else above | (max < min), grad, 0.0)


@primitive(
    derivatives={"input": _clamp_input, "min": _clamp_min, "max": _clamp_max},
    inplace=True,
    out="promoted",
    node="ClampBackward1",
)
def clamp(input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
    """Limit elements to the range from ``min`` to ``max``, numbers or tensors; None does not limit.

    Where ``min`` is greater than ``max``, the result is ``max``; a limit that is nan gives nan. Dtypes are promoted. Source
    of the semantics: ``torch.clamp``.

    Raises:
        RuntimeError: neither limit is given, or one is a number that an integer dtype does not hold.

    Example:
        >>> import flambeau as torch
        >>> torch.clamp(torch.tensor([-2.0, 0.5, 2.0]), min=-1, max=1)
        tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    limits = [limit for limit in (min, max) if limit is not None]
    (array, *arrays), type_ = operands_of("clamp", (input, *limits))
    if type_.complex:
        raise NotImplementedError("clamp is not supported for complex types")
    _check_limits(limits, type_)
    low = None if min is None else arrays[0]
    high = None if max is None else arrays[-1]
    if any(limit.shape for limit in arrays):
        broadcast_shapes(array.shape, *[limit.shape for limit in arrays])
    return from_array(clamped(type_.kernels, array, low, high), type_)


def clamped(kernels: Any, array: Any, low: Any, high: Any) -> Any:
    """An array within limits, either of which may be None."""
    if kernels.clamp is not None and not (low is not None and low.shape) and not (high is not None and high.shape):
        return kernels.clamp(array, low, high)
    if low is not None:
        array = kernels.maximum(array, low)
    return array if high is None else kernels.minimum(array, high)


def _check_limits(limits: list[Any], type_: Any) -> None:
    dtype = type_.dtype
    if type_.integers:
        high = 1 << 8 * dtype.itemsize - dtype.is_signed
        low = -high if dtype.is_signed else 1 - high  # negative numbers wrap around, as they do in PyTorch
        for limit in limits:
            if not isinstance(limit, Tensor) and not low <= limit < high:
                raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")
    elif not type_.floats and (len(limits) == 2 or not isinstance(limits[0], Tensor)):
        raise NotImplementedError("\"clamp_scalar_cpu\" not implemented for 'Bool'")


clip = alias(clamp, "clip")


@composite(inplace=True, out="promoted")
def clamp_min(input: Tensor, min: Tensor | Number) -> Tensor:
    """Limit elements from below: ``clamp`` with ``min`` only. Source of the semantics: ``torch.clamp_min``.

    Example:
        >>> import flambeau as torch
        >>> torch.clamp_min(torch.tensor([-2, 2]), 0)
        tensor([0, 2])
    """
    return clamp(input, min=_limit("clamp_min", "min", min))


@composite(inplace=True, out="promoted")
def clamp_max(input: Tensor, max: Tensor | Number) -> Tensor:
    """Limit elements from above: ``clamp`` with ``max`` only. Source of the semantics: ``torch.clamp_max``.

    Example:
        >>> import flambeau as torch
        >>> torch.clamp_max(torch.tensor([-2, 2]), 0)
        tensor([-2,  0])
    """
    return clamp(input, max=_limit("clamp_max", "max", max))


def _limit(function: str, name: str, value: Any) -> Any:
    if value is None:
        raise argument_type(function, name, 2, value, "Tensor or Number")
    return value


@primitive(
    derivatives={"input": no_derivative("heaviside"), "values": no_derivative("heaviside")},
    inplace=True,
    out="same",
    node="NotImplemented",
)
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Give 0 for negative elements, 1 for positive ones and ``values`` for zeros. Source: ``torch.heaviside``.

    Raises:
        RuntimeError: the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.heaviside(torch.tensor([-1.5, 0.0, 2.0]), torch.tensor(0.5))
        tensor([0.0000, 0.5000, 1.0000])
    """
    if input.dtype is not values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    no_complex("heaviside")(input.dtype)
    (a, b), type_ = operands_of("heaviside", (input, values))
    broadcast_shapes(a.shape, b.shape)
    kernels, zero = type_.kernels, type_.number(0)
    step = kernels.cast(kernels.lt(zero, a), type_.dtype.name)
    return from_array(kernels.where(kernels.eq(a, zero), b, step), type_)
