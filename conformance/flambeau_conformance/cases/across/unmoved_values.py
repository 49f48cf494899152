"""Functions at what they leave as it is: the result is a tensor of its own, not the argument; a number is the same."""

import math
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .own_memory import expect_a_copy

_INF = math.inf
_EYE = [[1.0, 0.0], [0.0, 1.0]]

_CALLS: dict[str, tuple[list[Any], Any, tuple[str, ...]]] = {
    "log": ([_INF, _INF], lambda t, x: t.log(x), ()),
    "log_ndtr": ([-_INF, -_INF], lambda t, x: t.special.log_ndtr(x), ()),
    "logaddexp": ([1.0, 2.0], lambda t, x: t.logaddexp(x, t.tensor(-_INF)), ()),
    "logaddexp2": ([1.0, 2.0], lambda t, x: t.logaddexp2(x, t.tensor(-_INF)), ()),
    "inverse": (_EYE, lambda t, x: t.inverse(x), ("linalg",)),
}


def _declare(name: str, elements: list[Any], call: Any, needs: tuple[str, ...]) -> None:
    @case(f"{name}/alias/fixed-points/-", dtypes=("float32",), extensions=needs)
    def check(subject: Subject) -> None:
        expect_a_copy(subject, elements, call)


for _name, _entry in _CALLS.items():
    _declare(_name, *_entry)


@case("adjoint/alias/fixed-points/-", dtypes=("complex64",))
def _hermitian(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([[1, 2j], [-2j, 3]])
    result = t.adjoint(x)
    expect(bool((result == x).all()), f"the adjoint is {result}")
    expect(result is not x, "the adjoint of a Hermitian matrix is the matrix itself")


@case("sum_to_size/alias/of-a-view/-", dtypes=("float32",))
def _of_a_view(subject: Subject) -> None:
    """Where there is nothing to sum, no element moves: the memory of a view is still that of its base."""
    t = subject.torch
    base = t.zeros(6)
    base.view(2, 3).sum_to_size(2, 3).fill_(1)
    expect_equal(base.tolist(), [1.0] * 6, "the base after a write to what was summed to its own size")


@case("item/special/numbers/-", dtypes=("float16", "bfloat16", "float32", "float64"))
def _as_a_number(subject: Subject) -> None:
    """A number comes out of a tensor as it went in, wherever it lies."""
    t = subject.torch
    for dtype in (t.float16, t.bfloat16, t.float32, t.float64):
        for number in (_INF, -_INF, math.nan, 0.0, -0.0, 1.5, -1.0, 2.0**-14):
            for tensor in (
                t.tensor(number, dtype=dtype),
                t.tensor([[number]], dtype=dtype),
                t.tensor([1.0, number], dtype=dtype)[1],
            ):
                expect_equal(repr(tensor.item()), repr(number), f"the number of {tensor}")
