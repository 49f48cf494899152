"""Element-wise powers."""

from __future__ import annotations

import builtins
import math
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import zero_gradient
from flambeau._dispatch.declare import NUMBERS, composite, elementwise
from flambeau._dispatch.out import with_out
from flambeau._dispatch.runtime import Number, not_a_tensor, number_argument
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau.dtypes import scalar_type_name
from flambeau.promotion import result_dtype

from .selection import unless

__all__ = ["float_power", "pow", "square"]


def _no_negative_number(values: Any, arrays: Any, type_: Any) -> None:
    base, exponent = values
    if type_.dtype is dtypes.bool and (isinstance(exponent, Tensor) or not isinstance(base, Tensor)):
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    if not isinstance(exponent, Tensor) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")


def _integer_power(type_: Any, a: Any, b: Any) -> Any:
    """The power of integers; a negative exponent gives the quotient rounded towards zero: 0, but for 1 and -1."""
    kernels, zero, one = type_.kernels, type_.number(0), type_.number(1)
    if type_.dtype is dtypes.bool:
        return kernels.bitwise_or(a, kernels.logical_not(b))
    negative = kernels.lt(b, zero)
    if not type_.backend.asynchronous:
        some = kernels.any(negative, tuple(range(len(b.shape))), False)
        if not from_array(some, type_.boolean).item():
            return kernels.pow(a, b)
    power = kernels.pow(a, kernels.where(negative, kernels.bitwise_and(b, one), b))  # of -1, the last bit matters
    is_unit = kernels.eq(kernels.mul(kernels.sign(a), a), one)
    return kernels.where(kernels.bitwise_and(negative, kernels.logical_not(is_unit)), zero, power)


def _pow_input(grad: Tensor, input: Any, exponent: Any) -> Any:
    if not isinstance(exponent, Tensor) and not exponent:
        return zero_gradient(grad)
    slope = exponent * input ** (exponent - 1)
    return unless(exponent == 0, grad, slope) if isinstance(exponent, Tensor) else grad * slope


def _logarithm(number: Any, *, complex: bool) -> Any:
    """The logarithm of a Python number, in all its digits; of a negative one nan, unless the result is complex."""
    if complex or isinstance(number, builtins.complex):
        import cmath  # few programs need it

        return cmath.log(number)
    return math.log(number) if number > 0 else math.nan


def _pow_exponent(grad: Tensor, input: Any, exponent: Any, result: Tensor) -> Any:
    if not isinstance(input, Tensor) and input != 0:
        return grad * (result * _logarithm(input, complex=result._type.complex))
    if not isinstance(input, Tensor):
        input = result.new_full((), input)
    # At 0 ** b with b >= 0 the derivative is 0, where log(0) would give nan.
    size = exponent.real if exponent._type.complex else exponent
    return unless((input == 0) & (size >= 0), grad, result * input.log())


@elementwise(
    derivatives={"input": _pow_input, "exponent": _pow_exponent},
    integer_check=_no_negative_number,
    integers=_integer_power,
)
def pow(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """Raise ``input`` to the power ``exponent``. Source of the semantics: ``torch.pow``.

    Raises:
        RuntimeError: integers are raised to a negative Python number; to a negative element they give 0, 1 or -1.

    Example:
        >>> import flambeau as torch
        >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
        tensor([1., 4., 9.])
    """


@elementwise(
    promotion=NUMBERS,
    domain="numbers",
    derivatives={"input": lambda grad, input: grad * (2 * input)},
    node="PowBackward0",
    default=lambda type_, a: type_.kernels.mul(a, a),
)
def square(input: Tensor) -> Tensor:
    """Square each element; bool gives int64. Source of the semantics: ``torch.square``.

    Example:
        >>> import flambeau as torch
        >>> torch.square(torch.tensor([-2, 3]))
        tensor([4, 9])
    """


def _double_dtype(*values: Any) -> dtypes.dtype:
    return dtypes.complex128 if result_dtype(values).is_complex else dtypes.float64


def _as_dtype(value: Any, dtype: dtypes.dtype) -> Any:
    number = number_argument("float_power", "exponent", value)
    return number.to(dtype) if isinstance(number, Tensor) else complex(number) if dtype.is_complex else float(number)


def _must_be(what: str, dtype: dtypes.dtype, required: dtypes.dtype) -> None:
    if dtype is not required:
        raise RuntimeError(
            f"the {what} has dtype {scalar_type_name(dtype)} but the operation's result requires dtype "
            f"{scalar_type_name(required)}"
        )


@composite()
def float_power(input: Tensor | Number, exponent: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Raise ``input`` to the power ``exponent`` in double precision. Source of the semantics: ``torch.float_power``.

    Raises:
        TypeError: neither is a tensor.
        RuntimeError: ``out``, or the tensor of the in-place form, is not float64 (complex128 for a complex operand).

    Example:
        >>> import flambeau as torch
        >>> torch.float_power(torch.tensor([2, 3]), -1)
        tensor([0.5000, 0.3333], dtype=torch.float64)
    """
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        raise not_a_tensor("float_power", "input", 1, input)
    dtype = _double_dtype(input, exponent)
    if out is not None:
        _must_be("output given to float_power", out.dtype, dtype)
        return with_out(out, float_power, input, exponent)  # type: ignore[no-any-return]
    return pow(_as_dtype(input, dtype), _as_dtype(exponent, dtype))


@method("float_power_")
def _float_power_inplace(self: Tensor, exponent: Tensor | Number) -> Tensor:
    """In-place form of :func:`flambeau.float_power`; this tensor must be float64, or complex128."""
    dtype = _double_dtype(self, exponent)
    _must_be("base given to float_power_", self.dtype, dtype)
    return self.pow_(_as_dtype(exponent, dtype))
