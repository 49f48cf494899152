from __future__ import annotations

from math import inf, nan

import pytest

MATRIX = [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("kernel", "dims", "expected"),
    [
        ("sum", (0,), [5, 7, 9]),
        ("sum", (1,), [6, 15]),
        ("sum", (0, 1), 21),
        ("prod", (0,), [4, 10, 18]),
        ("prod", (1,), [6, 120]),
        ("prod", (0, 1), 720),
        ("amax", (0,), [4, 5, 6]),
        ("amax", (1,), [3, 6]),
        ("amin", (0, 1), 1),
        ("amin", (1,), [1, 4]),
        ("any", (1,), [True, True]),
        ("all", (0,), [True, True, True]),
    ],
)
@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
def test_reduction(minimal, kernel, dims, expected, dtype) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array(MATRIX, dtype), dims, False)
    assert minimal.list(result) == expected
    assert result.dtype == ("bool" if kernel in ("any", "all") else dtype)


@pytest.mark.parametrize(("dims", "shape"), [((0,), (1, 3)), ((1,), (2, 1)), ((0, 1), (1, 1))])
def test_keepdim(minimal, dims, shape) -> None:
    assert minimal.kernels.sum(minimal.array(MATRIX), dims, True).shape == shape
    if len(dims) == 1:
        assert minimal.kernels.argmax(minimal.array(MATRIX), dims[0], True).shape == shape


def test_reduction_of_the_middle_of_a_transpose(minimal) -> None:
    a = minimal.kernels.permute(
        minimal.kernels.reshape(minimal.kernels.arange(0, 1, 24, "int64"), (2, 3, 4)), (2, 1, 0)
    )
    assert minimal.list(minimal.kernels.sum(a, (1,), False)) == [[12, 48], [15, 51], [18, 54], [21, 57]]
    assert minimal.list(minimal.kernels.sum(a, (0, 2), False)) == [60, 92, 124]


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [("sum", 2.5), ("prod", 2.5), ("amax", 2.5), ("amin", 2.5), ("any", True), ("all", True)],
)
def test_reduction_of_a_scalar(minimal, kernel, expected) -> None:
    assert minimal.list(getattr(minimal.kernels, kernel)(minimal.array(2.5), (), False)) == expected


@pytest.mark.parametrize(("kernel", "expected"), [("sum", 0.0), ("prod", 1.0), ("any", False), ("all", True)])
def test_empty_reduction(minimal, kernel, expected) -> None:
    empty = minimal.kernels.empty((2, 0), "float32")
    reduce = getattr(minimal.kernels, kernel)
    assert minimal.list(reduce(empty, (1,), False)) == [expected, expected]
    assert minimal.list(reduce(empty, (0,), False)) == []
    assert minimal.list(reduce(empty, (0, 1), False)) == expected


@pytest.mark.parametrize("kernel", ["amax", "amin"])
def test_extremum_of_no_lines(minimal, kernel) -> None:
    assert minimal.list(getattr(minimal.kernels, kernel)(minimal.kernels.empty((0, 2), "float32"), (1,), False)) == []


@pytest.mark.parametrize(
    ("kernel", "dtype", "values", "expected"),
    [
        ("sum", "int8", [100, 100], -56),
        ("sum", "uint8", [200, 100], 44),
        ("sum", "float64", [inf, -inf], nan),
        ("sum", "float32", [3e38, 3e38], inf),
        ("prod", "int64", [2**62, 4], 0),
        ("prod", "float64", [1e200, 1e200], inf),
        ("amax", "float32", [1.0, nan, 3.0], nan),
        ("amin", "float32", [nan, 1.0], nan),
        ("amax", "float32", [-inf, -inf], -inf),
        ("amax", "bool", [0, 1], True),
        ("amin", "bool", [0, 1], False),
        ("any", "float32", [0.0, nan], True),
        ("any", "bool", [0, 0], False),
        ("all", "float32", [nan, 1.0], True),
        ("all", "int16", [1, 0], False),
    ],
)
def test_reduction_of_special_values(minimal, kernel, dtype, values, expected) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array(values, dtype), (0,), False)
    assert repr(minimal.list(result)) == repr(expected)


@pytest.mark.parametrize(
    ("values", "largest", "smallest"),
    [
        ([3.0, 1.0, 3.0, 1.0], 0, 1),
        ([1.0, nan, 3.0, nan], 1, 1),
        ([nan, inf], 0, 0),
        ([-inf, -inf], 0, 0),
        ([0.0, -0.0], 0, 0),
    ],
)
def test_argmax_and_argmin(minimal, values, largest, smallest) -> None:
    a = minimal.array(values)
    found = minimal.kernels.argmax(a, 0, False), minimal.kernels.argmin(a, 0, False)
    assert [minimal.list(position) for position in found] == [largest, smallest]
    assert [position.dtype for position in found] == ["int64", "int64"]


def test_argmax_along_each_dim(minimal) -> None:
    a = minimal.array([[1, 9, 2], [8, 3, 7]], "int32")
    assert minimal.list(minimal.kernels.argmax(a, 0, False)) == [1, 0, 1]
    assert minimal.list(minimal.kernels.argmax(a, 1, False)) == [1, 0]
    assert minimal.list(minimal.kernels.argmin(a, 1, True)) == [[0], [1]]


@pytest.mark.parametrize(
    ("kernel", "dim", "expected"),
    [
        ("cumsum", 0, [[1, 2, 3], [5, 7, 9]]),
        ("cumsum", 1, [[1, 3, 6], [4, 9, 15]]),
        ("cumprod", 0, [[1, 2, 3], [4, 10, 18]]),
        ("cumprod", 1, [[1, 2, 6], [4, 20, 120]]),
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_scan(minimal, kernel, dim, expected, transposed) -> None:
    a = minimal.array(MATRIX, "int64")
    if transposed:  # the same values in another memory order
        swap = minimal.kernels.permute(a, (1, 0))
        a = minimal.kernels.permute(minimal.kernels.clone(swap, False), (1, 0))
    result = getattr(minimal.kernels, kernel)(a, dim)
    assert (minimal.list(result), result.strides) == (expected, (3, 1))


@pytest.mark.parametrize(
    ("kernel", "dtype", "values", "expected"),
    [
        ("cumsum", "uint8", [200, 100, 1], [200, 44, 45]),
        ("cumprod", "int8", [100, 2, 2], [100, -56, -112]),
        ("cumsum", "float32", [1.0, nan, 1.0], [1.0, nan, nan]),
        ("cumprod", "float32", [0.0, inf, 1.0], [0.0, nan, nan]),
        ("cumsum", "float32", [], []),
    ],
)
def test_scan_of_special_values(minimal, kernel, dtype, values, expected) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array(values, dtype), 0)
    assert repr(minimal.list(result)) == repr(expected)
