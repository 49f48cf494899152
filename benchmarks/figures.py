"""The last accepted figures: ratios that a change must not raise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from .report import Result, machine

__all__ = ["OWN", "fallen", "keep", "read"]

OWN = Path(__file__).with_name("figures.json")

ALLOWED = 1.1
"""By how much a ratio may grow: two measurements differ by so much."""


def read(path: Path = OWN) -> dict[str, float]:
    """The ratios that are kept, by case.

    Raises:
        FileNotFoundError: none are.
    """
    ratios: dict[str, float] = json.loads(path.read_text())["ratios"]
    return ratios


def keep(results: Iterable[Result], path: Path = OWN) -> None:
    """Make what was measured the figures to compare with; those of cases that were not measured stay."""
    ratios = read(path) if path.exists() else {}
    ratios |= {result.name: round(result.ratio, 2) for result in results if result.ratio is not None}
    path.write_text(json.dumps({"machine": machine(), "ratios": dict(sorted(ratios.items()))}, indent=1) + "\n")


def fallen(results: Iterable[Result], kept: Mapping[str, float]) -> list[Result]:
    """The results whose ratio is more than a tenth above the one that is kept."""
    return [
        result
        for result in results
        if result.ratio is not None and result.ratio > ALLOWED * kept.get(result.name, result.ratio)
    ]
