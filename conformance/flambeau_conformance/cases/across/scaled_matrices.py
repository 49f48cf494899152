"""Laws of matrices: a power of two in all elements comes out as one, in every dtype, for batches of hundreds, and of sparse ones."""

import cmath
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from ...checks import expect, expect_equal, quietly
from ...declare import case
from ...subject import Subject

_EXTENSION = ("linalg",)
_INF, _NAN = math.inf, math.nan
_REAL = [[4.0, 1.0, 0.5, 0.0], [1.0, 25.0, -1.5, 0.5], [0.5, -1.5, 3.0, 1.0], [0.0, 0.5, 1.0, 2.0]]
_IMAGINARY = [[0.0, 0.5, 0.0, 0.25], [-0.5, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.5], [-0.25, 0.0, -0.5, 0.0]]


_LAWS: dict[str, tuple[Callable[..., tuple[Any, ...]], tuple[int, ...]]] = {
    "inv": (lambda t, a: (t.linalg.inv(a),), (-1,)),
    "det": (lambda t, a: (t.linalg.det(a),), (4,)),
    "qr": (lambda t, a: tuple(t.linalg.qr(a)), (0, 1)),
    "svd": (lambda t, a: (t.linalg.svdvals(a), t.linalg.svd(a).S), (1, 1)),
    "eigh": (lambda t, a: (t.linalg.eigvalsh(a), t.linalg.eigh(a).eigenvalues), (1, 1)),
    "eig": (lambda t, a: (t.linalg.eigvals(a).real.sort().values,), (1,)),
    "lu": (lambda t, a: tuple(t.linalg.lu(a)), (0, 0, 1)),
    "cholesky": (lambda t, a: (t.linalg.cholesky(a @ a),), (1,)),
    "solve": (lambda t, a: (t.linalg.solve(a, t.ones_like(a)),), (-1,)),
    "solve_triangular": (lambda t, a: (t.linalg.solve_triangular(a.triu(), t.ones_like(a), upper=True),), (-1,)),
}
"""Of each function, its results, and the powers of the scale that are in them."""


def _matrix(t: Any, dtype: str, scale: float) -> Any:
    rows = t.tensor(_REAL, dtype=t.float64)
    if dtype.startswith("complex"):
        rows = rows + t.tensor(_IMAGINARY, dtype=t.float64) * 1j
    return (rows * scale).to(getattr(t, dtype))


def _expect_near(found: Any, expected: Any, relative: float, what: str) -> None:
    """Within a share of the largest element."""
    error, largest = (found - expected).abs().max().item(), expected.abs().max().item()
    expect(error <= relative * largest, f"{what} is {found.tolist()}, expected {expected.tolist()}")


def _declare(
    name: str, function: Callable[..., tuple[Any, ...]], powers: tuple[int, ...], dtypes: tuple[str, ...]
) -> None:
    kind = "complex" if dtypes[0].startswith("complex") else "real"

    pivots = ("int32",) if name == "lu" else ()

    @case(f"{name}/value/scaled-{kind}/-", dtypes=(*dtypes, "float32", "float64", *pivots), extensions=_EXTENSION)
    def check(subject: Subject) -> None:
        t = subject.torch
        plain = function(t, _matrix(t, dtypes[1], 1.0))
        for dtype, relative in zip(dtypes, (2e-5, 1e-12), strict=True):
            for scale in (2.0**-16, 1.0, 2.0**16):
                found = function(t, _matrix(t, dtype, scale))
                for part, expected, power in zip(found, plain, powers, strict=True):
                    wanted = expected * scale**power
                    wide = part.to(wanted.dtype)
                    _expect_near(wide, wanted, relative, f"a result in {dtype} of a matrix times {scale}")


for _name, (_function, _powers) in _LAWS.items():
    _declare(_name, _function, _powers, ("float32", "float64"))
    _declare(_name, _function, _powers, ("complex64", "complex128"))


