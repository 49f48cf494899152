"""``out=`` of another shape than the result: what overlaps an operand is refused, and what shares memory goes on sharing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch

pytestmark = pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")

_OVERLAPPING: dict[str, Callable[[Any, Any], Any]] = {
    "add into a row": lambda a, b: torch.add(a, b, out=a[0]),
    "add, shifted": lambda a, b: torch.add(a, b, out=a.view(-1)[1:]),
    "exp into a vector": lambda a, b: torch.exp(a, out=a.view(-1)),
    "exp of a row": lambda a, b: torch.exp(a[0], out=a),
    "eq into a row": lambda a, b: torch.eq(a, b, out=a[0]),
    "where": lambda a, b: torch.where(a > 2, a, b, out=a[0]),
    "clamp": lambda a, b: torch.clamp(a, 1, 2, out=a[0]),
    "lerp": lambda a, b: torch.lerp(a, b, 0.5, out=a[0]),
    "index_select": lambda a, b: torch.index_select(a, 0, torch.tensor([0, 1]), out=a),
    "gather": lambda a, b: torch.gather(a, 0, torch.tensor([[0, 1, 2]]), out=a),
    "cat": lambda a, b: torch.cat([a, b], out=a),
    "stack": lambda a, b: torch.stack([a, b], out=a),
    "take": lambda a, b: torch.take(a, torch.tensor([0, 1]), out=a),
    "masked_select": lambda a, b: torch.masked_select(a, a > 3, out=a.view(-1)),
    "kron": lambda a, b: torch.kron(a, b, out=a),
    "outer": lambda a, b: torch.outer(a[0], b[0], out=a[0]),
    "outer of a row": lambda a, b: torch.outer(a[0], b[0], out=a),
}


@pytest.mark.parametrize("name", _OVERLAPPING)
def test_a_part_of_an_operand_is_no_target(name: str) -> None:
    a, b = torch.arange(9.0).view(3, 3), torch.ones(3, 3)
    with pytest.raises(RuntimeError, match="some elements of the input tensor and the written-to tensor refer to"):
        _OVERLAPPING[name](a, b)
    assert a.tolist() == torch.arange(9.0).view(3, 3).tolist()


def test_other_parts_and_all_of_an_operand_are_targets() -> None:
    a = torch.arange(9.0).view(3, 3)
    torch.mul(a[0], 2, out=a[1:])
    assert a.tolist() == [[0.0, 1.0, 2.0], [0.0, 2.0, 4.0], [6.0, 7.0, 8.0]]
    torch.sum(a, 0, out=a[2])
    assert a[2].tolist() == [6.0, 10.0, 14.0]


def test_a_view_that_grows_writes_to_the_memory_of_its_base() -> None:
    base = torch.zeros(8)
    view = base[2:4]
    torch.mul(torch.ones(4), 2, out=view)
    assert base.tolist() == [0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 0.0, 0.0]
    view.add_(1)
    assert base[2:6].tolist() == [3.0, 3.0, 3.0, 3.0]


def test_views_and_bases_follow_into_larger_memory() -> None:
    base = torch.zeros(4)
    view, other = base[1:3], base[2:]
    torch.mul(torch.ones(6), 2, out=view)
    assert base.tolist() == [0.0, 2.0, 2.0, 2.0]
    other.fill_(5)
    assert base.tolist() == [0.0, 2.0, 5.0, 5.0]
    assert view.tolist() == [2.0, 5.0, 5.0, 2.0, 2.0, 2.0]
    base.resize_(10).fill_(7)
    assert (view.tolist(), other.tolist()) == ([7.0] * 6, [7.0, 7.0])


def test_a_transposed_view_that_grows_takes_its_base_along() -> None:
    base = torch.zeros(2, 3)
    row = base[1]
    base.t().resize_(3, 4).fill_(5)
    assert base.tolist() == [[5.0] * 3] * 2
    row.fill_(6)
    assert base.tolist() == [[5.0] * 3, [6.0] * 3]
