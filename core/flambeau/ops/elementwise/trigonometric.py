"""Element-wise trigonometric and hyperbolic functions."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import only
from flambeau._dispatch.declare import FLOATING, alias, elementwise
from flambeau._dispatch.precision import in_single, in_single_formula
from flambeau._dispatch.slopes import at_once
from flambeau._tensor import Tensor

from ._parts import apart, complex_by, together
from .selection import unless

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "hypot",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


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


@at_once("tanh_backward")
@in_single_formula
@at_once("tanh_backward")
def _tanh_input(grad: Tensor, result: Tensor) -> Tensor:
    return grad * (1 - result * result)


@elementwise(promotion=FLOATING, derivatives={"input": _tanh_input})
def tanh(input: Tensor) -> Tensor:
    """Take the hyperbolic tangent. Source of the semantics: ``torch.tanh``.

    Example:
        >>> import flambeau as torch
        >>> torch.tanh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """


def _odd(function: Callable[..., Any]) -> Callable[..., Any]:
    """The composition of an odd function, which is given the absolute values; zeros keep their sign."""

    def composition(type_: Any, a: Any) -> Any:
        kernels, zero = type_.kernels, type_.number(0.0)
        result = function(type_, kernels.abs(a))
        signed = kernels.where(kernels.lt(a, zero), kernels.neg(result), result)
        return kernels.where(kernels.eq(a, zero), a, signed)

    return composition


_HUGE = 1e8  # whose square is the same with or without 1 added
_LN2 = 0.6931471805599453


def _asinh(type_: Any, size: Any) -> Any:
    """log1p(x + x**2 / (1 + sqrt(1 + x**2))) for x >= 0, to within 3 ulp."""
    kernels, one, huge = type_.kernels, type_.number(1.0), type_.number(_huge(type_))
    is_huge = kernels.lt(huge, size)
    moderate = kernels.where(is_huge, one, size)
    square = kernels.mul(moderate, moderate)
    root = kernels.sqrt(kernels.add(square, one))
    near = kernels.log1p(kernels.add(moderate, kernels.div(square, kernels.add(one, root))))
    far = kernels.add(kernels.log(size), type_.number(_LN2))
    return kernels.where(is_huge, far, near)


def _acosh(type_: Any, a: Any) -> Any:
    """log1p(t + sqrt(2 t + t**2)) with t = x - 1, to within 3 ulp."""
    kernels, one, huge = type_.kernels, type_.number(1.0), type_.number(_huge(type_))
    is_huge = kernels.lt(huge, a)
    t = kernels.sub(kernels.where(is_huge, one, a), one)
    root = kernels.sqrt(kernels.mul(t, kernels.add(t, type_.number(2.0))))
    near = kernels.log1p(kernels.add(t, root))
    far = kernels.add(kernels.log(a), type_.number(_LN2))
    result = kernels.where(is_huge, far, near)
    return kernels.where(kernels.lt(a, one), type_.number(float("nan")), result)


def _turned(name: str) -> Callable[..., Any]:
    """The composition for complex z of f(z) = -i g(i z), where the kernel ``name`` is g."""

    def composition(type_: Any, a: Any) -> Any:
        neg = type_.with_dtype(type_.dtype.to_real()).kernels.neg
        real, imag = apart(type_, a)
        real, imag = apart(type_, getattr(type_.kernels, name)(together(type_, neg(imag), real)))
        return together(type_, imag, neg(real))

    return composition


def _complex_acosh(type_: Any, a: Any) -> Any:
    """Either i acos(z) or -i acos(z): that of the two whose real part is not negative."""
    kernels = type_.with_dtype(type_.dtype.to_real()).kernels
    _, side = apart(type_, a)
    real, imag = apart(type_, type_.kernels.acos(a))
    return together(type_, kernels.abs(imag), kernels.copysign(real, side))


def _huge(type_: Any) -> float:
    return 200.0 if type_.dtype.name == "float16" else _HUGE


def _atanh(type_: Any, size: Any) -> Any:
    """log1p(2 x / (1 - x)) / 2 for x >= 0, to within 3 ulp."""
    kernels, one = type_.kernels, type_.number(1.0)
    quotient = kernels.div(kernels.add(size, size), kernels.sub(one, size))
    return kernels.mul(kernels.log1p(quotient), type_.number(0.5))


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad * (input * input + 1).rsqrt()},
    default=complex_by(_turned("asin"), _odd(_asinh)),
)
def asinh(input: Tensor) -> Tensor:
    """Take the inverse hyperbolic sine. Source of the semantics: ``torch.asinh``.

    Example:
        >>> import flambeau as torch
        >>> torch.asinh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8814])
    """


arcsinh = alias(asinh, "arcsinh")


def _acosh_input(grad: Tensor, input: Tensor) -> Tensor:
    if input._type.complex:  # the roots apart: their product is on the branch of acosh
        return grad * ((input - 1).rsqrt() * (input + 1).rsqrt())
    return grad * (input * input - 1).rsqrt()


@elementwise(
    promotion=FLOATING,
    derivatives={"input": _acosh_input},
    default=complex_by(_complex_acosh, _acosh),
)
def acosh(input: Tensor) -> Tensor:
    """Take the inverse hyperbolic cosine; nan below 1. Source of the semantics: ``torch.acosh``.

    Example:
        >>> import flambeau as torch
        >>> torch.acosh(torch.tensor([1.0, 2.0]))
        tensor([0.0000, 1.3170])
    """


arccosh = alias(acosh, "arccosh")


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad / (1 - input * input)},
    default=complex_by(_turned("atan"), _odd(_atanh)),
)
def atanh(input: Tensor) -> Tensor:
    """Take the inverse hyperbolic tangent; infinite at -1 and 1, nan beyond. Source: ``torch.atanh``.

    Example:
        >>> import flambeau as torch
        >>> torch.atanh(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.5493])
    """


arctanh = alias(atanh, "arctanh")


@in_single_formula
def _atan2_slope(grad: Tensor, leg: Tensor, input: Tensor, other: Tensor) -> Tensor:
    """The gradient times ``leg`` over the squared distance; 0 in the origin, which has no direction."""
    square = input * input + other * other
    return unless(square == 0, grad, leg / square)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={
        "input": lambda grad, input, other: _atan2_slope(grad, other, input, other),
        "other": lambda grad, input, other: _atan2_slope(grad, -input, input, other),
    },
)
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """Give the angle of the point (``other``, ``input``), in radians in (-pi, pi]. Source: ``torch.atan2``.

    Example:
        >>> import flambeau as torch
        >>> torch.atan2(torch.tensor([1.0]), torch.tensor([1.0]))
        tensor([0.7854])
    """


arctan2 = alias(atan2, "arctan2")


def _hypot(type_: Any, a: Any, b: Any) -> Any:
    """The larger operand times sqrt(1 + quotient**2): nothing overflows."""
    kernels, zero, one, infinity = type_.kernels, type_.number(0.0), type_.number(1.0), type_.number(float("inf"))
    a, b = kernels.abs(a), kernels.abs(b)
    larger, smaller = kernels.maximum(a, b), kernels.minimum(a, b)
    quotient = kernels.div(smaller, kernels.where(kernels.eq(larger, zero), one, larger))
    result = kernels.mul(larger, kernels.sqrt(kernels.add(one, kernels.mul(quotient, quotient))))
    infinite = kernels.bitwise_or(kernels.eq(a, infinity), kernels.eq(b, infinity))
    return kernels.where(infinite, infinity, result)


@elementwise(
    complex=False,
    derivatives={
        "input": lambda grad, input, result: grad * (input / result),
        "other": lambda grad, other, result: grad * (other / result),
    },
    check=only(dtypes.FLOATING, "hypot"),
    default=_hypot,
)
def hypot(input: Tensor, other: Tensor) -> Tensor:
    """Give the hypotenuse of legs ``input`` and ``other``, without overflow; floats only. Source: ``torch.hypot``.

    Example:
        >>> import flambeau as torch
        >>> torch.hypot(torch.tensor([3.0]), torch.tensor([4.0]))
        tensor([5.])
    """


_DEGREE = pi / 180


def _times(factor: float) -> Callable[..., Any]:
    return lambda type_, a: in_single(type_, a, lambda wide, b: wide.kernels.mul(b, wide.number(factor)))


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": lambda grad: grad * _DEGREE},
    default=_times(_DEGREE),
    node="Deg2RadBackward0",
)
def deg2rad(input: Tensor) -> Tensor:
    """Convert angles from degrees to radians. Source of the semantics: ``torch.deg2rad``.

    Example:
        >>> import flambeau as torch
        >>> torch.deg2rad(torch.tensor([180.0, 90.0]))
        tensor([3.1416, 1.5708])
    """


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": lambda grad: grad * (180 / pi)},
    default=_times(180 / pi),
    node="Rad2DegBackward0",
)
def rad2deg(input: Tensor) -> Tensor:
    """Convert angles from radians to degrees. Source of the semantics: ``torch.rad2deg``.

    Example:
        >>> import flambeau as torch
        >>> torch.rad2deg(torch.tensor([3.14159265, 1.0]))
        tensor([180.0000,  57.2958])
    """


@in_single_formula
def _sinc_input(grad: Tensor, input: Tensor) -> Tensor:
    angle = input * pi
    denominator = angle * input
    return unless(denominator == 0, grad, (angle * angle.cos() - angle.sin()) / denominator)


def _sinc_composition(type_: Any, a: Any) -> Any:
    return in_single(type_, a, _sinc)


def _sinc(type_: Any, a: Any) -> Any:
    kernels, zero, one = type_.kernels, type_.number(0.0), type_.number(1.0)
    angle = kernels.mul(a, type_.number(pi))
    at_zero = kernels.eq(a, zero)
    return kernels.where(at_zero, one, kernels.div(kernels.sin(angle), kernels.where(at_zero, one, angle)))


@elementwise(promotion=FLOATING, derivatives={"input": _sinc_input}, default=_sinc_composition)
def sinc(input: Tensor) -> Tensor:
    """Compute sin(pi x) / (pi x), which is 1 at 0. Source of the semantics: ``torch.sinc``.

    Example:
        >>> import flambeau as torch
        >>> torch.sinc(torch.tensor([0.0, 0.5]))
        tensor([1.0000, 0.6366])
    """
