"""Gradients of products of a sparse and a strided matrix: in every dtype, of strange elements, and a second time.

The stored elements stand in (0, 0), (0, 1) and (1, 0) of a matrix of 2 × 2; what must come out is summed up in plain Python.
"""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from ...checks import expect, expect_equal, quietly
from ...declare import case
from ...model import NotClaimedError
from ...subject import Subject

_ROWS, _COLUMNS, _STARTS = [0, 0, 1], [0, 1, 0], [0, 2, 3]

_LAYOUTS: dict[str, Callable[[Any, Any], Any]] = {
    "coo": lambda t, values: t.sparse_coo_tensor(t.tensor([_ROWS, _COLUMNS]), values, (2, 2)),
    "csr": lambda t, values: t.sparse_csr_tensor(t.tensor(_STARTS), t.tensor(_COLUMNS), values, (2, 2)),
    "csc": lambda t, values: t.sparse_csc_tensor(t.tensor(_STARTS), t.tensor(_COLUMNS), values, (2, 2)),
}
"""Of a vector of elements; column by column the numbers that are those of rows else are those of columns."""

_OPERANDS = (
    ([2.0, -25.0, 0.0], [[1.0, -2.0, 0.0], [30.0, 0.5, -1.0]]),
    ([inf, -25.0, -inf], [[1.0, inf, -2.0], [-1.0, 0.0, 3.0]]),
    ([1.0, -inf, 3.0], [[-inf, 4.0, inf], [30.0, 0.5, -1.0]]),
)
_INCOMING = [[1.0, 2.0, -3.0], [4.0, -1.0, 5.0]]


def _attempt(subject: Subject, call: Callable[[], Any]) -> Any:
    """What the call gives; where PyTorch is on trial, what it does not have is not held against it."""
    try:
        return quietly(call)
    except RuntimeError as error:
        if subject.manifest is None:
            raise NotClaimedError(str(error)) from error
        raise


def _added(products: list[float]) -> float:
    return sum(products) + 0.0


def _check(subject: Subject, layout: str, dtype: str) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    rows, columns = (_COLUMNS, _ROWS) if layout == "csc" else (_ROWS, _COLUMNS)
    places = list(zip(rows, columns, strict=True))
    for elements, numbers in _OPERANDS:
        of_values = [_added([a * b for a, b in zip(_INCOMING[row], numbers[column], strict=True)])
                     for row, column in places]  # fmt: skip
        of_dense = [
            [_added([element * _INCOMING[row][each] for element, (row, its) in zip(elements, places, strict=True)
                     if its == column]) for each in range(3)]
            for column in range(2)
        ]  # fmt: skip
        for moving in (True, False):  # whether the strided matrix requires a gradient too
            values = t.tensor(elements, dtype=kind, requires_grad=True)
            dense = t.tensor(numbers, dtype=kind, requires_grad=moving)
            wanted = ((values, of_values), (dense, of_dense))[: 1 + moving]
            product = _attempt(subject, lambda: _LAYOUTS[layout](t, values) @ dense)  # noqa: B023
            grads = t.autograd.grad(product, [each for each, _ in wanted], t.tensor(_INCOMING, dtype=kind))
            for found, (_, expected) in zip(grads, wanted, strict=True):
                expect_equal(str(found.dtype), f"torch.{dtype}", "the dtype of a gradient")
                expect_equal(repr((found + 0.0).tolist()), repr(expected), f"a gradient of {elements} and {numbers}")


def _check_second(subject: Subject, layout: str) -> None:
    t = subject.torch
    values, dense = (t.tensor(each, dtype=t.float64, requires_grad=True) for each in _OPERANDS[0])
    call = partial(t.autograd.gradgradcheck, lambda values, dense: _LAYOUTS[layout](t, values) @ dense, (values, dense))
    expect(_attempt(subject, call), "the second derivatives are wrong")


for _layout in _LAYOUTS:
    for _dtype in ("float64", "float32", "float16", "bfloat16"):
        case(f"sparse/gradient/products-{_layout}-special/{_dtype}", dtypes=(_dtype, "int64"))(
            partial(_check, layout=_layout, dtype=_dtype)
        )
    case(f"sparse/second-gradient/products-{_layout}/float64", dtypes=("float64", "int64"))(
        partial(_check_second, layout=_layout)
    )
