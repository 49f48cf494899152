"""Running mutants: each in a forked child, against the cases that reach its place, until one of them fails."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any

from ..model import Case
from ..reach import Reach
from ..subject import Subject
from .forking import Ended, alive, forked
from .hanging import CASE_LIMIT, PATIENCE, ended_in
from .hooking import touched
from .model import Mutant, Verdict

__all__ = ["Trial"]

_NEAREST = 3
"""How many addresses a survivor comes with."""


class Trial:
    """The suite on trial.

    Args:
        subject: a subject that passes; its cases fail only because of what is planted.
        reach: what its cases reach.
        cases: those that may be tried.
        jobs: how many mutants run at a time.
        budget: how many cases a mutant is tried on at most, the likeliest first; by default all that reach its place.
    """

    def __init__(
        self, subject: Subject, reach: Reach, cases: Sequence[Case], *, jobs: int, budget: int | None = None
    ) -> None:  # fmt: skip
        self._subject = subject
        self._reach = reach
        self._jobs = jobs
        self._budget = budget
        self._cases = {case.address: case for case in cases}
        self._killers: dict[str, Counter[str]] = defaultdict(Counter)

    def run(self, mutants: Iterable[Mutant]) -> Iterator[Verdict]:
        """The verdicts, as they come."""
        idle: list[Verdict] = []
        with self._subject.in_use():
            waiting = self._reached_ones(mutants, idle)
            for ended in forked(waiting, self._try, jobs=self._jobs, timeout=PATIENCE * CASE_LIMIT):
                yield self._verdict(ended)
                while idle:
                    yield idle.pop()
        yield from idle

    def _reached_ones(self, mutants: Iterable[Mutant], idle: list[Verdict]) -> Iterator[Mutant]:
        """The mutants that a case reaches; the others are judged here, and nothing runs."""
        for mutant in mutants:
            if any(map(self._usable, mutant.reached())):
                yield mutant
            else:
                outcome = "equivalent" if mutant.chance else "unreached"
                idle.append(Verdict(mutant.address, mutant.place, mutant.family, outcome))

    # -- which cases -------------------------------------------------------------------------------------------------

    def _chosen(self, mutant: Mutant, reached: Mapping[str, bool]) -> Iterator[str]:
        """The cases of a mutant in the order in which they run: those about its place, then the others."""
        by_fault, by_family = self._killers[mutant.fault], self._killers[mutant.family]

        def likely(address: str) -> tuple[int, int]:
            kind = _kind(address)
            return -by_fault[kind], -by_family[kind]

        own = (address for address, about in reached.items() if about)
        yield from sorted(own, key=lambda address: (*likely(address), self._reach.cases[address].seconds))
        others = (address for address, about in reached.items() if not about)
        yield from _mixed(sorted(others, key=lambda address: (*likely(address), *self._cost(address))))

    def _usable(self, address: str) -> bool:
        found = self._reach.cases.get(address)
        return found is not None and found.passed and address in self._cases

    def _cost(self, address: str) -> tuple[int, float]:
        """Cases that reach little else come first."""
        reached = self._reach.cases[address]
        return len(reached.kernels), reached.seconds

    # -- in the child ------------------------------------------------------------------------------------------------

    def _try(self, mutant: Mutant) -> Any:
        """How many cases ran, of how many; the one that failed, and how; whether the fault showed; some that did not fail."""
        reached = {address: about for address, about in mutant.reached().items() if self._usable(address)}
        mutant.plant()
        nearest: list[str] = []
        count = 0
        for address in islice(self._chosen(mutant, reached), self._budget):
            count += 1
            failure = self._failure(self._cases[address])
            if failure:
                return [count, len(reached), address, failure, True, []]
            nearest.append(address)
        return [count, len(reached), "", "", mutant.kind != "core" or touched[0] > 0, nearest[:_NEAREST]]

    def _failure(self, case: Case) -> str:
        """How a case failed; empty if it passed."""
        alive()
        try:
            with ended_in(CASE_LIMIT):
                case.check(self._subject)
        except BaseException as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        return ""

    # -- in the parent -----------------------------------------------------------------------------------------------

    def _verdict(self, ended: Ended[Mutant]) -> Verdict:
        mutant = ended.task
        names = (mutant.address, mutant.place, mutant.family)
        if ended.answer is None:
            outcome = "hung" if "not done" in ended.cause else "crashed"
            return Verdict(*names, outcome, "", ended.cause, seconds=ended.seconds)
        count, reached, address, detail, shown, nearest = ended.answer
        if address:
            for name in (mutant.fault, mutant.family):
                self._killers[name][_kind(address)] += 1
            outcome = "hung" if detail.startswith("Hung") else "killed"
            return Verdict(*names, outcome, address, detail, count, reached, (), ended.seconds)
        outcome = "survived" if shown else "equivalent" if mutant.chance else "unreached"
        detail = "" if shown else "nothing that the cases do makes it show"
        return Verdict(*names, outcome, "", detail, count, reached, tuple(nearest), ended.seconds)


def _kind(address: str) -> str:
    """Aspect and sample of a case: what kills a fault in one op kills it in others."""
    return "/".join(address.split("/")[1:])


def _mixed(addresses: Iterable[str]) -> Iterator[str]:
    """The addresses, those of every op in turn."""
    groups: dict[str, list[str]] = {}
    for address in addresses:
        groups.setdefault(address.split("/")[0], []).append(address)
    for turn in zip_longest(*groups.values()):
        yield from (address for address in turn if address is not None)
