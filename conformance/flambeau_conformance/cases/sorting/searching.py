"""Searching: in what is sorted, and for what is in a set."""

from functools import partial
from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...declare import FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject


def _search(**options: Any) -> Any:
    return lambda t, sequence, x: t.searchsorted(t.sort(sequence).values, x, **options)


op("searchsorted", dtypes=NUMBERS, tolerance="exact", turned=False, differentiable=False, method=False, errors=[
    Error("side", lambda t: t.searchsorted(t.ones(2), t.ones(2), side="bad"), (RuntimeError,), "but got bad"),
    Error("opposites", lambda t: t.searchsorted(t.ones(2), t.ones(2), side="left", right=True), (RuntimeError,),
          "side and right can't be set to opposites"),
    Error("zero-dim", lambda t: t.searchsorted(t.ones(()), t.ones(2)), (RuntimeError,), "should have positive dimension"),
    Error("rows", lambda t: t.searchsorted(t.ones(2, 3), t.ones(3, 1)), (RuntimeError,), "must match"),
    Error("scalar", lambda t: t.searchsorted(t.ones(2, 3), 1.0), (RuntimeError,), "can be a scalar only when"),
    Error("sorter", lambda t: t.searchsorted(t.ones(2), 1.0, sorter=t.tensor([1])), (RuntimeError,), "same size"),
    Error("sorter-dtype", lambda t: t.searchsorted(t.ones(2), 1.0, sorter=t.ones(2)), (RuntimeError,), "of long dtype"),
    Error("bool", lambda t: t.searchsorted(t.tensor([True]), t.tensor([True])), (NotImplementedError,), "'Bool'"),
], samples=[
    Sample("left", _search(), (In((7,)), In((2, 5)))),
    Sample("right", _search(right=True), (In((7,)), In((2, 5)))),
    Sample("side", _search(side="right"), (In((7,)), In((5,)))),
    Sample("int32", _search(out_int32=True), (In((7,)), In((5,))), also=("int32",)),
    Sample("rows", _search(), (In((2, 7)), In((2, 5)))),
    Sample("rows-right", _search(right=True), (In((2, 2, 6)), In((2, 2, 3)))),
    Sample("number", lambda t, x: t.searchsorted(t.sort(x).values, 1), (In((7,)),)),
    Sample("equal", lambda t, x: t.searchsorted(t.sort(x).values, x), (In((3, 7)),)),
    Sample("sorter", lambda t, x, y: t.searchsorted(x, y, sorter=t.argsort(x)), (In((2, 7)), In((2, 4)))),
    Sample("zero-dim", _search(), (In((7,)), In(()))),
    Sample("zero-size", _search(), (In((0,)), In((3,)))),
    Sample("special", _search(), (In((7,)), In((12,), "special")), dtypes=FLOATS),
])  # fmt: skip
op("bucketize", dtypes=NUMBERS, tolerance="exact", turned=False, differentiable=False, method=False, errors=[
    Error("dims", lambda t: t.bucketize(t.ones(2), t.ones(2, 2)), (RuntimeError,), "must be 1 dimension, but got dim\\(2\\)"),
], samples=[
    Sample("left", lambda t, x, y: t.bucketize(x, t.msort(y)), (In((2, 5)), In((6,)))),
    Sample("right", lambda t, x, y: t.bucketize(x, t.msort(y), right=True), (In((2, 5)), In((6,)))),
    Sample("int32", lambda t, x, y: t.bucketize(x, t.msort(y), out_int32=True), (In((5,)), In((6,))), also=("int32",)),
    Sample("number", lambda t, y: t.bucketize(1.5, t.msort(y)), (In((6,)),)),
    Sample("zero-size", lambda t, x, y: t.bucketize(x, y), (In((2, 3)), In((0,)))),
])  # fmt: skip
op("isin", dtypes=NUMBERS, tolerance="exact", differentiable=False, method=False, out=True, errors=[
    Error("numbers", lambda t: t.isin(1, 1), (TypeError,)),
    Error("list", lambda t: t.isin([1], t.ones(1)), (TypeError,)),
    Error("bool", lambda t: t.isin(t.tensor([True]), t.tensor([True])), (RuntimeError,), "isin\\(\\): Bool"),
    Error("out", lambda t: t.isin(t.ones(2), t.ones(2), out=t.ones(2)), (RuntimeError,), "to have dtype bool"),
], samples=[
    Sample("plain", lambda t, x, y: t.isin(x, y), (In((3, 5)), In((4,))), plain=True),
    Sample("many", lambda t, x, y: t.isin(x, y), (In((3, 5)), In((5, 6)))),
    Sample("invert", lambda t, x, y: t.isin(x, y, invert=True), (In((3, 5)), In((4,)))),
    Sample("unique", lambda t, x, y: t.isin(x, y, assume_unique=True), (In((5,), "distinct"), In((4,), "distinct"))),
    Sample("number", lambda t, x: t.isin(x, 1), (In((3, 5)),)),
    Sample("of-number", lambda t, x: t.isin(1, x), (In((3, 5)),)),
    Sample("zero-size", lambda t, x, y: t.isin(x, y), (In((3, 2)), In((0,)))),
    Sample("zero-dim", lambda t, x, y: t.isin(x, y), (In(()), In((4,)))),
    Sample("special", lambda t, x, y: t.isin(x, y), (In((12,), "special"), In((24,), "special")), dtypes=FLOATS),
])  # fmt: skip


@case("searchsorted/out/int32/float32", dtypes=("float32", "int32", "int64"))
def _out_of_searchsorted(subject: Subject) -> None:
    t = subject.torch
    sequence, x = subject.tensor([1.0, 3.0, 5.0], "float32"), subject.tensor([3.0, 6.0], "float32")
    _check_out(subject, lambda **options: t.searchsorted(sequence, x, **options))


@case("bucketize/out/int32/float32", dtypes=("float32", "int32", "int64"))
def _out_of_bucketize(subject: Subject) -> None:
    t = subject.torch
    boundaries, x = subject.tensor([1.0, 3.0, 5.0], "float32"), subject.tensor([3.0, 6.0], "float32")
    _check_out(subject, lambda **options: t.bucketize(x, boundaries, **options))


def _check_out(subject: Subject, call: Any) -> None:
    t = subject.torch
    for dtype in (t.int64, t.int32):
        target = t.zeros(2, dtype=dtype)
        expect(call(out=target, out_int32=dtype is t.int32) is target, "out= did not return its tensor")
        expect_equal(target.tolist(), [1, 3], "the places")
        target.zero_()
        expect_raises(lambda: call(out=target, out_int32=dtype is not t.int32), RuntimeError)  # noqa: B023
        expect_equal(target.tolist(), [0, 0], "the target, which must not be changed,")


@case("searchsorted/memory/strided-sequence/float32", dtypes=("float32", "int64"))
def _in_every_second(subject: Subject) -> None:
    t = subject.torch
    sequence = t.tensor([1.0, 9.0, 3.0, 9.0, 5.0, 9.0])[::2]
    for values, expected in (([0.0, 3.0, 4.0, 6.0], [0, 1, 2, 3]), ([1.0, 5.0, 9.0], [0, 2, 3])):
        found = quietly(partial(t.searchsorted, sequence, t.tensor(values)))  # PyTorch advises against it
        expect_equal(found.tolist(), expected, "the places")
