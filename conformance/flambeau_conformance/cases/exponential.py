"""Exponentials, logarithms and roots."""

from ..declare import FLOATS, op

for _name in ("exp", "expm1", "sigmoid"):
    op(_name, elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental")
for _name in ("log", "log1p", "log2", "log10", "sqrt", "rsqrt"):
    op(_name, elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental", domain="positive")
