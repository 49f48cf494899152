"""Every kernel of the CuPy backend against expected values: on the stand-in, and on a GPU where there is one."""

from __future__ import annotations

import math
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

from flambeau.backend import OPTIONAL, REQUIRED
from flambeau.errors import DeviceUnavailableError

inf, nan = math.inf, math.nan
BIG = 2**62 + 1  # float64 has no such number


class Of(NamedTuple):
    """An array: nested lists and a dtype."""

    values: Any
    dtype: str


class Case(NamedTuple):
    """A call of a kernel and what it gives; ``writes``: the array arguments that it writes, by position."""

    kernel: str
    arguments: tuple[Any, ...]
    expected: Any = None
    writes: dict[int, Of] = {}  # noqa: RUF012 (nobody writes into it)


def f32(values: Any) -> Of:
    return Of(values, "float32")


def i64(values: Any) -> Of:
    return Of(values, "int64")


def flags(values: Any) -> Of:
    return Of(values, "bool")


def _unary(kernel: str, function: Any, points: list[float], dtype: str = "float64") -> Case:
    return Case(kernel, (Of(points, dtype),), Of([function(point) for point in points], dtype))


def _binary(kernel: str, a: Any, b: Any, expected: Any, dtype: str = "float64", to: str | None = None) -> Case:
    return Case(kernel, (Of(a, dtype), Of(b, dtype)), Of(expected, to or dtype))


POINTS, INSIDE, POSITIVE = [-2.5, -0.5, 0.0, 0.25, 1.5], [-1.0, -0.5, 0.0, 0.25, 1.0], [0.25, 0.5, 1.0, 3.0, 10.0]
MATRIX = f32([[1, 2, 3], [4, 5, 6]])

