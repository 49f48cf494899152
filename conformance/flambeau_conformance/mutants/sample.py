"""The fixed sample: some of the mutants, each with a case that catches it.

A whole run first traces what the cases reach, and takes as long as it takes. The sample needs no trace: each of its mutants is
tried on the case that is named, and if that catches it no more, on the others about the same op.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..catalogue import all_cases, cases_about
from ..model import Case
from ..reach import Reach, Reached
from .model import Mutant, Verdict, rank

__all__ = ["OWN", "drawn", "in_sample", "kept", "reach_of", "read", "write"]

OWN = Path(__file__).with_name("sample.txt")
"""The sample that is kept with the suite."""

_LONGEST = 0.5
"""A mutant that took more seconds is not kept."""

_MANY = 40
"""So many cases about an op are tried while a sample is drawn."""


def drawn(mutants: Iterable[Mutant], count: int) -> tuple[list[Mutant], tuple[Case, ...]]:
    """So many mutants, always the same, that are tried on cases about their place, and those cases."""
    known: dict[str, list[Case]] = {}
    for case in all_cases():
        known.setdefault(case.op.strip("_"), []).append(case)
    ordered = sorted((mutant for mutant in mutants if _own(mutant) in known), key=lambda mutant: mutant.rank)[:count]
    ordered.sort(key=lambda mutant: mutant.place)
    cases = {name: sorted(known[name], key=lambda case: rank(case.address))[:_MANY] for name in map(_own, ordered)}
    tried = [replace(each, reached=partial(_each, [case.address for case in cases[_own(each)]])) for each in ordered]
    return tried, tuple(case for each in cases.values() for case in each)


def _own(mutant: Mutant) -> str:
    return mutant.place.strip("_")


def _each(addresses: Sequence[str]) -> dict[str, bool]:
    return dict.fromkeys(addresses, True)


def kept(verdicts: Iterable[Verdict], count: int) -> dict[str, str]:
    """So many of the mutants that were killed, always the same, with their cases."""
    killed = [each for each in verdicts if each.outcome == "killed" and each.seconds < _LONGEST]
    killed.sort(key=lambda verdict: rank(verdict.mutant))
    return {verdict.mutant: verdict.case for verdict in killed[:count]}


def read(path: Path) -> dict[str, str]:
    """The sample in a file: from mutants to cases."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def write(path: Path, sample: Mapping[str, str]) -> None:
    """Keep a sample in a file: a line for each mutant, with its case."""
    head = "# Mutants and the cases that catch them, written by `flambeau-conformance mutants --keep-sample N`.\n"
    path.write_text(head + "".join(f"{mutant}\t{case}\n" for mutant, case in sorted(sample.items())), encoding="utf-8")


def in_sample(mutants: Sequence[Mutant], sample: Mapping[str, str]) -> tuple[list[Mutant], tuple[Case, ...]]:
    """The mutants of a sample and the cases that they are tried on: the case of each, then those about the same op.

    Raises:
        LookupError: there is no such mutant any more.
    """
    found = [mutant for mutant in mutants if mutant.address in sample]
    if missing := sorted(set(sample) - {mutant.address for mutant in found}):
        raise LookupError(f"the sample has mutants that there are no more ({', '.join(missing[:3])}): write it anew")
    cases = cases_about(sorted({f"{case.split('/')[0]}/*" for case in sample.values()}))
    by_op: dict[str, list[str]] = {}
    for case in cases:
        by_op.setdefault(case.op, []).append(case.address)
    return [replace(mutant, reached=partial(_tried, sample[mutant.address], by_op)) for mutant in found], cases


def reach_of(cases: Iterable[Case]) -> Reach:
    """What is known of cases that were not traced."""
    return Reach({case.address: Reached() for case in cases}, {})


def _tried(case: str, by_op: Mapping[str, Sequence[str]]) -> dict[str, bool]:
    return {case: True} | {each: each == case for each in by_op.get(case.split("/")[0], ())}
