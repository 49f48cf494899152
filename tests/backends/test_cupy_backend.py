"""Every kernel of the CuPy backend against expected values: on the stand-in, and on a GPU where there is one."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from flambeau.backend import OPTIONAL, REQUIRED

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
    Case("from_host", (np.float32([1, 2]).tobytes(), (2, 1), "float32"), f32([[1], [2]])),
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
    _unary("neg", lambda x: -x, POINTS), _unary("abs", abs, POINTS), _unary("square", lambda x: x * x, POINTS),
    _unary("floor", math.floor, POINTS), _unary("ceil", math.ceil, POINTS), _unary("trunc", math.trunc, POINTS),
    _unary("round", round, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.4]), _unary("sqrt", math.sqrt, POSITIVE),
    _unary("exp", math.exp, POINTS), _unary("expm1", math.expm1, [1e-12, 1.0]), _unary("log", math.log, POSITIVE),
    _unary("log1p", math.log1p, [1e-12, 1.0]), _unary("log2", math.log2, POSITIVE),
    _unary("log10", math.log10, POSITIVE), _unary("sin", math.sin, POINTS), _unary("cos", math.cos, POINTS),
    _unary("tan", math.tan, POINTS), _unary("asin", math.asin, INSIDE), _unary("acos", math.acos, INSIDE),
    _unary("atan", math.atan, POINTS), _unary("sinh", math.sinh, POINTS), _unary("cosh", math.cosh, POINTS),
    _unary("tanh", math.tanh, POINTS), _unary("erf", math.erf, POINTS), _unary("lgamma", math.lgamma, [*POSITIVE, -0.5]),
    _unary("reciprocal", lambda x: 1 / x, POSITIVE), _unary("rsqrt", lambda x: 1 / math.sqrt(x), POSITIVE),
    Case("sign", (f32([-3, 0, 4, nan, -inf]),), f32([-1, 0, 1, 0, -1])),
    Case("sign", (i64([-3, 0, 4]),), i64([-1, 0, 1])),
    Case("log", (f32([0, -1]),), f32([-inf, nan])),
    Case("lgamma", (f32([0, -1, -2]),), f32([inf, inf, inf])),
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
    _binary("eq", [1, nan], [1, nan], [True, False], to="bool"), _binary("ne", [1, nan], [1, nan], [False, True], to="bool"),
    _binary("lt", [1, 2], [2, 2], [True, False], to="bool"), _binary("le", [1, 2], [2, 1], [True, False], to="bool"),
    _binary("gt", [1, 3], [2, 2], [False, True], to="bool"), _binary("ge", [2, 1], [2, 2], [True, False], to="bool"),
    _binary("bitwise_and", [12], [10], [8], "int32"), _binary("bitwise_or", [12], [10], [14], "int32"),
    _binary("bitwise_xor", [12], [10], [6], "int32"), _binary("left_shift", [3, 64], [2, 1], [12, -128], "int8"),
    _binary("right_shift", [-8, 9], [1, 3], [-4, 1], "int16"),
    _binary("add", [[1], [2]], [10, 20], [[11, 21], [12, 22]], "float16"),
    _binary("relu_backward", [1, 2, inf], [5, 0, 0], [1, 0, 0]),
    Case("where", (flags([True, False]), f32([1, 2]), f32(9)), f32([1, 9])),
]  # fmt: skip
REDUCTIONS = [
    Case("sum", (MATRIX, (0, 1), False), f32(21)), Case("sum", (MATRIX, (1,), True), f32([[6], [15]])),
    Case("sum", (Of([100, 100], "int8"), (0,), False), Of(-56, "int8")), Case("sum", (f32(3), (), False), f32(3)),
    Case("sum", (f32(np.ones((0, 2))), (0,), False), f32([0, 0])),
    Case("prod", (MATRIX, (0,), False), f32([4, 10, 18])), Case("prod", (f32([]), (0,), False), f32(1)),
    Case("amax", (f32([[1, nan], [3, 2]]), (1,), False), f32([nan, 3])), Case("amax", (f32(2), (), True), f32(2)),
    Case("amin", (MATRIX, (0, 1), True), f32([[1]])),
    Case("argmax", (f32([[1, 3, 3], [nan, 5, nan]]), 1, False), i64([1, 0])),
    Case("argmin", (f32([[1, 0, 0], [5, nan, 1]]), 1, True), i64([[1], [1]])),
    Case("any", (f32([[0, nan], [0, 0]]), (1,), False), flags([True, False])), Case("any", (f32([]), (0,), False), flags(False)),
    Case("all", (f32([[1, 0], [1, 2]]), (1,), True), flags([[False], [True]])), Case("all", (f32([]), (0,), False), flags(True)),
    Case("cumsum", (MATRIX, 1), f32([[1, 3, 6], [4, 9, 15]])), Case("cumsum", (Of([100, 100], "int8"), 0), Of([100, -56], "int8")),
    Case("cumprod", (MATRIX, 0), f32([[1, 2, 3], [4, 10, 18]])),
    Case("mean", (MATRIX, (0,), False), f32([2.5, 3.5, 4.5])), Case("mean", (f32([]), (0,), False), f32(nan)),
    Case("var", (MATRIX, (1,), False, 1.0), f32([1, 1])), Case("var", (f32([5]), (0,), False, 1.0), f32(nan)),
    Case("softmax", (f32([[0, math.log(3)], [1000, -inf]]), 1), f32([[0.25, 0.75], [1, 0]])),
    Case("softmax_backward", (f32([1, 0]), f32([0.25, 0.75]), 0), f32([0.1875, -0.1875])),
    Case("log_softmax", (f32([0, math.log(3)]), 0), f32([math.log(0.25), math.log(0.75)])),
    Case("log_softmax_backward", (f32([1, 0]), f32([math.log(0.25), math.log(0.75)]), 0), f32([0.75, -0.75])),
]  # fmt: skip
MOVEMENT = [
    Case("reshape", (MATRIX, (3, 2)), f32([[1, 2], [3, 4], [5, 6]])), Case("reshape", (f32([4]), ()), f32(4)),
    Case("permute", (MATRIX, (1, 0)), f32([[1, 4], [2, 5], [3, 6]])),
    Case("expand", (f32([[1], [2]]), (2, 2, 3)), f32([[[1] * 3, [2] * 3]] * 2)),
    Case("slice", (MATRIX, (0, 1), (2, 1), (1, 2)), f32([[2], [5]])), Case("slice", (f32(3), (), (), ()), f32(3)),
    Case("select", (MATRIX, 1, 2), f32([3, 6])), Case("select", (f32([7]), 0, 0), f32(7)),
    Case("flip", (MATRIX, (0, 1)), f32([[6, 5, 4], [3, 2, 1]])), Case("flip", (f32(3), ()), f32(3)),
    Case("pad", (f32([1, 2]), (1,), (2,), 9), f32([9, 1, 2, 9, 9])), Case("pad", (f32(3), (), (), 0), f32(3)),
    Case("concat", ([f32([[1]]), f32([[2], [3]])], 0), f32([[1], [2], [3]])), Case("concat", ([i64([1])], 0), i64([1])),
]  # fmt: skip
INDEXING = [
    Case("index", (MATRIX, [i64([1, 0, 1])]), f32([[4, 5, 6], [1, 2, 3], [4, 5, 6]])),
    Case("index", (MATRIX, [i64([[1], [0]]), i64([[2], [0]])]), f32([[6], [1]])),
    Case("index", (MATRIX, [Of([], "int64")]), f32(np.ones((0, 3)))),
    Case("index_put", (f32([0, 0, 0]), [i64([2, 0, 2])], f32([1, 2, 3]), False), writes={0: f32([2, 0, 3])}),
    Case("index_put", (f32([[0, 0], [0, 0]]), [i64([1, 1])], f32([[1, 2], [3, 4]]), False), writes={0: f32([[0, 0], [3, 4]])}),
    Case("index_put", (i64([0, 0, 0]), [i64([2, 0, 2])], i64([1, 2, 3]), True), writes={0: i64([2, 0, 4])}),
    Case("index_put", (f32([1, 2]), [Of([], "int64")], f32([]), False), writes={0: f32([1, 2])}),
    Case("gather", (MATRIX, 1, i64([[2, 2], [0, 1]])), f32([[3, 3], [4, 5]])), Case("gather", (f32(5), 0, i64(0)), f32(5)),
    Case("scatter", (f32([[0, 0, 0], [0, 0, 0]]), 1, i64([[2, 2], [0, 1]]), f32([[1, 2], [3, 4]])), writes={0: f32([[0, 0, 2], [3, 4, 0]])}),
    Case("scatter", (f32([[0, 0], [0, 0]]), 0, i64([[1, 1]]), f32([[5, 6]])), writes={0: f32([[0, 0], [5, 6]])}),
    Case("scatter", (f32(1), 0, i64(0), f32(2)), writes={0: f32(2)}),
    Case("scatter_add", (f32([[1, 1], [1, 1]]), 0, i64([[1, 0], [1, 0]]), f32([[1, 2], [3, 4]])), writes={0: f32([[1, 7], [5, 1]])}),
    Case("index_add", (f32([[1, 1, 1]]), 1, i64([2, 0, 2]), f32([[1, 2, 3]])), writes={0: f32([[3, 1, 5]])}),
    Case("nonzero", (f32([[0, nan], [1, 0]]),), i64([[0, 1], [1, 0]])), Case("nonzero", (f32(3),), i64(np.ones((1, 0)))),
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
]  # fmt: skip
STEPS = [
    Case("sgd_step", (f32([1]), f32([2]), None, 0.1, 0.0, 0.0, 0.0, False, False), writes={0: f32([0.8])}),
    Case("sgd_step", (f32([1]), f32([2]), None, 0.1, 0.0, 0.0, 0.5, False, True), writes={0: f32([1.15])}),
    Case("sgd_step", (f32([1]), f32([2]), f32([4]), 0.1, 0.5, 0.25, 0.0, False, False), writes={0: f32([0.65]), 2: f32([3.5])}),
    Case("sgd_step", (f32([1]), f32([2]), f32([4]), 0.1, 0.5, 0.0, 0.0, True, False), writes={0: f32([0.6]), 2: f32([4])}),
    Case("adam_step", (f32([1]), f32([2]), f32([0]), f32([0]), None, 1, 0.1, 0.9, 0.99, 0.0, 0.0, False, False),
         writes={0: f32([0.9]), 2: f32([0.2]), 3: f32([0.04])}),
    Case("adam_step", (f32([1]), f32([2]), f32([0]), f32([0]), f32([1]), 1, 0.1, 0.9, 0.99, 0.0, 0.5, True, True),
         writes={0: f32([0.95 + 0.1 * 2 * 0.1]), 2: f32([-0.2]), 3: f32([0.04]), 4: f32([1])}),
    Case("adam_step", (f32([2]), f32([1]), f32([0]), f32([0]), None, 1, 0.1, 0.9, 0.99, 0.0, 0.5, False, False),
         writes={0: f32([1.9]), 2: f32([0.2]), 3: f32([0.04])}),
]  # fmt: skip
CASES = STORAGE + UNARY + BINARY + REDUCTIONS + MOVEMENT + INDEXING + PRODUCTS + STEPS
ELEMENTWISE = [case for case in UNARY + BINARY if case.kernel != "where"]
TESTED_BELOW = {"empty", "to_host"}


def test_every_kernel_is_tested() -> None:
    assert {case.kernel for case in CASES} | TESTED_BELOW == {*REQUIRED, *OPTIONAL}


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
    scalars = [subject_scalar(cupy_backend, argument) for argument in case.arguments]
    assert cupy_backend.backend.as_array(ufunc(*scalars)).shape == ()


def subject_scalar(subject: Any, argument: Of) -> Any:
    return subject.array(np.array(argument.values).ravel()[0], argument.dtype)
