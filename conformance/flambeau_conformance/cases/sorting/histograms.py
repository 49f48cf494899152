"""Histograms."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_PAIRS = (In((4, 5)),)

op("histc", tolerance="exact", differentiable=False, errors=[
    Error("bins", lambda t: t.histc(t.ones(2), 0), (RuntimeError,), "bins must be > 0, but got 0"),
    Error("range", lambda t: t.histc(t.ones(2), 3, 2, 1), (RuntimeError,), "max must be larger than min"),
    Error("infinite", lambda t: t.histc(t.ones(2), 3, 0, float("inf")), (RuntimeError,), "range of \\[0, inf\\] is not finite"),
    Error("integers", lambda t: t.histc(t.tensor([1, 2]), 3), (NotImplementedError,), "not implemented for 'Long'"),
    Error("float", lambda t: t.histc(t.ones(2), 1.5), (TypeError,)),
], samples=[
    Sample("elements", lambda t, x: t.histc(x, 5), _PAIRS),
    Sample("range", lambda t, x: t.histc(x, bins=6, min=-1, max=1), _PAIRS),
    Sample("default", lambda t, x: t.histc(x), _PAIRS),
    Sample("equal", lambda t, x: t.histc(x * 0, 4), _PAIRS),
    Sample("method", lambda t, x: x.histc(3, -2, 2), _PAIRS),
    Sample("zero-dim", lambda t, x: t.histc(x, 3), (In(()),)),
    Sample("zero-size", lambda t, x: t.histc(x, 3), (In((0,)),)),
    Sample("special", lambda t, x: t.histc(x, 3, -2, 1), (In((12,), "special"),)),
])  # fmt: skip
op("histogram", tolerance="reduction", differentiable=True, errors=[
    Error("bins", lambda t: t.histogram(t.ones(2), 0), (RuntimeError,), "bins must be > 0, but got 0 for dimension 0"),
    Error("range", lambda t: t.histogram(t.ones(2), 3, range=(2.0, 1.0)), (RuntimeError,), "min should not exceed max"),
    Error("three", lambda t: t.histogram(t.ones(2), 3, range=(2.0, 1.0, 3.0)), (RuntimeError,), "should have 2 elements"),
    Error("nan", lambda t: t.histogram(t.tensor([float("nan")]), 3), (RuntimeError,), "range \\[nan, nan\\] is not finite"),
    Error("weight", lambda t: t.histogram(t.ones(2), 3, weight=t.ones(3)), (RuntimeError,), "same shape as the input"),
    Error("edges", lambda t: t.histogram(t.ones(2), t.ones(2, 2)), (RuntimeError,), "should have one dimension"),
    Error("integers", lambda t: t.histogram(t.tensor([1, 2]), 3), (NotImplementedError,), "not implemented for 'Long'"),
], samples=[
    Sample("elements", lambda t, x: t.histogram(x, 5), _PAIRS, gradient=False),
    Sample("range", lambda t, x: t.histogram(x, 6, range=(-1.0, 1.0)), _PAIRS, gradient=False),
    Sample("density", lambda t, x: t.histogram(x, 4, density=True), _PAIRS, gradient=False),
    Sample("weight", lambda t, x, w: t.histogram(x, 4, weight=w), (In((4, 5)), In((4, 5))), gradient=False),
    Sample("edges", lambda t, x, e: t.histogram(x, t.msort(e), density=True), (In((20,)), In((5,), "distinct")),
           gradient=False),
    Sample("method", lambda t, x: x.histogram(3).hist, _PAIRS, gradient=False),
    Sample("zero-size", lambda t, x: t.histogram(x, 3), (In((0,)),), gradient=False),
])  # fmt: skip


def _boxes(t: Any, x: Any, **options: Any) -> Any:
    """The counts, and the edges of the first dimension."""
    found = t.histogramdd(x, **options)
    return found.hist, found.bin_edges[0]


op("histogramdd", method=False, errors=[
    Error("dims", lambda t: t.histogramdd(t.ones(2), 2), (RuntimeError,), "at least 2 dimensions"),
    Error("bins", lambda t: t.histogramdd(t.ones(2, 2), [2]), (RuntimeError,), "size of bins must be equal"),
    Error("range", lambda t: t.histogramdd(t.ones(2, 2), 2, [0.0, 1.0]), (RuntimeError,), "should have 4 elements"),
], samples=[
    Sample("number", lambda t, x: _boxes(t, x, bins=2), (In((9, 2)),), gradient=False),
    Sample("list", lambda t, x: _boxes(t, x, bins=[2, 1, 3], density=True), (In((9, 3)),), gradient=False),
    Sample("range", lambda t, x: _boxes(t, x, bins=[2, 3], range=[-1.0, 1.0, 0.0, 2.0]), (In((9, 2)),), gradient=False),
    Sample("weight", lambda t, x, w: _boxes(t, x, bins=[2, 3], weight=w), (In((9, 2)), In((9,))), gradient=False),
    Sample("edges", lambda t, x, e: _boxes(t, x, bins=(t.msort(e), t.msort(e))), (In((9, 2)), In((4,))), gradient=False),
])  # fmt: skip


@case("histc/out/counts/float32", dtypes=("float32",))
def _out_of_histc(subject: Subject) -> None:
    t = subject.torch
    x, target = subject.tensor([1.0, 2.0, 1.0], "float32"), t.zeros(2)
    expect(t.histc(x, 2, 0, 3, out=target) is target, "out= did not return its tensor")
    expect_equal(target.tolist(), [2.0, 1.0], "the counts")
    wrong = t.zeros(2, dtype=t.float64)
    expect_raises(lambda: t.histc(x, 2, 0, 3, out=wrong), RuntimeError)
    expect_equal(wrong.tolist(), [0.0, 0.0], "the target, which must not be changed,")


@case("histogram/out/pair/float32", dtypes=("float32",))
def _out_of_histogram(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor([1.0, 2.0, 1.0], "float32")
    out = t.empty(0), t.empty(0)
    result = t.histogram(x, 2, range=(0.0, 3.0), out=out)
    expect(result.hist is out[0] and result.bin_edges is out[1], "out= did not return its tensors")
    expect_equal(out[0].tolist(), [2.0, 1.0], "the counts")
    expect_equal(out[1].tolist(), [0.0, 1.5, 3.0], "the edges")
