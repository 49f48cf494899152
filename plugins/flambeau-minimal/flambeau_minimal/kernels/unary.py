"""Element-wise functions of one array."""

from __future__ import annotations

import builtins
import math
import operator

from .. import ieee
from ..elementwise import elementwise

__all__ = [
    "neg", "abs", "sign", "floor", "ceil", "trunc", "round",
    "sqrt", "exp", "expm1", "log", "log1p",
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "lgamma",
    "isnan", "logical_not", "bitwise_not",
]  # fmt: skip

neg = elementwise(operator.neg)
abs = elementwise(builtins.abs)
sign = elementwise(ieee.sign)
floor = elementwise(ieee.floor)
ceil = elementwise(ieee.ceil)
trunc = elementwise(ieee.trunc)
round = elementwise(ieee.round)

sqrt = elementwise(ieee.sqrt)
exp = elementwise(ieee.exp)
expm1 = elementwise(ieee.expm1)
log = elementwise(ieee.log)
log1p = elementwise(ieee.log1p)

sin = elementwise(ieee.sin)
cos = elementwise(ieee.cos)
tan = elementwise(ieee.tan)
asin = elementwise(ieee.asin)
acos = elementwise(ieee.acos)
atan = elementwise(math.atan)
sinh = elementwise(ieee.sinh)
cosh = elementwise(ieee.cosh)
tanh = elementwise(math.tanh)
erf = elementwise(math.erf)
lgamma = elementwise(ieee.lgamma)

isnan = elementwise(math.isnan, result="bool")
logical_not = elementwise(operator.not_, result="bool")
bitwise_not = elementwise(operator.invert, bools=operator.not_)
