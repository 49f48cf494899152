"""What stands in the middle, and what occurs most often."""

from ...checks import expect, expect_equal, expect_raises
from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...over_dims import bad_dim, over_dims
from ...subject import Subject

for _name in ("median", "nanmedian"):
    op(_name, dtypes=NUMBERS, tolerance="exact", errors=[
        bad_dim(_name),
        Error("empty", lambda t, name=_name: getattr(t, name)(t.zeros(2, 0), 1), (IndexError,), "to have non-zero size"),
        Error("keepdim", lambda t, name=_name: getattr(t, name)(t.zeros(2), keepdim=True), (TypeError,)),
        Error("bool", lambda t, name=_name: getattr(t, name)(t.tensor([True])), (NotImplementedError,), "for 'Bool'"),
    ], samples=[
        *over_dims(_name, several=False),
        Sample("even", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((4, 3), "distinct"),)),
        # Which of the zeros of either sign stands in the middle is left open.
        Sample("ties", lambda t, x, name=_name: getattr(t, name)(x.round(), 1).values + 0.0, (In((3, 8)),), dtypes=FLOATS,
               gradient=False),
        Sample("empty", lambda t, x, name=_name: getattr(t, name)(x), (In((0,)),), dtypes=FLOATS, gradient=False),
        Sample("zero-size", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((2, 0)),), gradient=False),
        Sample("special", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((12,), "special"),), dtypes=FLOATS,
               gradient=False),
        Sample("special-all", lambda t, x, name=_name: getattr(t, name)(x) + 0.0, (In((3, 4), "special"),), dtypes=FLOATS,
               gradient=False),
    ])  # fmt: skip
op("mode", dtypes=ALL, tolerance="exact", errors=[
    bad_dim("mode"),
    Error("empty", lambda t: t.mode(t.zeros(2, 0)), (IndexError,), "Expected reduction dim 1 to have non-zero size"),
], samples=[
    Sample("last", lambda t, x: t.mode(x), (In((3, 9)),), dtypes=("int64", "uint8", "bool")),
    Sample("dim", lambda t, x: t.mode(x, 0), (In((9, 2)),), dtypes=("int64", "int32")),
    Sample("keepdim", lambda t, x: t.mode(x, -2, True), (In((5, 2)),), dtypes=("int64",)),
    Sample("distinct", lambda t, x: t.mode(x), (In((3, 4), "distinct"),)),
    Sample("rounded", lambda t, x: t.mode(x.round()).values, (In((3, 9)),), dtypes=FLOATS, gradient=False),
    Sample("zero-dim", lambda t, x: t.mode(x), (In(()),)),
    Sample("zero-size", lambda t, x: t.mode(x), (In((0, 3)),), gradient=False),
])  # fmt: skip


@case("median/out/pair/float32", dtypes=("float32", "int64"))
def _out_of_median(subject: Subject) -> None:
    _check_pair(subject, "median", 1.0, 2)


@case("nanmedian/out/pair/float32", dtypes=("float32", "int64"))
def _out_of_nanmedian(subject: Subject) -> None:
    _check_pair(subject, "nanmedian", 1.0, 2)


@case("mode/out/pair/float32", dtypes=("float32", "int64"))
def _out_of_mode(subject: Subject) -> None:
    _check_pair(subject, "mode", 3.0, 3)


def _check_pair(subject: Subject, name: str, value: float, index: int) -> None:
    t = subject.torch
    function = getattr(t, name)
    x = subject.tensor([3.0, -2.0, 1.0, 3.0] if name == "mode" else [3.0, -2.0, 1.0, 7.0], "float32")
    out = t.empty(()), t.empty((), dtype=t.int64)
    result = function(x, 0, out=out)
    expect(result.values is out[0] and result[1] is out[1], "out= did not return its tensors")
    expect_equal([out[0].item(), out[1].item()], [value, index], "the value and its index")
    wrong = t.zeros(()), t.zeros(())
    expect_raises(lambda: function(x, 0, out=wrong), RuntimeError)
    expect_equal(wrong[0].item(), 0.0, "the first target, which must not be changed,")
