"""Running the suite in a process of its own, so that a crash or a hang of a backend is the result of one case.

The child is pytest with the suite's plugin; it writes a :class:`~.journal.Journal`. The parent reads it as it grows. If
the child dies or hangs, the case that had begun is the culprit, and a new child goes on behind it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from .journal import Journal
from .model import Case, Result
from .session import Session

__all__ = ["HarnessError", "IsolatedRun"]

_POLL = 0.02
_START = 120.0
"""Seconds that a child has for its start, before its first case."""


class HarnessError(Exception):
    """The suite itself failed."""


class IsolatedRun:
    """Runs cases in child processes.

    Args:
        session: keeps the results.
        cases: what to run, in this order.
        arguments: for the pytest plugin, to run the same cases on the same subject.
        timeout: seconds that one case may take.
        max_crashes: after so many crashes and timeouts the rest is blocked, for the sake of everyone's time.
        seen: called with every result.
    """

    def __init__(
        self, session: Session, cases: Sequence[Case], arguments: Sequence[str], *, timeout: float,
        max_crashes: int, seen: Callable[[Result], None],
    ) -> None:  # fmt: skip
        self._session = session
        self._pending = {case.address: case for case in cases}
        self._arguments = list(arguments)
        self._timeout = timeout
        self._max_crashes = max_crashes
        self._seen = seen
        self._running: str | None = None

    def run(self) -> None:
        """Run the cases.

        Raises:
            HarnessError: a child ended although no case was running.
        """
        with tempfile.TemporaryDirectory() as folder:
            journal = Journal(Path(folder, "journal.jsonl"))
            journal.path.touch()
            crashes = 0
            while self._pending and crashes < self._max_crashes:
                crashes += self._run_child(journal, Path(folder, "output.txt"))
        for case in list(self._pending.values()):
            self._finish(self._session.add(case, "blocked", f"the run was given up after {crashes} crashes"))

    def _run_child(self, journal: Journal, output: Path) -> bool:
        """Run one child to its end; whether it crashed or hung."""
        arguments = [*self._arguments, "--flambeau-journal", str(journal.path)]
        with output.open("w") as file, _child(arguments, file) as child:
            try:
                hung = self._watch(child, journal)
            finally:
                child.kill()
        self._take(journal)
        if not self._pending:
            return False
        if self._running is None:
            raise HarnessError(f"the suite's process ended with code {child.returncode}:\n{output.read_text()[-2000:]}")
        cause = ("timeout", f"not done after {self._timeout:g} s") if hung else ("crash", _cause(child.returncode))
        journal.ended(self._session.add(self._pending[self._running], *cause))
        self._take(journal)
        return True

    def _watch(self, child: subprocess.Popen[str], journal: Journal) -> bool:
        """Wait for the end of a child; whether it had to be given up."""
        deadline = time.monotonic() + _START
        while child.poll() is None:
            if self._take(journal):
                deadline = time.monotonic() + self._timeout
            elif time.monotonic() > deadline:
                return True
            time.sleep(_POLL)
        return False

    def _take(self, journal: Journal) -> bool:
        """Take over what the journal has that is new; whether there was anything."""
        anything = False
        for entry in journal.new_entries():
            anything = True
            if isinstance(entry, Result):
                self._finish(entry)
            else:
                self._running = entry
        return anything

    def _finish(self, result: Result) -> None:
        self._session.results[result.address] = result
        self._pending.pop(result.address, None)
        self._running = None
        self._seen(result)


def _child_command() -> list[str]:
    here = Path(__file__).parent
    return [
        sys.executable, "-m", "pytest", "--pyargs", "flambeau_conformance.suite",
        "-p", "flambeau_conformance.pytest_plugin", "-q", "--rootdir", str(here), "-c", str(here / "pytest.ini"),
    ]  # fmt: skip


def _child(arguments: list[str], output: IO[str]) -> subprocess.Popen[str]:
    command = [*_child_command(), *arguments]
    # Neither options nor other plugins of the user's environment change what the suite does.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True, env=environment)


def _cause(code: int) -> str:
    if code >= 0:
        return f"the process exited with code {code}"
    return f"the process was ended by {signal.Signals(-code).name}"
