"""Comparisons."""

import operator

from ...checks import expect, expect_equal, expect_raises
from ...declare import ALL, FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    op(
        _name, elementwise=2, dtypes=ALL, tolerance="exact", differentiable=False, inplace=False,
        reference=getattr(operator, _name),
        samples=[
            Sample("number", lambda t, x, name=_name: getattr(t, name)(x, 1), (In(),)),
            Sample("operator", lambda t, x, y, name=_name: getattr(x, f"__{name}__")(y), (In(), In((3,)))),
        ],
        errors=[
            Error("shapes", lambda t, name=_name: getattr(t, name)(t.zeros(2), t.zeros(3)), (RuntimeError,), "must match"),
        ],
    )  # fmt: skip
for _name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal"):
    op(_name, elementwise=1, dtypes=ALL, tolerance="exact", differentiable=False, inplace=False, out=False)
for _name in ("isposinf", "isneginf"):

    @case(f"{_name}/out/plain/float32", dtypes=("float32", "bool"))
    def _out(subject: Subject, name: str = _name) -> None:
        t = subject.torch
        x, target = t.tensor([float("inf"), -float("inf"), 0.0]), t.zeros(3, dtype=t.bool)
        expect(getattr(t, name)(x, out=target) is target, "out= did not return its tensor")
        expect_equal(target.tolist(), getattr(t, name)(x).tolist(), "what was written into out")
        expect_raises(lambda: getattr(t, name)(x, out=t.zeros(3)), RuntimeError, "does not support non-boolean outputs")


op("broadcast_shapes", samples=[
    Sample("two", lambda t: t.zeros(t.broadcast_shapes((2, 1), (3,))), (), dtypes=("float32",)),
], dtypes=FLOATS, differentiable=False, method=False, errors=[
    Error("mismatch", lambda t: t.broadcast_shapes((2,), (3,)), (RuntimeError,)),
])  # fmt: skip
