"""Index tensors and masks are saved with their versions: to change one before the backward pass is refused, not overlooked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch

_INDICES: dict[str, tuple[Callable[[], Any], Callable[[Any, Any], Any]]] = {
    "key": (lambda: torch.tensor([0, 1]), lambda x, i: x[i]),
    "second key": (lambda: torch.tensor([0, 1]), lambda x, i: x[:, i]),
    "key twice": (lambda: torch.tensor([0, 1]), lambda x, i: x[i, i]),
    "key beside a list": (lambda: torch.tensor([0, 1]), lambda x, i: x[[0, 1], i]),
    "key that broadcasts": (lambda: torch.tensor([1]), lambda x, i: x[[0, 1], i]),
    "key from the end": (lambda: torch.tensor([-1, 0]), lambda x, i: x[i]),
    "int32 key": (lambda: torch.tensor([0, 1], dtype=torch.int32), lambda x, i: x[i]),
    "view of an index": (lambda: torch.tensor([0, 1]), lambda x, i: x[i.view(2, 1)]),
    "mask": (lambda: torch.tensor([True, False, True]), lambda x, i: x[i]),
    "whole mask": (lambda: torch.eye(3) > 0, lambda x, i: x[i]),
    "mask of no dims": (lambda: torch.tensor(True), lambda x, i: x[i]),
    "index_put": (lambda: torch.tensor([0, 1]), lambda x, i: x.index_put((i,), torch.ones(3))),
    "index_put of values": (
        lambda: torch.tensor([0, 1]),
        lambda x, i: torch.zeros(3, 3).index_put((i,), x[:2], accumulate=True),
    ),
    "index_put by a mask": (lambda: torch.eye(3) > 0, lambda x, i: x.index_put((i,), torch.ones(3))),
    "index_fill": (lambda: torch.tensor([0, -1]), lambda x, i: x.index_fill(0, i, 2.0)),
    "index_reduce prod": (lambda: torch.tensor([0, 1]), lambda x, i: x.index_reduce(0, i, x[:2].detach(), "prod")),
    "index_reduce amax": (lambda: torch.tensor([0, 1]), lambda x, i: x.index_reduce(0, i, x[:2].detach(), "amax")),
    "index_reduce mean": (lambda: torch.tensor([0, 1]), lambda x, i: x.index_reduce(0, i, x[:2], "mean")),
    "int32 index_add": (
        lambda: torch.tensor([0, 1], dtype=torch.int32),
        lambda x, i: torch.zeros(3, 3).index_add(0, i, x[:2]),
    ),
    "int32 index_select": (lambda: torch.tensor([0, 1], dtype=torch.int32), lambda x, i: x.index_select(0, i)),
}


@pytest.mark.parametrize("name", _INDICES)
def test_a_changed_index_is_refused(name: str) -> None:
    make, use = _INDICES[name]
    x = torch.arange(1.0, 10.0).view(3, 3).requires_grad_()
    index = make()
    result = use(x, index)
    index.fill_(0)
    with pytest.raises(
        RuntimeError, match="has been modified by an inplace operation.*is at version 1; expected version 0"
    ):
        torch.autograd.grad((result * result).sum(), x)


def test_a_changed_index_of_an_assignment_is_refused() -> None:
    x = torch.ones(3, requires_grad=True)
    y, index = x * 1, torch.tensor([0, 1])
    y[index] = torch.ones(2)
    index.fill_(2)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        torch.autograd.grad(y.sum(), x)


def test_an_index_changed_before_it_is_used_is_none() -> None:
    x = torch.ones(3, requires_grad=True)
    index = torch.tensor([0, 1])
    index.fill_(2)
    (grad,) = torch.autograd.grad(x[index].sum(), x)
    assert grad.tolist() == [0.0, 0.0, 2.0]


def test_hooks_on_saved_tensors_get_the_indices_of_a_key() -> None:
    x, packed = torch.ones(3, requires_grad=True), []

    def pack(tensor: Any) -> Any:
        packed.append(tensor.tolist())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        y = x[torch.tensor([2, 0, 2])]
    assert packed == [[2, 0, 2]]
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [1.0, 0.0, 2.0]
    assert [saved.tolist() for saved in x[torch.tensor([1])].grad_fn._saved_indices] == [[1]]
