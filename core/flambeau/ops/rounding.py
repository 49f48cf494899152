"""Rounding and sign of each element."""

from __future__ import annotations

from .. import dtypes
from .._tensor import Tensor, from_array
from ._checks import no_bool, not_bool
from ._declare import alias, elementwise, primitive

__all__ = [
    "abs",
    "absolute",
    "ceil",
    "floor",
    "neg",
    "negative",
    "round",
    "sign",
    "trunc",
]


def _zero(grad: Tensor) -> Tensor:
    return grad * 0


@elementwise(
    derivatives={"input": lambda grad: -grad},
    check=no_bool("Negation, the `-` operator, on a bool tensor"),
    domain="numbers",
)
def neg(input: Tensor) -> Tensor:
    """Change the sign of each element. Source of the semantics: ``torch.neg``.

    Raises:
        RuntimeError: ``input`` is bool.

    Example:
        >>> import flambeau as torch
        >>> torch.neg(torch.tensor([1, -2]))
        tensor([-1,  2])
    """


negative = alias(neg, "negative")


@elementwise(derivatives={"input": lambda grad, input: grad * input.sign()}, check=not_bool("abs"), domain="numbers")
def abs(input: Tensor) -> Tensor:
    """Take the absolute value of each element. Source of the semantics: ``torch.abs``.

    Example:
        >>> import flambeau as torch
        >>> torch.abs(torch.tensor([1, -2]))
        tensor([1, 2])
    """


absolute = alias(abs, "absolute")


@elementwise(derivatives={"input": _zero})
def sign(input: Tensor) -> Tensor:
    """Give -1, 0 or 1 by the sign of each element; nan gives 0. Source: ``torch.sign``.

    Example:
        >>> import flambeau as torch
        >>> torch.sign(torch.tensor([0.5, 0.0, -3.0]))
        tensor([ 1.,  0., -1.])
    """


@primitive(derivatives={"input": _zero}, inplace=True, out=True)
def floor(input: Tensor) -> Tensor:
    """Round each element down; integers stay. Source of the semantics: ``torch.floor``.

    Example:
        >>> import flambeau as torch
        >>> torch.floor(torch.tensor([1.5, -1.5]))
        tensor([ 1., -2.])
    """
    return _rounded(input, "floor")


@primitive(derivatives={"input": _zero}, inplace=True, out=True)
def ceil(input: Tensor) -> Tensor:
    """Round each element up; integers stay. Source of the semantics: ``torch.ceil``.

    Example:
        >>> import flambeau as torch
        >>> torch.ceil(torch.tensor([1.5, -1.5]))
        tensor([ 2., -1.])
    """
    return _rounded(input, "ceil")


@primitive(derivatives={"input": _zero}, inplace=True, out=True)
def trunc(input: Tensor) -> Tensor:
    """Round each element towards zero; integers stay. Source of the semantics: ``torch.trunc``.

    Example:
        >>> import flambeau as torch
        >>> torch.trunc(torch.tensor([1.5, -1.5]))
        tensor([ 1., -1.])
    """
    return _rounded(input, "trunc")


@primitive(derivatives={"input": _zero}, inplace=True, out=True)
def round(input: Tensor) -> Tensor:
    """Round each element to the nearest integer, halves to even. Source of the semantics: ``torch.round``.

    Example:
        >>> import flambeau as torch
        >>> torch.round(torch.tensor([0.5, 1.5, 2.4]))
        tensor([0., 2., 2.])
    """
    return _rounded(input, "round")


def _rounded(input: Tensor, kernel: str) -> Tensor:
    type_ = input._type
    if type_.dtype.category == dtypes.FLOATING:
        return from_array(getattr(type_.kernels, kernel)(input._array), type_)
    if type_.dtype.category == dtypes.INTEGRAL:
        return from_array(type_.kernels.clone(input._array, True), type_)
    raise NotImplementedError(f'"{kernel}" not implemented for {type_.dtype!r}')
