"""``torch.Stream`` and ``torch.Event``: those of the CPU beside PyTorch's, and those of CUDA devices on the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau
import flambeau as torch
from flambeau.errors import UnsupportedError

# -- the CPU ---------------------------------------------------------------------------------------------------------------


def _within(t: Any) -> Any:
    with t.Stream("cpu") as stream:
        return isinstance(stream, t.Stream)


ALIKE: dict[str, Callable[[Any], Any]] = {
    "stream": lambda t: repr(t.Stream("cpu")),
    "numbered": lambda t: repr(t.Stream("cpu:0", priority=-1)),
    "event": lambda t: [repr(t.Event("cpu", enable_timing=timed)) for timed in (False, True)],
    "options": lambda t: repr(t.Event(t.device("cpu"), blocking=True, interprocess=True)),
    "attributes": lambda t: [getattr(t.Stream("cpu"), name) for name in ("stream_id", "device_index", "device_type")],
    "devices": lambda t: [str(each.device) for each in (t.Stream("cpu"), t.Event("cpu"))],
    "event_id": lambda t: t.Event("cpu").event_id,
    "done": lambda t: [t.Stream("cpu").query(), t.Stream("cpu").synchronize(), t.Stream("cpu").is_capturing()],
    "past": lambda t: [t.Event("cpu").query(), t.Event("cpu").synchronize(), t.Event("cpu").wait()],
    "wait": lambda t: [t.Stream("cpu").wait_event(t.Event("cpu")), t.Event("cpu").wait(t.Stream("cpu"))],
    "equal": lambda t: [t.Stream("cpu") == t.Stream("cpu"), hash(t.Stream("cpu")) == hash(t.Stream("cpu")), t.Stream("cpu") == 3],
    "block": _within,
}  # fmt: skip

REFUSED: dict[str, Callable[[Any], Any]] = {
    "number": lambda t: t.Stream(3.5),
    "priority": lambda t: t.Stream("cpu", priority=1.5),
    "timing": lambda t: t.Event("cpu", enable_timing=1),
    "many": lambda t: t.Event("cpu", True),
    "handle": lambda t: t.Stream("cpu").native_handle,
    "record": lambda t: t.Event("cpu").record(),
    "record_stream": lambda t: t.Event("cpu").record(t.Stream("cpu")),
    "record_event": lambda t: t.Stream("cpu").record_event(),
    "record_given": lambda t: t.Stream("cpu").record_event(t.Event("cpu")),
    "wait_stream": lambda t: t.Stream("cpu").wait_stream(t.Stream("cpu")),
    "untimed": lambda t: t.Event("cpu").elapsed_time(t.Event("cpu")),
    "own": lambda t: t.Stream("cpu").own,
}

WORDS = {"many", "own"}
"""What Python says, and of which only the class of the error is compared."""


@pytest.mark.oracle
@pytest.mark.parametrize("name", ALIKE)
def test_streams_and_events_of_the_cpu_answer_as_pytorchs(torch: ModuleType, name: str) -> None:
    assert ALIKE[name](flambeau) == ALIKE[name](torch)


@pytest.mark.oracle
@pytest.mark.parametrize("name", REFUSED)
def test_they_refuse_as_pytorchs(torch: ModuleType, name: str) -> None:
    said = []
    for library in (torch, flambeau):
        with pytest.raises((TypeError, RuntimeError, ValueError, AttributeError)) as raised:
            REFUSED[name](library)
        words = "" if name in WORDS else str(raised.value)
        said.append((raised.type, words))
    assert said[0] == said[1]


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["Stream", "Event"])
def test_they_have_the_same_members(torch: ModuleType, name: str) -> None:
    theirs, ours = (
        {member for member in dir(getattr(library, name)) if member[0] != "_"} for library in (torch, flambeau)
    )
    assert theirs - ours == ({"from_ipc_handle", "ipc_handle"} if name == "Event" else set())
    assert ours - theirs == set()


def test_without_an_accelerator_they_are_the_cpus(none: None) -> None:
    assert (str(torch.Stream().device), str(torch.Event().device)) == ("cpu", "cpu")
    for call in (torch.Stream, torch.Event):
        with pytest.raises(RuntimeError, match="CUDA is not available"):
            call("cuda")


def test_what_is_no_stream_or_event_is_refused() -> None:
    stream, event = torch.Stream("cpu"), torch.Event("cpu")
    for call in (stream.wait_stream, event.record, event.wait):
        with pytest.raises(TypeError, match="must be Stream, not int"):
            call(3)  # type: ignore[operator]
    for call in (stream.wait_event, stream.record_event, event.elapsed_time):
        with pytest.raises(TypeError, match="must be Event, not int"):
            call(3)  # type: ignore[operator]
    with pytest.raises(TypeError, match="stream_id needs device_index and device_type"):
        torch.Stream(stream_id=0)
    with pytest.raises(UnsupportedError, match="streams"):
        torch.ones(2).record_stream(stream)


# -- CUDA's ----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two")
def test_with_an_accelerator_they_are_its_own() -> None:
    with torch.cuda.device(1):
        stream, event = torch.Stream(), torch.Event()
    assert (str(stream.device), str(event.device), str(torch.Stream(0).device)) == ("cuda:1", "cuda:1", "cuda:0")
    assert stream.native_handle == stream.stream_id != 0
    assert repr(stream) == f"torch.Stream device_type=cuda, device_index=1, stream_id={stream.stream_id}"
    same = torch.Stream(stream_id=stream.stream_id, device_index=1, device_type=stream.device_type)
    assert same == stream
    assert hash(same) == hash(stream)
    assert torch.Stream("cpu") != stream


@pytest.mark.usefixtures("two")
def test_a_block_gives_work_to_the_stream_and_puts_back_what_was_current() -> None:
    stream = torch.Stream("cuda:1")
    with stream as entered:
        assert entered is stream
        assert torch.cuda.current_device() == 1
        assert torch.cuda.current_stream() == stream
        _ = torch.ones(2, device="cuda") + 1
    assert torch.cuda.current_device() == 0
    assert torch.cuda.current_stream(1) == torch.cuda.default_stream(1)
    assert not stream.query()
    stream.synchronize()
    assert stream.query()


@pytest.mark.usefixtures("two")
def test_events_stand_in_streams_and_measure() -> None:
    stream, other = torch.Stream("cuda"), torch.Stream("cuda")
    start, end = (torch.Event("cuda", enable_timing=True) for _ in range(2))
    start.record(stream)
    with stream:
        _ = torch.ones(2, device="cuda") + 1
    recorded = stream.record_event(end)
    assert recorded is end
    assert end.event_id != 0
    other.wait_stream(stream)
    assert not end.query()
    end.synchronize()
    assert start.elapsed_time(end) > 0
    assert isinstance(stream.record_event(), torch.Event)
    current = torch.Event("cuda:1")
    current.record()  # in the current stream of its device
    current.wait(stream)
    with pytest.raises(RuntimeError, match=r"Event device 1 does not match recording stream's device 0\."):
        current.record(stream)
    with pytest.raises(RuntimeError, match=r"device type CUDA does not match recording stream's device type CPU\."):
        current.record(torch.Stream("cpu"))


@pytest.mark.usefixtures("two")
def test_those_of_torch_cuda_are_of_the_same_classes() -> None:
    stream, event = torch.cuda.Stream(), torch.cuda.Event()
    assert isinstance(stream, torch.Stream)
    assert isinstance(event, torch.Event)
    assert isinstance(stream.record_event(), torch.cuda.Event)
    plain = torch.Stream(stream_id=stream.stream_id, device_index=0, device_type=1)
    assert plain == stream
    with torch.cuda.stream(plain):
        assert torch.cuda.current_stream() == stream
    torch.accelerator.set_stream(plain)
    assert torch.cuda.current_stream() == stream
    torch.ones(2, device="cuda").record_stream(plain)
    with pytest.raises(ValueError, match="Expected a cuda device, but got: cpu"):
        torch.cuda.set_stream(torch.Stream("cpu"))


@pytest.mark.usefixtures("two")
def test_streams_say_whether_they_capture() -> None:
    x = torch.ones(2, device="cuda")
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    with torch.cuda.graph(graph, stream=stream):
        assert stream.is_capturing()
        _ = x + x
    assert not stream.is_capturing()
