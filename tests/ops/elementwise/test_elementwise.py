"""Element-wise ops against PyTorch: dtypes of all kinds of operands, special values, forms, gradients."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from pointwise_cases import CASES
from two_orders import flat, values_and_gradients

pytestmark = pytest.mark.oracle

inf, nan = math.inf, math.nan
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")

UNARY = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "bitwise_not", "ceil", "cos", "cosh", "deg2rad", "digamma",
    "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "floor", "frac", "i0", "isfinite", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "lgamma", "log", "log10", "log1p", "log2", "logical_not", "logit", "nan_to_num", "neg", "positive",
    "rad2deg", "reciprocal", "relu", "round", "rsqrt", "sgn", "sigmoid", "sign", "signbit", "sin", "sinc", "sinh", "sqrt",
    "square", "tan", "tanh", "trunc", "special.entr", "special.erfcx", "special.i0e", "special.i1", "special.i1e",
    "special.log_ndtr", "special.ndtr", "special.ndtri",
)  # fmt: skip
BINARY = (
    "add", "atan2", "bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "clamp_max",
    "clamp_min", "copysign", "div", "eq", "float_power", "floor_divide", "fmax", "fmin", "fmod", "gcd", "ge", "gt",
    "heaviside", "hypot", "igamma", "igammac", "isclose", "lcm", "ldexp", "le", "logaddexp", "logaddexp2", "logical_and",
    "logical_or", "logical_xor", "lt", "maximum", "minimum", "mul", "ne", "nextafter", "pow", "remainder", "rsub", "sub",
    "true_divide", "xlogy", "special.xlog1py", "special.zeta",
)  # fmt: skip
TERNARY = ("addcmul", "addcdiv", "lerp", "clamp", "where")


def _function(t: Any, name: str) -> Any:
    for part in name.split("."):
        t = getattr(t, part)
    return t


def _operand(t: Any, dtype: str, *, zero_dim: bool = False) -> Any:
    return t.tensor(2 if zero_dim else [1, 2, 3]).to(getattr(t, dtype))


def _outcome(t: Any, call: Callable[[Any], Any]) -> Any:
    """The dtype of a result, or the class of the error, of which PyTorch's kernels and its dispatcher raise two."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # PyTorch's ldexp warns of the buffer that it makes for itself
            result = call(t)
    except (RuntimeError, TypeError) as error:
        return TypeError if isinstance(error, TypeError) else RuntimeError
    return str(result.dtype)


LACKING = {
    "special.erfcx": "float16", "special.log_ndtr": "float16", "special.ndtri": "float16", "special.zeta": "float16",
    "ldexp": "bool",
}  # fmt: skip
"""Operands that PyTorch's do not take."""


def _check_outcomes(torch: ModuleType, name: str, calls: dict[str, Callable[[Any], Any]]) -> None:
    wrong = {}
    for label, call in calls.items():
        if name in LACKING and LACKING[name] in label:
            continue
        expected, found = _outcome(torch, call), _outcome(flambeau, call)
        if expected != found:
            wrong[label] = (expected, found)
    assert not wrong


def _takes_out(torch: ModuleType, name: str) -> bool:
    return name not in ("isfinite", "isinf", "isnan", "isreal", "positive", "relu", "isclose", "rsub")


@pytest.mark.parametrize("name", UNARY)
def test_dtypes_of_one_operand(torch: ModuleType, name: str) -> None:
    calls: dict[str, Callable[[Any], Any]] = {}
    for dtype in DTYPES:
        calls[dtype] = lambda t, d=dtype: _function(t, name)(_operand(t, d))
        calls[f"{dtype}, 0-d"] = lambda t, d=dtype: _function(t, name)(_operand(t, d, zero_dim=True))
        if hasattr(torch.Tensor, f"{name}_"):
            calls[f"{dtype}, in place"] = lambda t, d=dtype: getattr(_operand(t, d), f"{name}_")()
        for out in DTYPES if _takes_out(torch, name) else ():
            calls[f"{dtype}, out={out}"] = lambda t, d=dtype, o=out: _function(t, name)(
                _operand(t, d), out=t.empty(3, dtype=getattr(t, o))
            )
    _check_outcomes(torch, name, calls)


