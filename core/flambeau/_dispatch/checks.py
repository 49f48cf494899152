"""Dtype checks that several families of element-wise ops share, as values for ``check=``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name

from .late import refuse_later

__all__ = [
    "INVERT_ADVICE",
    "integers_and_bool",
    "is_at_hand",
    "no_bool",
    "no_complex",
    "no_complex_halves",
    "no_derivative",
    "no_zero_divisor",
    "not_bool",
    "only",
    "real_numbers",
    "refuse_complex",
    "refuse_unless",
    "zero_gradient",
]

INVERT_ADVICE = "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."

Check = Callable[[dtypes.dtype], None]


def no_bool(operation: str, advice: str = INVERT_ADVICE) -> Check:
    """Refuse bool, in PyTorch's words."""

    def check(dtype: dtypes.dtype) -> None:
        if dtype is dtypes.bool:
            raise RuntimeError(f"{operation} is not supported. {advice}")

    return check


def not_bool(function: str) -> Check:
    """Refuse bool as the dtype of the computation."""

    def check(dtype: dtypes.dtype) -> None:
        if dtype is dtypes.bool:
            raise NotImplementedError(f"\"{function}\" not implemented for 'Bool'")

    return check


def real_numbers(function: str) -> Check:
    """Refuse bool and complex dtypes."""

    def check(dtype: dtypes.dtype) -> None:
        if dtype is dtypes.bool or dtype.is_complex:
            raise NotImplementedError(f"\"{function}\" not implemented for '{scalar_type_name(dtype)}'")

    return check


def only(category: int, function: str) -> Check:
    """Refuse all dtypes but those of one category, ``dtypes.INTEGRAL`` or ``dtypes.FLOATING``."""

    def check(dtype: dtypes.dtype) -> None:
        if dtype.category != category:
            raise NotImplementedError(f"\"{function}_cpu\" not implemented for '{scalar_type_name(dtype)}'")

    return check


def no_complex(function: str) -> Check:
    """Refuse complex dtypes."""

    def check(dtype: dtypes.dtype) -> None:
        if dtype.is_complex:
            raise RuntimeError(f"{function} is not supported for complex tensors")

    return check


def no_complex_halves(kernel: str, dtype: dtypes.dtype) -> None:
    """Refuse complex32, in PyTorch's words, which name its kernel."""
    if dtype is dtypes.complex32:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(dtype)}'")


_REFUSED_OTHERWISE = ("maximum", "minimum", "fmax", "fmin", "isposinf", "isneginf")

_REFUSALS = {
    **{name: f"{name} is not supported for complex inputs" for name in ("floor", "ceil", "trunc")},
    "sign": "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
    "signbit": "signbit is not implemented for complex tensors.",
    "relu": "clamp is not supported for complex types",
}
"""What PyTorch says where it does not name a kernel."""

_KERNELS = {
    "floor_divide": "div_floor_cpu", "digamma": "digamma", "round": "round_vml_cpu", "erf": "erf_vml_cpu",
    "lgamma": "lgamma_vml_cpu", "i0": "i0_vml_cpu",
}  # fmt: skip
"""The kernels that PyTorch names, where they are not called as the function is."""


def refuse_complex(function: str) -> Callable[..., Any]:
    """What stands for an op on complex numbers that has no meaning for them; it raises PyTorch's class of error."""

    def refuse(*operands: Any) -> Any:
        if function in _REFUSED_OTHERWISE:
            raise RuntimeError(f"{function} not implemented for complex tensors.")
        if function in ("deg2rad", "rad2deg"):
            raise RuntimeError(f"{function} is not supported for complex tensors.")
        found = [operand.dtype for operand in operands if isinstance(operand, Tensor) and operand._type.complex]
        dtype = found[0] if found else dtypes.complex64  # a Python number
        kernel = _KERNELS.get(function, f"{function}_cpu")
        raise NotImplementedError(
            _REFUSALS.get(function, f"\"{kernel}\" not implemented for '{scalar_type_name(dtype)}'")
        )

    return refuse


def integers_and_bool(function: str) -> Check:
    """Refuse floating and complex dtypes."""

    def check(dtype: dtypes.dtype) -> None:
        if dtype.category > dtypes.INTEGRAL:
            raise NotImplementedError(f"\"{function}_cpu\" not implemented for '{scalar_type_name(dtype)}'")

    return check


def no_derivative(function: str) -> Callable[[Any], Any]:
    """A formula for an op that gradients reach but that has none: an error is better than a gradient that is lacking."""

    def formula(grad: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{function} is not implemented")

    return formula


def zero_gradient(grad: Tensor) -> Tensor:
    """The formula of an op that is constant between its jumps: zeros, also where the gradient is infinite or nan."""
    if grad._sparse:
        zeros: Tensor = grad._values_.new_zeros(tuple(grad.shape))  # type: ignore[attr-defined]
        return zeros
    type_ = grad._type
    return from_array(type_.kernels.full(grad._array.shape, 0, type_.dtype.name), type_)


def no_zero_divisor(values: Any, arrays: Any, type_: Any) -> None:
    """Refuse an integer divisor of zero: PyTorch's error, where hardware would trap or give rubbish."""
    if type_.backend.asynchronous and not isinstance(values[1], Tensor):
        if not values[1]:  # a number needs no device
            raise RuntimeError("ZeroDivisionError")
        return
    refuse_unless_all(arrays[1], type_, lambda: RuntimeError("ZeroDivisionError"))


def is_at_hand(input: Tensor) -> bool:
    """Whether the elements of a tensor can be looked at without waiting for a device."""
    return not input._type.backend.asynchronous


def refuse_unless_all(array: Any, type_: Any, error: Callable[[], Exception]) -> None:
    """Refuse what an array with a zero, or a False, shows; on a device that is not waited for, later.

    Raises:
        Exception: the error.
    """
    found = type_.kernels.all(array, tuple(range(len(array.shape))), False)
    if type_.backend.asynchronous:
        good = type_.boolean.kernels.cast(found, "int64")
        refuse_later(type_, good, good, 1, 2, lambda bad: error())
    elif not from_array(found, type_.boolean).item():
        raise error()


def refuse_unless(condition: Tensor, error: Callable[[], Exception]) -> None:
    """:func:`refuse_unless_all` of a bool tensor."""
    refuse_unless_all(condition._array, condition._type, error)
