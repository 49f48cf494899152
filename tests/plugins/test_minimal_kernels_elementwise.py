from __future__ import annotations

import math
from math import inf, nan, pi

import pytest

MANY = ["uint8", "int8", "int16", "int32", "int64", "float32", "float64"]


def test_every_element_of_a_matrix_is_computed(minimal) -> None:
    a = minimal.array([[1, 2], [3, 4]])
    assert minimal.list(minimal.kernels.neg(a)) == [[-1, -2], [-3, -4]]
    assert minimal.list(minimal.kernels.add(a, a)) == [[2, 4], [6, 8]]


# Written with repr, because it tells -0.0 from 0.0 and finds nan equal to itself.
@pytest.mark.parametrize(
    ("kernel", "values", "expected"),
    [
        ("neg", [1.5, -0.0, inf], [-1.5, 0.0, -inf]),
        ("abs", [-1.5, -0.0, -inf, nan], [1.5, 0.0, inf, nan]),
        ("sign", [-3.0, 0.0, -0.0, inf, nan], [-1.0, 0.0, 0.0, 1.0, 0.0]),
        ("floor", [1.5, -1.5, -0.0, 1e300, inf, nan], [1.0, -2.0, -0.0, 1e300, inf, nan]),
        ("ceil", [1.5, -1.5, -0.5, 1e300, -inf, nan], [2.0, -1.0, -0.0, 1e300, -inf, nan]),
        ("trunc", [1.5, -1.5, -0.5, -inf, nan], [1.0, -1.0, -0.0, -inf, nan]),
        ("round", [0.5, 1.5, 2.5, -0.5, 1e300, inf], [0.0, 2.0, 2.0, -0.0, 1e300, inf]),
        ("sqrt", [4.0, -0.0, inf, -1.0, nan], [2.0, -0.0, inf, nan, nan]),
        ("exp", [0.0, 1e4, -1e4, -inf, nan], [1.0, inf, 0.0, 0.0, nan]),
        ("expm1", [0.0, 1e4, -inf, 1e-20], [0.0, inf, -1.0, 1e-20]),
        ("log", [1.0, 0.0, -0.0, -1.0, inf, nan], [0.0, -inf, -inf, nan, inf, nan]),
        ("log1p", [0.0, -1.0, -2.0, inf, 1e-20], [0.0, -inf, nan, inf, 1e-20]),
        ("sin", [0.0, inf, nan], [0.0, nan, nan]),
        ("cos", [0.0, -inf, nan], [1.0, nan, nan]),
        ("tan", [0.0, inf, nan], [0.0, nan, nan]),
        ("asin", [0.0, 1.0, 1.5, nan], [0.0, pi / 2, nan, nan]),
        ("acos", [1.0, -1.0, -1.5, nan], [0.0, pi, nan, nan]),
        ("atan", [0.0, inf, -inf, nan], [0.0, pi / 2, -pi / 2, nan]),
        ("sinh", [0.0, 1e4, -1e4, -inf], [0.0, inf, -inf, -inf]),
        ("cosh", [0.0, 1e4, -1e4, nan], [1.0, inf, inf, nan]),
        ("tanh", [0.0, 1e4, -inf, nan], [0.0, 1.0, -1.0, nan]),
        ("erf", [0.0, inf, -inf, nan], [0.0, 1.0, -1.0, nan]),
        ("lgamma", [1.0, 0.0, -1.0, inf, -inf, 1e308], [0.0, inf, inf, inf, inf, inf]),
    ],
)
def test_unary_special_values(minimal, kernel, values, expected) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array(values, "float64"))
    assert repr(minimal.list(result)) == repr(expected)


