"""Element-wise logic and operations on the bits of integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau._dispatch.checks import integers_and_bool
from flambeau._dispatch.declare import BOOLEAN, elementwise, primitive
from flambeau._dispatch.runtime import Number, operands_of
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.shapes import check_broadcast

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]

_COMPARISON = "the result is bool"


@elementwise(promotion=BOOLEAN, not_differentiable=_COMPARISON)
def logical_not(input: Tensor) -> Tensor:
    """Tell where elements are zero. Source of the semantics: ``torch.logical_not``.

    Example:
        >>> import flambeau as torch
        >>> torch.logical_not(torch.tensor([0, 5]))
        tensor([ True, False])
    """


def _of_truths(kernel: str) -> Callable[..., Any]:
    """An operation on what elements are as truths."""

    def composition(type_: Any, a: Any, b: Any) -> Any:
        truths = [type_.kernels.cast(operand, "bool") for operand in (a, b)]
        return getattr(type_.kernels, kernel)(*truths)

    return composition


@elementwise(promotion=BOOLEAN, not_differentiable=_COMPARISON, default=_of_truths("bitwise_and"))
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Tell where both elements are not zero. Source of the semantics: ``torch.logical_and``.

    Example:
        >>> import flambeau as torch
        >>> torch.logical_and(torch.tensor([0, 5]), torch.tensor([1, 1]))
        tensor([False,  True])
    """


@elementwise(promotion=BOOLEAN, not_differentiable=_COMPARISON, default=_of_truths("bitwise_or"))
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Tell where one element at least is not zero. Source of the semantics: ``torch.logical_or``.

    Example:
        >>> import flambeau as torch
        >>> torch.logical_or(torch.tensor([0, 5]), torch.tensor([0, 1]))
        tensor([False,  True])
    """


@elementwise(promotion=BOOLEAN, not_differentiable=_COMPARISON, default=_of_truths("bitwise_xor"))
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Tell where exactly one element is not zero. Source of the semantics: ``torch.logical_xor``.

    Example:
        >>> import flambeau as torch
        >>> torch.logical_xor(torch.tensor([0, 5]), torch.tensor([1, 1]))
        tensor([ True, False])
    """


_BITS = "integers have no derivative"


@elementwise(not_differentiable=_BITS, check=integers_and_bool("bitwise_not"), domain="discrete")
def bitwise_not(input: Tensor) -> Tensor:
    """Complement the bits; of bool, the truth. Source of the semantics: ``torch.bitwise_not``.

    Example:
        >>> import flambeau as torch
        >>> torch.bitwise_not(torch.tensor([0, 5]))
        tensor([-1, -6])
    """


@elementwise(not_differentiable=_BITS, check=integers_and_bool("bitwise_and"), domain="discrete")
def bitwise_and(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Take the and of the bits. Source of the semantics: ``torch.bitwise_and``.

    Example:
        >>> import flambeau as torch
        >>> torch.bitwise_and(torch.tensor([6, 5]), 3)
        tensor([2, 1])
    """


@elementwise(not_differentiable=_BITS, check=integers_and_bool("bitwise_or"), domain="discrete")
def bitwise_or(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Take the or of the bits. Source of the semantics: ``torch.bitwise_or``.

    Example:
        >>> import flambeau as torch
        >>> torch.bitwise_or(torch.tensor([6, 5]), 3)
        tensor([7, 7])
    """


@elementwise(not_differentiable=_BITS, check=integers_and_bool("bitwise_xor"), domain="discrete")
def bitwise_xor(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Take the exclusive or of the bits. Source of the semantics: ``torch.bitwise_xor``.

    Example:
        >>> import flambeau as torch
        >>> torch.bitwise_xor(torch.tensor([6, 5]), 3)
        tensor([5, 6])
    """


@primitive(not_differentiable=_BITS, inplace=True, out=True)
def bitwise_left_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Shift the bits to the left. Source of the semantics: ``torch.bitwise_left_shift``.

    Example:
        >>> import flambeau as torch
        >>> torch.bitwise_left_shift(torch.tensor([1, 3]), 2)
        tensor([ 4, 12])
    """
    return _shifted("bitwise_left_shift", input, other, "left_shift")


@primitive(not_differentiable=_BITS, inplace=True, out=True)
def bitwise_right_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Shift the bits to the right, keeping the sign. Source of the semantics: ``torch.bitwise_right_shift``.

    Example:
        >>> import flambeau as torch
        >>> torch.bitwise_right_shift(torch.tensor([4, -8]), 2)
        tensor([ 1, -2])
    """
    return _shifted("bitwise_right_shift", input, other, "right_shift")


def _shifted(function: str, input: Tensor | Number, other: Tensor | Number, kernel: str) -> Tensor:
    """Shift by any distance: one that is negative or as wide as the dtype shifts everything out."""
    (a, b), type_ = operands_of(function, (input, other))
    if not type_.integers:
        name = "lshift" if kernel == "left_shift" else "rshift"
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{scalar_type_name(type_.dtype)}'")
    check_broadcast(a.shape, b.shape)
    kernels, bits = type_.kernels, 8 * type_.dtype.itemsize
    outside = kernels.bitwise_or(kernels.lt(b, type_.number(0)), kernels.le(type_.number(bits), b))
    result = getattr(kernels, kernel)(a, kernels.where(outside, type_.number(0), b))
    sign_only = kernel == "right_shift" and type_.dtype.is_signed
    rest = kernels.right_shift(a, type_.number(bits - 1)) if sign_only else type_.number(0)
    return from_array(kernels.where(outside, rest, result), type_)
