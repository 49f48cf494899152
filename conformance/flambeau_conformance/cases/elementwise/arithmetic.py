"""Arithmetic of two operands."""

import math
import operator
from dataclasses import replace
from typing import Any

from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, op
from ...inputs import In


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
for _name in ("remainder", "fmod"):
    op(
        _name, elementwise=2, dtypes=NUMBERS, domain="nonzero",
        samples=_with_numbers(_name, 7) if _name == "remainder" else (), errors=[_shapes(_name), _by_zero(_name)],
        reference=operator.mod if _name == "remainder" else math.fmod,
    )  # fmt: skip
for _name, _choice in {"fmax": max, "fmin": min}.items():
    op(
        _name, elementwise=2, inplace=False, dtypes=ALL, tolerance="exact", errors=[_shapes(_name)], reference=_choice,
    )  # fmt: skip
op("reciprocal", elementwise=1, dtypes=FLOATS, domain="nonzero", reference=lambda x: 1 / x)
for _name, _choice in {"maximum": max, "minimum": min}.items():
    op(
        _name, elementwise=2, inplace=False, dtypes=ALL, tolerance="exact", errors=[_shapes(_name)], reference=_choice,
    )  # fmt: skip
