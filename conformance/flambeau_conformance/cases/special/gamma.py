"""The gamma function's logarithm, its derivatives and integrals."""

import math

from ...checks import expect
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...special import special
from ...subject import Subject

op("lgamma", elementwise=1, dtypes=FLOATS, tolerance="special", domain="positive", reference=math.lgamma)
op("digamma", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="special", domain="positive")
_TRIGAMMA = ("float32", "int64")  # of float64, PyTorch's first derivative has 10 digits

op("polygamma", method=False, dtypes=(*FLOATS, "int64"), tolerance="special", samples=[
    *[
        Sample(f"order-{n}", lambda t, x, n=n: t.polygamma(n, x), (In((2, 3), "positive"),), dtypes=_TRIGAMMA if n == 1 else ())
        for n in (0, 1, 2, 3)
    ],
    Sample("method", lambda t, x: x.polygamma(1), (In((2, 3), "positive"),), dtypes=_TRIGAMMA),
], errors=[
    Error("order", lambda t: t.polygamma(-1, t.ones(1)), (RuntimeError,), "does not support negative n"),
])  # fmt: skip
op("mvlgamma", dtypes=(*FLOATS, "int64"), tolerance="special", samples=[
    Sample("one", lambda t, x: t.mvlgamma(x + 1, 1), (In((2, 3), "positive"),)),
    Sample("two", lambda t, x: (x + 1).mvlgamma(2), (In((2, 3), "positive"),)),
], errors=[
    Error("dimension", lambda t: t.mvlgamma(t.ones(1), 0), (RuntimeError,), "p has to be greater than or equal to 1"),
    Error("bool", lambda t: t.mvlgamma(t.tensor([True]), 1), (RuntimeError,), "may not be a boolean tensor"),
])  # fmt: skip
for _name in ("igamma", "igammac"):
    op(_name, inplace=True, out=True, tolerance="special", samples=[
        Sample("plain", lambda t, x, y, name=_name: getattr(t, name)(x, y), (In((2, 3), "positive"), In((2, 3), "positive")), plain=True, gradient=False),
        Sample("zero-size", lambda t, x, y, name=_name: getattr(t, name)(x, y), (In((2, 0)), In((2, 0))), plain=True, gradient=False),
        Sample("broadcast", lambda t, y, name=_name: getattr(t, name)(t.tensor([[0.5], [3.0]], dtype=y.dtype), y), (In((3,), "positive"),)),
        Sample("edges", lambda t, x, name=_name: getattr(t, name)(x.new_tensor([0.0, 0.0, 1.0, -1.0, 1.0]), x.new_tensor([0.0, 1.0, 0.0, 1.0, float("inf")])), (In(()),), gradient=False),
    ], errors=[
        Error("integers", lambda t, name=_name: getattr(t, name)(t.tensor([1]), t.tensor([1])), (NotImplementedError,), "_cpu\" not implemented for 'Long'"),
    ])  # fmt: skip
special("zeta", 2, domain="positive", values=False, gradient=False)


@case("polygamma/value/exact/float64", dtypes=("float64",))
def _trigamma(subject: Subject) -> None:
    t = subject.torch
    found = t.polygamma(1, t.tensor([1.0, 0.5, 2.0, -0.5, math.inf], dtype=t.float64)).tolist()
    square = math.pi**2
    for number, exact in zip(found, (square / 6, square / 2, square / 6 - 1, square / 2 + 4, 0.0), strict=True):
        expect(abs(number - exact) <= 1e-8 * abs(exact), f"{number} instead of {exact}")
    expect(math.isnan(t.polygamma(1, t.tensor(-math.inf)).item()), "the derivative has no limit at -inf")


@case("igammac/value/near-zero/-", dtypes=("float32", "float64"))
def _integrals_near_zero(subject: Subject) -> None:
    """Results near zero have their digits, too: exp(-x) for a = 1, and a times the exponential integral for small a."""
    t = subject.torch
    for dtype, relative in ((t.float32, 1e-5), (t.float64, 1e-11)):
        for x in (12.0, 25.0):
            found = t.special.gammaincc(t.ones(1, dtype=dtype), t.tensor([x], dtype=dtype)).item()
            expect(abs(found / math.exp(-x) - 1) < relative, f"{found} at {x} in {dtype}")
    small = t.special.gammaincc(t.tensor([1e-5], dtype=t.float64), t.tensor([0.75], dtype=t.float64)).item()
    integral = -0.5772156649015329 - math.log(0.75) - sum((-0.75) ** k / (k * math.factorial(k)) for k in range(1, 20))
    expect(abs(small / (1e-5 * integral) - 1) < 1e-4, f"{small} for a small a")