STORAGE = [
    Case("full", ((2, 2), 7, "int16"), Of([[7, 7], [7, 7]], "int16")),
    Case("full", ((), nan, "float32"), f32(nan)),
    Case("full", ((0, 3), 1, "bool"), Of(np.ones((0, 3)), "bool")),
    Case("arange", (1, 2, 4, "int32"), Of([1, 3, 5, 7], "int32")),
    Case("arange", (0.5, 0.25, 3, "float16"), Of([0.5, 0.75, 1.0], "float16")),
    Case("from_host", (np.array([1, 2], "float32").tobytes(), (2, 1), "float32"), f32([[1], [2]])),
    Case("from_host", (b"\1\0", (2,), "bool"), flags([True, False])),
    Case("clone", (MATRIX, True), MATRIX),
    Case("cast", (f32([-1.7, 1.7, 0.0]), "int64"), i64([-1, 1, 0])),
    Case("cast", (f32([-1.7, nan, 0.0]), "bool"), flags([True, True, False])),
    Case("cast", (Of([1 + 2j], "complex64"), "float32"), f32([1])),
    Case("cast", (Of([2j, 0], "complex64"), "bool"), flags([True, False])),
    Case("copy_into", (f32([[0, 0], [0, 0]]), f32([1, 2])), writes={0: f32([[1, 2], [1, 2]])}),
    Case("item", (i64([BIG]),), BIG),
]
UNARY = [
    Case("conj", (Of([1 + 2j, -3j], "complex64"),), Of([1 - 2j, 3j], "complex64")),
    _unary("neg", lambda x: -x, POINTS), _unary("abs", abs, POINTS), _unary("square", lambda x: x * x, POINTS),
    _unary("floor", math.floor, POINTS), _unary("ceil", math.ceil, POINTS), _unary("trunc", math.trunc, POINTS),
    _unary("round", round, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.4]), _unary("sqrt", math.sqrt, POSITIVE),
    _unary("exp", math.exp, POINTS), _unary("expm1", math.expm1, [1e-12, 1.0]), _unary("log", math.log, POSITIVE),
    _unary("log1p", math.log1p, [1e-12, 1.0]), _unary("log2", math.log2, POSITIVE),
    _unary("log10", math.log10, POSITIVE), _unary("sin", math.sin, POINTS), _unary("cos", math.cos, POINTS),
    _unary("tan", math.tan, POINTS), _unary("asin", math.asin, INSIDE), _unary("acos", math.acos, INSIDE),
    _unary("atan", math.atan, POINTS), _unary("sinh", math.sinh, POINTS), _unary("cosh", math.cosh, POINTS),
    _unary("tanh", math.tanh, POINTS), _unary("erf", math.erf, POINTS),
    _unary("lgamma", math.lgamma, [*POSITIVE, -0.5]),
    _unary("reciprocal", lambda x: 1 / x, POSITIVE), _unary("rsqrt", lambda x: 1 / math.sqrt(x), POSITIVE),
    Case("sign", (f32([-3, 0, 4, nan, -inf]),), f32([-1, 0, 1, 0, -1])),
    Case("sign", (i64([-3, 0, 4]),), i64([-1, 0, 1])),
    Case("log", (f32([0, -1]),), f32([-inf, nan])),
    Case("lgamma", (f32([0, -1, -inf, inf]),), f32([inf, inf, inf, inf])),
    Case("erf", (Of([-1, 0, 1], "float16"),), Of([-0.8427, 0, 0.8427], "float16")),
    Case("lgamma", (Of([3, 4], "float16"),), Of([math.log(2), math.log(6)], "float16")),
    Case("isnan", (f32([nan, 1, inf]),), flags([True, False, False])),
    Case("logical_not", (f32([nan, 0, 1]),), flags([False, True, False])),
    Case("logical_not", (Of([1j, 0], "complex64"),), flags([False, True])),
    Case("bitwise_not", (Of([0, 5], "uint8"),), Of([255, 250], "uint8")),
    Case("bitwise_not", (flags([True, False]),), flags([False, True])),
    Case("neg", (Of([-128, 1], "int8"),), Of([-128, -1], "int8")),
    Case("sigmoid", (f32([-1000, 0, 1000]),), f32([0, 0.5, 1])),
    Case("relu", (f32([-1, 0, 2, nan]),), f32([0, 0, 2, nan])),
    _unary("exp2", lambda x: 2**x, POINTS), _unary("asinh", math.asinh, POINTS),
    _unary("acosh", math.acosh, [1.0, 1.5, 100.0]), _unary("atanh", math.atanh, [-0.5, 0.0, 0.9]),
    Case("acosh", (f32([0.5, inf]),), f32([nan, inf])), Case("atanh", (f32([1, -1, 2]),), f32([inf, -inf, nan])),
    Case("signbit", (f32([-0.0, 0, -3, inf]),), flags([True, False, True, False])),
    Case("isinf", (f32([nan, -inf, 1]),), flags([False, True, False])),
    Case("isfinite", (f32([nan, -inf, 1]),), flags([False, False, True])),
    _unary("erfc", math.erfc, POINTS), _unary("erfinv", lambda x: {0.0: 0.0, 0.5: 0.4769362762044699}[x], [0.0, 0.5]),
    Case("erfcx", (f32([0, 10]),), f32([1, 0.05614099274382259])),
    Case("ndtri", (f32([0, 0.5, 0.975]),), f32([-inf, 0, 1.959963984540054])),
    Case("log_ndtr", (f32([0, -30]),), f32([math.log(0.5), -454.3212439955085])),
    Case("digamma", (f32([1, 0.5]),), f32([-0.5772156649015329, -1.9635100260214235])),
    Case("digamma", (Of([1, 0.5], "float16"),), Of([-0.5772156649015329, -1.9635100260214235], "float16")),
    Case("i0", (f32([0, 1]),), f32([1, 1.2660658777520084])), Case("i1", (f32([0, 1]),), f32([0, 0.5651591039924851])),
    Case("i0e", (f32([1]),), f32([1.2660658777520084 / math.e])),
    Case("i1e", (f32([1]),), f32([0.5651591039924851 / math.e])),
]  # fmt: skip
BINARY = [
    _binary("add", [1, 2], [3, 4], [4, 6]), _binary("add", [127], [1], [-128], "int8"),
    _binary("add", [True, False], [True, False], [True, False], "bool"),
    _binary("sub", [1, 2], [3, 5], [-2, -3]), _binary("sub", [0], [1], [255], "uint8"),
    _binary("mul", [1, 2], [3, 4], [3, 8]), _binary("mul", [True, True], [True, False], [True, False], "bool"),
    _binary("div", [1, -1, 0, 6], [0, 0, 0, 4], [inf, -inf, nan, 1.5]),
    _binary("floor_divide", [7, -7, 1, -1, 1, 1], [2, 2, 0.1, inf, 0, inf], [3, -4, 9, -1, inf, 0]),
    _binary("floor_divide", [BIG, -7, 7], [1, 2, -2], [BIG, -4, -4], "int64"),
    _binary("remainder", [7, -7, 7, 1, -1, 1], [3, 3, -3, inf, inf, 0], [1, 2, -2, 1, inf, nan]),
    _binary("remainder", [BIG, -7, 7], [2, 3, -3], [1, 2, -2], "int64"),
    _binary("fmod", [7, -7, 7, 1, 1], [3, 3, -3, inf, 0], [1, -1, 1, 1, nan]),
    _binary("fmod", [BIG, -7, 7, -6], [2, 3, -3, 3], [1, -1, 1, 0], "int64"),
    _binary("pow", [2, 9, -8], [10, 0.5, 3], [1024, 3, -512]), _binary("pow", [3, 2], [3, 8], [27, 0], "uint8"),
    _binary("atan2", [1, 0, -1], [0, -1, 0], [math.pi / 2, math.pi, -math.pi / 2]),
    _binary("maximum", [1, nan, 3], [2, 0, nan], [2, nan, nan]), _binary("minimum", [1, nan], [2, 0], [1, nan]),
    _binary("eq", [1, nan], [1, nan], [True, False], to="bool"),
    _binary("ne", [1, nan], [1, nan], [False, True], to="bool"),
    _binary("lt", [1, 2], [2, 2], [True, False], to="bool"), _binary("le", [1, 2], [2, 1], [True, False], to="bool"),
    _binary("gt", [1, 3], [2, 2], [False, True], to="bool"), _binary("ge", [2, 1], [2, 2], [True, False], to="bool"),
    _binary("bitwise_and", [12], [10], [8], "int32"), _binary("bitwise_or", [12], [10], [14], "int32"),
    _binary("bitwise_xor", [12], [10], [6], "int32"), _binary("left_shift", [3, 64], [2, 1], [12, -128], "int8"),
    _binary("right_shift", [-8, 9], [1, 3], [-4, 1], "int16"),
    _binary("add", [[1], [2]], [10, 20], [[11, 21], [12, 22]], "float16"),
    _binary("relu_backward", [1, 2, inf, 3], [5, 0, 0, nan], [1, 0, 0, 3]),
    _binary("hypot", [3, inf], [4, nan], [5, inf]), _binary("copysign", [1, -2], [-0.0, 3], [-1, 2]),
    _binary("logaddexp", [0, 1000], [0, 0], [math.log(2), 1000]), _binary("logaddexp2", [3, -inf], [3, -inf], [4, -inf]),
    _binary("nextafter", [1, 1], [2, 1], [1 + 2**-52, 1]), _binary("fmax", [1, nan], [2, 0], [2, 0]),
    _binary("fmin", [1, nan], [2, 0], [1, 0]), _binary("gcd", [12, -9, 0], [18, 6, 0], [6, 3, 0], "int64"),
    _binary("lcm", [4, -9, 0], [6, 6, 5], [12, 18, 0], "int64"),
    _binary("logical_and", [nan, 1], [2, 0], [True, False], to="bool"),
    _binary("logical_or", [0, 1], [0, 0], [False, True], to="bool"),
    _binary("logical_xor", [5, 1], [2, 0], [False, True], to="bool"),
    _binary("logical_and", [1j, 1j], [2, 0], [True, False], "complex64", to="bool"),
    _binary("zeta", [2, 1], [1, 1], [math.pi**2 / 6, inf]),
    _binary("igamma", [1, 2], [1, 0], [1 - 1 / math.e, 0]), _binary("igammac", [1, 2], [1, 0], [1 / math.e, 1]),
    Case("where", (flags([True, False]), f32([1, 2]), f32(9)), f32([1, 9])),
]  # fmt: skip
SEVERAL = [
    Case("frexp", (f32([6, -0.25, 0]),), (f32([0.75, -0.5, 0]), Of([3, -1, 0], "int32"))),
    Case("clamp", (f32([-2, 0.5, 9, nan]), f32(-1), f32(1)), f32([-1, 0.5, 1, nan])),
    Case("clamp", (i64([-2, 9]), i64(0), None), i64([0, 9])),
    Case("clamp", (i64([-2, 9]), None, i64(1)), i64([-2, 1])),
]
REDUCTIONS = [
    Case("sum", (MATRIX, (0, 1), False), f32(21)), Case("sum", (MATRIX, (1,), True), f32([[6], [15]])),
    Case("sum", (Of([100, 100], "int8"), (0,), False), Of(-56, "int8")), Case("sum", (f32(3), (), False), f32(3)),
    Case("sum", (f32(np.ones((0, 2))), (0,), False), f32([0, 0])),
    Case("prod", (MATRIX, (0,), False), f32([4, 10, 18])), Case("prod", (f32([]), (0,), False), f32(1)),
    Case("amax", (f32([[1, nan], [3, 2]]), (1,), False), f32([nan, 3])), Case("amax", (f32(2), (), True), f32(2)),
    Case("amin", (MATRIX, (0, 1), True), f32([[1]])),
    Case("argmax", (f32([[1, 3, 3], [nan, 5, nan]]), 1, False), i64([1, 0])),
    Case("argmin", (f32([[1, 0, 0], [5, nan, 1]]), 1, True), i64([[1], [1]])),
    Case("any", (f32([[0, nan], [0, 0]]), (1,), False), flags([True, False])),
    Case("any", (f32([]), (0,), False), flags(False)),
    Case("all", (f32([[1, 0], [1, 2]]), (1,), True), flags([[False], [True]])),
    Case("all", (f32([]), (0,), False), flags(True)),
    Case("cumsum", (MATRIX, 1), f32([[1, 3, 6], [4, 9, 15]])),
    Case("cumsum", (Of([100, 100], "int8"), 0), Of([100, -56], "int8")),
    Case("cumprod", (MATRIX, 0), f32([[1, 2, 3], [4, 10, 18]])),
    Case("mean", (MATRIX, (0,), False), f32([2.5, 3.5, 4.5])), Case("mean", (f32([]), (0,), False), f32(nan)),
    Case("var", (MATRIX, (1,), False, 1.0), f32([1, 1])), Case("var", (f32([5]), (0,), False, 1.0), f32(nan)),
    Case("count_nonzero", (f32([[0, nan, -0.0], [1, 2, 0]]), (0,)), i64([1, 2, 0])),
    Case("count_nonzero", (i64([[0, 1], [2, 3]]), (0, 1)), i64(3)),
    Case("count_nonzero", (flags(True), ()), i64(1)),
    Case("softmax", (f32([[0, math.log(3)], [1000, -inf]]), 1), f32([[0.25, 0.75], [1, 0]])),
    Case("softmax_backward", (f32([1, 0]), f32([0.25, 0.75]), 0), f32([0.1875, -0.1875])),
    Case("log_softmax", (f32([0, math.log(3)]), 0), f32([math.log(0.25), math.log(0.75)])),
    Case("log_softmax_backward", (f32([1, 0]), f32([math.log(0.25), math.log(0.75)]), 0), f32([0.75, -0.75])),
    Case("cross_entropy", (f32([[0, math.log(3)], [0, 0]]), i64([1, 0]), None, None, 0.0), (
        f32([-math.log(0.75), math.log(2)]), f32([[0.25, 0.75], [0.5, 0.5]]), f32(2),
    )),
    Case("cross_entropy", (f32([[0, math.log(3)], [0, 0]]), i64([1, -1]), f32([1, 2]), -1, 0.5), (
        f32([-math.log(0.75) * 1.5 - math.log(0.25) * 0.25, 0]), f32([[0.25, 0.75], [0.5, 0.5]]), f32(2),
    )),
    Case("cross_entropy", (f32([[[0, 1], [0, 1]]]), i64([[1, 0]]), None, None, 0.0), (
        f32([[math.log(2), math.log(2)]]), f32([[[0.5, 0.5], [0.5, 0.5]]]), f32(2),
    )),
    Case("cross_entropy_backward", (f32(2), f32([[0.25, 0.75]]), i64([1]), None, None, 0.0), f32([[0.5, -0.5]])),
    Case("cross_entropy_backward", (f32([2, 1]), f32([[0.25, 0.75], [1, 0]]), i64([1, -1]), f32([1, 2]), -1, 0.5), f32(
        [[0.875 - 0.5, 2.625 - 3], [0, 0]]
    )),
]  # fmt: skip
MOVEMENT = [
    Case("reshape", (MATRIX, (3, 2)), f32([[1, 2], [3, 4], [5, 6]])), Case("reshape", (f32([4]), ()), f32(4)),
    Case("permute", (MATRIX, (1, 0)), f32([[1, 4], [2, 5], [3, 6]])),
    Case("expand", (f32([[1], [2]]), (2, 2, 3)), f32([[[1] * 3, [2] * 3]] * 2)),
    Case("slice", (MATRIX, (0, 1), (2, 1), (1, 2)), f32([[2], [5]])), Case("slice", (f32(3), (), (), ()), f32(3)),
    Case("as_strided", (MATRIX, (2, 2), (2, 1), 1), f32([[2, 3], [4, 5]])),
    Case("select", (MATRIX, 1, 2), f32([3, 6])), Case("select", (f32([7]), 0, 0), f32(7)),
    Case("roll", (MATRIX, (1, -1), (0, 1)), f32([[5, 6, 4], [2, 3, 1]])),
    Case("repeat_interleave", (f32([[1, 2]]), 2, 1), f32([[1, 1, 2, 2]])),
    Case("nan_to_num", (f32([nan, inf, -inf, 1]), 7.0, 8.0, 9.0), f32([7, 8, 9, 1])),
    Case("nan_to_num", (f32(nan), 7.0, 8.0, 9.0), f32(7)),
    Case("flip", (MATRIX, (0, 1)), f32([[6, 5, 4], [3, 2, 1]])), Case("flip", (f32(3), ()), f32(3)),
    Case("pad", (f32([1, 2]), (1,), (2,), 9), f32([9, 1, 2, 9, 9])), Case("pad", (f32(3), (), (), 0), f32(3)),
    Case("concat", ([f32([[1]]), f32([[2], [3]])], 0), f32([[1], [2], [3]])), Case("concat", ([i64([1])], 0), i64([1])),
]  # fmt: skip
INDEXING = [
    Case("index", (MATRIX, [i64([1, 0, 1])]), f32([[4, 5, 6], [1, 2, 3], [4, 5, 6]])),
    Case("index", (MATRIX, [i64([[1], [0]]), i64([[2], [0]])]), f32([[6], [1]])),
    Case("index", (MATRIX, [Of([], "int64")]), f32(np.ones((0, 3)))),
    Case("index_put", (f32([0, 0, 0]), [i64([2, 0, 2])], f32([1, 2, 3]), False), writes={0: f32([2, 0, 3])}),
    Case("index_put", (f32([[0, 0], [0, 0]]), [i64([1, 1])], f32([[1, 2], [3, 4]]), False),
         writes={0: f32([[0, 0], [3, 4]])}),
    Case("index_put", (i64([0, 0, 0]), [i64([2, 0, 2])], i64([1, 2, 3]), True), writes={0: i64([2, 0, 4])}),
    Case("index_put", (f32([1, 2]), [Of([], "int64")], f32([]), False), writes={0: f32([1, 2])}),
    Case("gather", (MATRIX, 1, i64([[2, 2], [0, 1]])), f32([[3, 3], [4, 5]])),
    Case("scatter", (f32([[0, 0, 0], [0, 0, 0]]), 1, i64([[2, 2], [0, 1]]), f32([[1, 2], [3, 4]])),
         writes={0: f32([[0, 0, 2], [3, 4, 0]])}),
    Case("scatter", (f32([[0, 0], [0, 0]]), 0, i64([[1, 1]]), f32([[5, 6]])), writes={0: f32([[0, 0], [5, 6]])}),
    Case("scatter_add", (f32([[1, 1], [1, 1]]), 0, i64([[1, 0], [1, 0]]), f32([[1, 2], [3, 4]])),
         writes={0: f32([[1, 7], [5, 1]])}),
    Case("index_select", (MATRIX, 1, i64([2, 0, 2])), f32([[3, 1, 3], [6, 4, 6]])),
    Case("index_select", (f32([5, 7]), 0, i64([1])), f32([7])),
    Case("reduce_at", (f32([3, 1, 7]), i64([2, 0, 2]), f32([2, 5, 9]), "amax"), writes={0: f32([5, 1, 9])}),
    Case("index_add", (f32([[1, 1, 1]]), 1, i64([2, 0, 2]), f32([[1, 2, 3]])), writes={0: f32([[3, 1, 5]])}),
    Case("nonzero", (f32([[0, nan], [1, 0]]),), i64([[0, 1], [1, 0]])),
    Case("nonzero", (f32(3),), i64(np.ones((1, 0)))),
    Case("nonzero", (f32([]),), i64(np.ones((0, 1)))), Case("nonzero", (f32(0),), i64(np.ones((0, 0)))),
]  # fmt: skip
PRODUCTS = [
    Case("sort", (f32([2, nan, 1, 2]), 0, False), (f32([1, 2, 2, nan]), i64([2, 0, 3, 1]))),
    Case("sort", (f32([[2, nan, 1, 2]]), 1, True), (f32([[nan, 2, 2, 1]]), i64([[1, 0, 3, 2]]))),
    Case("sort", (i64([[3, 1], [2, 1]]), 0, False), (i64([[2, 1], [3, 1]]), i64([[1, 0], [0, 1]]))),
    Case("searchsorted", (f32([1, 2, 2, 3]), f32([[2, 9]]), False), i64([[1, 4]])),
    Case("searchsorted", (f32([1, 2, 2, 3]), f32(2), True), i64(3)),
    Case("matmul", (MATRIX, f32([[1], [0], [2]])), f32([[7], [16]])),
    Case("matmul", (f32(np.ones((2, 1, 2, 3))), f32(np.ones((4, 3, 1)))), f32(np.full((2, 4, 2, 1), 3))),
    Case("matmul", (f32(np.ones((2, 0))), f32(np.ones((0, 2)))), f32([[0, 0], [0, 0]])),
    Case("matmul", (i64([[BIG]]), i64([[1]])), i64([[BIG]])),
    Case("addmm", (f32([1, 2]), f32([[1, 2]]), f32([[1, 0], [0, 1]])), f32([[2, 4]])),
    Case("sparse_matmul", (i64([0, 1, 3]), i64([1, 0, 2]), f32([2, 3, 4]), f32([[1, 4], [2, 5], [3, 6]]), 2, True),
         f32([[4, 10], [15, 36]])),
    Case("sparse_matmul", (i64([0, 1, 2]), i64([1, 0]), f32([2, 3]), f32([[1], [5]]), 3, False), f32([[15], [2], [0]])),
    Case("sparse_matmul", (i64([0, 1]), i64([0]), i64([2]), i64([[3]]), 1, True), None),
]  # fmt: skip
STEPS = [
    Case("sgd_step", (f32([1]), f32([2]), None, 0.1, 0.0, 0.0, 0.0, False, False), writes={0: f32([0.8])}),
    Case("sgd_step", (f32([1]), f32([2]), None, 0.1, 0.0, 0.0, 0.5, False, True), writes={0: f32([1.15])}),
    Case("sgd_step", (f32([1]), f32([2]), f32([4]), 0.1, 0.5, 0.25, 0.0, False, False),
         writes={0: f32([0.65]), 2: f32([3.5])}),
    Case("sgd_step", (f32([1]), f32([2]), f32([4]), 0.1, 0.5, 0.0, 0.0, True, False),
         writes={0: f32([0.6]), 2: f32([4])}),
    Case("adam_step", (f32([1]), f32([2]), f32([0]), f32([0]), None, 1, 0.1, 0.9, 0.99, 0.0, 0.0, False, False),
         writes={0: f32([0.9]), 2: f32([0.2]), 3: f32([0.04])}),
    Case("adam_step", (f32([1]), f32([2]), f32([0]), f32([0]), f32([1]), 1, 0.1, 0.9, 0.99, 0.0, 0.5, True, True),
         writes={0: f32([0.95 + 0.1 * 2 * 0.1]), 2: f32([-0.2]), 3: f32([0.04]), 4: f32([1])}),
    Case("adam_step", (f32([2]), f32([1]), f32([0]), f32([0]), None, 1, 0.1, 0.9, 0.99, 0.0, 0.5, False, False),
         writes={0: f32([1.9]), 2: f32([0.2]), 3: f32([0.04])}),
    Case("adam_step", (f32([1]), f32([2]), f32([1e9]), f32([0]), None, 1, 0.1, 0.0, 0.99, 0.0, 0.0, False, False),
         writes={0: f32([0.9]), 2: f32([2]), 3: f32([0.04])}),  # all of an average is the gradient, whatever it was
    Case("adadelta_step", (f32([1]), f32([2]), f32([0]), f32([0]), 1.0, 0.75, 3.0, 0.0, True),
         writes={0: f32([1 + 3**0.5]), 2: f32([1]), 3: f32([0.75])}),
    Case("adagrad_step", (f32([1]), f32([2]), f32([5]), 0.5, 1.0, 1.0, False),
         writes={0: f32([1 - 1.5 / (14**0.5 + 1)]), 2: f32([14])}),
    Case("adamax_step", (f32([1, 1, 1]), f32([-2, nan, 1]), f32([0, 0, 0]), f32([8, 1, nan]), 0.5, 0.5, 0.5, 0.0, 0.0, False),
         writes={0: f32([1.125, nan, nan]), 2: f32([-1, nan, 0.5]), 3: f32([4, nan, nan])}),
    Case("asgd_step", (f32([1]), f32([2]), f32([3]), 0.25, 1.0, 0.5, 0.0, False), writes={0: f32([0]), 2: f32([0])}),
    Case("asgd_step", (f32([1]), f32([2]), f32([3]), 0.25, 0.5, 0.5, 2.0, False), writes={0: f32([-0.5]), 2: f32([1.25])}),
    Case("nadam_step", (f32([1]), f32([2]), f32([0]), f32([0]), 0.5, 0.25, 1.0, 0.5, 0.75, 0.0, 0.0, 2.0, False),
         writes={0: f32([2 - 1 - 0.25]), 2: f32([1]), 3: f32([1])}),
    Case("rmsprop_step", (f32([1]), f32([2]), f32([0]), None, None, 0.5, 0.75, 1.0, 0.0, 0.0, False),
         writes={0: f32([0.5]), 2: f32([1])}),
    Case("rmsprop_step", (f32([1]), f32([2]), f32([4]), f32([1]), f32([8]), 0.5, 0.5, 0.0, 0.0, 0.25, True),
         writes={0: f32([1 - 0.5 * (2 - 2 / 3.75**0.5)]), 2: f32([4]), 3: f32([-0.5]), 4: f32([2 - 2 / 3.75**0.5])}),
]  # fmt: skip
CASES = STORAGE + UNARY + BINARY + SEVERAL + REDUCTIONS + MOVEMENT + INDEXING + PRODUCTS + STEPS
ELEMENTWISE = [case for case in UNARY + BINARY if case.kernel != "where"]
TESTED_BELOW = {"empty", "to_host"}
TESTED_WITH_LAYERS = {
    "convolution", "convolution_input", "convolution_weight", "lstm_layer", "lstm_layer_backward", "gru_layer",
    "gru_layer_backward", "rnn_layer", "rnn_layer_backward",
}  # fmt: skip
"""In tests/ops/nn/test_conv.py and test_cupy_programs.py."""
TESTED_BESIDE_NUMPY = {
    "attention", "attention_backward", "channel_moments", "channel_scale", "channel_slope", "channel_sums", "gelu",
    "gelu_backward", "layer_norm", "layer_norm_backward", "layer_norm_weight", "sigmoid_backward", "silu", "silu_backward",
    "tanh_backward", "masked_scale", "mul_wide", "div_wide", "many_steps", "window_backward", "window_largest", "window_sums",
    "ctc_loss", "ctc_loss_backward", "sparse_along", "topk", "kthvalue", "sort_values",
    "cummax", "cummin", "grid_sample", "grid_sample_backward", "logcumsumexp", "logsumexp", "nansum", "square_sum",
}  # fmt: skip
"""In test_cupy_layers.py, steps of several parameters in test_cupy_steps.py, windows in test_cupy_pooling.py."""