@pytest.mark.parametrize("name", BINARY)
def test_dtypes_of_two_operands(torch: ModuleType, name: str) -> None:
    calls: dict[str, Callable[[Any], Any]] = {}
    for one in DTYPES:
        for two in DTYPES:
            for kind, dims in {"": (False, False), ", second 0-d": (False, True), ", first 0-d": (True, False)}.items():
                calls[f"{one} {two}{kind}"] = lambda t, a=one, b=two, d=dims: _function(t, name)(
                    _operand(t, a, zero_dim=d[0]), _operand(t, b, zero_dim=d[1])
                )
            if hasattr(torch.Tensor, f"{name}_"):
                calls[f"{one} {two}, in place"] = lambda t, a=one, b=two: getattr(_operand(t, a), f"{name}_")(
                    _operand(t, b)
                )
            if _takes_out(torch, name):
                calls[f"{one} {one}, out={two}"] = lambda t, a=one, b=two: _function(t, name)(
                    _operand(t, a), _operand(t, a), out=t.empty(3, dtype=getattr(t, b))
                )
    _check_outcomes(torch, name, calls)


@pytest.mark.parametrize("name", BINARY)
def test_dtypes_of_a_tensor_and_a_number(torch: ModuleType, name: str) -> None:
    calls: dict[str, Callable[[Any], Any]] = {}
    for dtype in DTYPES:
        for number in (True, 2, 1.5):
            for zero_dim in (False, True):
                kind = f"{dtype}{', 0-d' * zero_dim}"
                calls[f"{kind}, {number}"] = lambda t, d=dtype, n=number, z=zero_dim: _function(t, name)(
                    _operand(t, d, zero_dim=z), n
                )
                calls[f"{number}, {kind}"] = lambda t, d=dtype, n=number, z=zero_dim: _function(t, name)(
                    n, _operand(t, d, zero_dim=z)
                )
            if hasattr(torch.Tensor, f"{name}_"):
                calls[f"{dtype}, {number}, in place"] = lambda t, d=dtype, n=number: getattr(
                    _operand(t, d), f"{name}_"
                )(n)
    _check_outcomes(torch, name, calls)


def _ternary(t: Any, name: str, operands: list[Any]) -> Any:
    return t.where(operands[0] > 1, *operands[1:]) if name == "where" else getattr(t, name)(*operands)


@pytest.mark.parametrize("name", TERNARY)
def test_dtypes_of_three_operands(torch: ModuleType, name: str) -> None:
    some = ("bool", "uint8", "int64", "float16", "float32", "float64")
    calls: dict[str, Callable[[Any], Any]] = {}
    for dtypes in ((a, b, c) for a in some for b in some for c in some):
        for zero_dim in (False, True):
            calls[f"{dtypes}{', last 0-d' * zero_dim}"] = lambda t, d=dtypes, z=zero_dim: _ternary(
                t, name, [_operand(t, each, zero_dim=z and i == 2) for i, each in enumerate(d)]
            )
    _check_outcomes(torch, name, calls)


# -- values ------------------------------------------------------------------------------------------------------------

SPECIAL = [
    nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 2.5, -2.5, 1e-3, -1e-8, 0.3, 0.99, -0.9, 1.5, 3.7, -5.0,
    10.0, -10.5, 20.0, 50.0, -700.0, 1e5, 1e30, -1e300, 1e-300,
]  # fmt: skip
PAIRS = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-3, 3.0, 7.25, -7.0, 20.0, 1e30, -1e300]
# PyTorch's results are the less precise ones of these (digits of float64 that agree, elsewhere 13).
DIGITS = {
    "lgamma": 11,
    "special.ndtr": 10,
    "digamma": 12,
    "special.log_ndtr": 12,
    "igamma": 9,
    "igammac": 9,
    "special.zeta": 12,
}
# What PyTorch gives for nan and infinities is left over from its branches in these.
ORDINARY = ("igamma", "igammac", "special.zeta", "special.i1", "special.ndtr")


# PyTorch's zeros have another sign in some of its vector code than elsewhere, or have not the sign that SciPy's have.
UNSIGNED = ("fmax", "fmin", "maximum", "minimum", "clamp_min", "clamp_max", "relu", "erfinv")


