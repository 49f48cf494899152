"""Shapes and views."""

from typing import Any

from ...checks import expect_equal
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")


_DOCUMENTED = {
    "flatten": "flatten", "unflatten": "unflatten",
    **{name: f"Tensor.{name}" for name in
       ("reshape", "view", "squeeze", "unsqueeze", "expand", "transpose", "permute", "t")},
}  # fmt: skip
"""The ids of what is documented of these ops: the methods of most."""


def _moving(name: str, *samples: tuple[str, Any, tuple[int, ...]], errors: Any = (), turned: bool = True) -> None:
    op(
        name, dtypes=_DTYPES, tolerance="exact", alias=True, anchors=(_DOCUMENTED[name],) if name in _DOCUMENTED else (), errors=errors, turned=turned,
        samples=[Sample(label, call, (In(shape),)) for label, call, shape in samples],
    )  # fmt: skip


def _bad_dim(call: Any) -> list[Error]:
    return [Error("dim", call, (IndexError,), "Dimension out of range")]


_moving("reshape", ("split", lambda t, x: t.reshape(x, (3, -1)), (2, 6)), ("zero-dim", lambda t, x: x.reshape(()), (1,)),
        ("empty", lambda t, x: x.reshape(3, 0), (0, 2)), errors=[
    Error("size", lambda t: t.zeros(4).reshape(3), (RuntimeError,), r"shape '\[3\]' is invalid for input of size 4"),
])  # fmt: skip
_moving("view", ("split", lambda t, x: x.view(3, -1), (2, 6)), turned=False, errors=[
    Error("strides", lambda t: t.zeros(2, 3).t().view(6), (RuntimeError,), r"Use .reshape\(...\) instead"),
])  # fmt: skip
_moving("flatten", ("all", lambda t, x: t.flatten(x), (2, 3, 2)), ("part", lambda t, x: x.flatten(1), (2, 3, 2)), errors=[
    Error("order", lambda t: t.zeros(2, 3).flatten(1, 0), (RuntimeError,), "start_dim cannot come after end_dim"),
])  # fmt: skip
_moving("ravel", ("all", lambda t, x: t.ravel(x), (2, 3)))
_moving("unflatten", ("two", lambda t, x: t.unflatten(x, 1, (2, -1)), (2, 6)), errors=[
    Error("sizes", lambda t: t.zeros(2, 6).unflatten(1, (4, 2)), (RuntimeError,), "don't multiply up to"),
])  # fmt: skip
_moving("permute", ("three", lambda t, x: t.permute(x, (2, 0, 1)), (2, 3, 4)), ("method", lambda t, x: x.permute(-1, 0), (2, 3)), errors=[
    Error("count", lambda t: t.zeros(2, 3).permute(0), (RuntimeError,), "number of dimensions"),
])  # fmt: skip
_moving(
    "transpose",
    ("two", lambda t, x: t.transpose(x, 0, -1), (2, 3, 4)),
    errors=_bad_dim(lambda t: t.zeros(2).transpose(0, 1)),
)
_moving("t", ("matrix", lambda t, x: t.t(x), (2, 3)), ("vector", lambda t, x: x.t(), (3,)), ("attribute", lambda t, x: x.T, (2, 3)), errors=[
    Error("dims", lambda t: t.zeros(2, 3, 4).t(), (RuntimeError,), r"expects a tensor with <= 2 dimensions, but self is 3D"),
])  # fmt: skip
_moving("movedim", ("one", lambda t, x: t.movedim(x, 0, -1), (2, 3, 4)), ("two", lambda t, x: x.movedim((0, 1), (2, 0)), (2, 3, 4)),
        errors=_bad_dim(lambda t: t.movedim(t.zeros(2), 3, 0)))  # fmt: skip
_moving("squeeze", ("all", lambda t, x: t.squeeze(x), (1, 3, 1)), ("dim", lambda t, x: x.squeeze(0), (1, 3, 1)), ("kept", lambda t, x: x.squeeze(1), (1, 3, 1)),
        errors=_bad_dim(lambda t: t.zeros(2).squeeze(3)))  # fmt: skip