def test_every_kernel_is_tested(cupy_backend: Any) -> None:
    provided = {name for name in (*REQUIRED, *OPTIONAL) if getattr(cupy_backend.kernels, name, None) is not None}
    tested = {case.kernel for case in CASES} | TESTED_BELOW | TESTED_WITH_LAYERS | TESTED_BESIDE_NUMPY
    assert tested == provided


def _made(subject: Any, argument: Any) -> Any:
    if isinstance(argument, Of):
        return subject.array(*argument)
    return [_made(subject, one) for one in argument] if isinstance(argument, list) else argument


def _check(subject: Any, array: Any, expected: Of) -> None:
    assert type(array) is subject.backend.array_class
    assert array.dtype.name == expected.dtype
    wanted = np.array(expected.values, expected.dtype)
    tolerance = {"float16": 1e-3, "float32": 2e-6, "float64": 1e-12}.get(expected.dtype, 0)
    np.testing.assert_allclose(subject.read(array), wanted, rtol=tolerance, atol=tolerance, strict=True)


def _name(case: Case) -> str:
    return case.kernel


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_kernel(cupy_backend: Any, case: Case) -> None:
    arguments = [_made(cupy_backend, argument) for argument in case.arguments]
    result = getattr(cupy_backend.kernels, case.kernel)(*arguments)
    if isinstance(case.expected, Of):
        _check(cupy_backend, result, case.expected)
    elif isinstance(case.expected, tuple):
        for one, expected in zip(result, case.expected, strict=True):
            _check(cupy_backend, one, expected)
    else:
        assert result == case.expected
    for place, argument in enumerate(case.arguments):
        if isinstance(argument, Of):
            _check(cupy_backend, arguments[place], case.writes.get(place, argument))


