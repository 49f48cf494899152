"""What goes wrong with worker processes: it is said in PyTorch's words, within seconds, and nothing is left behind."""

from __future__ import annotations

import errno
import faulthandler
import gc
import multiprocessing
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flambeau
from flambeau.utils import data as own_data
from flambeau.utils.data._utils import processes

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),  # wherever there are few processors
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded"),
]

SECONDS = 20.0
"""How long the processes of a busy machine may take for what should be done in one or two."""


class Doing(own_data.Dataset[Any]):
    """Ten samples; at the fourth something is done."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.do = do

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        return self.do() if index == 3 else index


def _forked(data: Doing, **options: Any) -> Any:
    """A loader whose workers need no pickle of the data set."""
    return own_data.DataLoader(data, multiprocessing_context="fork", **options)


def _left_over() -> list[Any]:
    """Processes that are still there, after some time; what an exception's traceback holds is dropped."""
    gc.collect()
    deadline = time.monotonic() + SECONDS
    while (left := multiprocessing.active_children()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _fork_and_die() -> None:
    """Die, and leave a process behind that holds all pipes open for a while."""
    if os.fork() == 0:
        time.sleep(8)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)


def _bus_error() -> None:
    faulthandler.disable()  # it is no fault of the tests
    os.kill(os.getpid(), signal.SIGBUS)