@pytest.mark.parametrize(
    ("kernel", "value", "expected"),
    [
        ("sqrt", 2.0, 1.4142135623730951),
        ("exp", 1.0, math.e),
        ("expm1", 1e-10, 1.00000000005e-10),
        ("log", 10.0, 2.302585092994046),
        ("log1p", 1e-10, 9.9999999995e-11),
        ("sin", 1.0, 0.8414709848078965),
        ("cos", 1.0, 0.5403023058681398),
        ("tan", 1.0, 1.5574077246549023),
        ("asin", 0.5, 0.5235987755982989),
        ("acos", 0.5, 1.0471975511965979),
        ("atan", 1.0, 0.7853981633974483),
        ("sinh", 1.0, 1.1752011936438014),
        ("cosh", 1.0, 1.5430806348152437),
        ("tanh", 1.0, 0.7615941559557649),
        ("erf", 0.5, 0.5204998778130465),
        ("lgamma", -0.5, 1.2655121234846454),
    ],
)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 1e-7)])
def test_unary_values(minimal, kernel, value, expected, dtype, tolerance) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array([value], dtype))
    assert result.dtype == dtype
    assert minimal.list(result) == pytest.approx([expected], rel=tolerance)


@pytest.mark.parametrize(
    ("kernel", "dtype", "values", "expected"),
    [
        ("neg", "uint8", [0, 1, 255], [0, 255, 1]),
        ("neg", "int8", [-128, 5], [-128, -5]),
        ("abs", "int64", [-(2**63), -7], [-(2**63), 7]),
        ("sign", "int32", [-9, 0, 9], [-1, 0, 1]),
        ("sign", "bool", [0, 1], [False, True]),
        ("bitwise_not", "uint8", [0, 5], [255, 250]),
        ("bitwise_not", "int16", [0, -1], [-1, 0]),
        ("bitwise_not", "bool", [0, 1], [True, False]),
        ("logical_not", "int32", [0, 2], [True, False]),
        ("logical_not", "float32", [0.0, -0.0, nan, 0.5], [True, True, False, False]),
        ("isnan", "float32", [nan, inf, 0.0], [True, False, False]),
    ],
)
def test_unary_of_other_kinds(minimal, kernel, dtype, values, expected) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array(values, dtype))
    assert minimal.list(result) == expected
    assert result.dtype == ("bool" if kernel in ("logical_not", "isnan") else dtype)


@pytest.mark.parametrize(
    ("kernel", "a", "b", "expected"),
    [
        ("add", [1.0, inf, inf], [2.0, 1.0, -inf], [3.0, inf, nan]),
        ("add", [1.7e308], [1.7e308], [inf]),
        ("sub", [1.0, inf], [2.0, inf], [-1.0, nan]),
        ("mul", [3.0, inf, 1e200], [2.0, 0.0, -1e200], [6.0, nan, -inf]),
        ("div", [1.0, -1.0, 1.0, 0.0, nan, -inf], [0.0, 0.0, -0.0, 0.0, 0.0, 0.0],
         [inf, -inf, -inf, nan, nan, -inf]),
        ("div", [1.0, 1.0, inf, 1e-300], [4.0, inf, inf, 1e300], [0.25, 0.0, nan, 0.0]),
        ("floor_divide", [7.0, -7.0, 7.0, 1.0], [2.0, 2.0, -2.0, inf], [3.0, -4.0, -4.0, 0.0]),
        ("floor_divide", [1.0, -1.0, 0.0, inf, nan], [0.0, 0.0, 0.0, 1.0, 1.0], [inf, -inf, nan, nan, nan]),
        ("remainder", [7.0, -7.0, 7.0, -7.0], [3.0, 3.0, -3.0, -3.0], [1.0, 2.0, -2.0, -1.0]),
        ("remainder", [1.0, inf, 1.0, -1.0, nan], [0.0, 1.0, inf, inf, 1.0], [nan, nan, 1.0, inf, nan]),
        ("fmod", [7.0, -7.0, 7.0, -7.0], [3.0, 3.0, -3.0, -3.0], [1.0, -1.0, 1.0, -1.0]),
        ("fmod", [1.0, inf, -1.0, 0.0, nan], [0.0, 1.0, inf, 0.0, 1.0], [nan, nan, -1.0, nan, nan]),
        ("pow", [2.0, 4.0, -2.0, -8.0], [10.0, 0.5, 3.0, 1 / 3], [1024.0, 2.0, -8.0, nan]),
        ("pow", [0.0, 0.0, -0.0, -0.0, 0.0], [0.0, -1.0, -1.0, -2.0, -inf], [1.0, inf, -inf, inf, inf]),
        ("pow", [10.0, -10.0, -10.0, nan, 1.0], [400.0, 401.0, 400.0, 0.0, nan], [inf, -inf, inf, 1.0, 1.0]),
        ("pow", [-1.0, 0.5, inf, -inf], [inf, -inf, -1.0, 3.0], [1.0, inf, 0.0, -inf]),
        ("atan2", [0.0, 1.0, 0.0, -0.0], [1.0, 0.0, -1.0, -1.0], [0.0, pi / 2, pi, -pi]),
        ("maximum", [1.0, nan, 1.0, -inf], [2.0, 1.0, nan, inf], [2.0, nan, nan, inf]),
        ("minimum", [1.0, nan, 1.0, -inf], [2.0, 1.0, nan, inf], [1.0, nan, nan, -inf]),
        ("eq", [1.0, nan, 0.0], [1.0, nan, -0.0], [True, False, True]),
        ("lt", [1.0, nan, 0.0, -inf], [2.0, 1.0, -0.0, inf], [True, False, False, True]),
        ("le", [1.0, nan, 0.0, 2.0], [1.0, nan, -0.0, 1.0], [True, False, True, False]),
    ],
)  # fmt: skip
def test_binary_floats(minimal, kernel, a, b, expected) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array(a, "float64"), minimal.array(b, "float64"))
    assert repr(minimal.list(result)) == repr(expected)


