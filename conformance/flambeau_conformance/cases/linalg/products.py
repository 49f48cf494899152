"""Products beyond matrix multiplication: with a bias, of more dimensions, einsum, powers and chains."""

from ...checks import expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject
from ._shared import EXTENSION, SQUARE, regular

_DTYPES = (*FLOATS, "int64")
_M23, _M34, _V3 = In((2, 3)), In((3, 4)), In((3,))

op("einsum", dtypes=_DTYPES, tolerance="reduction", method=False, alias=None, samples=[
    Sample("matmul", lambda t, x, y: t.einsum("ij,jk->ik", x, y), (_M23, _M34)), Sample("trace", lambda t, x: t.einsum("ii", x), (In((3, 3)),)),
    Sample("three", lambda t, x, y, z: t.einsum("ij,jk,k->i", x, y, z), (_M23, _M34, In((4,)))),
    Sample("ellipsis", lambda t, x, y: t.einsum("...ij,...jk->...ik", x, y), (In((2, 2, 3)), In((1, 3, 2)))),
    Sample("lists", lambda t, x, y: t.einsum(x, [0, 1], y, [1, 2], [2, 0]), (_M23, _M34)),
    Sample("outer", lambda t, x, y: t.einsum("i,j", x, y), (In((2,)), _V3)), Sample("diagonal", lambda t, x: t.einsum("iij->j", x), (In((2, 2, 3)),)),
], errors=[
    Error("size", lambda t: t.einsum("ij,jk", t.zeros(2, 3), t.zeros(2, 3)), (RuntimeError,), "does not broadcast with previously seen size"),
    Error("output", lambda t: t.einsum("ij->k", t.zeros(2, 3)), (RuntimeError,), "does not appear in the equation"),
    Error("operands", lambda t: t.einsum("ij", t.zeros(2, 3), t.zeros(2, 3)), (RuntimeError,), "more operands were provided"),
])  # fmt: skip
op("tensordot", dtypes=_DTYPES, tolerance="reduction", method=False, alias=False, samples=[
    Sample("number", lambda t, x, y: t.tensordot(x, y, dims=1), (_M23, _M34)), Sample("two", lambda t, x, y: t.tensordot(x, y), (_M23, In((2, 3, 2)))),
    Sample("lists", lambda t, x, y: t.tensordot(x, y, dims=([0], [1])), (_M23, In((4, 2)))),
    Sample("one", lambda t, x, y: t.tensordot(x, y, dims=([0], [0])), (In((1, 3)), _M23)),
], errors=[Error("size", lambda t: t.tensordot(t.zeros(2), t.zeros(3), 1), (RuntimeError,), "contracted dimensions need to match")])  # fmt: skip
op("kron", dtypes=_DTYPES, alias=False, samples=[
    Sample("matrices", lambda t, x, y: t.kron(x, y), (_M23, In((2, 2)))), Sample("vector", lambda t, x, y: x.kron(y), (In((2,)), In((2, 2)))),
])  # fmt: skip
op("trace", dtypes=_DTYPES, tolerance="reduction", alias=False, samples=[Sample("wide", lambda t, x: t.trace(x), (_M23,))], errors=[
    Error("dims", lambda t: t.trace(t.zeros(2)), (RuntimeError,), "expected a matrix"),
])  # fmt: skip
op("inner", dtypes=_DTYPES, tolerance="reduction", alias=False, samples=[
    Sample("vectors", lambda t, x, y: t.inner(x, y), (_V3, _V3)), Sample("matrices", lambda t, x, y: x.inner(y), (_M23, In((4, 3)))),
    Sample("zero-dim", lambda t, x, y: t.inner(x, y), (In(()), _M23)),
], errors=[Error("size", lambda t: t.inner(t.zeros(2), t.zeros(3)), (RuntimeError,), "the last dimension must match")])  # fmt: skip
op("vdot", dtypes=_DTYPES, tolerance="reduction", alias=False, samples=[Sample("vectors", lambda t, x, y: t.vdot(x, y), (_V3, _V3))], errors=[
    Error("size", lambda t: t.vdot(t.zeros(2), t.zeros(3)), (RuntimeError,), "same number of elements"),
])  # fmt: skip
op("cross", dtypes=_DTYPES, alias=False, samples=[
    Sample("last", lambda t, x, y: t.cross(x, y, dim=1), (_M23, _M23)), Sample("first", lambda t, x, y: x.cross(y, 0), (In((3, 2)), In((3, 2)))),
], errors=[Error("size", lambda t: t.cross(t.zeros(2), t.zeros(2), dim=0), (RuntimeError,), "must have length 3")])  # fmt: skip
op("addmv", tolerance="matmul", alias=False, samples=[
    Sample("plain", lambda t, b, x, y: t.addmv(b, x, y), (In((2,)), _M23, _V3)), Sample("scaled", lambda t, b, x, y: b.addmv(x, y, beta=0.5, alpha=2), (In((2,)), _M23, _V3)),
], errors=[Error("size", lambda t: t.addmv(t.zeros(2), t.zeros(2, 3), t.zeros(2)), (RuntimeError,), "size mismatch")])  # fmt: skip
op("addr", alias=False, tolerance="composite", samples=[
    Sample("plain", lambda t, b, x, y: t.addr(b, x, y), (_M23, In((2,)), _V3)), Sample("scaled", lambda t, b, x, y: b.addr(x, y, beta=0.5, alpha=2), (_M23, In((2,)), _V3)),
], errors=[Error("size", lambda t: t.addr(t.zeros(2, 2), t.zeros(3), t.zeros(2)), (RuntimeError,), "must match the existing size")])  # fmt: skip
op("baddbmm", tolerance="matmul", alias=False, samples=[
    Sample("plain", lambda t, b, x, y: t.baddbmm(b, x, y), (In((2, 2, 2)), In((2, 2, 3)), In((2, 3, 2)))),
    Sample("scaled", lambda t, b, x, y: b.baddbmm(x, y, beta=0.5, alpha=2), (In((2, 2, 2)), In((2, 2, 3)), In((2, 3, 2)))),
], errors=[Error("dims", lambda t: t.baddbmm(t.zeros(2, 2), t.zeros(2, 2), t.zeros(2, 2, 2)), (RuntimeError,), "must be a 3D tensor")])  # fmt: skip
op("addbmm", tolerance="matmul", alias=False, samples=[
    Sample("plain", lambda t, b, x, y: t.addbmm(b, x, y), (In((2, 2)), In((4, 2, 3)), In((4, 3, 2)))),
], errors=[Error("size", lambda t: t.addbmm(t.zeros(2, 2), t.zeros(1, 2, 3), t.zeros(1, 2, 2)), (RuntimeError,), "Expected size for first two dimensions|Incompatible matrix sizes")])  # fmt: skip
op("matrix_power", tolerance="reduction", method=False, alias=False, extensions=EXTENSION, samples=[
    Sample("three", lambda t, x: t.linalg.matrix_power(x, 3), (SQUARE,)), Sample("inverse", lambda t, x: t.matrix_power(regular(t, x), -2), (SQUARE,)),
    Sample("zero", lambda t, x: x.matrix_power(0), (SQUARE,), gradient=False),
], errors=[Error("square", lambda t: t.matrix_power(t.zeros(2, 3), 2), (RuntimeError,), "must be batches of square matrices")])  # fmt: skip