@case("slogdet/value/scaled-real/-", dtypes=("float32", "float64"), extensions=_EXTENSION)
def _logarithms_of_scaled(subject: Subject) -> None:
    t = subject.torch
    exact = math.log(t.linalg.det(_matrix(t, "float64", 1.0)).item())
    for dtype, relative in (("float32", 1e-5), ("float64", 1e-12)):
        for scale in (2.0**-16, 1.0, 2.0**16):
            for sign in (1.0, -1.0):
                matrix = _matrix(t, dtype, scale)
                matrix[0] *= sign
                found = t.linalg.slogdet(matrix)
                expect(found.sign.item() == sign, f"the sign is {found.sign.item()}")
                expected = exact + 4 * math.log(scale)
                expect(
                    abs(found.logabsdet.item() - expected) < relative * 60, f"{found.logabsdet.item()}, not {expected}"
                )


_MADE_AGAIN: dict[str, Callable[..., Any]] = {
    "qr": lambda t, a: t.linalg.qr(a).Q @ t.linalg.qr(a).R,
    "svd": lambda t, a: (t.linalg.svd(a).U * t.linalg.svd(a).S) @ t.linalg.svd(a).Vh,
    "eigh": lambda t, a: (t.linalg.eigh(a).eigenvectors * t.linalg.eigh(a).eigenvalues) @ t.linalg.eigh(a).eigenvectors.mH,
    "cholesky": lambda t, a: t.linalg.cholesky(a) @ t.linalg.cholesky(a).mH,
}  # fmt: skip


def _declare_made_again(name: str, function: Callable[..., Any], dtypes: tuple[str, ...]) -> None:
    kind = "complex" if dtypes[0].startswith("complex") else "real"

    @case(f"{name}/value/made-again-{kind}/-", dtypes=(*dtypes, "float32", "float64"), extensions=_EXTENSION)
    def check(subject: Subject) -> None:
        """The product of the factors is the matrix; also of one that is every second column of another."""
        t = subject.torch
        for dtype, relative in zip(dtypes, (2e-6, 1e-14), strict=True):
            for scale in (1.0, 2.0**14):
                a = _matrix(t, dtype, scale)
                a = a @ a.mH / scale
                spread = t.stack([a, a * 0 + 7], -1)[..., 0]
                for each in (a, spread):
                    _expect_near(function(t, each).to(a.dtype), a, relative, f"what the factors in {dtype} make")


for _name, _made in _MADE_AGAIN.items():
    _declare_made_again(_name, _made, ("float32", "float64"))
    _declare_made_again(_name, _made, ("complex64", "complex128"))


@case("qr/special/not-finite-and-near-zero/float32", dtypes=("float32", "float64"), extensions=_EXTENSION)
def _strange_matrices(subject: Subject) -> None:
    t = subject.torch
    for number in (_NAN, _INF, -_INF):
        a = t.tensor([[2.0, 1.0], [number, 3.0]])
        q, r = t.linalg.qr(a)
        expect(
            bool(q.isnan().all()) and r[1, 0].item() == 0.0 and bool(r[:, 1].isnan().all()), f"{q} and {r} of {number}"
        )
        if number == number:
            expect_equal(r[0, 0].item(), -_INF, f"the first element of the triangle with {number}")
            expect_equal(t.linalg.inv(a).tolist(), [[0.0, 0.0], [1.0, 0.0]], f"the inverse with {number}")
        sign, logarithm = t.linalg.slogdet(a)
        expected = (0.0, _NAN) if number != number else (-math.copysign(1, number), _INF)
        expect_equal(repr((sign.item(), logarithm.item())), repr(expected), f"slogdet with {number}")
        expect_equal(repr(t.linalg.det(a).item()), repr(-number), f"det with {number}")
    infinite = t.linalg.lu(t.tensor([[2.0, 1.0], [_INF, 3.0]]))
    expect_equal(infinite.U.tolist(), [[_INF, 3.0], [0.0, 1.0]], "the upper factor")
    expect_equal(infinite.L.tolist(), [[1.0, 0.0], [0.0, 1.0]], "the lower factor")
    lower = t.linalg.cholesky_ex(t.tensor([[2.0, 1.0], [_NAN, 3.0]]))
    expect(lower.info.item() == 2 and bool(lower.L[1].isnan().all()), f"cholesky_ex of nan is {lower}")
    for dtype, relative in ((t.float32, 1e-5), (t.float64, 1e-10)):
        q, _ = t.linalg.qr(t.tensor([[1.0, 0.0], [2.0**-20, 1.0]], dtype=dtype))
        expect(math.isclose(abs(q[1, 0].item()), 2.0**-20, rel_tol=relative), f"{q} in {dtype}")


