"""Running cases in processes of their own, so that a crash or a hang of a backend is the result of one case.

Each :class:`~.slot.Slot` has a :mod:`.worker`, whose child runs the cases of one op at a time. If the child dies or hangs, the
first of them without a result is the culprit; the rest goes to the next child.
"""

from __future__ import annotations

import queue
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from flambeau.backend.discovery import installed

from .describe import Failure
from .model import Case, Result
from .schedule import Schedule
from .session import NOT_CONFORMANT, Session
from .slot import Messages, Slot

__all__ = ["HarnessError", "IsolatedRun", "RefusedError"]

_TICK = 0.5


class HarnessError(Exception):
    """The suite itself failed."""


class RefusedError(Exception):
    """The subject cannot be tried: its plugin raises, ends the process or lacks kernels before the first case."""


class IsolatedRun:
    """Runs cases in child processes; a context, at whose end they end.

    Args:
        arguments: what a worker is told when it starts.
        jobs: how many there are.
        timeout: seconds that one case may take.
        start_timeout: seconds that a child may take before its first case.
        restart_after: the number of cases after which a child is replaced, when the cases of an op are done.
        memory: GiB that a child may take.

    Attributes:
        cases: those that are chosen, after :meth:`begin`; they cannot be run in this process.
        facts: what is known of the subject then.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        jobs: int,
        timeout: float,
        start_timeout: float,
        restart_after: int,
        memory: float,
    ) -> None:
        self._command = [*_command(), *arguments, f"--memory={memory}"]
        self._memory = memory
        self._jobs = jobs
        self._timeout = timeout
        self._start_timeout = start_timeout
        self._restart_after = restart_after
        self._messages: Messages = queue.SimpleQueue()
        self._slots: list[Slot] = []
        self._stopped = False
        self._session: Session
        self._schedule: Schedule
        self._seen: Callable[[Result], None]
        self.cases: list[Case] = []
        self._planned = False
        self.facts: dict[str, Any] = {}

    def __enter__(self) -> IsolatedRun:
        """Start the workers."""
        for number in range(self._jobs):
            command = self._command if number else [*self._command, "--plan"]
            self._slots.append(Slot(command, self._messages, self._start_timeout))
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        for slot in self._slots:
            slot.close()

    def begin(self) -> None:
        """Wait until the cases and the facts are known.

        Raises:
            RefusedError: the subject cannot be tried.
            HarnessError: the suite itself failed.
        """
        while not (self._planned and self.facts):
            self._step()

    def run(self, session: Session, schedule: Schedule, seen: Callable[[Result], None], *, exit_first: bool) -> bool:
        """Run the cases of a schedule; whether all of them were.

        Args:
            session: keeps the results.
            schedule: which cases, and what crashes are put up with.
            seen: called with every result.
            exit_first: whether to stop at the first that does not conform.

        Raises:
            RefusedError: a later process cannot use the subject that an earlier one could.
            HarnessError: the suite itself failed.
        """
        self._session, self._schedule = session, schedule

        def note(result: Result) -> None:
            seen(result)
            self._stopped = self._stopped or (exit_first and result.status in NOT_CONFORMANT)

        self._seen = note
        while not self._stopped and (self._give_work() or self._at_work()):
            if reason := schedule.given_up:
                self._block([case for slot in self._slots for case in slot.group.values()] + schedule.rest(), reason)
                break
            self._step()
        return not self._stopped

    # -- giving work ---------------------------------------------------------------------------------------------------

    def _at_work(self) -> bool:
        return any(slot.group for slot in self._slots)

    def _give_work(self) -> bool:
        """Give every child that waits a group; whether any case is left to be given."""
        for slot in self._slots:
            while slot.ready and not slot.group and self._schedule:
                if not self._give(slot):
                    break
        return bool(self._schedule)

    def _give(self, slot: Slot) -> bool:
        """Give one child the next group; False if there is none for it now."""
        if slot.cases >= self._restart_after:
            slot.send(end=True)
            slot.ready = False
            slot.allow(self._timeout)
            return False
        running = {address for each in self._slots for address in each.group}
        group = self._schedule.next_group(running)
        for case in group:
            blocked = self._session.blocked(case)
            if blocked is None:
                slot.group[case.address] = case
            else:
                self._seen(self._session.add(case, blocked.status, blocked.detail))
        if slot.group:
            slot.allow(self._timeout)
            slot.send(run=list(slot.group))
        return bool(group)

    def _block(self, cases: Sequence[Case], reason: str) -> None:
        for case in cases:
            self._seen(self._session.add(case, "blocked", reason))

    # -- hearing what becomes of it --------------------------------------------------------------------------------------

    def _step(self) -> None:
        """Hear one message, or notice that something takes too long."""
        for slot in self._slots:
            slot.limit_output()
            if (slot.group or not slot.ready) and slot.late:
                slot.stop()
        try:
            slot, message = self._messages.get(timeout=_TICK)
        except queue.Empty:
            return
        if message is None:
            code = slot.wait()
            if not slot.imports:
                raise HarnessError(f"the suite's process ended with code {code}:\n{slot.output()}")
            self._ended(slot, code, Failure())
            slot.start()
        elif "result" in message:
            self._take(slot, Result(**message["result"]))
        elif "ended" in message:
            about = Failure(call=message["call"], inputs=message["inputs"], kernel=message["kernel"])
            slot.wrote = message["wrote"]
            self._ended(slot, message["ended"], about, swollen=message["swollen"])
        else:
            self._progressed(slot, message)

    def _progressed(self, slot: Slot, message: dict[str, Any]) -> None:
        if "plan" in message:
            self.cases = [_planned(entry) for entry in message["plan"]]
            self._planned = True
        elif "hello" in message:
            slot.imports = True
        elif "failed" in message:
            raise HarnessError(message["failed"])
        elif "started" in message:
            slot.started(message["started"])
        elif "leaving" in message:
            slot.leaving = True
        elif "ready" in message:
            slot.ready = True
            self.facts = self.facts or message["ready"]
        elif "refused" in message:
            raise RefusedError(message["refused"])

    def _take(self, slot: Slot, result: Result) -> None:
        slot.group.pop(result.address, None)
        slot.cases += 1
        slot.allow(self._timeout)
        self._seen(self._session.keep(result))

    def _ended(self, slot: Slot, code: int, about: Failure, *, swollen: bool = False) -> None:
        """A child is no more: find out why, and what becomes of its cases."""
        was_ready, leaving, hung = slot.ready, slot.leaving, slot.hung and code < 0
        cause = f"the process took more than {self._memory:g} GiB of memory" if swollen else _cause(code)
        group = list(slot.group.values())
        slot.group.clear()
        if group and leaving:
            self._schedule.put_back(group)
        elif group:
            self._lost(group, cause, about, place=slot.place(), hung=hung)
        elif not was_ready and not leaving:
            what = "the process did not go on" if hung else cause
            when = "while the backend was loaded" if self._planned else f"while plugins were imported ({_plugins()})"
            raise RefusedError(f"{what} {when}, before the first case; it said: {slot.output() or 'nothing'}")
        slot.renew()

    def _lost(self, group: list[Case], cause: str, about: Failure, *, place: str, hung: bool) -> None:
        culprit, *rest = group
        cause = f"not done after {self._timeout:g} s" if hung else cause
        status = "timeout" if hung else "crash"
        detail = f"{cause}, in {place}" if place else cause
        self._seen(self._session.add(culprit, status, detail, failure=about))
        reason = self._schedule.lost(culprit, hung=hung)
        if reason:
            self._block(rest, reason)
        else:
            self._schedule.put_back(rest)


def _command() -> list[str]:
    return [sys.executable, "-m", "flambeau_conformance.worker"]


def _plugins() -> str:
    points, _ = installed()
    return ", ".join(sorted(point.name for point in points))


def _planned(entry: dict[str, Any]) -> Case:
    fields: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return Case(check=_elsewhere, **fields)


def _elsewhere(subject: object) -> None:
    raise RuntimeError("this case is run by a worker")


_UNFIT = 70
"""With what a worker's child ends that cannot go on."""


def _cause(code: int) -> str:
    if code >= 0:
        rest = ": a kernel has left too little of it to run cases in" if code == _UNFIT else ""
        return f"the process exited with code {code}{rest}"
    return f"the process was ended by {signal.Signals(-code).name}"
