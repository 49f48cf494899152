"""Promotion over all dtypes, of tensors, 0-d tensors and numbers, against PyTorch; and broadcasting of drawn shapes."""

from __future__ import annotations

import operator
from itertools import product
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex32", "complex64",
    "complex128",
)  # fmt: skip
NUMBERS = (True, 3, 2.5, 1j)


def _outcome(function: Any) -> Any:
    try:
        return str(function())
    except (RuntimeError, TypeError) as error:
        return isinstance(error, RuntimeError)


@pytest.mark.parametrize("one", DTYPES)
def test_pairs_of_dtypes(one: str) -> None:
    for other in DTYPES:
        for name in ("promote_types", "can_cast"):
            outcomes = [
                _outcome(lambda m=m, name=name, other=other: getattr(m, name)(getattr(m, one), getattr(m, other)))
                for m in (flambeau, torch)
            ]
            assert outcomes[0] == outcomes[1], f"{name}({one}, {other})"


def _types(module: Any, one: str, other: Any, shapes: Any) -> list[Any]:
    a = module.ones(shapes[0], dtype=getattr(module, one))
    b = module.ones(shapes[1], dtype=getattr(module, other)) if isinstance(other, str) else other
    ways = (lambda: module.result_type(a, b), lambda: (a + b).dtype, lambda: (b * a).dtype, lambda: (a / b).dtype)
    return [_outcome(way) for way in ways]


@pytest.mark.parametrize("default", ["float32", "float64"])
@pytest.mark.parametrize("one", DTYPES)
@pytest.mark.filterwarnings("ignore:ComplexHalf")
def test_results_of_tensors_and_numbers(one: str, default: str) -> None:
    for module in (flambeau, torch):
        module.set_default_dtype(getattr(module, default))
    try:
        for shapes, other in product(product(((2,), ()), repeat=2), (*DTYPES, *NUMBERS)):
            found, expected = (_types(module, one, other, shapes) for module in (flambeau, torch))
            assert found == expected, (one, other, shapes)
    finally:
        for module in (flambeau, torch):
            module.set_default_dtype(module.float32)


_SHAPES = st.lists(st.integers(0, 3), max_size=4)


def _broadcast(module: Any, one: list[int], other: list[int]) -> Any:
    return _outcome(lambda: (list((module.ones(one) + module.ones(other)).shape), module.broadcast_shapes(one, other)))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(_SHAPES, _SHAPES)
def test_broadcasting(one: list[int], other: list[int]) -> None:
    assert _broadcast(flambeau, one, other) == _broadcast(torch, one, other)


def _arithmetic(module: Any, dtype: str, one: int, other: int) -> list[Any]:
    pair = module.tensor([one, other]).to(getattr(module, dtype))
    a, b = pair[0], pair[1]
    ways = (
        lambda: a + b, lambda: a * b, lambda: a - b, lambda: a // b, lambda: a % b, lambda: module.fmod(a, b), lambda: a << 1,
        lambda: -a, lambda: a * 3, lambda: a / b, lambda: pair.sum(), lambda: pair.prod(), lambda: pair * pair,
    )  # fmt: skip
    return [_outcome(lambda way=way: way().tolist()) for way in ways]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.sampled_from(["uint8", "int8", "int16", "int32", "int64"]),
    st.integers(-(2**40), 2**40),
    st.integers(-(2**33), 2**33),
)
def test_integers_wrap_around_and_divide(dtype: str, one: int, other: int) -> None:
    assert _arithmetic(flambeau, dtype, one, other) == _arithmetic(torch, dtype, one, other)


OPERATORS = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "and_", "or_", "xor", "lt", "le", "gt", "ge", "eq", "ne",
)  # fmt: skip
EDGES = (0, 1, -1, 3, 127, 128, -128, -129, 255, 256, 300, 2**31, -(2**31), 2**32, 2**63 - 1, -(2**63), True)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "bool"])
@pytest.mark.parametrize("name", OPERATORS)
def test_numbers_at_the_edges_of_integers(name: str, dtype: str) -> None:
    apply = getattr(operator, name)

    def outcomes(module: Any, number: int) -> list[Any]:
        vector = module.tensor([3, 1, 7, 100, 5]).to(getattr(module, dtype))
        ways = (
            lambda: apply(vector, number), lambda: apply(number, vector), lambda: apply(vector[0], number),
            lambda: apply(-vector, number), lambda: apply(vector[::2], number),
        )  # fmt: skip
        return [_outcome(lambda way=way: (way().dtype, way().tolist())) for way in ways]

    for number in EDGES:
        found, expected = outcomes(flambeau, number), outcomes(torch, number)
        assert found == expected, number


def _result(call: Any) -> str:
    try:
        return str(call())
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_that_do_not_fit_in_place(number: Any) -> None:
    def outcomes(module: Any) -> list[str]:
        tensors = [module.ones(1, dtype=getattr(module, name)) for name in DTYPES]
        return [_result(lambda x=x: str(x.add_(number).dtype)) for x in tensors]

    assert outcomes(flambeau) == outcomes(torch)


@pytest.mark.parametrize("arguments", [("float32",), ("int64", "float32"), ("complex64",), (None,)])
def test_the_default_is_a_floating_dtype(arguments: tuple[Any, ...]) -> None:
    def outcome_of(module: Any) -> str:
        before = module.get_default_dtype()
        try:
            return _result(lambda: module.set_default_dtype(*[name and getattr(module, name) for name in arguments]))
        finally:
            module.set_default_dtype(before)

    assert outcome_of(flambeau) == outcome_of(torch)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.result_type(t.ones(1)),
        lambda t: t.result_type("one", t.ones(1)),
        lambda t: t.promote_types(t.float32, 1),
        lambda t: t.promote_types(t.float32),
        lambda t: t.can_cast(t.float32, "int64"),
        lambda t: t.can_cast(from_=t.float32, to=t.int64),
        lambda t: t.promote_types(type1=t.uint8, type2=t.int8),
        lambda t: t.result_type(tensor=t.ones(1), other=t.ones(1)),
        lambda t: t.result_type(None, t.ones(1)),
    ],
)
def test_arguments_of_promotion(call: Any) -> None:
    assert _result(lambda: call(flambeau)) == _result(lambda: call(torch))
