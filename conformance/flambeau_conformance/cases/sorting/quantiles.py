"""Quantiles."""

import math
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_MODES = ("linear", "lower", "higher", "midpoint", "nearest")


def _samples(name: str) -> list[Sample]:
    def call(*args: Any, **options: Any) -> Any:
        return lambda t, x: getattr(t, name)(x, *args, **options)

    def several(**options: Any) -> Any:
        return lambda t, x, q: getattr(t, name)(x, q.abs(), **options)

    return [
        Sample("all", call(0.5), (In((3, 5), "distinct"),)),
        Sample("dim", call(0.3, 1), (In((2, 3, 2), "distinct"),)),
        Sample("keepdim", call(0.8, -1, True), (In((2, 4), "distinct"),)),
        Sample("several", several(), (In((7,), "distinct"), In((3,), "unit"))),
        Sample("several-dim", several(dim=0), (In((5, 2), "distinct"), In((3,), "unit"))),
        Sample("several-keepdim", several(dim=1, keepdim=True), (In((2, 5), "distinct"), In((2,), "unit"))),
        Sample("ends", lambda t, x: getattr(x, name)(0.0) + getattr(x, name)(1), (In((5,), "distinct"),)),
        Sample("zero-dim", call(0.5), (In(()),)),
        Sample("special", call(0.4, 1), (In((2, 6), "special"),), gradient=False),
        *(Sample(mode, call(0.4, 1, interpolation=mode), (In((2, 5), "distinct"),)) for mode in _MODES),
        Sample("halves", call(0.5, 0, interpolation="nearest"), (In((4, 2), "distinct"),)),
    ]


for _name in ("quantile", "nanquantile"):
    op(_name, dtypes=FLOATS, tolerance="composite", samples=_samples(_name), anchors=(
        ("quantile", "quantile#interpolation", "quantile#nearest_rounding") if _name == "quantile" else ()
    ), errors=[
        Error("dim", lambda t, name=_name: getattr(t, name)(t.zeros(2, 3), 0.5, 2), (IndexError,), "out of range"),
        Error("empty", lambda t, name=_name: getattr(t, name)(t.zeros(0), 0.5), (RuntimeError,), "must be non-empty"),
        Error("range", lambda t, name=_name: getattr(t, name)(t.ones(2), 1.5), (RuntimeError,),
              "quantile\\(\\) q must be in the range \\[0, 1\\] but got 1.5"),
        Error("ranges", lambda t, name=_name: getattr(t, name)(t.ones(2), t.tensor([-0.5])), (RuntimeError,),
              "quantile\\(\\) q values must be in the range \\[0, 1\\]"),
        Error("mode", lambda t, name=_name: getattr(t, name)(t.ones(2), 0.5, interpolation="bad"), (RuntimeError,),
              "must be one of linear, lower, higher, midpoint or nearest, but got bad"),
        Error("dtype", lambda t, name=_name: getattr(t, name)(t.ones(2), t.tensor([1])), (RuntimeError,), "same dtype"),
        Error("matrix", lambda t, name=_name: getattr(t, name)(t.ones(2), t.ones(1, 1)), (RuntimeError,), "scalar or 1D"),
    ])  # fmt: skip


@case("quantile/out/dim/float32", dtypes=("float32",))
def _out_of_quantile(subject: Subject) -> None:
    _check_out(subject, "quantile")


@case("nanquantile/out/dim/float32", dtypes=("float32",))
def _out_of_nanquantile(subject: Subject) -> None:
    _check_out(subject, "nanquantile")


def _check_out(subject: Subject, name: str) -> None:
    t = subject.torch
    x = subject.tensor([[3.0, 1.0, 2.0], [4.0, 4.0, 8.0]], "float32")
    target = t.zeros(2)
    expect(getattr(t, name)(x, 0.25, 1, out=target) is target, "out= did not return its tensor")
    expect_equal(target.tolist(), [1.5, 4.0], "the quantiles")
    wrong = t.zeros(2, dtype=t.int64)
    expect_raises(lambda: getattr(t, name)(x, 0.25, 1, out=wrong), RuntimeError)
    expect_equal(wrong.tolist(), [0, 0], "the target, which must not be changed,")


@case("quantile/forms/lists-and-dims/float32", dtypes=("float32", "int64"), anchors=(
    "quantile#q_list", "quantile#row_example_values", "quantile#dim_tuple", "quantile#interpolation_positional",
    "quantile#integer_input",
))  # fmt: skip
def _forms(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], "float32")
    expect_equal(t.quantile(x, q=[0.25, 0.75], dim=1).tolist(), [[1.5, 4.5, 7.5], [2.5, 5.5, 8.5]], "a list of parts")
    expect_equal(t.quantile(x, 0.5, (0, 1), True).tolist(), [[5.0]], "several dims")
    expect_equal(t.quantile(x, 0.3, 0, False, "higher").tolist(), [4.0, 5.0, 6.0], "interpolation by position")
    expect_equal(t.quantile(x.to(t.int64), 0.25).item(), 3.0, "the quantile of integers")


@case("quantile/range/both-classes/float32", dtypes=("float32",), anchors=("quantile#q_out_of_range",))
def _range_error(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor([1.0, 2.0], "float32")
    expect_raises(lambda: t.quantile(x, q=1.5), ValueError, "must be in the range \\[0, 1\\] but got 1.5")
    expect_raises(lambda: t.quantile(x, t.tensor([1.5])), ValueError, "values must be in the range \\[0, 1\\]")


@case("quantile/special/negative-zeros/float32", dtypes=("float32", "float64"))
def _negative_zeros(subject: Subject) -> None:
    t = subject.torch
    for interpolation in ("lower", "higher", "nearest"):
        found = t.quantile(t.tensor([-0.0, -0.0, -0.0]), 0.5, interpolation=interpolation)
        expect_equal(math.copysign(1, found.item()), -1.0, f"{interpolation}: the sign of a zero")
