"""The report for continuous integration: JUnit XML."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .describe import legible
from .model import Result
from .session import Session, repeat_command

__all__ = ["write_junit"]

_FAILURES = ("fail", "stale")
_ERRORS = ("error", "crash", "timeout", "blocked")
_SKIPPED = ("not_claimed", "xfail")
_KINDS = dict.fromkeys(_FAILURES, "failure") | dict.fromkeys(_ERRORS, "error") | dict.fromkeys(_SKIPPED, "skipped")


def write_junit(session: Session, path: Path, about: dict[str, Any]) -> None:
    """Write the results: what was found wrong is a failure, what could not be found out an error.

    Args:
        session: has the results.
        path: where.
        about: the facts of the run, which become properties; each complaint is a failure of its own.
    """
    counts, complaints = session.counts(), about["complaints"]

    def count(statuses: tuple[str, ...]) -> int:
        return sum(counts[status] for status in statuses)

    suite = ElementTree.Element(
        "testsuite", name=f"flambeau-conformance {session.subject.name}", tests=str(counts.total() + len(complaints)),
        failures=str(count(_FAILURES) + len(complaints)), errors=str(count(_ERRORS)), skipped=str(count(_SKIPPED)),
    )  # fmt: skip
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in about.items():
        ElementTree.SubElement(properties, "property", name=name, value=legible(str(value)))
    for result in sorted(session.results.values(), key=lambda result: result.address):
        _add(suite, session.subject.name, result)
    for complaint in complaints:
        case = ElementTree.SubElement(suite, "testcase", classname="claims", name=legible(complaint))
        ElementTree.SubElement(case, "failure", message=legible(complaint))
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _add(suite: ElementTree.Element, subject: str, result: Result) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=result.section, name=result.address, time=str(result.seconds)
    )
    if result.status != "pass":
        message = legible(f"{result.status}: {result.detail}")
        entry = ElementTree.SubElement(case, _KINDS[result.status], message=message)
        facts = [f"{name}: {value}" for name in ("call", "inputs", "kernel") if (value := getattr(result, name))]
        entry.text = legible("\n".join([*facts, repeat_command(subject, result.address)]))
