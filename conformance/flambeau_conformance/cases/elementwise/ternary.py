"""Arithmetic of three operands."""

from ...checks import expect_equal
from ...declare import FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

for _name, _domain in (("addcmul", "real"), ("addcdiv", "nonzero")):
    # The sum of a number and a product, which may cancel.
    op(_name, tolerance="composite", dtypes=NUMBERS if _name == "addcmul" else FLOATS, inplace=True, out=True, samples=[
        Sample("plain", lambda t, x, y, z, name=_name: getattr(t, name)(x, y, z), (In(), In(), In((2, 3), _domain)), plain=True),
        Sample(
            "value", lambda t, x, y, z, name=_name: getattr(x, name)(y, z, value=2),
            (In((2, 3)), In((3,)), In((2, 1), _domain)),
        ),
        Sample("zero-dim", lambda t, x, y, z, name=_name: getattr(t, name)(x, y, z), (In(()), In(()), In((), _domain)), plain=True),
        Sample("zero-size", lambda t, x, y, z, name=_name: getattr(t, name)(x, y, z), (In((2, 0)), In((2, 0)), In((2, 0), _domain)), plain=True),
    ], names=("input", "tensor1", "tensor2"), errors=[
        Error("shapes", lambda t, name=_name: getattr(t, name)(t.zeros(2), t.zeros(3), t.zeros(1)), (RuntimeError,), "must match"),
        Error("integers", lambda t: t.addcdiv(*[t.tensor([1])] * 3), (RuntimeError,), "Integer division with addcdiv"),
    ])  # fmt: skip
op("lerp", tolerance="composite", inplace=True, out=True, names=("input", "end", "weight"), samples=[
    Sample("plain", lambda t, x, y, w: t.lerp(x, y, w), (In(), In(), In()), plain=True),
    Sample("zero-dim", lambda t, x, y, w: t.lerp(x, y, w), (In(()), In(()), In(())), plain=True),
    Sample("zero-size", lambda t, x, y, w: t.lerp(x, y, w), (In((2, 0)), In((2, 0)), In((2, 0))), plain=True),
    Sample("near", lambda t, x, y: x.lerp(y, 0.25), (In(), In((3,)))),
    Sample("far", lambda t, x, y: t.lerp(x, y, 1), (In(), In((3,)))),
], errors=[
    Error("dtype", lambda t: t.lerp(t.ones(1), t.ones(1, dtype=t.float64), 0.5), (RuntimeError,), "expected dtype float for `end` but got dtype double"),
    Error("integers", lambda t: t.lerp(t.tensor([1]), t.tensor([2]), 1), (RuntimeError, NotImplementedError), "not implemented for 'Long'"),
])  # fmt: skip


@case("lerp/value/complex-ends/-", dtypes=("complex64", "complex128"))
def _ends_of_complex_ways(subject: Subject) -> None:
    """The way is measured from the nearer end: at both ends the result is the end itself."""
    t = subject.torch
    for dtype in (t.complex64, t.complex128):
        start, end = t.tensor([1e20 + 3j, 0.1 + 1e-20j], dtype=dtype), t.tensor([0.1 + 0.3j, 1e20j], dtype=dtype)
        for weight, expected in ((0, start), (1, end)):
            found = t.lerp(start, end, t.full((2,), weight, dtype=dtype))
            expect_equal(found.tolist(), expected.tolist(), f"{dtype}: what is {weight} of the way away")