def _assert_close(name: str, found: list[Any], expected: list[Any], digits: int) -> None:
    assert len(found) == len(expected)
    for position, (one, two) in enumerate(zip(found, expected, strict=True)):
        if isinstance(two, float) and math.isfinite(two):
            assert one == pytest.approx(two, rel=10.0**-digits, abs=1e-300), f"{name}: element {position}"
            if two == 0 == one and name not in UNSIGNED:
                assert math.copysign(1, one) == math.copysign(1, two), f"{name}: sign of zero, element {position}"
        else:
            assert one == two or (one != one and two != two), f"{name}: element {position} is {one}, expected {two}"


@pytest.mark.parametrize("name", UNARY)
def test_special_values(torch: ModuleType, backend: str, name: str) -> None:
    if name in ("bitwise_not",):
        pytest.skip("of integers")
    limit = 5 if name == "special.ndtr" else 100  # beyond, PyTorch's loses its digits
    values = [value for value in SPECIAL if name not in ORDINARY or abs(value) < limit]
    for dtype, digits in (("float64", DIGITS.get(name, 13)), ("float32", 5)):
        results = []
        for t in (flambeau, torch):
            numbers = [
                value if abs(value) < 1e38 or dtype == "float64" else math.copysign(inf, value) for value in values
            ]
            results.append(_function(t, name)(t.tensor(numbers, dtype=getattr(t, dtype))).tolist())
        skip = (1e-300,) if dtype == "float32" or name == "log1p" else ()
        kept = [i for i, value in enumerate(values) if value not in skip]
        _assert_close(name, [results[0][i] for i in kept], [results[1][i] for i in kept], digits)


@pytest.mark.parametrize("name", BINARY)
def test_special_pairs(torch: ModuleType, backend: str, name: str) -> None:
    if name.startswith("bitwise") or name in ("gcd", "lcm"):
        pytest.skip("of integers")
    values = [value for value in PAIRS if name not in ORDINARY or 0 < abs(value) < 100]
    one = [x for x in values for _ in values]
    two = [y for _ in values for y in values]
    results = [
        _function(t, name)(t.tensor(one, dtype=t.float64), t.tensor(two, dtype=t.float64)).tolist()
        for t in (flambeau, torch)
    ]
    if name == "logaddexp2":
        results = [[0.0 if isinstance(x, float) and abs(x) < 1e-15 else x for x in each] for each in results]
    _assert_close(name, *results, DIGITS.get(name, 13))  # type: ignore[misc]


INTEGER_OPS = (
    "add", "sub", "mul", "floor_divide", "remainder", "fmod", "pow", "gcd", "lcm", "bitwise_and", "bitwise_left_shift",
    "bitwise_right_shift", "maximum", "fmin", "heaviside", "eq", "lt", "logical_xor", "clamp_min",
)  # fmt: skip


@pytest.mark.parametrize("name", INTEGER_OPS)
@settings(derandomize=True, max_examples=25, deadline=None)
@given(data=st.data())
def test_integers(torch: ModuleType, name: str, data: Any) -> None:
    dtype = data.draw(st.sampled_from(["uint8", "int8", "int16", "int32", "int64"]))
    bits = {"uint8": 8, "int8": 7, "int16": 15, "int32": 31, "int64": 63}[dtype]
    low = 0 if dtype == "uint8" else -(1 << bits)
    edges = st.sampled_from([0, 1, low, (1 << bits) - 1, 2, 7, 63])
    number = st.one_of(edges, st.integers(low, (1 << bits) - 1))
    pairs = data.draw(st.lists(st.tuples(number, number), min_size=1, max_size=8))
    if name in ("floor_divide", "remainder", "fmod"):
        # PyTorch's own quotient of the least number and -1 traps or is undefined.
        pairs = [(a, b) for a, b in pairs if b and not (a == low and b == -1)] or [(7, 2)]
    if name in ("gcd", "lcm"):
        limit = 11 if bits < 15 else 181
        pairs = [(a % limit, b % limit) for a, b in pairs]
    results = []
    for t in (flambeau, torch):
        one, two = (t.tensor(list(column), dtype=getattr(t, dtype)) for column in zip(*pairs, strict=True))
        results.append(getattr(t, name)(one, two).tolist())
    assert results[0] == results[1]