@pytest.mark.parametrize(
    ("kernel", "dtype", "a", "b", "expected"),
    [
        ("add", "uint8", [250, 1], [10, 2], [4, 3]),
        ("add", "int64", [2**63 - 1], [1], [-(2**63)]),
        ("sub", "uint8", [1], [2], [255]),
        ("mul", "int32", [2**30, -3], [4, 5], [0, -15]),
        ("floor_divide", "int64", [7, -7, 7, -(2**63)], [2, 2, -2, -1], [3, -4, -4, -(2**63)]),
        ("remainder", "int32", [7, -7, 7, -7], [3, 3, -3, -3], [1, 2, -2, -1]),
        ("fmod", "int64", [7, -7, 7, -(2**63)], [3, 3, -3, 10], [1, -1, 1, -8]),
        ("pow", "int64", [3, -2, 0, 3], [4, 3, 0, 41], [81, -8, 1, 3**41 - 2**65]),
        ("pow", "int8", [2, -2, 10], [7, 7, 10**2], [-128, -128, 0]),
        ("pow", "uint8", [3], [5], [243]),
        ("maximum", "int16", [1, -5], [2, -6], [2, -5]),
        ("minimum", "uint8", [1, 5], [2, 3], [1, 3]),
        ("eq", "int64", [2**53, 1], [2**53 + 1, 1], [False, True]),
        ("lt", "int8", [-1, 1], [1, 1], [True, False]),
        ("le", "uint8", [200, 1], [100, 1], [False, True]),
        ("bitwise_and", "int32", [6, -1], [3, 5], [2, 5]),
        ("bitwise_or", "uint8", [6, 128], [3, 1], [7, 129]),
        ("bitwise_xor", "int64", [6, -1], [3, 0], [5, -1]),
        ("left_shift", "int8", [1, 3], [7, 6], [-128, -64]),
        ("left_shift", "uint8", [3, 1], [7, 0], [128, 1]),
        ("right_shift", "int32", [-8, 9], [1, 3], [-4, 1]),
        ("right_shift", "uint8", [255], [4], [15]),
    ],
)
def test_binary_integers(minimal, kernel, dtype, a, b, expected) -> None:
    result = getattr(minimal.kernels, kernel)(minimal.array(a, dtype), minimal.array(b, dtype))
    assert minimal.list(result) == expected
    assert result.dtype == ("bool" if kernel in ("eq", "lt", "le") else dtype)


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        ("add", [0, 1, 1, 1]),
        ("mul", [0, 0, 0, 1]),
        ("maximum", [0, 1, 1, 1]),
        ("minimum", [0, 0, 0, 1]),
        ("pow", [1, 0, 1, 1]),
        ("eq", [1, 0, 0, 1]),
        ("lt", [0, 1, 0, 0]),
        ("le", [1, 1, 0, 1]),
        ("bitwise_and", [0, 0, 0, 1]),
        ("bitwise_or", [0, 1, 1, 1]),
        ("bitwise_xor", [0, 1, 1, 0]),
    ],
)
def test_binary_bools(minimal, kernel, expected) -> None:
    a, b = minimal.array([0, 0, 1, 1], "bool"), minimal.array([0, 1, 0, 1], "bool")
    result = getattr(minimal.kernels, kernel)(a, b)
    assert (result.dtype, minimal.list(result)) == ("bool", list(map(bool, expected)))


