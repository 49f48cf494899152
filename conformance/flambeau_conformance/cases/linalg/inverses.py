"""Inverses, ranks, determinants and functions of matrices."""

from typing import Any

from ...checks import expect
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject
from ._shared import EXTENSION, SQUARE, TALL, WIDE, matrices, regular


def _infinite_row(t: Any, x: Any) -> Any:
    return t.tensor([[float("inf")], [1.0]], dtype=x.dtype)


matrices(
    "inv",
    Sample("one", lambda t, x: t.linalg.inv(regular(t, x)), (SQUARE,)),
    Sample("batch", lambda t, x: t.linalg.inv(regular(t, x)), (In((2, 2, 2)),)),
    tolerance="factorization",
)
matrices(
    "det",
    Sample("one", lambda t, x: t.linalg.det(x), (SQUARE,)),
    Sample("batch", lambda t, x: t.linalg.det(x), (In((2, 2, 2)),)),
    # Of a matrix whose determinant is 0 only after rounding, the one added is what there is to compare with.
    Sample("singular", lambda t, x: 1 + t.linalg.det(t.cat([x, x[:1] * 2])), (In((2, 3)),)),
    Sample(
        "singular-of-a-batch",
        lambda t, x: t.linalg.det(t.stack([x, x * t.tensor([[1.0], [0.0]], dtype=x.dtype)])),
        (In((2, 2)),),
    ),
)
matrices(
    "slogdet",
    Sample("one", lambda t, x: t.linalg.slogdet(regular(t, x)).logabsdet, (SQUARE,)),
    Sample(
        "not-finite",
        lambda t, x: t.linalg.slogdet(x * _infinite_row(t, x)).sign,
        (In((2, 2), "positive"),),
        gradient=False,
    ),
    Sample("sign", lambda t, x: t.linalg.slogdet(-regular(t, x)).sign, (SQUARE,), gradient=False),
)
matrices(
    "matrix_exp",
    Sample("one", lambda t, x: t.linalg.matrix_exp(x), (SQUARE,)),
    Sample("large", lambda t, x: t.linalg.matrix_exp(x * 4), (In((2, 2)),)),
    tolerance="matmul",
)
matrices(
    "pinv",
    Sample("tall", lambda t, x: t.linalg.pinv(x), (TALL,)),
    Sample("wide", lambda t, x: t.linalg.pinv(x), (WIDE,)),
    Sample("hermitian", lambda t, x: t.linalg.pinv(regular(t, x + x.mT), hermitian=True), (SQUARE,)),
    square=False,
    tolerance="factorization",
)
op("matrix_rank", tolerance="exact", method=False, alias=False, differentiable=False, extensions=EXTENSION, samples=[
    Sample("full", lambda t, x: t.linalg.matrix_rank(x), (TALL,)), Sample("one", lambda t, x: t.linalg.matrix_rank(x[:, :1] @ x[:1]), (SQUARE,)),
], errors=[Error("vector", lambda t: t.linalg.matrix_rank(t.zeros(3)), (RuntimeError,), "at least 2 dimensions")])  # fmt: skip


@case("det/gradient/complex-singular/-", dtypes=("complex128",), extensions=EXTENSION)
def _complex_cofactors(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([[1 + 1j, 2 + 2j], [2j, 4j]], dtype=t.complex128, requires_grad=True)
    result = t.linalg.det(x)
    (found,) = t.autograd.grad(result, x, t.ones_like(result))
    expected = t.tensor([[-4j, 2j], [-2 + 2j, 1 - 1j]], dtype=t.complex128)
    expect(bool(((found - expected).abs() < 1e-12).all()), f"the cofactors, conjugated: {found.tolist()}")


@case("det/gradient/out-of-range/-", dtypes=("float64",), extensions=EXTENSION)
def _tiny_determinants(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([[1e-155, 0.0], [0.0, 1e-165]], dtype=t.float64, requires_grad=True)
    (found,) = t.autograd.grad(t.linalg.det(x), x)
    expect(
        abs(found[0, 0].item() * 1e165 - 1) < 1e-12 and abs(found[1, 1].item() * 1e155 - 1) < 1e-12, f"{found.tolist()}"
    )
