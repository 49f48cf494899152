"""Arithmetic of two operands."""

import math
import operator
from dataclasses import replace
from typing import Any

from ...checks import expect_equal
from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject


def _shapes(name: str) -> Error:
    return Error(
        "shapes", lambda t: getattr(t, name)(t.zeros(2), t.zeros(3)), (RuntimeError,),
        r"The size of tensor a \(2\) must match the size of tensor b \(3\) at non-singleton dimension 0",
    )  # fmt: skip


def _by_zero(name: str) -> Error:
    return Error("zero", lambda t: getattr(t, name)(t.tensor([1]), t.tensor([0])), (RuntimeError,), "ZeroDivisionError")


def _with_numbers(name: str, left: Any = 2) -> tuple[Sample, ...]:
    """The op on a tensor and Python numbers, by its function and by its operator."""
    symbol: Any = {
        "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
        "floor_divide": lambda x, y: x // y, "remainder": lambda x, y: x % y, "pow": lambda x, y: x**y,
    }[name]  # fmt: skip
    return (
        Sample("int", lambda t, x: getattr(t, name)(x, 3), (In((2, 3), "positive"),)),
        Sample("float", lambda t, x: getattr(t, name)(x, 1.5), (In((2, 3), "positive"),)),
        Sample("operator", lambda t, x: symbol(x, 2), (In((2, 3), "positive"),)),
        Sample("reflected", lambda t, x: symbol(left, x), (In((2, 3), "positive"),), gradient=name != "remainder"),
    )


op("add", elementwise=2, dtypes=ALL, reference=operator.add, errors=[_shapes("add")], samples=[
    *_with_numbers("add"),
    Sample("alpha", lambda t, x, y: t.add(x, y, alpha=2), (In(), In((3,))), dtypes=NUMBERS),
])  # fmt: skip
op("rsub", method=False, dtypes=NUMBERS, samples=[
    Sample("tensors", lambda t, x, y: t.rsub(x, y), (In(), In((3,)))),
    Sample("number", lambda t, x: t.rsub(x, 10), (In(),)),
    Sample("alpha", lambda t, x, y: t.rsub(x, y, alpha=2), (In(), In())),
], errors=[
    Error("bool", lambda t: t.rsub(t.tensor([True]), t.tensor([True])), (RuntimeError,), "bool tensor.* is not supported"),
])  # fmt: skip
op("sub", elementwise=2, dtypes=NUMBERS, reference=operator.sub, samples=_with_numbers("sub"), errors=[
    _shapes("sub"),
    Error("bool", lambda t: t.tensor([True]) - t.tensor([True]), (RuntimeError,), "with .*bool tensor.* is not supported"),
])  # fmt: skip
op("mul", elementwise=2, dtypes=ALL, reference=operator.mul, samples=_with_numbers("mul"), errors=[_shapes("mul")])
op(
    "div", elementwise=2, dtypes=FLOATS, domain="nonzero", reference=operator.truediv, samples=[
        *_with_numbers("div"),
        *[
            Sample(
                mode, lambda t, x, y, mode=mode: t.div(x, y, rounding_mode=mode), (In((3, 4)), In((4,), "nonzero")),
                dtypes=(*NUMBERS, "int8"),
            )
            for mode in ("floor", "trunc")
        ],
        *[
            Sample(
                f"{mode}-special", lambda t, x, y, mode=mode: t.div(x, y, rounding_mode=mode),
                (In((12, 1), "special"), In((1, 12), "special")), dtypes=FLOATS, gradient=False,
            )
            for mode in ("floor", "trunc")
        ],
    ],
    errors=[
        _shapes("div"),
        Error("mode", lambda t: t.div(t.ones(1), 2, rounding_mode="up"), (RuntimeError,), "rounding_mode to be one of"),
        Error("zero", lambda t: t.div(t.tensor([1]), 0, rounding_mode="trunc"), (RuntimeError,), "ZeroDivisionError"),
    ],
)  # fmt: skip
op(
    "floor_divide", elementwise=2, dtypes=NUMBERS, domain="positive", gradient=False,
    samples=[replace(sample, gradient=False) for sample in _with_numbers("floor_divide", 7)],
    errors=[_shapes("floor_divide"), _by_zero("floor_divide")], reference=operator.floordiv,
)  # fmt: skip
_SPECIAL_PAIRS = (In((12, 1), "special"), In((1, 12), "special"))


