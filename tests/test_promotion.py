"""Type promotion: every pair of dtypes and kinds of operand, with PyTorch as the judge."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import pytest

import flambeau

DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
    "complex128",
]  # fmt: skip
COMPUTED = [name for name in DTYPES if name not in {"bfloat16", "complex64", "complex128"}]
NUMBERS: list[Any] = [True, 2, 2.5, 2j]
KINDS = ["dimensioned", "zero-dim", "number"]


def operands(module: Any, kind: str, dtypes: list[str]) -> list[Any]:
    if kind == "number":
        return NUMBERS
    shape = () if kind == "zero-dim" else (1,)
    return [module.ones(shape, dtype=getattr(module, name)) for name in dtypes]


def result_types(module: Any, first: str, second: str) -> list[str]:
    pairs = itertools.product(operands(module, first, COMPUTED), operands(module, second, COMPUTED))
    return [str(module.result_type(one, other)) for one, other in pairs if not half_and_complex(one, other)]


def sums(module: Any, first: str, second: str) -> list[str]:
    pairs = itertools.product(operands(module, first, COMPUTED), operands(module, second, COMPUTED))
    return [
        str((one + other).dtype)
        for one, other in pairs
        if not isinstance(one, complex) and not isinstance(other, complex)
    ]


def half_and_complex(one: Any, other: Any) -> bool:
    """Whether PyTorch's result is complex32, a dtype that flambeau does not have."""
    halves = [str(getattr(operand, "dtype", None)) == "torch.float16" for operand in (one, other)]
    return any(halves) and any(isinstance(operand, complex) for operand in (one, other))


@pytest.fixture(params=["float32", "float64"])
def both_defaults(request: pytest.FixtureRequest, torch: ModuleType) -> Any:
    """The default dtype of both modules."""
    for module in (torch, flambeau):
        module.set_default_dtype(getattr(module, request.param))
    yield request.param
    for module in (torch, flambeau):
        module.set_default_dtype(module.float32)


@pytest.mark.parametrize("function", ["promote_types", "can_cast"])
def test_pairs_of_dtypes(torch: ModuleType, function: str) -> None:
    def table(module: Any) -> list[str]:
        dtypes = [getattr(module, name) for name in DTYPES]
        return [f"{one} {other} {getattr(module, function)(one, other)}" for one in dtypes for other in dtypes]

    assert table(flambeau) == table(torch)


@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("first", KINDS)
def test_result_types(torch: ModuleType, both_defaults: str, first: str, second: str) -> None:
    assert result_types(flambeau, first, second) == result_types(torch, first, second)


@pytest.mark.parametrize(
    ("first", "second"), [pair for pair in itertools.product(KINDS, KINDS) if pair != ("number",) * 2]
)
def test_sums_have_the_promoted_dtype(torch: ModuleType, both_defaults: str, first: str, second: str) -> None:
    assert sums(flambeau, first, second) == sums(torch, first, second)


@pytest.mark.parametrize("number", NUMBERS[:3])
def test_numbers_that_do_not_fit_in_place(torch: ModuleType, number: Any) -> None:
    def outcomes(module: Any) -> list[str]:
        return [outcome(lambda x=x: str(x.add_(number).dtype)) for x in operands(module, "dimensioned", COMPUTED)]

    assert outcomes(flambeau) == outcomes(torch)


@pytest.mark.parametrize("arguments", [("float32",), ("int64", "float32"), ("complex64",), (None,)])
def test_the_default_is_a_floating_dtype(torch: ModuleType, arguments: tuple[Any, ...]) -> None:
    def outcome_of(module: Any) -> str:
        before = module.get_default_dtype()
        try:
            return outcome(lambda: module.set_default_dtype(*[name and getattr(module, name) for name in arguments]))
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
def test_arguments(torch: ModuleType, call: Any) -> None:
    assert outcome(lambda: call(flambeau)) == outcome(lambda: call(torch))


def outcome(call: Any) -> str:
    """The text of what a call gives, or the class of what it raises."""
    try:
        return str(call())
    except Exception as error:
        return type(error).__name__
