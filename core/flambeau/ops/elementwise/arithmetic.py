"""Element-wise arithmetic, minimum and maximum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_bool, no_complex, no_derivative, no_zero_divisor, real_numbers, zero_gradient
from flambeau._dispatch.declare import FLOATING, alias, composite, elementwise, primitive
from flambeau._dispatch.rules import unchanged
from flambeau._dispatch.runtime import Number, array_as, as_operand, is_wide_with, operands_of
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.shapes import check_broadcast

from .selection import where

__all__ = [
    "add",
    "div",
    "divide",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "reciprocal",
    "remainder",
    "rsub",
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
    check=no_bool(
        "Subtraction, the `-` operator, with two bool tensors", "Use the `^` or `logical_xor()` operator instead."
    ),
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


@composite(method=False)
def rsub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Subtract ``alpha * input`` from ``other``: ``sub`` with its operands exchanged. Source: ``torch.rsub``.

    Raises:
        RuntimeError: an operand is bool.

    Example:
        >>> import flambeau as torch
        >>> torch.rsub(torch.tensor([1, 2]), 10)
        tensor([9, 8])
    """
    return sub(other, input, alpha=alpha)


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


@primitive(derivatives={"input": zero_gradient, "other": zero_gradient}, method=False, node="DivBackward2")
def _div_rounded(input: Tensor | Number, other: Tensor | Number, rounding_mode: str) -> Tensor:
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    (a, b), type_ = operands_of("div", (input, other))
    real_numbers(f"div_{rounding_mode}_cpu")(type_.dtype)
    check_broadcast(a.shape, b.shape)
    if not type_.floats:
        no_zero_divisor((input, other), (a, b), type_)
    if is_wide_with(type_, other):
        wide = type_.with_dtype(dtypes.float32)
        quotient = _rounded_quotient(wide, array_as(input, wide), array_as(as_operand(other), wide), rounding_mode)
        return from_array(type_.kernels.cast(quotient, type_.dtype.name), type_)
    return from_array(_rounded_quotient(type_, a, b, rounding_mode), type_)


def _rounded_quotient(type_: TensorType, a: Any, b: Any, rounding_mode: str) -> Any:
    kernels = type_.kernels
    if rounding_mode == "floor":
        return kernels.floor_divide(a, b)
    if type_.floats:
        return kernels.trunc(kernels.div(a, b))
    return kernels.floor_divide(kernels.sub(a, kernels.fmod(a, b)), b)


@elementwise(
    promotion=FLOATING,
    derivatives={
        "input": lambda grad, other: grad / other,
        "other": lambda grad, input, other: -grad * ((input / other) / other),
    },
    variant=_div_rounded,
)
def div(input: Tensor | Number, other: Tensor | Number, *, rounding_mode: str | None = None) -> Tensor:
    """Divide ``input`` by ``other``; integers give floats. Source of the semantics: ``torch.div``.

    With ``rounding_mode="floor"`` the quotient is rounded down, with ``"trunc"`` towards zero; integers stay then.

    Raises:
        RuntimeError: ``rounding_mode`` is another one, or an integer is divided by zero and rounded.

    Example:
        >>> import flambeau as torch
        >>> torch.div(torch.tensor([1, 2]), 2)
        tensor([0.5000, 1.0000])
        >>> torch.div(torch.tensor([7, -7]), 2, rounding_mode="trunc")
        tensor([ 3, -3])
    """


divide = alias(div, "divide")
true_divide = alias(div, "true_divide")


@elementwise(
    complex=False,
    derivatives={"input": no_derivative("floor_divide"), "other": no_derivative("floor_divide")},
    check=real_numbers("div_floor_cpu"),
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
    complex=False,
    derivatives={
        "input": lambda grad: grad,
        "other": lambda grad, input, other: -grad * div(input, other, rounding_mode="floor"),
    },
    check=real_numbers("remainder_cpu"),
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
    complex=False,
    derivatives={
        "input": lambda grad: grad,
        "other": lambda grad, input, other: -grad * div(input, other, rounding_mode="trunc"),
    },
    check=real_numbers("fmod_cpu"),
    integer_check=no_zero_divisor,
)
def fmod(input: Tensor, other: Tensor | Number) -> Tensor:
    """Give the remainder with the sign of the dividend, as C's ``fmod``. Source: ``torch.fmod``.

    Raises:
        RuntimeError: an integer is divided by zero.

    Example:
        >>> import flambeau as torch
        >>> torch.fmod(torch.tensor([5, -5]), 3)
        tensor([ 2, -2])
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
    complex=False,
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
    complex=False,
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


def _without_nan(extreme: str) -> Callable[..., Any]:
    """The composition of fmax and fmin: the number, where the other is nan."""

    def composition(type_: Any, a: Any, b: Any) -> Any:
        kernels = type_.kernels
        larger = getattr(kernels, extreme)(a, b)
        if not type_.floats:
            return larger
        return kernels.where(kernels.isnan(a), b, kernels.where(kernels.isnan(b), a, larger))

    return composition


@elementwise(
    complex=False,
    derivatives={
        "input": lambda grad, input, other: where((input >= other) | other.isnan(), grad, 0.0),
        "other": lambda grad, input, other: where((input >= other) | other.isnan(), 0.0, grad),
    },
    check=no_complex("fmax"),
    domain="any",
    inplace=False,
    default=_without_nan("maximum"),
)
def fmax(input: Tensor, other: Tensor) -> Tensor:
    """Take the larger of two elements; a number wins over nan. Source of the semantics: ``torch.fmax``.

    Where they are equal, ``input`` gets the gradient.

    Example:
        >>> import flambeau as torch
        >>> torch.fmax(torch.tensor([1.0, float("nan")]), torch.tensor([3.0, 2.0]))
        tensor([3., 2.])
    """


@elementwise(
    complex=False,
    derivatives={
        "input": lambda grad, input, other: where((input <= other) | other.isnan(), grad, 0.0),
        "other": lambda grad, input, other: where((input <= other) | other.isnan(), 0.0, grad),
    },
    check=no_complex("fmin"),
    domain="any",
    inplace=False,
    default=_without_nan("minimum"),
)
def fmin(input: Tensor, other: Tensor) -> Tensor:
    """Take the smaller of two elements; a number wins over nan. Source of the semantics: ``torch.fmin``.

    Where they are equal, ``input`` gets the gradient.

    Example:
        >>> import flambeau as torch
        >>> torch.fmin(torch.tensor([1.0, float("nan")]), torch.tensor([3.0, 2.0]))
        tensor([1., 2.])
    """
