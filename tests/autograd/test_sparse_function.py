"""Functions of a program's own that take, keep and give sparse tensors."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau as torch

INDICES = [[0, 1, 1], [1, 0, 1]]


class SparseProduct(torch.autograd.Function):
    """A product with a matrix that is made of its indices and values, as programs for graphs have it."""

    @staticmethod
    def forward(ctx: Any, indices: Any, values: Any, shape: Any, dense: Any) -> Any:
        sparse = torch.sparse_coo_tensor(indices, values, shape)
        ctx.save_for_backward(sparse, dense)
        return torch.matmul(sparse, dense)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        sparse, dense = ctx.saved_tensors
        rows, columns = sparse._indices()
        return None, (grad @ dense.t())[rows, columns], None, sparse.t() @ grad


class Squares(torch.autograd.Function):
    """From sparse to sparse."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return input * input

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * input * 2


class Dense(torch.autograd.Function):
    """From sparse to strided, with a gradient of any shape."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: Any) -> Any:
        ctx.shape = shape
        return input.to_dense()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return torch.ones(*ctx.shape) * 5, None


def test_a_sparse_tensor_that_forward_makes_is_kept_for_backward() -> None:
    indices = torch.tensor(INDICES)
    results = []
    for function in (SparseProduct.apply, lambda i, v, shape, d: torch.sparse_coo_tensor(i, v, shape) @ d):
        values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        dense = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        function(indices, values, (2, 2), dense).square().sum().backward()
        results.append([values.grad.tolist(), dense.grad.tolist()])
    assert results[0] == results[1]


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr, torch.sparse_csc])
def test_gradients_of_sparse_arguments_and_outputs_have_their_pattern(layout: Any) -> None:
    leaf = torch.tensor([[0.0, 3.0], [2.0, 0.0]]).to_sparse(layout=layout).requires_grad_()
    made = Squares.apply(leaf)
    assert made.layout is layout
    assert made.grad_fn.name() == "SquaresBackward"
    (made.to_dense() * 10).sum().backward()
    assert leaf.grad.layout is layout
    assert leaf.grad.to_dense().tolist() == [[0.0, 60.0], [40.0, 0.0]]


def test_a_strided_gradient_of_a_sparse_argument_is_taken_where_it_stores_elements() -> None:
    leaf = torch.eye(2).to_sparse().requires_grad_()
    Dense.apply(leaf, (2, 2)).sum().backward()
    assert leaf.grad.to_dense().tolist() == [[5.0, 0.0], [0.0, 5.0]]
    with pytest.raises(RuntimeError, match=r"invalid gradient at index 0 - got \[3, 3\] but expected .*\[2, 2\]"):
        Dense.apply(leaf, (3, 3)).sum().backward()


def test_a_change_of_what_was_kept_is_found() -> None:
    leaf = torch.eye(2).to_sparse().requires_grad_()
    middle = leaf * 2
    made = Squares.apply(middle)
    with torch.no_grad():
        middle.mul_(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        made.to_dense().sum().backward()


def test_a_gradient_that_is_assigned_has_the_pattern_of_its_tensor() -> None:
    tensor = torch.eye(2).to_sparse().requires_grad_()
    for wrong in (torch.ones(2, 2), torch.eye(2).to_sparse_csr(), torch.ones(2, 2).to_sparse()):
        with pytest.raises(RuntimeError, match=r"another layout or pattern.*sparse_mask\(\)"):
            tensor.grad = wrong
    assert tensor.grad is None
    tensor.grad = torch.eye(2).to_sparse() * 4
    assert tensor.grad.to_dense().tolist() == [[4.0, 0.0], [0.0, 4.0]]


def test_gradients_of_what_is_no_leaf_can_be_kept() -> None:
    leaf = torch.eye(2).to_sparse().requires_grad_()
    middle = leaf * 2
    middle.retain_grad()
    assert middle.retains_grad
    torch.sparse.sum(middle * middle).backward()
    assert middle.grad.to_dense().tolist() == [[4.0, 0.0], [0.0, 4.0]]


def test_gather_gives_a_sparse_gradient_where_it_is_asked_for() -> None:
    index = torch.tensor([[0, 0], [2, 1]])
    grads = []
    for sparse in (False, True):
        input = torch.ones(2, 3, requires_grad=True)
        (torch.gather(input, 1, index, sparse_grad=sparse) * torch.arange(4.0).reshape(2, 2)).sum().backward()
        grads.append(input.grad)
    assert grads[1].is_sparse
    assert grads[1]._nnz() == 4
    assert grads[1].to_dense().tolist() == grads[0].tolist()
