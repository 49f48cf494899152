"""The command ``flambeau-conformance``: list, run, explain, repro, coverage, record.

Exit codes: 0 the backend conforms in what it claims; 1 it does not; 2 wrong usage, manifest or expectations; 3 the
suite itself failed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .manifest import ManifestError, expectations_of, manifests
from .model import Case
from .session import Session
from .subject import subject_of

__all__ = ["main"]

CONFORMANT, NOT_CONFORMANT, USAGE, HARNESS = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ManifestError, LookupError, ImportError) as error:
        print(f"flambeau-conformance: {error}", file=sys.stderr)
        return USAGE
    except RuntimeError as error:
        print(f"flambeau-conformance: {type(error).__name__}: {error}", file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flambeau-conformance", description=__doc__.split(":")[0])  # type: ignore[union-attr]
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="list the backends with a manifest, and the cases")
    listing.add_argument("-k", metavar="PATTERN", default="*", help="only cases whose address matches")
    listing.set_defaults(run=_list)
    run = commands.add_parser("run", help="run the suite on a backend")
    run.add_argument("backend", nargs="?", help="the backend's name; not needed with --subject torch")
    run.add_argument("-k", metavar="PATTERN", default="*", help="only cases whose address matches")
    run.add_argument("--subject", choices=("flambeau", "torch"), default="flambeau", help="what is on trial")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON lines")
    run.add_argument("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML")
    run.add_argument("--expectations", type=Path, metavar="FILE", help="expected failures (TOML)")
    run.set_defaults(run=_run)
    explain = commands.add_parser("explain", help="say what a case checks")
    explain.add_argument("case")
    explain.set_defaults(run=_explain)
    repro = commands.add_parser("repro", help="run one case, with the whole traceback")
    repro.add_argument("backend")
    repro.add_argument("case")
    repro.set_defaults(run=_repro)
    coverage = commands.add_parser("coverage", help="say which ops have which aspects, and which have none")
    coverage.set_defaults(run=_coverage)
    record = commands.add_parser("record", help="record the golden results from an installed PyTorch")
    record.set_defaults(run=_record)
    return parser


def _matching(pattern: str) -> list[Case]:
    from .declare import all_cases

    return [case for case in all_cases() if fnmatchcase(case.address, pattern)]


def _list(options: argparse.Namespace) -> int:
    print("backends with a manifest:", ", ".join(sorted(manifests())) or "none")
    for case in _matching(options.k):
        print(case.address)
    return CONFORMANT


def _session(backend: str | None, module: str, expectations: Path | None) -> Session:
    if backend is None and module != "torch":
        raise ManifestError(f"name a backend: {', '.join(sorted(manifests()))}")
    subject = subject_of(backend or module, module)
    if expectations is None and subject.manifest is not None:
        expectations = subject.manifest.path.with_name("expectations.toml")
    elif expectations is None:
        expectations = Path(__file__).with_name("departures.toml")
    with subject.in_use():
        pass  # a backend that cannot be loaded is an error of usage, not a failure of every case
    return Session(subject, expectations_of(expectations))


def _run(options: argparse.Namespace) -> int:
    import pytest

    try:
        from rich.console import Console

        from .report import Reporter, table, write_json
    except ImportError:
        raise ImportError("the runner needs the package 'rich': pip install 'flambeau[conformance]'") from None
    if not _matching(options.k):
        raise LookupError(f"no case matches {options.k!r}; `flambeau-conformance list` lists them")
    session = _session(options.backend, options.subject, options.expectations)
    reporter, shared = Reporter(), _Shared(session)
    command = [
        "--pyargs", "flambeau_conformance.suite", "-p", "no:terminal", "-p", "no:cacheprovider",
        "-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning", "--flambeau-cases", options.k, "--rootdir", str(Path(__file__).parent),
        "-c", str(Path(__file__).with_name("pytest.ini")),
    ]  # fmt: skip
    if options.junit:
        command += ["--junit-xml", str(options.junit.resolve())]
    code = pytest.main(command, plugins=[reporter, shared])
    console = Console()
    complete = options.k == "*"
    for _, text in reporter.failures:
        console.print(text, markup=False, highlight=False)
    console.print(table(session, complete=complete))
    if options.json:
        write_json(session, options.json, complete=complete)
    wrong = session.wrong_expectations() if complete else []
    for line in wrong:
        console.print(line, markup=False)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return USAGE if code == pytest.ExitCode.NO_TESTS_COLLECTED else HARNESS
    if wrong:
        return USAGE
    return NOT_CONFORMANT if code == pytest.ExitCode.TESTS_FAILED else CONFORMANT


class _Shared:
    """Hands the session that the command made to the pytest plugin."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def pytest_configure(self, config: Any) -> None:
        config.flambeau_session = self._session


def _one(address: str) -> Case:
    found = [case for case in _matching("*") if case.address == address]
    if not found:
        raise LookupError(f"there is no case {address!r}; `flambeau-conformance list -k '{address.split('/')[0]}/*'`")
    return found[0]


def _explain(options: argparse.Namespace) -> int:
    case = _one(options.case)
    print(f"{case.address}\n  section: {case.section}\n  op: {case.op}\n  aspect: {case.aspect}")
    print(f"  needs of the backend: {', '.join(case.dtypes) or 'nothing special'}")
    print(f"  builds on: {', '.join(case.needs) or 'nothing'}")
    print(f"  documented as: {', '.join(case.anchors) or '-'}")
    return CONFORMANT


def _repro(options: argparse.Namespace) -> int:
    module = "torch" if options.backend == "torch" else "flambeau"
    subject = subject_of(options.backend, module)
    case = _one(options.case)
    with subject.in_use():
        case.check(subject)
    print(f"{case.address} passed on {subject.name}")
    return CONFORMANT


def _coverage(options: argparse.Namespace) -> int:
    from .coverage import report, uncovered

    print(report())
    missing = uncovered()
    for line in missing:
        print(line)
    return NOT_CONFORMANT if missing else CONFORMANT


def _record(options: argparse.Namespace) -> int:
    from .record import record

    print(f"recorded {record()} results")
    return CONFORMANT
