"""Rounding and sign."""

from ..declare import ALL, FLOATS, INTEGERS, NUMBERS, Error, op

_BOOL = Error("bool", lambda t: t.neg(t.tensor([True])), (RuntimeError,), "on a bool tensor is not supported")

op("neg", elementwise=1, dtypes=NUMBERS, tolerance="exact", errors=[_BOOL])
op("abs", elementwise=1, dtypes=NUMBERS, tolerance="exact", domain="nonzero")
op("sign", elementwise=1, dtypes=ALL, tolerance="exact", domain="nonzero")
for _name in ("floor", "ceil", "trunc", "round"):
    op(_name, elementwise=1, dtypes=FLOATS + INTEGERS, tolerance="exact", domain="real")
