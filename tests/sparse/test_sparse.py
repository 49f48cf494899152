"""What sparse tensors refuse, SciPy's arrays, and memory that does not grow with the size."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import flambeau as torch
from flambeau.errors import UnsupportedLayoutError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2, 3], [0, 1, 2], [1.0, 2.0, 3.0], (2, 3)), r"crow_indices\[\.\.\., 0\] == 0` is not satisfied: it is 1"),
        (([0, 2, 2], [0, 1, 2], [1.0, 2.0, 3.0], (2, 3)), r"== nnz` is not satisfied: it is 2, nnz is 3"),
        (([0, 2, 1, 3], [0, 1, 2], [1.0, 2.0, 3.0], (3, 3)), r"is not satisfied at position 1"),
        (([0, 2, 3], [0, 3, 2], [1.0, 2.0, 3.0], (2, 3)), r"`0 <= col_indices < 3` is not satisfied at position 1"),
        (
            ([0, 2, 3], [1, 0, 2], [1.0, 2.0, 3.0], (2, 3)),
            r"must be sorted and distinct along each line; .* position 1",
        ),
        (
            ([0, 2, 3], [1, 1, 2], [1.0, 2.0, 3.0], (2, 3)),
            r"must be sorted and distinct along each line; .* position 1",
        ),
        (([0, 2, 3], [0, 1], [1.0, 2.0, 3.0], (2, 3)), r"number of entries of col_indices \(2\) and of values"),
        (([0, 3], [0, 1, 2], [1.0, 2.0, 3.0], (2, 3)), r"must be equal to the number of lines \+ 1 = 3, but got 2"),
        (([0.0, 2.0, 3.0], [0, 1, 2], [1.0, 2.0, 3.0], (2, 3)), r"crow_indices must be an int32 or int64 tensor"),
    ],
)
def test_each_invariant_has_its_error(arguments: Any, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        torch.sparse_csr_tensor(*arguments)


def test_coordinates_outside_are_named() -> None:
    with pytest.raises(RuntimeError, match="index 3 at position 1 of dim 1, whose size is 3"):
        torch.sparse_coo_tensor([[0, 1], [0, 3]], [1.0, 2.0], (2, 3))
    with pytest.raises(RuntimeError, match="found negative index: index -1 at position 0 of dim 0"):
        torch.sparse_coo_tensor([[-1, 1], [0, 2]], [1.0, 2.0], (2, 3))


@pytest.mark.parametrize(
    "call",
    [
        lambda a: a.view(6),
        lambda a: a.reshape(3, 2),
        lambda a: a.cos(),
        lambda a: a + 1,
        lambda a: a.mean(),
        lambda a: a.max(),
        lambda a: a[torch.tensor([0])],
        lambda a: a == a,
        lambda a: torch.nn.functional.softmax(a, 0),
        lambda a: torch.linalg.inv(a),
        lambda a: a**-1,
    ],
)
@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc"])
def test_what_is_not_supported_says_what_to_do(layout: str, call: Any) -> None:
    sparse = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]]).to_sparse(layout=getattr(torch, layout))
    with pytest.raises(UnsupportedLayoutError, match=r"to_dense\(\)"):
        call(sparse)


@pytest.mark.parametrize("kind", [scipy.sparse.coo_array, scipy.sparse.csr_array, scipy.sparse.csc_array])
def test_scipy(kind: Any) -> None:
    matrix = kind(np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -3.0]]))
    tensor = torch.sparse.from_scipy(matrix)
    assert tensor.to_dense().tolist() == matrix.toarray().tolist()
    back = torch.sparse.to_scipy(tensor)
    assert back.format == matrix.format
    assert (back != matrix).nnz == 0
    assert np.shares_memory(back.data, matrix.data)
    with pytest.raises(TypeError, match="not lil"):
        torch.sparse.from_scipy(scipy.sparse.lil_array(matrix))


def test_scipys_blocks() -> None:
    matrix = scipy.sparse.bsr_array(np.arange(8.0).reshape(2, 4), blocksize=(2, 2))
    tensor = torch.sparse.from_scipy(matrix)
    assert tensor.layout is torch.sparse_bsr
    assert tensor.to_dense().tolist() == matrix.toarray().tolist()
    assert torch.sparse.to_scipy(tensor).blocksize == (2, 2)
    with pytest.raises(UnsupportedLayoutError, match=r"to_sparse_bsr\(\)"):
        torch.sparse.to_scipy(tensor.to_sparse_bsc())
    with pytest.raises(RuntimeError, match="a tensor with 3 dimensions"):
        torch.sparse.to_scipy(torch.ones(2, 2, 2).to_sparse())


def test_writes_share_memory_where_the_pattern_stays() -> None:
    sparse = torch.eye(2).to_sparse_csr()
    other = sparse.detach()
    sparse.mul_(3)
    assert other.values().tolist() == [3.0, 3.0]
    sparse += sparse
    assert sparse.values().tolist() == [6.0, 6.0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch.eye(2).to_sparse().requires_grad_().mul_(2)
    with pytest.raises(RuntimeError, match="can't be cast"):
        torch.eye(2, dtype=torch.int64).to_sparse().mul_(0.5)
    with pytest.raises(UnsupportedLayoutError, match="Use add.dense, sparse. instead"):
        torch.eye(2).to_sparse_csr().add_(torch.ones(2, 2))


def test_batches_that_differ_in_what_they_store_are_refused_by_name() -> None:
    with pytest.raises(RuntimeError, match="same number of specified elements per batch, but they have 1 to 2"):
        torch.tensor([[[0, 1], [0, 0]], [[1, 0], [0, 1]]]).to_sparse_csr()
    with pytest.raises(RuntimeError, match="is not satisfied in batch 1: it is 1, nnz is 2"):
        torch.sparse_csr_tensor([[0, 1, 2], [0, 1, 1]], [[0, 1], [0, 1]], torch.ones(2, 2))
    with pytest.raises(RuntimeError, match="not satisfied at position 1 of batch 1"):
        torch.sparse_csr_tensor([[0, 1, 2], [0, 1, 2]], [[0, 1], [0, 5]], torch.ones(2, 2), (2, 2, 2))
    with pytest.raises(RuntimeError, match="must be divisible by the blocksize"):
        torch.sparse_bsr_tensor([0, 1], [0], torch.ones(1, 2, 2), (2, 3))


def test_sparse_dimensions_become_dense_ones_and_back() -> None:
    dense = torch.tensor([[[0, 1], [2, 0]], [[0, 0], [0, 3]]])
    coo = dense.to_sparse()
    hybrid = coo.to_sparse(1)
    assert (hybrid.sparse_dim(), hybrid.dense_dim(), hybrid._nnz()) == (1, 2, 2)
    assert hybrid.to_dense().tolist() == dense.tolist()
    assert hybrid.to_sparse(3).to_dense().tolist() == dense.tolist()
    assert dense.to_sparse_csr(dense_dim=1).to_sparse(3).to_dense().tolist() == dense.tolist()


def test_allclose_and_equal_look_at_elements_not_at_patterns() -> None:
    a = torch.sparse_coo_tensor([[0, 1], [0, 1]], [1.0, 0.0], (2, 2))
    b = torch.sparse_coo_tensor([[0, 0], [0, 0]], [0.5, 0.5], (2, 2))
    assert torch.allclose(a, b)
    assert torch.equal(a, b)
    assert not torch.allclose(a, b * 2)


_LARGE = """
import flambeau as torch
size, stored = 1_000_000, 10_000_000
generator = torch.Generator().manual_seed(0)
columns = torch.randint(0, size // 10, (size, 10), generator=generator)
columns = (columns + torch.arange(10) * (size // 10)).reshape(-1)
pointers = torch.arange(size + 1) * 10
values = torch.rand(stored, generator=generator).requires_grad_()
matrix = torch.sparse_csr_tensor(pointers, columns, values, (size, size))
vector = torch.ones(size, 1)
product = matrix @ vector + matrix.t() @ vector
product.sum().backward()
assert values.grad.tolist()[:3] == [2.0, 2.0, 2.0]
assert matrix.detach().to_sparse_coo().to_sparse_csc()._nnz() == stored
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux' /proc")
def test_a_million_rows_with_ten_million_elements_take_less_than_two_gigabytes() -> None:
    done = subprocess.run([sys.executable, "-c", _LARGE], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    assert int(done.stdout) < 2048  # MiB at the peak, the interpreter included


def test_memory_follows_what_is_stored_not_the_size() -> None:
    size, stored = 10_000_000, 20_000
    generator = torch.Generator().manual_seed(0)
    indices = torch.randint(0, size, (2, stored), generator=generator)
    tracemalloc.start()
    try:
        sparse = torch.sparse_coo_tensor(indices, torch.ones(stored), (size, size)).requires_grad_()
        product = (sparse * 2 + sparse.t()).sin()
        torch.sparse.sum(product).backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sparse.grad is not None
    assert peak < 1000 * stored  # bytes; a row pointer for every row would be four times as much


def test_a_backend_without_scipy_says_so() -> None:
    with torch.use_backend("minimal"):
        sparse = torch.eye(2).to_sparse_csr()
        with pytest.raises(
            NotImplementedError, match="backend 'minimal' does not support to_scipy .* move the tensor to the CPU"
        ):
            torch.sparse.to_scipy(sparse)
    with pytest.raises(RuntimeError, match="requires grad"):
        torch.sparse.to_scipy(torch.eye(2).to_sparse_csr().requires_grad_())


_LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")


def _in(layout: str, dense: Any) -> Any:
    return dense.to_sparse(layout=getattr(torch, layout), blocksize=(2, 2) if "bs" in layout else None)


@pytest.mark.parametrize("first", _LAYOUTS)
@pytest.mark.parametrize("second", _LAYOUTS)
def test_pairs_of_layouts_give_the_layout_of_the_first(first: str, second: str) -> None:
    a = torch.tensor([[0.0, 1.0, 2.0, 0.0], [3.0, 0.0, 0.0, 4.0]])
    b = torch.tensor([[5.0, 0.0, -2.0, 0.0], [3.0, 0.0, 6.0, 0.0]])
    one, two = _in(first, a), _in(second, b)
    for found, expected in (
        (one + two, a + b), (one - two, a - b), (one * two, a * b), (torch.add(one, two, alpha=3), a + 3 * b),
        (torch.cat([one, two]), torch.cat([a, b])),
    ):  # fmt: skip
        assert found.layout is one.layout
        assert found.to_dense().tolist() == expected.tolist()
    product = one @ _in(second, b.t())
    assert product.to_dense().tolist() == (a @ b.t()).tolist()
    assert torch.allclose(one, _in(second, a))
    assert (one != two).to_dense().tolist() == (a != b).tolist()


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr, torch.sparse_csc])
@pytest.mark.parametrize(
    "write",
    [
        lambda tensor: tensor.mul_(2),
        lambda tensor: tensor.zero_(),
        lambda tensor: tensor.add_(torch.ones(2, 2).to_sparse()),
        lambda tensor: tensor.copy_(torch.ones(2, 2).to_sparse()),
    ],
)
def test_a_leaf_that_is_written_to_without_recording_stays_one(layout: Any, write: Any) -> None:
    tensor = torch.eye(2).to_sparse(layout=layout).requires_grad_()
    known = tensor._values_
    expected = write(torch.eye(2).to_sparse(layout=layout)).to_dense()
    with torch.no_grad():
        write(tensor)
    assert tensor.is_leaf
    assert tensor.requires_grad
    assert tensor._values_ is known
    assert torch.equal(tensor.to_dense(), expected)
    (tensor * 3).sum().backward()
    assert tensor.grad is not None


def test_what_pytorch_lacks_of_complex_sparse_tensors() -> None:
    tensor = torch.tensor([[0, 1 + 2j], [-3j, 0]]).to_sparse()
    assert tensor.conj().to_dense().tolist() == [[0, 1 - 2j], [3j, 0]]
    assert tensor.H.to_dense().tolist() == [[0, 3j], [1 - 2j, 0]]
    assert tensor.angle().values().tolist() == pytest.approx([1.1071487, -1.5707963])
