"""The error function and its relatives."""

import math
from statistics import NormalDist

from ...checks import expect, expect_equal
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


def _expect_near(found: float, expected: float, relative: float, what: str) -> None:
    expect(abs(found - expected) <= relative * abs(expected), f"{what} is {found}, expected {expected}")


@case("erfcx/value/far-out/-", dtypes=("float32", "float64"))
def _smaller_than_any_tolerance(subject: Subject) -> None:
    """Results near zero have their digits, too: of large x they are 1 / (sqrt(pi) x)."""
    t = subject.torch
    for dtype, relative in ((t.float32, 1e-5), (t.float64, 1e-12)):
        for x in (1e6, 2.0**90):
            found = t.special.erfcx(t.tensor([x], dtype=dtype)).item()
            _expect_near(found, 1 / (math.sqrt(math.pi) * x), relative, f"erfcx({x}) in {dtype}")


@case("log_ndtr/value/far-right/-", dtypes=("float32", "float64"))
def _smaller_than_any_tolerance_on_the_right(subject: Subject) -> None:
    """On the right it is minus the area that is left there, and -0.0 at last."""
    t = subject.torch
    for dtype, relative, places in ((t.float32, 1e-5, (6.0, 10.0)), (t.float64, 1e-11, (10.0, 25.0))):
        for x in places:
            found = t.special.log_ndtr(t.tensor([x], dtype=dtype)).item()
            _expect_near(found, -math.erfc(x / math.sqrt(2)) / 2, relative, f"log_ndtr({x}) in {dtype}")
        last = t.special.log_ndtr(t.tensor([math.inf], dtype=dtype)).item()
        expect_equal(math.copysign(1, last), -1.0, f"the sign at infinity in {dtype}")


@case("ndtri/large/one-number/float32", dtypes=("float32",), elements=20_001)
def _of_many(subject: Subject) -> None:
    t = subject.torch
    found = t.special.ndtri(t.full((20_001,), 0.25))
    expect(bool(((found + 0.6744898).abs() < 1e-6).all()), "not all of many results are that of the one number")


def _declare_halves(name: str) -> None:
    @case(f"{name}/value/halves/-", dtypes=("float16", "bfloat16", "float32"))
    def check(subject: Subject) -> None:
        """PyTorch refuses floats of 16 bits; where they are taken, it is float32's result, rounded."""
        t = subject.torch
        function = getattr(t.special, name)
        for dtype in (t.float16, t.bfloat16):
            x = t.tensor([0.25, 0.75, 0.125], dtype=dtype)
            try:
                found = function(x)
            except NotImplementedError:
                continue
            expect_equal(str(found.dtype), str(dtype), "the dtype")
            for number, exact in zip(found.tolist(), function(x.float()).tolist(), strict=True):
                _expect_near(number, exact, 2.0**-7 if dtype is t.bfloat16 else 2.0**-10, f"a result in {dtype}")


for _name in ("erfcx", "ndtri", "log_ndtr"):
    _declare_halves(_name)
