"""Functions of whole numbers."""

import math

from ...checks import expect_equal
from ...declare import INTEGERS, Error, case, op
from ...subject import Subject

for _name, _function in (("gcd", math.gcd), ("lcm", math.lcm)):
    op(
        _name, elementwise=2, dtypes=INTEGERS, tolerance="exact", differentiable=False, reference=_function,
        errors=[
            Error(
                "floats", lambda t, name=_name: getattr(t, name)(t.ones(1), t.ones(1)), (NotImplementedError,),
                "_cpu\" not implemented for 'Float'",
            ),
        ],
    )  # fmt: skip


@case("lcm/value/overflow/-", dtypes=INTEGERS)
def _wrapped_multiples(subject: Subject) -> None:
    """A multiple beyond the limits of the dtype wraps around."""
    t = subject.torch
    expected = {
        t.uint8: (250, 238), t.int8: (127, 125), t.int16: (32767, 32765), t.int32: ((1 << 31) - 1, (1 << 31) - 3),
        t.int64: ((1 << 63) - 1, (1 << 63) - 3),
    }  # fmt: skip
    for dtype, (number, multiple) in expected.items():
        expect_equal(
            t.lcm(t.tensor([number], dtype=dtype), t.tensor([3], dtype=dtype)).tolist(), [multiple], str(dtype)
        )
    expect_equal(t.lcm(t.tensor([200], dtype=t.uint8), t.tensor([40], dtype=t.uint8)).tolist(), [200], "above 127")


@case("gcd/value/large/-", dtypes=("int32", "int64"))
def _of_large_numbers(subject: Subject) -> None:
    t = subject.torch
    for dtype, most in ((t.int32, 30), (t.int64, 62)):
        pairs = [(1 << most, 3 << 20), (-(1 << most) + 1, 15), (9 << 20, 6), (10_007 * 10_009, 10_007 * 20)]
        left, right = (t.tensor(part, dtype=dtype) for part in zip(*pairs, strict=True))
        expect_equal(t.gcd(left, right).tolist(), [math.gcd(*pair) for pair in pairs], f"{dtype}: the divisors")
        pairs = [(9 << 20, 6), (-(1 << 21), 96), (30_000, 70_000)]
        left, right = (t.tensor(part, dtype=dtype) for part in zip(*pairs, strict=True))
        expect_equal(t.lcm(left, right).tolist(), [math.lcm(*pair) for pair in pairs], f"{dtype}: the multiples")
