"""Element-wise functions of two arrays, and ``where``."""

from __future__ import annotations

import builtins
import math
import operator

from .. import ieee
from ..elementwise import aligned, elementwise
from ..storage import MinimalArray, fresh

__all__ = [
    "add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "pow", "atan2", "maximum", "minimum",
    "eq", "lt", "le",
    "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift",
    "where",
]  # fmt: skip

_MODULUS = 2**64


def _integer_fmod(x: int, y: int) -> int:
    return abs(x) % abs(y) * ieee.sign(x)


def _integer_pow(x: int, y: int) -> int:
    # Only the low bits are kept in the end; without the modulus the numbers on the way would be huge.
    return builtins.pow(x, y, _MODULUS)


add = elementwise(operator.add, bools=operator.or_)
sub = elementwise(operator.sub)
mul = elementwise(operator.mul, bools=operator.and_)
div = elementwise(ieee.div)
floor_divide = elementwise(ieee.floor_divide, integers=operator.floordiv)
remainder = elementwise(ieee.remainder, integers=operator.mod)
fmod = elementwise(ieee.fmod, integers=_integer_fmod)
pow = elementwise(ieee.pow, integers=_integer_pow)
atan2 = elementwise(math.atan2)
maximum = elementwise(ieee.maximum)
minimum = elementwise(ieee.minimum)

eq = elementwise(operator.eq, result="bool")
lt = elementwise(operator.lt, result="bool")
le = elementwise(operator.le, result="bool")

bitwise_and = elementwise(operator.and_)
bitwise_or = elementwise(operator.or_)
bitwise_xor = elementwise(operator.xor)
left_shift = elementwise(operator.lshift)
right_shift = elementwise(operator.rshift)


def where(condition: MinimalArray, a: MinimalArray, b: MinimalArray) -> MinimalArray:
    """``a`` where ``condition`` holds, else ``b``."""
    shape, columns = aligned((condition, a, b))
    chosen = (x if holds else y for holds, x, y in zip(*columns, strict=True))
    return fresh(chosen, shape, a.dtype, a.device)
