"""Work in forked children: each starts from what the parent has imported and made, and what it breaks ends with it."""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Ended", "alive", "forked"]

_Task = TypeVar("_Task")


@dataclass(frozen=True)
class Ended(Generic[_Task]):
    """The end of a child: ``answer`` is what it gave as plain data; None if it died or had to be ended, ``cause`` says how."""

    task: _Task
    answer: Any
    cause: str
    seconds: float


@dataclass
class _Child(Generic[_Task]):
    task: _Task
    pid: int
    pipe: int
    start: float
    heard: float
    received: bytes = b""


def forked(
    tasks: Iterable[_Task], work: Callable[[_Task], Any], *, jobs: int, timeout: float
) -> Iterator[Ended[_Task]]:
    """Do each task in a child, ``jobs`` of them at a time, and give the ends as they come.

    A child is ended that gives no sign of life, see :func:`alive`, for ``timeout`` seconds. ``tasks`` is asked for the next
    one when there is room for it, so that it can depend on what has ended.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    gc.collect()
    gc.freeze()  # the children would copy what the collector touches
    waiting = iter(tasks)
    children: dict[int, _Child[_Task]] = {}
    try:
        while True:
            while len(children) < jobs and (task := next(waiting, None)) is not None:
                child = _started(task, work)
                children[child.pipe] = child
            if not children:
                return
            for pipe in select.select(list(children), [], [], 0.5)[0]:
                data = os.read(pipe, 1 << 16)
                children[pipe].received = (children[pipe].received + data).lstrip(_SIGN)
                children[pipe].heard = time.monotonic()
                if not data:
                    yield _ended(children.pop(pipe), "")
            for child in [each for each in children.values() if time.monotonic() - each.heard > timeout]:
                os.kill(child.pid, signal.SIGKILL)
                yield _ended(children.pop(child.pipe), f"not done after {timeout:g} s")
    finally:
        for child in children.values():
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
            _ended(child, "")
        gc.unfreeze()


_SIGN = b" "
"""What stands before an answer, as often as the child was alive: to the parser of JSON it is nothing."""

_answers: int | None = None
"""In a child, where its answer goes."""


def alive() -> None:
    """Say, in a child, that work goes on: what is long but not stuck is not ended, however busy the machine."""
    if _answers is not None:
        os.write(_answers, _SIGN)


_MEMORY = 3 << 30
"""Bytes that a child may take beyond what it starts with: a fault in a size must not take the machine's."""


def _limit_memory() -> None:
    try:
        import resource  # which Unix has

        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):  # another system than Linux
        return
    resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _started(task: _Task, work: Callable[[_Task], Any]) -> _Child[_Task]:
    reading, writing = os.pipe()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of threads, such as those of BLAS
        pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(task, pid, reading, now := time.monotonic(), now)
    global _answers
    code, _answers = 1, writing
    try:
        os.close(reading)
        _silence()
        _limit_memory()
        answer = json.dumps(work(task)).encode()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        code = 0
    finally:
        os._exit(code)


def _silence() -> None:
    """Nothing that a broken kernel prints or asks for reaches the terminal."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    faulthandler.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _ended(child: _Child[_Task], cause: str) -> Ended[_Task]:
    os.close(child.pipe)
    _, status = os.waitpid(child.pid, 0)
    seconds = time.monotonic() - child.start
    answer = None
    if not cause and status == 0:
        with suppress(ValueError):
            return Ended(child.task, json.loads(child.received), "", seconds)
    if not cause and os.WIFSIGNALED(status):
        cause = f"the process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return Ended(
        child.task, answer, cause or f"the process exited with code {os.waitstatus_to_exitcode(status)}", seconds
    )
