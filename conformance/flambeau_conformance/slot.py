"""One worker as its parent sees it: the process, what it says, and the cases that it is at."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from .model import Case

__all__ = ["Messages", "Slot", "end_of"]

_GRACE = 1.0
"""Seconds that a child which hangs has to say where it is, before it is killed."""
_PATIENCE = 10
"""How many times longer something may take where the machine keeps it waiting for a processor."""
_SHOWN = 2000
_READ, _KEPT = 1 << 16, 1 << 26
"""Bytes of a child's output that are looked at, and beyond which it is thrown away."""
_CHECKS = "checking.py"
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)


class Slot:
    """One worker.

    Args:
        command: starts it.
        messages: where what it says is put, and None when it has ended.
        start_timeout: seconds that it may take before its first case.

    Attributes:
        group: the cases that the child is at, by address; the first of them is running.
        ready: whether the child can be given cases.
        leaving: whether it has said that it is about to end.
        hung: whether it was told to end because it took too long.
        cases: how many it has run.
        imports: whether the worker imports the suite and the plugins; until then it has said nothing.
        wrote: what a child that has ended wrote last, where the worker handed it on: the next one begins with an empty file.
    """

    def __init__(self, command: Sequence[str], messages: Messages, start_timeout: float) -> None:
        self._command = list(command)
        self._messages = messages
        self._start_timeout = start_timeout
        handle, path = tempfile.mkstemp(prefix="flambeau-conformance-")
        os.close(handle)
        self._path = Path(path)
        self._output = self._path.open("ab+", buffering=0)
        self._unlink()  # a run that is killed leaves nothing
        self._child: int | None = None
        self.group: dict[str, Case] = {}
        self.start()

    def start(self) -> None:
        """Start the worker."""
        environment = os.environ | {"PYTHONHASHSEED": "0"}  # sets are printed alike in every run
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._output, env=environment
        )
        self.imports = False
        self.renew()
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        with process.stdout or nullcontext(()) as lines:
            for line in lines:
                message = _message(line)
                if message is not None:
                    self._messages.put((self, message))
        self._messages.put((self, None))

    def renew(self) -> None:
        """Expect another child."""
        self._child = None
        self.ready, self.leaving, self.hung, self.cases = False, False, False, 0
        self.wrote: str | None = None
        self.allow(self._start_timeout)

    def allow(self, seconds: float) -> None:
        """Give it some seconds from now on, and as many more as the machine keeps it waiting for a processor."""
        self._seconds, self._since, self._delays = seconds, time.monotonic(), self._held_up()

    @property
    def late(self) -> bool:
        """Whether it has taken too long."""
        passed = time.monotonic() - self._since
        if passed <= self._seconds:
            return False
        held_up = max((now - self._delays.get(task, 0.0) for task, now in self._held_up().items()), default=0.0)
        return passed - held_up > self._seconds or passed > _PATIENCE * self._seconds

    def _held_up(self) -> dict[str, float]:
        return _delays(self._child or self._process.pid)

    def started(self, child: int) -> None:
        """Note the process that runs cases."""
        self._child = child

    def wait(self) -> int:
        """The code that the worker has ended with."""
        return self._process.wait()

    def send(self, **message: Any) -> None:
        """Tell the child something; one that has died does not hear it, and is noticed otherwise."""
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.write(f"{json.dumps(message)}\n".encode())
            self._process.stdin.flush()

    def stop(self) -> None:
        """End a child that takes too long: first so that it says where it is, then without asking."""
        number = signal.SIGKILL if self.hung and hasattr(signal, "SIGKILL") else signal.SIGABRT
        self.hung = True
        self.allow(_GRACE)
        self._signal(number)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._child or self._process.pid, number)

    def output(self) -> str:
        """The end of what the child wrote."""
        return self._written()[-_SHOWN:].strip()

    def place(self) -> str:
        """Where a child was that died of a signal, as far as Python knows; empty if it does not."""
        for path, line, name in _FRAME.findall(self._written()):
            if Path(path).name != _CHECKS:
                return f"{name} ({Path(path).name}, line {line})"
        return ""

    def _written(self) -> str:
        return end_of(self._output.fileno()) if self.wrote is None else self.wrote

    def _size(self) -> int:
        return os.fstat(self._output.fileno()).st_size

    def limit_output(self) -> None:
        """Throw away what was written if it grows without end."""
        if self._size() > _KEPT:
            self._output.truncate(0)

    def close(self) -> None:
        """End the worker, which ends its child."""
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            if self._child is not None:
                self._signal(signal.SIGTERM)
        self._reader.join(_GRACE)
        self._output.close()
        self._unlink()

    def _unlink(self) -> None:
        with suppress(OSError):  # it is gone already; or in use, where such a file may not go
            self._path.unlink()


def end_of(file: int) -> str:
    """The last that was written to a file."""
    os.lseek(file, -min(_READ, os.fstat(file).st_size), os.SEEK_END)
    return os.read(file, _READ).decode(errors="replace")


def _message(line: bytes) -> dict[str, Any] | None:
    """A message; None of a line that was cut off when the child died, or that a kernel wrote where it had no business."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _delays(process: int) -> dict[str, float]:
    """The seconds for which each thread of a process has been ready to run and did not get a processor, where this is known."""
    found = {}
    with suppress(OSError, IndexError, ValueError):  # a thread ends while it is looked at; a system counts otherwise
        for task in Path(f"/proc/{process}/task").iterdir():
            found[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
    return found


Messages = queue.SimpleQueue[tuple[Slot, dict[str, Any] | None]]
