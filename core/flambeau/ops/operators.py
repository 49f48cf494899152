"""The operators of tensors: ``+``, ``@``, ``<`` and the rest, as methods that the ops provide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau._dispatch.runtime import as_operand, slow_operator
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau._tensor.overrides import NoImplementationError, ask, overriding, takes_part
from flambeau.ops.creation.data import make_tensor
from flambeau.ops.elementwise import arithmetic, bitwise, comparison, powers, rounding
from flambeau.ops.linalg.matmul import matmul, mm

__all__: list[str] = []


_COMMUTATIVE = ("add", "mul", "and", "or", "xor")


def _taken(function: Any, self: Any, other: Any) -> Any:
    """What the class of an operand makes of an operator; None if none takes part."""
    found = overriding((self, other)) if as_operand(other) is not None else []
    try:
        return ask(found, function, (self, other), {}) if found else None
    except NoImplementationError:
        return NotImplemented


def _reflected(function: Any) -> Callable[[Tensor, Any], Any]:
    name, operator = function.row.name, getattr(function, "operator", None)
    if operator is None:
        return lambda self, other: NotImplemented if as_operand(other) is None else function(other, self)

    def reflected(self: Tensor, other: Any) -> Any:
        try:
            type_ = self._plain_type
        except AttributeError:
            taken = _taken(reflected, self, other)
            if taken is not None:
                return taken
            type_ = self._type
        # Of 16 bits, the number is not rounded first: derivatives use all its digits.
        if (other.__class__ is float or other.__class__ is int) and type_.floats and not type_.halves:
            return operator(from_array(type_.number(other), type_), self)
        result = slow_operator(name, other, self)
        if result is NotImplemented and name == "div" and hasattr(other, "__array__"):
            return arithmetic.reciprocal(self) * other  # whose class has a product, and leaves the quotient to us
        return result

    return reflected


def _same(self: Tensor, other: Any) -> Any:
    """``==``: with an array too, the one comparison where PyTorch makes a tensor of it."""
    result = comparison.eq.operator(self, other)  # type: ignore[attr-defined]
    if result is NotImplemented and hasattr(other, "__array_interface__"):
        try:
            return comparison.eq(self, make_tensor(other, device=self.device))
        except TypeError:  # of strings, objects, dates
            return NotImplemented
    return result


def _direct(function: Any) -> Callable[[Tensor, Any], Any]:
    if hasattr(function, "operator"):
        return function.operator  # type: ignore[no-any-return]
    return lambda self, other: NotImplemented if as_operand(other) is None else function(self, other)


def _inplace(name: str) -> Callable[[Tensor, Any], Any]:
    def operator(self: Tensor, other: Any) -> Any:
        return NotImplemented if as_operand(other) is None else getattr(self, name)(other)

    return operator


def _matmul(self: Tensor, other: Any) -> Any:
    if self.__class__ is Tensor is other.__class__ and len(self._array.shape) == 2 == len(other._array.shape):
        return mm(self, other)  # what matmul would call
    return matmul(self, other) if isinstance(other, Tensor) or takes_part(other.__class__) else NotImplemented


def _reflected_matmul(self: Tensor, other: Any) -> Any:
    return matmul(other, self) if isinstance(other, Tensor) or takes_part(other.__class__) else NotImplemented


def _invert(self: Tensor) -> Tensor:
    if self._type.floats:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise.bitwise_not(self)


_BINARY: dict[str, Any] = {
    "add": arithmetic.add, "sub": arithmetic.sub, "mul": arithmetic.mul, "truediv": arithmetic.div,
    "floordiv": arithmetic.floor_divide, "mod": arithmetic.remainder, "pow": powers.pow,
    "and": bitwise.bitwise_and, "or": bitwise.bitwise_or, "xor": bitwise.bitwise_xor,
    "lshift": bitwise.bitwise_left_shift, "rshift": bitwise.bitwise_right_shift,
}  # fmt: skip


def _number_over(self: Tensor, other: Any) -> Any:
    """``other / self``: for numbers the rounded reciprocal is multiplied, as in PyTorch."""
    number = as_operand(other)
    if not isinstance(number, (int, float, complex)):
        return _divided(self, other)
    taken = None if self._special is False else _taken(_number_over, self, other)
    if taken is not None:
        return taken
    result = arithmetic.reciprocal(self)
    plain = number.__class__ is int and number == 1 and not self._type.complex
    return result if plain and self._node is None else result * number  # whose history saves no result


_divided = _reflected(arithmetic.div)

for _symbol, _function in _BINARY.items():
    method(f"__{_symbol}__")(_direct(_function))
    _names = ["__rdiv__"] * (_symbol == "truediv") + [f"__r{_symbol}__"]
    _right = _number_over if _symbol == "truediv" else _reflected(_function)
    method(*_names)(_function.operator if _symbol in _COMMUTATIVE else _right)
    method(f"__i{_symbol}__")(_inplace(f"{_function.row.name}_"))

_ORDER: dict[str, Any] = {"lt": comparison.lt, "le": comparison.le, "gt": comparison.gt, "ge": comparison.ge}

for _symbol, _function in _ORDER.items():
    method(f"__{_symbol}__")(_function.operator)

_OTHERS: dict[str, Any] = {
    "eq": _same,
    "ne": comparison.ne.operator,  # type: ignore[attr-defined]
    "matmul": _matmul,
    "rmatmul": _reflected_matmul,
    "neg": rounding.neg,
    "abs": rounding.abs,
    "invert": _invert,
    "pos": rounding.positive,
}

for _symbol, _function in _OTHERS.items():
    method(f"__{_symbol}__")(_function)
