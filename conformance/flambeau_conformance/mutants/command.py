"""The command ``flambeau-conformance mutants``."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalogue import selected
from ..model import Case
from ..sets import unmatched
from ..subject import Subject, subject_of
from . import matrix, sample, survivors
from .model import Mutant, Verdict

if TYPE_CHECKING:
    from ..reach import Reach

__all__ = ["add_parser"]

_KINDS = ("kernel", "core", "source")


def add_parser(commands: Any) -> None:
    """Add the command to those of ``flambeau-conformance``."""
    parser = commands.add_parser("mutants", help="plant faults one at a time and see whether the suite catches them")
    parser.add_argument("backend", nargs="?", default="numpy", help="whose kernels (%(default)s)")
    parser.add_argument("-k", metavar="PATTERN", default="*", help="only kernels, rows or functions whose name matches")
    parser.add_argument(
        "--kind",
        choices=_KINDS,
        action="append",
        help="only of this kind (kernel and core)",
    )
    parser.add_argument(
        "--fault", metavar="PATTERN", action="append", help="only faults whose name or family matches; of several, any"
    )
    parser.add_argument("--source", metavar="PATH", action="append", help="only one-line faults in this module of core")
    parser.add_argument(
        "--cases",
        metavar="PATTERN",
        action="append",
        help="only on the cases whose addresses match, traced by themselves",
    )
    parser.add_argument("--jobs", type=_positive, default=2, metavar="N", help="how many run at a time (%(default)s)")
    parser.add_argument(
        "--budget", type=_positive, metavar="N", help="cases that one is tried on at most (all that reach its place)"
    )
    parser.add_argument(
        "--sample", metavar="N", help="only N of them, always the same; or 120s: as many as that time allows"
    )
    parser.add_argument(
        "--fixed", action="store_true", help="the sample that is kept with the suite, which needs no trace"
    )
    parser.add_argument(
        "--keep-sample", type=int, metavar="N", help="afterwards, keep N of those caught as that sample"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts as JSON lines")
    parser.add_argument(
        "--survivors", type=Path, default=survivors.OWN, metavar="FILE", help="the list of explained ones"
    )
    parser.set_defaults(run=_run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1 (got {text})")
    return number


def _run(options: argparse.Namespace) -> int:
    explanations = survivors.read(options.survivors)
    subject = subject_of(options.backend)
    start = time.monotonic()
    with subject.in_use():
        untraced = options.fixed or options.keep_sample
        plan = _untraced(options) if untraced else _traced(subject, options)
        found = _noted(_verdicts(subject, plan, options), options.json)
        verdicts, whole = _collected(found, explanations)
    complaints = (
        _complaints(options, explanations, verdicts, plan.every)
        if whole
        else ["ended early: not all mutants were tried"]
    )
    for text in (matrix.matrix(verdicts), matrix.survivors_text(verdicts), *complaints):
        print(text)
    print(f"{matrix.summary(verdicts)} in {time.monotonic() - start:.0f} s")
    if options.json:
        matrix.write_json(verdicts, options.json)
    if options.keep_sample:
        sample.write(sample.OWN, sample.kept(verdicts, options.keep_sample))
        return 0
    return int(bool(complaints) or any(verdict.outcome in ("survived", "unreached") for verdict in verdicts))


class _Plan(NamedTuple):
    """What is to be tried.

    Attributes:
        every: all mutants that were asked for.
        chosen: those that run.
        reach: what the cases reach.
        cases: those that may be tried.
        seconds: that it may take, if it may not take as long as it takes.
    """

    every: list[Mutant]
    chosen: list[Mutant]
    reach: Reach
    cases: Sequence[Case]
    seconds: float | None = None


def _traced(subject: Subject, options: argparse.Namespace) -> _Plan:
    from ..reach import known, trace

    start = time.monotonic()
    print("tracing what the cases reach ...", flush=True)
    cases = selected("full", options.cases or [])
    unknown = unmatched(cases, options.cases or [])
    if unknown:
        raise LookupError(f"there is no case of {' or '.join(map(repr, unknown))}")
    reach = trace(subject, cases) if options.cases else known(subject, jobs=options.jobs)
    print(f"traced or read in {time.monotonic() - start:.0f} s", flush=True)
    every = _mutants(subject, reach, options, surveyed=not options.cases)
    if not every:
        faults = "" if options.fault is None else f" with the fault {' or '.join(map(repr, options.fault))}"
        raise LookupError(f"there is no mutant of {options.k!r}{faults}")
    chosen, seconds = _sampled(every, options.sample)
    return _Plan(every, chosen, reach, cases, seconds)


def _untraced(options: argparse.Namespace) -> _Plan:
    """The fixed sample, none of which is equivalent to no fault; or twice as many as are to be in a new one."""
    from ..reach import Reach

    every = _mutants(subject_of(options.backend), Reach({}, {}), options, surveyed=False)
    if options.keep_sample:
        chosen, cases = sample.drawn(every, 2 * options.keep_sample)
    else:
        chosen, cases = sample.in_sample(every, sample.read(sample.OWN))
    return _Plan(every, chosen, sample.reach_of(cases), cases)


def _noted(found: Iterable[Verdict], path: Path | None) -> Iterator[Verdict]:
    """The verdicts, each written down when it comes: what ends the run loses nothing."""
    if path is None:
        yield from found
        return
    with path.open("w", encoding="utf-8", buffering=1) as file:
        for verdict in found:
            file.write(json.dumps(verdict.as_dict()) + "\n")
            yield verdict


def _collected(found: Iterable[Verdict], explanations: list[survivors.Explanation]) -> tuple[list[Verdict], bool]:
    """The verdicts in the light of the list, and whether they are all: Ctrl-C ends the run with those that there are."""
    verdicts: list[Verdict] = []
    try:
        verdicts.extend(survivors.explained(verdict, explanations) for verdict in found)
    except KeyboardInterrupt:
        return verdicts, False
    return verdicts, True


def _complaints(
    options: argparse.Namespace, explanations: list[survivors.Explanation], verdicts: list[Verdict], every: list[Mutant]
) -> list[str]:
    """What is wrong with the list of survivors, after a run of everything of a kind on NumPy."""
    asked = (
        options.k,
        options.fault,
        options.source,
        options.cases,
        options.sample,
        options.fixed,
        options.keep_sample,
    )
    if options.backend != "numpy" or asked != ("*", None, None, None, None, False, None):
        return []
    kinds = _kinds(options)
    own = [each for each in explanations if each.pattern.split("/")[0] in kinds]
    return survivors.stale(own, verdicts, (mutant.address for mutant in every))


def _kinds(options: argparse.Namespace) -> tuple[str, ...]:
    """The kinds that are asked for; lines of source only if they are."""
    return tuple(options.kind or (("source",) if options.source else ("kernel", "core")))


def _mutants(subject: Subject, reach: Reach, options: argparse.Namespace, *, surveyed: bool) -> list[Mutant]:
    from .core_mutants import core_mutants, watch_core
    from .kernel_mutants import kernel_mutants
    from .seam import Seam
    from .source_mutants import SOURCES, source_mutants
    from .survey import known

    kinds = _kinds(options)
    found: list[Mutant] = []
    if "kernel" in kinds:
        found += kernel_mutants(Seam(), reach, options.k)
    if "core" in kinds:
        shown = known(subject, watch_core, options.jobs) if surveyed else None
        found += core_mutants(reach, options.k, shown)
    if "source" in kinds:
        found += source_mutants(reach, tuple(options.source or SOURCES), options.k)
    wanted = options.fault or ["*"]
    return [
        mutant
        for mutant in found
        if any(fnmatchcase(name, pattern) for pattern in wanted for name in (mutant.fault, mutant.family))
    ]


def _sampled(mutants: list[Mutant], sample: str | None) -> tuple[list[Mutant], float | None]:
    """The mutants of a sample in its order, and the seconds that it may take."""
    if sample is None:
        return mutants, None
    if not re.fullmatch(r"\d+s?", sample):
        raise LookupError(f"--sample takes a number of mutants, as 500, or of seconds, as 120s (got {sample!r})")
    ordered = sorted(mutants, key=lambda mutant: mutant.rank)
    if sample.endswith("s"):
        return ordered, float(sample[:-1])
    return ordered[: int(sample)], None


def _verdicts(subject: Subject, plan: _Plan, options: argparse.Namespace) -> Iterator[Verdict]:
    from .kernel_mutants import known_equivalents
    from .runner import Trial
    from .seam import Seam
    from .together import Together

    end = None if plan.seconds is None else time.monotonic() + plan.seconds
    in_kernels = [mutant for mutant in plan.chosen if mutant.kind == "kernel"]
    hidden = {}
    if in_kernels and not (options.cases or options.fixed or options.keep_sample or plan.seconds):
        hidden = {
            verdict.mutant: verdict for verdict in known_equivalents(Seam(), plan.reach, in_kernels, options.jobs)
        }
        yield from hidden.values()
    left = [mutant for mutant in plan.chosen if mutant.address not in hidden]
    in_source = [mutant for mutant in left if mutant.kind == "source"]
    others = [mutant for mutant in left if mutant.kind != "source"]
    trials = ((Trial, in_source), (Together, others))
    found = chain.from_iterable(
        kind(subject, plan.reach, plan.cases, jobs=options.jobs, budget=options.budget).run(_until(mutants, end))
        for kind, mutants in trials
    )
    for done, verdict in enumerate(found, 1):
        if done % 500 == 0:
            print(f"{done} of {len(left)} mutants", flush=True)
        if plan.seconds is not None and verdict.outcome in ("survived", "unreached"):
            verdict = _with_battery(verdict, plan.reach, in_kernels)
        yield verdict


def _with_battery(verdict: Verdict, reach: Reach, mutants: list[Mutant]) -> Verdict:
    """The verdict on a survivor, which may be equivalent: asked of it alone, where there is no time to ask about all."""
    from .kernel_mutants import equivalents
    from .seam import Seam

    own = [mutant for mutant in mutants if mutant.address == verdict.mutant]
    return next(iter(equivalents(Seam(), reach, own, 1)), verdict)


def _until(mutants: Iterable[Mutant], end: float | None) -> Iterator[Mutant]:
    for mutant in mutants:
        if end is not None and time.monotonic() > end:
            return
        yield mutant
