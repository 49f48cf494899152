"""The process in which cases run: ``python -m flambeau_conformance.worker``, started by :mod:`.isolation`.

It imports the suite once and then forks a child that runs cases, one group after another, as the parent sends them. A crash
ends that child alone, and the next one is there at once, with everything imported. The backend itself is loaded by the
child: a library that drives a device must not have begun to before a fork. Where there is no fork, this process is the child
and its parent starts another one.

Lines of JSON go both ways. From the parent: ``{"run": [addresses]}`` and ``{"end": true}``; when the parent closes the pipe,
or ends, all is over. To the parent: ``hello``, ``plan`` (the cases), ``started`` (the child's pid), ``ready`` (facts) or
``refused`` (why the backend cannot be tried), ``result``, ``leaving`` (the child will end by itself), ``ended`` (what became of
it), and ``failed`` (the suite is at fault).
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from flambeau.backend.making import describe as in_words
from flambeau.errors import BackendError

from .manifest import ManifestError
from .slot import end_of

__all__ = ["main", "parser"]

_POLL = 0.02
_BEYOND = 1.25
"""How much more memory than it may a child takes that does not hear that it shall end."""
_ANEW, _OVER, _FAILED = 0, 75, 70
"""With what a child ends: another one shall follow, or none, or the suite itself has failed."""


def parser() -> argparse.ArgumentParser:
    """What a worker is told when it is started."""
    made = argparse.ArgumentParser(prog="flambeau_conformance.worker")
    made.add_argument("--backend")
    made.add_argument("--subject", default="flambeau")
    made.add_argument("--expectations", type=Path)
    made.add_argument("--plan", action="store_true", help="send the list of the cases first")
    made.add_argument("--set", default="full", help="only the cases of the set")
    made.add_argument("--memory", type=float, default=math.inf, help="GiB that a child may take")
    made.add_argument(
        "--pattern",
        dest="k",
        metavar="PATTERN",
        action="append",
        default=[],
        help="only the cases that match one of these",
    )
    return made


class _Pipe:
    """The two ends of the lines; files of their own, which neither a kernel's output nor its programs get to see."""

    def __init__(self) -> None:
        self._commands: IO[str] = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self._answers = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)  # what is printed goes where errors go: to a file of the parent's
        self.owner = os.getpid()

    def send(self, **message: Any) -> None:
        """Write a line; a copy of the process that a kernel forked and let go on says nothing, and ends."""
        if os.getpid() != self.owner:
            os._exit(_ANEW)
        text = memoryview(f"{json.dumps(message)}\n".encode())
        while text:
            text = text[os.write(self._answers, text) :]

    def receive(self) -> dict[str, Any] | None:
        """The next line; None if there is none any more."""
        line = self._commands.readline()
        return json.loads(line) if line else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the parent until it has no more to be done."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    pipe = _Pipe()
    pipe.send(hello=os.getpid())
    try:
        from .catalogue import selected

        cases = {case.address: case for case in selected(options.set, options.k)}
    except BaseException as error:  # of a plugin: SystemExit, too
        pipe.send(refused=_with_place(error))
        return _OVER
    gc.freeze()  # cases stay, and the collector would look at them all again and again, in every child a copy
    if options.plan:
        pipe.send(plan=[_as_dict(case) for case in cases.values()])
    if not hasattr(os, "fork"):
        return _serve(pipe, options, cases)
    return _supervise(pipe, options, cases)


def _as_dict(case: Any) -> dict[str, Any]:
    names = ("address", "section", "dtypes", "needs", "extensions", "elements", "part")
    return {name: getattr(case, name) for name in names if getattr(case, name)}


def _with_place(error: BaseException) -> str:
    """What was raised; of what nobody foresaw, the class and the place too."""
    if isinstance(error, (BackendError, ManifestError, ImportError, LookupError)):
        return str(error)
    entries = traceback.extract_tb(error.__traceback__)
    place = entries[-1] if entries else None
    return in_words(error) + (f" ({place.filename}, line {place.lineno})" if place else "")


# -- the process that forks ----------------------------------------------------------------------------------------------


