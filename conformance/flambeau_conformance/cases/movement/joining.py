"""Joining tensors."""

from ...declare import FLOATS, Error, Sample, op
from ...inputs import In

_DTYPES = (*FLOATS, "int64", "bool")
_TWO = (In((2, 3)), In((2, 3)))

op("cat", dtypes=_DTYPES, tolerance="exact", method=False, alias=False, anchors=("cat",), samples=[
    Sample("rows", lambda t, x, y: t.cat((x, y)), (In((2, 3)), In((1, 3)))),
    Sample("columns", lambda t, x, y: t.cat([x, y], dim=-1), (In((2, 1)), In((2, 3)))),
    Sample("empty", lambda t, x, y: t.cat((x, y)), (In((0,)), In((2, 3)))),
    Sample("promoted", lambda t, x, y: t.cat((x, y)), (In((2,)), In((2,), "index:3")), dtypes=FLOATS),
], errors=[
    Error("sizes", lambda t: t.cat((t.zeros(2, 3), t.zeros(2, 4))), (RuntimeError,), "Sizes of tensors must match except in dimension 0"),
    Error("none", lambda t: t.cat([]), (RuntimeError, ValueError), "non-empty"),
])  # fmt: skip
op("stack", dtypes=_DTYPES, tolerance="exact", method=False, alias=False, anchors=("stack",), samples=[
    Sample("first", lambda t, x, y: t.stack((x, y)), _TWO),
    Sample("last", lambda t, x, y: t.stack([x, y], dim=-1), _TWO),
], errors=[
    Error("sizes", lambda t: t.stack((t.zeros(2), t.zeros(3))), (RuntimeError,), "stack expects each tensor to be equal size"),
])  # fmt: skip
op("hstack", dtypes=_DTYPES, tolerance="exact", method=False, alias=False, samples=[
    Sample("matrices", lambda t, x, y: t.hstack((x, y)), (In((2, 1)), In((2, 3)))),
    Sample("vectors", lambda t, x, y: t.hstack((x, y)), (In((2,)), In((3,)))),
])  # fmt: skip
op("vstack", dtypes=_DTYPES, tolerance="exact", method=False, alias=False, samples=[
    Sample("matrices", lambda t, x, y: t.vstack((x, y)), (In((2, 3)), In((1, 3)))),
    Sample("vectors", lambda t, x, y: t.vstack((x, y)), (In((3,)), In((3,)))),
])  # fmt: skip
op("dstack", dtypes=_DTYPES, tolerance="exact", method=False, alias=False, samples=[
    Sample("matrices", lambda t, x, y: t.dstack((x, y)), _TWO), Sample("vectors", lambda t, x, y: t.dstack((x, y)), (In((3,)), In((3,)))),
])  # fmt: skip
op("column_stack", dtypes=_DTYPES, tolerance="exact", method=False, alias=False, samples=[
    Sample("vectors", lambda t, x, y: t.column_stack((x, y)), (In((2,)), In((2,)))),
    Sample("both", lambda t, x, y: t.column_stack((x, y)), (In((2,)), In((2, 3)))),
])  # fmt: skip
op("block_diag", dtypes=_DTYPES, tolerance="exact", method=False, alias=False, samples=[
    Sample("two", lambda t, x, y: t.block_diag(x, y), (In((2, 3)), In((2,)))),
])  # fmt: skip
