from __future__ import annotations

from math import inf, nan

import pytest


@pytest.mark.parametrize(
    ("values", "descending", "expected", "indices"),
    [
        ([3, 1, 2], False, [1, 2, 3], [1, 2, 0]),
        ([3, 1, 2], True, [3, 2, 1], [0, 2, 1]),
        ([1, 0, 1, 0], False, [0, 0, 1, 1], [1, 3, 0, 2]),
        ([1, 0, 1, 0], True, [1, 1, 0, 0], [0, 2, 1, 3]),
        ([nan, 1.0, nan, inf], False, [1.0, inf, nan, nan], [1, 3, 0, 2]),
        ([nan, 1.0, nan, inf], True, [nan, nan, inf, 1.0], [0, 2, 3, 1]),
        ([0.0, -0.0], False, [0.0, -0.0], [0, 1]),
        ([], False, [], []),
    ],
)
def test_sort(minimal, values, descending, expected, indices) -> None:
    ordered, order = minimal.kernels.sort(minimal.array(values, "float64"), 0, descending)
    assert repr(minimal.list(ordered)) == repr(list(map(float, expected)))
    assert (minimal.list(order), order.dtype) == (indices, "int64")


@pytest.mark.parametrize(
    ("dim", "expected", "indices"),
    [
        (0, [[1, 2, 3], [4, 9, 6]], [[1, 0, 1], [0, 1, 0]]),
        (1, [[2, 4, 6], [1, 3, 9]], [[1, 0, 2], [0, 2, 1]]),
    ],
)
def test_sort_along_a_dim(minimal, dim, expected, indices) -> None:
    ordered, order = minimal.kernels.sort(minimal.array([[4, 2, 6], [1, 9, 3]], "int8"), dim, False)
    assert (minimal.list(ordered), minimal.list(order), ordered.dtype) == (expected, indices, "int8")


@pytest.mark.parametrize(("right", "expected"), [(False, [[0, 0, 1], [3, 4, 4]]), (True, [[0, 1, 3], [3, 4, 4]])])
def test_searchsorted(minimal, right, expected) -> None:
    sequence = minimal.array([1, 2, 2, 5], "int64")
    values = minimal.array([[0, 1, 2], [3, 6, 7]], "int64")
    found = minimal.kernels.searchsorted(sequence, values, right)
    assert (minimal.list(found), found.dtype) == (expected, "int64")


@pytest.mark.parametrize(
    ("sequence", "value", "left", "right"),
    [([1.0, nan], 2.0, 1, 1), ([1.0, nan], nan, 1, 2), ([1.0, inf], inf, 1, 2), ([], 1.0, 0, 0)],
)
def test_searchsorted_special_values(minimal, sequence, value, left, right) -> None:
    arrays = minimal.array(sequence), minimal.array(value)
    found = [minimal.list(minimal.kernels.searchsorted(*arrays, side)) for side in (False, True)]
    assert found == [left, right]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([[1, 2], [3, 4]], [[5, 6], [7, 8]], [[19, 22], [43, 50]]),
        ([[1, 2, 3]], [[1], [2], [3]], [[14]]),
        ([[[1, 2]], [[3, 4]]], [[[1], [1]], [[2], [2]]], [[[3]], [[14]]]),
        ([[1, 2]], [[[1], [1]], [[2], [2]]], [[[3]], [[6]]]),
        ([[[1, 2]], [[3, 4]]], [[1], [1]], [[[3]], [[7]]]),
    ],
)
@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
def test_matmul(minimal, a, b, expected, dtype) -> None:
    result = minimal.kernels.matmul(minimal.array(a, dtype), minimal.array(b, dtype))
    assert (minimal.list(result), result.dtype) == (expected, dtype)


@pytest.mark.parametrize(
    ("a", "b", "shape"),
    [
        ((2, 0), (0, 3), (2, 3)),
        ((0, 2), (2, 3), (0, 3)),
        ((2, 2), (2, 0), (2, 0)),
        ((0, 2, 2), (2, 2), (0, 2, 2)),
        ((3, 1, 2, 2), (4, 2, 5), (3, 4, 2, 5)),
    ],
)
def test_matmul_shapes(minimal, a, b, shape) -> None:
    ones = minimal.kernels.full(a, 1.0, "float32"), minimal.kernels.full(b, 1.0, "float32")
    result = minimal.kernels.matmul(*ones)
    assert result.shape == shape
    assert set(result.buffer) <= {float(a[-1])}


def test_matmul_of_a_transpose(minimal) -> None:
    a = minimal.array([[1, 2, 3], [4, 5, 6]])
    swapped = minimal.kernels.permute(a, (1, 0))
    assert minimal.list(minimal.kernels.matmul(a, swapped)) == [[14, 32], [32, 77]]


def test_matmul_wraps_integers_and_keeps_nan(minimal) -> None:
    small = minimal.array([[100, 100]], "int8")
    product = minimal.kernels.matmul(small, minimal.kernels.permute(small, (1, 0)))
    assert minimal.list(product) == [[20000 - 78 * 256]]
    infinite = minimal.kernels.matmul(minimal.array([[0.0, 1.0]]), minimal.array([[inf], [1.0]]))
    assert repr(minimal.list(infinite)) == repr([[nan]])
