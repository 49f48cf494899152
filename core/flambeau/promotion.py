"""Type promotion: which dtype an operation on several operands has.

PyTorch ranks operands in three classes: tensors with dimensions, 0-d tensors, Python numbers. A class of lower rank
matters only if its category (boolean, integral, floating, complex) is higher than that of the classes before it.
Source of the semantics: PyTorch's "Tensor Attributes" page, section "type promotion".
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from operator import index
from typing import Any, TypeAlias

from . import dtypes
from .dtypes import dtype, scalar_type_name

__all__ = ["can_cast", "get_default_dtype", "promote_types", "result_type", "set_default_dtype"]

Number: TypeAlias = bool | int | float | complex

PYTHON_NUMBERS = frozenset({bool, int, float, complex})
"""The classes of the numbers that are nothing else, as ``numpy.float64`` is a ``float`` and a scalar of NumPy."""

_SIGNED_ABOVE_UINT8 = {dtypes.int8: dtypes.int16}
_default = dtypes.float32
_COMPLEX_OF = {
    dtypes.float16: dtypes.complex32,
    dtypes.bfloat16: dtypes.complex64,
    dtypes.float32: dtypes.complex64,
    dtypes.float64: dtypes.complex128,
}


def get_default_dtype() -> dtype:
    """The dtype of floating point tensors made from Python numbers. Source: ``torch.get_default_dtype``."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Make ``d`` the dtype of floating point tensors made from Python numbers. Source: ``torch.set_default_dtype``.

    Raises:
        TypeError: ``d`` is not a floating point dtype.
    """
    global _default
    if not (isinstance(d, dtype) and d.is_floating_point):
        raise TypeError(f"only floating-point types are supported as the default type, not {d!r}")
    _default = d


@cache
def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that both convert to. Source of the semantics: ``torch.promote_types``.

    Raises:
        TypeError: one of them is not a dtype.

    Example:
        >>> import flambeau as torch
        >>> torch.promote_types(torch.int32, torch.float32), torch.promote_types(torch.uint8, torch.int8)
        (torch.float32, torch.int16)
    """
    type1, type2 = _as_dtypes("promote_types", type1, type2)
    low, high = sorted((type1, type2), key=lambda d: (d.category, d.itemsize, d.is_signed))
    if low is high:
        return high
    if high.is_complex and low.is_floating_point:
        return promote_types(high, _COMPLEX_OF[low])
    if {low, high} == {dtypes.float16, dtypes.bfloat16}:
        return dtypes.float32
    if low is dtypes.uint8:
        return _SIGNED_ABOVE_UINT8.get(high, high)
    return high


def as_number(value: Any) -> Number | None:
    """The Python number that PyTorch takes ``value`` for; None if it takes it for none.

    Numbers that are more than that (``numpy.float64``, an ``IntEnum``) and the scalars of array libraries are taken, 0-d
    arrays and numbers that no array holds (``Fraction``, ``Decimal``) are not. Scalars that are neither integers nor
    Python numbers count as floats, ``numpy.bool_`` and ``numpy.complex64`` too, as in PyTorch.
    """
    for kind in (int, float, complex):
        if isinstance(value, kind):
            return value if value.__class__ in PYTHON_NUMBERS else kind(value)  # type: ignore[arg-type]
    if not is_scalar(value):
        return None
    return index(value) if hasattr(value, "__index__") and value.dtype.kind != "b" else float(value)


