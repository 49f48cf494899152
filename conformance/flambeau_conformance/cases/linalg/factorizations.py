"""Factorisations, inverses, determinants and norms of matrices: the extension "linalg"."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_EXTENSION = ("linalg",)
_SQUARE, _TALL, _WIDE = In((3, 3)), In((4, 3)), In((2, 3))


def _regular(t: Any, x: Any) -> Any:
    """A matrix far from singular."""
    return x + 4 * t.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def _positive(t: Any, x: Any) -> Any:
    return x @ x.mT + t.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def _matrices(name: str, *samples: Sample, square: bool = True, method: bool = False, out: bool = False) -> None:
    errors = [
        Error(
            "vector",
            lambda t: getattr(t.linalg, name)(t.zeros(3)),
            (RuntimeError,),
            "at least 2 dimensions|2 or more dimensions",
        )
    ]
    if square:
        errors.append(
            Error(
                "square",
                lambda t: getattr(t.linalg, name)(t.zeros(2, 3)),
                (RuntimeError,),
                "must be batches of square matrices",
            )
        )
    op(
        name,
        tolerance="reduction",
        method=method,
        alias=False,
        out=out,
        extensions=_EXTENSION,
        samples=samples,
        errors=errors,
        turned=False,
    )


_matrices(
    "inv",
    Sample("one", lambda t, x: t.linalg.inv(_regular(t, x)), (_SQUARE,)),
    Sample("batch", lambda t, x: t.linalg.inv(_regular(t, x)), (In((2, 2, 2)),)),
)
_matrices(
    "det",
    Sample("one", lambda t, x: t.linalg.det(x), (_SQUARE,)),
    Sample("batch", lambda t, x: t.linalg.det(x), (In((2, 2, 2)),)),
)
_matrices(
    "slogdet",
    Sample("one", lambda t, x: t.linalg.slogdet(_regular(t, x)).logabsdet, (_SQUARE,)),
    Sample("sign", lambda t, x: t.linalg.slogdet(-_regular(t, x)).sign, (_SQUARE,), gradient=False),
)
_matrices(
    "cholesky",
    Sample("lower", lambda t, x: t.linalg.cholesky(_positive(t, x)), (_SQUARE,)),
    Sample("upper", lambda t, x: t.linalg.cholesky(_positive(t, x), upper=True), (_SQUARE,)),
)
_matrices("eigvalsh", Sample("one", lambda t, x: t.linalg.eigvalsh(x + x.mT), (_SQUARE,)))
_matrices(
    "eigh",
    Sample("values", lambda t, x: t.linalg.eigh(x + x.mT)[0], (_SQUARE,)),
    Sample("vectors", lambda t, x: t.linalg.eigh(x + x.mT).eigenvectors.abs(), (_SQUARE,)),
)
_matrices(
    "matrix_exp",
    Sample("one", lambda t, x: t.linalg.matrix_exp(x), (_SQUARE,)),
    Sample("large", lambda t, x: t.linalg.matrix_exp(x * 4), (In((2, 2)),)),
)
_matrices(
    "svdvals",
    Sample("tall", lambda t, x: t.linalg.svdvals(x), (_TALL,)),
    Sample("wide", lambda t, x: t.linalg.svdvals(x), (_WIDE,)),
    square=False,
)
_matrices("svd", Sample("values", lambda t, x: t.linalg.svd(x, full_matrices=False).S, (_TALL,)),
          Sample("product", lambda t, x: (lambda f: (f.U * f.S) @ f.Vh)(t.linalg.svd(x, full_matrices=False)), (_WIDE,)),
          Sample("vectors", lambda t, x: t.linalg.svd(x, full_matrices=False).Vh.abs(), (_TALL,)), square=False)  # fmt: skip
_matrices(
    "qr",
    Sample("tall", lambda t, x: t.linalg.qr(x).R.abs(), (_TALL,)),
    Sample("wide", lambda t, x: t.linalg.qr(x).Q.abs(), (_WIDE,)),
    square=False,
)
_matrices(
    "pinv",
    Sample("tall", lambda t, x: t.linalg.pinv(x), (_TALL,)),
    Sample("wide", lambda t, x: t.linalg.pinv(x), (_WIDE,)),
    square=False,
)
_matrices(
    "cond",
    Sample("two", lambda t, x: t.linalg.cond(_regular(t, x)), (_SQUARE,)),
    Sample("one", lambda t, x: t.linalg.cond(_regular(t, x), 1), (_SQUARE,)),
    square=False,
)
_matrices(
    "lu",
    Sample("lower", lambda t, x: t.linalg.lu(x).L, (_SQUARE,)),
    Sample("upper", lambda t, x: t.linalg.lu(x)[2], (_SQUARE,)),
    square=False,
)
op("matrix_power", tolerance="reduction", method=False, alias=False, extensions=_EXTENSION, samples=[
    Sample("three", lambda t, x: t.linalg.matrix_power(x, 3), (_SQUARE,)), Sample("inverse", lambda t, x: t.matrix_power(_regular(t, x), -2), (_SQUARE,)),
    Sample("zero", lambda t, x: x.matrix_power(0), (_SQUARE,), gradient=False),
], errors=[Error("square", lambda t: t.matrix_power(t.zeros(2, 3), 2), (RuntimeError,), "must be batches of square matrices")])  # fmt: skip
op("solve", tolerance="reduction", method=False, alias=False, extensions=_EXTENSION, samples=[
    Sample("matrix", lambda t, x, y: t.linalg.solve(_regular(t, x), y), (_SQUARE, In((3, 2)))),
    Sample("vector", lambda t, x, y: t.linalg.solve(_regular(t, x), y), (_SQUARE, In((3,)))),
    Sample("right", lambda t, x, y: t.linalg.solve(_regular(t, x), y, left=False), (_SQUARE, In((2, 3)))),
    Sample("batch", lambda t, x, y: t.linalg.solve(_regular(t, x), y), (In((2, 2, 2)), In((2, 3)))),
], errors=[
    Error("shapes", lambda t: t.linalg.solve(t.eye(2), t.zeros(3, 1)), (RuntimeError,), "Incompatible shapes of A and B for the equation AX = B"),
    Error("singular", lambda t: t.linalg.solve(t.zeros(2, 2), t.zeros(2)), (RuntimeError,), "The solver failed because the input matrix is singular"),
])  # fmt: skip
op("solve_triangular", tolerance="reduction", method=False, alias=False, extensions=_EXTENSION, samples=[
    Sample("upper", lambda t, x, y: t.linalg.solve_triangular(_regular(t, x), y, upper=True), (_SQUARE, In((3, 2)))),
    Sample("unit", lambda t, x, y: t.linalg.solve_triangular(x, y, upper=False, unitriangular=True), (_SQUARE, In((3, 2)))),
], errors=[Error("shapes", lambda t: t.linalg.solve_triangular(t.eye(2), t.zeros(3, 1), upper=True), (RuntimeError,), "Incompatible shapes")])  # fmt: skip
op("matrix_rank", tolerance="exact", method=False, alias=False, differentiable=False, extensions=_EXTENSION, samples=[
    Sample("full", lambda t, x: t.linalg.matrix_rank(x), (_TALL,)), Sample("one", lambda t, x: t.linalg.matrix_rank(x[:, :1] @ x[:1]), (_SQUARE,)),
], errors=[Error("vector", lambda t: t.linalg.matrix_rank(t.zeros(3)), (RuntimeError,), "at least 2 dimensions")])  # fmt: skip
op("eigvals", tolerance="reduction", method=False, alias=False, extensions=_EXTENSION, dtypes=("float64",), turned=False, samples=[
    Sample("real", lambda t, x: t.view_as_real(t.linalg.eigvals(x + x.mT)).sort(0)[0], (In((2, 2)),)),
], errors=[Error("square", lambda t: t.linalg.eigvals(t.zeros(2, 3)), (RuntimeError,), "must be batches of square matrices")])  # fmt: skip
op("vector_norm", tolerance="reduction", method=False, alias=False, samples=[
    Sample("all", lambda t, x: t.linalg.vector_norm(x), (_WIDE,)), Sample("three", lambda t, x: t.linalg.vector_norm(x, 3, dim=1), (_WIDE,)),
    Sample("infinity", lambda t, x: t.linalg.vector_norm(x, float("inf"), dim=0, keepdim=True), (_WIDE,)),
], errors=[Error("integers", lambda t: t.linalg.vector_norm(t.tensor([1])), (RuntimeError,), "Expected a floating point or complex tensor")])  # fmt: skip
op("matrix_norm", tolerance="reduction", method=False, alias=False, extensions=_EXTENSION, samples=[
    Sample(str(kind), lambda t, x, kind=kind: t.linalg.matrix_norm(x, kind), (_TALL,)) for kind in ("fro", "nuc", 2, -2, 1, -1, float("inf"), -float("inf"))
], errors=[Error("order", lambda t: t.linalg.matrix_norm(t.zeros(2, 2), 3), (RuntimeError,), "Order 3(.0)? not supported")])  # fmt: skip
op("linalg_norm", tolerance="reduction", method=False, alias=False, samples=[
    Sample("vector", lambda t, x: t.linalg.norm(x, 1), (In((3,)),)), Sample("matrix", lambda t, x: t.linalg.norm(x, "fro"), (_WIDE,)),
    Sample("all", lambda t, x: t.linalg.norm(x), (In((2, 2, 2)),)),
], errors=[Error("dims", lambda t: t.linalg.norm(t.zeros(2, 2, 2), 1), (RuntimeError,), "the input must be 1D or 2D")])  # fmt: skip


@case("linalg/errors/which-matrix/-", dtypes=("float32",), extensions=_EXTENSION)
def _which_matrix(subject: Subject) -> None:
    t = subject.torch
    batch = t.stack([t.eye(2), t.zeros(2, 2)])
    expect(issubclass(t.linalg.LinAlgError, RuntimeError), "LinAlgError is a RuntimeError")
    expect_raises(
        lambda: t.linalg.inv(batch),
        t.linalg.LinAlgError,
        r"linalg.inv: \(Batch element 1\): The diagonal element 1 is zero",
    )
    expect_raises(
        lambda: t.linalg.cholesky(batch), t.linalg.LinAlgError, "the leading minor of order 1 is not positive-definite"
    )
    expect_equal(t.linalg.inv_ex(batch).info.tolist(), [0, 1], "the report of inv_ex")
    expect_equal(t.linalg.cholesky_ex(batch).info.tolist(), [0, 1], "the report of cholesky_ex")
    expect_raises(lambda: t.linalg.lu_factor(t.zeros(2, 2)), RuntimeError, r"U\[1,1\] is zero")


@case("lstsq/value/tall/-", dtypes=("float32", "float64"), extensions=_EXTENSION)
def _least_squares(subject: Subject) -> None:
    t = subject.torch
    a, b = t.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), t.tensor([[1.0], [3.0], [5.0]])
    found = t.linalg.lstsq(a, b)
    expect(bool(((found.solution - t.tensor([[1.0], [2.0]])).abs() < 1e-4).all()), "the line through the points")
    expect_equal(found.rank.item(), 2, "the rank")
    matrix = t.tensor([[2.0, 1.0], [1.0, 3.0]])
    solved = t.linalg.lu_solve(*t.linalg.lu_factor(matrix), matrix)
    expect(bool(((solved - t.eye(2)).abs() < 1e-5).all()), "what lu_solve gives for the matrix itself")


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
