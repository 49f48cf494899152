"""Norms of vectors and matrices under the names of torch.linalg, and condition numbers."""

from ...declare import Error, Sample, op
from ...inputs import In
from ._shared import EXTENSION, SQUARE, TALL, WIDE, matrices, regular

matrices(
    "cond",
    Sample("two", lambda t, x: t.linalg.cond(regular(t, x)), (SQUARE,)),
    Sample("one", lambda t, x: t.linalg.cond(regular(t, x), 1), (SQUARE,)),
    square=False,
    tolerance="factorization",
)
op("vector_norm", tolerance="reduction", method=False, alias=False, samples=[
    Sample("all", lambda t, x: t.linalg.vector_norm(x), (WIDE,)), Sample("three", lambda t, x: t.linalg.vector_norm(x, 3, dim=1), (WIDE,)),
    Sample("infinity", lambda t, x: t.linalg.vector_norm(x, float("inf"), dim=0, keepdim=True), (WIDE,)),
], errors=[Error("integers", lambda t: t.linalg.vector_norm(t.tensor([1])), (RuntimeError,), "Expected a floating point or complex tensor")])  # fmt: skip
op("matrix_norm", tolerance="factorization", method=False, alias=False, extensions=EXTENSION, samples=[
    Sample(str(kind), lambda t, x, kind=kind: t.linalg.matrix_norm(x, kind), (TALL,)) for kind in ("fro", "nuc", 2, -2, 1, -1, float("inf"), -float("inf"))
] + [
    Sample(f"half-{kind}", lambda t, x, kind=kind: t.linalg.matrix_norm(x, kind), (TALL,), dtypes=("float16",), gradient=False) for kind in ("fro", 1, -1, float("inf"))
], errors=[
    Error("order", lambda t: t.linalg.matrix_norm(t.zeros(2, 2), 3), (RuntimeError,), "Order 3(.0)? not supported"),
    Error("half", lambda t: t.linalg.matrix_norm(t.zeros(2, 2).half(), 2), (RuntimeError,), "Low precision dtypes not supported", also=("float16",)),
    Error("real-dtype", lambda t: t.linalg.matrix_norm(t.zeros(2, 2) + 0j, dtype=t.float64), (RuntimeError,), "dtype should be complex for complex inputs", also=("complex64",)),
])  # fmt: skip
op("linalg_norm", tolerance="reduction", method=False, alias=False, samples=[
    Sample("vector", lambda t, x: t.linalg.norm(x, 1), (In((3,)),)), Sample("matrix", lambda t, x: t.linalg.norm(x, "fro"), (WIDE,)),
    Sample("all", lambda t, x: t.linalg.norm(x), (In((2, 2, 2)),)),
], errors=[Error("dims", lambda t: t.linalg.norm(t.zeros(2, 2, 2), 1), (RuntimeError,), "the input must be 1D or 2D")])  # fmt: skip
