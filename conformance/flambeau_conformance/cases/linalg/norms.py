"""Norms of vectors and the clipping of slices."""

from math import inf

from ...checks import expect_equal
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_EXPONENTS = {"0": 0, "1": 1, "2": 2, "3": 3.0, "half": 0.5, "minus-1": -1, "inf": inf, "minus-inf": -inf}

op("norm", tolerance="reduction", samples=[
    Sample("default", lambda t, x: t.norm(x), (In((2, 3)),)),
    Sample("keepdim", lambda t, x: t.norm(x, keepdim=True), (In((2, 3)),)),
    Sample("fro-dims", lambda t, x: t.norm(x, "fro", (0, 2)), (In((2, 3, 2)),)),
    Sample("dtype", lambda t, x: x.norm(2, 1, dtype=t.float64), (In((2, 3)),)),
    Sample("zeros", lambda t, x: t.norm(x * 0, 2, 1), (In((2, 3)),), gradient=False),
    Sample("empty", lambda t, x: t.norm(x, 3, 1), (In((2, 0)),), gradient=False),
    Sample("nan", lambda t, x: t.norm(x, inf), (In((12,), "special"),), gradient=False),
    *[Sample(f"p-{label}", lambda t, x, p=p: t.norm(x, p, dim=-1), (In((2, 3), "nonzero"),), gradient=p != 0)
      for label, p in _EXPONENTS.items()],
    *[Sample(f"all-{label}", lambda t, x, p=p: x.norm(p), (In((2, 3), "nonzero"),), gradient=p != 0)
      for label, p in _EXPONENTS.items()],
], errors=[
    Error("dim", lambda t: t.norm(t.zeros(2, 3), 2, 2), (IndexError,), "Dimension out of range"),
    Error("integers", lambda t: t.norm(t.tensor([1, 2])), (RuntimeError,), "Expected a floating point or complex tensor"),
    Error("name", lambda t: t.norm(t.ones(2, 2), "abc"), (RuntimeError,), "Order abc not supported"),
    Error("empty", lambda t: t.norm(t.zeros(2, 0), inf, 1), (RuntimeError,), "does not have an identity"),
    Error("narrower", lambda t: t.norm(t.ones(2, dtype=t.float64), 2, dtype=t.float32), (RuntimeError,), "narrowing"),
    Error("dtype", lambda t: t.norm(t.ones(2), 2, dtype=t.int64), (RuntimeError,), "dtype should be floating point"),
])  # fmt: skip
op("renorm", tolerance="reduction", samples=[
    Sample("rows", lambda t, x: t.renorm(x, 2, 0, 1.5), (In((3, 4)),)),
    Sample("columns", lambda t, x: x.renorm(1, -1, 2), (In((3, 4)),)),
    Sample("inf", lambda t, x: t.renorm(x, inf, 1, 0.9), (In((2, 3, 2), "distinct"),)),
], errors=[
    Error("dim", lambda t: t.renorm(t.ones(2, 3), 2, 2, 1), (IndexError,), "out of range"),
    Error("exponent", lambda t: t.renorm(t.ones(2, 3), 0, 0, 1), (RuntimeError,), "non-positive-norm"),
    Error("limit", lambda t: t.renorm(t.ones(2, 3), 2, 0, -1), (RuntimeError,), "expected maxnorm to be >= 0"),
    Error("dims", lambda t: t.renorm(t.ones(3), 2, 0, 1), (RuntimeError,), "at least 2 dimensions"),
])  # fmt: skip


@case("renorm/inplace/rows/float32", dtypes=("float32",))
def _renorm_inplace(subject: Subject) -> None:
    x = subject.tensor([[3.0, 4.0], [0.5, 0.0]], "float32")
    x.renorm_(2, 0, 5.0)
    expect_equal(x.tolist(), [[3.0, 4.0], [0.5, 0.0]], "the tensor, whose norms are small enough,")
