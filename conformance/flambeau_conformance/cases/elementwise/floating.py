"""The parts of floating point numbers."""

import math

from ...checks import expect_equal
from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

op(
    "signbit",
    elementwise=1,
    dtypes=ALL,
    tolerance="exact",
    differentiable=False,
    inplace=False,
    reference=lambda x: x < 0,
)
op("copysign", elementwise=2, dtypes=(*FLOATS, "int64"), tolerance="exact", domain="nonzero", reference=math.copysign, samples=[
    Sample("number", lambda t, x: t.copysign(x, -0.0), (In((2, 3), "nonzero"),)),
])  # fmt: skip
op("nextafter", elementwise=2, dtypes=FLOATS, tolerance="exact", gradient=False)
op("frexp", tolerance="exact", samples=[
    Sample("plain", lambda t, x: tuple(t.frexp(x)), (In(),), gradient=False, also=("int32",)),
    Sample("method", lambda t, x: tuple(x.frexp()), (In((12,), "special"),), gradient=False, also=("int32",)),
    Sample("mantissa", lambda t, x: t.frexp(x).mantissa, (In((2, 3), "nonzero"),), also=("int32",)),
], errors=[
    Error("integers", lambda t: t.frexp(t.tensor([1])), (RuntimeError,), "only supports floating-point dtypes"),
])  # fmt: skip
op("ldexp", inplace=True, out=True, dtypes=FLOATS, samples=[
    Sample("plain", lambda t, x, y: t.ldexp(x, y), (In(), In()), plain=True),
    Sample("zero-size", lambda t, x, y: t.ldexp(x, y), (In((2, 0)), In((2, 0))), plain=True),
    Sample("exponents", lambda t, x: t.ldexp(x, t.tensor([3, -200, 0])), (In((2, 3)),), dtypes=(*FLOATS, "int64")),
])  # fmt: skip
op("nan_to_num", elementwise=1, dtypes=NUMBERS, tolerance="exact", samples=[
    Sample("values", lambda t, x: t.nan_to_num(x, 1.0, posinf=2.0, neginf=3.0), (In((12,), "special"),), dtypes=FLOATS, gradient=False),
    Sample("positions", lambda t, x: x.nan_to_num(1.0, 2.0), (In((12,), "special"),), dtypes=FLOATS, gradient=False),
])  # fmt: skip


@case("frexp/out/plain/float64", dtypes=("float64", "int32"))
def _frexp_out(subject: Subject) -> None:
    t = subject.torch
    x, mantissa, exponent = (
        t.tensor([6.0, -0.25], dtype=t.float64),
        t.zeros(2, dtype=t.float64),
        t.zeros(2, dtype=t.int32),
    )
    t.frexp(x, out=(mantissa, exponent))
    expect_equal((mantissa.tolist(), exponent.tolist()), ([0.75, -0.5], [3, -1]), "what was written into out")


_EVERY = ("float16", "bfloat16", "float32", "float64")


@case("nextafter/special/zeros/-", dtypes=_EVERY)
def _between_zeros(subject: Subject) -> None:
    """Of equal numbers, which zeros of both signs are, it is the second."""
    t = subject.torch
    for name in _EVERY:
        zeros = t.tensor([0.0, -0.0, 0.0, -0.0], dtype=getattr(t, name))
        found = t.nextafter(zeros, t.tensor([0.0, 0.0, -0.0, -0.0], dtype=getattr(t, name)))
        expect_equal(
            [math.copysign(1, each) for each in found.tolist()], [1.0, 1.0, -1.0, -1.0], f"the signs in {name}"
        )
