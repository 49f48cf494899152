"""Running one case: whatever it raises, leaves or meets is its outcome, and nothing of it reaches the next one."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from typing import Any

from flambeau.backend.making import describe as in_words

from .checks import wait
from .describe import Failure, describe
from .model import Case, NotClaimedError
from .state import State, changed_variables
from .subject import Subject
from .trace import trace

__all__ = ["Outcome", "run_case"]


@dataclass
class Outcome:
    """What became of a case.

    Attributes:
        status, detail: those of :class:`~.model.Result`.
        failure: what is known of the failure.
        left: whether it left something changed.
        spoiled: whether that could not be set back, so that the process is no longer fit for other cases.
    """

    status: str
    detail: str = ""
    failure: Failure = field(default_factory=Failure)
    left: bool = False
    spoiled: bool = False


def run_case(subject: Subject, case: Case, state: State) -> Outcome:
    """Run a case in a context of its own, and set back what it leaves changed.

    Raises:
        KeyboardInterrupt: the user interrupted; one that the case itself raises is its error.
    """
    context = copy_context()
    trace.clear()
    with _interrupts() as interrupts:
        outcome = context.run(_run, subject, case, state)
        if interrupts:
            raise KeyboardInterrupt
    if outcome.left:  # here, where what lived in the case's context is gone already
        outcome.spoiled = outcome.spoiled or not state.restore()
    variables = changed_variables(copy_context(), context)
    if variables and not outcome.left:
        _add_leftovers(outcome, [f"the context variable {name}" for name in variables])
    return outcome


def _run(subject: Subject, case: Case, state: State) -> Outcome:
    with warnings.catch_warnings():
        outcome = _checked(subject, case, state)
        try:
            left = state.left()
        except Exception as error:
            outcome.spoiled, left = True, [f"what cannot be read: {in_words(error)}"]
    if left:
        _add_leftovers(outcome, left)
    return outcome


def _checked(subject: Subject, case: Case, state: State) -> Outcome:
    try:
        state.begin()
        with subject.in_use():
            case.check(subject)
            wait()
    except NotClaimedError as reason:
        return Outcome("not_claimed", str(reason))
    except BaseException as error:  # a kernel may raise SystemExit, too
        failure = _described(case, error)
        is_check = isinstance(error, AssertionError) and not failure.raised_by_kernel
        return Outcome("fail" if is_check else "error", failure.message, failure)
    return Outcome("pass")


def _described(case: Case, error: BaseException) -> Failure:
    try:
        return describe(case, error)
    except Exception as odd:  # of a class whose attributes are not what they are elsewhere
        return Failure(f"{type(error).__name__}, of which no more can be said: {in_words(odd)}", kernel=trace.last())


def _add_leftovers(outcome: Outcome, left: list[str]) -> None:
    words = f"left changed: {', '.join(left)}"
    outcome.detail = f"{outcome.detail}; {words}" if outcome.detail else words
    outcome.status = "fail" if outcome.status == "fail" else "error"
    outcome.failure = replace(outcome.failure, kernel=outcome.failure.kernel or trace.last())
    outcome.left = True


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list of the interrupts by the user while the block lasts, which tells them from what a kernel raises."""
    seen: list[int] = []
    handler: Any = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield seen
        return

    def note(number: int, frame: Any) -> Any:
        seen.append(number)
        return handler(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, handler)