def _supervise(pipe: _Pipe, options: argparse.Namespace, cases: dict[str, Any]) -> int:
    """Fork children until one says that all is over."""
    from .aftermath import call_and_inputs
    from .trace import noted, trace

    shared = trace.share()
    parent = os.getppid()
    stop = _Stop()
    while True:
        shared[:] = bytes(len(shared))
        child = os.fork()
        if child == 0:
            _be_child(pipe, options, cases)
        status, swollen = _wait(child, lambda: stop.asked or os.getppid() != parent, options.memory * 2**30)
        _end_group(child)
        code = os.waitstatus_to_exitcode(status)
        address, kernel = noted(shared)
        if code == _OVER and not address:  # at a case, a kernel has ended the process with this number
            os._exit(_OVER)  # at once: the parent waits
        call, inputs = call_and_inputs(cases[address]) if address in cases else ("", "")
        pipe.send(ended=code, kernel=kernel, call=call, inputs=inputs, swollen=swollen, wrote=_wrote())


def _wrote() -> str:
    """What the child wrote last; the parent could look too late, when the next one has emptied the file."""
    try:
        return end_of(2)
    except OSError:  # not a file, or one that a kernel has closed
        return ""


def _be_child(pipe: _Pipe, options: argparse.Namespace, cases: dict[str, Any]) -> None:
    from .trace import trace

    code = _FAILED
    try:
        trace.keep_to_this_process()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()  # with what it starts, it can be ended as a group
        _write_no_cores()
        pipe.owner = os.getpid()
        code = _serve(pipe, options, cases)
    except BaseException:
        pipe.send(failed=traceback.format_exc())
    finally:
        os._exit(code)


def _write_no_cores() -> None:
    """Let a crash cost no time: no image of the process is written."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


class _Stop:
    """Notes that the parent asks this process to end; not a thing of its children's."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, number: int, frame: Any) -> None:
        self.asked = True


def _wait(child: int, over: Callable[[], bool], memory: float) -> tuple[int, bool]:
    """The status with which a child ended, and whether because it took too much memory; it is ended if all is ``over``."""
    swollen = False
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status, swollen
        taken = _memory_of(child)
        if taken > memory:
            unheard = swollen and taken > _BEYOND * memory
            os.kill(child, signal.SIGKILL if unheard else signal.SIGABRT)  # the latter says where it is
            swollen = True
        if over():
            _end_group(child)
            os.kill(child, signal.SIGKILL)  # one that has no group yet
            os._exit(_OVER)
        time.sleep(_POLL)


def _memory_of(process: int) -> int:
    """The bytes of memory that a process takes; 0 where that is not known."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _end_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


# -- the process that runs cases -------------------------------------------------------------------------------------------


def _serve(pipe: _Pipe, options: argparse.Namespace, cases: dict[str, Any]) -> int:
    """Run what the parent sends; with what the process shall end."""
    from .session import Session
    from .trace import trace

    with suppress(OSError):
        os.ftruncate(2, 0)  # what an earlier child wrote is no clue to what becomes of this one
    faulthandler.enable(2, all_threads=False)  # sys.stderr is anybody's
    pipe.send(started=os.getpid())
    try:
        subject, expectations, facts = _begin(options)
    except BaseException as error:
        pipe.send(refused=_with_place(error))
        return _OVER
    pipe.send(ready=facts)
    used = False
    while (message := pipe.receive()) is not None:
        if "end" in message:
            pipe.send(leaving=True)
            return _ANEW
        group = Session(subject, expectations)
        for address in message["run"]:
            trace.at(address)
            try:
                result = group.run(cases[address])
            except Exception:
                if not used:
                    raise
                traceback.print_exc()
                return _FAILED  # what a kernel has left of the process is too little to run a case in
            used = True
            pipe.send(result=result.as_dict())
            if group.spoiled:
                pipe.send(leaving=True)
                return _ANEW
        trace.at("")
    return _OVER


def _begin(options: argparse.Namespace) -> tuple[Any, Any, dict[str, Any]]:
    """The subject, the expectations and what is known of the subject."""
    from .examine import facts_about
    from .expectations import read_expectations
    from .subject import check_kernels, subject_of

    check_kernels()
    subject = subject_of(options.backend, options.subject)
    path = options.expectations or subject.expectations()
    return subject, read_expectations(path), facts_about(subject) | {"expectations": str(path)}


if __name__ == "__main__":
    sys.exit(main())
