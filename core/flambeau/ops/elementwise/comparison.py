"""Element-wise comparisons; their results are bool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_complex
from flambeau._dispatch.declare import BOOLEAN, alias, composite, elementwise, primitive
from flambeau._dispatch.runtime import Number
from flambeau._tensor import Tensor, from_array
from flambeau.ops.creation.filled import ones_like

__all__ = [
    "eq",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "less",
    "less_equal",
    "lt",
    "ne",
    "not_equal",
]


_COMPARISON = "the result is bool"


@elementwise(promotion=BOOLEAN, not_differentiable=_COMPARISON)
def eq(input: Tensor, other: Tensor | Number) -> Tensor:
    """Tell where two tensors are equal; nan is equal to nothing. Source of the semantics: ``torch.eq``.

    Example:
        >>> import flambeau as torch
        >>> torch.eq(torch.tensor([1, 2]), 2)
        tensor([False,  True])
    """


@elementwise(
    promotion=BOOLEAN,
    not_differentiable=_COMPARISON,
    default=lambda type_, a, b: type_.kernels.logical_not(type_.kernels.eq(a, b)),
)
def ne(input: Tensor, other: Tensor | Number) -> Tensor:
    """Tell where two tensors differ. Source of the semantics: ``torch.ne``.

    Example:
        >>> import flambeau as torch
        >>> torch.ne(torch.tensor([1, 2]), 2)
        tensor([ True, False])
    """


not_equal = alias(ne, "not_equal")


@elementwise(complex=False, promotion=BOOLEAN, not_differentiable=_COMPARISON, check=no_complex("lt"), domain="any")
def lt(input: Tensor, other: Tensor | Number) -> Tensor:
    """Tell where ``input`` is less than ``other``. Source of the semantics: ``torch.lt``.

    Example:
        >>> import flambeau as torch
        >>> torch.lt(torch.tensor([1, 2]), 2)
        tensor([ True, False])
    """


less = alias(lt, "less")


@elementwise(complex=False, promotion=BOOLEAN, not_differentiable=_COMPARISON, check=no_complex("le"), domain="any")
def le(input: Tensor, other: Tensor | Number) -> Tensor:
    """Tell where ``input`` is less than or equal to ``other``. Source of the semantics: ``torch.le``.

    Example:
        >>> import flambeau as torch
        >>> torch.le(torch.tensor([1, 2, 3]), 2)
        tensor([ True,  True, False])
    """


less_equal = alias(le, "less_equal")


@elementwise(
    complex=False,
    promotion=BOOLEAN,
    not_differentiable=_COMPARISON,
    check=no_complex("gt"),
    domain="any",
    default=lambda type_, a, b: type_.kernels.lt(b, a),
)
def gt(input: Tensor, other: Tensor | Number) -> Tensor:
    """Tell where ``input`` is greater than ``other``. Source of the semantics: ``torch.gt``.

    Example:
        >>> import flambeau as torch
        >>> torch.gt(torch.tensor([1, 2, 3]), 2)
        tensor([False, False,  True])
    """


greater = alias(gt, "greater")


@elementwise(
    complex=False,
    promotion=BOOLEAN,
    not_differentiable=_COMPARISON,
    check=no_complex("ge"),
    domain="any",
    default=lambda type_, a, b: type_.kernels.le(b, a),
)
def ge(input: Tensor, other: Tensor | Number) -> Tensor:
    """Tell where ``input`` is greater than or equal to ``other``. Source of the semantics: ``torch.ge``.

    Example:
        >>> import flambeau as torch
        >>> torch.ge(torch.tensor([1, 2, 3]), 2)
        tensor([False,  True,  True])
    """


greater_equal = alias(ge, "greater_equal")


@primitive(not_differentiable=_COMPARISON)
def isnan(input: Tensor) -> Tensor:
    """Tell where elements are not a number. Source of the semantics: ``torch.isnan``.

    Example:
        >>> import flambeau as torch
        >>> torch.isnan(torch.tensor([1.0, float("nan")]))
        tensor([False,  True])
    """
    type_ = input._type
    if type_.floats:
        return from_array(type_.kernels.isnan(input._array), type_.boolean)
    return from_array(type_.kernels.ne(input._array, input._array), type_.boolean)  # in the memory order of the input


def _is_infinite(type_: Any, a: Any) -> Any:
    return type_.kernels.eq(type_.kernels.abs(a), type_.number(float("inf")))


def _is_finite(type_: Any, a: Any) -> Any:
    return type_.kernels.lt(type_.kernels.abs(a), type_.number(float("inf")))  # nan is less than nothing


def _everywhere(value: bool) -> Callable[..., Any]:
    """What holds of integers, in their order of memory."""
    return lambda type_, a: (type_.kernels.eq if value else type_.kernels.ne)(a, a)


@elementwise(
    promotion=BOOLEAN,
    not_differentiable=_COMPARISON,
    domain="floats",
    integers=_everywhere(False),
    default=_is_infinite,
    inplace=False,
    out=False,
)
def isinf(input: Tensor) -> Tensor:
    """Tell where elements are infinite. Source of the semantics: ``torch.isinf``.

    Example:
        >>> import flambeau as torch
        >>> torch.isinf(torch.tensor([1.0, -float("inf")]))
        tensor([False,  True])
    """


@elementwise(
    promotion=BOOLEAN,
    not_differentiable=_COMPARISON,
    domain="floats",
    integers=_everywhere(True),
    default=_is_finite,
    inplace=False,
    out=False,
)
def isfinite(input: Tensor) -> Tensor:
    """Tell where elements are neither infinite nor nan. Source of the semantics: ``torch.isfinite``.

    Example:
        >>> import flambeau as torch
        >>> torch.isfinite(torch.tensor([1.0, float("inf"), float("nan")]))
        tensor([ True, False, False])
    """


def _is(infinity: float) -> Callable[..., Any]:
    return lambda type_, a: type_.kernels.eq(a, type_.number(infinity))


@elementwise(
    complex=False,
    promotion=BOOLEAN,
    not_differentiable=_COMPARISON,
    check=no_complex("isposinf"),
    domain="floats",
    integers=_everywhere(False),
    default=_is(float("inf")),
    inplace=False,
    out="boolean",
)
def isposinf(input: Tensor) -> Tensor:
    """Tell where elements are positive infinity. Source of the semantics: ``torch.isposinf``.

    Raises:
        RuntimeError: ``out`` is not bool.

    Example:
        >>> import flambeau as torch
        >>> torch.isposinf(torch.tensor([1.0, float("inf"), -float("inf")]))
        tensor([False,  True, False])
    """


@elementwise(
    complex=False,
    promotion=BOOLEAN,
    not_differentiable=_COMPARISON,
    check=no_complex("isneginf"),
    domain="floats",
    integers=_everywhere(False),
    default=_is(-float("inf")),
    inplace=False,
    out="boolean",
)
def isneginf(input: Tensor) -> Tensor:
    """Tell where elements are negative infinity. Source of the semantics: ``torch.isneginf``.

    Raises:
        RuntimeError: ``out`` is not bool.

    Example:
        >>> import flambeau as torch
        >>> torch.isneginf(torch.tensor([1.0, float("inf"), -float("inf")]))
        tensor([False, False,  True])
    """


@composite()
def isreal(input: Tensor) -> Tensor:
    """Tell where elements are real numbers: everywhere, but for complex dtypes. Source: ``torch.isreal``.

    Example:
        >>> import flambeau as torch
        >>> torch.isreal(torch.tensor([1.0, float("nan")]))
        tensor([True, True])
    """
    if input.dtype.is_complex:
        imaginary: Any = input.imag
        return eq(imaginary, 0)
    return ones_like(input, dtype=dtypes.bool)
