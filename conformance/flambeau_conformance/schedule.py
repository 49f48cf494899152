"""Which cases run next: the cases of one op together, and no more of an op whose cases end the process.

Of an op with very many cases, such as the sparse layouts, each function counts as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .model import Case

__all__ = ["Limits", "Schedule"]


@dataclass(frozen=True)
class Limits:
    """How many crashes and timeouts are put up with, for the sake of everyone's time.

    Attributes:
        of_one_op: crashes of the cases of one op; a timeout, which takes long, counts for as many.
        crashes, timeouts: in the whole run.
    """

    of_one_op: int
    crashes: int
    timeouts: int


class Schedule:
    """The cases that are still to be run, in groups: those of one op, in their order.

    Args:
        cases: all of them, in the order in which they shall run.
        limits: when to give up.
        largest_first: whether the largest groups come first, as is best where several processes share the work.
    """

    def __init__(self, cases: Iterable[Case], limits: Limits, *, largest_first: bool = False) -> None:
        groups: dict[str, list[Case]] = {}
        for case in cases:
            groups.setdefault(case.unit, []).append(case)
        self._groups = sorted(groups.values(), key=len, reverse=True) if largest_first else list(groups.values())
        self._waiting = {case.address for group in self._groups for case in group}
        self._limits = limits
        self._losses: Counter[str] = Counter()
        self._crashes = self._timeouts = 0

    def next_group(self, running: Collection[str]) -> list[Case]:
        """Take the next group; one that builds on cases of other ops comes when these have run.

        Args:
            running: the addresses of the cases that are being run; nothing is held back for others' sake if there are none.
        """
        for position, group in enumerate(self._groups):
            own = {case.address for case in group}
            others = {address for case in group for address in case.needs} - own
            if not running or (others.isdisjoint(running) and others.isdisjoint(self._waiting)):
                self._waiting -= own
                return self._groups.pop(position)
        return []

    def __bool__(self) -> bool:
        return bool(self._groups)

    def put_back(self, cases: list[Case]) -> None:
        """Let the rest of a group run in another process."""
        if cases:
            self._groups.insert(0, cases)
            self._waiting.update(case.address for case in cases)

    def lost(self, case: Case, *, hung: bool) -> str:
        """Note that a case ended the process; why no more of its op shall run, if so."""
        self._timeouts += hung
        self._crashes += not hung
        self._losses[case.unit] += self._limits.of_one_op if hung else 1
        if self._losses[case.unit] < self._limits.of_one_op:
            return ""
        what = "a case that did not end" if hung else f"{self._losses[case.unit]} crashes"
        return f"the cases of '{case.unit}' were given up after {what}: {case.address}"

    @property
    def given_up(self) -> str:
        """Why nothing more shall run; empty if all is well."""
        if self._timeouts >= self._limits.timeouts:
            return f"the run was given up after {self._timeouts} cases that did not end"
        return f"the run was given up after {self._crashes} crashes" if self._crashes >= self._limits.crashes else ""

    def rest(self) -> list[Case]:
        """Take all that is left."""
        cases = [case for group in self._groups for case in group]
        self._groups.clear()
        self._waiting.clear()
        return cases
