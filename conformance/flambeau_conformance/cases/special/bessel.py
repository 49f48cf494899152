"""Modified Bessel functions."""

import math

from ...checks import expect, expect_equal
from ...declare import FLOATS, case, op
from ...special import special
from ...subject import Subject

op("i0", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental")
for _name in ("i0e", "i1", "i1e"):
    special(_name, values=_name != "i1")  # SciPy's i1 of infinities is infinite, PyTorch's overflows to nan


@case("i0e/value/far-out/-", dtypes=("float32", "float64"))
def _smaller_than_any_tolerance(subject: Subject) -> None:
    """Results near zero have their digits, too: of large x they are 1 / sqrt(2 pi x)."""
    t = subject.torch
    for dtype, relative in ((t.float32, 1e-5), (t.float64, 1e-12)):
        for function in (t.special.i0e, t.special.i1e):
            found, expected = function(t.tensor([2.0**90], dtype=dtype)).item(), 1 / math.sqrt(2 * math.pi * 2.0**90)
            expect(abs(found - expected) <= relative * expected, f"{found} in {dtype}, expected {expected}")
        last = t.special.i1e(t.tensor([-math.inf], dtype=dtype)).item()
        expect_equal(math.copysign(1, last), -1.0, f"the sign at minus infinity in {dtype}")
