"""Diagonals and triangles of matrices."""

from ...checks import expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")


def _vector(name: str) -> list[Error]:
    return [Error("dims", lambda t: getattr(t, name)(t.zeros(3)), (RuntimeError,), "must have at least 2 dimensions")]


op("diagonal", dtypes=_DTYPES, tolerance="exact", alias=True, samples=[
    Sample("main", lambda t, x: t.diagonal(x), (In((2, 3)),)), Sample("below", lambda t, x: x.diagonal(-1), (In((3, 2)),)),
    Sample("batch", lambda t, x: t.diagonal(x, 1, -2, -1), (In((2, 3, 4)),)), Sample("none", lambda t, x: t.diagonal(x, 5), (In((2, 3)),)),
], errors=[
    Error("same", lambda t: t.diagonal(t.zeros(2, 2), 0, 1, 1), (RuntimeError,), "cannot be identical"),
    Error("dim", lambda t: t.diagonal(t.zeros(2)), (IndexError,), "Dimension out of range"),
])  # fmt: skip
op("diagonal_scatter", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("main", lambda t, x, y: t.diagonal_scatter(x, y), (In((2, 3)), In((2,)))),
], errors=[Error("shape", lambda t: t.diagonal_scatter(t.zeros(2, 2), t.zeros(3)), (RuntimeError,), "expected src to have a size")])  # fmt: skip
op("diag", dtypes=_DTYPES, tolerance="exact", alias=False, out=True, samples=[
    Sample("plain", lambda t, x: t.diag(x), (In((3,)),), plain=True), Sample("vector", lambda t, x: t.diag(x, 1), (In((3,)),)), Sample("matrix", lambda t, x: x.diag(-1), (In((3, 2)),)),
], errors=[Error("dims", lambda t: t.diag(t.zeros(2, 2, 2)), (RuntimeError,), r"Supports 1D or 2D tensors. Got 3D")])  # fmt: skip
op("diag_embed", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("vector", lambda t, x: t.diag_embed(x), (In((2,)),)), Sample("batch", lambda t, x: x.diag_embed(1, 0, 2), (In((2, 3)),)),
], errors=[Error("same", lambda t: t.diag_embed(t.zeros(2), 0, 1, 1), (RuntimeError,), "cannot be identical")])  # fmt: skip
op(
    "diagflat",
    dtypes=_DTYPES,
    tolerance="exact",
    alias=False,
    samples=[Sample("matrix", lambda t, x: t.diagflat(x, -1), (In((2, 2)),))],
)
op("tril", dtypes=_DTYPES, tolerance="exact", alias=False, inplace=True, out=True, errors=_vector("tril"), samples=[
    Sample("plain", lambda t, x: t.tril(x), (In((3, 3)),), plain=True), Sample("above", lambda t, x: x.tril(1), (In((2, 2, 4)),)),
])  # fmt: skip
op("triu", dtypes=_DTYPES, tolerance="exact", alias=False, inplace=True, out=True, errors=_vector("triu"), samples=[
    Sample("plain", lambda t, x: t.triu(x), (In((3, 3)),), plain=True), Sample("below", lambda t, x: x.triu(-1), (In((2, 4, 2)),)),
])  # fmt: skip


@case("tril_indices/value/rows/-", dtypes=("int64",))
def _triangle_indices(subject: Subject) -> None:
    t = subject.torch
    expect_equal(t.tril_indices(2, 3, 1).tolist(), [[0, 0, 1, 1, 1], [0, 1, 0, 1, 2]], "the lower triangle")
    expect_equal(t.triu_indices(3, 2, -1).tolist(), [[0, 0, 1, 1, 2], [0, 1, 0, 1, 1]], "the upper triangle")
    expect_raises(lambda: t.tril_indices(-1, 2), RuntimeError, "must be non-negative")


@case("fill_diagonal_/value/wrap/-", dtypes=("float32", "int64"))
def _filled_diagonal(subject: Subject) -> None:
    t = subject.torch
    x = t.zeros(5, 2)
    expect_equal(x.fill_diagonal_(7, wrap=True) is x, True, "whether fill_diagonal_ returns the tensor")
    expect_equal(x.tolist(), [[7, 0], [0, 7], [0, 0], [7, 0], [0, 7]], "the tall matrix")
    expect_raises(lambda: t.zeros(2).fill_diagonal_(1), RuntimeError, "larger than 1")
