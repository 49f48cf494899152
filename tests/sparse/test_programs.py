"""Programs drawn at random, on sparse tensors and on strided ones: values, gradients, and gradients of these."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest

import flambeau as torch

Pair: TypeAlias = tuple[torch.Tensor, torch.Tensor]
"""A sparse tensor and the strided one with the same elements."""

LAYOUTS = (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)


class Drawing:
    """What a program is drawn from.

    Attributes:
        weights: the strided tensors that it has given, which require gradients.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.weights: list[torch.Tensor] = []
        torch.manual_seed(seed)

    def matrix(self, rows: int, columns: int) -> torch.Tensor:
        """A matrix about a third of whose elements are not zero."""
        numbers = (-2.0, -1.0, 0.5, 1.0, 1.5, 3.0)
        drawn = [
            [self.random.choice(numbers) if self.random.random() < 0.35 else 0.0 for _ in range(columns)]
            for _ in range(rows)
        ]
        return torch.tensor(drawn, dtype=torch.float64)

    def strided(self, *size: int) -> torch.Tensor:
        """A strided tensor."""
        self.weights.append(torch.randn(*size, dtype=torch.float64, requires_grad=True))
        return self.weights[-1]

    def converted(self, tensor: torch.Tensor) -> Any:
        """A tensor in one of the layouts, with blocks that divide it."""
        layout = self.random.choice(LAYOUTS)
        if layout in LAYOUTS[:3]:
            return tensor.to_sparse(layout=layout)
        block = [self.random.choice([size for size in (1, 2, 3) if length % size == 0]) for length in tensor.shape]
        return tensor.to_sparse(layout=layout, blocksize=block)

    def beside(self, pair: Pair, function: Callable[[Any, Any], Any], rows: int, columns: int) -> Pair:
        """A function of both and of a drawn matrix, sparse for the one and strided for the other."""
        other = self.matrix(rows, columns)
        return function(pair[0], self.converted(other)), function(pair[1], other)

    def size(self, choices: Sequence[int]) -> int:
        """One of several sizes."""
        return self.random.choice(choices)


def _both(function: Callable[[Any], Any]) -> Callable[[Drawing, Pair], Pair]:
    return lambda drawing, pair: (function(pair[0]), function(pair[1]))


def _times_strided(drawing: Drawing, pair: Pair) -> Pair:
    other = drawing.strided(*pair[1].shape)
    return pair[0] * other, pair[1] * other


def _selected(drawing: Drawing, pair: Pair) -> Pair:
    columns = pair[1].shape[1]
    index = torch.tensor([drawing.random.randrange(columns) for _ in range(drawing.size((1, 2, 4)))])
    return pair[0].index_select(1, index), pair[1].index_select(1, index)


def _rows_from(drawing: Drawing, pair: Pair) -> Pair:
    first = drawing.random.randrange(pair[1].shape[0])
    return pair[0][first:], pair[1][first:]


STEPS: dict[str, Callable[[Drawing, Pair], Pair]] = {
    "convert": lambda drawing, pair: (drawing.converted(pair[0]), pair[1]),
    "coalesce": lambda drawing, pair: (pair[0].to_sparse_coo().coalesce(), pair[1]),
    "clone": _both(lambda x: x.clone()),
    "transpose": _both(lambda x: x.t()),
    "neg": _both(lambda x: -x),
    "abs": _both(lambda x: x.abs()),
    "sin": _both(lambda x: x.sin()),
    "number": _both(lambda x: x * 2.5),
    "quotient": _both(lambda x: x / 2),
    "twice": _both(lambda x: x + x),
    "square": _both(lambda x: x * x),
    "joined": _both(lambda x: torch.cat([x, x], 1)),
    "sum": _both(lambda x: x.sum(0, keepdim=True)),
    "rows": _rows_from,
    "columns": _selected,
    "plus": lambda drawing, pair: drawing.beside(pair, lambda x, y: x + y, *pair[1].shape),
    "minus": lambda drawing, pair: drawing.beside(pair, lambda x, y: y - x, *pair[1].shape),
    "times": lambda drawing, pair: drawing.beside(pair, lambda x, y: x * y, *pair[1].shape),
    "times-strided": _times_strided,
    "matmul": lambda drawing, pair: drawing.beside(pair, lambda x, y: x @ y, pair[1].shape[1], drawing.size((2, 3, 4))),
    "matmul-left": lambda drawing, pair: drawing.beside(
        pair, lambda x, y: y @ x, drawing.size((2, 3, 6)), pair[1].shape[0]
    ),
}


