"""The operators of tensors: ``+``, ``@``, ``<`` and the rest, as methods that the ops provide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._methods import method
from .._tensor import Tensor, from_array
from . import arithmetic, bitwise, comparison, linalg, powers, rounding
from ._runtime import as_operand, slow_operator

__all__: list[str] = []


_COMMUTATIVE = ("add", "mul", "and", "or", "xor")


def _reflected(function: Any) -> Callable[[Tensor, Any], Any]:
    name, operator = function.row.name, getattr(function, "operator", None)
    if operator is None:
        return lambda self, other: function(other, self)

    def reflected(self: Tensor, other: Any) -> Any:
        type_ = self._type
        if (other.__class__ is float or other.__class__ is int) and type_.floats:
            return operator(from_array(type_.number(other), type_), self)
        return slow_operator(name, other, self)

    return reflected


def _inplace(name: str) -> Callable[[Tensor, Any], Any]:
    def operator(self: Tensor, other: Any) -> Any:
        return NotImplemented if as_operand(other) is None else getattr(self, name)(other)

    return operator


def _matmul(self: Tensor, other: Any) -> Any:
    return linalg.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


def _unequal(self: Tensor, other: Any) -> Any:
    return _compare(self, other, comparison.ne, True)


def _equal(self: Tensor, other: Any) -> Any:
    return _compare(self, other, comparison.eq, False)


def _compare(self: Tensor, other: Any, function: Any, otherwise: bool) -> Any:
    result = function.operator(self, other)
    return otherwise if result is NotImplemented else result


def _invert(self: Tensor) -> Tensor:
    return bitwise.bitwise_not(self)


_BINARY: dict[str, Any] = {
    "add": arithmetic.add, "sub": arithmetic.sub, "mul": arithmetic.mul, "truediv": arithmetic.div,
    "floordiv": arithmetic.floor_divide, "mod": arithmetic.remainder, "pow": powers.pow,
    "and": bitwise.bitwise_and, "or": bitwise.bitwise_or, "xor": bitwise.bitwise_xor,
    "lshift": bitwise.bitwise_left_shift, "rshift": bitwise.bitwise_right_shift,
}  # fmt: skip


def _number_over(self: Tensor, other: Any) -> Any:
    """``other / self``; of 16 bits, the reciprocal is rounded before it is multiplied, as in PyTorch."""
    if self._type.halves and (other.__class__ is float or other.__class__ is int):
        return arithmetic.reciprocal(self) * other
    return _divided(self, other)


_divided = _reflected(arithmetic.div)

for _symbol, _function in _BINARY.items():
    method(f"__{_symbol}__")(getattr(_function, "operator", _function))
    _right = _number_over if _symbol == "truediv" else _reflected(_function)
    method(f"__r{_symbol}__")(_function.operator if _symbol in _COMMUTATIVE else _right)
    method(f"__i{_symbol}__")(_inplace(f"{_function.row.name}_"))

_ORDER: dict[str, Any] = {"lt": comparison.lt, "le": comparison.le, "gt": comparison.gt, "ge": comparison.ge}

for _symbol, _function in _ORDER.items():
    method(f"__{_symbol}__")(_function.operator)

_OTHERS: dict[str, Any] = {
    "eq": _equal,
    "ne": _unequal,
    "matmul": _matmul,
    "neg": rounding.neg,
    "abs": rounding.abs,
    "invert": _invert,
    "pos": rounding.positive,
}

for _symbol, _function in _OTHERS.items():
    method(f"__{_symbol}__")(_function)
