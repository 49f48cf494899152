"""Rounding and sign."""

import math
import operator
from collections.abc import Callable, Sequence

from ...declare import ALL, FLOATS, INTEGERS, NUMBERS, Error, Sample, op
from ...inputs import In

_BOOL = Error("bool", lambda t: t.neg(t.tensor([True])), (RuntimeError,), "on a bool tensor is not supported")

op("neg", elementwise=1, dtypes=NUMBERS, tolerance="exact", errors=[_BOOL], reference=operator.neg)
op("positive", dtypes=NUMBERS, alias=True, samples=[Sample("plain", lambda t, x: t.positive(x), (In(),))], errors=[
    Error("bool", lambda t: +t.tensor([True]), (RuntimeError,), "The `\\+` operator, on a bool tensor is not supported"),
])  # fmt: skip
op("sgn", elementwise=1, dtypes=ALL, tolerance="exact", domain="nonzero", reference=lambda x: (x > 0) - (x < 0))
op("frac", elementwise=1, dtypes=FLOATS, reference=lambda x: x - math.trunc(x), errors=[
    Error("integers", lambda t: t.frac(t.tensor([1])), (NotImplementedError,), "\"frac_cpu\" not implemented for 'Long'"),
])  # fmt: skip
op("abs", elementwise=1, dtypes=NUMBERS, tolerance="exact", domain="nonzero", reference=abs)
op("sign", elementwise=1, dtypes=ALL, tolerance="exact", domain="nonzero", reference=lambda x: (x > 0) - (x < 0))
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round": round,
}  # fmt: skip
for _name, _function in _FUNCTIONS.items():
    _decimals = [
        Sample(
            f"decimals-{places}", lambda t, x, places=places: t.round(x * 100, decimals=places), (In(),), dtypes=FLOATS
        )
        for places in (1, -1)
    ]
    _samples: Sequence[Sample] = _decimals if _name == "round" else ()
    op(_name, elementwise=1, dtypes=FLOATS + INTEGERS, tolerance="exact", reference=_function, samples=_samples)
