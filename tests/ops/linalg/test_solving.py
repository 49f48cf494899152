"""Linear systems, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

import warnings

import pytest
from tests.support.matrices import assert_same, assert_same_derivatives, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
L.solve(z,e)
L.solve(b,e)
L.solve(e,M.ones(3))
L.solve(a,M.ones(2))
L.solve(e,M.ones(2,3),left=False)
L.solve(a,M.ones(3,2),left=False)
L.solve(M.stack([a,a]),M.ones(2,2))
L.lstsq(M.ones(3,2),M.ones(3,1))
L.lstsq(q,M.arange(3.).reshape(3,1))
L.solve_triangular(a,e,upper=True)
L.solve_triangular(a,e,upper=False,unitriangular=True)
L.solve_triangular(a,e,upper=False,left=False)
L.tensorsolve(M.eye(4).reshape(2,2,2,2),M.ones(2,2))
M.cholesky_solve(e,L.cholesky(p))
M.cholesky_inverse(L.cholesky(p))
L.lu_solve(*L.lu_factor(a),e)
L.lstsq(q,M.arange(3.).reshape(3,1),driver='gels').rank
L.lstsq(q,M.arange(3.),driver='gelsd').singular_values.shape
L.lstsq(q,M.ones(2,1))
L.lstsq(q,M.ones(3,1),driver='x')
L.svd(q,driver='gesvd')
L.svdvals(q,driver='gesvd')
L.solve(e,M.ones(2,1).double())
L.solve(e,M.ones(2),left=False)
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


_VALUES = {
    "a": torch.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=torch.float64),
    "q": torch.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=torch.float64),
}

DIFFERENTIABLE = """
L.solve(a, q.mT)
L.solve(a, q.mT[:, 0])
L.solve(a, q, left=False)
L.lstsq(q, q[:, :1] * 2 + 1).solution
L.solve_triangular(a, q.mT, upper=True)
L.solve_triangular(a, q.mT, upper=False, unitriangular=True)
M.cholesky_solve(q.mT, a.tril())
M.cholesky_inverse(a.tril())
""".strip().splitlines()


@pytest.mark.parametrize("expression", DIFFERENTIABLE)
def test_both_derivatives_as_pytorch(expression: str) -> None:
    assert_same_derivatives(flambeau, torch, expression, _VALUES)


@pytest.mark.parametrize("call", ["inv(b)", "solve(b, e)", "cholesky(b)", "inv(z)", "cholesky(-e)"])
def test_the_error_says_which_matrix(call: str) -> None:
    names = "(lambda e, z: (lambda b: M.linalg.{})(M.stack([e, z])))(M.eye(2), M.zeros(2, 2))"
    assert_same(flambeau, torch, names.format(call))


def _drawn(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize(
    "expression",
    [
        "M.cholesky_solve(b, u)",
        "M.cholesky_solve(b, u, True)",
        "M.cholesky_solve(b, s)",
        "M.cholesky_inverse(u + 3 * M.eye(3))",
        "M.cholesky_inverse(s)",
        "M.cholesky_inverse(s, True)",
        "L.lu_solve(*L.lu_factor(u), b)",
        "L.lu_solve(*L.lu_factor(s), b, adjoint=True)",
        "L.lu_solve(*L.lu_factor(s), b.mT, left=False)",
        "L.lstsq(u[0, :, :2], b, driver='gels').solution",
        "L.lstsq(s[:2], b[:2], driver='gels').solution",
    ],
)
def test_solutions_as_pytorch(expression: str, dtype: torch.dtype) -> None:
    s = _drawn(3, 3, dtype=dtype).tril() + 3 * torch.eye(3, dtype=dtype)
    if "cholesky" in expression:  # LAPACK takes the diagonal of a factor for real
        s.diagonal().imag.zero_() if dtype.is_complex else None
    u = torch.stack([s.triu() + s.mT, s.mT + torch.eye(3)])
    if "inverse(u" in expression and dtype.is_complex:
        u = u.real.to(dtype)
    assert_same_derivatives(flambeau, torch, expression, {"u": u, "s": s, "b": _drawn(3, 2, dtype=dtype)})


RESULTS = """
M.cholesky_solve(wave("float64", 2, 2), wave("float64", 3, 3))
M.cholesky_solve(wave("float64", 3), wave("float64", 3, 3))
M.cholesky_solve(wave("float32", 3, 1), wave("float64", 3, 3))
M.cholesky_solve(wave("float64", 0, 3, 1), wave("float64", 0, 3, 3))
M.cholesky_inverse(M.eye(2).int())
M.cholesky_inverse(wave("float64", 0, 0))
[each.shape for each in M.lu_unpack(*L.lu_factor(wave("float64", 0, 3, 3)))]
[each.shape for each in M.lu_unpack(*L.lu_factor(wave("float64", 2, 0, 3)))]
[each.shape for each in M.lu_unpack(*L.lu_factor(wave("float64", 2, 3, 0)))]
L.lu_solve(*L.lu_factor(wave("float64", 0, 3, 3)), wave("float64", 0, 3, 1))
L.lstsq(M.ones(3, 2).double(), wave("float64", 3, 1), driver="gelsd").solution
L.lstsq(M.ones(3, 2).double(), wave("float64", 3, 1), driver="gelss").rank
L.lstsq(wave("float64", 2, 4, 2), wave("float64", 2, 4), driver="gelsd")
L.lstsq(wave("float64", 4, 2), wave("float64", 3, 4, 3), driver="gels")
L.lstsq(wave("float32", 4, 2), wave("float64", 4, 1), driver="gelsd")
L.lstsq(wave("float64", 0, 2), wave("float64", 0, 1))
L.lstsq(wave("float64", 2, 0), wave("float64", 2, 1))
""".strip().splitlines()


@pytest.mark.parametrize("expression", RESULTS)
def test_results_and_words_as_pytorch(expression: str) -> None:
    assert_same(flambeau, torch, expression)


GRAPHS = """
L.matrix_power(x, 0)
L.slogdet(x).sign
L.lstsq(x, x).residuals
L.lstsq(x[:, :1], x, driver="gels").residuals
L.lstsq(x, x).singular_values
M.lu_unpack(*L.lu_factor(x), unpack_data=False)[1]
M.lu_unpack(*L.lu_factor(x), unpack_pivots=False)[0]
L.qr(x, mode="r").Q
M.combinations(x[0], 5)
""".strip().splitlines()


@pytest.mark.parametrize("expression", GRAPHS)
def test_what_requires_a_gradient(expression: str) -> None:
    found = []
    for module in (flambeau, torch):
        x = module.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
        found.append(eval(expression, {"M": module, "L": module.linalg, "x": x}).requires_grad)
    assert found[0] == found[1]


def test_the_derivative_of_r_alone_is_refused() -> None:
    x = flambeau.ones(3, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="The derivative of linalg.qr depends on Q"):
        flambeau.linalg.qr(x, mode="r").R.sum().backward()


@pytest.mark.parametrize("matrix", [[[0.0, 1], [0, 1]], [[1.0, 2], [0, 0]], [[2.0, 3], [4, 5]]])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("left", [False, True])
def test_triangular_systems_with_zeros(matrix: list[list[float]], upper: bool, left: bool) -> None:
    assert_same(
        flambeau,
        torch,
        f"L.solve_triangular(M.tensor({matrix}), M.tensor([[1.0, 0], [2, 3]]), upper={upper}, left={left})",
    )


@pytest.mark.parametrize("dtype", ["float16", "float64", "int64", "bool", "complex64"])
@pytest.mark.parametrize("left", [True, False])
def test_a_triangular_system_is_solved_in_the_dtype_of_its_matrix(dtype: str, left: bool) -> None:
    matrix, right = "M.tensor([[2.0, 1.0], [0.0, 4.0]])", f"M.tensor([[1, 0], [2, 3]], dtype=M.{dtype})"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of the imaginary part
        assert_same(flambeau, torch, f"L.solve_triangular({matrix}, {right}, upper=True, left={left})")


@pytest.mark.parametrize("solver", ["cholesky_solve(e, z)", "lu_solve(e, *L.lu_factor(z))"])
def test_other_solvers_refuse_another_dtype(solver: str) -> None:
    assert_same(flambeau, torch, "M." + solver.replace("e,", "M.ones(2, 2).double(),").replace("z)", "M.eye(2))"))


@pytest.mark.parametrize("adjoint", [True, False])
@pytest.mark.parametrize("left", [True, False])
def test_factors_solve_every_equation(left: bool, adjoint: bool) -> None:
    matrix = "M.tensor([[[0.0, 2, 1], [1, 3j, 0], [4, 1, 1j]], [[1, 2, 3j], [0, 0, 5], [7j, 1, 2]]])"
    right = "M.tensor([[1.0, 2j, 3], [4, 5, 6j], [0, 1, 2]])"
    assert_same(flambeau, torch, f"L.lu_solve(*L.lu_factor({matrix}), {right}, left={left}, adjoint={adjoint})")


def test_singular_factors_give_infinities() -> None:
    factors = "M.tensor([[1.0, 2], [0, 0]]), M.tensor([1, 2], dtype=M.int32)"
    assert_same(flambeau, torch, f"L.lu_solve({factors}, M.ones(2, 1))")


_LU = "M.tensor([[2.0, 1.0], [0.5, 3.0]])"


@pytest.mark.parametrize(
    "call",
    [
        f"L.lu_solve({_LU}, M.tensor([1, 2]), M.ones(2, 1))",
        f"L.lu_solve({_LU}, M.tensor([1], dtype=M.int32), M.ones(2, 1))",
        f"L.lu_solve({_LU}.expand(2, 2, 2), M.tensor([1, 2], dtype=M.int32), M.ones(2, 1))",
        f"L.lu_solve({_LU}, M.tensor([0, 2], dtype=M.int32), M.ones(2, 1))",
        f"L.lu_solve({_LU}, M.tensor([1, 3], dtype=M.int32), M.ones(2, 1))",
        f"L.lu_solve({_LU}, M.tensor([1, 2], dtype=M.int32), M.ones(2))",
        f"L.lu_solve({_LU}, M.tensor([1, 2], dtype=M.int32), M.ones(3, 1))",
        f"L.lu_solve({_LU}[:1], M.tensor([1], dtype=M.int32), M.ones(1, 1))",
        f"M.lu_unpack({_LU}, M.tensor([1, 2]))",
        f"M.lu_unpack({_LU}, M.tensor([0, 2], dtype=M.int32))",
        f"M.lu_unpack({_LU}, M.tensor([1, 3], dtype=M.int32))",
        f"M.lu_unpack({_LU}[0], M.tensor([1, 2], dtype=M.int32))",
    ],
)
def test_what_cannot_be_factors_is_refused(call: str) -> None:
    assert_same(flambeau, torch, call)


def test_an_upper_factor_is_made_of_the_upper_triangle() -> None:
    assert_same(flambeau, torch, "M.cholesky(M.tensor([[4.0, 1.0], [2.0, 5.0]]), upper=True)")
