"""Exponentials, logarithms and roots."""

import math
from collections.abc import Callable

from ...checks import expect_equal
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...special import special
from ...subject import Subject

_ANYWHERE: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "expm1": math.expm1, "exp2": lambda x: 2.0**x, "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
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
op("logit", inplace=True, out=True, dtypes=(*FLOATS, "int64"), tolerance="transcendental", samples=[
    Sample("unit", lambda t, x: t.logit(x.abs() / 2 + 0.25), (In((2, 3), "unit"),), dtypes=FLOATS),
    Sample("plain", lambda t, x: t.logit(x), (In(),), gradient=False, plain=True),
    Sample("zero-size", lambda t, x: t.logit(x), (In((2, 0)),), plain=True),
    Sample("eps", lambda t, x: x.logit(0.1), (In((3, 4)),), dtypes=FLOATS),
    Sample("special", lambda t, x: t.logit(x), (In((12,), "special"),), dtypes=FLOATS, gradient=False),
])  # fmt: skip
_FLOATING = Error(
    "integers", lambda t: t.logaddexp(t.tensor([1]), t.tensor([1])), (NotImplementedError,),
    "\"logaddexp_cpu\" not implemented for 'Long'",
)  # fmt: skip
for _name, _base in (("logaddexp", math.e), ("logaddexp2", 2.0)):
    op(
        _name, elementwise=2, dtypes=FLOATS, inplace=False, tolerance="special", errors=[_FLOATING],
        reference=lambda x, y, base=_base: math.log(base**x + base**y, base),
    )  # fmt: skip
op("xlogy", elementwise=2, dtypes=(*FLOATS, "int64"), domain="positive", tolerance="special",
   reference=lambda x, y: x * math.log(y), samples=[
    Sample("number", lambda t, x: t.xlogy(x, 2.5), (In(),)),
    Sample("reflected", lambda t, x: t.xlogy(2, x), (In((2, 3), "positive"),)),
])  # fmt: skip
special("xlog1py", 2, domain="positive", reference=lambda x, y: x * math.log1p(y))
special("entr", domain="positive", reference=lambda x: -x * math.log(x))


@case("logaddexp/value/beside-nothing/-", dtypes=("float32", "float64"))
def _beside_nothing(subject: Subject) -> None:
    """The logarithm of a sum with nothing is that of the other number, however near to zero."""
    t = subject.torch
    for dtype in (t.float32, t.float64):
        x = t.tensor([2.0**-100, -(2.0**-100), 2.0**-20], dtype=dtype)
        nothing = t.full((3,), -math.inf, dtype=dtype)
        for function in (t.logaddexp, t.logaddexp2):
            expect_equal(function(x, nothing).tolist(), x.tolist(), f"{function.__name__} in {dtype}")
        runs = t.logcumsumexp(t.stack([x, nothing]), 0)
        expect_equal(runs.tolist(), [x.tolist()] * 2, f"the running sums in {dtype}")