_OF_BATCHES: dict[str, Callable[..., Any]] = {
    "inv": lambda t, a: t.linalg.inv(a) * 4,
    "det": lambda t, a: t.linalg.det(a)[:, None, None] / 4 * a,
    "slogdet": lambda t, a: t.linalg.slogdet(a).sign[:, None, None] * a,
    "cholesky": lambda t, a: t.linalg.cholesky(a) @ t.linalg.cholesky(a),
    "eigh": lambda t, a: t.diag_embed(t.linalg.eigvalsh(a)),
    "eig": lambda t, a: t.diag_embed(t.linalg.eigvals(a).real),
    "solve_triangular": lambda t, a: t.linalg.solve_triangular(a, a * 2, upper=True) @ (a / 2),
}


def _declare_batch(name: str, function: Callable[..., Any]) -> None:
    @case(f"{name}/large/batch-of-hundreds/float32", dtypes=("float32", "complex64"), extensions=_EXTENSION)
    def check(subject: Subject) -> None:
        """Of twice the identity, 501 times, from which the matrices themselves are made again."""
        t = subject.torch
        a = (t.eye(2) * 2).expand(501, 2, 2).contiguous()
        _expect_near(function(t, a), a, 1e-5, "what is made of the results")


for _name, _of_batch in _OF_BATCHES.items():
    _declare_batch(_name, _of_batch)


@case("fft-irfft/large/back/float32", dtypes=("float32", "complex64"), extensions=("fft",), elements=40_002)
def _back(subject: Subject) -> None:
    t = subject.torch
    for shape in ((501, 4), (40_002,)):
        x = t.arange(math.prod(shape), dtype=t.float32).remainder(7).reshape(shape)
        _expect_near(t.fft.irfft(t.fft.rfft(x)), x, 1e-5, "what comes back")


# -- sparse ------------------------------------------------------------------------------------------------------------------

_CROWS, _COLUMNS, _SHAPE = [0, 2, 3, 5], [0, 2, 1, 0, 3], (3, 4)
_SPARSE: dict[str, tuple[list[Any], list[list[Any]]]] = {
    "ordinary": ([25.1, -2.3, 1.0, 0.7, -30_000.3], [[1.0, 30_000.1], [-2.0, 0.0], [0.5, 25.0], [0.25, -1.1]]),
    "near-zero": ([2.0**-20, 2.0**-24, -(2.0**-22), 2.0**-21, 1.0], [[1.0, -2.0**-20], [0.5, 3.0], [-1.0, 1.0], [2.0**-20, 0.0]]),
    "infinite": ([_INF, 1.0, -_INF, 2.0, 1.0], [[1.0, -1.0, 1.0], [2.0, 3.0, 1.0], [1.0, 1.0, 1.0], [-_INF, _INF, 1.0]]),
    "nan": ([1.0, _NAN, 2.0, 2.0, 1.0], [[1.0, -1.0], [2.0, 3.0], [1.0, 1.0], [1.0, _NAN]]),
}  # fmt: skip


def _product(values: list[Any], dense: list[list[Any]]) -> list[list[Any]]:
    return [
        [
            sum(values[k] * dense[_COLUMNS[k]][column] for k in range(_CROWS[row], _CROWS[row + 1]))
            for column in range(len(dense[0]))
        ]
        for row in range(3)
    ]


