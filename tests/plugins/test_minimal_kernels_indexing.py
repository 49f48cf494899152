from __future__ import annotations

from math import inf, nan

import pytest

MATRIX = [[1, 2, 3], [4, 5, 6]]


@pytest.fixture
def index_array(minimal):
    return lambda values: minimal.array(values, "int64")


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        ([[1, 0, 1]], [[4, 5, 6], [1, 2, 3], [4, 5, 6]]),
        ([[0, 1, 1], [2, 0, 2]], [3, 4, 6]),
        ([[[0], [1]], [[1], [1]]], [[2], [5]]),
        ([1], [4, 5, 6]),
        ([1, 2], 6),
        ([[]], []),
    ],
)
def test_index(minimal, index_array, indices, expected) -> None:
    a = minimal.array(MATRIX)
    arrays = [index_array(values) for values in indices]
    assert minimal.list(minimal.kernels.index(a, arrays)) == expected


def test_index_of_a_view_is_a_copy(minimal, index_array) -> None:
    a = minimal.array(MATRIX)
    result = minimal.kernels.index(minimal.kernels.permute(a, (1, 0)), [index_array([2, 0])])
    assert minimal.list(result) == [[3, 6], [1, 4]]
    minimal.kernels.copy_into(result, minimal.array(0.0))
    assert minimal.list(a) == MATRIX


def test_index_of_nothing_by_nothing(minimal, index_array) -> None:
    empty = minimal.kernels.empty((0, 2), "float32")
    assert minimal.kernels.index(empty, [index_array([])]).shape == (0, 2)


@pytest.mark.parametrize(
    ("indices", "values", "accumulate", "expected"),
    [
        ([[1, 0]], [[7, 8, 9], [1, 1, 1]], False, [[1, 1, 1], [7, 8, 9]]),
        ([[0, 1], [1, 2]], [10, 20], False, [[1, 10, 3], [4, 5, 20]]),
        ([[0, 0], [1, 1]], [10, 20], False, [[1, 20, 3], [4, 5, 6]]),
        ([[0, 0], [1, 1]], [10, 20], True, [[1, 32, 3], [4, 5, 6]]),
        ([[1, 1]], [[1, 1, 1], [2, 2, 2]], True, [[1, 2, 3], [7, 8, 9]]),
        ([1, 1], 50, False, [[1, 2, 3], [4, 50, 6]]),
    ],
)
@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_index_put(minimal, index_array, indices, values, accumulate, expected, dtype) -> None:
    target = minimal.array(MATRIX, dtype)
    arrays = [index_array(column) for column in indices]
    assert minimal.kernels.index_put(target, arrays, minimal.array(values, dtype), accumulate) is None
    assert minimal.list(target) == expected


def test_index_put_writes_through_a_view(minimal, index_array) -> None:
    base = minimal.array(MATRIX)
    minimal.kernels.index_put(minimal.kernels.permute(base, (1, 0)), [index_array([2])], minimal.array([[7, 8]]), False)
    assert minimal.list(base) == [[1, 2, 7], [4, 5, 8]]


@pytest.mark.parametrize(
    ("dtype", "start", "values", "expected"),
    [
        ("uint8", 250, [5, 5], 4),
        ("int8", 127, [1, 0], -128),
        ("bool", 0, [1, 1], True),
        ("float32", 16777216.0, [1.0, 1.0], 16777216.0),
        ("float64", inf, [1.0, -inf], nan),
    ],
)
def test_accumulation_in_the_dtype_of_the_target(minimal, index_array, dtype, start, values, expected) -> None:
    target, source = minimal.array([start], dtype), minimal.array(values, dtype)
    again = minimal.array([start], dtype)
    minimal.kernels.index_put(target, [index_array([0, 0])], source, True)
    minimal.kernels.scatter_add(again, 0, index_array([0, 0]), source)
    assert repr(minimal.list(target)) == repr(minimal.list(again)) == repr([expected])


@pytest.mark.parametrize(
    ("dim", "index", "expected"),
    [
        (1, [[2, 0], [1, 1]], [[3, 1], [5, 5]]),
        (0, [[1, 0, 1]], [[4, 2, 6]]),
        (0, [[0], [1], [0]], [[1], [4], [1]]),
        (1, [[0, 1, 2, 2, 1]], [[1, 2, 3, 3, 2]]),
        (1, [[], []], [[], []]),
    ],
)
def test_gather(minimal, index_array, dim, index, expected) -> None:
    assert minimal.list(minimal.kernels.gather(minimal.array(MATRIX), dim, index_array(index))) == expected


@pytest.mark.parametrize(
    ("kernel", "dim", "index", "source", "expected"),
    [
        ("scatter", 1, [[2, 0], [1, 1]], [[10, 20], [30, 40]], [[20, 2, 10], [4, 40, 6]]),
        ("scatter", 0, [[1, 0]], [[10, 20]], [[1, 20, 3], [10, 5, 6]]),
        ("scatter_add", 1, [[2, 0], [1, 1]], [[10, 20], [30, 40]], [[21, 2, 13], [4, 75, 6]]),
        ("scatter_add", 0, [[0, 1], [0, 1], [0, 0]], [[1, 1], [1, 1], [1, 1]], [[4, 3, 3], [4, 7, 6]]),
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_scatter(minimal, index_array, kernel, dim, index, source, expected, transposed) -> None:
    target = minimal.array(MATRIX)
    if transposed:
        swap = minimal.kernels.clone(minimal.kernels.permute(target, (1, 0)), False)
        target = minimal.kernels.permute(swap, (1, 0))
    assert getattr(minimal.kernels, kernel)(target, dim, index_array(index), minimal.array(source)) is None
    assert minimal.list(target) == expected


@pytest.mark.parametrize(
    ("values", "dtype", "expected", "shape"),
    [
        ([[0, 2], [3, 0]], "int32", [[0, 1], [1, 0]], (2, 2)),
        ([0.0, -0.0, nan], "float32", [[2]], (1, 1)),
        ([0, 1, 1], "bool", [[1], [2]], (2, 1)),
        (5, "int64", [[]], (1, 0)),
        (0, "int64", [], (0, 0)),
        ([], "int64", [], (0, 1)),
    ],
)
def test_nonzero(minimal, values, dtype, expected, shape) -> None:
    result = minimal.kernels.nonzero(minimal.array(values, dtype))
    assert (minimal.list(result), result.shape, result.dtype) == (expected, shape, "int64")
