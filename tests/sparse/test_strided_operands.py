"""Strided tensors written in place with a sparse operand, and sparse tensors with a strided one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

_Maker = Callable[[Any], Any]

LAYOUTS: dict[str, _Maker] = {
    "coo": lambda m: m.tensor([[0.0, 5.0], [7.0, 0.0]]).to_sparse(),
    "duplicate": lambda m: m.sparse_coo_tensor([[0, 0, 1], [1, 1, 0]], [2.0, 3.0, 7.0], (2, 2)),
    "rows": lambda m: m.sparse_coo_tensor([[1]], [[2.0, 3.0]], (2, 2)),
    "csr": lambda m: m.tensor([[0.0, 5.0], [7.0, 0.0]]).to_sparse_csr(),
    "csc": lambda m: m.tensor([[0.0, 5.0], [7.0, 0.0]]).to_sparse_csc(),
    "empty": lambda m: m.zeros(2, 2).to_sparse(),
    "double": lambda m: m.tensor([[0.0, 5.0], [7.0, 0.0]], dtype=m.float64).to_sparse(),
    "integers": lambda m: m.tensor([[0, 5], [7, 0]]).to_sparse(),
}


def _iadd(one: Any, other: Any) -> Any:
    one += other
    return one


def _isub(one: Any, other: Any) -> Any:
    one -= other
    return one


WRITES: dict[str, Callable[[Any, Any], Any]] = {
    "add_": lambda d, s: d.add_(s),
    "add_ alpha": lambda d, s: d.add_(s, alpha=0.5),
    "sub_": lambda d, s: d.sub_(s),
    "subtract_ alpha": lambda d, s: d.subtract_(s, alpha=-2),
    "+=": _iadd,
    "-=": _isub,
    "add": lambda d, s: d.copy_(d.add(s, alpha=0.25)),
    "out=": lambda d, s: flambeau.add(d, s, out=d),
    "of a view": lambda d, s: d.t().add_(s),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", WRITES)
def test_a_write_with_a_sparse_operand_is_that_with_the_dense_one(backend: str, name: str, layout: str) -> None:
    operand = LAYOUTS[layout](flambeau)
    written, expected = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]]), flambeau.tensor([[1.0, 2.0], [3.0, 4.0]])
    WRITES[name](written, operand)
    WRITES[name](expected, operand.to_dense())
    assert written.tolist() == expected.tolist()
    assert written.layout is flambeau.strided
    assert written._version == 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "call",
    [
        lambda m, d, s: d.mul_(s).to_dense(),
        lambda m, d, s: m.mul(s, d[0]).to_dense(),
        lambda m, d, s: m.mul(d[:, :1], s).to_dense(),
        lambda m, d, s: s.clone().multiply_(d).to_dense(),
        lambda m, d, s: s.clone().mul_(3).to_dense(),
        lambda m, d, s: m.add(s, s, out=s.clone()).to_dense(),
    ],
)
@pytest.mark.filterwarnings("ignore:Sparse")
def test_products_and_out_against_pytorch(torch: Any, call: Any, layout: str) -> None:
    results = []
    for m in (flambeau, torch):
        try:
            results.append(call(m, m.tensor([[1.0, 2.0], [3.0, 4.0]]), LAYOUTS[layout](m)).tolist())
        except (RuntimeError, IndexError) as error:
            results.append(type(error))
    assert results[0] == results[1] or isinstance(results[1], type)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (2, 1), (1, 1)])
def test_a_product_broadcasts_the_sparse_operand(backend: str, shape: tuple[int, ...]) -> None:
    # PyTorch's is right for further dimensions in front only, and reads rows of length 1 as if they were not stored.
    single = flambeau.arange(3.0, 3 + flambeau.zeros(shape).numel()).reshape(shape)
    dense = flambeau.arange(12.0).reshape(3, 2, 2)
    expected = (single * dense).tolist()
    assert (single.to_sparse() * dense).to_dense().tolist() == expected
    assert (dense * single.to_sparse()).to_dense().tolist() == expected


def test_broadcast_products_have_gradients() -> None:
    values = flambeau.tensor([2.0, 3.0], dtype=flambeau.float64, requires_grad=True)
    dense = flambeau.arange(1.0, 5.0, dtype=flambeau.float64).reshape(2, 2).requires_grad_()
    sparse = flambeau.sparse_coo_tensor([[0, 1]], values, (2,))
    (sparse * dense).to_dense().pow(2).sum().backward()
    assert values.grad is not None
    assert dense.grad is not None
    assert values.grad.tolist() == [2 * 2.0 * (1 + 9), 2 * 3.0 * (4 + 16)]
    assert dense.grad.tolist() == [[8.0, 36.0], [24.0, 72.0]]


@pytest.mark.parametrize("layout", ["coo", "csr"])
def test_what_is_recorded_gets_its_gradients(layout: str) -> None:
    operand = LAYOUTS[layout](flambeau).requires_grad_()
    x = flambeau.ones(2, 2, requires_grad=True)
    y = (x * 2).add_(operand, alpha=3)
    y.pow(2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[8.0, 68.0], [92.0, 8.0]]
    assert operand.grad.to_dense().tolist() == [[0.0, 102.0], [138.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s, d: s.add_(d), r"add\(sparse, dense\) is not supported. Use add\(dense, sparse\) instead."),
        (lambda s, d: s.sub_(d), r"add\(sparse, dense\) is not supported. Use add\(dense, sparse\) instead."),
        (lambda s, d: d.div_(s), "Sparse division requires a scalar or zero-dim dense tensor divisor"),
        (lambda s, d: d / s, "Sparse division requires a scalar or zero-dim dense tensor divisor"),
        (
            lambda s, d: d.copy_(s),
            r"dense and sparse Tensors is not implemented! Found self type = torch.FloatTensor and src",
        ),
        (
            lambda s, d: s.copy_(d),
            r"not implemented! Found self type = torch.sparse.FloatTensor and src type = torch.Float",
        ),
        (lambda s, d: d.add_(s.float(), alpha="1"), "argument 'alpha' must be Number, not str"),
        (lambda s, d: d.long() + flambeau.add(d.long(), s.long(), alpha=0.5), "argument alpha must not be a floating"),
        (
            lambda s, d: s + LAYOUTS["rows"](flambeau),
            "same density, but 'self' has 2 sparse dimensions while 'other' has 1",
        ),
        (lambda s, d: flambeau.add(s, s, out=d), "Found self type = torch.FloatTensor and src type = torch.sparse"),
        (lambda s, d: flambeau.mm(s.requires_grad_(), d, out=d.clone()), "don't support automatic differentiation"),
    ],
)
def test_errors_come_before_a_write_in_the_words_of_pytorch(call: Any, words: str) -> None:
    sparse, dense = LAYOUTS["coo"](flambeau), flambeau.ones(2, 2)
    with pytest.raises((RuntimeError, TypeError), match=words):
        call(sparse, dense)
    assert dense.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert sparse.to_dense().tolist() == [[0.0, 5.0], [7.0, 0.0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.ones(2).add(m.ones(2, dtype=m.int64), alpha=0.5),
        lambda m: m.ones(2).add_(m.ones(2, dtype=m.int64), alpha=0.5),
        lambda m: m.ones(2, dtype=m.int64).add(m.ones(2, dtype=m.bool), alpha=2),
        lambda m: m.ones(2, dtype=m.complex64).add(m.ones(2), alpha=2j),
        lambda m: m.ones(2, dtype=m.float64).sub(m.ones(2), alpha=0.1),
        lambda m: m.ones(2).sub(m.tensor(3.0, dtype=m.float64), alpha=0.1),
        lambda m: m.ones(2, dtype=m.int64).add(2, alpha=0.5),
        lambda m: m.ones(2, dtype=m.bool).add(m.ones(2, dtype=m.bool), alpha=True),
        lambda m: m.ones(2).add(m.ones(2), alpha=True),
        lambda m: m.ones(2).add(m.ones(2), alpha=2j),
    ],
)
def test_alpha_is_of_the_dtype_of_the_result(torch: Any, call: Any) -> None:
    results = []
    for m in (flambeau, torch):
        try:
            made = call(m)
            results.append((made.tolist(), str(made.dtype)))
        except RuntimeError as error:
            results.append(str(error))
    assert results[0] == results[1]
