"""Linear systems and least squares."""

from ...checks import expect, expect_equal, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject
from ._shared import EXTENSION, SQUARE, regular

op("solve", tolerance="factorization", method=False, alias=False, extensions=EXTENSION, samples=[
    Sample("matrix", lambda t, x, y: t.linalg.solve(regular(t, x), y), (SQUARE, In((3, 2)))),
    Sample("vector", lambda t, x, y: t.linalg.solve(regular(t, x), y), (SQUARE, In((3,)))),
    Sample("right", lambda t, x, y: t.linalg.solve(regular(t, x), y, left=False), (SQUARE, In((2, 3)))),
    Sample("batch", lambda t, x, y: t.linalg.solve(regular(t, x), y), (In((2, 2, 2)), In((2, 3)))),
], errors=[
    Error("shapes", lambda t: t.linalg.solve(t.eye(2), t.zeros(3, 1)), (RuntimeError,), "Incompatible shapes of A and B for the equation AX = B"),
    Error("singular", lambda t: t.linalg.solve(t.zeros(2, 2), t.zeros(2)), (RuntimeError,), "The solver failed because the input matrix is singular", also=("int32",)),
])  # fmt: skip
op("solve_triangular", tolerance="factorization", method=False, alias=False, extensions=EXTENSION, samples=[
    Sample("upper", lambda t, x, y: t.linalg.solve_triangular(regular(t, x), y, upper=True), (SQUARE, In((3, 2)))),
    Sample("unit", lambda t, x, y: t.linalg.solve_triangular(x, y, upper=False, unitriangular=True), (SQUARE, In((3, 2)))),
], errors=[Error("shapes", lambda t: t.linalg.solve_triangular(t.eye(2), t.zeros(3, 1), upper=True), (RuntimeError,), "Incompatible shapes")])  # fmt: skip


@case("linalg/errors/which-matrix/-", dtypes=("float32", "int32"), extensions=EXTENSION)
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


@case("lstsq/value/tall/-", dtypes=("float32", "float64", "int32"), extensions=EXTENSION)
def _least_squares(subject: Subject) -> None:
    t = subject.torch
    a, b = t.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), t.tensor([[1.0], [3.0], [5.0]])
    found = t.linalg.lstsq(a, b)
    expect(bool(((found.solution - t.tensor([[1.0], [2.0]])).abs() < 1e-4).all()), "the line through the points")
    expect_equal(found.rank.item(), 2, "the rank")
    matrix = t.tensor([[2.0, 1.0], [1.0, 3.0]])
    solved = t.linalg.lu_solve(*t.linalg.lu_factor(matrix), matrix)
    expect(bool(((solved - t.eye(2)).abs() < 1e-5).all()), "what lu_solve gives for the matrix itself")