@pytest.mark.parametrize("case", ELEMENTWISE, ids=_name)
def test_out(cupy_backend: Any, case: Case) -> None:
    arguments = [_made(cupy_backend, argument) for argument in case.arguments]
    out = cupy_backend.kernels.empty(np.shape(case.expected.values), case.expected.dtype)
    assert getattr(cupy_backend.kernels, case.kernel)(*arguments, out=out) is out
    _check(cupy_backend, out, case.expected)


@pytest.mark.parametrize("case", [case for case in ELEMENTWISE if case.arguments[0] == case.expected], ids=_name)
def test_out_may_be_an_operand(cupy_backend: Any, case: Case) -> None:
    arguments = [_made(cupy_backend, argument) for argument in case.arguments]
    getattr(cupy_backend.kernels, case.kernel)(*arguments, out=arguments[0])
    _check(cupy_backend, arguments[0], case.expected)


@pytest.mark.parametrize("case", ELEMENTWISE, ids=_name)
def test_ufuncs_give_what_kernels_give(cupy_backend: Any, case: Case) -> None:
    ufunc = cupy_backend.backend.ufuncs(0)[case.kernel]
    arguments = [_made(cupy_backend, argument) for argument in case.arguments]
    _check(cupy_backend, cupy_backend.backend.as_array(ufunc(*arguments)), case.expected)
    firsts = [cupy_backend.array(np.ravel(argument.values)[0], argument.dtype) for argument in case.arguments]
    assert cupy_backend.backend.as_array(ufunc(*firsts)).shape == ()


