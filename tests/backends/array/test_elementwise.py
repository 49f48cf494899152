"""Element-wise kernels against Python's own arithmetic and tables of special values."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

inf, nan = math.inf, math.nan

UNARY = (
    "neg", "abs", "sign", "floor", "ceil", "trunc", "round", "sqrt", "exp", "expm1", "log", "log1p", "log2", "log10",
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "lgamma", "isnan", "logical_not",
    "square", "reciprocal", "rsqrt", "sigmoid", "relu", "exp2", "asinh", "acosh", "atanh", "signbit", "isinf",
    "isfinite",
)  # fmt: skip
BINARY = (
    "add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "pow", "atan2", "maximum", "minimum", "eq", "ne",
    "lt", "le", "gt", "ge", "relu_backward", "hypot", "logaddexp", "logaddexp2", "copysign", "nextafter", "fmax", "fmin",
    "logical_and", "logical_or", "logical_xor",
)  # fmt: skip
BOOLEAN = {
    "isnan", "isinf", "isfinite", "signbit", "logical_not", "logical_and", "logical_or", "logical_xor", "eq", "ne", "lt",
    "le", "gt", "ge",
}  # fmt: skip
OF_INTEGERS = ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm")

POINTS = [0.25, 0.5, 0.75, 1.0]
WIDE = [-7.5, -2.5, -0.3, 0.1, 0.5, 1.5, 3.0, 7.9]
POSITIVE = [0.01, 0.3, 1.0, 2.5, 100.0]
FUNCTIONS = [
    ("neg", operator.neg, WIDE), ("abs", abs, WIDE), ("floor", math.floor, WIDE), ("ceil", math.ceil, WIDE),
    ("trunc", math.trunc, WIDE), ("round", round, WIDE), ("sqrt", math.sqrt, POSITIVE), ("exp", math.exp, WIDE),
    ("expm1", math.expm1, [*WIDE, 1e-6]), ("log", math.log, POSITIVE), ("log1p", math.log1p, [*POSITIVE, 1e-6, -0.5]),
    ("log2", math.log2, POSITIVE), ("log10", math.log10, POSITIVE), ("sin", math.sin, WIDE), ("cos", math.cos, WIDE),
    ("tan", math.tan, WIDE), ("asin", math.asin, POINTS), ("acos", math.acos, POINTS), ("atan", math.atan, WIDE),
    ("sinh", math.sinh, WIDE), ("cosh", math.cosh, WIDE), ("tanh", math.tanh, WIDE), ("erf", math.erf, WIDE),
    ("lgamma", math.lgamma, WIDE), ("square", lambda x: x * x, WIDE), ("reciprocal", lambda x: 1 / x, WIDE),
    ("rsqrt", lambda x: 1 / math.sqrt(x), POSITIVE), ("sigmoid", lambda x: 1 / (1 + math.exp(-x)), WIDE),
    ("relu", lambda x: max(x, 0.0), WIDE), ("exp2", lambda x: 2**x, WIDE), ("asinh", math.asinh, WIDE),
    ("acosh", math.acosh, [1.0, 1.5, 7.9]), ("atanh", math.atanh, [-0.9, 0.0, 0.5]),
]  # fmt: skip
TOLERANCE = {"float16": 4e-3, "float32": 2e-6, "float64": 1e-14}


@pytest.mark.parametrize(("kernel", "function", "points"), FUNCTIONS, ids=[entry[0] for entry in FUNCTIONS])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_functions(kernels, kernel, function, points, dtype) -> None:
    array = np.array(points, dtype)
    result = getattr(kernels, kernel)(array)
    assert result.dtype.name == dtype
    expected = [function(point) for point in array.tolist()]
    assert result.tolist() == pytest.approx(expected, rel=TOLERANCE[dtype], abs=TOLERANCE[dtype] / 8)


SPECIAL = [
    ("sign", [-0.0, 0.0, -2.5, 1e-40, inf, -inf, nan], [0, 0, -1, 1, 1, -1, 0]),
    ("abs", [-0.0, -inf, nan], [0, inf, nan]),
    ("round", [0.5, 1.5, 2.5, -0.5, -1.5, inf, nan], [0, 2, 2, 0, -2, inf, nan]),
    ("sqrt", [0.0, -1.0, inf, nan], [0, nan, inf, nan]),
    ("exp", [-inf, 0.0, 1e4, nan], [0, 1, inf, nan]),
    ("expm1", [-inf, inf], [-1, inf]),
    ("log", [0.0, -1.0, inf, nan], [-inf, nan, inf, nan]),
    ("log1p", [-1.0, -2.0], [-inf, nan]),
    ("log2", [0.0, 8.0], [-inf, 3]),
    ("log10", [0.0, -1.0], [-inf, nan]),
    ("sin", [inf, 0.0], [nan, 0]),
    ("asin", [1.5, -2.0], [nan, nan]),
    ("acos", [1.0, 1.5], [0, nan]),
    ("atan", [inf, -inf], [math.pi / 2, -math.pi / 2]),
    ("tanh", [inf, -inf, 100.0], [1, -1, 1]),
    ("erf", [inf, -inf, nan, 10.0], [1, -1, nan, 1]),
    ("lgamma", [1.0, 2.0, 0.0, -1.0, inf, -inf, nan], [0, 0, inf, inf, inf, inf, nan]),
    ("isnan", [nan, inf, 0.0], [True, False, False]),
    ("logical_not", [0.0, -0.0, nan, 3.0], [True, True, False, False]),
    ("reciprocal", [0.0, -0.0, inf], [inf, -inf, 0]),
    ("rsqrt", [0.0, -1.0, inf], [inf, nan, 0]),
    ("sigmoid", [0.0, 1e4, -1e4, inf, -inf, nan], [0.5, 1, 0, 1, 0, nan]),
    ("relu", [-1.0, 2.0, inf, -inf, nan], [0, 2, inf, 0, nan]),
    ("acosh", [1.0, 0.5, inf], [0, nan, inf]),
    ("atanh", [1.0, -1.0, 2.0, nan], [inf, -inf, nan, nan]),
    ("signbit", [-0.0, 0.0, -3.0, inf], [True, False, True, False]),
    ("isinf", [nan, inf, -inf, 1.0], [False, True, True, False]),
    ("isfinite", [nan, inf, -inf, 1.0], [False, False, False, True]),
]  # fmt: skip


@pytest.mark.parametrize(("kernel", "values", "expected"), SPECIAL)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", ["few", "many"])
def test_special_values(kernels, kernel, values, expected, dtype, size) -> None:
    repeat = 1 if size == "few" else 2000  # backends may treat large arrays in another way
    result = getattr(kernels, kernel)(np.array(values * repeat, dtype))
    np.testing.assert_allclose(result, np.array(expected * repeat, result.dtype), rtol=1e-6)


SPECIAL_PAIRS = [
    ("div", [1.0, -1.0, 0.0, inf, 1.0], [0.0, 0.0, 0.0, inf, inf], [inf, -inf, nan, nan, 0]),
    ("floor_divide", [7.0, -7.0, 7.0, 1.0, 0.0], [2.0, 2.0, -2.0, 0.0, 0.0], [3, -4, -4, inf, nan]),
    ("remainder", [7.0, -7.0, 7.0, -7.0, 5.5, 1.0], [2.0, 2.0, -2.0, -2.0, inf, 0.0], [1, 1, -1, -1, 5.5, nan]),
    ("fmod", [7.0, -7.0, 7.0, -7.0, 5.5, 1.0], [2.0, 2.0, -2.0, -2.0, inf, 0.0], [1, -1, 1, -1, 5.5, nan]),
    ("pow", [2.0, 2.0, -8.0, 0.0, nan, 1.0], [10.0, -1.0, 1 / 3, 0.0, 0.0, nan], [1024, 0.5, nan, 1, 1, 1]),
    ("atan2", [0.0, 1.0, 0.0, -1.0], [-1.0, 0.0, 1.0, 0.0], [math.pi, math.pi / 2, 0, -math.pi / 2]),
    ("maximum", [1.0, nan, 1.0, -inf], [2.0, 1.0, nan, inf], [2, nan, nan, inf]),
    ("minimum", [1.0, nan, 1.0, -inf], [2.0, 1.0, nan, inf], [1, nan, nan, -inf]),
    ("eq", [1.0, nan, 0.0, inf], [1.0, nan, -0.0, inf], [True, False, True, True]),
    ("ne", [1.0, nan], [1.0, nan], [False, True]),
    ("lt", [1.0, 2.0, nan], [2.0, 2.0, 0.0], [True, False, False]),
    ("le", [1.0, 2.0, nan], [2.0, 2.0, 0.0], [True, True, False]),
    ("gt", [3.0, 2.0, nan], [2.0, 2.0, 0.0], [True, False, False]),
    ("ge", [3.0, 2.0, nan], [2.0, 2.0, 0.0], [True, True, False]),
    ("relu_backward", [5.0, inf, nan, -3.0, nan, 2.0], [1.0, 0.0, 0.0, 2.0, 3.0, nan], [5, 0, 0, -3, nan, 2]),
    ("hypot", [3.0, inf, 1e30], [4.0, nan, 0.0], [5, inf, 1e30]),
    ("copysign", [1.0, -2.0], [-0.0, 3.0], [-1, 2]),
    ("logaddexp", [0.0, 1000.0, -inf], [0.0, 0.0, -inf], [math.log(2), 1000, -inf]),
    ("logaddexp2", [3.0, -inf], [3.0, 1.0], [4, 1]),
    ("nextafter", [0.0, 1.0, nan], [0.0, 1.0, 1.0], [0, 1, nan]),
    ("fmax", [1.0, nan, nan], [2.0, 0.0, nan], [2, 0, nan]),
    ("fmin", [1.0, nan, nan], [2.0, 0.0, nan], [1, 0, nan]),
    ("logical_and", [nan, 1.0], [2.0, 0.0], [True, False]),
    ("logical_xor", [nan, 1.0], [2.0, 0.0], [False, True]),
]  # fmt: skip


@pytest.mark.parametrize(("kernel", "a", "b", "expected"), SPECIAL_PAIRS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_pairs(kernels, kernel, a, b, expected, dtype) -> None:
    result = getattr(kernels, kernel)(np.array(a, dtype), np.array(b, dtype))
    assert result.dtype.name == ("bool" if kernel in BOOLEAN else dtype)
    assert result.tolist() == pytest.approx(expected, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("exponent", [2.0, 3.0, 0.5, -0.5, -1.0, -2.0, 0.0, 1.0, 1.5])
def test_pow_with_one_exponent(kernels, exponent) -> None:
    base = np.array([[0.25, 1.0, 3.0]], "float32")
    result = kernels.pow(base, np.array(exponent, "float32"))
    assert result.dtype.name == "float32"
    assert result.tolist() == [pytest.approx([0.25**exponent, 1.0, 3.0**exponent], rel=1e-6)]
    assert kernels.pow(base, np.array(exponent, "float32"), out=base) is base
    assert base.tolist() == result.tolist()


def test_pow_with_one_exponent_of_integers(kernels) -> None:
    assert kernels.pow(np.array([3, -2]), np.array(2)).tolist() == [9, 4]


def test_erf_of_many(kernels) -> None:
    points = np.concatenate([np.linspace(-5, 5, 4001), [inf, -inf, nan, 0.0, 1e-30]]).astype("float32")
    array = np.tile(points, 10)
    expected = np.array([math.erf(point) for point in points.tolist()] * 10, "float32")
    result = kernels.erf(array)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=0)
    assert np.nanmax(np.abs(result)) == 1.0
    assert kernels.erf(array, out=array) is array
    np.testing.assert_array_equal(array, result)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [10, 5_000, 200_000])
def test_gates_of_few_and_of_many(numpy_backend, dtype, size) -> None:
    kernels = numpy_backend.kernel_table
    points = np.resize(np.linspace(-9, 9, 3001), size).astype(dtype)
    points[:4] = 0.0, -0.0, 30.0, -200.0
    wide = points.astype("float64")
    distribution = np.array([math.erfc(-point * math.sqrt(0.5)) / 2 for point in wide.tolist()])
    decayed = 1 / (1 + np.exp(-wide))
    density = np.exp(-wide * wide / 2) / math.sqrt(2 * math.pi)
    tolerance = 4e-7 if dtype == "float32" else 1e-14
    found = {
        "sigmoid": (kernels["sigmoid"](points), decayed),
        "silu": (kernels["silu"](points), wide * decayed),
        "gelu": (kernels["gelu"](points, "none"), wide * distribution),
        "slope": (kernels["gelu_backward"](np.ones_like(points), points, "none"), distribution + wide * density),
    }
    for name, (result, expected) in found.items():
        assert result.dtype == dtype
        np.testing.assert_allclose(result, expected, rtol=tolerance, atol=3 * tolerance, err_msg=name)


def test_gates_of_what_is_not_finite(numpy_backend) -> None:
    kernels = numpy_backend.kernel_table
    points = np.resize(np.array([-inf, nan, -1e30], "float32"), 100_000)
    assert np.isnan(kernels["gelu"](points, "none")).reshape(-1)[:3].tolist() == [True, True, False]
    assert np.isnan(kernels["silu"](points)).reshape(-1)[:3].tolist() == [True, True, False]
    assert np.isnan(kernels["sigmoid"](points)).reshape(-1)[:3].tolist() == [False, True, False]
    assert kernels["gelu"](np.full(9_000, inf, "float32"), "none")[0] == inf


def test_signs_of_zero(kernels) -> None:
    assert math.copysign(1, kernels.neg(np.array(0.0)).item()) == -1
    assert math.copysign(1, kernels.mul(np.array(0.0), np.array(-1.0)).item()) == -1


INTEGERS = [
    ("neg", "int8", [-128, 127], [-128, -127]),
    ("neg", "uint8", [1, 0], [255, 0]),
    ("abs", "int8", [-128, -1], [-128, 1]),
    ("sign", "int64", [-9, 0, 9], [-1, 0, 1]),
    ("sign", "uint8", [0, 200], [0, 1]),
    ("sign", "bool", [False, True], [False, True]),
    ("square", "int16", [300], [300 * 300 - 65536]),
    ("relu", "int32", [-5, 5], [0, 5]),
    ("bitwise_not", "int16", [0, -1, 5], [-1, 0, -6]),
    ("bitwise_not", "uint8", [0, 255], [255, 0]),
    ("bitwise_not", "bool", [False, True], [True, False]),
    ("logical_not", "int64", [0, 3], [True, False]),
    ("logical_not", "bool", [False, True], [True, False]),
]


@pytest.mark.parametrize(("kernel", "dtype", "values", "expected"), INTEGERS)
def test_integers(kernels, kernel, dtype, values, expected) -> None:
    result = getattr(kernels, kernel)(np.array(values, dtype))
    assert (result.tolist(), result.dtype.name) == (expected, "bool" if kernel in BOOLEAN else dtype)


INTEGER_PAIRS = [
    ("add", "int8", [127, -128], [1, -1], [-128, 127]),
    ("add", "int64", [2**63 - 1], [1], [-(2**63)]),
    ("add", "bool", [True, True, False], [True, False, False], [True, True, False]),
    ("sub", "uint8", [0], [1], [255]),
    ("mul", "int32", [2**31 - 1], [2], [-2]),
    ("mul", "bool", [True, True, False], [True, False, False], [True, False, False]),
    ("floor_divide", "int64", [7, -7, 7, -7], [2, 2, -2, -2], [3, -4, -4, 3]),
    ("floor_divide", "int8", [-128], [-1], [-128]),
    ("remainder", "int64", [7, -7, 7, -7], [2, 2, -2, -2], [1, 1, -1, -1]),
    ("fmod", "int64", [7, -7, 7, -7], [2, 2, -2, -2], [1, -1, 1, -1]),
    ("fmod", "int64", [2**62 + 1], [2], [1]),
    ("pow", "int64", [3, -2, 0], [4, 3, 0], [81, -8, 1]),
    ("pow", "int32", [3], [40], [(3**40 + 2**31) % 2**32 - 2**31]),
    ("maximum", "int16", [1, -5], [2, -6], [2, -5]),
    ("maximum", "bool", [True, False], [False, False], [True, False]),
    ("minimum", "bool", [True, True], [False, True], [False, True]),
    ("eq", "int64", [2**53, 1], [2**53 + 1, 1], [False, True]),
    ("ne", "uint8", [1, 2], [1, 1], [False, True]),
    ("lt", "int8", [-1, 1], [1, 1], [True, False]),
    ("le", "bool", [True, False], [False, False], [False, True]),
    ("bitwise_and", "uint8", [12], [10], [8]),
    ("bitwise_and", "bool", [True, True], [True, False], [True, False]),
    ("bitwise_or", "int32", [12], [10], [14]),
    ("bitwise_xor", "int64", [12, -1], [10, 1], [6, -2]),
    ("bitwise_xor", "bool", [True, True], [True, False], [False, True]),
    ("left_shift", "int8", [1, 3], [7, 1], [-128, 6]),
    ("right_shift", "int8", [-128, 6], [7, 1], [-1, 3]),
    ("right_shift", "uint8", [128], [7], [1]),
    ("gcd", "int64", [12, -9, 0], [18, 6, 0], [6, 3, 0]),
    ("lcm", "int32", [4, -9, 0], [6, 6, 5], [12, 18, 0]),
    ("fmax", "int8", [1, -5], [2, -6], [2, -5]),
    ("logical_or", "bool", [True, False], [False, False], [True, False]),
]


@pytest.mark.parametrize(("kernel", "dtype", "a", "b", "expected"), INTEGER_PAIRS)
def test_integer_pairs(kernels, kernel, dtype, a, b, expected) -> None:
    result = getattr(kernels, kernel)(np.array(a, dtype), np.array(b, dtype))
    assert (result.tolist(), result.dtype.name) == (expected, "bool" if kernel in BOOLEAN else dtype)


COMPLEX = [
    ("neg", [1 + 2j], [-1 - 2j]),
    ("square", [1 + 2j], [-3 + 4j]),
    ("logical_not", [0j, 1j], [True, False]),
    ("reciprocal", [2j], [-0.5j]),
    ("exp", [math.pi * 1j], [-1]),
]


@pytest.mark.parametrize(("kernel", "values", "expected"), COMPLEX)
def test_complex(kernels, kernel, values, expected) -> None:
    result = getattr(kernels, kernel)(np.array(values, "complex128"))
    assert result.tolist() == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [("add", 4 + 1j), ("sub", -2 + 3j), ("mul", 5 + 5j), ("div", (1 + 2j) / (3 - 1j)), ("eq", False), ("ne", True)],
)
def test_complex_pairs(kernels, kernel, expected) -> None:
    result = getattr(kernels, kernel)(np.array([1 + 2j], "complex64"), np.array([3 - 1j], "complex64"))
    assert result.tolist() == pytest.approx([expected], rel=1e-6)


def _operands(kernel: str, shape: tuple[int, ...]) -> list[np.ndarray]:
    dtype = "int32" if kernel in OF_INTEGERS or kernel == "bitwise_not" else "float32"
    count = 1 if kernel in UNARY or kernel == "bitwise_not" else 2
    steps = np.arange(1, 1 + math.prod(shape)).reshape(shape)
    ratios = (steps / (steps.size + 1), steps / (2 * steps.size + 3))  # in the domain of every function
    shift = 1 if kernel == "acosh" else 0
    return [np.asarray(ratios[i] + shift if dtype == "float32" else steps % 7, dtype) for i in range(count)]


ALL = (*UNARY, "bitwise_not", *BINARY, *OF_INTEGERS)


@pytest.mark.parametrize("kernel", ALL)
def test_results_are_new_arrays(kernels, kernel) -> None:
    for shape in ((), (0,), (2, 0), (3,), (2, 3)):
        operands = _operands(kernel, shape)
        before = [operand.tolist() for operand in operands]
        result = getattr(kernels, kernel)(*operands)
        assert type(result) is np.ndarray
        assert result.shape == shape
        assert result.dtype == ("bool" if kernel in BOOLEAN else operands[0].dtype)
        assert not any(np.shares_memory(result, operand) for operand in operands)
        assert [operand.tolist() for operand in operands] == before


@pytest.mark.parametrize("kernel", ALL)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (70, 80)])
def test_out(kernels, kernel, shape) -> None:
    operands = _operands(kernel, shape)
    expected = getattr(kernels, kernel)(*operands)
    for target in (np.empty(shape, expected.dtype), *operands):
        if target.dtype == expected.dtype:  # the result of a comparison does not fit into its operands
            out = target.copy()
            arguments = [out if operand is target else operand for operand in operands]
            assert getattr(kernels, kernel)(*arguments, out=out) is out
            assert out.tolist() == expected.tolist()


@pytest.mark.parametrize("kernel", ALL)
def test_memory_that_is_not_contiguous(kernels, kernel) -> None:
    operands = _operands(kernel, (70, 80))
    expected = getattr(kernels, kernel)(*operands)
    spread = [np.repeat(operand, 2, axis=1)[:, ::2] for operand in operands]
    turned = [np.asfortranarray(operand) for operand in operands]
    out = np.empty((70, 160), expected.dtype)[:, ::2]
    for case in (spread, turned):
        np.testing.assert_allclose(getattr(kernels, kernel)(*case), expected, rtol=1e-6)
    getattr(kernels, kernel)(*turned, out=out)
    np.testing.assert_allclose(out, expected, rtol=1e-6)


@pytest.mark.parametrize("kernel", [*BINARY, *OF_INTEGERS])
def test_broadcasting(kernels, kernel) -> None:
    for shapes in (((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 3)), ((2, 3), ()), ((0, 3), (1, 3))):
        a, b = (_operands(kernel, shape)[i] for i, shape in enumerate(shapes))
        result = getattr(kernels, kernel)(a, b)
        shape = np.broadcast_shapes(*shapes)
        assert result.shape == shape
        full = [kernels.clone(kernels.expand(operand, shape), False) for operand in (a, b)]
        assert result.tolist() == getattr(kernels, kernel)(*full).tolist()


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int16", "int64", "float16", "float32", "float64", "complex64", "complex128"]
)
@pytest.mark.parametrize("size", [0, 3, 5000])
def test_where(kernels, dtype, size) -> None:
    condition = np.array([i * i % 7 < 3 for i in range(size)], "bool")
    a, b = np.arange(size).astype(dtype), (np.arange(size) % 100 + 1).astype(dtype)
    result = kernels.where(condition, a, b)
    expected = [x if chosen else y for chosen, x, y in zip(condition.tolist(), a.tolist(), b.tolist(), strict=True)]
    assert (result.tolist(), result.dtype.name) == (expected, dtype)


@pytest.mark.parametrize("size", [3, 5000])
def test_where_broadcasts(kernels, size) -> None:
    row = np.arange(size, dtype="float32")
    condition = row % 2 == 0
    zero, half = np.array(0, "float32"), np.array([[0.5]], "float32")
    assert kernels.where(condition, row, zero).tolist() == [i * (i % 2 == 0) for i in range(size)]
    assert kernels.where(condition, zero, row).tolist() == [i * (i % 2) for i in range(size)]
    assert kernels.where(condition[:, None], row[:1], half).shape == (size, 1)
    assert kernels.where(np.array(True), row, half).tolist() == [row.tolist()]
    assert type(kernels.where(np.array(False), zero, zero)) is np.ndarray


def test_where_keeps_every_bit(kernels) -> None:
    values = np.tile(np.array([nan, -0.0, inf, 1e-45], "float32"), 2000)
    assert kernels.where(values == values, values, values).tobytes() == values.tobytes()
