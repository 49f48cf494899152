"""Element-wise exponentials, logarithms and roots."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from ._declare import FLOATING, elementwise

__all__ = [
    "exp",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "rsqrt",
    "sigmoid",
    "sqrt",
]

_LN2 = 0.6931471805599453
_LN10 = 2.302585092994046


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad * result})
def exp(input: Tensor) -> Tensor:
    """Raise e to each element. Source of the semantics: ``torch.exp``.

    Example:
        >>> import flambeau as torch
        >>> torch.exp(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad * (result + 1)})
def expm1(input: Tensor) -> Tensor:
    """Compute exp(x) - 1, accurately near 0. Source of the semantics: ``torch.expm1``.

    Example:
        >>> import flambeau as torch
        >>> torch.expm1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.7183])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad / input})
def log(input: Tensor) -> Tensor:
    """Take the natural logarithm. Source of the semantics: ``torch.log``.

    Example:
        >>> import flambeau as torch
        >>> torch.log(torch.tensor([1.0, 0.0, -1.0]))
        tensor([0., -inf, nan])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad / (input + 1)})
def log1p(input: Tensor) -> Tensor:
    """Compute log(1 + x), accurately near 0. Source of the semantics: ``torch.log1p``.

    Example:
        >>> import flambeau as torch
        >>> torch.log1p(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.6931])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad / (input * _LN2)},
    default=lambda type_, a: type_.kernels.div(type_.kernels.log(a), type_.number(_LN2)),
)
def log2(input: Tensor) -> Tensor:
    """Take the logarithm to base 2. Source of the semantics: ``torch.log2``.

    Example:
        >>> import flambeau as torch
        >>> torch.log2(torch.tensor([1.0, 8.0]))
        tensor([0., 3.])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad / (input * _LN10)},
    default=lambda type_, a: type_.kernels.div(type_.kernels.log(a), type_.number(_LN10)),
)
def log10(input: Tensor) -> Tensor:
    """Take the logarithm to base 10. Source of the semantics: ``torch.log10``.

    Example:
        >>> import flambeau as torch
        >>> torch.log10(torch.tensor([1.0, 100.0]))
        tensor([0., 2.])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad / (2 * result)})
def sqrt(input: Tensor) -> Tensor:
    """Take the square root. Source of the semantics: ``torch.sqrt``.

    Example:
        >>> import flambeau as torch
        >>> torch.sqrt(torch.tensor([4.0, 2.0]))
        tensor([2.0000, 1.4142])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, result: -0.5 * grad * (result * result * result)},
    default=lambda type_, a: type_.kernels.div(type_.number(1.0), type_.kernels.sqrt(a)),
)
def rsqrt(input: Tensor) -> Tensor:
    """Take the reciprocal of the square root. Source of the semantics: ``torch.rsqrt``.

    Example:
        >>> import flambeau as torch
        >>> torch.rsqrt(torch.tensor([4.0, 1.0]))
        tensor([0.5000, 1.0000])
    """


def _sigmoid_composition(type_: Any, a: Any) -> Any:
    # exp of a negative number only, so that nothing overflows: e / (1 + e) or 1 / (1 + e).
    kernels = type_.kernels
    decayed = kernels.exp(kernels.neg(kernels.abs(a)))
    one = type_.number(1.0)
    numerator = kernels.where(kernels.lt(a, type_.number(0.0)), decayed, one)
    return kernels.div(numerator, kernels.add(decayed, one))


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, result: grad * (result * (1 - result))},
    default=_sigmoid_composition,
)
def sigmoid(input: Tensor) -> Tensor:
    """Compute 1 / (1 + exp(-x)). Source of the semantics: ``torch.sigmoid``.

    Example:
        >>> import flambeau as torch
        >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
        tensor([0.5000, 0.8808])
    """