# -- storage, views and strides ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "float64", "complex128"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_empty_has_shape_dtype_and_c_order(cupy_backend: Any, shape: tuple[int, ...], dtype: str) -> None:
    array = cupy_backend.kernels.empty(shape, dtype)
    assert (array.shape, array.dtype.name, array.flags.c_contiguous) == (shape, dtype, True)


def test_to_host_is_one_flat_buffer_in_c_order(cupy_backend: Any) -> None:
    transposed = cupy_backend.kernels.permute(cupy_backend.array([[1, 2], [3, 4]], "int32"), (1, 0))
    assert bytes(cupy_backend.kernels.to_host(transposed)) == np.array([1, 3, 2, 4], "int32").tobytes()


def test_views_alias_and_know_their_offset(cupy_backend: Any) -> None:
    kernels, backend = cupy_backend.kernels, cupy_backend.backend
    base = cupy_backend.array([[1, 2, 3], [4, 5, 6]])
    view = kernels.permute(kernels.slice(base, (0, 1), (2, 2), (1, 1)), (1, 0))
    assert (backend.strides(view), backend.storage_offset(view)) == ((1, 3), 1)
    assert backend.data_ptr(view) == backend.data_ptr(base) + 4
    kernels.copy_into(view, cupy_backend.array(0))
    assert cupy_backend.read(base).tolist() == [[1, 0, 0], [4, 0, 0]]


