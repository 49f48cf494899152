"""Pictures of what was measured, by matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from .report import Result

__all__ = ["NEEDED", "available", "growth", "ratios"]

NEEDED = "pictures need matplotlib: pip install 'flambeau[plot]'"
_OWN, _OTHER = "#c0392b", "#2c5f8a"


def available() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def ratios(results: Sequence[Result], path: Path) -> None:
    """Save a picture with the ratio of each case as a point, and its goal as a line."""
    from matplotlib.figure import Figure

    compared = [result for result in results if result.ratio is not None]
    figure = Figure(figsize=(8, 1.2 + 0.16 * len(compared)), layout="constrained")
    axes = figure.subplots()
    places = range(len(compared))
    axes.axvline(1.0, color="0.6", linewidth=0.8)
    axes.scatter(
        [result.ratio or 0.0 for result in compared], places, s=14,
        color=[_OWN if result.missed else _OTHER for result in compared],
    )  # fmt: skip
    goals = [(place, result.goal) for place, result in zip(places, compared, strict=True) if result.goal is not None]
    axes.scatter(
        [goal for _, goal in goals], [place for place, _ in goals], marker="|", s=60, color="0.3", label="goal"
    )
    axes.set_yticks(list(places), [result.name for result in compared], fontsize=6)
    axes.set_ylim(len(compared) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.set_xlabel("time of flambeau / time of PyTorch")
    axes.grid(axis="x", which="both", linewidth=0.3)
    if goals:
        axes.legend(loc="upper right")
    figure.savefig(path)


def growth(results: Sequence[Result], counted: str, path: Path) -> None:
    """Save a picture with a panel for each name: times against the number at the end of a case's name."""
    from matplotlib.figure import Figure

    panels: dict[str, list[tuple[int, Result]]] = {}
    for result in results:
        name, _, size = result.name.rpartition("/")
        panels.setdefault(name, []).append((int(size), result))
    columns = min(4, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.5 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, (name, measured) in zip(grid.flat, panels.items(), strict=False):
        sizes = [size for size, _ in measured]
        axes.loglog(sizes, [result.seconds * 1e6 for _, result in measured], color=_OWN, marker="o", label="flambeau")
        beside = [(size, result.torch_seconds * 1e6) for size, result in measured if result.torch_seconds is not None]
        if beside:
            axes.loglog(*zip(*beside, strict=True), color=_OTHER, marker="s", linestyle="--", label="PyTorch")
        axes.set_title(name, fontsize=9)
        axes.grid(linewidth=0.3)
        axes.tick_params(labelsize=7)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("µs", fontsize=8)
    for axes in grid[-1]:
        axes.set_xlabel(counted, fontsize=8)
    grid.flat[0].legend(fontsize=7)
    figure.savefig(path, dpi=110)
