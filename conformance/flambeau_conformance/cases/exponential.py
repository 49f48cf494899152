"""Exponentials, logarithms and roots."""

import math
from collections.abc import Callable

from ..declare import FLOATS, op

_ANYWHERE: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "expm1": math.expm1, "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
}  # fmt: skip
_POSITIVE: dict[str, Callable[[float], float]] = {
    "log": math.log, "log1p": math.log1p, "log2": math.log2, "log10": math.log10, "sqrt": math.sqrt,
    "rsqrt": lambda x: 1 / math.sqrt(x),
}  # fmt: skip

for _domain, _functions in (("real", _ANYWHERE), ("positive", _POSITIVE)):
    for _name, _function in _functions.items():
        op(
            _name, elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental", domain=_domain,
            reference=_function,
        )  # fmt: skip