@pytest.mark.parametrize(
    ("kernel", "arguments"),
    [("reshape", ((3, 2),)), ("reshape", ((2, 3),)), ("permute", ((0, 1),)), ("select", (0, 0)), ("expand", ((2, 3),))],
)
def test_movement_gives_new_aliases(cupy_backend: Any, kernel: str, arguments: tuple[Any, ...]) -> None:
    base = cupy_backend.array([[1, 2, 3], [4, 5, 6]])
    moved = getattr(cupy_backend.kernels, kernel)(base, *arguments)
    assert moved is not base
    assert cupy_backend.backend.data_ptr(moved) == cupy_backend.backend.data_ptr(base)


@pytest.mark.parametrize(("keep_strides", "strides"), [(True, (1, 2)), (False, (3, 1))])
def test_clone_keeps_strides_or_not(cupy_backend: Any, keep_strides: bool, strides: tuple[int, int]) -> None:
    turned = cupy_backend.kernels.permute(cupy_backend.array([[1, 2], [3, 4], [5, 6]]), (1, 0))
    copied = cupy_backend.kernels.clone(turned, keep_strides)
    assert cupy_backend.backend.strides(copied) == strides
    assert cupy_backend.read(copied).tolist() == [[1, 3, 5], [2, 4, 6]]


