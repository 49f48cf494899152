"""Rounding and sign."""

import math
import operator
from collections.abc import Callable

from ..declare import ALL, FLOATS, INTEGERS, NUMBERS, Error, op

_BOOL = Error("bool", lambda t: t.neg(t.tensor([True])), (RuntimeError,), "on a bool tensor is not supported")

op("neg", elementwise=1, dtypes=NUMBERS, tolerance="exact", errors=[_BOOL], reference=operator.neg)
op("abs", elementwise=1, dtypes=NUMBERS, tolerance="exact", domain="nonzero", reference=abs)
op("sign", elementwise=1, dtypes=ALL, tolerance="exact", domain="nonzero", reference=lambda x: (x > 0) - (x < 0))
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round": round,
}  # fmt: skip
for _name, _function in _FUNCTIONS.items():
    op(_name, elementwise=1, dtypes=FLOATS + INTEGERS, tolerance="exact", reference=_function)
