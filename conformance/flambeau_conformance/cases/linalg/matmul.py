"""Products."""

from ...declare import FLOATS, Error, Sample, op
from ...inputs import In

_DTYPES = (*FLOATS, "int64")
_SHAPES = r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)"

op("mm", dtypes=_DTYPES, tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, y: t.mm(x, y), (In((2, 3)), In((3, 4)))),
    Sample("empty", lambda t, x, y: t.mm(x, y), (In((2, 0)), In((0, 4)))),
    Sample("transposed", lambda t, x, y: x.t().mm(y.t()), (In((3, 2)), In((4, 3)))),
    Sample("square", lambda t, x, y: t.mm(x, y), (In((3, 3)), In((3, 3)))),
], errors=[
    Error("shapes", lambda t: t.mm(t.zeros(2, 3), t.zeros(2, 3)), (RuntimeError,), _SHAPES),
    Error("dtypes", lambda t: t.mm(t.zeros(2, 2), t.zeros(2, 2, dtype=t.float64)), (RuntimeError,), "same dtype"),
    Error("bool", lambda t: t.mm(t.ones(2, 2).bool(), t.ones(2, 2).bool()), (NotImplementedError,), "not implemented for 'Bool'"),
    Error("out", lambda t: t.mm(t.zeros(2, 2), t.zeros(2, 2), out=t.zeros(2, 2).double()), (RuntimeError,), "dtype float, but got double"),
])  # fmt: skip
op("bmm", dtypes=_DTYPES, tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, y: t.bmm(x, y), (In((2, 2, 3)), In((2, 3, 1)))),
], errors=[Error("dims", lambda t: t.bmm(t.zeros(2, 3), t.zeros(3, 2)), (RuntimeError,), "must be a 3D tensor")])  # fmt: skip
op("matmul", dtypes=_DTYPES, tolerance="matmul", method=False, samples=[
    Sample("matrices", lambda t, x, y: t.matmul(x, y), (In((2, 3)), In((3, 4)))),
    Sample("vectors", lambda t, x, y: x @ y, (In((3,)), In((3,)))),
    Sample("matrix-vector", lambda t, x, y: x @ y, (In((2, 3)), In((3,)))),
    Sample("vector-matrix", lambda t, x, y: x @ y, (In((2,)), In((2, 3)))),
    Sample("batch", lambda t, x, y: x @ y, (In((2, 1, 2, 3)), In((4, 3, 2)))),
    Sample("batch-vector", lambda t, x, y: x @ y, (In((2, 2, 3)), In((3,)))),
], errors=[
    Error("shapes", lambda t: t.zeros(2, 3) @ t.zeros(2, 3), (RuntimeError,), _SHAPES),
    Error("zero-dim", lambda t: t.matmul(t.tensor(1.0), t.zeros(2)), (RuntimeError,), "at least 1D"),
])  # fmt: skip
op("mv", dtypes=_DTYPES, tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, y: t.mv(x, y), (In((2, 3)), In((3,)))),
], errors=[Error("shapes", lambda t: t.mv(t.zeros(2, 3), t.zeros(2)), (RuntimeError,), "size mismatch")])  # fmt: skip
op("dot", dtypes=_DTYPES, tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, y: t.dot(x, y), (In((3,)), In((3,)))), Sample("empty", lambda t, x, y: t.dot(x, y), (In((0,)), In((0,)))),
], errors=[
    Error("dims", lambda t: t.dot(t.zeros(2, 2), t.zeros(2)), (RuntimeError,), "1D tensors expected"),
    Error("bool", lambda t: t.dot(t.tensor([True]), t.tensor([True])), (NotImplementedError,), "not implemented for 'Bool'"),
])  # fmt: skip
op("outer", dtypes=_DTYPES, method=False, samples=[
    Sample("plain", lambda t, x, y: t.outer(x, y), (In((3,)), In((2,)))),
], errors=[Error("dims", lambda t: t.outer(t.zeros(2, 2), t.zeros(2)), (RuntimeError,), "Expected 1-D")])  # fmt: skip
op("addmm", dtypes=_DTYPES, tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, y, z: t.addmm(x, y, z), (In((4,)), In((2, 3)), In((3, 4)))),
    Sample("scaled", lambda t, x, y, z: t.addmm(x, y, z, beta=2, alpha=3), (In((2, 4)), In((2, 3)), In((3, 4)))),
    Sample("of-one-shape", lambda t, x, y, z: t.addmm(x, y, z), (In((2, 4)), In((2, 3)), In((3, 4)))),
], errors=[
    Error("shapes", lambda t: t.addmm(t.zeros(3), t.zeros(2, 3), t.zeros(2, 3)), (RuntimeError,), _SHAPES),
])  # fmt: skip
op("linear", tolerance="matmul", method=False, samples=[
    Sample("bias", lambda t, x, y, z: t.nn.functional.linear(x, y, z), (In((2, 3)), In((4, 3)), In((4,)))),
    Sample("no-bias", lambda t, x, y: t.nn.functional.linear(x, y), (In((2, 2, 3)), In((4, 3)))),
    Sample("vector", lambda t, x, y, z: t.nn.functional.linear(x, y, z), (In((3,)), In((4, 3)), In((4,)))),
], errors=[
    Error("shapes", lambda t: t.nn.functional.linear(t.zeros(2, 3), t.zeros(4, 2)), (RuntimeError,), "cannot be multiplied"),
])  # fmt: skip
