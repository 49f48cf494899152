"""Two devices, on the stand-in: all work is done where the operands are, whichever device is current."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import flambeau as torch
import flambeau.nn.functional as F  # noqa: N812 (as everybody calls it)
from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.session import Session
from flambeau_conformance.sets import chosen
from flambeau_conformance.subject import Subject, subject_of
from standin_backend import cupy_on_standin
from standin_cupy import counted
from standin_cupy._machine import machine
from training_tasks import OPTIMIZERS, TASKS, trained


@pytest.fixture
def two_cuda() -> Iterator[None]:
    """Devices ``cuda:0``, which is current, and ``cuda:1``."""
    with cupy_on_standin(devices=2):
        yield


class _OnSecond(Subject):
    """The backend with its second device in use, while the first one is current."""

    @contextmanager
    def in_use(self) -> Iterator[None]:
        with self.torch.device("cuda:1"):
            yield


@pytest.mark.usefixtures("two_cuda")
def test_every_op_computes_where_its_operands_are() -> None:
    """The stand-in refuses arrays of a device that is not current; each case leaves the first one current."""
    own = subject_of("cupy")
    session = Session(_OnSecond(own.torch, own.name, own.version, own.manifest), [])
    for case in chosen(all_cases(), "smoke", []):
        session.run(case)
        assert machine.get_device() == 0, case.address
    failures = [each for each in session.failures() if not each.address.startswith(("relu/", "relu6/"))]
    assert [f"{each.address}: {each.detail}" for each in failures] == []


def _run(device: str, kind: str, optimizer: str) -> tuple[Any, Any, Any]:
    torch.cuda.manual_seed_all(3)
    torch.manual_seed(3)
    with torch.device(device):
        task = TASKS[kind]()
    task.module.to(device)
    updates = OPTIMIZERS[optimizer](task.module.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(updates, 2)
    return task.module, updates, trained(task, updates, scheduler)


@pytest.mark.usefixtures("two_cuda")
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
@pytest.mark.parametrize("kind", TASKS)
def test_training_stays_on_its_device_and_gives_the_same_numbers(kind: str, optimizer: str) -> None:
    before = torch.cuda.memory_allocated(0)
    module, updates, total = _run("cuda:1", kind, optimizer)
    assert torch.cuda.memory_allocated(0) == before
    tensors = [*module.parameters(), *module.buffers(), *(each.grad for each in module.parameters())]
    states = [each for state in updates.state.values() for name, each in state.items() if name != "step"]
    assert {str(each.device) for each in [*tensors, *states, total] if isinstance(each, torch.Tensor)} == {"cuda:1"}
    other, _, expected = _run("cuda:0", kind, optimizer)
    assert total.item() == expected.item()
    for one, two in zip(module.parameters(), other.parameters(), strict=True):
        assert one.tolist() == two.tolist()


@pytest.mark.usefixtures("two_cuda")
def test_copies_between_devices_pass_by_the_host() -> None:
    wide = torch.arange(12.0, device="cuda:0").reshape(3, 4).requires_grad_()
    with counted() as waits:
        moved = wide.t()[1:].to("cuda:1")
        moved.square().sum().backward()
        back = torch.empty(3, 3, device="cuda:0")
        back.copy_(moved.detach())
    assert waits == []
    assert (str(moved.device), str(back.device)) == ("cuda:1", "cuda:0")
    assert moved.tolist() == back.tolist() == [[1, 5, 9], [2, 6, 10], [3, 7, 11]]
    assert wide.grad is not None
    assert wide.grad.tolist() == [[0, 2, 4, 6], [0, 10, 12, 14], [0, 18, 20, 22]]


_MIXED: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "add_": lambda a, b: a.add_(b),
    "matmul": lambda a, b: a @ b,
    "cat": lambda a, b: torch.cat([a, b]),
    "where": lambda a, b: torch.where(a > 0, a, b),
    "linear": F.linear,
    "mse_loss": F.mse_loss,
    "gather": lambda a, b: a.gather(0, b.long()),
    "embedding": lambda a, b: F.embedding(b.long(), a),
    "index_select": lambda a, b: a.index_select(0, b.long()[0]),
    "cross_entropy": lambda a, b: F.cross_entropy(a, b.long()[0]),
    "addmm": lambda a, b: torch.addmm(a, a, b),
    "nll_loss": lambda a, b: F.nll_loss(a, b.long()[0]),
    "weighted_cross_entropy": lambda a, b: F.cross_entropy(a, a.long()[0], weight=b[0]),
    "multi_margin_loss": lambda a, b: F.multi_margin_loss(a, b.long()[0]),
    "multilabel_margin_loss": lambda a, b: F.multilabel_margin_loss(a, b.long()),
    "layer_norm": lambda a, b: F.layer_norm(a, (2,), a[0], b[0]),
    "group_norm": lambda a, b: F.group_norm(a[None], 2, b[0]),
    "batch_norm": lambda a, b: F.batch_norm(a, b[0], b[0]),
    "conv1d": lambda a, b: F.conv1d(a[None], a[:, :, None], b[0]),
    "attention": lambda a, b: F.scaled_dot_product_attention(a, b, b),
    "masked_attention": lambda a, b: F.scaled_dot_product_attention(a, a, a, b),
    "prelu": lambda a, b: F.prelu(a, b[0]),
    "embedding_bag": lambda a, b: F.embedding_bag(b.long(), a),
    "max_unpool": lambda a, b: F.max_unpool1d(a[None], b.long()[None], 1),
    "put": lambda a, b: a.put(a.long(), b),
    "index_put": lambda a, b: a.index_put((a.long()[0],), b[0]),
    "solve": lambda a, b: torch.linalg.solve(a, b),
    "solve_triangular": lambda a, b: torch.linalg.solve_triangular(a, b, upper=True),
    "sparse_mm": lambda a, b: torch.sparse.mm(a.to_sparse(), b),
}


@pytest.mark.usefixtures("two_cuda")
@pytest.mark.parametrize("op", _MIXED)
def test_operands_of_two_devices_are_refused_and_both_are_named(op: str) -> None:
    one, two = torch.ones(2, 2, device="cuda:0"), torch.ones(2, 2, device="cuda:1")
    text = "Expected all tensors to be on the same device, but found at least two devices, cuda:[01] and cuda:[01]!"
    with pytest.raises(RuntimeError, match=text) as caught:
        _MIXED[op](one, two)
    assert "cuda:0" in str(caught.value)
    assert "cuda:1" in str(caught.value)
    assert one.tolist() == [[1, 1], [1, 1]]


@pytest.mark.usefixtures("two_cuda")
def test_indices_and_gradients_come_from_the_device_or_from_the_cpu() -> None:
    one, two = torch.arange(3.0, device="cuda:0"), torch.tensor([2, 0], device="cuda:1")
    assert one[two.cpu()].tolist() == [2, 0]
    for key in (two, torch.tensor([True, False, True], device="cuda:1")):
        with pytest.raises(RuntimeError, match=r"either on cpu or on the same device as the indexed tensor \(cuda:0\)"):
            one[key]
    one.requires_grad_()
    with pytest.raises(RuntimeError, match="expected device cuda:0 but got cuda:1"):
        (one * 2).backward(torch.ones(3, device="cuda:1"))
    (one * 2).backward(torch.ones(3, device="cuda:0"))
    assert one.grad is not None
    assert one.grad.tolist() == [2, 2, 2]


@pytest.mark.usefixtures("two_cuda")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(RuntimeError, match="invalid device index 2"):
        torch.zeros(1, device="cuda:2")