@pytest.mark.parametrize("mode", ["floor", "trunc"])
@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.floats(width=32, allow_nan=False), st.floats(width=32, allow_nan=False)), min_size=1, max_size=9
    ),
    repeat=st.sampled_from([1, 1000]),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_division_with_remainder(torch: ModuleType, mode: str, pairs: list[Any], repeat: int, dtype: str) -> None:
    def computed(t: Any) -> list[Any]:
        one, two = (t.tensor(list(column) * repeat, dtype=getattr(t, dtype)) for column in zip(*pairs, strict=True))
        rest = t.remainder(one, two) if mode == "floor" else t.fmod(one, two)
        return [*t.div(one, two, rounding_mode=mode).tolist(), *rest.tolist()]

    found, expected = computed(flambeau), computed(torch)
    # PyTorch's vector code gives nan where the quotient has more than so many digits.
    hard = [abs(one) > abs(two) * 1e15 or abs(two) < 1e-37 for one, two in pairs] * repeat * 2
    same = [x == y or (x != x and y != y) or skip for x, y, skip in zip(found, expected, hard, strict=True)]
    assert all(same), [(x, y) for x, y, good in zip(found, expected, same, strict=True) if not good][:3]


@settings(derandomize=True, max_examples=40, deadline=None)
@given(data=st.data())
def test_three_operands(torch: ModuleType, data: Any) -> None:
    """Broadcasting, strides and values of the ops of three operands and of clamp."""
    name = data.draw(st.sampled_from(TERNARY))
    shapes = data.draw(
        st.sampled_from([[(2, 3)] * 3, [(2, 3), (3,), ()], [(1, 3), (2, 1), (2, 3)], [(0, 3), (3,), (1,)]])
    )
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    turned = data.draw(st.booleans())
    number = st.one_of(st.sampled_from([nan, inf, -inf, 0.0, 1.0]), st.floats(-3, 3, width=32))
    values = [data.draw(st.lists(number, min_size=math.prod(shape), max_size=math.prod(shape))) for shape in shapes]

    def computed(t: Any) -> Any:
        operands = [
            t.tensor(each, dtype=getattr(t, dtype)).reshape(shape) for each, shape in zip(values, shapes, strict=True)
        ]
        if turned:
            operands = [
                each.transpose(0, -1).contiguous().transpose(0, -1) if each.dim() > 1 else each for each in operands
            ]
        return _ternary(t, name, operands)

    found, expected = computed(flambeau), computed(torch)
    assert tuple(found.shape) == tuple(expected.shape)
    assert flat(found.tolist()) == pytest.approx(flat(expected.tolist()), rel=1e-5, abs=1e-6, nan_ok=True)


# -- forms -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "function", "shapes"), CASES, ids=[case[0] for case in CASES])
def test_values_and_gradients_of_two_orders(
    torch: ModuleType, backend: str, name: str, function: Any, shapes: list[tuple[int, ...]]
) -> None:
    expected = values_and_gradients(torch, function, shapes)
    found = values_and_gradients(flambeau, function, shapes)
    for position, (one, two) in enumerate(zip(found, expected, strict=True)):
        assert flat(one) == pytest.approx(flat(two), rel=1e-9, abs=1e-11), f"output {position}"


@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_gradients_of_gamma_functions(torch: ModuleType, name: str) -> None:
    """To the nine digits that PyTorch's trigamma has."""

    def gradients(t: Any) -> list[float]:
        x = t.tensor([0.3, 1.5, 7.0, -0.5], dtype=t.float64, requires_grad=True)
        (first,) = t.autograd.grad(getattr(t, name)(x).sum(), x, create_graph=True)
        (second,) = t.autograd.grad(first.sum(), x)
        return [*first.tolist(), *second.tolist()]

    assert gradients(flambeau) == pytest.approx(gradients(torch), rel=1e-8)


NO_DERIVATIVE = {
    "floor_divide": lambda t, x: t.floor_divide(x, 2),
    "heaviside": lambda t, x: t.heaviside(x, x),
    "igamma": lambda t, x: t.igamma(x, x),
    "zeta": lambda t, x: t.special.zeta(x, 1),
}


@pytest.mark.parametrize("name", NO_DERIVATIVE)
def test_where_pytorch_has_no_derivative_there_is_an_error(torch: ModuleType, name: str) -> None:
    for t in (flambeau, torch):
        result = NO_DERIVATIVE[name](t, t.tensor([1.5], requires_grad=True))
        assert result.requires_grad
        with pytest.raises(RuntimeError, match=r"not implemented"):
            result.sum().backward()


