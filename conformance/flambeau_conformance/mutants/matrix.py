"""The kill matrix: what became of the mutants, by place and family of faults."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from .model import CAUGHT, OUTCOMES, Verdict

__all__ = ["matrix", "summary", "survivors_text", "write_json"]

_JUDGED = (*CAUGHT, "survived", "unreached")


def _share(verdicts: Sequence[Verdict]) -> tuple[int, int]:
    judged = [verdict for verdict in verdicts if verdict.outcome in _JUDGED]
    return sum(verdict.outcome in CAUGHT for verdict in judged), len(judged)


def _by(verdicts: Sequence[Verdict], attribute: str) -> dict[str, list[Verdict]]:
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[getattr(verdict, attribute)].append(verdict)
    return groups


def matrix(verdicts: Sequence[Verdict]) -> str:
    """Killed of all, by family; then by place, with the families in which some survive."""
    lines = ["by family:"]
    for family, group in sorted(_by(verdicts, "family").items()):
        killed, total = _share(group)
        if total:
            lines.append(f"  {family:<16} {killed:>5} of {total:<5} {killed / total:6.1%}")
    lines.append("by place, with the families in which mutants survive:")
    for place, group in sorted(_by(verdicts, "place").items()):
        killed, total = _share(group)
        gaps = Counter(verdict.family for verdict in group if verdict.outcome in ("survived", "unreached"))
        if total:
            rest = ", ".join(f"{family} {count}" for family, count in sorted(gaps.items()))
            lines.append(f"  {place:<28} {killed:>4} of {total:<4} {rest}".rstrip())
    return "\n".join(lines)


def summary(verdicts: Sequence[Verdict]) -> str:
    """One line: the score, and how many came out how."""
    killed, total = _share(verdicts)
    counts = Counter(verdict.outcome for verdict in verdicts)
    parts = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])
    score = f"{killed / total:.1%} of {total} mutants caught" if total else "no mutant to catch"
    return f"{score} ({parts})"


def survivors_text(verdicts: Sequence[Verdict]) -> str:
    """A line for each mutant that was not caught: its name, and the cases about its place."""
    lines = []
    for family, group in sorted(_by(verdicts, "family").items()):
        left = [verdict for verdict in group if verdict.outcome in ("survived", "unreached")]
        if left:
            lines.append(f"{family}: {len(left)} not caught")
        for each in sorted(left, key=lambda verdict: verdict.mutant):
            near = f"; nearest {', '.join(each.nearest)}" if each.nearest else ""
            lines.append(f"  {each.mutant}: {each.outcome}, {each.ran} of {each.reached} cases ran{near}")
    return "\n".join(lines)


def write_json(verdicts: Sequence[Verdict], path: Path) -> None:
    """All verdicts as JSON lines, sorted by the mutant's name; the first line has the counts."""
    counts = dict(sorted(Counter(verdict.outcome for verdict in verdicts).items()))
    ordered = sorted(verdicts, key=lambda verdict: verdict.mutant)
    path.write_text(
        "".join(json.dumps(line) + "\n" for line in ({"counts": counts}, *(each.as_dict() for each in ordered)))
    )
