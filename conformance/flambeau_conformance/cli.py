"""The command ``flambeau-conformance``: list, run, explain, repro, coverage, record.

Exit codes: 0 the backend conforms in what it claims; 1 it does not; 2 wrong usage, manifest or expectations; 3 the
suite itself failed.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flambeau.__main__ import until_closed
from flambeau.errors import BackendError, MissingExtraError

from . import coverage
from .catalogue import matching
from .expectations import read_expectations
from .isolation import IsolatedRun
from .manifest import ManifestError, manifests
from .model import Case
from .session import Session, repeat_command
from .subject import check_kernels, subject_of

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["main"]

CONFORMANT, NOT_CONFORMANT, USAGE, HARNESS = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    return until_closed(lambda: _checked_run(arguments))


def _checked_run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ManifestError, BackendError, LookupError, ImportError) as error:
        print(f"flambeau-conformance: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        raise
    except Exception:
        traceback.print_exc()
        return HARNESS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flambeau-conformance", description="Check a flambeau backend against what PyTorch does."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="list the backends with a manifest, and the cases")
    listing.add_argument("-k", metavar="PATTERN", default="*", help="only cases whose address matches")
    listing.set_defaults(run=_list)
    _add_run(commands.add_parser("run", help="run the suite on a backend"))
    explain = commands.add_parser("explain", help="say what a case checks")
    explain.add_argument("case")
    explain.set_defaults(run=_explain)
    repro = commands.add_parser("repro", help="run one case in this process, with the whole traceback")
    repro.add_argument("backend", help="the backend's name, or torch")
    repro.add_argument("case")
    repro.set_defaults(run=_repro)
    coverage.add_parser(commands)
    record = commands.add_parser("record", help="record the golden results from an installed PyTorch")
    record.add_argument("sections", nargs="*", help="only these sections; see `list`")
    record.set_defaults(run=_record)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("backend", nargs="?", help="the backend's name; not needed with --subject torch")
    run.add_argument("-k", metavar="PATTERN", default="*", help="only cases whose address matches")
    run.add_argument("--subject", metavar="MODULE", default="flambeau", help="what is on trial, by the name it is imported by")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON lines")
    run.add_argument("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML")
    run.add_argument("--expectations", type=Path, metavar="FILE", help="expected failures (TOML)")
    run.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for one case (%(default)s)")
    run.add_argument("--max-crashes", type=int, default=20, metavar="N", help="then give up (%(default)s)")
    run.set_defaults(run=_run)


def _list(options: argparse.Namespace) -> int:
    print("backends with a manifest:", ", ".join(sorted(manifests())) or "none")
    for case in matching(options.k):
        print(case.address)
    return CONFORMANT


def _run(options: argparse.Namespace) -> int:
    try:
        from rich.console import Console

        from .report import progress
    except ImportError:
        raise MissingExtraError("the runner", "rich", "conformance") from None
    subject = subject_of(options.backend, options.subject)
    cases = matching(options.k)
    if not cases:
        raise LookupError(f"no case matches {options.k!r}: see `flambeau-conformance list`")
    session = Session(subject, read_expectations(options.expectations or subject.expectations()))
    console = Console()
    with progress(len(cases)) as seen:
        IsolatedRun(
            session, cases, _plugin_arguments(options), timeout=options.timeout, max_crashes=options.max_crashes,
            seen=seen,
        ).run()  # fmt: skip
    return _report(session, options, console)


def _plugin_arguments(options: argparse.Namespace) -> list[str]:
    """The options of the pytest plugin that make it run the same cases on the same subject."""
    found = ["--flambeau-subject", options.subject, "--flambeau-cases", options.k]
    if options.backend is not None:
        found += ["--flambeau-backend", options.backend]
    if options.expectations is not None:
        found += ["--flambeau-expectations", str(options.expectations.resolve())]
    return found


def _report(session: Session, options: argparse.Namespace, console: Console) -> int:
    from .report import summary, table, write_json, write_junit

    complete = options.k == "*"
    complaints = session.complaints() if complete else []
    for result in session.failures():
        text = f"{result.status}: {result.address}: {result.detail}\n  {repeat_command(session.subject.name, result.address)}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    for complaint in complaints:
        console.print(complaint, markup=False, soft_wrap=True)
    console.print(table(session))
    console.print(summary(session, complete=complete), highlight=False)
    if options.json:
        write_json(session, options.json, complete=complete)
    if options.junit:
        write_junit(session, options.junit)
    return NOT_CONFORMANT if session.failures() or complaints else CONFORMANT


def _one(address: str) -> Case:
    found = [case for case in matching("*") if case.address == address]
    if not found:
        raise LookupError(
            f"there is no case {address!r}: see `flambeau-conformance list -k '{address.split('/')[0]}/*'`"
        )
    return found[0]


def _explain(options: argparse.Namespace) -> int:
    case = _one(options.case)
    print(f"{case.address}\n  section: {case.section}\n  op: {case.op}\n  aspect: {case.aspect}")
    print(f"  dtypes that must be claimed: {', '.join(case.dtypes) or 'none'}")
    print(f"  builds on: {', '.join(case.needs) or 'nothing'}")
    print(f"  documented as: {', '.join(case.anchors) or '-'}")
    return CONFORMANT


def _repro(options: argparse.Namespace) -> int:
    check_kernels()
    subject = subject_of(options.backend, "torch" if options.backend == "torch" else "flambeau")
    case = _one(options.case)
    try:
        with subject.in_use():
            case.check(subject)
    except Exception:
        traceback.print_exc()
        return NOT_CONFORMANT
    print(f"{case.address} passed on {subject.name}")
    return CONFORMANT


def _record(options: argparse.Namespace) -> int:
    from .record import record

    print(f"recorded {record(options.sections)} results")
    return CONFORMANT
