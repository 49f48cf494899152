"""Trigonometric and hyperbolic functions."""

import math

from ...declare import FLOATS, Error, Sample, op
from ...inputs import In

for _name in ("sin", "cos", "atan", "sinh", "cosh", "tanh", "asinh"):
    op(_name, elementwise=1, dtypes=FLOATS, tolerance="transcendental", reference=getattr(math, _name))
for _name in ("tan", "asin", "acos", "atanh"):
    op(_name, elementwise=1, dtypes=FLOATS, tolerance="transcendental", domain="unit", reference=getattr(math, _name))
op("acosh", elementwise=1, dtypes=FLOATS, tolerance="transcendental", gradient=False, samples=[
    Sample("above-one", lambda t, x: t.acosh(x + 1), (In((2, 3), "positive"),)),
])  # fmt: skip
op(
    "atan2", elementwise=2, dtypes=FLOATS, domain="nonzero", tolerance="transcendental",
    reference=math.atan2,
)  # fmt: skip
op("hypot", elementwise=2, dtypes=FLOATS, domain="nonzero", reference=math.hypot, errors=[
    Error("integers", lambda t: t.hypot(t.tensor([3]), t.tensor([4])), (NotImplementedError,), "\"hypot_cpu\" not implemented for 'Long'"),
])  # fmt: skip
op("deg2rad", elementwise=1, dtypes=(*FLOATS, "int64"), reference=math.radians)
op("rad2deg", elementwise=1, dtypes=(*FLOATS, "int64"), reference=math.degrees)
op(
    "sinc", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="composite",
    reference=lambda x: math.sin(math.pi * x) / (math.pi * x) if x else 1.0,
)  # fmt: skip
