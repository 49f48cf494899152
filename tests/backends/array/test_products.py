"""Matrix products."""

from __future__ import annotations

import numpy as np
import pytest

A, B = [[1, 2], [3, 4], [5, 6]], [[1, -1, 2], [0, 3, 1]]
PRODUCT = [[1, 5, 4], [3, 9, 10], [5, 13, 16]]


@pytest.mark.parametrize("dtype", ["int8", "int64", "float16", "float32", "float64", "complex64"])
def test_matmul(kernels, dtype) -> None:
    a, b = np.array(A, dtype), np.array(B, dtype)
    for left in (a, np.asfortranarray(a), np.repeat(a, 2, axis=1)[:, ::2]):
        for right in (b, np.asfortranarray(b), np.repeat(b, 3, axis=1)[:, ::3]):
            result = kernels.matmul(left, right)
            assert (result.tolist(), result.dtype.name, result.flags.c_contiguous) == (PRODUCT, dtype, True)


@pytest.mark.parametrize(
    ("a", "b", "shape"),
    [
        ((4, 3, 2), (2, 3), (4, 3, 3)), ((3, 2), (4, 2, 3), (4, 3, 3)), ((2, 1, 3, 2), (5, 2, 4), (2, 5, 3, 4)),
        ((3, 0), (0, 2), (3, 2)), ((0, 3), (3, 2), (0, 2)), ((0, 3, 2), (2, 4), (0, 3, 4)),
    ],
)  # fmt: skip
def test_matmul_of_stacks(kernels, a, b, shape) -> None:
    left, right = np.arange(np.prod(a)).reshape(a).astype("float32"), np.arange(np.prod(b)).reshape(b).astype("float32")
    result = kernels.matmul(left, right)
    assert result.shape == shape
    spread = [np.broadcast_to(x, (*shape[:-2], *x.shape[-2:])) for x in (left, right)]
    for at in np.ndindex(shape):
        row, column = spread[0][at[:-1]], spread[1][(*at[:-2], slice(None), at[-1])]
        assert result[at] == sum(x * y for x, y in zip(row.tolist(), column.tolist(), strict=True))


def test_matmul_of_integers_wraps(kernels) -> None:
    assert kernels.matmul(np.full((1, 2), 100, "int8"), np.ones((2, 1), "int8")).tolist() == [[-56]]


def test_float16_adds_up_in_float32(kernels) -> None:
    assert kernels.matmul(np.ones((1, 2050), "float16"), np.ones((2050, 1), "float16")).tolist() == [[2050.0]]


@pytest.mark.parametrize(
    ("bias", "expected"),
    [
        (np.full((3, 3), 10), [[11, 15, 14], [13, 19, 20], [15, 23, 26]]),
        (np.array([100, 0, 0]), [[101, 5, 4], [103, 9, 10], [105, 13, 16]]),
        (np.array(1), [[2, 6, 5], [4, 10, 11], [6, 14, 17]]),
    ],
)
@pytest.mark.parametrize("dtype", ["int64", "float16", "float32"])
def test_addmm(kernels, bias, expected, dtype) -> None:
    bias = bias.astype(dtype)
    before = bias.tolist()
    result = kernels.addmm(bias, np.array(A, dtype), np.array(B, dtype))
    assert (result.tolist(), result.dtype.name, bias.tolist()) == (expected, dtype, before)


@pytest.mark.parametrize("rows", [1, 3, 64, 65])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_few_rows_times_a_transposed_matrix(kernels, rows, dtype) -> None:
    generator = np.random.default_rng(0)
    a, weight = (generator.normal(size=shape).astype(dtype) for shape in ((rows, 150), (260, 150)))
    for source in (a, np.asfortranarray(a), np.repeat(a, 2, axis=1)[:, ::2]):
        result = kernels.matmul(source, weight.T)
        assert result.flags.c_contiguous
        np.testing.assert_allclose(result, np.einsum("ik,jk->ij", a, weight), rtol=1e-4, atol=1e-4)
