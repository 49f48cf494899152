"""Reversing, rolling, turning, repeating and broadcasting."""

from typing import Any

from ...checks import expect_equal
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")


def _bad_dim(call: Any) -> list[Error]:
    return [Error("dim", call, (IndexError,), "Dimension out of range")]


def _few_dims(name: str, pattern: str) -> list[Error]:
    return [Error("dims", lambda t: getattr(t, name)(t.tensor(1.0)), (RuntimeError,), pattern)]


op("flip", dtypes=_DTYPES, tolerance="exact", alias=False, anchors=("flip",), samples=[
    Sample("one", lambda t, x: t.flip(x, (0,)), (In((2, 3)),)),
    Sample("two", lambda t, x: x.flip(0, 1), (In((2, 3)),)),
], errors=_bad_dim(lambda t: t.flip(t.zeros(2), (1,))))  # fmt: skip
op("fliplr", dtypes=_DTYPES, tolerance="exact", alias=False, errors=_few_dims("fliplr", "must be >= 2-d"),
   samples=[Sample("matrix", lambda t, x: t.fliplr(x), (In((2, 3)),))])  # fmt: skip
op("flipud", dtypes=_DTYPES, tolerance="exact", alias=False, errors=_few_dims("flipud", "must be >= 1-d"),
   samples=[Sample("matrix", lambda t, x: t.flipud(x), (In((2, 3)),))])  # fmt: skip
op("roll", dtypes=_DTYPES, tolerance="exact", alias=False, anchors=("roll", "roll#sign_wording"), samples=[
    Sample("flat", lambda t, x: t.roll(x, 1), (In((2, 3)),)),
    Sample("back", lambda t, x: x.roll(-1, 1), (In((2, 3)),)),
    Sample("two", lambda t, x: t.roll(x, (1, 2), (0, 1)), (In((2, 3)),)),
    Sample("zero-size", lambda t, x: t.roll(x, 1, 0), (In((0, 3)),)),
], errors=[
    Error("count", lambda t: t.roll(t.zeros(2), (1, 2), 0), (RuntimeError,), "shifts and dimensions must align"),
    *_bad_dim(lambda t: t.roll(t.zeros(2), 1, 1)),
])  # fmt: skip
op("rot90", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("once", lambda t, x: t.rot90(x), (In((2, 3)),)), Sample("twice", lambda t, x: x.rot90(2), (In((2, 3)),)),
    Sample("back", lambda t, x: t.rot90(x, -1, (1, 2)), (In((2, 3, 2)),)), Sample("none", lambda t, x: t.rot90(x, 4), (In((2, 3)),)),
], errors=[Error("dims", lambda t: t.rot90(t.zeros(2)), (RuntimeError,), "expected total dims >= 2")])  # fmt: skip
op("repeat", dtypes=_DTYPES, tolerance="exact", alias=False, anchors=("Tensor.repeat", "Tensor.repeat#memory"), samples=[
    Sample("two", lambda t, x: x.repeat(2, 3), (In((2, 3)),)), Sample("new", lambda t, x: x.repeat((2, 1, 1)), (In((2, 1)),)),
    Sample("none", lambda t, x: x.repeat(0, 1), (In((2, 3)),)),
], errors=[Error("count", lambda t: t.zeros(2, 2).repeat(2), (RuntimeError,), "can not be smaller than number of dimensions")])  # fmt: skip
op("tile", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("fewer", lambda t, x: t.tile(x, (2,)), (In((2, 3)),)), Sample("more", lambda t, x: x.tile(2, 1, 2), (In((2, 3)),)),
], errors=[Error("negative", lambda t: t.tile(t.zeros(2), (-1,)), (RuntimeError,), "negative dimension")])  # fmt: skip
op("repeat_interleave", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("flat", lambda t, x: t.repeat_interleave(x, 2), (In((2, 3)),)),
    Sample("dim", lambda t, x: x.repeat_interleave(3, 1), (In((2, 3)),)),
    Sample("counts", lambda t, x: t.repeat_interleave(x, t.tensor([2, 0, 1], device=x.device), dim=1), (In((2, 3)),)),
], errors=[
    Error("size", lambda t: t.repeat_interleave(t.zeros(3), t.tensor([1, 2])), (RuntimeError,), "must have the same size as input along dim"),
    Error("negative", lambda t: t.repeat_interleave(t.zeros(3), -1), (RuntimeError,), "non-negative"),
])  # fmt: skip
op("broadcast_to", dtypes=_DTYPES, tolerance="exact", alias=True, samples=[
    Sample("rows", lambda t, x: t.broadcast_to(x, (4, 2, 3)), (In((2, 1)),)), Sample("kept", lambda t, x: x.broadcast_to((2, -1)), (In((3,)),)),
], errors=[Error("size", lambda t: t.broadcast_to(t.zeros(2), (3,)), (RuntimeError,), r"must match the existing size \(2\)")])  # fmt: skip
op("broadcast_tensors", dtypes=_DTYPES, tolerance="exact", alias=True, method=False, samples=[
    Sample("two", lambda t, x, y: t.broadcast_tensors(x, y), (In((2, 1)), In((3,)))),
], errors=[Error("sizes", lambda t: t.broadcast_tensors(t.zeros(2), t.zeros(3)), (RuntimeError,), "must match the size of tensor b")])  # fmt: skip


@case("roll/inplace/own/-", dtypes=("float32", "int64"), anchors=("Tensor.roll_", "roll_"))
def _rolled_in_place(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([0, 1, 2])
    expect_equal(x.roll_(shifts=1) is x, True, "whether roll_ returns the tensor")
    expect_equal(x.tolist(), [2, 0, 1], "the tensor after roll_")
    expect_equal(t.roll_(x, -1).tolist(), [0, 1, 2], "the tensor after roll_ back")
