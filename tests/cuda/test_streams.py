"""Streams and events on the stand-in, whose clocks give every operation a millisecond and which the host is behind of."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

import flambeau as torch
from flambeau.errors import UnsupportedError

pytestmark = pytest.mark.usefixtures("two")


def _work(count: int, device: str = "cuda") -> None:
    x = torch.ones(1, device=device)
    for _ in range(count):
        x.add_(x)


def test_a_device_begins_with_its_default_stream() -> None:
    for number in range(2):
        assert torch.cuda.current_stream(number) == torch.cuda.default_stream(number)
    assert torch.cuda.default_stream().cuda_stream == 0
    assert torch.cuda.default_stream(0) != torch.cuda.default_stream(1)
    assert repr(torch.cuda.default_stream(1)) == "<torch.cuda.Stream device=cuda:1 cuda_stream=0x0>"


def test_a_stream_has_a_device_a_handle_and_a_priority() -> None:
    first, second = torch.cuda.Stream(priority=-1), torch.cuda.Stream(1, priority=-100)
    assert (first.device, second.device, second.device_index) == (torch.device("cuda:0"), torch.device("cuda:1"), 1)
    assert (first.priority, second.priority, torch.cuda.Stream(priority=7).priority) == (-1, -5, 0)
    assert first.cuda_stream == first.stream_id != 0
    assert len({first, torch.cuda.ExternalStream(first.cuda_stream), second}) == 2
    assert torch.cuda.get_stream_from_external(second.cuda_stream, 1) == second
    assert first != first.cuda_stream
    assert first.__cuda_stream__() == (0, first.cuda_stream)
    assert torch.cuda.Stream(-1).device == torch.device("cuda:0")


def test_work_in_a_block_goes_to_its_stream() -> None:
    side = torch.cuda.Stream()
    torch.cuda.synchronize()
    with torch.cuda.stream(side):
        assert torch.cuda.current_stream() == side
        _work(3)
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    assert torch.cuda.default_stream().query()
    assert not side.query()
    side.synchronize()
    assert side.query()


def test_a_stream_is_a_block_itself_and_blocks_nest() -> None:
    one, two = torch.cuda.Stream(), torch.cuda.Stream()
    with one as given, one, two:
        assert given is one
        assert torch.cuda.current_stream() == two
    with torch.cuda.stream(one), torch.cuda.stream(None):
        assert torch.cuda.current_stream() == one
    with pytest.raises(ZeroDivisionError), one:
        _ = 1 / 0
    assert torch.cuda.current_stream() == torch.cuda.default_stream()


def test_the_block_of_another_devices_stream_makes_that_current() -> None:
    here, there = torch.cuda.Stream(0), torch.cuda.Stream(1)
    with torch.cuda.stream(here):
        with torch.cuda.stream(there):
            assert torch.cuda.current_device() == 1
            assert torch.cuda.current_stream(1) == there
            assert torch.cuda.current_stream(0) == here
            assert torch.ones(1, device="cuda").get_device() == 1
        assert torch.cuda.current_device() == 0
        assert torch.cuda.current_stream(1) == torch.cuda.default_stream(1)
        assert torch.cuda.current_stream(0) == here
    torch.cuda.set_stream(there)
    assert (torch.cuda.current_device(), torch.cuda.current_stream()) == (1, there)
    torch.cuda.set_stream(None)
    assert torch.cuda.current_stream() == there


def test_current_streams_belong_to_a_thread() -> None:
    torch.cuda.set_stream(torch.cuda.Stream())
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append(torch.cuda.current_stream()))
    thread.start()
    thread.join()
    assert seen == [torch.cuda.default_stream()]


def test_events_measure_the_work_between_them() -> None:
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    assert (start.cuda_event, start.device, start.query()) == (0, None, True)
    start.record()
    _work(5)
    end.record()
    assert start.device == torch.device("cuda:0")
    assert start.cuda_event != end.cuda_event != 0
    assert not end.query()
    with pytest.raises(RuntimeError, match="Both events must be completed before calculating elapsed time"):
        start.elapsed_time(end)
    end.synchronize()
    assert end.query()
    assert start.elapsed_time(end) >= 5
    assert start.elapsed_time(start) == 0.0


def test_events_that_measure_nothing_say_so() -> None:
    timed, other = torch.cuda.Event(enable_timing=True), torch.cuda.Event()
    with pytest.raises(ValueError, match="Both events must be created with argument 'enable_timing=True'"):
        timed.elapsed_time(other)
    with pytest.raises(ValueError, match="Both events must be recorded before calculating elapsed time"):
        timed.elapsed_time(torch.cuda.Event(enable_timing=True))
    assert repr(timed) == "<torch.cuda.Event uninitialized>"
    timed.record()
    assert repr(timed) == f"<torch.cuda.Event {timed.cuda_event:#x}>"
    for option in ("interprocess", "external"):
        with pytest.raises(UnsupportedError, match=option):
            torch.cuda.Event(**{option: True})


def test_a_stream_waits_for_an_event_and_the_program_does_not() -> None:
    producer, consumer = torch.cuda.Stream(), torch.cuda.Stream()
    with torch.cuda.stream(producer):
        _work(10)
        done = producer.record_event()
    consumer.wait_event(done)
    assert not done.query()
    after = torch.cuda.Event(enable_timing=True)
    consumer.record_event(after)
    after.synchronize()
    assert done.query()  # what waited for it is done
    torch.cuda.Event().wait(consumer)  # not recorded: nothing to wait for
    torch.cuda.Event().synchronize()


def test_a_stream_waits_for_a_stream_of_another_device() -> None:
    there = torch.cuda.Stream(1)
    with torch.cuda.stream(there):
        _work(20, "cuda:1")
    torch.cuda.current_stream().wait_stream(there)
    torch.cuda.synchronize(0)
    assert there.query()
    event = there.record_event()
    with pytest.raises(RuntimeError, match=r"Event device 1 does not match recording stream's device 0\."):
        event.record(torch.cuda.current_stream(0))


def test_synchronize_waits_for_all_streams_of_one_device() -> None:
    here, there = torch.cuda.Stream(0), torch.cuda.Stream(1)
    with torch.cuda.stream(here):
        _work(2)
    with torch.cuda.stream(there):
        _work(50, "cuda:1")
    torch.cuda.synchronize(0)
    assert here.query()
    assert not there.query()
    torch.cuda.synchronize("cuda:1")
    assert there.query()


def test_reading_waits_for_the_current_stream() -> None:
    _work(3)
    assert not torch.cuda.current_stream().query()
    assert torch.ones(2, device="cuda").sum().item() == 2
    assert torch.cuda.current_stream().query()


def test_recorded_memory_is_kept_until_the_stream_is_done() -> None:
    side = torch.cuda.Stream()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    x = torch.ones(1 << 16, device="cuda")
    view = x[1:]
    with torch.cuda.stream(side):
        _work(30)
    x.record_stream(side)
    del x
    assert torch.cuda.memory_allocated() > before  # the view is there
    del view
    gc.collect()
    assert torch.cuda.memory_allocated() >= before + (4 << 16)  # nobody is, but the stream
    side.synchronize()
    assert torch.cuda.memory_allocated() == before


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: torch.ones(2, device="cuda").record_stream(None), TypeError, "must be Stream, not NoneType"),
        (lambda: torch.ones(2).record_stream(torch.cuda.Stream()), UnsupportedError, "streams"),
        (lambda: torch.ones(2, device="cuda:1").record_stream(torch.cuda.Stream()), RuntimeError, "cuda:1.*cuda:0"),
        (lambda: torch.cuda.Stream("cpu"), ValueError, "Expected a cuda device, but got: cpu"),
        (lambda: torch.cuda.Stream(2), RuntimeError, "invalid device index 2"),
        (lambda: torch.accelerator.set_stream(3), TypeError, "must be Stream, not int"),
        (lambda: torch.cuda.set_stream(3), TypeError, "must be Stream, not int"),
        (lambda: torch.cuda.stream(3), TypeError, "must be Stream, not int"),
        (lambda: torch.cuda.Stream().wait_stream(3), TypeError, "must be Stream, not int"),
        (lambda: torch.cuda.Stream().wait_event(3), TypeError, "must be Event, not int"),
        (lambda: torch.cuda.Stream().record_event(3), TypeError, "must be Event, not int"),
        (lambda: torch.cuda.Event().record(3), TypeError, "must be Stream, not int"),
        (lambda: torch.cuda.Event().wait(3), TypeError, "must be Stream, not int"),
        (lambda: torch.cuda.Event(enable_timing=True).elapsed_time(3), TypeError, "must be Event, not int"),
    ],
)
def test_what_is_no_stream_is_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