EDGES = {
    "relu": lambda t, x: t.relu(x),
    "clamp": lambda t, x: t.clamp(x, -1, 1),
    "sinc": lambda t, x: t.sinc(x),
    "logit": lambda t, x: t.logit(x),
    "nan_to_num": lambda t, x: t.nan_to_num(x),
    "xlogy": lambda t, x: t.xlogy(x, x),
    "atan2": lambda t, x: t.atan2(x, x * 0),
    "copysign": lambda t, x: t.copysign(x, -1),
    "nextafter": lambda t, x: t.nextafter(x, x * x),
    "maximum": lambda t, x: t.maximum(x, x * 1),
    "fmax": lambda t, x: t.fmax(x, x * 1),
    "sign": lambda t, x: (x.sign() * inf).nan_to_num(),
    "pow": lambda t, x: x**0 + x**2,
}


@pytest.mark.parametrize("name", EDGES)
def test_gradients_of_special_values(torch: ModuleType, backend: str, name: str) -> None:
    def gradient(t: Any) -> list[float]:
        x = t.tensor([inf, -inf, 0.0, -0.0, 1.0, -1.0, nan, 0.5, 2.0], dtype=t.float64, requires_grad=True)
        (found,) = t.autograd.grad(EDGES[name](t, x).sum(), x)
        return list(found.tolist())

    assert gradient(flambeau) == pytest.approx(gradient(torch), rel=1e-12, nan_ok=True)


def test_a_failed_form_changes_nothing() -> None:
    t: Any = flambeau
    failures: list[Callable[[Any], Any]] = [
        lambda x: x.div_(2), lambda x: x.addcmul_(t.ones(3, 3), x), lambda x: x.clamp_(0.5), lambda x: x.lerp_(x, 0.5),
        lambda x: x.float_power_(2), lambda x: x.copysign_(-1.0), lambda x: x.hypot_(x), lambda x: x.xlogy_(x),
        lambda x: t.exp(x, out=x), lambda x: t.frac(t.ones(3), out=x), lambda x: t.where(x > 1, t.ones(3), x, out=x),
        lambda x: t.isposinf(x, out=x), lambda x: x.floor_divide_(0), lambda x: t.neg(t.ones(3), out=x),
    ]  # fmt: skip
    for fail in failures:
        x = t.tensor([1, 2, 3])
        with pytest.raises(RuntimeError):
            fail(x)
        assert x.tolist() == [1, 2, 3]
        assert x._version == 0


def test_a_uint8_condition_is_deprecated() -> None:
    condition = flambeau.tensor([1, 0], dtype=flambeau.uint8)
    with pytest.warns(UserWarning, match="where received a uint8 condition tensor"):
        assert flambeau.where(condition, 1, 2).tolist() == [1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flambeau.where(condition.bool(), 1, 2)


MESSAGES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda t: t.maximum(t.ones(1), 2), r"maximum\(\): argument 'other' \(position 2\) must be Tensor, not int"),
    (
        lambda t: t.div(t.ones(1), 2, rounding_mode="up"),
        "div expected rounding_mode to be one of None, 'trunc', or 'floor'",
    ),
    (lambda t: t.frac(t.tensor([1])), "\"frac_cpu\" not implemented for 'Long'"),
    (lambda t: t.neg(t.tensor([1]), out=t.ones(1)), "Found dtype Float but expected Long"),
    (lambda t: t.lerp(t.ones(1), t.ones(1).double(), 0.5), "expected dtype float for `end` but got dtype double"),
    (lambda t: t.addcdiv(*[t.tensor([1])] * 3), "Integer division with addcdiv is no longer supported"),
    (lambda t: t.isclose(t.ones(1), t.tensor([1])), "Float did not match Long"),
    (lambda t: t.tensor([1]).float_power_(2), "the base given to float_power_ has dtype Long"),
    (
        lambda t: t.heaviside(t.ones(1), t.tensor([1])),
        "heaviside is not yet implemented for tensors with different dtypes",
    ),
    (lambda t: t.frexp(t.tensor([1])), r"torch.frexp\(\) only supports floating-point dtypes"),
    (lambda t: t.polygamma(-1, t.ones(1)), r"polygamma\(n, x\) does not support negative n"),
    (lambda t: t.mvlgamma(t.ones(1), 0), "p has to be greater than or equal to 1"),
    (lambda t: t.bitwise_left_shift(t.ones(1), 1), "\"lshift_cpu\" not implemented for 'Float'"),
    (lambda t: t.clamp(t.tensor([1], dtype=t.int8), 200), "value cannot be converted to type int8_t without overflow"),
    (lambda t: t.tensor([2]) ** -1, "Integers to negative integer powers are not allowed"),
    (lambda t: +t.tensor([True]), r"The `\+` operator, on a bool tensor is not supported"),
    (lambda t: t.tensor([1]).div_(2), "result type Float can't be cast to the desired output type Long"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:30] for _, message in MESSAGES])
