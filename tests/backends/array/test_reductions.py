"""Reductions, scans and the softmax family."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

inf, nan = math.inf, math.nan
MATRIX = [[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]

OF_MATRIX = [
    ("sum", (0,), [5, 7, -3]), ("sum", (1,), [6, 3]), ("sum", (0, 1), 9),
    ("prod", (0,), [4, 10, -18]), ("prod", (1,), [6, -120]), ("prod", (0, 1), -720),
    ("amax", (0,), [4, 5, 3]), ("amax", (1,), [3, 5]), ("amax", (0, 1), 5),
    ("amin", (0,), [1, 2, -6]), ("amin", (1,), [1, -6]), ("amin", (0, 1), -6),
    ("mean", (0,), [2.5, 3.5, -1.5]), ("mean", (1,), [2, 1]), ("mean", (0, 1), 1.5),
    ("any", (0,), [True] * 3), ("all", (0, 1), True),
]  # fmt: skip


@pytest.mark.parametrize(("kernel", "dims", "expected"), OF_MATRIX)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
def test_of_a_matrix(kernels, kernel, dims, expected, dtype) -> None:
    if kernel == "mean" and dtype == "int32":
        return  # floats only
    array = np.array(MATRIX, dtype)
    for source in (array, np.asfortranarray(array)):
        result = getattr(kernels, kernel)(source, dims, False)
        assert (result.tolist(), type(result)) == (expected, np.ndarray)
        assert result.dtype.name == ("bool" if kernel in ("any", "all") else dtype)
        kept = getattr(kernels, kernel)(source, dims, True)
        assert kept.shape == tuple(1 if d in dims else size for d, size in enumerate(array.shape))
        assert kept.reshape(result.shape).tolist() == expected


@pytest.mark.parametrize("kernel", ["sum", "prod", "amax", "amin", "mean", "any", "all"])
def test_of_a_scalar(kernels, kernel) -> None:
    for keepdim in (False, True):
        result = getattr(kernels, kernel)(np.array(2.0), (), keepdim)
        assert (type(result), result.shape, result.item()) == (np.ndarray, (), kernel in ("any", "all") or 2.0)


@pytest.mark.parametrize(
    ("kernel", "expected"), [("sum", 0.0), ("prod", 1.0), ("any", False), ("all", True), ("mean", nan)]
)
def test_of_nothing(kernels, kernel, expected) -> None:
    result = getattr(kernels, kernel)(np.zeros((2, 0), "float32"), (1,), False)
    assert result.tolist() == pytest.approx([expected] * 2, nan_ok=True)
    assert getattr(kernels, kernel)(np.zeros((2, 0), "float32"), (0,), True).shape == (1, 0)


@pytest.mark.parametrize(
    ("kernel", "dtype", "values", "expected"),
    [
        ("sum", "int8", [100, 100], -56), ("sum", "int64", [2**62, 2**62], -(2**63)), ("prod", "int8", [16, 16], 0),
        ("sum", "complex64", [1j, 2 + 1j], 2 + 2j), ("prod", "complex64", [1j, 1j], -1 + 0j),
        ("sum", "float32", [inf, 1.0], inf), ("sum", "float32", [inf, -inf], nan), ("amax", "float32", [1.0, nan], nan),
        ("amin", "float64", [nan, 1.0], nan), ("amax", "float32", [-inf, -inf], -inf), ("amax", "bool", [False, True], True),
        ("amin", "bool", [False, True], False), ("any", "float32", [0.0, -0.0], False), ("any", "float32", [0.0, nan], True),
        ("all", "float64", [nan, 1.0], True), ("all", "int32", [1, 0], False), ("any", "complex64", [0j, 1j], True),
    ],
)  # fmt: skip
def test_special_values(kernels, kernel, dtype, values, expected) -> None:
    result = getattr(kernels, kernel)(np.array(values, dtype), (0,), False)
    assert result.item() == pytest.approx(expected, nan_ok=True)


SHAPES = [
    (3, 4, 5), (3000,), (1024,), (2048,), (40, 30), (3, 2500), (2500, 3), (2, 1030, 3), (4, 16, 80), (7, 1, 1025),
    (1, 5000), (1500, 2, 1), (1200, 33),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_every_choice_of_dims(kernels, shape, dtype) -> None:
    """Integers that floats hold exactly, so that sums and extremes in whatever order are equal."""
    whole = np.arange(math.prod(shape)).reshape(shape) * 7 % 31 - 9
    array = whole.astype(dtype)
    for count in range(1, len(shape) + 1):
        for dims in itertools.combinations(range(len(shape)), count):
            for keepdim in (False, True):
                expected = np.sum(whole, axis=dims, keepdims=keepdim)
                result = kernels.sum(array, dims, keepdim)
                assert (result.shape, result.dtype.name) == (expected.shape, dtype)
                assert result.tolist() == expected.astype(dtype).tolist()
            slices = np.moveaxis(whole, dims, range(-count, 0)).reshape(*expected.shape[: 0 or None], -1).tolist()
            flat = np.asarray(slices).reshape(-1, math.prod(shape[d] for d in dims)).tolist()
            assert kernels.amax(array, dims, False).reshape(-1).tolist() == [max(row) for row in flat]
            assert kernels.amin(array, dims, False).reshape(-1).tolist() == [min(row) for row in flat]


@pytest.mark.parametrize("shape", [(3000, 2), (500, 3), (1, 3000)])
def test_extremes_of_many_keep_nan(kernels, shape) -> None:
    array = np.zeros(shape, "float32")
    array[-1, -1] = nan
    assert np.isnan(kernels.amax(array, (0,), False)).tolist() == [False] * (shape[1] - 1) + [True]
    assert np.isnan(kernels.amin(array, (1,), False)).tolist() == [False] * (shape[0] - 1) + [True]


@pytest.mark.parametrize(("shape", "dims"), [((1_000_000,), (0,)), ((400_000, 2), (0,)), ((2, 400_000), (1,))])
def test_sums_of_many_are_accurate(kernels, shape, dims, request) -> None:
    if "plain" in request.node.name and dims == (0,) and len(shape) == 2:
        pytest.skip("NumPy adds up rows one after the other, which is what the NumPy backend avoids")
    result = kernels.sum(np.full(shape, 0.1, "float32"), dims, False)
    exact = float(np.float32(0.1)) * math.prod(shape[d] for d in dims)
    assert result.reshape(-1).tolist() == pytest.approx([exact] * result.size, rel=5e-6)


@pytest.mark.parametrize("kernel", ["sum", "cumsum"])
def test_float16_adds_up_in_float32(kernels, kernel) -> None:
    ones = np.ones(2050, "float16")  # in float16, 2048 + 1 is 2048
    result = kernels.sum(ones, (0,), False) if kernel == "sum" else kernels.cumsum(ones, 0)[-1:]
    assert (result.item(), result.dtype.name) == (2050.0, "float16")


@pytest.mark.parametrize(
    ("values", "largest", "smallest"),
    [
        ([3, 1, 3, 1], 0, 1), ([1.0, nan, 5.0, nan], 1, 1), ([inf, -inf, inf], 0, 1), ([False, True, True], 1, 0),
        ([-0.0, 0.0], 0, 0), ([-128, 127], 1, 0),
    ],
)  # fmt: skip
def test_positions_of_extremes(kernels, values, largest, smallest) -> None:
    array = np.array(values)
    for kernel, expected in (("argmax", largest), ("argmin", smallest)):
        result = getattr(kernels, kernel)(array, 0, False)
        assert (result.item(), result.dtype.name, result.shape, type(result)) == (expected, "int64", (), np.ndarray)
        assert getattr(kernels, kernel)(array, 0, True).shape == (1,)


def test_positions_along_a_dim(kernels) -> None:
    array = np.array(MATRIX, "float32")
    assert kernels.argmax(array, 0, False).tolist() == [1, 1, 0]
    assert kernels.argmax(array, 1, True).tolist() == [[2], [1]]
    assert kernels.argmin(array.T, 0, False).tolist() == [0, 2]
    assert kernels.argmin(np.zeros((0, 3)), 1, False).shape == (0,)


SCANS = [("cumsum", 0, [[1, 2, 3], [5, 7, -3]]), ("cumsum", 1, [[1, 3, 6], [4, 9, 3]])]
SCANS += [("cumprod", 0, [[1, 2, 3], [4, 10, -18]]), ("cumprod", 1, [[1, 2, 6], [4, 20, -120]])]


@pytest.mark.parametrize(("kernel", "dim", "expected"), SCANS)
@pytest.mark.parametrize("dtype", ["int8", "int64", "float16", "float32", "complex64"])
def test_scans(kernels, kernel, dim, expected, dtype) -> None:
    for array in (np.array(MATRIX).astype(dtype), np.asfortranarray(np.array(MATRIX).astype(dtype))):
        result = getattr(kernels, kernel)(array, dim)
        assert (result.tolist(), result.dtype.name) == (expected, dtype)
    assert getattr(kernels, kernel)(np.zeros((2, 0), dtype), 1).shape == (2, 0)


def test_scans_wrap_and_pass_nan_on(kernels) -> None:
    assert kernels.cumsum(np.array([127, 1], "int8"), 0).tolist() == [127, -128]
    assert kernels.cumsum(np.array([1.0, nan, 1.0]), 0).tolist() == pytest.approx([1, nan, nan], nan_ok=True)


@pytest.mark.parametrize(
    ("correction", "dims", "expected"),
    [
        (1.0, (1,), [1.0, 37.0]),
        (0.0, (1,), [2 / 3, 74 / 3]),
        (0.0, (0, 1), 15.166667 - 2.25),
        (2.5, (1,), [4.0, 148.0]),
    ],
)
def test_var(kernels, correction, dims, expected) -> None:
    array = np.array(MATRIX, "float64")
    if dims == (0, 1):
        expected = sum((value - 1.5) ** 2 for row in MATRIX for value in row) / 6
    assert kernels.var(array, dims, False, correction).tolist() == pytest.approx(expected, rel=1e-12)
    assert kernels.var(array.astype("float16"), dims, True, correction).dtype.name == "float16"


@pytest.mark.parametrize(
    ("size", "correction", "expected"), [(1, 1.0, nan), (1, 0.0, 0.0), (0, 0.0, nan), (2, 3.0, nan)]
)
def test_var_of_too_few(kernels, size, correction, expected) -> None:
    assert kernels.var(np.ones(size), (0,), False, correction).item() == pytest.approx(expected, nan_ok=True)


def test_var_is_about_the_mean(kernels) -> None:
    values = np.array([1e4, 1e4 + 1, 1e4 + 2], "float32")
    assert kernels.var(values, (0,), False, 1.0).item() == pytest.approx(1.0, rel=1e-3)
    assert kernels.var(np.array(5.0), (), False, 0.0).item() == 0.0
    assert values.tolist() == [1e4, 1e4 + 1, 1e4 + 2]


# -- softmax ---------------------------------------------------------------------------------------------------------


def approximately(array: np.ndarray, tolerance: float) -> list[object]:
    return [pytest.approx(row, rel=tolerance) for row in array.tolist()]


def softmax_of(row: list[float]) -> list[float]:
    powers = [math.exp(value - max(row)) for value in row]
    return [power / math.fsum(powers) for power in powers]


ROWS = [
    [1.0, 2.0, 3.0],
    [-1.0, 0.0, 1.0],
    [5.0, 5.0, 5.0],
    [0.0, -30.0, 30.0],
    [1000.0, 1001.0, 0.0],
    [-700.0, -701.0, -702.0],
]


@pytest.mark.parametrize("rows", [ROWS[:3], ROWS[3:4], ROWS, ROWS[:2] * 600])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 2e-3), ("float32", 1e-6), ("float64", 1e-13)])
def test_softmax(kernels, rows, dtype, tolerance) -> None:
    array = np.array(rows, dtype)
    expected = np.array([softmax_of(row) for row in array.tolist()])
    for source, dim in ((array, 1), (np.asfortranarray(array), 1), (np.ascontiguousarray(array.T), 0)):
        result = kernels.softmax(source, dim)
        assert result.dtype.name == dtype
        found = result if dim else result.T
        assert found.reshape(-1).tolist() == pytest.approx(expected.reshape(-1).tolist(), rel=tolerance, abs=1e-7)
        assert source.tolist() == (array if dim else array.T).tolist()


@pytest.mark.parametrize("rows", [ROWS[:3], ROWS, ROWS[:2] * 600])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 2e-3), ("float32", 1e-6), ("float64", 1e-13)])
def test_log_softmax(kernels, rows, dtype, tolerance) -> None:
    array = np.array(rows, dtype)
    expected = [
        value - max(row) - math.log(math.fsum(math.exp(each - max(row)) for each in row))
        for row in array.tolist() for value in row
    ]  # fmt: skip
    for source, dim in ((array, 1), (np.ascontiguousarray(array.T), 0)):
        result = kernels.log_softmax(source, dim)
        found = result if dim else result.T
        assert result.dtype.name == dtype
        assert found.reshape(-1).tolist() == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("kernel", ["softmax", "log_softmax"])
def test_softmax_of_infinities(kernels, kernel) -> None:
    function = getattr(kernels, kernel)
    masked = function(np.array([[-inf, 0.0, 0.0], [-inf, -inf, -inf], [inf, 0.0, 0.0], [nan, 0.0, 0.0]], "float32"), 1)
    half = 0.5 if kernel == "softmax" else math.log(0.5)
    assert masked[0].tolist() == pytest.approx([0.0 if kernel == "softmax" else -inf, half, half])
    assert (
        np.isnan(masked[1:]).tolist() == [[True] * 3, [True, *[kernel != "softmax"] * 2], [True] * 3]
        or np.isnan(masked[1]).all()
    )
    assert np.isnan(masked[3]).all()
    assert function(np.zeros((2, 0), "float32"), 1).shape == (2, 0)
    assert function(np.zeros((0, 2), "float32"), 1).shape == (0, 2)


@pytest.mark.parametrize("hidden", [[-inf], [-inf, -80.0], [-80.0], [-1e30, -inf]])
def test_softmax_of_many_masked_numbers(kernels, hidden) -> None:
    """As of few: rows of which something is -inf, or so far below the rest that a share is hardly a number."""
    row = [*hidden, 1.0, 2.0, *hidden]
    found = kernels.softmax(np.array([row, [-inf] * len(row), row] * 400, "float32"), 1)
    for index in (0, 2, -1):
        assert found[index].tolist() == pytest.approx(softmax_of(row), rel=1e-6, abs=1e-44)
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("rows", [ROWS[:3], ROWS, ROWS[:2] * 600])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-13)])
def test_cross_entropy(kernels, rows, dtype, tolerance) -> None:
    array, target = np.array(rows, dtype), np.arange(len(rows)) % 3
    losses, shares, count = kernels.cross_entropy(array, target, None, None, 0.0)
    assert count == len(rows)
    expected = np.array([softmax_of(row) for row in rows])
    picked = array[np.arange(len(rows)), target]
    sums = np.log(np.exp(array - array.max(1, keepdims=True)).sum(1)) + array.max(1)
    assert losses.tolist() == pytest.approx((sums - picked).tolist(), rel=tolerance, abs=100 * tolerance)
    assert shares.reshape(-1).tolist() == pytest.approx(expected.reshape(-1).tolist(), rel=tolerance, abs=1e-7)
    assert (losses.dtype.name, shares.dtype.name) == (dtype, dtype)
    for grad in (np.array(0.5, dtype), np.linspace(-1, 1, len(rows), dtype=dtype)):
        slope = kernels.cross_entropy_backward(grad, shares, target, None, None, 0.0)
        assert slope.tolist() == approximately((shares - np.eye(3, dtype=dtype)[target]) * grad[..., None], 1e-5)
    assert array.tolist() == rows


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax_backward_by_its_formula(kernels, dtype, dim) -> None:
    grad, result = np.array([[1.0, -2.0], [0.5, 4.0]], dtype), np.array([[0.25, 0.75], [0.5, 0.5]], dtype)
    before = (grad.tolist(), result.tolist())
    weighted = (grad * result).sum(dim, keepdims=True)
    assert kernels.softmax_backward(grad, result, dim).tolist() == approximately(result * (grad - weighted), 2e-3)
    logs = np.log(result)
    expected = grad - result * grad.sum(dim, keepdims=True)
    assert kernels.log_softmax_backward(grad, logs, dim).tolist() == approximately(expected, 4e-3)
    assert (grad.tolist(), result.tolist()) == before


def test_what_goes_block_by_block_is_what_goes_at_once(numpy_backend, monkeypatch) -> None:
    kernels, generator = numpy_backend.kernel_table, np.random.default_rng(0)
    a = generator.normal(0, 3, (70, 20, 9)).astype("float32")
    a[3] *= 100
    a[5, 4, 2] = -inf
    target, weight = generator.integers(0, 20, (70, 9)), generator.random(20).astype("float32")

    def found() -> list[np.ndarray]:
        matrix = np.ascontiguousarray(a[:, :, 0])
        return [
            kernels["softmax"](a, 1), kernels["log_softmax"](a, 1), kernels["softmax"](matrix, 1), kernels["softmax"](matrix, 0),
            *kernels["cross_entropy"](a, target, weight, 3, 0.1),
            *kernels["cross_entropy"](matrix, target[:, 0], None, None, 0.0),
        ]  # fmt: skip

    at_once = found()
    monkeypatch.setattr("flambeau_numpy._nn._BLOCK", 1000)
    for block, whole in zip(found(), at_once, strict=True):
        assert block.shape == whole.shape
        np.testing.assert_allclose(block, whole, rtol=2e-5, atol=2e-5)