def _remainders(name: str) -> tuple[Sample, ...]:
    """At infinities, nan and zeros, and the sign of the remainders that are 0."""

    def signs(t: Any, x: Any, y: Any) -> Any:
        rest = getattr(t, name)(x.trunc() * 2, y.trunc())
        return t.signbit(rest) & (rest == 0)

    return (
        Sample("pairs", lambda t, x, y: getattr(t, name)(x, y), _SPECIAL_PAIRS, dtypes=FLOATS, gradient=False),
        Sample("sign-of-zero", signs, _SPECIAL_PAIRS, dtypes=FLOATS, gradient=False),
    )  # fmt: skip


for _name in ("remainder", "fmod"):
    op(
        _name, elementwise=2, dtypes=NUMBERS, domain="nonzero",
        samples=(*(_with_numbers(_name, 7) if _name == "remainder" else ()), *_remainders(_name)),
        errors=[
            _shapes(_name), _by_zero(_name),
            Error("bool", lambda t, name=_name: getattr(t, name)(t.tensor([True]), t.tensor([True])), (RuntimeError,), "not implemented for 'Bool'"),
        ],
        reference=operator.mod if _name == "remainder" else math.fmod,
    )  # fmt: skip
for _name, _choice in {"fmax": max, "fmin": min}.items():
    op(
        _name, elementwise=2, inplace=False, dtypes=ALL, tolerance="exact", errors=[_shapes(_name)], reference=_choice,
        special="one-zero",  # of 0.0 and -0.0 PyTorch takes the one or the other, by dtype and length
    )  # fmt: skip
op("reciprocal", elementwise=1, dtypes=FLOATS, domain="nonzero", reference=lambda x: 1 / x)
for _name, _choice in {"maximum": max, "minimum": min}.items():
    op(
        _name, elementwise=2, inplace=False, dtypes=ALL, tolerance="exact", errors=[_shapes(_name)], reference=_choice,
        special="one-zero",  # of 0.0 and -0.0 PyTorch takes the one or the other, by dtype and length
    )  # fmt: skip


@case("mul/value/number-beside-16-bits/-", dtypes=("float16", "bfloat16"))
def _numbers_beside_16_bits(subject: Subject) -> None:
    t = subject.torch
    expected = {t.float16: (0.7001953125, 2.333984375), t.bfloat16: (0.69921875, 2.328125)}
    for dtype, (product, quotient) in expected.items():
        x = t.tensor([7.0], dtype=dtype)
        for number in (0.1, t.tensor(0.1, dtype=t.float64)):
            expect_equal((x * number).item(), product, f"{dtype}: the product")
        expect_equal((x / t.tensor(3.0)).item(), quotient, f"{dtype}: the quotient")
        expect_equal((t.tensor([0.3], dtype=dtype) // 0.1).item(), 3.0, f"{dtype}: the quotient rounded down")


_WHOLE = ("uint8", "int8", "int16", "int32", "int64")


@case("floor_divide/limits/divisors/-", dtypes=_WHOLE)
def _by_the_limits(subject: Subject) -> None:
    """Whole quotients and rests where the divisor is the least or the largest number of its dtype."""
    t = subject.torch
    rules: dict[str, Any] = {
        "floor_divide": lambda a, b: a // b, "remainder": lambda a, b: a % b,
        "fmod": lambda a, b: (-1 if a < 0 else 1) * (abs(a) % abs(b)),
    }  # fmt: skip
    for name in _WHOLE:
        dtype = getattr(t, name)
        low, high = t.iinfo(dtype).min, t.iinfo(dtype).max
        numbers = [number for number in (low, low + 1, -7, -1, 0, 1, 7, high - 1, high) if number >= low]
        for divisor in {low, high} - {0}:
            for rule, exact in rules.items():
                found = getattr(t, rule)(t.tensor(numbers, dtype=dtype), t.tensor([divisor], dtype=dtype))
                expect_equal(
                    found.tolist(),
                    [exact(number, divisor) for number in numbers],
                    f"{rule} of {name} by {divisor}",
                )
