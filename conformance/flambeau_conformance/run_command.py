"""The command ``flambeau-conformance run``."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

from flambeau.errors import MissingExtraError

from .codes import CONFORMANT, HARNESS, INTERRUPTED, NOT_CONFORMANT
from .expectations import read_expectations
from .isolation import IsolatedRun
from .manifest import ManifestError, read_manifest
from .model import Case, Result
from .results import LastFailed, ResultsFile
from .schedule import Limits, Schedule
from .session import Session
from .sets import SETS, unmatched
from .subject import Subject

__all__ = ["add_parser", "add_patterns"]


def add_patterns(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses cases by their addresses."""
    parser.add_argument(
        "-k", metavar="PATTERN", action="append", default=[], help="only cases whose address matches; of several, any"
    )


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    run = commands.add_parser("run", help="run the suite on a backend")
    run.add_argument("backend", nargs="?", help="the backend's name; not needed with --subject torch")
    add_patterns(run)
    run.add_argument("--set", choices=tuple(SETS), default="full", help="which cases (%(default)s)")
    run.add_argument("--last-failed", action="store_true", help="only cases that failed when they last ran")
    run.add_argument("-x", "--exitfirst", action="store_true", help="stop at the first failure")
    run.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes side by side (%(default)s)")
    run.add_argument(
        "--subject", metavar="MODULE", default="flambeau", help="what is on trial, by the name it is imported by"
    )
    run.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON lines, as they come")
    run.add_argument("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML")
    run.add_argument("--expectations", type=Path, metavar="FILE", help="expected failures (TOML)")
    run.add_argument("--timeout", type=_amount, default=30.0, metavar="SECONDS", help="for one case (%(default)s)")
    run.add_argument(
        "--start-timeout", type=_amount, default=120.0, metavar="SECONDS", help="for loading the backend (%(default)s)"
    )
    run.add_argument("--memory", type=_amount, default=8.0, metavar="GIB", help="for one process (%(default)s)")
    run.add_argument(
        "--max-crashes", type=_positive, default=500, metavar="N", help="of the run; then give up (%(default)s)"
    )
    run.add_argument(
        "--max-timeouts", type=_positive, default=20, metavar="N", help="of the run; then give up (%(default)s)"
    )
    run.add_argument(
        "--max-crashes-per-op", type=_positive, default=3, metavar="N",
        help="then give up on the op; a timeout counts for as many (%(default)s)",
    )  # fmt: skip
    run.add_argument(
        "--restart-after", type=_positive, default=5000, metavar="N",
        help="cases after which a process is replaced (%(default)s)",
    )  # fmt: skip
    run.set_defaults(run=_run)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number and at least 1 (got {text})")
    return number


