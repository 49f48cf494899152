"""Running sums, products and extremes."""

from ...checks import expect_equal, expect_raises
from ...declare import ALL, FLOATS, Error, Sample, case, op
from ...inputs import In
from ...over_dims import bad_dim
from ...subject import Subject

for _name in ("cumsum", "cumprod"):
    op(_name, dtypes=ALL, tolerance="reduction", errors=[
        bad_dim(_name),
        Error("no-dim", lambda t, name=_name: getattr(t, name)(t.ones(2)), (TypeError,)),
        Error("bool", lambda t, name=_name: getattr(t, name)(t.ones(2), 0, dtype=t.bool), (NotImplementedError,), "'Bool'"),
    ], samples=[
        Sample("dim", lambda t, x, name=_name: getattr(t, name)(x, 1), (In((2, 5)),)),
        Sample("method", lambda t, x, name=_name: getattr(x, name)(-2), (In((3, 2, 2)),)),
        Sample("zero-dim", lambda t, x, name=_name: getattr(x, name)(0), (In(()),)),
        Sample("empty", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((0, 2)),), gradient=False),
        Sample("dtype", lambda t, x, name=_name: getattr(t, name)(x, 1, dtype=t.float64), (In(),), dtypes=("int64", "float32"),
               gradient=False),
        Sample("special", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((4, 3), "special"),), dtypes=FLOATS,
               gradient=False),
        Sample("zeros", lambda t, x, name=_name: getattr(t, name)(x * t.tensor([1, 0, 2, 1, 0, 1]), 1), (In((2, 6)),),
               dtypes=FLOATS),
    ])  # fmt: skip
for _name in ("cummax", "cummin"):
    op(_name, dtypes=ALL, tolerance="exact", errors=[bad_dim(_name)], samples=[
        Sample("dim", lambda t, x, name=_name: getattr(t, name)(x, 1), (In((2, 5), "distinct"),)),
        Sample("method", lambda t, x, name=_name: getattr(x, name)(-2), (In((3, 2, 2), "distinct"),)),
        Sample("ties", lambda t, x, name=_name: getattr(t, name)(x.sign(), 1), (In((3, 5)),), gradient=False),
        Sample("zero-dim", lambda t, x, name=_name: getattr(x, name)(0), (In(()),)),
        Sample("empty", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((0, 2)),), gradient=False),
        Sample("special", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((12,), "special"),), dtypes=FLOATS,
               gradient=False),
    ])  # fmt: skip


@case("cumsum/inplace/dtype/int32", dtypes=("int32", "int64"))
def _own_dtype(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1, 2, 3], dtype=t.int32)
    expect_equal(str(x.cumsum_(0).dtype).removeprefix("torch."), "int32", "the dtype")
    expect_raises(lambda: x.cumsum_(0, dtype=t.int64), RuntimeError, "Bad in-place call")
    expect_equal(x.tolist(), [1, 3, 6], "the tensor, which must not be changed,")


@case("cummax/out/dim/float32", dtypes=("float32", "int64"))
def _out_of_cummax(subject: Subject) -> None:
    _check_out(subject, "cummax", [1.0, 3.0, 3.0], [0, 1, 1])


@case("cummin/out/dim/float32", dtypes=("float32", "int64"))
def _out_of_cummin(subject: Subject) -> None:
    _check_out(subject, "cummin", [1.0, 1.0, 1.0], [0, 0, 0])


def _check_out(subject: Subject, name: str, values: list[float], indices: list[int]) -> None:
    t = subject.torch
    targets = t.empty(3), t.empty(3, dtype=t.int64)
    getattr(t, name)(subject.tensor([1.0, 3.0, 2.0], "float32"), 0, out=targets)
    expect_equal([target.tolist() for target in targets], [values, indices], "values and indices")


@case("cumsum/limits/in-place/-", dtypes=("int8", "int16", "int32"))
def _running_sums_that_wrap(subject: Subject) -> None:
    """In place the dtype stays, and what is beyond its limits wraps around."""
    t = subject.torch
    for dtype in (t.int8, t.int16, t.int32):
        low, high = t.iinfo(dtype).min, t.iinfo(dtype).max
        x = t.tensor([high, 1, 2, high], dtype=dtype)
        expect_equal(x.cumsum_(0).tolist(), [high, low, low + 2, 1], f"the sums in {dtype}")
