"""Laws of matrices: a power of two in all elements comes out as one, in every dtype, for batches of hundreds, and of sparse ones."""

import math
from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal
from ...declare import INTEGERS, case
from ...subject import Subject

_EXTENSION = ("linalg",)
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

    @case(f"{name}/value/scaled-{kind}/-", dtypes=(*dtypes, "float32", "float64"), extensions=_EXTENSION)
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


@case("fft-irfft/large/back/float32", dtypes=("float32", "complex64"), extensions=("fft",), elements=20_002)
def _back(subject: Subject) -> None:
    t = subject.torch
    for shape in ((501, 4), (20_002,)):
        x = t.arange(math.prod(shape), dtype=t.float32).remainder(7).reshape(shape)
        _expect_near(t.fft.irfft(t.fft.rfft(x)), x, 1e-5, "what comes back")


# -- sparse ------------------------------------------------------------------------------------------------------------------

_CROWS, _COLUMNS, _SHAPE = [0, 2, 3, 5], [0, 2, 1, 0, 3], (3, 4)
_INF, _NAN = math.inf, math.nan
_SPARSE: dict[str, tuple[list[Any], list[list[Any]]]] = {
    "ordinary": ([25.0, -2.5, 1.0, 0.5, -30_000.0], [[1.0, 30_000.0], [-2.0, 0.0], [0.5, 25.0], [0.25, -1.0]]),
    "near-zero": ([2.0**-20, 2.0**-24, -(2.0**-22), 2.0**-21, 1.0], [[1.0, -2.0**-20], [0.5, 3.0], [-1.0, 1.0], [2.0**-20, 0.0]]),
    "infinite": ([_INF, 1.0, -_INF, 2.0, 1.0], [[1.0, -1.0], [2.0, 3.0], [1.0, 1.0], [_INF, -_INF]]),
    "nan": ([1.0, _NAN, 2.0, 2.0, 1.0], [[1.0, -1.0], [2.0, _NAN], [1.0, 1.0], [1.0, 2.0]]),
}  # fmt: skip


def _product(values: list[Any], dense: list[list[Any]]) -> list[list[Any]]:
    return [
        [
            sum(values[k] * dense[_COLUMNS[k]][column] for k in range(_CROWS[row], _CROWS[row + 1]))
            for column in range(2)
        ]
        for row in range(3)
    ]


def _of_csr(t: Any, values: Any, dense: Any) -> Any:
    return t.sparse_csr_tensor(t.tensor(_CROWS), t.tensor(_COLUMNS), values, _SHAPE) @ dense


def _declare_sparse(name: str, values: list[Any], dense: list[list[Any]], dtype: str) -> None:
    @case(f"sparse/value/product-{name}/{dtype}", dtypes=(dtype, "int64"))
    def check(subject: Subject) -> None:
        t = subject.torch
        kind = getattr(t, dtype)
        expected = _product(values, dense)
        wide = t.tensor([[each for number in row for each in (number, 9.0)] for row in dense], dtype=kind)[:, ::2]
        spread = t.tensor([each for number in values for each in (number, 9.0)], dtype=kind)[::2]
        for elements, operand in ((t.tensor(values, dtype=kind), t.tensor(dense, dtype=kind)), (spread, wide)):
            found = _of_csr(t, elements, operand).tolist()
            for row, wanted in zip(found, expected, strict=True):
                for number, exact in zip(row, wanted, strict=True):
                    near = number == exact or abs(number - exact) <= _RELATIVE[dtype] * abs(exact)
                    expect(near or (number != number and exact != exact), f"{number}, expected {exact}")


_RELATIVE = {"float32": 1e-5, "float64": 1e-12, "complex64": 1e-5, "complex128": 1e-12}
for _name, (_elements, _dense) in _SPARSE.items():
    for _dtype in ("float32", "float64"):
        _declare_sparse(_name, _elements, _dense, _dtype)
for _dtype in ("complex64", "complex128"):
    _turned = [number * (1 + 0.1j) for number in _SPARSE["ordinary"][0]]
    _declare_sparse("ordinary", _turned, _SPARSE["ordinary"][1], _dtype)


def _declare_whole(dtype: str) -> None:
    @case(f"sparse/value/product-whole/{dtype}", dtypes=(dtype, "int64"))
    def check(subject: Subject) -> None:
        """PyTorch refuses whole numbers and halves; where they are taken, sums beyond the limits wrap around."""
        t = subject.torch
        kind = getattr(t, dtype)
        dense = [[1, 2], [2, 0], [3, 4], [2, 1]]
        most = t.iinfo(kind).max if dtype in INTEGERS else 100
        values = [most, 2, 1, 3, 5]
        try:
            found = _of_csr(t, t.tensor(values, dtype=kind), t.tensor(dense, dtype=kind))
        except (NotImplementedError, RuntimeError):
            return
        expected = _product(values, dense)
        if dtype in INTEGERS:
            count = most + 1 - t.iinfo(kind).min
            expected = [
                [(number + most + 1) % count - most - 1 if dtype != "uint8" else number % 256 for number in row]
                for row in expected
            ]
        expect_equal([[int(number) for number in row] for row in found.tolist()], expected)


for _dtype in (*INTEGERS, "float16", "bfloat16"):
    _declare_whole(_dtype)