def _spread(t: Any, numbers: list[Any], dtype: Any) -> Any:
    """A tensor that is every second element of another."""
    return t.tensor([each for number in numbers for each in (number, 3)], dtype=dtype)[::2]


def _of_csr(t: Any, values: Any, dense: Any, vector: Any = None) -> Any:
    vector = vector or (lambda numbers: t.tensor(numbers))
    make = partial(t.sparse_csr_tensor, vector(_CROWS), vector(_COLUMNS), values, _SHAPE)
    return quietly(make) @ dense  # PyTorch calls the layout a beta


def _declare_sparse(name: str, values: list[Any], dense: list[list[Any]], dtype: str) -> None:
    @case(f"sparse/value/product-{name}/{dtype}", dtypes=(dtype, "int64"))
    def check(subject: Subject) -> None:
        t = subject.torch
        kind = getattr(t, dtype)
        expected = _product(values, dense)
        wide = t.tensor(dense, dtype=kind)
        wide = t.stack([wide, wide * 0], -1)[..., 0]
        for product in (
            _of_csr(t, t.tensor(values, dtype=kind), t.tensor(dense, dtype=kind)),
            _of_csr(t, _spread(t, values, kind), wide, lambda numbers: _spread(t, numbers, t.int64)),
        ):
            expect(product.is_contiguous(), "the product does not lie in order")
            for row, wanted in zip(product.tolist(), expected, strict=True):
                for number, exact in zip(row, wanted, strict=True):
                    near = cmath.isclose(number, exact, rel_tol=_RELATIVE[dtype])
                    expect(near or (number != number and exact != exact), f"{number}, expected {exact}")


_RELATIVE = {"float32": 1e-5, "float64": 1e-12, "complex64": 1e-5, "complex128": 1e-12}
for _name, (_elements, _dense) in _SPARSE.items():
    for _dtype in ("float32", "float64"):
        _declare_sparse(_name, _elements, _dense, _dtype)
for _dtype in ("complex64", "complex128"):
    _turned = [number * (1 + 0.1j) for number in _SPARSE["ordinary"][0]]
    _declare_sparse("ordinary", _turned, _SPARSE["ordinary"][1], _dtype)


@case("sparse/value/product-narrow/float32", dtypes=("float32", "int64"))
def _of_a_column(subject: Subject) -> None:
    """A sparse column times a row: every element with every one."""
    t = subject.torch
    starts, columns, values = t.tensor([0, 1, 1, 2]), t.tensor([0, 0]), t.tensor([2.0, -3.0])
    column = quietly(partial(t.sparse_csr_tensor, starts, columns, values, (3, 1)))
    expect_equal((column @ t.tensor([[1.0, 5.0]])).tolist(), [[2.0, 10.0], [0.0, 0.0], [-3.0, -15.0]], "the product")


_INTEGERS = ("uint8", "int8", "int16", "int32", "int64")


def _declare_whole(dtype: str) -> None:
    @case(f"sparse/value/product-whole/{dtype}", dtypes=(dtype, "int64"))
    def check(subject: Subject) -> None:
        """PyTorch refuses whole numbers and halves; where they are taken, sums beyond the limits wrap around."""
        t = subject.torch
        kind = getattr(t, dtype)
        dense = [[1, 2], [2, 0], [3, 4], [2, 1]]
        most = t.iinfo(kind).max if dtype in _INTEGERS else 100
        values = [most, 2, 1, 3, 5]
        try:
            found = _of_csr(t, t.tensor(values, dtype=kind), t.tensor(dense, dtype=kind))
        except (NotImplementedError, RuntimeError):
            return
        expected = _product(values, dense)
        if dtype in _INTEGERS:
            count = most + 1 - t.iinfo(kind).min
            expected = [
                [(number + most + 1) % count - most - 1 if dtype != "uint8" else number % 256 for number in row]
                for row in expected
            ]
        expect_equal([[int(number) for number in row] for row in found.tolist()], expected)


for _dtype in (*_INTEGERS, "float16", "bfloat16"):
    _declare_whole(_dtype)
