"""Running mutants: each in a forked child, against the cases that reach its place, until one of them fails."""

from __future__ import annotations

import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

from ..catalogue import all_cases
from ..model import Case
from ..reach import Reach, Reached
from ..subject import Subject
from .forking import Ended, forked
from .hooking import touched
from .model import Mutant, Verdict

__all__ = ["Trial"]

_CASE_LIMIT = 20.0
"""Seconds after which a case is taken to hang."""

_NEAREST = 3
"""How many addresses a survivor comes with."""


class Trial:
    """The suite on trial.

    Args:
        subject: a subject that passes; its cases fail only because of what is planted.
        reach: what its cases reach.
        jobs: how many mutants run at a time.
        budget: seconds that the cases of one mutant may take; the likeliest ones come first.
    """

    def __init__(self, subject: Subject, reach: Reach, *, jobs: int, budget: float) -> None:
        self._subject = subject
        self._reach = reach
        self._jobs = jobs
        self._budget = budget
        self._cases = {case.address: case for case in all_cases()}
        self._killers: dict[str, Counter[str]] = defaultdict(Counter)

    def run(self, mutants: Iterable[Mutant]) -> Iterator[Verdict]:
        """The verdicts, as they come."""
        idle: list[Verdict] = []
        with self._subject.in_use():
            waiting = self._with_cases(mutants, idle)
            for ended in forked(waiting, self._try, jobs=self._jobs, timeout=10 * self._budget + 3 * _CASE_LIMIT):
                yield self._verdict(ended)
                while idle:
                    yield idle.pop()
        yield from idle

    def _with_cases(self, mutants: Iterable[Mutant], idle: list[Verdict]) -> Iterator[tuple[Mutant, list[Case], int]]:
        """The mutants with the cases that reach them; those that none reaches are judged here, and nothing runs."""
        for mutant in mutants:
            cases, reached = self._chosen(mutant)
            if cases:
                yield mutant, cases, reached
            else:
                outcome = "equivalent" if mutant.chance else "unreached"
                idle.append(Verdict(mutant.address, mutant.place, mutant.family, outcome))

    # -- which cases -------------------------------------------------------------------------------------------------

    def _chosen(self, mutant: Mutant) -> tuple[list[Case], int]:
        """The cases of a mutant in the order in which they run, and how many reach it."""
        reached = {address: own for address, own in mutant.reached().items() if self._usable(address)}
        own = [address for address, about in reached.items() if about]
        others = [address for address, about in reached.items() if not about]
        killers = self._killers[mutant.family]
        own.sort(key=lambda address: (-killers[_kind(address)], self._reach.cases[address].seconds))
        others.sort(key=lambda address: (-killers[_kind(address)], *self._cost(self._reach.cases[address])))
        ordered = [self._cases[address] for address in chain(own, _mixed(others))]
        return ordered, len(reached)

    def _usable(self, address: str) -> bool:
        found = self._reach.cases.get(address)
        return found is not None and found.passed and address in self._cases

    @staticmethod
    def _cost(reached: Reached) -> tuple[int, float]:
        """Cases that reach little else come first."""
        return len(reached.kernels), reached.seconds

    # -- in the child ------------------------------------------------------------------------------------------------

    def _try(self, task: tuple[Mutant, list[Case], int]) -> Any:
        mutant, cases, _ = task
        signal.signal(signal.SIGALRM, _hung)
        mutant.plant()
        start = time.process_time()  # so that what else the machine does changes no verdict
        for count, case in enumerate(cases, 1):
            failure = self._failure(case)
            if failure:
                return [count, case.address, failure, True]
            if time.process_time() - start > self._budget:
                return [count, "", "", mutant.kind != "core" or touched[0] > 0]
        return [len(cases), "", "", mutant.kind != "core" or touched[0] > 0]

    def _failure(self, case: Case) -> str:
        """How a case failed; empty if it passed."""
        signal.setitimer(signal.ITIMER_REAL, _CASE_LIMIT)
        try:
            case.check(self._subject)
        except BaseException as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return ""

    # -- in the parent -----------------------------------------------------------------------------------------------

    def _verdict(self, ended: Ended[tuple[Mutant, list[Case], int]]) -> Verdict:
        mutant, cases, reached = ended.task
        names = (mutant.address, mutant.place, mutant.family)
        if ended.answer is None:
            outcome = "hung" if "not done" in ended.cause else "crashed"
            return Verdict(*names, outcome, "", ended.cause, 0, reached, (), ended.seconds)
        count, address, detail, shown = ended.answer
        if address:
            self._killers[mutant.family][_kind(address)] += 1
            outcome = "hung" if detail.startswith("_Hung") else "killed"
            return Verdict(*names, outcome, address, detail, count, reached, (), ended.seconds)
        outcome = "survived" if reached and shown else "equivalent" if reached and mutant.chance else "unreached"
        detail = "" if shown or not reached else "nothing that the cases do makes it show"
        nearest = tuple(case.address for case in cases[:_NEAREST])
        return Verdict(*names, outcome, "", detail, count, reached, nearest, ended.seconds)


class _Hung(BaseException):
    """A case took too long."""


def _hung(*_: Any) -> None:
    raise _Hung(f"not done after {_CASE_LIMIT:g} s")


def _kind(address: str) -> str:
    """Aspect and sample of a case: what kills a fault in one op kills it in others."""
    return "/".join(address.split("/")[1:])


def _mixed(addresses: Sequence[str]) -> Iterator[str]:
    """The addresses, those of every op in turn."""
    groups: dict[str, list[str]] = {}
    for address in addresses:
        groups.setdefault(address.split("/")[0], []).append(address)
    for turn in zip_longest(*groups.values()):
        yield from (address for address in turn if address is not None)
