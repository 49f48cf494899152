"""Page-locked memory: where there is a CUDA device, and where there is none."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch
from flambeau import Tensor
from flambeau.backend import Backend
from flambeau.backend.selection import find_place
from flambeau.utils.data import DataLoader, TensorDataset


@pytest.fixture
def no_cuda() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")


def _transposed() -> Tensor:
    return torch.arange(12.0).reshape(3, 4).t()


def _channels_last() -> Tensor:
    return torch.arange(48.0).reshape(2, 2, 3, 4).contiguous(memory_format=torch.channels_last)


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.arange(5), lambda: torch.tensor(2.5), lambda: torch.ones(0, 3), _transposed, _channels_last,
        lambda: torch.ones(3, 1).expand(3, 4), lambda: torch.ones(4, dtype=torch.bfloat16), lambda: torch.arange(10)[3::2],
        lambda: torch.tensor([True, False]), lambda: torch.tensor([1 + 2j]),
    ],
)  # fmt: skip
def test_a_pinned_copy_is_the_tensor_elsewhere(make: Callable[[], Tensor]) -> None:
    tensor = make()
    assert not tensor.is_pinned()
    made = tensor.pin_memory()
    assert made.is_pinned()
    assert torch.equal(made, tensor)
    assert (made.dtype, made.shape, made.stride()) == (tensor.dtype, tensor.shape, tensor.stride())
    assert made.storage_offset() == 0
    if tensor.numel():
        assert made.data_ptr() != tensor.data_ptr()


@pytest.mark.usefixtures("cuda")
def test_views_of_pinned_memory_are_pinned_and_stay_when_it_is_let_go() -> None:
    view = torch.arange(1000).pin_memory()[990:]
    gc.collect()
    assert view.is_pinned()
    assert view.pin_memory() is view
    assert view.tolist() == list(range(990, 1000))
    view += 1
    assert view.tolist() == list(range(991, 1001))
    assert not view.clone().is_pinned()


@pytest.mark.usefixtures("cuda")
def test_gradients_flow_through() -> None:
    x = torch.ones(3, requires_grad=True)
    pinned = x.pin_memory()
    assert pinned.grad_fn is not None
    assert pinned.grad_fn.name() == "PinMemoryBackward0"
    (pinned * 2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.usefixtures("cuda")
def test_tensors_of_a_device_cannot_be_pinned() -> None:
    there = torch.ones(2, device="cuda")
    assert not there.is_pinned()
    with pytest.raises(RuntimeError, match=r"cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned"):
        there.pin_memory()


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr])
def test_components_of_sparse_tensors_are_pinned(layout: Any) -> None:
    matrix = torch.eye(3).to_sparse(layout=layout)
    made = matrix.pin_memory()
    assert not matrix.is_pinned()
    assert made.is_pinned()
    assert made.layout is layout
    assert all(component.is_pinned() for component in made._components)
    assert torch.equal(made.to_dense(), torch.eye(3))
    assert made.pin_memory() is made


@pytest.mark.usefixtures("cuda")
def test_factories_make_pinned_tensors() -> None:
    made = [
        torch.zeros(2, pin_memory=True, requires_grad=True), torch.tensor([1.0], pin_memory=True, requires_grad=True),
        torch.ones_like(torch.zeros(2), pin_memory=True), torch.randn(3, pin_memory=True),
        torch.ones(2).new_tensor([1, 2], pin_memory=True), torch.ones(2).new_zeros(3, pin_memory=True),
        torch.normal(0.0, 1.0, (2,), pin_memory=True), torch.empty(2, pin_memory=True),
    ]  # fmt: skip
    assert all(tensor.is_pinned() for tensor in made)
    assert [tensor.is_leaf and tensor.requires_grad for tensor in made[:2]] == [True, True]


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("workers", [0, 2])
def test_batches_of_a_loader_are_pinned(workers: int) -> None:
    data = TensorDataset(torch.arange(6.0), torch.arange(6))
    for inputs, targets in DataLoader(data, batch_size=2, pin_memory=True, num_workers=workers):
        assert inputs.is_pinned()
        assert targets.is_pinned()
        assert inputs.tolist() == targets.tolist()


@pytest.mark.usefixtures("cuda")
def test_what_a_graph_saves_is_pinned() -> None:
    x = torch.tensor([2.0, 3.0], device="cuda", requires_grad=True)
    with torch.autograd.graph.save_on_cpu(pin_memory=True):
        y = x * x
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [4.0, 6.0]


@pytest.mark.usefixtures("no_cuda")
def test_without_a_device_it_is_the_tensor_itself() -> None:
    x = torch.ones(2)
    assert x.pin_memory() is x
    assert not x.is_pinned()
    assert not torch.zeros(2, pin_memory=True).is_pinned()


@pytest.mark.usefixtures("cuda")
def test_a_backend_that_takes_no_memory_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.ones(2)
    backend = find_place("cpu").backend
    monkeypatch.setattr(type(backend), "from_buffer", Backend.from_buffer)
    assert x.pin_memory() is x
    assert not x.is_pinned()


# -- copies that are not waited for ------------------------------------------------------------------------


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.bool, torch.complex64, torch.float16])
def test_copies_of_pinned_memory_are_begun_and_there_in_time(dtype: torch.dtype) -> None:
    host = (torch.arange(12).reshape(3, 4) % 5).to(dtype).pin_memory()
    there = host.to("cuda", non_blocking=True)
    assert there.device.type == "cuda"
    doubled = there * 2 if dtype is not torch.bool else there
    back = doubled.to("cpu", non_blocking=True)
    torch.cuda.synchronize()
    assert torch.equal(back, host * 2 if dtype is not torch.bool else host)
    assert back.is_pinned()
    assert torch.equal(host.cuda(non_blocking=True).cpu(), host)


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("make", [_transposed, lambda: torch.ones(0, 3), lambda: torch.tensor(2.5)])
@pytest.mark.parametrize("pinned", [False, True])
def test_other_copies_give_the_same(make: Callable[[], Tensor], pinned: bool) -> None:
    host = make().pin_memory() if pinned else make()
    there = host.to("cuda", non_blocking=True)
    back = there.to("cpu", non_blocking=True)
    torch.cuda.synchronize()
    assert torch.equal(back, host)
    assert torch.equal(there.to("cpu", torch.float64, non_blocking=False), host.double())


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("pinned", [False, True])
def test_copies_into_tensors(pinned: bool) -> None:
    host = torch.zeros(2, 3).pin_memory() if pinned else torch.zeros(2, 3)
    there = torch.arange(6.0, device="cuda").reshape(2, 3)
    assert host.copy_(there, non_blocking=True) is host
    host[:, 1].copy_(there[:, 0], non_blocking=True)
    torch.cuda.synchronize()
    assert host.tolist() == [[0, 0, 2], [3, 3, 5]]
    there.copy_(host, non_blocking=True)
    there += 1
    assert there.cpu().tolist() == [[1, 1, 3], [4, 4, 6]]


@pytest.mark.usefixtures("cuda")
def test_gradients_go_through_copies_that_are_not_waited_for() -> None:
    leaf = torch.ones(3).pin_memory().requires_grad_()
    (leaf.to("cuda", non_blocking=True) * 3).sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [3, 3, 3]


def test_what_a_copy_needs_is_kept_until_it_is_done(cuda: None, request: pytest.FixtureRequest) -> None:
    if "gpu" in request.node.name:
        pytest.skip("when a copy is done is known on the stand-in")
    from flambeau_cupy._transfers import _under_way

    torch.cuda.synchronize()
    torch.ones(2).pin_memory().to("cuda", non_blocking=True)
    before = len(_under_way)
    for _ in range(3):
        torch.ones(2).pin_memory().to("cuda", non_blocking=True)
    assert len(_under_way) == before + 3
    torch.cuda.synchronize()
    torch.ones(2).pin_memory().to("cuda", non_blocking=True)
    assert len(_under_way) == 1
