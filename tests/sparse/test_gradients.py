"""Gradients through sparse tensors in every layout: against differences, of second order, and with their own layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "coo": lambda v: torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], v, (2, 3)),
    "duplicate": lambda v: torch.sparse_coo_tensor([[1, 0, 1], [2, 1, 2]], v, (2, 3)),
    "csr": lambda v: torch.sparse_csr_tensor([0, 1, 3], [2, 0, 2], v, (2, 3)),
    "csc": lambda v: torch.sparse_csc_tensor([0, 1, 1, 3], [1, 0, 1], v, (2, 3)),
    "bsr": lambda v: torch.sparse_bsr_tensor([0, 1], [0], v.reshape(1, 1, 3).expand(1, 2, 3), (2, 3)),
    "bsc": lambda v: torch.sparse_bsc_tensor(
        [0, 0, 0, 1], [0], torch.stack([v[0], v[1] * v[2]]).reshape(1, 2, 1), (2, 3)
    ),
}

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "dense": lambda a, d: a.to_dense(),
    "layouts": lambda a, d: a.to_sparse_csr().to_sparse_csc().to_sparse_coo().to_dense() ** 2,
    "times-dense": lambda a, d: (a @ d).sin(),
    "times-vector": lambda a, d: (a @ d[:, 0]).sin(),
    "dense-times": lambda a, d: (d.t() @ a.t()).sin(),
    "sparse-times": lambda a, d: (a @ a.t()).to_dense(),
    "add": lambda a, d: (a + a * 2).to_dense() ** 2,
    "add-dense": lambda a, d: (d.t() + a) ** 2,
    "mul": lambda a, d: (a * a).to_dense(),
    "mul-dense": lambda a, d: (a * d.t()).to_dense() ** 2,
    "unary": lambda a, d: a.sin().to_dense() ** 2,
    "power": lambda a, d: (a**3).to_dense(),
    "sum": lambda a, d: a.sum() ** 2,
    "sum-rows": lambda a, d: torch.sparse.sum(a, 1).to_dense() ** 2,
    "softmax": lambda a, d: torch.sparse.softmax(a, 1).to_dense(),
    "log-softmax": lambda a, d: torch.sparse.log_softmax(a, 1).to_dense(),
    "transpose": lambda a, d: a.t().to_dense() ** 2,
    "select": lambda a, d: a[1].to_dense() ** 2,
    "narrow": lambda a, d: a.narrow(1, 1, 2).to_dense() ** 2,
    "cat": lambda a, d: torch.cat([a, a * a], 1).to_dense() ** 2,
    "stack": lambda a, d: torch.stack([a, a]).to_dense() ** 2,
    "sampled": lambda a, d: torch.sparse.sampled_addmm(a, d.t(), torch.ones(3, 3, dtype=d.dtype) * d[0, 0]).to_dense(),
    "norm": lambda a, d: a.norm(),
    "addmm": lambda a, d: torch.addmm(d[:2], a, d, beta=2, alpha=3).sin(),
    "mean-product": lambda a, d: torch.sparse.mm(a, d, "mean").sin(),
    "index-select": lambda a, d: a.index_select(1, torch.tensor([2, 0, 2])).to_dense() ** 2,
    "blocks": lambda a, d: (a.to_sparse_bsr((2, 3)) @ d + a.to_sparse_bsc((1, 3)) @ d).sin(),
    "batch": lambda a, d: (torch.stack([a, a * a]) @ d).sin(),
    "mask": lambda a, d: d.t().sparse_mask(a.detach()).to_dense() ** 2 + a.to_dense() ** 2,
    "in-place": lambda a, d: a.clone().mul_(2).add_(a * a).sin_().to_dense(),
}


def _arguments() -> tuple[torch.Tensor, torch.Tensor]:
    values = torch.tensor([0.75, 1.5, -0.5], dtype=torch.float64, requires_grad=True)
    dense = (torch.arange(6.0, dtype=torch.float64).reshape(3, 2) / 4 + 0.1).requires_grad_()
    return values, dense


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_against_differences(layout: str, operation: str) -> None:
    function = OPERATIONS[operation]

    def computed(values: Any, dense: Any) -> Any:
        return function(LAYOUTS[layout](values), dense)

    assert torch.autograd.gradcheck(computed, _arguments(), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(computed, _arguments(), fast_mode=True)


@pytest.mark.parametrize("operation", ["times-dense", "sum", "add"])
@pytest.mark.parametrize("layout", ["coo", "csr", "csc"])
def test_every_backend(backend: str, layout: str, operation: str) -> None:
    with torch.use_backend(backend):
        values = torch.tensor([0.75, 1.5, -0.5], requires_grad=True)
        dense = torch.arange(6.0).reshape(3, 2)
        OPERATIONS[operation](LAYOUTS[layout](values), dense).sum().backward()
        found = values.grad
        values.grad = None
        OPERATIONS[operation](LAYOUTS[layout](values).to_dense(), dense).sum().backward()
    assert found is not None
    assert values.grad is not None
    assert found.tolist() == pytest.approx(values.grad.tolist(), rel=1e-5)


@pytest.mark.parametrize("layout", ["coo", "csr", "csc"])
def test_a_leaf_gets_a_gradient_of_its_own_layout_and_pattern(layout: str) -> None:
    leaf = LAYOUTS[layout](torch.tensor([1.0, 2.0, 3.0])).requires_grad_()
    assert leaf.is_leaf
    for _ in range(2):
        (leaf @ torch.ones(3, 1)).sum().backward()
    gradient = leaf.grad
    assert gradient is not None
    assert gradient.layout is leaf.layout
    assert gradient._values().tolist() == [2.0, 2.0, 2.0]
    (found,) = torch.autograd.grad((leaf * leaf).to_dense().sum(), leaf)
    assert found is not None
    assert found.layout is leaf.layout
    assert found._values().tolist() == [2.0, 4.0, 6.0]


def test_values_that_require_a_gradient_get_a_strided_one() -> None:
    values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    sparse = LAYOUTS["csr"](values)
    assert not sparse.is_leaf
    (sparse @ torch.ones(3, 1)).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [1.0, 1.0, 1.0]


def test_hooks_see_sparse_gradients() -> None:
    leaf = LAYOUTS["csr"](torch.tensor([1.0, 2.0, 3.0])).requires_grad_()
    seen: list[Any] = []
    leaf.register_hook(lambda grad: seen.append(grad.layout) or grad * 2)
    leaf.sum().backward()
    assert seen == [torch.sparse_csr]
    assert leaf.grad is not None
    assert leaf.grad._values().tolist() == [2.0, 2.0, 2.0]
