"""Trigonometric, hyperbolic and special functions."""

import math

from ..declare import FLOATS, op

for _name in ("sin", "cos", "atan", "sinh", "cosh", "tanh", "erf"):
    op(_name, elementwise=1, dtypes=FLOATS, tolerance="transcendental", reference=getattr(math, _name))
for _name in ("tan", "asin", "acos"):
    op(_name, elementwise=1, dtypes=FLOATS, tolerance="transcendental", domain="unit", reference=getattr(math, _name))
op(
    "lgamma", elementwise=1, dtypes=FLOATS, tolerance="transcendental", domain="positive", gradient=False,
    reference=math.lgamma,
)  # fmt: skip
