"""Bags of rows beside PyTorch's: modes, offsets, weights, padding, sparse gradients, and what is refused."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare, normal

import flambeau


def _bags(t: Any, seed: int) -> Any:
    draw = random.Random(seed)
    mode = draw.choice(["sum", "mean", "max"])
    options: dict[str, Any] = {"mode": mode, "padding_idx": draw.choice([None, 4, -2])}
    if mode != "max":
        options["sparse"] = draw.random() < 0.3
    if draw.random() < 0.3:
        options |= {"max_norm": 1.0, "norm_type": draw.choice([2.0, 1.0])}
    layer = t.nn.EmbeddingBag.from_pretrained(normal(t, 6, 3, seed=seed, grad=False), freeze=False, **options)
    rows = [draw.randrange(6) for _ in range(8)]
    weights = normal(t, 8, seed=4) if mode == "sum" and draw.random() < 0.5 else None
    if draw.random() < 0.5:
        input, offsets, weights = (
            t.tensor(rows).reshape(2, 4),
            None,
            weights if weights is None else weights.reshape(2, 4),
        )
    else:
        input, offsets = t.tensor(rows), t.tensor([0, 3, 3, 7])
        layer.include_last_offset = draw.random() < 0.3
    y = layer(input, offsets, weights)
    wanted = [layer.weight, *([] if weights is None else [weights])]
    grads = list(t.autograd.grad((y * y).sum(), wanted))
    grads[0] = grads[0].to_dense() if options.get("sparse") else grads[0]
    return [repr(layer), y, layer.weight, *grads]


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(60))
def test_bags_are_pytorchs(torch: ModuleType, backend: str, seed: int) -> None:
    compare(torch, lambda t: _bags(t, seed))


VARIANTS: dict[str, Any] = {
    "initial weights": lambda t: (t.manual_seed(2), t.nn.EmbeddingBag(4, 3, padding_idx=1).weight)[1],
    "repr": lambda t: repr(t.nn.EmbeddingBag(4, 3, 1.0, 3.0, True, "sum", padding_idx=-1)),
    "no bags": lambda t: _bag(t, [], []),
    "bags of nothing": lambda t: [_bag(t, [], [0, 0], mode=mode) for mode in ("sum", "mean", "max")],
    "all numbers": lambda t: list(t.embedding_bag(normal(t, 5, 3), t.tensor([0, 1, 2]), t.tensor([0, 2]), False, 2))[
        ::3
    ],
    "ints of 32 bits": lambda t: t.nn.functional.embedding_bag(
        t.tensor([0, 2], dtype=t.int32), normal(t, 5, 3), t.tensor([0], dtype=t.int32)
    ),
    "no padding": lambda t: t.nn.EmbeddingBag(4, 3, padding_idx=4),
    "a late start": lambda t: _bag(t, [0, 1], [1]),
    "an offset behind the end": lambda t: _bag(t, [0, 1], [0, 3]),
    "padding beyond the table": lambda t: _bag(t, [0, 1], [0], padding_idx=9),
    "floats": lambda t: t.nn.functional.embedding_bag(t.zeros(2), normal(t, 5, 3), t.tensor([0])),
    "a table of ints": lambda t: t.nn.functional.embedding_bag(
        t.tensor([0]), t.ones(5, 3, dtype=t.int64), t.tensor([0])
    ),
    "a vector as a table": lambda t: t.nn.functional.embedding_bag(t.tensor([0]), t.ones(5), t.tensor([0])),
    "no offsets": lambda t: t.nn.functional.embedding_bag(t.tensor([0]), t.ones(5, 3)),
    "an unknown mode": lambda t: _bag(t, [0], [0], mode="min"),
    "frequencies of maxima": lambda t: _bag(t, [0], [0], mode="max", scale_grad_by_freq=True),
    "sparse maxima": lambda t: _bag(t, [0], [0], mode="max", sparse=True),
    "weighted means": lambda t: _bag(t, [0], [0], mode="mean", per_sample_weights=t.ones(1)),
    "weights of another size": lambda t: _bag(t, [0], [0], mode="sum", per_sample_weights=t.ones(2)),
}


def _bag(t: Any, rows: list[int], offsets: list[int], **options: Any) -> Any:
    return t.nn.functional.embedding_bag(
        t.tensor(rows, dtype=t.int64), normal(t, 5, 3), t.tensor(offsets, dtype=t.int64), **options
    )


@pytest.mark.oracle
@pytest.mark.parametrize("name", VARIANTS)
def test_edges_and_errors_are_pytorchs(torch: ModuleType, name: str) -> None:
    compare(torch, VARIANTS[name])


def test_second_derivatives_are_those_of_the_sums() -> None:
    def bags(weight: Any, shares: Any) -> Any:
        rows, offsets = flambeau.tensor([0, 1, 1, 3]), flambeau.tensor([0, 2])
        return flambeau.nn.functional.embedding_bag(rows, weight, offsets, mode="sum", per_sample_weights=shares) ** 3

    assert flambeau.autograd.gradgradcheck(bags, (normal(flambeau, 5, 2), normal(flambeau, 4, seed=1)))


@pytest.mark.parametrize("row", [5, -1])
def test_a_row_that_is_none_is_refused(row: int) -> None:
    with pytest.raises(RuntimeError, match=f"Index 1 of input takes value {row} which is not in the valid range"):
        _bag(flambeau, [0, row], [0])


def test_gradients_are_divided_by_how_often_a_row_is_taken() -> None:
    table = flambeau.eye(5).requires_grad_()
    rows, offsets = flambeau.tensor([0, 1, 1, 4, 0, 0]), flambeau.tensor([0, 4])
    flambeau.nn.functional.embedding_bag(rows, table, offsets, mode="sum", scale_grad_by_freq=True).sum().backward()
    assert table.grad is not None
    assert table.grad[:, 0].tolist() == [1.0, 1.0, 0.0, 0.0, 1.0]


def test_a_table_that_is_given_trains_only_if_told_to() -> None:
    table = flambeau.ones(3, 2)
    assert not flambeau.nn.EmbeddingBag.from_pretrained(table).weight.requires_grad
    assert flambeau.nn.EmbeddingBag.from_pretrained(table, freeze=False).weight.requires_grad


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2)])
def test_the_table_has_two_dims(shape: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeError, match=f"weight has to be a 2D Tensor, but got Tensor of dimension {len(shape)}"):
        flambeau.embedding_bag(flambeau.zeros(shape), flambeau.tensor([0]), flambeau.tensor([0, 3]))
