"""Tensors of all combinations, and padding."""

from ...checks import expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")

op("meshgrid", dtypes=_DTYPES, tolerance="exact", alias=True, method=False, samples=[
    Sample("ij", lambda t, x, y: t.meshgrid(x, y, indexing="ij"), (In((2,)), In((3,)))),
    Sample("xy", lambda t, x, y: t.meshgrid([x, y], indexing="xy"), (In((2,)), In((3,)))),
], errors=[
    Error("dims", lambda t: t.meshgrid(t.zeros(2, 2), indexing="ij"), (RuntimeError,), "Expected 0D or 1D tensor"),
    Error("indexing", lambda t: t.meshgrid(t.zeros(2), indexing="yx"), (RuntimeError,), "indexing must be one of"),
])  # fmt: skip
op("cartesian_prod", dtypes=_DTYPES, tolerance="exact", alias=False, method=False, samples=[
    Sample("two", lambda t, x, y: t.cartesian_prod(x, y), (In((2,)), In((3,)))),
], errors=[Error("dims", lambda t: t.cartesian_prod(t.zeros(2, 2)), (RuntimeError,), "Expect a 1D vector")])  # fmt: skip
op("combinations", dtypes=_DTYPES, tolerance="exact", alias=False, samples=[
    Sample("two", lambda t, x: t.combinations(x), (In((4,)),)),
    Sample("again", lambda t, x: t.combinations(x, 3, with_replacement=True), (In((2,)),)),
    Sample("too-many", lambda t, x: t.combinations(x, 3), (In((2,)),)),
], errors=[Error("dims", lambda t: t.combinations(t.zeros(2, 2)), (RuntimeError,), "Expect a 1D vector")])  # fmt: skip
op("vander", dtypes=(*FLOATS, "int64"), alias=False, method=False, samples=[
    Sample("square", lambda t, x: t.vander(x), (In((3,)),)),
    Sample("increasing", lambda t, x: t.vander(x, 4, increasing=True), (In((2,)),)),
], errors=[Error("dims", lambda t: t.vander(t.zeros(2, 2)), (RuntimeError,), "one-dimensional")])  # fmt: skip
op("constant_pad_nd", dtypes=_DTYPES, tolerance="exact", alias=False, method=False, samples=[
    Sample("around", lambda t, x: t.constant_pad_nd(x, (1, 2, 0, 1), 1), (In((2, 3)),)),
    Sample("cropped", lambda t, x: t.constant_pad_nd(x, (-1, 1)), (In((2, 3)),)),
], errors=[
    Error("odd", lambda t: t.constant_pad_nd(t.zeros(2), (1,)), (RuntimeError,), "must be divisible by 2|must be even"),
    Error("negative", lambda t: t.constant_pad_nd(t.zeros(2), (-3, 0)), (RuntimeError,), "negative"),
])  # fmt: skip


@case("pad/value/modes/-", dtypes=("float32", "float64"))
def _modes(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.0, 2.0, 3.0])
    for mode, expected in (
        ("reflect", [3, 2, 1, 2, 3, 2]), ("replicate", [1, 1, 1, 2, 3, 3]), ("edge", [1, 1, 1, 2, 3, 3]),
        ("circular", [2, 3, 1, 2, 3, 1]), ("symmetric", [2, 1, 1, 2, 3, 3]), ("constant", [0, 0, 1, 2, 3, 0]),
    ):  # fmt: skip
        expect_equal(t.nn.functional.pad(x, (2, 1), mode=mode).tolist(), expected, mode)
    expect_raises(lambda: t.nn.functional.pad(x, (3, 0), mode="reflect"), RuntimeError, "Padding size should be less")
    expect_raises(
        lambda: t.nn.functional.pad(x, (1, 0), mode="mirror"), NotImplementedError, "Unrecognised padding mode"
    )


@case("atleast_1d/value/views/-", dtypes=("float32", "int64"))
def _at_least(subject: Subject) -> None:
    t = subject.torch
    expect_equal([list(t.atleast_1d(t.zeros(s)).shape) for s in ((), (2,))], [[1], [2]], "one dimension")
    expect_equal(
        [list(t.atleast_2d(t.zeros(s)).shape) for s in ((), (2,), (2, 3))], [[1, 1], [1, 2], [2, 3]], "two dimensions"
    )
    shapes = [list(part.shape) for part in t.atleast_3d(t.zeros(()), t.zeros(2), t.zeros(2, 3))]
    expect_equal(shapes, [[1, 1, 1], [1, 2, 1], [2, 3, 1]], "three dimensions")