# -- adding and writing at repeated indices -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("bool", [True, False, True], [False, False, True]),
        ("uint8", [200, 1, 100], [0, 1, 44]),
        ("int8", [100, 1, 100], [0, 1, -56]),
        ("int16", [30000, 1, 30000], [0, 1, -5536]),
        ("int32", [2**31 - 1, 1, 1], [0, 1, -(2**31)]),
        ("int64", [BIG, -1, BIG], [0, -1, 2 * BIG - 2**64]),
        ("float16", [1, 2, 3], [0, 2, 4]),
        ("float32", [1, 2, 3], [0, 2, 4]),
        ("float64", [1, 2, 3], [0, 2, 4]),
        ("complex64", [1j, 2, 3], [0, 2, 3 + 1j]),
        ("complex128", [1j, 2, 3], [0, 2, 3 + 1j]),
    ],
)
def test_adding_at_repeated_indices(cupy_backend: Any, dtype: str, values: list[Any], expected: list[Any]) -> None:
    target = cupy_backend.kernels.full((3,), 0, dtype)
    index = cupy_backend.array([2, 1, 2], "int64")
    cupy_backend.kernels.scatter_add(target, 0, index, cupy_backend.array(values, dtype))
    assert cupy_backend.read(target).tolist() == expected


def test_adding_through_a_strided_view(cupy_backend: Any) -> None:
    base = cupy_backend.array(np.zeros((2, 4)), "int64")
    view = cupy_backend.kernels.slice(base, (0, 1), (2, 2), (1, 2))
    cupy_backend.kernels.index_add(
        view, 1, cupy_backend.array([1, 1], "int64"), cupy_backend.array([[1, 2], [3, 4]], "int64")
    )
    assert cupy_backend.read(base).tolist() == [[0, 0, 0, 3], [0, 0, 0, 7]]


