"""Element-wise trigonometric, hyperbolic and special functions."""

from __future__ import annotations

from .._tensor import Tensor
from ._checks import no_derivative
from ._declare import FLOATING, alias, elementwise

__all__ = [
    "acos",
    "arccos",
    "arcsin",
    "arctan",
    "asin",
    "atan",
    "cos",
    "cosh",
    "erf",
    "lgamma",
    "sin",
    "sinh",
    "tan",
    "tanh",
]

_TWO_OVER_SQRT_PI = 1.1283791670955126


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad * input.cos()})
def sin(input: Tensor) -> Tensor:
    """Take the sine of angles in radians. Source of the semantics: ``torch.sin``.

    Example:
        >>> import flambeau as torch
        >>> torch.sin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: -grad * input.sin()})
def cos(input: Tensor) -> Tensor:
    """Take the cosine of angles in radians. Source of the semantics: ``torch.cos``.

    Example:
        >>> import flambeau as torch
        >>> torch.cos(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.5403])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad * (1 + result * result)})
def tan(input: Tensor) -> Tensor:
    """Take the tangent of angles in radians. Source of the semantics: ``torch.tan``.

    Example:
        >>> import flambeau as torch
        >>> torch.tan(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5574])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad * (1 - input * input).rsqrt()})
def asin(input: Tensor) -> Tensor:
    """Take the inverse sine, in radians. Source of the semantics: ``torch.asin``.

    Example:
        >>> import flambeau as torch
        >>> torch.asin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5708])
    """


arcsin = alias(asin, "arcsin")


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: -grad * (1 - input * input).rsqrt()})
def acos(input: Tensor) -> Tensor:
    """Take the inverse cosine, in radians. Source of the semantics: ``torch.acos``.

    Example:
        >>> import flambeau as torch
        >>> torch.acos(torch.tensor([0.0, 1.0]))
        tensor([1.5708, 0.0000])
    """


arccos = alias(acos, "arccos")


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad / (input * input + 1)})
def atan(input: Tensor) -> Tensor:
    """Take the inverse tangent, in radians. Source of the semantics: ``torch.atan``.

    Example:
        >>> import flambeau as torch
        >>> torch.atan(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7854])
    """


arctan = alias(atan, "arctan")


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad * input.cosh()})
def sinh(input: Tensor) -> Tensor:
    """Take the hyperbolic sine. Source of the semantics: ``torch.sinh``.

    Example:
        >>> import flambeau as torch
        >>> torch.sinh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.1752])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad * input.sinh()})
def cosh(input: Tensor) -> Tensor:
    """Take the hyperbolic cosine. Source of the semantics: ``torch.cosh``.

    Example:
        >>> import flambeau as torch
        >>> torch.cosh(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.5431])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad * (1 - result * result)})
def tanh(input: Tensor) -> Tensor:
    """Take the hyperbolic tangent. Source of the semantics: ``torch.tanh``.

    Example:
        >>> import flambeau as torch
        >>> torch.tanh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """


@elementwise(
    promotion=FLOATING, derivatives={"input": lambda grad, input: grad * (_TWO_OVER_SQRT_PI * (-(input * input)).exp())}
)
def erf(input: Tensor) -> Tensor:
    """Compute the error function. Source of the semantics: ``torch.erf``.

    Example:
        >>> import flambeau as torch
        >>> torch.erf(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])
    """


@elementwise(promotion=FLOATING, derivatives={"input": no_derivative("lgamma")})
def lgamma(input: Tensor) -> Tensor:
    """Compute the logarithm of the absolute value of the gamma function. Source: ``torch.lgamma``.

    Example:
        >>> import flambeau as torch
        >>> torch.lgamma(torch.tensor([1.0, 4.0]))
        tensor([0.0000, 1.7918])
    """
