"""Element-wise arithmetic, powers, minimum and maximum."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor, from_array
from ._checks import no_bool, no_complex, no_derivative, no_zero_divisor, not_bool, real_numbers
from ._declare import FLOATING, alias, elementwise
from ._rules import unchanged
from ._runtime import Number
from .selection import where

__all__ = [
    "add",
    "arctan2",
    "atan2",
    "div",
    "divide",
    "floor_divide",
    "fmod",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "pow",
    "reciprocal",
    "remainder",
    "square",
    "sub",
    "subtract",
    "true_divide",
]


@elementwise(derivatives={"input": unchanged, "other": unchanged})
def add(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Add ``alpha * other`` to ``input``. Source of the semantics: ``torch.add``.

    Example:
        >>> import flambeau as torch
        >>> torch.add(torch.tensor([1, 2]), torch.tensor([10, 20]), alpha=2)
        tensor([21, 42])
    """


@elementwise(
    derivatives={"input": unchanged, "other": lambda grad: -grad},
    operand_check=no_bool("Subtraction, the `-` operator, with a bool tensor"),
    domain="numbers",
)
def sub(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Subtract ``alpha * other`` from ``input``. Source of the semantics: ``torch.sub``.

    Raises:
        RuntimeError: an operand is bool.

    Example:
        >>> import flambeau as torch
        >>> torch.sub(torch.tensor([1, 2]), 1)
        tensor([0, 1])
    """


subtract = alias(sub, "subtract")


@elementwise(derivatives={"input": lambda grad, other: grad * other, "other": lambda grad, input: grad * input})
def mul(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Multiply ``input`` by ``other``. Source of the semantics: ``torch.mul``.

    Example:
        >>> import flambeau as torch
        >>> torch.mul(torch.tensor([[1], [2]]), torch.tensor([3, 4]))
        tensor([[3, 4],
                [6, 8]])
    """


multiply = alias(mul, "multiply")


@elementwise(
    promotion=FLOATING,
    derivatives={
        "input": lambda grad, other: grad / other,
        "other": lambda grad, input, other: -grad * ((input / other) / other),
    },
)
def div(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Divide ``input`` by ``other``; integers give floats. Source of the semantics: ``torch.div``.

    Example:
        >>> import flambeau as torch
        >>> torch.div(torch.tensor([1, 2]), 2)
        tensor([0.5000, 1.0000])
    """


divide = alias(div, "divide")
true_divide = alias(div, "true_divide")


def _floor_quotient(input: Any, other: Any) -> Any:
    return (input / other).floor()


def _truncated_quotient(input: Any, other: Any) -> Any:
    return (input / other).trunc()


@elementwise(
    derivatives={"input": no_derivative("floor_divide"), "other": no_derivative("floor_divide")},
    check=real_numbers("floor_divide"),
    integer_check=no_zero_divisor,
)
def floor_divide(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Divide and round down. Source of the semantics: ``torch.floor_divide``.

    Raises:
        RuntimeError: an integer is divided by zero.

    Example:
        >>> import flambeau as torch
        >>> torch.floor_divide(torch.tensor([5, -5]), 2)
        tensor([ 2, -3])
    """


@elementwise(
    derivatives={
        "input": lambda grad: grad,
        "other": lambda grad, input, other: -grad * _floor_quotient(input, other),
    },
    check=real_numbers("remainder"),
    integer_check=no_zero_divisor,
)
def remainder(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Give the remainder with the sign of the divisor, as Python's ``%``. Source: ``torch.remainder``.

    Raises:
        RuntimeError: an integer is divided by zero.

    Example:
        >>> import flambeau as torch
        >>> torch.remainder(torch.tensor([5, -5]), 3)
        tensor([2, 1])
    """


@elementwise(
    derivatives={
        "input": lambda grad: grad,
        "other": lambda grad, input, other: -grad * _truncated_quotient(input, other),
    },
    check=real_numbers("fmod"),
    integer_check=no_zero_divisor,
)
def fmod(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Give the remainder with the sign of the dividend, as C's ``fmod``. Source: ``torch.fmod``.

    Raises:
        RuntimeError: an integer is divided by zero.

    Example:
        >>> import flambeau as torch
        >>> torch.fmod(torch.tensor([5, -5]), 3)
        tensor([ 2, -2])
    """


def _no_negative_exponent(a: Any, b: Any, type_: Any) -> None:
    kernels = type_.kernels
    negative = kernels.lt(b, type_.number(0))
    if from_array(kernels.any(negative, tuple(range(len(b.shape))), False), type_.boolean).item():
        raise RuntimeError("Integers to negative integer powers are not allowed.")


def _pow_input(grad: Tensor, input: Any, exponent: Any) -> Any:
    if not isinstance(exponent, Tensor) and not exponent:
        return grad * 0
    slope: Tensor = grad * (exponent * input ** (exponent - 1))
    return where(exponent == 0, 0.0, slope) if isinstance(exponent, Tensor) else slope


def _pow_exponent(grad: Tensor, input: Any, exponent: Any, result: Tensor) -> Any:
    if not isinstance(input, Tensor):
        input = result.new_full((), input)
    # At 0 ** b with b >= 0 the derivative is 0, where log(0) would give nan.
    return where((input == 0) & (exponent >= 0), 0.0, grad * (result * input.log()))


@elementwise(
    derivatives={"input": _pow_input, "exponent": _pow_exponent},
    check=not_bool("pow"),
    integer_check=_no_negative_exponent,
)
def pow(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """Raise ``input`` to the power ``exponent``. Source of the semantics: ``torch.pow``.

    Raises:
        RuntimeError: an integer is raised to a negative integer.

    Example:
        >>> import flambeau as torch
        >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
        tensor([1., 4., 9.])
    """


@elementwise(
    check=not_bool("square"),
    domain="numbers",
    derivatives={"input": lambda grad, input: grad * (2 * input)},
    kernel="square",
    default=lambda type_, a: type_.kernels.mul(a, a),
)
def square(input: Tensor) -> Tensor:
    """Square each element. Source of the semantics: ``torch.square``.

    Example:
        >>> import flambeau as torch
        >>> torch.square(torch.tensor([-2, 3]))
        tensor([4, 9])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, result: -grad * (result * result)},
    default=lambda type_, a: type_.kernels.div(type_.number(1.0), a),
)
def reciprocal(input: Tensor) -> Tensor:
    """Divide 1 by each element. Source of the semantics: ``torch.reciprocal``.

    Example:
        >>> import flambeau as torch
        >>> torch.reciprocal(torch.tensor([2.0, 4.0]))
        tensor([0.5000, 0.2500])
    """


@elementwise(
    derivatives={
        "input": lambda grad, input, other: _share_of_unless_less(grad, input, other),
        "other": lambda grad, input, other: _share_of_unless_less(grad, other, input),
    },
    check=no_complex("maximum"),
    inplace=False,
    domain="any",
)
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Take the larger of two elements; nan wins. Source of the semantics: ``torch.maximum``.

    Where they are equal, each gets half of the gradient.

    Example:
        >>> import flambeau as torch
        >>> torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2]))
        tensor([3, 5])
    """


@elementwise(
    derivatives={
        "input": lambda grad, input, other: _share_of_unless_less(grad, other, input),
        "other": lambda grad, input, other: _share_of_unless_less(grad, input, other),
    },
    check=no_complex("minimum"),
    inplace=False,
    domain="any",
)
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Take the smaller of two elements; nan wins. Source of the semantics: ``torch.minimum``.

    Where they are equal, each gets half of the gradient.

    Example:
        >>> import flambeau as torch
        >>> torch.minimum(torch.tensor([1, 5]), torch.tensor([3, 2]))
        tensor([1, 2])
    """


def _share_of_unless_less(grad: Tensor, one: Any, two: Any) -> Any:
    """Nothing where ``one < two``, half of the gradient where they are equal, else all of it."""
    return where(one < two, 0.0, where(one == two, grad / 2, grad))


@elementwise(
    promotion=FLOATING,
    derivatives={
        "input": lambda grad, input, other: grad * other / (input * input + other * other),
        "other": lambda grad, input, other: -grad * input / (input * input + other * other),
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
