"""What a run says on the terminal: failures by their causes, a table by section, and one sentence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from .model import STATUSES, Result
from .session import Session, repeat_command

__all__ = ["causes", "show", "summary"]

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_LISTED, _NAMED = 3, 10


def show(session: Session, about: dict[str, Any]) -> None:
    """Print the report of a run."""
    from .terminal import Terminal

    console = Terminal()

    def write(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    lacking = about["optional_kernels_lacking"]
    if lacking:
        named = ", ".join(lacking[:_NAMED]) + (" ... (--json names all)" if len(lacking) > _NAMED else "")
        write(f"{len(lacking)} optional kernels are not there, and composed of others: {named}")
    for results in causes(session.failures()):
        write(_told(session.subject.name, results))
    for complaint in about["complaints"]:
        write(complaint)
    console.print(_table(session))
    write(summary(session, about))


# -- failures ----------------------------------------------------------------------------------------------------------


def causes(failures: Iterable[Result]) -> list[list[Result]]:
    """The failures in groups that seem to have one cause: the most frequent first, blocked cases last."""
    groups: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for result in sorted(failures, key=lambda result: result.address):
        groups[_cause(result)].append(result)
    return sorted(groups.values(), key=lambda group: (group[0].status == "blocked", -len(group), group[0].address))


def _cause(result: Result) -> tuple[str, ...]:
    if result.status == "blocked":
        return "blocked", result.detail
    what = _NUMBER.sub("#", result.detail)
    kernel = result.kernel.partition("(")[0]
    where = result.address.split("/")[0] if result.status in ("fail", "stale") else ""
    return result.status, what, kernel, where


def _told(subject: str, results: list[Result]) -> str:
    first = results[0]
    count = f" ({len(results)} cases)" if len(results) > 1 else ""
    if first.status == "blocked":
        return f"blocked{count}: {first.detail}"
    lines = [f"{first.status}{count}: {first.address}: {first.detail}"]
    facts = {"call": first.call, "inputs": first.inputs, "kernels": first.kernel, "also": _others(results)}
    lines += [f"  {name}: {fact}" for name, fact in facts.items() if fact]
    return "\n".join([*lines, f"  to repeat: {repeat_command(subject, first.address)}"])


def _others(results: list[Result]) -> str:
    others = [result.address for result in results[1:]]
    more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
    return ", ".join(others[:_LISTED]) + more


# -- the whole ---------------------------------------------------------------------------------------------------------


def _table(session: Session) -> Any:
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


def summary(session: Session, about: dict[str, Any]) -> str:
    """The run in one sentence; a part of the suite has no percentage."""
    counts = session.counts()
    claimed = counts.total() - counts["not_claimed"]
    if about["state"] != "finished":
        return f"{about['state']} after {counts.total()} of {about['cases']} cases; {counts['pass']} passed"
    limit = (about["claims"] or {}).get("max_elements")
    capped = "" if limit is None else f"; cases with more than {limit} elements are not claimed"
    if not about["complete"]:
        return f"{counts['pass']} of {claimed} cases passed; this was a part of the suite{capped}"
    share = 100 * counts["pass"] / claimed if claimed else 0.0
    wrong = (
        f"; {len(about['complaints'])} complaint(s) about claims and expectations above" if about["complaints"] else ""
    )
    return f"{counts['pass']} of {claimed} cases that are claimed passed ({_floor(share)} %){capped}{wrong}"


def _floor(share: float) -> str:
    """A percentage that is never rounded up to 100."""
    return f"{int(share * 100) / 100:.2f}"
