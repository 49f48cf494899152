"""What was measured, as a page: the rows with goals first, then the others, the dearest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from .report import Result, duration, machine

__all__ = ["page"]

_WHAT = """Written by `python -m benchmarks --markdown docs/figures.md`. A ratio is flambeau's time over PyTorch's. What they
say, and why what misses its goal does, stands in [performance.md](performance.md)."""
_COLUMNS = 4
_DEAR = 2.0


def page(results: Sequence[Result], how: str) -> str:
    """Markdown: what it was measured on, and ``how``; by group the rows with goals, and in falling order the other ratios."""
    goals = [result for result in results if result.goal is not None]
    others = [result for result in results if result.goal is None and result.ratio is not None]
    missed = sum(result.missed for result in goals)
    parts = [
        "# Figures",
        _WHAT,
        "\n".join(f"- {name}: {value}" for name, value in machine().items()) + f"\n- {how}",
        f"{len(goals) - missed} of {len(goals)} rows reach their goal; ratios above it are **bold**.",
    ]
    for group, rows in groupby(goals, key=_group):
        parts += [f"## {group}", _with_goals(rows)]
    for group, rows in groupby(others, key=_group):
        ordered = sorted(rows, key=lambda result: -(result.ratio or 0.0))
        dear = sum((result.ratio or 0.0) > _DEAR for result in ordered)
        parts += [
            f"## {group}, without goals",
            f"{len(ordered)} rows, of which {dear} are above {_DEAR:g}.",
            _ratios(ordered),
        ]
    return "\n\n".join(parts) + "\n"


def _group(result: Result) -> str:
    return result.name.partition("/")[0]


def _short(result: Result) -> str:
    return result.name.partition("/")[2]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def _with_goals(rows: Iterable[Result]) -> str:
    return _table(
        ("case", "flambeau", "PyTorch", "ratio", "goal"),
        (
            (f"`{_short(row)}`", duration(row.seconds), duration(row.torch_seconds), _marked(row), f"{row.goal:.2f}")
            for row in rows
        ),
    )


def _marked(row: Result) -> str:
    if row.ratio is None:
        return ""
    return f"**{row.ratio:.2f}**" if row.missed else f"{row.ratio:.2f}"


def _ratios(rows: Sequence[Result]) -> str:
    cells = [(f"`{_short(row)}`", f"{row.ratio:.2f}") for row in rows]
    cells += [("", "")] * (-len(cells) % _COLUMNS)
    height = len(cells) // _COLUMNS
    lines = ([text for column in range(_COLUMNS) for text in cells[line + column * height]] for line in range(height))
    return _table(("function", "ratio") * _COLUMNS, lines)
