"""Trigonometric, hyperbolic and special functions."""

from ..declare import FLOATS, op

for _name in ("sin", "cos", "atan", "sinh", "cosh", "tanh", "erf"):
    op(_name, elementwise=1, dtypes=FLOATS, tolerance="transcendental")
op("tan", elementwise=1, dtypes=FLOATS, tolerance="transcendental", domain="unit")
for _name in ("asin", "acos"):
    op(_name, elementwise=1, dtypes=FLOATS, tolerance="transcendental", domain="unit")
op("lgamma", elementwise=1, dtypes=FLOATS, tolerance="transcendental", domain="positive", gradient=False)
