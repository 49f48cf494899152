"""The command ``flambeau-conformance``: list, run, explain, repro, coverage, record.

Exit codes: 0 the backend conforms in what it claims; 1 it does not; 2 wrong usage, manifest or expectations; 3 the
suite itself failed; 130 it was interrupted.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import traceback
from collections.abc import Sequence

from flambeau.__main__ import until_closed
from flambeau.errors import BackendError

from . import coverage, run_command
from .catalogue import cases_about, selected
from .codes import CONFORMANT, HARNESS, INTERRUPTED, NOT_CONFORMANT, USAGE
from .isolation import RefusedError
from .manifest import ManifestError, manifests
from .model import Case
from .mutants import command as mutants_command
from .outcome import run_case
from .run_command import add_patterns
from .sets import SETS
from .state import State
from .subject import check_kernels, subject_of

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    return until_closed(lambda: _checked_run(arguments))


def _checked_run(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given, argparse.Namespace(arguments=given))
    try:
        return int(options.run(options))
    except (ManifestError, BackendError, LookupError, ImportError, RefusedError) as error:
        print(f"flambeau-conformance: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        raise
    except KeyboardInterrupt as interrupt:
        print("flambeau-conformance: interrupted", file=sys.stderr)
        return int(getattr(interrupt, "code", INTERRUPTED))
    except OSError as error:  # no room for the report, mostly
        print(f"flambeau-conformance: {error}", file=sys.stderr)
        return HARNESS
    except Exception:
        traceback.print_exc()
        return HARNESS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flambeau-conformance", description="Check a flambeau backend against what PyTorch does."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="list the backends with a manifest, and the cases")
    add_patterns(listing)
    listing.add_argument("--set", choices=tuple(SETS), default="full", help="which cases (%(default)s)")
    listing.set_defaults(run=_list)
    run_command.add_parser(commands)
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
    mutants_command.add_parser(commands)
    return parser


def _list(options: argparse.Namespace) -> int:
    print("backends with a manifest:", ", ".join(sorted(manifests())) or "none")
    for case in selected(options.set, options.k):
        print(case.address)
    return CONFORMANT


def _one(address: str) -> Case:
    found = [case for case in cases_about([address]) if case.address == address]
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
    if sys.__stderr__ is not None and not faulthandler.is_enabled():
        faulthandler.enable(sys.__stderr__)  # it tells of a crash where it was
    outcome = run_case(subject, case, State(subject.torch))
    if outcome.status == "pass":
        print(f"{case.address} passed on {subject.name}")
        return CONFORMANT
    if outcome.failure.error is not None:
        traceback.print_exception(outcome.failure.error)
    facts = {"call": outcome.failure.call, "inputs": outcome.failure.inputs, "kernels": outcome.failure.kernel}
    print(f"{outcome.status}: {case.address} on {subject.name}: {outcome.detail}")
    for name, fact in facts.items():
        if fact:
            print(f"  {name}: {fact}")
    return NOT_CONFORMANT


def _record(options: argparse.Namespace) -> int:
    from .record import record

    print(f"recorded {record(options.sections)} results")
    return CONFORMANT