_moving("unsqueeze", ("first", lambda t, x: t.unsqueeze(x, 0), (2, 3)), ("last", lambda t, x: x.unsqueeze(-1), (2, 3)),
        errors=_bad_dim(lambda t: t.zeros(2).unsqueeze(3)))  # fmt: skip
_moving("expand", ("two", lambda t, x: x.expand(2, -1, 4), (3, 1)), errors=[
    Error("size", lambda t: t.zeros(2).expand(3), (RuntimeError,), r"expanded size of the tensor \(3\) must match the existing size \(2\)"),
])  # fmt: skip
_moving("select", ("last", lambda t, x: t.select(x, 1, -1), (2, 3)), errors=[
    Error("index", lambda t: t.select(t.zeros(2), 0, 5), (IndexError,), "out of range"),
])  # fmt: skip
_moving("narrow", ("middle", lambda t, x: t.narrow(x, 1, 1, 2), (2, 4)), errors=[
    Error("length", lambda t: t.narrow(t.zeros(3), 0, 2, 2), (RuntimeError,), "exceeds dimension size"),
])  # fmt: skip
_moving(
    "moveaxis",
    ("one", lambda t, x: t.moveaxis(x, 0, -1), (2, 3, 4)),
    errors=_bad_dim(lambda t: t.moveaxis(t.zeros(2), 3, 0)),
)
_moving(
    "swapaxes",
    ("two", lambda t, x: t.swapaxes(x, 0, -1), (2, 3)),
    errors=_bad_dim(lambda t: t.swapaxes(t.zeros(2), 0, 1)),
)
_moving(
    "swapdims", ("two", lambda t, x: x.swapdims(0, -1), (2, 3)), errors=_bad_dim(lambda t: t.swapdims(t.zeros(2), 0, 1))
)
op("narrow_copy", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("middle", lambda t, x: t.narrow_copy(x, 1, 1, 2), (In((2, 4)),)),
], errors=[Error("length", lambda t: t.narrow_copy(t.zeros(3), 0, 2, 2), (RuntimeError,), "exceeds dimension size")])  # fmt: skip
op("select_scatter", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("column", lambda t, x, y: t.select_scatter(x, y, 1, -1), (In((2, 3)), In((2,)))),
], errors=[Error("shape", lambda t: t.select_scatter(t.zeros(2, 2), t.zeros(3), 0, 0), (RuntimeError,), "expected src to have a size")])  # fmt: skip
op("slice_scatter", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("steps", lambda t, x, y: t.slice_scatter(x, y, 1, 0, 3, 2), (In((2, 3)), In((2, 2)))),
    Sample("rows", lambda t, x, y: x.slice_scatter(y, start=1), (In((2, 3)), In((1, 3)))),
], errors=[Error("shape", lambda t: t.slice_scatter(t.zeros(2, 2), t.zeros(3)), (RuntimeError,), "expected src to have a size")])  # fmt: skip


@case("view/dtype/bits/-", dtypes=("bfloat16", "float32", "int8", "int16", "int32", "uint8"), extensions=("bytes",))
def _bits(subject: Subject) -> None:
    """Memory read in another dtype: at the limits of integers, of 16 bits, and in long rows."""
    t = subject.torch
    expect_equal(t.tensor([127, -128, 5, -1], dtype=t.int8).view(t.uint8).tolist(), [127, 128, 5, 255], "int8 as uint8")
    expect_equal(t.tensor([127, 128, 0, 255], dtype=t.uint8).view(t.int8).tolist(), [127, -128, 0, -1], "uint8 as int8")
    expect_equal(t.tensor([1.0, -2.0], dtype=t.bfloat16).view(t.int16).tolist(), [0x3F80, -0x4000], "bfloat16 as int16")
    expect_equal(t.tensor([0x3F80, -0x4000], dtype=t.int16).view(t.bfloat16).tolist(), [1.0, -2.0], "int16 as bfloat16")
    expect_equal(t.tensor([-(1 << 31)], dtype=t.int32).view(t.float32).tolist(), [-0.0], "the least int32 as float32")
    expect_equal(t.ones(2, 600).view(t.int32).tolist(), [[0x3F800000] * 600] * 2, "long rows of float32 as int32")
