"""Sparse tensors as parameters and buffers of modules."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import flambeau as torch
from flambeau.errors import UnsupportedLayoutError

LAYOUTS = ["sparse_coo", "sparse_csr", "sparse_csc"]


class Graph(torch.nn.Module):
    """A convolution on a graph whose edges have learned strengths."""

    def __init__(self, edges: torch.Tensor) -> None:
        super().__init__()
        self.edges = torch.nn.Parameter(edges)
        self.register_buffer("pattern", edges.detach() != 0)
        self.linear = torch.nn.Linear(2, 1)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Gather from the neighbours."""
        mixed: torch.Tensor = self.linear(self.edges @ input)
        return mixed


def _graph(layout: str) -> Graph:
    torch.manual_seed(0)
    return Graph(torch.tensor([[0.0, 1.0], [2.0, 0.0]]).to_sparse(layout=getattr(torch, layout)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_sparse_parameter_is_one(layout: str) -> None:
    model = _graph(layout)
    assert [name for name, _ in model.named_parameters()] == ["edges", "linear.weight", "linear.bias"]
    assert isinstance(model.edges, torch.nn.Parameter)
    assert repr(model.edges).startswith("Parameter containing:\ntensor(")
    assert model.edges.is_leaf
    assert model.edges.layout is getattr(torch, layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_it_learns_and_keeps_its_pattern(layout: str, optimizer: Any) -> None:
    model, dense = _graph(layout), _graph(layout)
    dense.edges = torch.nn.Parameter(dense.edges.to_dense().detach())
    input = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    for each in (model, dense):
        stepping = optimizer(each.parameters(), lr=0.1)
        for _ in range(3):
            stepping.zero_grad()
            (each(input) - 1).square().sum().backward()
            stepping.step()
            with torch.no_grad():  # what is not stored does not learn
                if not each.edges._sparse:
                    each.edges.mul_(each.pattern.to_dense())
    assert model.edges._nnz() == 2
    assert torch.allclose(model.edges.to_dense(), dense.edges, rtol=1e-5)
    assert model.edges.grad is not None
    assert model.edges.grad.layout is model.edges.layout


@pytest.mark.parametrize("layout", LAYOUTS)
def test_modules_with_sparse_state_are_converted_in_place(layout: str) -> None:
    model = _graph(layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.ones(2, 2)).sum().backward()
    kept = model.edges
    model.double()
    assert model.edges is kept
    assert (model.edges.dtype, model.edges.grad.dtype, model.pattern.dtype) == (
        torch.float64,
        torch.float64,
        torch.bool,
    )
    before = model.edges.to_dense().detach()
    optimizer.step()
    assert not torch.equal(model.edges.to_dense(), before)
    assert model.to("cpu").edges.layout is getattr(torch, layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_modules_with_sparse_state_are_copied(layout: str, twin_of: Any) -> None:
    model = _graph(layout)
    twin = twin_of(model)
    assert isinstance(twin.edges, torch.nn.Parameter)
    assert twin.edges.layout is model.edges.layout
    with torch.no_grad():
        twin.edges.zero_()
    assert model.edges._nnz() == 2


@pytest.mark.parametrize("layout", LAYOUTS)
def test_state_goes_from_module_to_module(layout: str) -> None:
    model, other = _graph(layout), _graph(layout)
    with torch.no_grad():
        model.edges.mul_(5)
    assert sorted(model.state_dict()) == ["edges", "linear.bias", "linear.weight", "pattern"]
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.edges.detach(), model.edges.detach())
    assert isinstance(other.edges, torch.nn.Parameter)


def test_a_buffer_may_be_sparse() -> None:
    module = torch.nn.Module()
    module.links = torch.nn.Buffer(torch.eye(2).to_sparse(), persistent=False)
    assert list(dict(module.named_buffers())) == ["links"]
    assert not module.state_dict()
    assert repr(module.links).startswith("tensor(indices=")


def test_data_has_the_layout_that_it_replaces() -> None:
    tensor = torch.eye(2).to_sparse().requires_grad_()
    tensor.data = torch.ones(2, 2).to_sparse()
    assert tensor._nnz() == 4
    assert tensor.is_leaf
    assert tensor.requires_grad
    with pytest.raises(RuntimeError, match="cannot have data of layout torch.strided"):
        tensor.data = torch.ones(2, 2)


def test_a_subclass_of_parameters_says_that_it_is_strided() -> None:
    class Scale(torch.nn.Parameter):
        pass

    with pytest.raises(UnsupportedLayoutError, match=r"Scale is made of strided tensors.*to_dense\(\)"):
        Scale(torch.eye(2).to_sparse())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_weight_of_a_linear_layer_may_be_sparse(layout: str) -> None:
    layer, dense = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    dense.load_state_dict(layer.state_dict())
    layer.weight = torch.nn.Parameter(layer.weight.detach().to_sparse(layout=getattr(torch, layout)))
    input = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
    for each in (layer, dense):
        each(input).square().sum().backward()
    assert torch.allclose(layer(input), dense(input))
    assert torch.allclose(layer.weight.grad.to_dense(), dense.weight.grad)
    assert torch.allclose(layer.bias.grad, dense.bias.grad)