ENDS: dict[str, tuple[Callable[[], Any], str]] = {
    "killed": (lambda: os.kill(os.getpid(), signal.SIGKILL), r"is killed by signal: Killed\. $"),
    "bus error": (
        _bus_error,
        r"is killed by signal: Bus error\. It is possible that dataloader's workers are out of shared memory\.",
    ),
    "exits": (
        lambda: os._exit(3),
        r"with exit code 3\. Details are lost due to multiprocessing\. Rerunning with num_workers=0 may give better error trace",
    ),
    "exits well": (lambda: sys.exit(0), "exited unexpectedly with exit code 0"),
    "forked": (_fork_and_die, r"is killed by signal: Killed\. $"),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("persistent", [False, True])
def test_a_worker_that_is_gone_is_missed_at_once(name: str, persistent: bool) -> None:
    do, words = ENDS[name]
    loader = _forked(Doing(do), batch_size=None, num_workers=2, persistent_workers=persistent)
    begun = time.monotonic()
    with pytest.raises(RuntimeError, match=r"^DataLoader worker \(pid\(s\) \d+\) exited unexpectedly$") as caught:
        list(loader)
    assert time.monotonic() - begun < SECONDS
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(RuntimeError, match=words):
        raise caught.value.__cause__
    assert not _left_over()
    loader.dataset.do = lambda: 3
    assert list(loader) == list(range(10))  # and the next round has workers of its own


def test_a_round_that_lost_a_worker_is_over() -> None:
    batches = iter(_forked(Doing(lambda: os._exit(1)), batch_size=None, num_workers=2))
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        list(batches)
    for _ in range(3):
        with pytest.raises(RuntimeError, match=r"workers were ended, .*: begin another round$"):
            list(batches)  # after what had arrived before


def _fork() -> int:
    child = os.fork()
    if child == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_worker_may_fork() -> None:
    assert list(_forked(Doing(_fork), batch_size=None, num_workers=1)) == [0, 1, 2, 7, *range(4, 10)]


class TwoArgumentsError(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__(one, other)


class OwnError(Exception):
    pass


def _raise(error: Any) -> Callable[[], Any]:
    def do() -> Any:
        raise error

    return do


def _local_class() -> type[Exception]:
    class LocalError(Exception):
        pass

    return LocalError


RAISED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "own": (
        _raise(OwnError("word")),
        OwnError,
        r"^Caught OwnError in DataLoader worker process 0\.\nOriginal Traceback(.|\n)*OwnError: word\n$",
    ),
    "several arguments": (
        _raise(TwoArgumentsError(1, 2)),
        RuntimeError,
        r"^Caught TwoArgumentsError in DataLoader worker process 0\.",
    ),
    "local class": (_raise(_local_class()("word")), RuntimeError, r"LocalError: word"),
    "cannot be pickled": (
        lambda: (flambeau.ones(5000), lambda: 3),
        Exception,
        r"in DataLoader worker process 0(.|\n)*pickle",
    ),
    "memory": (_raise(MemoryError("much")), MemoryError, "Caught MemoryError in DataLoader worker process 0"),
    "not implemented": (_raise(NotImplementedError()), NotImplementedError, "Caught NotImplementedError"),
}


@pytest.mark.parametrize("name", RAISED)
def test_an_exception_keeps_its_class_and_words(name: str) -> None:
    do, kind, words = RAISED[name]
    loader = _forked(Doing(do), batch_size=None, num_workers=1)
    with pytest.raises(kind, match=words):
        list(loader)
    del loader
    assert not _left_over()


def test_a_timeout_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_STOP_SECONDS", 0.1)
    loader = _forked(Doing(lambda: time.sleep(60)), batch_size=None, num_workers=1, timeout=2)
    batches = iter(loader)
    assert [next(batches) for _ in range(3)] == [0, 1, 2]
    begun = time.monotonic()
    with pytest.raises(RuntimeError, match=r"^DataLoader timed out after 2 seconds$"):
        next(batches)
    assert 1.9 < time.monotonic() - begun < SECONDS
    del batches
    assert not _left_over()


def test_a_round_that_is_broken_off_ends_its_workers() -> None:
    for number, _ in enumerate(_forked(Doing(lambda: "x" * 1_000_000), batch_size=None, num_workers=2)):
        if number == 2:  # the fourth sample fills a pipe
            break
    assert not _left_over()


def test_what_cannot_be_sent_to_a_new_process_is_refused() -> None:
    loader = own_data.DataLoader(Doing(lambda: 3), num_workers=2, multiprocessing_context="spawn")
    with (
        pytest.warns(UserWarning, match="Got pickle error when attempting to start a worker Process"),
        pytest.raises((AttributeError, pickle.PicklingError), match=r"[Pp]ickle|local object"),
    ):
        iter(loader)
    assert not _left_over()


def _little_memory(worker: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


class Images(own_data.Dataset[Any]):
    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> Any:
        return flambeau.full((100, 100), float(index)), index


def test_batches_come_whole_where_shared_memory_is_exhausted() -> None:
    for size in (1, 4):  # one image fits, four do not
        loader = own_data.DataLoader(Images(), batch_size=size, num_workers=2, worker_init_fn=_little_memory)
        found = [(images.reshape(len(images), -1).amax(1).tolist(), labels.tolist()) for images, labels in loader]
        assert found == [([*map(float, each)], each) for each in (list(range(n, n + size)) for n in range(0, 12, size))]


def test_no_room_for_the_locks_of_a_process_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **options: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(multiprocessing.context.BaseContext, "Queue", full)
    with pytest.raises(OSError, match=r"no room in shared memory .* load without workers \(num_workers=0\)"):
        iter(own_data.DataLoader(Images(), num_workers=1))


def _in_use() -> tuple[int, int]:
    """Open files, and MiB of memory."""
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return len(os.listdir("/proc/self/fd")), pages * resource.getpagesize() >> 20


@pytest.mark.parametrize("persistent", [False, True])
def test_rounds_use_no_more_and_more(persistent: bool) -> None:
    loader = own_data.DataLoader(Images(), batch_size=4, num_workers=2, persistent_workers=persistent)
    used = []
    for _ in range(12):
        assert sum(len(labels) for _, labels in loader) == 12
        used.append(_in_use())
    assert used[-1][0] <= used[3][0]
    assert used[-1][1] <= used[3][1] + 8


DATA = """
import os, sys, time, warnings
warnings.simplefilter("ignore")
import flambeau as torch

class Numbers(torch.utils.data.Dataset):
    def __len__(self): return 1000
    def __getitem__(self, index):
        if index > 20: time.sleep(0.05)
        return torch.full((60, 60), float(index)), os.getpid()

def started(**options):
    batches = iter(torch.utils.data.DataLoader(Numbers(), batch_size=4, num_workers=2, **options))
    pids = {pid for _ in range(4) for pid in next(batches)[1].tolist()}
    print(*pids, flush=True)
    return batches

if __name__ == "__main__":
"""


def _program(folder: Path, lines: str) -> subprocess.Popen[str]:
    """A program of its own that starts two workers, says their numbers, and goes on with some lines."""
    file = folder / "program.py"
    heard = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # as where nobody ignores it
    file.write_text(heard + DATA + "".join(f"    {line}\n" for line in lines.splitlines()))
    return subprocess.Popen(
        [sys.executable, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


def _workers_of(program: subprocess.Popen[str]) -> list[int]:
    assert program.stdout is not None
    return [int(word) for word in program.stdout.readline().split()]


def _are_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_an_interrupt_ends_all_processes_and_is_told_once(tmp_path: Path) -> None:
    program = _program(tmp_path, "batches = started()\nfor _ in batches: pass")
    pids = _workers_of(program)
    os.killpg(program.pid, signal.SIGINT)
    _, told = program.communicate(timeout=SECONDS)
    assert len(pids) == 2
    assert told.count("KeyboardInterrupt") == told.count("Traceback") == 1, told
    assert _are_gone(pids)


@pytest.mark.parametrize("options", ["", "multiprocessing_context='forkserver'"])
def test_workers_of_a_program_that_is_killed_end(tmp_path: Path, options: str) -> None:
    program = _program(tmp_path, f"batches = started({options})\ntime.sleep(60)")
    pids = _workers_of(program)
    program.kill()
    assert _are_gone(pids)
    program.communicate(timeout=SECONDS)


def test_a_program_may_end_in_the_middle_of_a_round(tmp_path: Path) -> None:
    program = _program(tmp_path, "rounds = started(), started(persistent_workers=True), started(prefetch_factor=9)")
    pids = [pid for _ in range(3) for pid in _workers_of(program)]
    _, told = program.communicate(timeout=SECONDS)
    assert (program.returncode, told) == (0, "")
    assert len(pids) == 6
    assert _are_gone(pids)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_batches_are_the_same_however_workers_are_started(tmp_path: Path, method: str) -> None:
    lines = """
loader = torch.utils.data.DataLoader(Numbers(), batch_size=4, num_workers=1, multiprocessing_context=METHOD)
images = [images for (images, _), _ in zip(loader, range(3))]
print([image[:, 0, 0].tolist() for image in images], [image.sum().item() for image in images])
"""
    program = _program(tmp_path, lines.replace("METHOD", repr(method)))
    said, told = program.communicate(timeout=2 * SECONDS)
    first = [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]
    assert (said.strip(), told) == (f"{first} {[3600.0 * sum(each) for each in first]}", "")
