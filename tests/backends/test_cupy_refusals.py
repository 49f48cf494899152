"""What a device refuses later: the same errors as the CPU's, when somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch
import flambeau.nn.functional as F  # noqa: N812 (as everybody calls it)
from copying_backends import CopyingBackend
from flambeau.backend.strided import StridedBackend
from flambeau.backend.types import Place
from standin_backend import cupy_on_standin
from standin_cupy import counted

Call = Callable[[], Any]


def _long(*numbers: int) -> Any:
    return torch.tensor(numbers)


CALLS: dict[str, Call] = {
    "embedding": lambda: F.embedding(_long(0, 5), torch.ones(3, 2)),
    "index": lambda: torch.ones(3)[_long(1, -4)],
    "index_put": lambda: torch.ones(3).index_put((_long(3),), torch.tensor(1.0)),
    "index_select": lambda: torch.ones(3).index_select(0, _long(3)),
    "index_fill": lambda: torch.ones(3).index_fill(0, _long(-4), 1.0),
    "index_copy": lambda: torch.ones(3).index_copy(0, _long(3), torch.ones(1)),
    "index_add": lambda: torch.ones(3).index_add(0, _long(3), torch.ones(1)),
    "gather": lambda: torch.ones(3).gather(0, _long(3)),
    "scatter": lambda: torch.ones(3).scatter(0, _long(-1), torch.ones(1)),
    "take": lambda: torch.ones(2, 2).take(_long(4)),
    "one_hot": lambda: F.one_hot(_long(1, 4), 3),
    "one_hot_below": lambda: F.one_hot(_long(1, -4), 3),
    "cross_entropy": lambda: F.cross_entropy(torch.zeros(2, 3), _long(1, 3)),
    "nll_loss": lambda: F.nll_loss(torch.zeros(2, 3), _long(-1, 2)),
    "multi_margin_loss": lambda: F.multi_margin_loss(torch.zeros(2, 3), _long(1, 3)),
    "binary_cross_entropy": lambda: F.binary_cross_entropy(torch.tensor([0.5, 1.5]), torch.zeros(2)),
    "binary_cross_entropy_targets": lambda: F.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([-1.0])),
    "gaussian_nll_loss": lambda: F.gaussian_nll_loss(torch.zeros(2), torch.zeros(2), -torch.ones(2)),
    "divisor": lambda: torch.tensor([1, 2]) // torch.tensor([1, 0]),
    "remainder": lambda: torch.tensor([1, 2]) % torch.tensor([0, 1]),
    "max_unpool": lambda: F.max_unpool1d(torch.ones(1, 2), _long(0, 4)[None], 2),
    "masked_scatter": lambda: torch.ones(3).masked_scatter(torch.ones(3) > 0, torch.ones(2)),
    "bernoulli": lambda: torch.empty(2).bernoulli_(torch.tensor([0.5, 1.5])),
    "normal": lambda: torch.normal(torch.zeros(2), torch.tensor([1.0, -1.0])),
    "multinomial": lambda: torch.multinomial(torch.tensor([1.0, -1.0]), 1),
    "multinomial_of_few": lambda: torch.multinomial(torch.tensor([1.0, 0.0]), 2),
    "quantile": lambda: torch.quantile(torch.ones(3), torch.tensor([1.5])),
    "searchsorted": lambda: torch.searchsorted(torch.ones(2), torch.ones(1), sorter=_long(0, 2)),
    "embedding_bag_offsets": lambda: F.embedding_bag(_long(0, 1), torch.ones(3, 2), _long(1)),
}


def _refused(call: Call) -> tuple[type[Exception], str]:
    with pytest.raises(Exception, match=r".") as caught:
        call()
    return caught.type, str(caught.value)


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("name", CALLS)
def test_the_error_is_the_cpus_and_comes_with_the_next_wait(name: str) -> None:
    expected = _refused(CALLS[name])
    with torch.use_backend("cupy"):
        CALLS[name]()
        found = _refused(torch.cuda.synchronize)
        torch.cuda.synchronize()  # what was said once is forgotten
    assert found == expected


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("wait", [lambda x: x.item(), lambda x: x.tolist(), lambda x: x.cpu(), bool, repr])
def test_whoever_waits_hears_of_it_and_when_it_was(wait: Callable[[Any], Any]) -> None:
    with torch.use_backend("cupy"):
        other = torch.ones(1)
        F.embedding(_long(9), torch.ones(3, 2))
        with pytest.raises(IndexError, match="index out of range in self") as caught:
            wait(other)
    assert "asynchronously" in caught.value.__notes__[0]


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("of", ["stream", "event"])
def test_who_waits_for_a_stream_or_an_event_hears_of_it(of: str) -> None:
    with torch.use_backend("cupy"):
        event = torch.cuda.Event()
        F.embedding(_long(9), torch.ones(3, 2))
        event.record()
        with pytest.raises(IndexError, match="index out of range in self"):
            (event if of == "event" else torch.cuda.current_stream()).synchronize()


@pytest.mark.usefixtures("cuda")
def test_numbers_are_refused_at_once() -> None:
    with torch.use_backend("cupy"), pytest.raises(RuntimeError, match="ZeroDivisionError"):
        torch.tensor([1, 2]) // 0


@pytest.mark.usefixtures("cuda")
def test_many_calls_keep_one_range() -> None:
    with torch.use_backend("cupy"):
        table = torch.ones(3, 2)
        for number in (0, 2, 7, 1, -5, 0):
            table.gather(0, torch.full((1, 1), number))
        with pytest.raises(RuntimeError, match="index -5 is out of bounds for dimension 0 with size 3"):
            torch.cuda.synchronize()


def test_each_device_has_its_own() -> None:
    with cupy_on_standin(devices=2):
        F.embedding(torch.tensor([9], device="cuda:1"), torch.ones(3, 2, device="cuda:1"))
        assert torch.ones(1, device="cuda:0").item() == 1
        with pytest.raises(IndexError, match="index out of range in self"):
            torch.ones(1, device="cuda:1").item()


def test_who_reads_what_another_device_gave_hears_of_both() -> None:
    with cupy_on_standin(devices=2):
        rows = F.embedding(torch.tensor([9], device="cuda:1"), torch.ones(3, 2, device="cuda:1"))
        moved = rows.to("cuda:0").sum()
        with pytest.raises(IndexError, match="index out of range in self"):
            moved.item()


def test_a_stream_that_is_not_done_is_not_read() -> None:
    with cupy_on_standin():
        side, table, rows = torch.cuda.Stream(), torch.ones(3, 2, device="cuda"), torch.tensor([9], device="cuda")
        with torch.cuda.stream(side):
            F.embedding(rows, table)
        assert torch.cuda.current_stream() == torch.cuda.default_stream()
        torch.cuda.current_stream().synchronize()  # what the other one found may not be there yet
        assert not side.query()
        with pytest.raises(IndexError, match="index out of range in self"):
            side.synchronize()


def test_refusals_of_two_devices_are_told_one_after_the_other() -> None:
    with cupy_on_standin(devices=2):
        for device in ("cuda:0", "cuda:1"):
            F.embedding(torch.tensor([9], device=device), torch.ones(3, 2, device=device))
        for device in (0, 1):
            with pytest.raises(IndexError, match="index out of range in self"):
                torch.cuda.synchronize(device)
        torch.cuda.synchronize()


def test_a_mask_takes_what_comes_next_without_waiting() -> None:
    with cupy_on_standin():
        mask = torch.tensor([[True, False], [True, True]], device="cuda")
        source = torch.tensor([1.0, 2.0, 3.0, 4.0], device="cuda").requires_grad_()
        target = torch.zeros(2, 2, device="cuda")
        with counted() as waits:
            found = target.masked_scatter(mask, source)
        assert waits == []
        assert found.tolist() == [[1, 0], [2, 3]]
        found.sum().backward()
        assert source.grad is not None
        assert source.grad.tolist() == [1, 1, 1, 0]
        nothing = target.masked_scatter(
            torch.zeros(2, 2, dtype=torch.bool, device="cuda"), torch.ones(0, device="cuda")
        )
        assert nothing.tolist() == [[0, 0], [0, 0]]


def test_views_that_are_copies_hand_the_ends_on() -> None:
    class Late(CopyingBackend):
        asynchronous = True
        found: Any = None

        def refuse_later(self, low: Any, high: Any, first: int, stop: int, refusal: Any) -> None:
            self.found = (low.tolist(), high.tolist(), first, stop, str(refusal(7)))

    own = Late()
    place = Place(own, torch.device("cpu"), 0)
    assert isinstance(place.backend, StridedBackend)
    assert place.backend.asynchronous
    array = place.kernels.full((), 3, "int64")
    place.backend.refuse_later(array, array, 0, 3, lambda bad: IndexError(f"no {bad}"))
    assert own.found == (3, 3, 0, 3, "no 7")
