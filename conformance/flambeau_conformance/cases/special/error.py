"""The error function and its relatives."""

import math
from statistics import NormalDist

from ...checks import expect
from ...declare import FLOATS, case, op
from ...special import special
from ...subject import Subject

op("erf", elementwise=1, dtypes=FLOATS, tolerance="transcendental", reference=math.erf)
op("erfc", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental", reference=math.erfc)
op("erfinv", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental", domain="unit")
special("erfcx", reference=lambda x: math.exp(x * x) * math.erfc(x))
special("ndtr", reference=NormalDist().cdf)
special("ndtri", domain="unit", gradient=False)
special("log_ndtr", reference=lambda x: math.log(NormalDist().cdf(x)))


@case("log_ndtr/second-gradient/far-out/float64", dtypes=("float64",))
def _far_out(subject: Subject) -> None:
    """The second derivative tends to -1 on the left, where the function and its hazard are quotients of lost numbers."""
    t = subject.torch
    x = t.tensor([-1e8, -1000.0, 40.0], dtype=t.float64, requires_grad=True)
    (first,) = t.autograd.grad(t.special.log_ndtr(x).sum(), x, create_graph=True)
    (second,) = t.autograd.grad(first.sum(), x)
    for number, expected in zip(second.tolist(), (-1.0, -1 + 1e-6, 0.0), strict=True):
        expect(abs(number - expected) < 1e-10, f"{number} instead of {expected}")
