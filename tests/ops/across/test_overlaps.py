"""Writes where elements share memory are refused in PyTorch's words, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

_PARTLY: dict[str, Callable[[Any], Any]] = {
    "copy_": lambda x: x[1:].copy_(x[:-1]),
    "add_": lambda x: x[:-1].add_(x[1:]),
    "add_ of a row": lambda x: x.add_(x[:1]),
    "add_ of the transpose": lambda x: x[:4].view(2, 2).add_(x[:4].view(2, 2).t()),
    "lerp_": lambda x: x[1:].lerp_(x[:-1], 0.5),
    "index_copy_": lambda x: x.index_copy_(0, flambeau.tensor([1, 2]), x[:2]),
    "scatter_add_": lambda x: x.scatter_add_(0, flambeau.tensor([1, 2]), x[:2]),
    "setitem": lambda x: x.__setitem__(slice(1, None), x[:-1]),
    "out of exp": lambda x: flambeau.exp(x[:-1], out=x[1:]),
    "out of cumsum": lambda x: flambeau.cumsum(x[:-1], 0, out=x[1:]),
}


@pytest.mark.parametrize("name", _PARTLY)
def test_an_operand_may_not_share_a_part_of_what_is_written(name: str) -> None:
    x = flambeau.arange(6.0)
    with pytest.raises(
        RuntimeError, match="some elements of the input tensor and the written-to tensor refer to a single"
    ):
        _PARTLY[name](x)
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("name", ["exp", "neg", "floor"])
def test_out_may_not_be_an_expanded_tensor(name: str) -> None:
    x = flambeau.zeros(1, 3)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single memory"):
        getattr(flambeau, name)(flambeau.ones(2, 3), out=x.expand(2, 3))
    assert x.tolist() == [[0.0, 0.0, 0.0]]


def test_the_same_memory_in_the_same_order_and_other_places_may_be_operands() -> None:
    x = flambeau.arange(6.0)
    assert x[:3].add_(x[3:]).tolist() == [3.0, 5.0, 7.0]
    assert x[:3].mul_(x[:3]).tolist() == [9.0, 25.0, 49.0]
    assert x.view(2, 3)[:, 0].add_(x.view(2, 3)[:, 1]).tolist() == [34.0, 7.0]
    assert flambeau.sum(x.view(2, 3), 1, out=x[:2]).tolist() == [108.0, 16.0]
