"""Reports of a run: JSON lines, JUnit XML, and the table and progress bar on the terminal."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from . import SUITE_VERSION
from .model import STATUSES, Result
from .session import NOT_CONFORMANT, Session, repeat_command

__all__ = ["progress", "summary", "table", "write_json", "write_junit"]


@contextmanager
def progress(total: int) -> Iterator[Callable[[Result], None]]:
    """A progress bar; the block calls what it is given with every result."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("conformance", total=total)
        yield lambda result: bar.update(task, advance=1, description=result.section)


def table(session: Session) -> Any:
    """What became of the cases, by section, for rich to print."""
    from rich.table import Table

    by_section: dict[str, Counter[str]] = defaultdict(Counter)
    for result in session.results.values():
        by_section[result.section][result.status] += 1
    total = session.counts()
    shown = [status for status in STATUSES if total[status] or status == "pass"]
    made = Table(title=f"{session.subject.name} {session.subject.version}")
    made.add_column("section")
    for status in shown:
        made.add_column(status, justify="right")
    for section, counts in sorted(by_section.items()):
        made.add_row(section, *(str(counts[status]) if counts[status] else "" for status in shown))
    made.add_section()
    made.add_row("total", *(str(total[status]) for status in shown))
    return made


def summary(session: Session, *, complete: bool) -> str:
    """The run in one sentence; a part of the suite has no percentage."""
    counts = session.counts()
    claimed = counts.total() - counts["not_claimed"]
    if not complete:
        return f"{counts['pass']} of {claimed} cases passed; this was a part of the suite"
    share = 100 * counts["pass"] / claimed if claimed else 0.0
    return f"{counts['pass']} of {claimed} cases that are claimed passed ({_floor(share)} %)"


def _floor(share: float) -> str:
    """A percentage that is never rounded up to 100."""
    return f"{int(share * 100) / 100:.2f}"


def write_json(session: Session, path: Path, *, complete: bool) -> None:
    """Write one line about the run and one per case."""
    about = {
        "suite_version": SUITE_VERSION, "subject": session.subject.name, "version": session.subject.version,
        "complete": complete, "counts": dict(session.counts()), "complaints": session.complaints() if complete else [],
    }  # fmt: skip
    lines = [about, *(result.as_dict() for result in session.results.values())]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def write_junit(session: Session, path: Path) -> None:
    """Write the results as JUnit XML, which continuous integration knows how to show."""
    results = session.results.values()
    suite = ElementTree.Element(
        "testsuite", name=f"flambeau-conformance {session.subject.name}", tests=str(len(results)),
        failures=str(len(session.failures())),
        skipped=str(sum(result.status in ("not_claimed", "xfail") for result in results)),
    )  # fmt: skip
    for result in results:
        case = ElementTree.SubElement(
            suite, "testcase", classname=result.section, name=result.address, time=str(result.seconds)
        )
        if result.status != "pass":
            kind = "failure" if result.status in NOT_CONFORMANT else "skipped"
            entry = ElementTree.SubElement(case, kind, message=f"{result.status}: {result.detail}")
            entry.text = repeat_command(session.subject.name, result.address)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
