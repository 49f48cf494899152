"""Whether tensors are equal, exactly or nearly."""

from ...checks import expect_equal
from ...declare import ALL, FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_ERRORS = [
    Error("dtype", lambda t: t.isclose(t.ones(1), t.ones(1, dtype=t.float64)), (RuntimeError,), "Float did not match Double"),
    Error("rtol", lambda t: t.isclose(t.ones(1), t.ones(1), rtol=-1), (RuntimeError,), "rtol must be greater than or equal to zero"),
    Error("atol", lambda t: t.allclose(t.ones(1), t.ones(1), atol=-1), (RuntimeError,), "atol must be greater than or equal to zero"),
]  # fmt: skip
op("isclose", dtypes=ALL, tolerance="exact", differentiable=False, errors=_ERRORS, samples=[
    Sample("plain", lambda t, x, y: t.isclose(x, y), (In(), In((3,)))),
    Sample("tolerances", lambda t, x, y: x.isclose(y, 0.5, 0.5), (In(), In((3,)))),
    Sample("exact", lambda t, x, y: x.isclose(y, rtol=0, atol=0), (In(), In((3,)))),
    Sample("special", lambda t, x, y: t.isclose(x, y), (In((12, 1), "special"), In((1, 12), "special")), dtypes=FLOATS),
    Sample("equal-nan", lambda t, x, y: t.isclose(x, y, equal_nan=True), (In((12, 1), "special"), In((1, 12), "special")), dtypes=FLOATS),
])  # fmt: skip


@case("allclose/value/numbers/float64", dtypes=("float64",))
def _allclose(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.0, float("nan")], dtype=t.float64)
    expect_equal(t.allclose(x, x), False, "allclose of nan")
    expect_equal(t.allclose(x, x + 1e-9, equal_nan=True), True, "allclose with equal_nan")
    expect_equal(x[:1].allclose(x[:1] + 0.5, atol=1.0), True, "allclose within atol")
    expect_equal(t.allclose(x[:0], x[:0]), True, "allclose of nothing")


@case("equal/value/numbers/float64", dtypes=("float64", "int64"))
def _equal(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.0, 2.0], dtype=t.float64)
    expect_equal(t.equal(x, t.tensor([1, 2])), True, "equal of two dtypes")
    expect_equal(x.equal(x[:1]), False, "equal of two shapes")
    expect_equal(t.equal(x[:0], x[:0]), True, "equal of nothing")
    expect_equal(t.equal(x * float("nan"), x * float("nan")), False, "equal of nan")
