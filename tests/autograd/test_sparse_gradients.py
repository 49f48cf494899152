"""Sparse gradients that arrive at what is no leaf: the same as strided ones, through every kind of formula."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

import flambeau as torch

_embedding = torch.nn.functional.embedding
_ROWS = torch.tensor([1, 1, 0])


def _weight() -> Any:
    return torch.tensor(
        [[0.3, 0.7, -0.2, 0.5], [0.9, -0.4, 0.1, 0.6], [0.25, 0.35, 0.45, 0.55], [0.8, 0.2, 0.15, -0.65]],
        dtype=torch.float64,
        requires_grad=True,
    )


K = torch.tensor(
    [[1.5, -0.5, 2.0, 1.0], [0.5, 1.0, 1.25, -1.0], [1.0, 2.0, 3.0, 4.0], [-1.0, 0.5, 0.25, 2.0]], dtype=torch.float64
)


def _written_part(w: Any) -> Any:
    z = w * 1
    z[1:].mul_(2)
    z[0].fill_(3)
    return z


def _set(w: Any) -> Any:
    z = K.clone()
    z[1:] = w[1:]
    return z


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "neg": lambda w: -w, "clone": lambda w: w.clone(), "mul": lambda w: w * K, "mul number": lambda w: 3 * w,
    "mul row": lambda w: w[0] * K, "div": lambda w: w / K, "over": lambda w: K / w, "add": lambda w: w + 1,
    "add row": lambda w: w[0] + K, "add alpha": lambda w: torch.add(K, w[:, :1], alpha=3), "sub": lambda w: K - w,
    "sub row": lambda w: K - w[0], "exp": torch.exp, "sin": torch.sin, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
    "pow": lambda w: w**2, "base": lambda w: 2**w, "exponent": lambda w: K.abs() ** w[0], "abs": torch.abs,
    "relu": torch.relu, "sign": torch.sign, "expand": lambda w: w[0].expand(4, 4), "t": lambda w: w.t(),
    "view": lambda w: w.view(2, 8).view(4, 4), "permute": lambda w: w.permute(1, 0), "slice": lambda w: w[1:],
    "steps": lambda w: w[::2], "index": lambda w: w[[3, 1, 0, 2]], "columns": lambda w: w[:, [0, 0, 1, 1]],
    "index_select": lambda w: w.index_select(0, torch.tensor([3, 3, 1, 0])), "matmul": lambda w: w @ K,
    "matmul left": lambda w: K @ w, "square": lambda w: w @ w, "where": lambda w: torch.where(K > 1, w, K),
    "maximum": lambda w: torch.maximum(w, K), "clamp": lambda w: w.clamp(0, 0.5), "cat": lambda w: torch.cat([w, K]),
    "stack": lambda w: torch.stack([w, w])[1], "unbind": lambda w: torch.stack(w.unbind(1)),
    "split": lambda w: w.split(2, 0)[0], "norm": lambda w: w / w.norm(dim=1, keepdim=True), "mean": lambda w: w - w.mean(0),
    "addmm": lambda w: torch.addmm(w[0], K, w), "addcmul": lambda w: torch.addcmul(w, K, w),
    "masked_fill": lambda w: w.masked_fill(K > 1, 0.0), "flip": lambda w: w.flip(0), "repeat": lambda w: w[:2].repeat(2, 1),
    "cumsum": lambda w: w.cumsum(0), "softmax": lambda w: torch.softmax(w, 0), "float": lambda w: w.float() + K,
    "float row": lambda w: w[0].float() * K, "copy_": lambda w: torch.zeros(4, 4, dtype=torch.float64).copy_(w[0]),
    "in place": lambda w: (w * 1).mul_(K).exp_(), "part": _written_part, "set": _set,
    "diagonal": lambda w: w.diagonal().expand(4, 4), "sort": lambda w: w.sort(0).values,
    "as_strided": lambda w: (w * 1).as_strided((4, 4), (1, 4)), "complex": lambda w: torch.complex(w, K).abs(),
    "real": lambda w: torch.view_as_real(torch.complex(w[:, :2], w[:, 2:])).flatten(1),
}  # fmt: skip

READERS: dict[str, Callable[[Any, bool], Any]] = {
    "embedding": lambda v, sparse: _embedding(_ROWS, v, sparse=sparse) * K[0],
    "gather": lambda v, sparse: torch.gather(v, 0, torch.tensor([[0, 1], [0, 0]]), sparse_grad=sparse) * 3,
    "with a strided one": lambda v, sparse: _embedding(_ROWS[:1], v, sparse=sparse) * K[0] + v[0] * K[1],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_sparse_gradient_is_what_a_strided_one_is(name: str, reader: str) -> None:
    grads = []
    for sparse in (False, True):
        w = _weight()
        READERS[reader](FUNCTIONS[name](w), sparse).sum().backward()
        grads.append(w.grad.to_dense())
    assert torch.allclose(*grads, rtol=1e-6)


@pytest.mark.parametrize("name", ["mul", "exp", "t", "index", "matmul", "add row", "part"])
def test_it_can_be_differentiated_again(name: str) -> None:
    found = []
    for sparse in (False, True):
        w = _weight()
        loss = (_embedding(_ROWS, FUNCTIONS[name](w), sparse=sparse) ** 2).sum()
        (first,) = torch.autograd.grad(loss, w, create_graph=True)
        (second,) = torch.autograd.grad(first.to_dense().pow(2).sum(), w)
        found.append(second.to_dense())
    assert torch.allclose(*found)


@pytest.mark.parametrize("name", ["neg", "clone", "mul", "mul number", "div", "add", "exp", "pow", "abs"])
def test_it_stays_sparse_where_pytorchs_does(name: str) -> None:
    w = _weight()
    READERS["embedding"](FUNCTIONS[name](w), True).sum().backward()
    assert w.grad.layout is torch.sparse_coo


_LOSSES: tuple[Callable[[Any], Any], ...] = (
    lambda w: _embedding(_ROWS, w, sparse=True).sum(),
    lambda w: (w * 3).sum(),
    lambda w: _embedding(_ROWS, w * 2, sparse=True).sum(),
)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_sparse_and_strided_gradients_add_up_in_any_order(order: tuple[int, ...]) -> None:
    expected = [[6.0] * 4, [9.0] * 4, [3.0] * 4, [3.0] * 4]
    one, other = _weight(), _weight()
    torch.stack([_LOSSES[place](one) for place in order]).sum().backward()
    for place in order:
        _LOSSES[place](other).backward()
    assert one.grad.to_dense().tolist() == other.grad.to_dense().tolist() == expected


def test_two_leaves_do_not_share_the_values_of_a_gradient() -> None:
    one, other = _weight(), _weight()
    _embedding(_ROWS, one + other, sparse=True).sum().backward()
    one.grad.mul_(0)
    assert other.grad.to_dense()[1].tolist() == [2.0] * 4


def test_a_pass_begins_with_a_sparse_gradient() -> None:
    w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (w * 2).backward(torch.sparse_coo_tensor([[2, 0, 1]], [1.0, 2.0, 3.0], (3,)))
    assert w.grad is not None
    assert w.grad.to_dense().tolist() == [4.0, 6.0, 2.0]
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        (w * 2).backward(torch.eye(3).to_sparse())


def test_hooks_see_the_sparse_gradient_and_may_replace_it() -> None:
    w = _weight()
    y, seen = w * 2, []
    y.retain_grad()
    y.register_hook(lambda grad: seen.append(grad.layout) or grad * 3)
    _embedding(_ROWS, y, sparse=True).sum().backward()
    assert seen == [torch.sparse_coo]
    assert y.grad.to_dense()[1].tolist() == [6.0] * 4
    assert w.grad.to_dense()[1].tolist() == [12.0] * 4


def test_the_function_of_a_program_gets_what_came() -> None:
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            if fails:
                raise ValueError("mine")
            assert grad.layout is torch.sparse_coo
            return grad.to_dense() * 2

    fails = False
    w = _weight()
    _embedding(_ROWS, Twice.apply(w), sparse=True).sum().backward()
    assert w.grad[1].tolist() == [4.0] * 4
    fails = True
    with pytest.raises(ValueError, match="mine"):
        _embedding(_ROWS, Twice.apply(w), sparse=True).sum().backward()


def test_grad_takes_a_sparse_tensor() -> None:
    w = _weight()
    w.grad = torch.sparse_coo_tensor([[1]], torch.ones(1, 4, dtype=torch.float64), (4, 4))
    _embedding(_ROWS, w, sparse=True).sum().backward()
    assert w.grad.to_dense()[1].tolist() == [3.0] * 4
    with pytest.raises(RuntimeError, match="attempting to assign a gradient of size"):
        w.grad = torch.eye(3, dtype=torch.float64).to_sparse()


@pytest.mark.parametrize("name", ["mul", "t", "index", "cumsum"])
def test_anomaly_mode_finds_nothing_wrong_with_it(name: str) -> None:
    w = _weight()
    with torch.autograd.set_detect_anomaly(True):
        READERS["embedding"](FUNCTIONS[name](w), True).sum().backward()
    assert w.grad is not None
