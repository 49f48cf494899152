"""Documented behaviours of sparse layouts."""

import warnings
from functools import partial
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...documented import gives, prints, refuses
from ...subject import Subject

_INTS = ("int64",)
_PAIR = [[0, 1], [2, 0]]


def _without_pytorchs_warnings() -> Any:
    """A context without those about the state of its sparse tensors."""
    return warnings.catch_warnings(action="ignore")


def _csr(t: Any) -> Any:
    with _without_pytorchs_warnings():
        return t.sparse_csr_tensor(t.tensor([0, 2, 3]), t.tensor([0, 1, 2]), t.tensor([1, 2, 3]), (2, 3))


def _coo(t: Any) -> Any:
    return t.tensor(_PAIR).to_sparse()


prints("sparse_csr_tensor", "text", _csr,
       "tensor(crow_indices=tensor([0, 2, 3]),\n       col_indices=tensor([0, 1, 2]),\n"
       "       values=tensor([1, 2, 3]), size=(2, 3), nnz=3, layout=torch.sparse_csr)", dtypes=_INTS)  # fmt: skip
prints("sparse_csr", "name", lambda t: _csr(t).layout, "torch.sparse_csr", dtypes=_INTS)
prints("sparse_coo", "name", lambda t: _coo(t).layout, "torch.sparse_coo", dtypes=_INTS)
prints("sparse_csc", "name", lambda t: _csr(t).to_sparse_csc().layout, "torch.sparse_csc", dtypes=_INTS)
gives("sparse_csr_tensor", "dense", lambda t: _csr(t).to_dense(), [[1, 2, 0], [0, 0, 3]], dtypes=_INTS)
gives("sparse_csr_tensor", "dtype", lambda t: _csr(t).dtype is t.int64, True, dtypes=_INTS)
gives("sparse_csr", "stored", lambda t: _csr(t).values().numel(), 3, dtypes=_INTS)
gives("Tensor.crow_indices", "rows", lambda t: _csr(t).crow_indices(), [0, 2, 3], dtypes=_INTS)
gives("Tensor.col_indices", "columns", lambda t: _csr(t).col_indices(), [0, 1, 2], dtypes=_INTS)
gives("Tensor.values", "stored", lambda t: (_csr(t).values(), _coo(t).values()), [[1, 2, 3], [1, 2]], dtypes=_INTS)
gives("sparse_coo", "indices", lambda t: (_coo(t).indices(), _coo(t).indices().dtype is t.int64),
      [[[0, 1], [1, 0]], True], dtypes=_INTS)  # fmt: skip
gives("sparse_coo_tensor", "dense",
      lambda t: t.sparse_coo_tensor(t.tensor([[0, 1], [2, 0]]), t.tensor([3.0, 4.0]), (2, 3)).to_dense(),
      [[0.0, 0.0, 3.0], [4.0, 0.0, 0.0]])  # fmt: skip


def _csc_components(t: Any) -> Any:
    csc = _csr(t).to_sparse_csc()
    return csc.ccol_indices(), csc.row_indices(), csc.values()


gives("sparse_csc", "components", _csc_components, [[0, 1, 2, 3], [0, 0, 1], [1, 2, 3]], dtypes=_INTS)
prints("Tensor.to_sparse", "text", _coo,
       "tensor(indices=tensor([[0, 1],\n                       [1, 0]]),\n       values=tensor([1, 2]),\n"
       "       size=(2, 2), nnz=2, layout=torch.sparse_coo)", dtypes=_INTS)  # fmt: skip
gives("Tensor.to_sparse", "coalesced", lambda t: _coo(t).is_coalesced(), True, dtypes=_INTS)
gives("Tensor.to_dense", "back", lambda t: (_coo(t).to_dense(), _coo(t).to_sparse_csr().to_dense(), _coo(t).to_sparse_csc().to_dense()),
      [_PAIR] * 3, dtypes=_INTS)  # fmt: skip
gives("Tensor.to_dense", "strided", lambda t: (_coo(t).to_dense().layout is t.strided, _coo(t).to_dense().dtype is t.int64),
      [True, True], dtypes=_INTS)  # fmt: skip
gives("Tensor.to_sparse_csr", "from-both",
      lambda t: [s.crow_indices().tolist() for s in (_coo(t).to_sparse_csr(), t.tensor(_PAIR).to_sparse_csr())],
      [[0, 1, 2]] * 2, dtypes=_INTS)  # fmt: skip
gives("Tensor.to_sparse_csc", "from-both",
      lambda t: [s.row_indices().tolist() for s in (_coo(t).to_sparse_csc(), t.tensor(_PAIR).to_sparse_csc())],
      [[1, 0]] * 2, dtypes=_INTS)  # fmt: skip
refuses(
    "sparse#unsupported_operations",
    "view",
    lambda t: _coo(t).view(4),
    (RuntimeError, NotImplementedError),
    dtypes=_INTS,
)
refuses("sparse#unsupported_operations", "reshape", lambda t: _coo(t).reshape(4), (RuntimeError, NotImplementedError),
        dtypes=_INTS)  # fmt: skip