def test_float32_results_are_rounded_once(minimal) -> None:
    a, b = minimal.array([1.0, 16777216.0, 3e38]), minimal.array([3.0, 1.0, 2.0])
    assert minimal.list(minimal.kernels.div(a, b))[0] == 0.3333333432674408
    assert minimal.list(minimal.kernels.add(a, b))[1] == 16777216.0
    assert minimal.list(minimal.kernels.mul(a, b))[2] == inf


@pytest.mark.parametrize("dtype", MANY)
@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 2, 3),
        ([1, 2], 3, [4, 5]),
        (3, [1, 2], [4, 5]),
        ([[1], [2]], [10, 20], [[11, 21], [12, 22]]),
        ([1], [], []),
        ([[1]], [[], []], [[], []]),
    ],
)
def test_operands_broadcast(minimal, dtype, a, b, expected) -> None:
    result = minimal.kernels.add(minimal.array(a, dtype), minimal.array(b, dtype))
    assert minimal.list(result) == expected


def test_strided_operands(minimal) -> None:
    a = minimal.array([[1, 2, 3], [4, 5, 6]])
    transposed = minimal.kernels.permute(a, (1, 0))
    part = minimal.kernels.slice(a, (0, 0), (2, 2), (1, 2))
    repeated = minimal.kernels.expand(minimal.array([[10], [20]]), (2, 2))
    assert minimal.list(minimal.kernels.neg(transposed)) == [[-1, -4], [-2, -5], [-3, -6]]
    assert minimal.list(minimal.kernels.sub(part, repeated)) == [[-9, -7], [-16, -14]]


def test_results_share_no_memory_with_operands(minimal) -> None:
    a = minimal.array([1.0, 2.0])
    result = minimal.kernels.abs(a)
    minimal.kernels.copy_into(result, minimal.array(0.0))
    assert minimal.list(a) == [1, 2]


@pytest.mark.parametrize(
    ("condition", "a", "b", "expected"),
    [
        ([1, 0], [1, 2], [3, 4], [1, 4]),
        ([[1], [0]], [1, 2], 9, [[1, 2], [9, 9]]),
        (1, 5, 6, 5),
        ([], 1, 2, []),
    ],
)
@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_where(minimal, condition, a, b, expected, dtype) -> None:
    arrays = minimal.array(condition, "bool"), minimal.array(a, dtype), minimal.array(b, dtype)
    result = minimal.kernels.where(*arrays)
    assert (minimal.list(result), result.dtype) == (expected, dtype)


def test_where_does_not_mix_in_what_is_not_chosen(minimal) -> None:
    chosen = minimal.kernels.where(minimal.array([1, 0], "bool"), minimal.array([1.0, nan]), minimal.array([nan, 2.0]))
    assert minimal.list(chosen) == [1, 2]