def _amount(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:  # nan, too
        raise argparse.ArgumentTypeError(f"must be a number above 0 (got {text})")
    return number


def _run(options: argparse.Namespace) -> int:
    try:
        import rich  # noqa: F401 (the report needs it, when all is done)
    except ImportError:
        raise MissingExtraError("the runner", "rich", "conformance") from None
    for path in filter(None, (options.json, options.junit)):
        _check_writable(path)
    _check_apart(options)
    if options.expectations is not None and not options.expectations.exists():
        raise ManifestError(f"there is no file {options.expectations}")
    isolated = IsolatedRun(
        _worker_arguments(options), jobs=options.jobs, timeout=options.timeout,
        start_timeout=options.start_timeout, restart_after=options.restart_after,
        memory=options.memory,
    )  # fmt: skip
    with _terminated(), isolated:
        isolated.begin()
        return _Run(options, isolated).run()


def _check_writable(path: Path) -> None:
    """Find out before the run, not when its results are to be written."""
    existed = path.exists()
    try:
        path.open("a").close()
    except OSError as error:
        raise LookupError(f"cannot write {path}: {error.strerror}") from None
    if not existed:
        path.unlink()


def _check_apart(options: argparse.Namespace) -> None:
    """Let no report be written over another one, or over the expectations."""
    files = {name: path for name in ("json", "junit", "expectations") if (path := getattr(options, name)) is not None}
    for (one, first), (other, second) in combinations(files.items(), 2):
        if first.resolve() == second.resolve() and (first.is_file() or not first.exists()):
            raise LookupError(f"--{one} and --{other} name the same file: {first}")


def _worker_arguments(options: argparse.Namespace) -> list[str]:
    found = [f"--subject={options.subject}", "--set", options.set, *(f"--pattern={pattern}" for pattern in options.k)]
    if options.backend is not None:
        found.append(f"--backend={options.backend}")
    if options.expectations is not None:
        found.append(f"--expectations={options.expectations.resolve()}")
    return found


@contextmanager
def _terminated() -> Iterator[None]:
    """Let SIGTERM stop the run as Ctrl-C does."""

    def stop(number: int, frame: Any) -> None:
        raise _StoppedError(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lost(writers: dict[Path, Callable[[], None]]) -> list[str]:
    """Write the files of a run; what could not be written, which must cost neither another file nor the report."""
    lost = []
    for path, write in writers.items():
        try:
            write()
        except BrokenPipeError:
            raise
        except OSError as error:
            lost.append(f"cannot write {path}: {error.strerror}")
    return lost


class _StoppedError(KeyboardInterrupt):
    """A signal asks the run to stop."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


class _Run:
    """One run: what is chosen, where results go, and the verdict."""

    def __init__(self, options: argparse.Namespace, isolated: IsolatedRun) -> None:
        self._options = options
        self._isolated = isolated
        facts = isolated.facts
        manifest = None if facts["manifest"] is None else read_manifest(Path(facts["manifest"]))
        subject = Subject(None, facts["subject"], facts["version"], manifest)
        self._session = Session(subject, read_expectations(Path(facts["expectations"])))
        self._last_failed = LastFailed(subject.name)
        self._cases = self._chosen()
        self._complete = not options.k and not options.last_failed and options.set == "full"

    def _chosen(self) -> list[Case]:
        options = self._options
        cases = self._isolated.cases
        unknown = unmatched(cases, options.k)
        if unknown:
            of = "" if options.set == "full" else f" of the set {options.set!r}"
            raise LookupError(f"no case{of} matches {' or '.join(map(repr, unknown))}: see `flambeau-conformance list`")
        if options.last_failed:
            failed = self._last_failed.read()
            cases = [case for case in cases if case.address in failed]
        if not cases:
            raise LookupError(
                f"{self._last_failed.path} names no such case that failed: run without --last-failed first"
            )
        return cases

    def run(self) -> int:
        """Run the cases and report; the exit code. Whatever happens, the results so far are reported."""
        from .progress import progress

        options = self._options
        file = ResultsFile(options.json, self._about("running", [])) if options.json else None
        limits = Limits(options.max_crashes_per_op, options.max_crashes, options.max_timeouts)
        schedule = Schedule(self._cases, limits, largest_first=options.jobs > 1)
        state, code = "failed", None
        try:
            with progress(len(self._cases)) as advance:

                def seen(result: Result) -> None:
                    advance(result)
                    self._last_failed.note(result)
                    if file is not None:
                        file.add(result)

                whole = self._isolated.run(self._session, schedule, seen, exit_first=options.exitfirst)
            state = "finished" if whole else "stopped at the first failure"
        except KeyboardInterrupt as signalled:
            state, code = "interrupted", getattr(signalled, "code", INTERRUPTED)
        finally:
            verdict = self._report(state, file)
        return verdict if code is None else code

    def _about(self, state: str, complaints: list[str]) -> dict[str, Any]:
        options = self._options
        counts = dict(sorted(self._session.counts().items()))
        return self._isolated.facts | {
            "command": shlex.join(["flambeau-conformance", *options.arguments]),
            "set": options.set, "patterns": options.k, "complete": self._complete and state == "finished", "state": state,
            "cases": len(self._cases), "counts": counts, "complaints": complaints,
        }  # fmt: skip

    def _report(self, state: str, file: ResultsFile | None) -> int:
        from .junit import write_junit
        from .report import show

        complete = self._complete and state == "finished"
        complaints = self._session.complaints(self._cases) if complete else []
        about = self._about(state, complaints)
        writers: dict[Path, Callable[[], None]] = {}
        if file is not None:
            writers[self._options.json] = lambda: file.finish(about, self._session.results.values())
        if self._options.junit:
            writers[self._options.junit] = lambda: write_junit(self._session, self._options.junit, about)
        lost = _lost(writers)
        self._last_failed.tidy()
        show(self._session, about)
        for problem in lost:
            print(f"flambeau-conformance: {problem}", file=sys.stderr)
        if lost:
            return HARNESS
        return NOT_CONFORMANT if self._session.failures() or complaints or state != "finished" else CONFORMANT