refuses("sparse#unsupported_operations", "numpy", lambda t: _coo(t).numpy(), (TypeError, RuntimeError), dtypes=_INTS)
gives("sparse#unsupported_operations", "converted", lambda t: _coo(t).to_dense().view(4), [0, 1, 2, 0], dtypes=_INTS)


@case("sparse/documented/when_to_use-stored/-", dtypes=("float32",), anchors=("sparse#when_to_use",))
def _stored(subject: Subject) -> None:
    t = subject.torch
    with _without_pytorchs_warnings():
        large = t.sparse_coo_tensor(
            t.tensor([[5, 999_999], [7, 123_456]]), t.tensor([1.0, 2.0]), (1_000_000, 1_000_000)
        )
        product = large @ t.ones(1_000_000, 1)
    expect_equal((large._nnz(), large.numel()), (2, 10**12))
    expect(product[999_999, 0].item() == 2.0, f"the product is {product[999_999, 0]}")


def _sparse(t: Any, layout: str, values: Any) -> Any:
    if layout == "coo":
        return t.sparse_coo_tensor(t.tensor([[0, 1, 1], [2, 0, 2]]), values, (2, 3))
    made = t.sparse_csr_tensor if layout == "csr" else t.sparse_csc_tensor
    first, second = ([0, 1, 3], [2, 0, 2]) if layout == "csr" else ([0, 1, 1, 3], [1, 0, 1])
    return made(t.tensor(first), t.tensor(second), values, (2, 3))


def _leaf_gradient(layout: str) -> None:
    @case(f"sparse/gradient/leaf-{layout}/float32", dtypes=("float32",))
    def check(subject: Subject) -> None:
        t = subject.torch
        with _without_pytorchs_warnings():
            leaf = _sparse(t, layout, t.tensor([1.0, 2.0, 3.0])).requires_grad_()
            (leaf @ t.tensor([[1.0], [10.0], [100.0]])).sum().backward()
        expect(leaf.grad is not None, "there is no gradient")
        dense = leaf.grad.to_dense() if leaf.grad.layout is not t.strided else leaf.grad
        stored = dense * (leaf.detach().to_dense() != 0)
        expect_equal(stored.tolist(), [[0.0, 0.0, 100.0], [1.0, 0.0, 100.0]], "the gradient where elements are stored")


for _layout in ("coo", "csr", "csc"):
    _leaf_gradient(_layout)


_BROKEN = {
    "first-pointer": ([1, 2, 3], [0, 1, 2]), "last-pointer": ([0, 2, 2], [0, 1, 2]), "falling": ([0, 3, 2], [0, 1, 2]),
    "outside": ([0, 2, 3], [0, 3, 2]), "negative": ([0, 2, 3], [-1, 1, 2]), "unsorted": ([0, 2, 3], [1, 0, 2]),
    "duplicate": ([0, 2, 3], [1, 1, 2]), "too-few-pointers": ([0, 3], [0, 1, 2]), "too-few-indices": ([0, 2, 3], [0, 1]),
}  # fmt: skip
"""Compressed and plain indices of two lines of three, with three elements, and what is wrong with them."""


def _refuses_components(layout: str, name: str) -> None:
    pointers, plain = _BROKEN[name]

    @case(f"sparse/error/{layout}-{name}/float32", dtypes=("float32",))
    def check(subject: Subject) -> None:
        t = subject.torch
        values = t.tensor([1.0, 2.0, 3.0])
        size = (2, 3) if layout in ("sparse_csr", "sparse_bsr") else (3, 2)
        made = partial(
            t.sparse_compressed_tensor, t.tensor(pointers), t.tensor(plain),
            values.reshape(3, 1, 1) if layout in ("sparse_bsr", "sparse_bsc") else values, size,
            layout=getattr(t, layout), check_invariants=True,
        )  # fmt: skip
        with _without_pytorchs_warnings():
            expect_raises(made, RuntimeError)


for _layout in ("sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"):
    for _name in _BROKEN:
        _refuses_components(_layout, _name)


_BAD_COORDINATES = {
    "outside": ([[0, 2], [0, 1]], (2, 3)), "negative": ([[0, -1], [0, 1]], (2, 3)), "few-sizes": ([[0, 1], [0, 1]], (2,)),
    "other-count": ([[0, 1, 1], [0, 1, 2]], (2, 3)), "vector": ([0, 1], (2,)),
}  # fmt: skip


def _refuses_coordinates(name: str) -> None:
    indices, size = _BAD_COORDINATES[name]

    @case(f"sparse/error/sparse_coo-{name}/float32", dtypes=("float32",))
    def check(subject: Subject) -> None:
        t = subject.torch
        made = partial(t.sparse_coo_tensor, t.tensor(indices), t.tensor([1.0, 2.0]), size, check_invariants=True)
        with _without_pytorchs_warnings():
            expect_raises(made, RuntimeError)


for _name in _BAD_COORDINATES:
    _refuses_coordinates(_name)