def is_scalar(value: Any) -> bool:
    """Whether ``value`` is the scalar of an array library: with a dtype of numbers, no dimensions, and unchangeable."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind != "" and kind in "biufc" and value.shape == () and type(value).__hash__ is not None


def category_of_number(number: object) -> int:
    """The promotion category of a number."""
    number = as_number(number)
    if isinstance(number, bool):
        return dtypes.BOOLEAN
    if isinstance(number, int):
        return dtypes.INTEGRAL
    return dtypes.COMPLEX if isinstance(number, complex) else dtypes.FLOATING


def dtype_of_number(number: object) -> dtype:
    """The dtype that a number has by itself."""
    return _default_of_category(category_of_number(number))


def _default_of_category(category: int) -> dtype:
    if category == dtypes.BOOLEAN:
        return dtypes.bool
    if category == dtypes.INTEGRAL:
        return dtypes.int64
    return _default if category == dtypes.FLOATING else _COMPLEX_OF[_default]


def result_dtype(operands: Iterable[Any]) -> dtype:
    """The dtype of an operation on tensors and numbers."""
    dimensioned: dtype | None = None
    zero_dim: dtype | None = None
    number_category = -1
    for operand in operands:
        operand_dtype = getattr(operand, "dtype", None)
        if operand_dtype.__class__ is not dtype:
            number_category = max(number_category, category_of_number(operand))
        elif operand.shape:
            dimensioned = promote_types(dimensioned, operand_dtype) if dimensioned else operand_dtype
        else:
            zero_dim = promote_types(zero_dim, operand_dtype) if zero_dim else operand_dtype
    result = _combine(_combine(dimensioned, zero_dim), _number_dtype(number_category, dimensioned or zero_dim))
    assert result is not None
    return result


def result_type(*operands: Any, **named: Any) -> dtype:
    """The dtype of an operation on two tensors or numbers. Source of the semantics: ``torch.result_type``.

    By keyword they are ``tensor`` and ``other``, ``scalar`` and ``tensor``, or ``scalar1`` and ``scalar2``.

    Raises:
        TypeError: one of them is neither, or there are not two.

    Example:
        >>> import flambeau as torch
        >>> torch.result_type(torch.tensor([1, 2]), 1.0)
        torch.float32
    """
    for name in named.keys() - {"tensor", "other", "x2", "scalar", "scalar1", "scalar2"}:
        raise TypeError(f"result_type() got an unexpected keyword argument '{name}'")
    operands = (*operands, *named.values())
    if len(operands) != 2:
        raise TypeError(f"result_type() takes two tensors or numbers, but {len(operands)} were given")
    for operand in operands:
        if not isinstance(getattr(operand, "dtype", None), dtype) and as_number(operand) is None:
            raise TypeError(f"result_type(): expected tensors or numbers, but got {type(operand).__name__}")
    return result_dtype(operands)


def _as_dtypes(name: str, *arguments: object) -> list[dtype]:
    for argument in arguments:
        if not dtypes.stands_for_dtype(argument):
            raise TypeError(f"{name}(): arguments must be torch.dtype, not {type(argument).__name__}")
    return [dtypes.as_dtype(argument) for argument in arguments]


def _combine(stronger: dtype | None, weaker: dtype | None) -> dtype | None:
    if stronger is None or weaker is None:
        return stronger or weaker
    if weaker.category > stronger.category:
        if stronger.is_floating_point:  # beside a complex number, which takes the precision
            return _COMPLEX_OF[stronger]
        return promote_types(stronger, weaker)
    return stronger


def _number_dtype(category: int, beside: dtype | None) -> dtype | None:
    """The dtype of the Python numbers of an operation; beside a float tensor, complex takes its precision."""
    if category < 0:
        return None
    if category == dtypes.COMPLEX and beside is not None and beside.is_floating_point:
        return _COMPLEX_OF[beside]
    return _default_of_category(category)


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether promotion may convert ``from_`` to ``to``: never to a lower category. Source: ``torch.can_cast``.

    Raises:
        TypeError: one of them is not a dtype.

    Example:
        >>> import flambeau as torch
        >>> torch.can_cast(torch.float64, torch.float32), torch.can_cast(torch.float32, torch.int64)
        (True, False)
    """
    from_, to = _as_dtypes("can_cast", from_, to)
    if not from_.is_signed and from_.category == to.category == dtypes.INTEGRAL:
        return True
    return from_.category <= to.category


def cast_error(found: dtype, wanted: dtype) -> RuntimeError:
    """PyTorch's error for results of a dtype that cannot be written as what is there, or asked for."""
    return RuntimeError(
        f"result type {scalar_type_name(found)} can't be cast to the desired output type {scalar_type_name(wanted)}"
    )
