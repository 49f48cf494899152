"""What is said where a program waits for a device: each wait that the stand-in counts, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau as torch
from flambeau.backend.waiting import chosen
from standin_cupy import counted

WORDS = "called a synchronizing CUDA operation"


@pytest.fixture(autouse=True)
def _silent_again() -> Iterator[None]:
    yield
    chosen.mode = 0


WAITS: dict[str, Callable[[torch.Tensor], Any]] = {
    "item": lambda x: x.sum().item(),
    "tolist": lambda x: x.tolist(),
    "bool": lambda x: bool(x[0]),
    "print": repr,
    "copy": lambda x: x.cpu(),
    "nonzero": lambda x: x.nonzero(),
    "no dims": lambda x: x[0].nonzero(),
    "matrix": lambda x: x.reshape(3, 1).nonzero(),
    "mask": lambda x: x[x > 1],
    "unique": lambda x: x.unique(),
    "cholesky": lambda x: torch.linalg.cholesky(torch.eye(2, device="cuda")),
    "stream": lambda x: torch.cuda.current_stream().synchronize(),
}

GOES_ON: dict[str, Callable[[torch.Tensor], Any]] = {
    "sum": lambda x: (x * 2).sum(),
    "copy": lambda x: x.clone().copy_(x),
    "fill": lambda x: x.masked_fill(x > 1, 0.0),
    "where": lambda x: torch.where(x > 1, x, 0.0),
    "index": lambda x: x[torch.tensor([0, 1], device="cuda")],
    "query": lambda x: torch.cuda.current_stream().query(),
}


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("name", WAITS)
def test_what_waits_warns_or_is_refused(name: str) -> None:
    x = torch.tensor([0.0, 1.0, 2.0], device="cuda")
    torch.cuda.set_sync_debug_mode("warn")
    with counted() as found, pytest.warns(UserWarning, match=WORDS) as said:
        WAITS[name](x)
    assert found
    assert {warning.filename for warning in said} == {__file__}
    torch.cuda.set_sync_debug_mode(2)
    with counted() as found, pytest.raises(RuntimeError, match=WORDS):
        WAITS[name](x)
    assert not found  # refused before
    torch.cuda.set_sync_debug_mode("default")
    WAITS[name](x)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("name", GOES_ON)
def test_nothing_is_said_of_what_goes_on(name: str) -> None:
    x = torch.tensor([0.0, 1.0, 2.0], device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    GOES_ON[name](x)


@pytest.mark.usefixtures("two")
def test_whose_purpose_it_is_waits_in_silence() -> None:
    torch.cuda.set_sync_debug_mode("error")
    event = torch.cuda.Event()
    event.record()
    event.synchronize()
    torch.cuda.synchronize()


@pytest.mark.usefixtures("two")
def test_modes_are_words_or_numbers() -> None:
    assert torch.cuda.get_sync_debug_mode() == 0
    for number, word in enumerate(("default", "warn", "error")):
        torch.cuda.set_sync_debug_mode(word)
        assert torch.cuda.get_sync_debug_mode() == number
        torch.cuda.set_sync_debug_mode(0)
        torch.cuda.set_sync_debug_mode(number)
        assert torch.cuda.get_sync_debug_mode() == number
    for wrong, words in {"often": "expected one of `default`, `warn`, `error`", 3: "expected one of 0,1,2"}.items():
        with pytest.raises(RuntimeError, match=f"invalid value of debug_mode, {words}"):
            torch.cuda.set_sync_debug_mode(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="invalid argument to set_sync_debug_mode"):
        torch.cuda.set_sync_debug_mode(1.0)  # type: ignore[arg-type]
    assert torch.cuda.get_sync_debug_mode() == 2
