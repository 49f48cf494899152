"""What was measured, as a table and as JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["HEADER", "Result", "duration", "line", "machine", "slowest", "write_json"]


@dataclass(frozen=True)
class Result:
    """The times of one case in seconds; PyTorch's is None where it is not installed."""

    name: str
    seconds: float
    torch_seconds: float | None
    goal: float | None

    @property
    def ratio(self) -> float | None:
        """The time of flambeau over PyTorch's."""
        return None if self.torch_seconds is None else self.seconds / self.torch_seconds

    @property
    def missed(self) -> bool:
        """Whether the ratio is above the goal."""
        return self.ratio is not None and self.goal is not None and self.ratio > self.goal


HEADER = f"{'case':<32}{'flambeau':>12}{'PyTorch':>12}{'ratio':>8}{'goal':>8}"


def line(result: Result) -> str:
    """One line of the table."""
    ratio, goal = (f"{value:.2f}" if value is not None else "" for value in (result.ratio, result.goal))
    return f"{result.name:<32}{duration(result.seconds):>12}{duration(result.torch_seconds):>12}{ratio:>8}{goal:>8}" + (
        " *" if result.missed else ""
    )


def slowest(results: Iterable[Result], count: int) -> list[Result]:
    """The results with the highest ratios, the highest first."""
    compared = [result for result in results if result.ratio is not None]
    return sorted(compared, key=lambda result: -(result.ratio or 0.0))[:count]


def duration(seconds: float | None) -> str:
    """A time in words; none where there is none."""
    if seconds is None:
        return ""
    return f"{seconds * 1e6:.2f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def machine() -> dict[str, str]:
    """Where it was measured, and with what."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "python": platform.python_version(),
    } | {name: _version(name) for name in ("flambeau", "numpy", "scipy", "torch")}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((text.partition(":")[2].strip() for text in lines if text.startswith("model name")), "unknown")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def write_json(path: Path, settings: Mapping[str, Any], results: list[Result]) -> None:
    """Save the results with the machine and the settings."""
    rows = [asdict(result) | {"ratio": result.ratio} for result in results]
    path.write_text(json.dumps({"machine": machine(), "settings": settings, "results": rows}, indent=2) + "\n")