def test_the_last_of_many_values_stays(cupy_backend: Any) -> None:
    count = 10_000
    places = np.arange(count) % 7
    target = cupy_backend.array(np.zeros(7), "int32")
    values = cupy_backend.array(np.arange(count), "int32")
    cupy_backend.kernels.index_put(target, [cupy_backend.array(places, "int64")], values, False)
    last = [int(np.flatnonzero(places == place)[-1]) for place in range(7)]
    assert cupy_backend.read(target).tolist() == last


# -- the runtime -----------------------------------------------------------------------------------------------------


def test_memory_stats_count_living_arrays(cupy_backend: Any) -> None:
    def allocated() -> int:
        return int(cupy_backend.backend.memory_stats(0)["allocated_bytes.all.current"])

    before = allocated()
    array = cupy_backend.kernels.empty((1024,), "float32")
    assert allocated() == before + array.nbytes
    del array
    assert allocated() == before
    assert cupy_backend.backend.memory_stats(0)["reserved_bytes.all.current"] >= before


def test_what_the_pool_keeps_is_given_back(cupy_backend: Any) -> None:
    array = cupy_backend.kernels.empty((1 << 20,), "float32")
    del array
    cupy_backend.backend.empty_cache(0)
    stats = cupy_backend.backend.memory_stats(0)
    assert stats["reserved_bytes.all.current"] < stats["allocated_bytes.all.current"] + (1 << 20)


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_dlpack_shares_memory(cupy_backend: Any, kind: str) -> None:
    import ml_dtypes  # noqa: F401

    class Producer:
        def __dlpack__(self, *, stream: Any = None, **_: Any) -> Any:
            return cupy_backend.backend.to_dlpack(array, stream=stream)

        def __dlpack_device__(self) -> tuple[int, int]:
            return 2, 0

    array = cupy_backend.array([1, 2, 3], kind)
    assert cupy_backend.backend.dlpack_device(array) == (2, 0)
    taken, dtype = cupy_backend.backend.from_dlpack(Producer())
    assert (dtype, cupy_backend.backend.data_ptr(taken)) == (kind, cupy_backend.backend.data_ptr(array))
    cupy_backend.kernels.copy_into(taken, cupy_backend.array(7, kind))
    assert cupy_backend.read(array).tolist() == [7, 7, 7]


def test_synchronize_returns_and_the_current_device_is_the_first(cupy_backend: Any) -> None:
    cupy_backend.backend.synchronize(0)
    assert cupy_backend.backend.current_device() == 0


def test_kernels_run_on_their_device(two_devices: Any) -> None:
    first, second = two_devices
    array = second.array([1.0, -2.0])
    for kernel in ("relu", "sigmoid", "reciprocal", "sign"):  # some keep constants, which must not be shared
        getattr(first.kernels, kernel)(first.array([1.0]))
        assert getattr(second.kernels, kernel)(array).device.id == 1
    assert second.backend.ufuncs(1)["add"](array, array).device.id == 1
    assert second.backend.current_device() == 0


def test_memory_is_counted_by_device(two_devices: Any) -> None:
    first, second = two_devices
    kept = second.array(np.zeros(1000))
    used = [second.backend.memory_stats(device)["allocated_bytes.all.current"] for device in (0, 1)]
    assert used[0] == 0 < kept.nbytes <= used[1]
    assert first.backend.device_count() == 2


def test_copies_between_devices_stay_off_the_host(two_devices: Any) -> None:
    first, second = two_devices
    turned = first.kernels.permute(first.array([[1, 2], [3, 4]]), (1, 0))
    copied = first.backend.copy_from(first.backend, turned, 1)
    assert copied.device.id == 1
    assert second.read(copied).tolist() == [[1, 3], [2, 4]]


def test_copies_from_other_backends_are_left_to_core(cupy_backend: Any) -> None:
    assert cupy_backend.backend.copy_from(object(), np.zeros(2), 0) is None


def test_a_machine_without_device_says_what_is_missing() -> None:
    from standin_cupy import install

    with install(devices=0, forget=("flambeau_cupy",)):
        from flambeau_cupy.plugin import make_backend

        with pytest.raises(
            DeviceUnavailableError, match=r"no device.*cudaErrorNoDevice.*pip install 'flambeau\[cuda12\]'"
        ):
            make_backend()


def test_without_cupy_the_extras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from flambeau_cupy.plugin import make_backend

    monkeypatch.delitem(sys.modules, "flambeau_cupy.backend", raising=False)
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(DeviceUnavailableError, match=r"CuPy is not installed.*pip install 'flambeau\[cuda12\]'"):
        make_backend()
