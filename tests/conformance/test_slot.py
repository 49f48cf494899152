"""A worker as its parent sees it: what it says, what it writes, and when it takes too long."""

from __future__ import annotations

import os
import queue
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flambeau_conformance import slot as slot_module
from flambeau_conformance.slot import Messages, Slot


@contextmanager
def _slot(program: str) -> Iterator[tuple[Slot, Messages]]:
    messages: Messages = queue.SimpleQueue()
    slot = Slot([sys.executable, "-c", program], messages, 60)
    try:
        yield slot, messages
    finally:
        slot.close()


def test_what_is_no_message_is_not_heard() -> None:
    with _slot("print('half\\n3\\nnull\\n[]\\n' + '[' * 10**5 + '\\n{\"ready\": 1}')") as (_, messages):
        heard = [messages.get(timeout=60)[1], messages.get(timeout=60)[1]]
    assert heard == [{"ready": 1}, None]


def test_time_in_which_the_machine_is_busy_with_others_is_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    now, delays = 0.0, {"1": 5.0}
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(slot_module, "_delays", lambda process: dict(delays))
    with _slot("pass") as (slot, _):
        slot.allow(10)
        now = 11
        assert slot.late
        delays |= {"1": 7.0, "2": 1.5}
        assert not slot.late
        now = 12.5
        assert slot.late
        delays["1"] = 1000.0
        assert not slot.late
        now = 101
        assert slot.late


@pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="this system does not say how long a thread has waited"
)
def test_how_long_the_threads_of_a_process_have_waited_is_known() -> None:
    delays = slot_module._delays(os.getpid())
    assert str(os.getpid()) in delays
    assert all(seconds >= 0 for seconds in delays.values())
    assert slot_module._delays(0) == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the worker is the child itself where there is no fork")
def test_what_a_child_wrote_last_is_known_also_when_the_next_has_begun() -> None:
    worker = "from flambeau_conformance.worker import main; main(['--backend', 'numpy', '--pattern', 'sin/value/plain/float32'])"
    with _slot(worker) as (slot, messages):

        def heard(key: str) -> dict[str, Any]:
            while (message := messages.get(timeout=60)[1]) is not None:
                if key in message:
                    return message
            raise AssertionError(slot.output())

        child = heard("started")["started"]
        heard("ready")
        os.kill(child, signal.SIGABRT)
        ended = heard("ended")
        heard("ready")  # the next one
        slot.wrote = ended["wrote"]
        assert " (worker.py, line " in slot.place()
        slot.renew()
        assert slot.place() == ""


def test_output_without_end_is_thrown_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(slot_module, "_KEPT", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with _slot("import sys; sys.stderr.write('x' * 1001); input(); sys.stderr.write('more')") as (slot, messages):
        while slot._size() < 1001:
            time.sleep(0.01)
        slot.limit_output()
        slot.send(end=True)
        assert messages.get(timeout=60)[1] is None
        assert slot.output() == "more"
        assert list(tmp_path.iterdir()) == [], "a run that is killed leaves no file"
