"""Indexing."""

from typing import Any

from ..compare import check_same, numbers_of
from ..declare import FLOATS, Error, Sample, case, op
from ..inputs import In
from ..subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")


def _key(label: str, key: Any, shape: tuple[int, ...] = (3, 4), *, gradient: bool = True) -> Sample:
    return Sample(label, lambda t, x: x[key(t) if callable(key) else key], (In(shape),), gradient=gradient)


op("getitem", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    _key("int", 1), _key("negative", -1), _key("slice", slice(1, None)), _key("step", (slice(None), slice(0, 4, 2))),
    _key("none", (None, slice(None), None)), _key("ellipsis", (Ellipsis, 0), (2, 3, 4)), _key("empty-slice", slice(3, 1)),
    _key("list", [2, 0]), _key("tensor", lambda t: t.tensor([[0, 2], [1, 1]])),
    _key("two", lambda t: (t.tensor([0, 2]), t.tensor([3, 1]))),
    _key("separated", lambda t: (t.tensor([0, 1]), slice(None), t.tensor([0, 1])), (2, 3, 4)),
    _key("behind-slice", lambda t: (slice(None), t.tensor([2, 0, 2]))),
    _key("mask", lambda t: t.tensor([True, False, True])),
    _key("negative-tensor", lambda t: t.tensor([-1, 0])),
    Sample("own-mask", lambda t, x: x[x > 0], (In((3, 4)),), dtypes=FLOATS),
    _key("zero-dim-tensor", lambda t: t.tensor(1)),
], errors=[
    Error("range", lambda t: t.zeros(2)[2], (IndexError,), "index 2 is out of bounds for dimension 0 with size 2"),
    Error("count", lambda t: t.zeros(2)[0, 0], (IndexError,), "too many indices for tensor of dimension 1"),
    Error("float", lambda t: t.zeros(2)[0.5], (TypeError, IndexError)),
    Error("mask", lambda t: t.zeros(2)[t.tensor([True])], (IndexError,), "The shape of the mask"),
    Error("zero-dim", lambda t: t.tensor(1.0)[0], (IndexError,), "invalid index of a 0-dim tensor"),
])  # fmt: skip
op("gather", dtypes=_DTYPES, tolerance="exact", method=False, anchors=("gather",), samples=[
    Sample("dim0", lambda t, x, i: t.gather(x, 0, i), (In((3, 4)), In((2, 4), "index:3"))),
    Sample("dim1", lambda t, x, i: x.gather(1, i), (In((3, 4)), In((3, 2), "index:4"))),
], errors=[
    Error("range", lambda t: t.zeros(2).gather(0, t.tensor([2])), (RuntimeError, IndexError), "out of bounds"),
    Error("dtype", lambda t: t.zeros(2).gather(0, t.tensor([0.0])), (RuntimeError,), "int64"),
])  # fmt: skip
op("scatter", dtypes=FLOATS, tolerance="exact", method=False, samples=[
    Sample("source", lambda t, x, y: t.scatter(x, 1, t.tensor([[0, 2], [3, 1], [2, 0]]), y), (In((3, 4)), In((3, 2)))),
    Sample("value", lambda t, x: x.scatter(0, t.tensor([[0, 2]]), 5.0), (In((3, 4)),)),
], errors=[
    Error("range", lambda t: t.zeros(2).scatter(0, t.tensor([2]), 1.0), (RuntimeError, IndexError), "out of bounds"),
])  # fmt: skip
op("scatter_add", dtypes=(*FLOATS, "int64"), method=False, samples=[
    Sample("repeated", lambda t, x, y: t.scatter_add(x, 1, t.tensor([[0, 0], [3, 1], [2, 2]]), y), (In((3, 4)), In((3, 2)))),
], errors=[
    Error("dtype", lambda t: t.zeros(2).scatter_add(0, t.tensor([0]), t.tensor([1])), (RuntimeError,), "dtype"),
])  # fmt: skip
op("index_select", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("columns", lambda t, x, i: t.index_select(x, 1, i), (In((3, 4)), In((5,), "index:4"))),
], errors=[
    Error("range", lambda t: t.index_select(t.zeros(2), 0, t.tensor([2])), (IndexError, RuntimeError), "out of"),
])  # fmt: skip
op("masked_fill", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("number", lambda t, x, m: x.masked_fill(m, 1), (In((3, 4)), In((3, 4), "bool"))),
    Sample("broadcast", lambda t, x, m: t.masked_fill(x, m, 1), (In((3, 4)), In((4,), "bool"))),
], errors=[
    Error("not-bool", lambda t: t.zeros(2).masked_fill(t.zeros(2), 1), (RuntimeError,), "boolean masks"),
])  # fmt: skip
op("nonzero", dtypes=_DTYPES, tolerance="exact", differentiable=False, method=False, samples=[
    Sample("matrix", lambda t, x: t.nonzero(x), (In((3, 4), "bool"),), dtypes=("bool",)),
    Sample("tuple", lambda t, x: x.nonzero(as_tuple=True), (In((3, 4)),), dtypes=("int64",)),
    Sample("zero-dim", lambda t, x: t.nonzero(x), (In((), "positive"),), dtypes=("int64",)),
])  # fmt: skip

_WRITES: list[tuple[str, Any, Any, list[float]]] = [
    ("int", 1, 9.0, [0, 1, 2, 9, 9, 9]),
    ("slice", (slice(None), slice(1, None)), 9.0, [0, 9, 9, 3, 9, 9]),
    ("row", 0, lambda t: t.tensor([7.0, 8.0, 9.0]), [7, 8, 9, 3, 4, 5]),
    ("mask", lambda t: t.tensor([[True, False, False], [False, True, False]]), -1.0, [-1, 1, 2, 3, -1, 5]),
    ("tensor", lambda t: (t.tensor([0, 1]), t.tensor([2, 0])), lambda t: t.tensor([7.0, 8.0]), [0, 1, 7, 8, 4, 5]),
    ("behind-slice", lambda t: (slice(None), t.tensor([2, 0])), lambda t: t.tensor([7.0, 8.0]), [8, 1, 7, 8, 4, 7]),
    ("ellipsis", (Ellipsis, -1), 9.0, [0, 1, 9, 3, 4, 9]),
]

for _label, _where, _what, _expected in _WRITES:

    @case(f"setitem/value/{_label}/float32", dtypes=("float32",))
    def _write(subject: Subject, where: Any = _where, what: Any = _what, expected: Any = _expected) -> None:
        t = subject.torch
        x = t.arange(6, dtype=t.float32).reshape(2, 3)
        x[where(t) if callable(where) else where] = what(t) if callable(what) else what
        check_same(subject, numbers_of(x), [float(value) for value in expected], "float32", "exact")
