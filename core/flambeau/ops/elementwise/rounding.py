"""Rounding and sign of each element."""

from __future__ import annotations

import builtins
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_bool, not_bool, only, zero_gradient
from flambeau._dispatch.declare import alias, composite, elementwise, primitive
from flambeau._dispatch.precision import in_single
from flambeau._dispatch.rules import unchanged
from flambeau._tensor import Tensor, from_array
from flambeau.shapes import as_int

from .complex_parts import complex_abs, complex_sgn

__all__ = [
    "abs",
    "absolute",
    "ceil",
    "fix",
    "floor",
    "frac",
    "neg",
    "negative",
    "positive",
    "round",
    "sgn",
    "sign",
    "trunc",
]


def _copy(type_: Any, a: Any) -> Any:
    return type_.kernels.clone(a, True)


def _complex_abs(input: Tensor) -> Tensor:
    return complex_abs(input)


def _complex_sgn(input: Tensor) -> Tensor:
    return complex_sgn(input)


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


@elementwise(
    complex=_complex_abs,
    derivatives={"input": lambda grad, input: grad * input.sign()},
    check=not_bool("abs_cpu"),
    domain="numbers",
)
def abs(input: Tensor) -> Tensor:
    """Take the absolute value of each element. Source of the semantics: ``torch.abs``.

    Example:
        >>> import flambeau as torch
        >>> torch.abs(torch.tensor([1, -2]))
        tensor([1, 2])
    """


absolute = alias(abs, "absolute")


@elementwise(complex=False, derivatives={"input": zero_gradient})
def sign(input: Tensor) -> Tensor:
    """Give -1, 0 or 1 by the sign of each element; nan gives 0. Source: ``torch.sign``.

    Example:
        >>> import flambeau as torch
        >>> torch.sign(torch.tensor([0.5, 0.0, -3.0]))
        tensor([ 1.,  0., -1.])
    """


@elementwise(complex=_complex_sgn, derivatives={"input": zero_gradient}, kernel="sign")
def sgn(input: Tensor) -> Tensor:
    """Give the sign of each element, as :func:`flambeau.sign`. Source of the semantics: ``torch.sgn``.

    Example:
        >>> import flambeau as torch
        >>> torch.sgn(torch.tensor([0.5, 0.0, -3.0]))
        tensor([ 1.,  0., -1.])
    """


@composite()
def positive(input: Tensor) -> Tensor:
    """Give ``input`` itself: what the operator ``+`` does before a tensor. Source: ``torch.positive``.

    Raises:
        RuntimeError: ``input`` is bool.

    Example:
        >>> import flambeau as torch
        >>> torch.positive(torch.tensor([1, -2]))
        tensor([ 1, -2])
    """
    if input.dtype is dtypes.bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@elementwise(complex=False, derivatives={"input": zero_gradient}, check=not_bool("floor"), integers=_copy)
def floor(input: Tensor) -> Tensor:
    """Round each element down; integers stay. Source of the semantics: ``torch.floor``.

    Example:
        >>> import flambeau as torch
        >>> torch.floor(torch.tensor([1.5, -1.5]))
        tensor([ 1., -2.])
    """


@elementwise(complex=False, derivatives={"input": zero_gradient}, check=not_bool("ceil"), integers=_copy)
def ceil(input: Tensor) -> Tensor:
    """Round each element up; integers stay. Source of the semantics: ``torch.ceil``.

    Example:
        >>> import flambeau as torch
        >>> torch.ceil(torch.tensor([1.5, -1.5]))
        tensor([ 2., -1.])
    """


@elementwise(complex=False, derivatives={"input": zero_gradient}, check=not_bool("trunc"), integers=_copy)
def trunc(input: Tensor) -> Tensor:
    """Round each element towards zero; integers stay. Source of the semantics: ``torch.trunc``.

    Example:
        >>> import flambeau as torch
        >>> torch.trunc(torch.tensor([1.5, -1.5]))
        tensor([ 1., -1.])
    """


fix = alias(trunc, "fix")


@elementwise(
    complex=False,
    derivatives={"input": unchanged},
    check=only(dtypes.FLOATING, "frac"),
    default=lambda type_, a: type_.kernels.sub(a, type_.kernels.trunc(a)),
)
def frac(input: Tensor) -> Tensor:
    """Give the fractional part of each element, with its sign; floats only. Source: ``torch.frac``.

    Example:
        >>> import flambeau as torch
        >>> torch.frac(torch.tensor([1.5, -2.25]))
        tensor([ 0.5000, -0.2500])
    """


@primitive(derivatives={"input": zero_gradient}, method=False, node="RoundBackward1")
def _round_decimals(input: Tensor, decimals: int) -> Tensor:
    type_ = input._type
    only(dtypes.FLOATING, "round")(type_.dtype)
    decimals = as_int(decimals, "decimals")

    def rounded(type_: Any, array: Any) -> Any:
        kernels, scale = type_.kernels, type_.number(10.0 ** builtins.abs(decimals))
        enlarge, reduce = (kernels.mul, kernels.div) if decimals > 0 else (kernels.div, kernels.mul)
        return reduce(kernels.round(enlarge(array, scale)), scale)

    return from_array(in_single(type_, input._array, rounded), type_)


@elementwise(
    complex=False,
    derivatives={"input": zero_gradient},
    check=not_bool("round"),
    integers=_copy,
    variant=_round_decimals,
)
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Round each element to ``decimals`` places, halves to even. Source of the semantics: ``torch.round``.

    Negative ``decimals`` round to tens, hundreds and so on. Integers stay, and take no ``decimals``.

    Example:
        >>> import flambeau as torch
        >>> torch.round(torch.tensor([0.5, 1.5, 2.4]))
        tensor([0., 2., 2.])
        >>> torch.round(torch.tensor([1234.5678]), decimals=-2)
        tensor([1200.])
    """
