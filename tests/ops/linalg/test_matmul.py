"""Products of many matrices with one: one product of all rows, in the forward and in the backward pass."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

SHAPES = [(2, 3, 4), (2, 5, 3, 4), (0, 3, 4), (2, 0, 4), (1, 1, 4)]


def _products(t: Any, shape: tuple[int, ...], kind: str) -> list[Any]:
    x = t.arange(float(flambeau.Size(shape).numel())).reshape(shape).requires_grad_()
    weight, bias = t.arange(20.0).reshape(5, 4).requires_grad_(), t.arange(5.0).requires_grad_()
    turned = x.transpose(0, 1)
    result = {
        "linear": lambda: t.nn.functional.linear(turned, weight, bias),
        "without bias": lambda: t.nn.functional.linear(x, weight),
        "matrix": lambda: x @ weight.t(),
        "vector": lambda: turned @ weight[1],
    }[kind]()
    slope = t.arange(float(result.numel())).reshape(result.shape)
    return [result.detach(), *t.autograd.grad(result, [x, weight], slope)]


@pytest.mark.oracle
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["linear", "without bias", "matrix", "vector"])
def test_products_of_many_rows_beside_pytorch(shape: tuple[int, ...], kind: str) -> None:
    torch = pytest.importorskip("torch")
    for ours, theirs in zip(_products(flambeau, shape, kind), _products(torch, shape, kind), strict=True):
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert ours.tolist() == theirs.tolist()
        assert ours.stride() == theirs.stride() or not ours.numel() or kind in ("matrix", "vector")


def test_there_is_one_product(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels, shapes = flambeau.ones(1)._type.kernels, []
    multiply = kernels.matmul

    def noted(a: Any, b: Any) -> Any:
        shapes.append((a.shape, b.shape))
        return multiply(a, b)

    monkeypatch.setattr(kernels, "matmul", noted)
    monkeypatch.setattr(kernels, "addmm", None)
    layer = flambeau.nn.Linear(4, 5)
    result = layer(flambeau.ones(2, 3, 4, requires_grad=True))
    result.sum().backward()
    assert shapes == [((6, 4), (4, 5)), ((6, 5), (5, 4)), ((5, 6), (6, 4))]


def test_a_graph_as_in_pytorch() -> None:
    result = flambeau.nn.Linear(4, 5)(flambeau.ones(2, 3, 4))
    assert result.grad_fn is not None
    assert result.grad_fn.name() == "ViewBackward0"
    assert result.grad_fn.next_functions[0][0].name() == "AddmmBackward0"
