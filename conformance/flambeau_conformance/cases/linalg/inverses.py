"""Inverses, ranks, determinants and functions of matrices."""

from ...declare import Error, Sample, op
from ...inputs import In
from ._shared import EXTENSION, SQUARE, TALL, WIDE, matrices, regular

matrices(
    "inv",
    Sample("one", lambda t, x: t.linalg.inv(regular(t, x)), (SQUARE,)),
    Sample("batch", lambda t, x: t.linalg.inv(regular(t, x)), (In((2, 2, 2)),)),
)
matrices(
    "det",
    Sample("one", lambda t, x: t.linalg.det(x), (SQUARE,)),
    Sample("batch", lambda t, x: t.linalg.det(x), (In((2, 2, 2)),)),
)
matrices(
    "slogdet",
    Sample("one", lambda t, x: t.linalg.slogdet(regular(t, x)).logabsdet, (SQUARE,)),
    Sample("sign", lambda t, x: t.linalg.slogdet(-regular(t, x)).sign, (SQUARE,), gradient=False),
)
matrices(
    "matrix_exp",
    Sample("one", lambda t, x: t.linalg.matrix_exp(x), (SQUARE,)),
    Sample("large", lambda t, x: t.linalg.matrix_exp(x * 4), (In((2, 2)),)),
)
matrices(
    "pinv",
    Sample("tall", lambda t, x: t.linalg.pinv(x), (TALL,)),
    Sample("wide", lambda t, x: t.linalg.pinv(x), (WIDE,)),
    Sample("hermitian", lambda t, x: t.linalg.pinv(regular(t, x + x.mT), hermitian=True), (SQUARE,)),
    square=False,
)
op("matrix_rank", tolerance="exact", method=False, alias=False, differentiable=False, extensions=EXTENSION, samples=[
    Sample("full", lambda t, x: t.linalg.matrix_rank(x), (TALL,)), Sample("one", lambda t, x: t.linalg.matrix_rank(x[:, :1] @ x[:1]), (SQUARE,)),
], errors=[Error("vector", lambda t: t.linalg.matrix_rank(t.zeros(3)), (RuntimeError,), "at least 2 dimensions")])  # fmt: skip
