"""Embedding, its sparse gradients and the optimizers that take them, compared with PyTorch's."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle


def _layer(m: Any, **options: Any) -> Any:
    table = m.arange(15.0).reshape(5, 3) / 10
    return m.nn.Embedding(5, 3, _weight=table, **options)


def _trained(m: Any, optimizer: Any, steps: int = 3, **options: Any) -> Any:
    layer = _layer(m, sparse=True, **options)
    chosen = optimizer(layer.parameters())
    for step in range(steps):
        chosen.zero_grad()
        found = layer(m.tensor([[1, 2, 1], [4, 0, step]]))
        (found * found).sum().backward()
        chosen.step()
    return layer.weight


def _outcome(module: Any, program: Any) -> Any:
    try:
        return str(program(module))
    except Exception as error:
        return error


PROGRAMS = {
    "text": lambda m: (m.nn.Embedding(4, 2, padding_idx=-1, max_norm=2.0, sparse=True), m.nn.Embedding(3, 2)),
    "lookup": lambda m: _layer(m)(m.tensor([[1, 2], [4, 4]])),
    "int32": lambda m: _layer(m)(m.tensor([1, 2], dtype=m.int32)),
    "scalar": lambda m: _layer(m)(m.tensor(1)),
    "none": lambda m: _layer(m)(m.zeros(0, 2, dtype=m.int64)).shape,
    "outside": lambda m: _layer(m)(m.tensor([5])),
    "negative": lambda m: _layer(m)(m.tensor([-1])),
    "floats": lambda m: _layer(m)(m.tensor([1.0])),
    "max norm": lambda m: (lambda layer: (layer(m.tensor([4, 1, 4])), layer.weight))(_layer(m, max_norm=1.0)),
    "drawn": lambda m: (m.manual_seed(3), m.nn.Embedding(3, 4, padding_idx=1).weight)[1],
    "frozen": lambda m: m.nn.Embedding.from_pretrained(m.ones(2, 2)).weight.requires_grad,
    "SGD": lambda m: _trained(m, lambda p: m.optim.SGD(p, lr=0.1)),
    "SGD momentum": lambda m: _trained(m, lambda p: m.optim.SGD(p, lr=0.1, momentum=0.9)),
    "SGD nesterov": lambda m: _trained(m, lambda p: m.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, maximize=True)),
    "SparseAdam": lambda m: _trained(m, lambda p: m.optim.SparseAdam(list(p), lr=0.1)),
    "SparseAdam padded": lambda m: _trained(m, lambda p: m.optim.SparseAdam(list(p), lr=0.1, maximize=True), padding_idx=1),
    "Adam": lambda m: _trained(m, lambda p: m.optim.Adam(p)),
    "SparseAdam dense": lambda m: (lambda x: (x.sum().backward(), m.optim.SparseAdam([x]).step()))(m.ones(2).requires_grad_()),
    "SparseAdam sparse": lambda m: m.optim.SparseAdam([m.eye(2).to_sparse().requires_grad_()]),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_pytorch(name: str) -> None:
    found, expected = (_outcome(m, PROGRAMS[name]) for m in (flambeau, torch))
    if isinstance(expected, Exception):
        assert isinstance(found, (type(expected), RuntimeError)), found
    else:
        assert found == expected


@pytest.mark.parametrize("options", [{}, {"padding_idx": 1}, {"scale_grad_by_freq": True}, {"sparse": True},
                                     {"sparse": True, "padding_idx": 4}])  # fmt: skip
def test_gradients(options: dict[str, Any]) -> None:
    found = []
    for m in (flambeau, torch):
        layer = _layer(m, **options)
        rows = layer(m.tensor([[1, 2, 1], [4, 0, 4]]))
        (rows * m.arange(18.0).reshape(2, 3, 3)).sum().backward()
        layer(m.tensor([2])).sum().backward()
        found.append((str(layer.weight.grad.layout), layer.weight.grad.to_dense().tolist()))
    assert found[0] == found[1]


def test_a_sparse_gradient_takes_memory_for_what_was_looked_up() -> None:
    layer = flambeau.nn.Embedding(100_000, 8, sparse=True)
    layer(flambeau.tensor([7, 99_999, 7])).sum().backward()
    gradient = layer.weight.grad
    assert gradient._nnz() == 3
    assert gradient.coalesce().indices().tolist() == [[7, 99_999]]


def test_sparse_and_dense_gradients_add_up() -> None:
    table = flambeau.ones(3, 2).requires_grad_()
    look_up = flambeau.nn.functional.embedding
    for dense_first in (True, False):
        table.grad = None
        terms = [lambda: (table * 2).sum(), lambda: look_up(flambeau.tensor([1]), table, sparse=True).sum()]
        for term in terms if dense_first else reversed(terms):
            term().backward()
        assert table.grad.tolist() == [[2.0, 2.0], [3.0, 3.0], [2.0, 2.0]]
    table.grad = None
    (terms[0]() + terms[1]() + terms[1]()).backward()
    assert table.grad.tolist() == [[2.0, 2.0], [4.0, 4.0], [2.0, 2.0]]


def test_second_order_through_sparse_gradients() -> None:
    def looked_up(table: Any) -> Any:
        return flambeau.nn.functional.embedding(flambeau.tensor([1, 0, 1]), table, sparse=True).sin()

    table = (flambeau.arange(6.0, dtype=flambeau.float64).reshape(3, 2) / 7).requires_grad_()
    (gradient,) = flambeau.autograd.grad(looked_up(table).sum(), table, create_graph=True)
    assert gradient.is_sparse
    (second,) = flambeau.autograd.grad((gradient * gradient).sum(), table)
    dense = second.to_dense()
    times = flambeau.tensor([[1.0], [2.0], [0.0]], dtype=flambeau.float64)
    expected = -2 * times * times * table.detach().sin() * table.detach().cos()
    assert flambeau.allclose(dense, expected)


def test_sparse_leaves_are_optimised_by_their_values() -> None:
    leaf = flambeau.eye(3).to_sparse_csr().requires_grad_()
    optimizer = flambeau.optim.SGD([leaf], lr=0.5)
    (leaf @ flambeau.ones(3, 1)).sum().backward()
    optimizer.step()
    assert leaf.values().tolist() == [0.5, 0.5, 0.5]
    optimizer.zero_grad()
    assert leaf.grad is None
    assert optimizer.state_dict()["param_groups"][0]["params"] == [0]


def test_a_padding_row_that_is_none() -> None:
    with pytest.raises(AssertionError, match="got 2 for 2 rows"):
        flambeau.nn.functional.embedding(flambeau.tensor([1]), flambeau.ones(2, 2), padding_idx=2)