@case("multi_dot/value/chain/-", dtypes=("float32", "float64"))
def _chain(subject: Subject) -> None:
    t = subject.torch
    result = t.linalg.multi_dot([t.ones(2), t.ones(2, 3), t.ones(3, 4), t.ones(4)])
    expect_equal(result.item(), 24.0, "the product of the chain")
    expect_equal(t.linalg.vecdot(t.ones(2, 3), t.ones(3)).tolist(), [3.0, 3.0], "vecdot")
    expect_equal(
        t.linalg.cross(t.tensor([1.0, 0.0, 0.0]), t.tensor([0.0, 1.0, 0.0])).tolist(), [0.0, 0.0, 1.0], "cross"
    )
    expect_raises(lambda: t.linalg.multi_dot([t.ones(2, 2)]), RuntimeError, "expected at least 2 tensors")


@case("tensordot/limits/single-numbers/-", dtypes=("int8", "int16"))
def _sums_that_wrap(subject: Subject) -> None:
    """A dim beside one of size 1 is summed, in the dtype of the tensor."""
    t = subject.torch
    for dtype, number in ((t.int8, 100), (t.int16, 30_000)):
        x, one = t.full((3,), number, dtype=dtype), t.ones(1, dtype=dtype)
        bits = 8 * x.element_size()
        expected = (3 * number + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)
        expect_equal(t.tensordot(x, one, 1).item(), expected, f"the sum in {dtype}")