def _product(drawing: Drawing, pair: Pair) -> Pair:
    weight = drawing.strided(pair[1].shape[1], 2)
    return (pair[0] @ weight).sin().sum(), (pair[1] @ weight).sin().sum()


def _product_left(drawing: Drawing, pair: Pair) -> Pair:
    weight = drawing.strided(2, pair[1].shape[0])
    return (weight @ pair[0]).square().sum(), (weight @ pair[1]).square().sum()


def _vector(drawing: Drawing, pair: Pair) -> Pair:
    weight = drawing.strided(pair[1].shape[1])
    return torch.mv(pair[0], weight).tanh().sum(), torch.mv(pair[1], weight).tanh().sum()


ENDS: dict[str, Callable[[Drawing, Pair], Pair]] = {
    "sum": _both(lambda x: x.sum()),
    "squares": _both(lambda x: (x * x).sum()),
    "dense": _both(lambda x: (x.to_dense() ** 2).sum()),
    "product": _product,
    "product-left": _product_left,
    "vector": _vector,
}


def _same(found: torch.Tensor | None, expected: torch.Tensor | None, like: torch.Tensor) -> bool:
    found = like * 0 if found is None else found.detach().to_dense()
    expected = like * 0 if expected is None else expected.detach()
    return torch.allclose(found, expected, rtol=1e-7, atol=1e-8)


def _check_program(seed: int) -> None:
    drawing = Drawing(seed)
    base = drawing.matrix(drawing.size((1, 2, 3, 4, 6)), drawing.size((1, 2, 3, 6)))
    leaf, twin = drawing.converted(base).requires_grad_(), base.clone().requires_grad_()
    stored = leaf.detach().with_values(torch.ones_like(leaf.detach()._values_)).to_dense()
    pair: Pair = leaf, twin
    program = []
    for _ in range(drawing.random.randrange(6)):
        program.append(drawing.random.choice(list(STEPS)))
        pair = STEPS[program[-1]](drawing, pair)
        assert pair[0].shape == pair[1].shape, (seed, program)
        assert _same(pair[0], pair[1], pair[1].detach()), (seed, program)
        if pair[1].numel() > 2000:
            break
    program.append(drawing.random.choice(list(ENDS)))
    found, expected = ENDS[program[-1]](drawing, pair)
    assert _same(found, expected, expected.detach()), (seed, program)
    grad, *grads = torch.autograd.grad(found, [leaf, *drawing.weights], create_graph=True, allow_unused=True)
    known, *known_grads = torch.autograd.grad(expected, [twin, *drawing.weights], create_graph=True)
    assert _same(grad, known * stored, base), (seed, program)
    for weight, one, other in zip(drawing.weights, grads, known_grads, strict=True):
        assert _same(one, other, weight.detach()), (seed, program)
    if grad is None or not grad.requires_grad:
        return
    assert grad.layout is leaf.layout
    weight = drawing.strided(*base.shape).detach() * stored
    (second,) = torch.autograd.grad((grad.to_dense() * weight).sum(), leaf, allow_unused=True)
    (second_known,) = torch.autograd.grad((known * weight).sum(), twin, allow_unused=True)
    assert _same(second, None if second_known is None else second_known * stored, base), (seed, program)


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_as_on_strided_tensors(first: int) -> None:
    for seed in range(first, first + 50):
        _check_program(seed)


def test_on_a_backend_without_sparse_kernels() -> None:
    with torch.use_backend("minimal"):
        for seed in range(1000, 1060):
            _check_program(seed)