def test_errors_have_the_words_of_pytorch(torch: ModuleType, call: Callable[[Any], Any], message: str) -> None:
    for t in (flambeau, torch):
        with pytest.raises((RuntimeError, TypeError), match=message):
            call(t)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_ldexp_keeps_zeros_and_infinities_for_every_exponent(dtype: str) -> None:
    import torch

    numbers = [2.0**-24, 0.0, -0.0, inf, -inf, 65504.0, nan, 1.5, -(2.0**-14), 3 * 2.0**-24]
    for exponent in (0, 16, 39, -24, -25, 127, -149, 300, -300, 1000, -1074, 2100, -2100, 5000, -5000):
        one, two = [t.ldexp(t.tensor(numbers, dtype=getattr(t, dtype)), t.tensor(exponent)) for t in (flambeau, torch)]
        assert list(map(str, one.tolist())) == list(map(str, two.tolist())), exponent


def test_ldexp_of_complex_numbers_has_their_range() -> None:
    z = flambeau.tensor([1 + 0j, 2 - 1j], dtype=flambeau.complex128)
    assert z.ldexp(flambeau.tensor([-200, -160])).tolist() == [2.0**-200 + 0j, (2 - 1j) * 2.0**-160]


def test_nan_to_num_of_both_parts() -> None:
    import torch

    def results(t: Any) -> list[Any]:
        z = t.tensor([complex(nan, 1), complex(inf, -inf), complex(2, nan), 0j]).reshape(2, 2).t()
        found = [
            t.nan_to_num(z),
            z.nan_to_num(1, 2, 3),
            z.clone().nan_to_num_(),
            z[0, 0].nan_to_num(-0.0),
            z.conj().nan_to_num(),
        ]
        return [(each.stride(), str(each.resolve_conj().tolist())) for each in found]

    assert results(flambeau) == results(torch)


ORDERS = """
M.complex(x, x), M.polar(x, x), M.complex(e, e), M.polar(x[:, :1], x)
M.isreal(x), M.isnan(i), M.isinf(i), M.isfinite(i), M.isposinf(i), M.isneginf(i), M.signbit(i > 0)
e.double(), e.half(), e.to(M.complex64), e.log10(), e.nan_to_num(), e.erfc(), e.lgamma(), (e > 0).square()
w.double(), w.nan_to_num(), w.int()
x.half().clamp(0.0, 1.0), x.bfloat16().clamp(0.0, 1.0), M.cumsum(x, 0), M.cumsum(M.complex(x, x), 1)
"""


@pytest.mark.parametrize("line", ORDERS.split("\n")[1:-1])
def test_the_order_of_memory(line: str) -> None:
    import torch

    def strides(t: Any) -> Any:
        x = t.arange(6.0).reshape(3, 2).t()
        names = {
            "M": t,
            "x": x,
            "i": x.int(),
            "e": t.ones(1, 3).expand(2, 3),
            "w": t.ones(3, 1, 2).permute(2, 1, 0).expand(2, 4, 3),
        }
        return [(each.stride(), str(each.dtype)) for each in eval(f"({line},)", names)]

    assert strides(flambeau) == strides(torch)


def test_the_base_of_a_power_is_not_rounded_to_16_bits() -> None:
    x = flambeau.tensor([1.5], dtype=flambeau.bfloat16, requires_grad=True)
    for result in (2**x, flambeau.pow(2, x)):
        (found,) = flambeau.autograd.grad(result, x)
        assert found.item() == 1.9609375  # the product with 0.6914, which log(2) is in bfloat16, is 1.953125
