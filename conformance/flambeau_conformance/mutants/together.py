"""Running mutants that can be lifted again: those of one place in one child, one after the other.

Making a child costs more than most mutants take. What a mutant leaves behind would be blamed on the next: the case that
caught it runs again without it, and if that fails, what is left of the child's mutants is tried one by one.
"""

from __future__ import annotations

import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextvars import copy_context
from itertools import groupby, islice
from typing import Any

from ..model import Case
from ..reach import Reach
from ..state import State
from ..subject import Subject
from .forking import Ended, alive, forked
from .hanging import CASE_LIMIT, PATIENCE, ended_in
from .hooking import touched
from .model import Mutant, Verdict
from .runner import Trial

__all__ = ["Together"]

_AT_MOST = 40
"""So many mutants are tried in one child."""

_NEAREST = 3
"""How many addresses a survivor comes with."""

_Found = list[Any]
"""How many cases ran, the one that failed, how, whether the fault showed, and seconds; empty if it must be tried alone."""


class Together:
    """The suite on trial, by mutants that can be lifted.

    Args:
        subject, reach, cases, jobs, budget: as those of :class:`~.runner.Trial`.
    """

    def __init__(
        self, subject: Subject, reach: Reach, cases: Sequence[Case], *, jobs: int, budget: int | None = None
    ) -> None:  # fmt: skip
        self._subject = subject
        self._reach = reach
        self._listed = cases
        self._jobs = jobs
        self._budget = budget
        self._cases = {case.address: case for case in cases}
        self._killers: dict[str, Counter[str]] = defaultdict(Counter)
        self._state: State | None = None

    def run(self, mutants: Iterable[Mutant]) -> Iterator[Verdict]:
        """The verdicts, as they come."""
        idle: list[Verdict] = []
        alone: list[Mutant] = []
        timeout = PATIENCE * CASE_LIMIT
        with self._subject.in_use():
            for ended in forked(self._groups(mutants, idle), self._try, jobs=self._jobs, timeout=timeout):
                yield from self._verdicts(ended, alone)
                while idle:
                    yield idle.pop()
        yield from idle
        yield from Trial(self._subject, self._reach, self._listed, jobs=self._jobs, budget=self._budget).run(alone)

    def _groups(self, mutants: Iterable[Mutant], idle: list[Verdict]) -> Iterator[list[Mutant]]:
        """The mutants of each place that cases reach; the others are judged here, and nothing runs."""
        for _, group in groupby(mutants, lambda mutant: mutant.place):
            waiting = []
            for mutant in group:
                if any(map(self._usable, mutant.reached())):
                    waiting.append(mutant)
                else:
                    idle.append(_verdict(mutant, "equivalent" if mutant.chance else "unreached"))
            yield from (waiting[start : start + _AT_MOST] for start in range(0, len(waiting), _AT_MOST))

    def _usable(self, address: str) -> bool:
        found = self._reach.cases.get(address)
        return found is not None and found.passed and address in self._cases

    # -- in the child ------------------------------------------------------------------------------------------------

    def _try(self, mutants: list[Mutant]) -> list[_Found]:
        self._state = State(self._subject.torch)
        found: list[_Found] = []
        for mutant in mutants:
            found.append(self._try_one(mutant))
            if not found[-1]:
                break
        return found

    def _try_one(self, mutant: Mutant) -> _Found:
        start = time.perf_counter()
        lift = mutant.plant()
        touched[0] = 0
        try:
            count, address, failure = self._tried(mutant)
        finally:
            if lift is not None:
                lift()
        if address and self._failure(self._cases[address]):
            return []  # what is left of the mutant makes it fail now
        if address:
            self._note(mutant, address)
        shown = mutant.kind == "kernel" or touched[0] > 0
        return [count, address, failure, shown, time.perf_counter() - start]

    def _tried(self, mutant: Mutant) -> tuple[int, str, str]:
        count = 0
        for count, address in enumerate(islice(self._chosen(mutant), self._budget), 1):
            failure = self._failure(self._cases[address])
            if failure:
                return count, address, failure
        return count, "", ""

    def _chosen(self, mutant: Mutant) -> list[str]:
        """The cases of a mutant in the order in which they run: those about its place first, and the likeliest."""
        reached = {address: about for address, about in mutant.reached().items() if self._usable(address)}
        by_fault, by_family = self._killers[_short(mutant)], self._killers[mutant.family]

        def order(address: str) -> tuple[bool, int, int, float]:
            kind = _kind(address)
            return not reached[address], -by_fault[kind], -by_family[kind], self._reach.cases[address].seconds

        return sorted(reached, key=order)

    def _failure(self, case: Case) -> str:
        """How a case failed; empty if it passed."""
        state: Any = self._state
        alive()
        try:
            with ended_in(CASE_LIMIT), warnings.catch_warnings():
                state.begin()
                copy_context().run(case.check, self._subject)
        except BaseException as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        finally:
            state.restore()
        return ""

    # -- in the parent -----------------------------------------------------------------------------------------------

    def _verdicts(self, ended: Ended[list[Mutant]], alone: list[Mutant]) -> Iterator[Verdict]:
        """The verdicts of a child; those that it did not come to go to ``alone``."""
        found = [each for each in ended.answer or () if each]
        alone.extend(ended.task[len(found) :])
        for mutant, (count, address, detail, shown, seconds) in zip(ended.task, found, strict=False):
            if address:
                self._note(mutant, address)
                outcome = "hung" if detail.startswith("Hung") else "killed"
                yield _verdict(mutant, outcome, address, detail, count, seconds=seconds)
            else:
                outcome = "survived" if shown else "equivalent" if mutant.chance else "unreached"
                nearest = tuple(self._chosen(mutant)[:_NEAREST])
                detail = "" if shown else "nothing that the cases do makes it show"
                yield _verdict(mutant, outcome, "", detail, count, nearest, seconds)

    def _note(self, mutant: Mutant, address: str) -> None:
        for name in (_short(mutant), mutant.family):
            self._killers[name][_kind(address)] += 1


def _verdict(
    mutant: Mutant, outcome: str, case: str = "", detail: str = "", ran: int = 0, nearest: tuple[str, ...] = (),
    seconds: float = 0.0,
) -> Verdict:  # fmt: skip
    return Verdict(
        mutant.address, mutant.place, mutant.family, outcome, case, detail, ran, len(mutant.reached()), nearest, seconds
    )


def _kind(address: str) -> str:
    """Aspect and sample of a case: what kills a fault in one op kills it in others."""
    return "/".join(address.split("/")[1:])


def _short(mutant: Mutant) -> str:
    """A fault without the operand that it is of."""
    return mutant.fault.split(" ", 4)[-1] if mutant.fault.startswith("the gradient of ") else mutant.fault
