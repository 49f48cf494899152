"""In which cases a fault of core would change anything: every place is watched while each case runs once.

Most faults show in few of the cases that reach their place: where an error is raised, where an option is given, where what a
derivative saved is 0. A mutant is tried on those alone, and one that shows in none needs no run to be found out.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flambeau

from ..catalogue import all_cases
from ..model import Case
from ..reach import folder, sources
from ..subject import Subject
from .forking import alive, forked
from .hanging import CASE_LIMIT, PATIENCE, Hung, ended_in

__all__ = ["Survey", "Watch", "known", "read", "survey", "write"]

_OFTEN = 30
"""So many calls of a place are looked at in one case."""

_ENOUGH = 300
"""So many cases in which a fault shows are kept."""

Signs = Mapping[str, Callable[[], bool]]
"""By fault, whether it would have changed a call."""


@dataclass(frozen=True)
class Survey:
    """What was seen.

    Attributes:
        shown: by place and fault, the addresses of the cases in which it shows.
        disturbed: the cases that fail when they are only watched, and say nothing about faults.
    """

    shown: Mapping[str, Mapping[str, list[str]]]
    disturbed: frozenset[str]

    def cases(self, place: str, fault: str) -> list[str]:
        """The cases in which a fault shows."""
        return self.shown.get(place, {}).get(fault, [])


class Watch:
    """What is seen in the case that runs now."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self._looks: dict[str, int] = {}
        self._busy = False

    def begin(self) -> None:
        """Forget what was seen."""
        self.seen, self._looks = set(), {}

    def wanted(self, place: str) -> bool:
        """Whether a call is to be looked at: not one that looking makes, nor the hundredth of a loop."""
        if self._busy:
            return False
        looks = self._looks[place] = self._looks.get(place, 0) + 1
        return looks <= _OFTEN

    def look(self, place: str, signs: Signs) -> None:
        """Note the faults that would have changed a call."""
        left = {fault: shows for fault, shows in signs.items() if (place, fault) not in self.seen}
        self._busy = True
        try:
            with flambeau.no_grad():
                self.seen.update((place, fault) for fault, shows in left.items() if _is(shows))
        finally:
            self._busy = False


def _is(shows: Callable[[], bool]) -> bool:
    """Whether a fault shows; where that cannot be told, it may."""
    try:
        return shows()
    except Exception:
        return True


def survey(subject: Subject, cases: Iterable[Case], plant: Callable[[Watch], None]) -> Survey:
    """Run cases under watch. What ``plant`` puts in stays there: to be run in a process of its own."""
    watch = Watch()
    shown: dict[str, dict[str, list[str]]] = {}
    disturbed = []
    with subject.in_use():
        plant(watch)
        for case in cases:
            if subject.unclaimed(case.dtypes, case.extensions):
                continue
            watch.begin()
            alive()
            try:
                with ended_in(CASE_LIMIT):
                    case.check(subject)
            except (Exception, Hung):
                disturbed.append(case.address)
                continue
            for place, fault in watch.seen:
                shown.setdefault(place, {}).setdefault(fault, []).append(case.address)
    return Survey(shown, frozenset(disturbed))


# -- kept in a file ----------------------------------------------------------------------------------------------------


def known(subject: Subject, plant: Callable[[Watch], None], jobs: int = 1) -> Survey:
    """What all cases show: read from the file that an earlier survey of the same sources left, or found now.

    Raises:
        RuntimeError: a process died.
    """
    path = folder() / f"survey-{subject.name}-{sources(planted=True)[:16]}.json.gz"
    if path.exists():
        return read(path)
    with tempfile.TemporaryDirectory() as parts:

        def work(number: int) -> bool:
            write(Path(parts, f"{number}.json.gz"), survey(subject, all_cases()[number::jobs], plant))
            return True

        for ended in forked(range(jobs), work, jobs=jobs, timeout=PATIENCE * CASE_LIMIT):
            if not ended.answer:
                raise RuntimeError(f"the survey ended early: {ended.cause}")
        found = _joined([read(Path(parts, f"{number}.json.gz")) for number in range(jobs)])
    for old in path.parent.glob(f"survey-{subject.name}-*.json.gz"):
        old.unlink(missing_ok=True)
    write(path, found)
    return found


def _joined(parts: Sequence[Survey]) -> Survey:
    shown: dict[str, dict[str, list[str]]] = {}
    for part in parts:
        for place, faults in part.shown.items():
            for fault, addresses in faults.items():
                shown.setdefault(place, {}).setdefault(fault, []).extend(addresses)
    few = {place: {fault: _few(place, each) for fault, each in faults.items()} for place, faults in shown.items()}
    return Survey(few, frozenset().union(*(part.disturbed for part in parts)))


def _few(place: str, addresses: list[str]) -> list[str]:
    """Some of the addresses: those that name the place, and others from everywhere."""
    names = {place.strip("_"), place.rpartition(".")[2].strip("_")}
    own: list[str] = []
    others: list[str] = []
    for address in addresses:
        (others if names.isdisjoint(word.strip("_") for word in _WORDS.split(address)) else own).append(address)
    return own[:_ENOUGH] + others[:: 1 + len(others) // _ENOUGH]


_WORDS = re.compile(r"[/-]")


def write(path: Path, found: Survey) -> None:
    """Keep a survey in a file."""
    addresses = sorted({each for faults in found.shown.values() for some in faults.values() for each in some})
    numbers = {address: number for number, address in enumerate(addresses)}
    shown = {
        place: {fault: [numbers[address] for address in some] for fault, some in faults.items()}
        for place, faults in found.shown.items()
    }
    partial = path.with_suffix(f".{os.getpid()}")
    with gzip.open(partial, "wt", compresslevel=1) as file:
        json.dump({"addresses": addresses, "shown": shown, "disturbed": sorted(found.disturbed)}, file)
    partial.replace(path)


def read(path: Path) -> Survey:
    """The survey in a file."""
    with gzip.open(path, "rt") as file:
        data: Any = json.load(file)
    addresses = data["addresses"]
    shown = {
        place: {fault: [addresses[number] for number in some] for fault, some in faults.items()}
        for place, faults in data["shown"].items()
    }
    return Survey(shown, frozenset(data["disturbed"]))
