"""Reports of a run: the progress bar and table on the terminal, and JSON lines."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from . import SUITE_VERSION
from .session import Session

__all__ = ["Reporter", "table", "write_json"]

_SHOWN = ("pass", "fail", "error", "blocked", "xfail", "stale", "not_claimed")


class Reporter:
    """A pytest plugin that replaces pytest's own output by a progress bar."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, str]] = []
        self._bar: Any = None
        self._task: Any = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start the bar."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), transient=True
        )
        self._bar.start()
        self._task = self._bar.add_task("conformance", total=len(session.items))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Move the bar, and keep the text of a failure."""
        if report.failed:
            self.failures.append((report.nodeid, report.longreprtext))
        if report.when == "teardown" and self._bar is not None:
            self._bar.update(self._task, advance=1)

    def pytest_sessionfinish(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.stop()


def table(session: Session, *, complete: bool) -> Any:
    """What became of the cases, by section, for rich to print."""
    from rich.table import Table

    by_section: dict[str, Counter[str]] = defaultdict(Counter)
    for result in session.results.values():
        by_section[result.section][result.status] += 1
    shown = [status for status in _SHOWN if status in session.counts() or status == "pass"]
    made = Table(title=f"{session.subject.name}" + ("" if complete else " (part of the suite)"))
    made.add_column("section")
    for status in shown:
        made.add_column(status, justify="right")
    for section, counts in sorted(by_section.items()):
        made.add_row(section, *(str(counts[status]) if counts[status] else "" for status in shown))
    made.add_section()
    total = session.counts()
    made.add_row("total", *(str(total[status]) for status in shown))
    return made


def write_json(session: Session, path: Path, *, complete: bool) -> None:
    """Write one line about the run and one per case."""
    about = {
        "suite_version": SUITE_VERSION, "subject": session.subject.name, "complete": complete,
        "counts": dict(session.counts()),
    }  # fmt: skip
    lines = [about, *(result.as_dict() for result in session.results.values())]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
