"""All that wants a GPU, in one command: ``python -m benchmarks.gpu`` writes ``gpu.json`` and ``gpu.md`` in under eight minutes.

Each part is a process of its own with a limit of time, because CuPy compiles every kernel on a machine that has not run it
before; a part that fails or is stopped is said to have, what it wrote until then is kept, and the next one runs. With
``--stand-in`` the parts run on the CPU, on the stand-in for CuPy of the tests, the benchmarks with sizes of a few elements:
nothing is measured then but that they run, and each may take longer. What the parts are is in ``docs/gpu.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["PARTS", "Outcome", "Part", "main", "run_part"]

ROOT = Path(__file__).parents[1]
BUDGET = 470.0
"""Seconds for all parts together."""

_STAND_IN_BUDGET = 4 * BUDGET
"""The same where a processor computes, which is slower, may have others to work for, and is not lent by the minute."""

_SOURCES = ("core", "backends", "conformance", "plugins/flambeau-minimal", "tests/support")
_GRACE = 5.0
"""Seconds that a part is given to write what it has when it is stopped."""

_TAIL = 4000
_LISTED = 40

_STAND_IN = ROOT / "tests" / "support" / "standin_site"
"""With it on their path, processes find the stand-in where they look for CuPy."""


@dataclass(frozen=True)
class Part:
    """One part: a command, how long it may take, and what is read from what it wrote.

    Attributes:
        name: what it is about.
        limit: the seconds of :data:`BUDGET` that it may take, and its share of a larger one; it gets what the parts before it
            left over, too, if it may take ``more``.
        command: from the options, the folder for its files and its seconds to the words behind ``python``.
        read: from that folder and the printed text to figures.
    """

    name: str
    limit: float
    command: Callable[[argparse.Namespace, Path, float], list[str]]
    read: Callable[[Path, str], dict[str, Any]]
    more: bool = False


@dataclass
class Outcome:
    """What became of a part."""

    name: str
    status: str
    seconds: float
    code: int | None
    figures: dict[str, Any] = field(default_factory=dict)
    tail: str = ""


# -- the parts -----------------------------------------------------------------------------------------------------------

_ABOUT = """
import importlib, json, platform, subprocess, sys
from importlib import metadata
found = {"python": platform.python_version(), "system": platform.platform()}
try:
    shown = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True)
    found["commit"] = shown.stdout.strip() or "unknown"
except OSError:
    found["commit"] = "unknown"
for name in ("flambeau", "cupy", "cupy-cuda12x", "cupy-cuda13x", "torch", "numpy", "pytest"):
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
try:
    query = "--query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.current.sm,power.limit,compute_cap"
    found["card"] = subprocess.run(["nvidia-smi", query, "--format=csv,noheader"], capture_output=True, text=True).stdout.strip()
except OSError:
    found["card"] = "no nvidia-smi"
import flambeau
found["CUDA for flambeau"] = flambeau.cuda.is_available()
if found["CUDA for flambeau"]:
    found["device"] = flambeau.cuda.get_device_name()
    found["devices"] = flambeau.cuda.device_count()
    import cupy
    runtime = cupy.cuda.runtime
    found["CUDA runtime"] = runtime.runtimeGetVersion() if hasattr(runtime, "runtimeGetVersion") else "stand-in"
try:
    import torch
    found["CUDA for PyTorch"] = torch.cuda.is_available()
    found["CUDA of PyTorch"] = torch.version.cuda
    found["cuDNN of PyTorch"] = torch.backends.cudnn.version()
except ImportError:
    found["CUDA for PyTorch"] = False
json.dump(found, sys.stdout)
sys.exit(0 if found["CUDA for flambeau"] else 1)
"""


def _suite(name: str | None) -> Callable[[argparse.Namespace, Path, float], list[str]]:
    """The conformance run of a set of cases, by default that of the options, or of those that were asked for."""

    def command(options: argparse.Namespace, folder: Path, seconds: float) -> list[str]:
        which = ["-k", options.cases] if options.cases else ["--set", name or options.set]
        written = ["--jobs", str(options.jobs), "--json", str(folder / "conformance.jsonl")]
        patient = ["--timeout", "240"] * options.stand_in
        return ["-m", "flambeau_conformance", "run", "cupy", *which, *written, *patient]

    return command


def _tests(options: argparse.Namespace, folder: Path, seconds: float) -> list[str]:
    chosen = ["tests/backends/test_cupy_standin.py"] if options.stand_in else ["-m", "gpu", "tests"]
    return ["-m", "pytest", *chosen, "-q", "-p", "no:cacheprovider", f"--junitxml={folder / 'tests.xml'}"]


def _benchmarks(options: argparse.Namespace, folder: Path, seconds: float) -> list[str]:
    sizes = [*["--tiny"] * options.stand_in, *["--tf32"] * options.tf32]
    return [
        "-m", "benchmarks.device", "--filter", options.filter, "--seconds", f"{seconds * 0.8:.0f}",
        "--json", str(folder / "benchmarks.json"), *sizes,
    ]  # fmt: skip


def _read_conformance(folder: Path, text: str) -> dict[str, Any]:
    """The results that were written, whether or not the run came to its end."""
    rows = _json_lines(folder / "conformance.jsonl")
    results = [row for row in rows if "address" in row]
    bad = [row for row in results if row["status"] not in ("pass", "xfail", "not_claimed")]
    shown = [{key: str(row.get(key, ""))[:300] for key in ("address", "status", "detail")} for row in bad[:_LISTED]]
    return {"cases": len(results), "counts": dict(Counter(row["status"] for row in results)), "not passed": shown}


def _json_lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:  # the last line of a run that was stopped
            continue
    return [row for row in found if isinstance(row, dict)]


def _read_tests(folder: Path, text: str) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.strip()]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return {"summary": lines[-1].strip("= ") if lines else "", "failed": failed[:_LISTED]}


def _read_streams(folder: Path, text: str) -> dict[str, Any]:
    rows = json.loads(text[text.index("[") :])
    others = [row for row in rows if row["verdict"] in ("differs", "error")]
    return {"compared": dict(Counter(row["verdict"] for row in rows)), "not the same": others[:_LISTED]}


def _read_benchmarks(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "benchmarks.json"
    data = json.loads(path.read_text()) if path.exists() else {}
    rows = data.get("rows", [])
    compared = [row for row in rows if "met" in row]
    return {
        "tf32": data.get("tf32"),
        "compared": len(compared),
        "met": sum(row["met"] for row in compared),
        "rows": rows,
    }


PARTS = (
    Part(
        "about",
        25,
        lambda options, folder, seconds: ["-c", _ABOUT],
        lambda folder, text: json.loads(text[text.index("{") :]),
    ),
    Part("streams", 40, lambda options, folder, seconds: ["-m", "benchmarks.streams"], _read_streams),
    Part("tests", 95, _tests, _read_tests),
    Part("smoke", 60, _suite("smoke"), _read_conformance),  # every op once, whatever is reached of what follows
    Part("benchmarks", 110, _benchmarks, _read_benchmarks),
    Part("conformance", 140, _suite(None), _read_conformance, more=True),
)


# -- running them --------------------------------------------------------------------------------------------------------


def _environment(stand_in: Path | None) -> dict[str, str]:
    """What processes are started with: the checkout's packages and, in a folder, what puts the stand-in in its place."""
    paths = [str(ROOT / source) for source in _SOURCES]
    before = [str(stand_in)] if stand_in is not None else []
    known = os.environ.get("PYTHONPATH", "")
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([*before, *paths, *filter(None, [known])]),
        "FLAMBEAU_GPU_RUN": "1",
    }


def run_part(part: Part, options: argparse.Namespace, limit: float, environment: dict[str, str]) -> Outcome:
    """Run one part within a limit; whatever happens is its outcome."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        code, text, errors = _output(
            [sys.executable, *part.command(options, folder, limit)], limit, environment, folder
        )
        status = "stopped at its limit" if code is None else "ok" if code == 0 else "failed"
        figures: dict[str, Any] = {}
        try:
            figures = part.read(folder, text)
        except Exception as error:  # it has written nothing that can be read
            status = status if status != "ok" else "failed"
            errors += f"\n(its results cannot be read: {type(error).__name__}: {error})"
    tail = "" if status == "ok" else (text[-_TAIL:] + errors[-_TAIL:])
    return Outcome(part.name, status, round(time.monotonic() - start, 1), code, figures, tail)


def _output(command: list[str], limit: float, environment: dict[str, str], folder: Path) -> tuple[int | None, str, str]:
    """The exit code, None if the limit came first, and what was printed until then."""
    out, err = folder / "stdout", folder / "stderr"
    with out.open("w") as printed, err.open("w") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=printed,
            stderr=said,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code: int | None = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
            _stop(process)
    return code, out.read_text(errors="replace"), err.read_text(errors="replace")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started: with Ctrl-C first, so that it can write what it has."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(_GRACE)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
        else:
            return


def _limits(parts: Sequence[Part], budget: float) -> Callable[[Part, float], float]:
    """How long a part may take when so much is used: not more than its share, and never what the rest needs."""
    scale = max(budget / BUDGET, 1.0)

    def limit(part: Part, used: float) -> float:
        later = scale * sum(each.limit for each in parts[parts.index(part) + 1 :])
        left = budget - used
        return max(left - later if part.more else min(scale * part.limit, left), 1.0)

    return limit


# -- what is written -----------------------------------------------------------------------------------------------------


def _markdown(outcomes: Sequence[Outcome], seconds: float, stand_in: bool) -> str:
    title = "# flambeau on a GPU" + (" (on the stand-in: nothing is measured)" if stand_in else "")
    lines = [title, "", "| part | outcome | seconds |", "|---|---|---|"]
    lines += [f"| {each.name} | {each.status} | {each.seconds:.1f} |" for each in outcomes]
    lines += ["", f"{seconds:.0f} seconds in all.", ""]
    for each in outcomes:
        lines += [f"## {each.name}", "", *_section(each), ""]
        if each.tail:
            lines += ["```text", each.tail.strip(), "```", ""]
    return "\n".join(lines)


def _section(outcome: Outcome) -> list[str]:
    if outcome.name == "benchmarks":
        figures = outcome.figures
        head = [
            f"{figures.get('met', 0)} of {figures.get('compared', 0)} goals are met; TF32: {figures.get('tf32')}.",
            "",
            "| row | flambeau | PyTorch | speed | goal | | rate | memory | PyTorch's |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        return [*head, *(_row(row) for row in figures.get("rows", []))]
    return [f"- {key}: {_short(value)}" for key, value in outcome.figures.items()] or ["nothing"]


def _row(row: dict[str, Any]) -> str:
    own, other = row["flambeau"], row.get("torch", {})
    speed = f"{row['speed']:.2f}" if "speed" in row else ""
    verdict = {True: "met", False: "missed"}.get(row.get("met"), "")
    rate = f"{own['rate'] / 1e9:.0f} G{row['unit']}" if "rate" in own else ""
    memory = [f"{each['memory'] / 2**20:.0f} MiB" if "memory" in each else "" for each in (own, other)]
    cells = [row["name"], _time(own), _time(other), speed, f"{row['goal']:.2f}", verdict, rate, *memory]
    return f"| {' | '.join(cells)} |"


def _time(measured: dict[str, Any]) -> str:
    if "seconds" in measured:
        return f"{measured['seconds'] * 1e6:.1f} µs"
    return "has it not" if "lacking" in measured else measured.get("error", "")[:80]


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "none" if not value else "\n" + "\n".join(f"  - {_short(each)}" for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    return str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("gpu"), metavar="FOLDER", help="for gpu.json and gpu.md (%(default)s)"
    )
    parser.add_argument(
        "--jobs", type=int, default=min(os.cpu_count() or 1, 8), metavar="N", help="of the conformance run"
    )
    parser.add_argument(
        "--budget",
        type=float,
        metavar="SECONDS",
        help=f"for all parts ({BUDGET:.0f}; on the stand-in {_STAND_IN_BUDGET:.0f})",
    )
    parser.add_argument("--parts", default="", metavar="NAMES", help="only these, with commas between them")
    parser.add_argument("--cases", default="", metavar="PATTERN", help="conformance cases instead of the training set")
    parser.add_argument(
        "--set",
        default="training",
        choices=("smoke", "training", "full"),
        help="of conformance cases (%(default)s); with `full`, give a larger --budget",
    )
    parser.add_argument("--filter", default="", metavar="TEXT", help="only benchmarks whose name contains TEXT")
    parser.add_argument("--tf32", action="store_true", help="let both libraries round float32 to TF32 in products")
    parser.add_argument("--stand-in", action="store_true", help="try it without a GPU, on the tests' stand-in for CuPy")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts and write both files; 1 if a part fell, 2 for a part that there is not."""
    options = _parser().parse_args(arguments)
    wanted = [name for name in options.parts.split(",") if name] or [part.name for part in PARTS]
    unknown = sorted(set(wanted) - {part.name for part in PARTS})
    if unknown:
        print(
            f"there is no part {', '.join(unknown)}: the parts are {', '.join(part.name for part in PARTS)}",
            file=sys.stderr,
        )
        return 2
    chosen = [part for part in PARTS if part.name in wanted]
    options.out.mkdir(parents=True, exist_ok=True)
    budget = options.budget or (_STAND_IN_BUDGET if options.stand_in else BUDGET)
    limit, start, outcomes = _limits(chosen, budget), time.monotonic(), []
    environment = _environment(_STAND_IN if options.stand_in else None)
    for part in chosen:
        outcome = run_part(part, options, limit(part, time.monotonic() - start), environment)
        outcomes.append(outcome)
        print(f"{part.name}: {outcome.status} after {outcome.seconds:.1f} s", flush=True)
        _write(options, outcomes, time.monotonic() - start)
    fallen = [each.name for each in outcomes if each.status != "ok"]
    print(
        f"{options.out}/gpu.json, {options.out}/gpu.md; {'all parts ran' if not fallen else 'fell: ' + ', '.join(fallen)}"
    )
    return 1 if fallen else 0


def _write(options: argparse.Namespace, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Write both files anew after each part, so that what is there survives whatever comes."""
    data = {"seconds": round(seconds, 1), "stand_in": options.stand_in, "parts": [asdict(each) for each in outcomes]}
    (options.out / "gpu.json").write_text(json.dumps(data, indent=1) + "\n")
    (options.out / "gpu.md").write_text(_markdown(outcomes, seconds, options.stand_in))


if __name__ == "__main__":
    sys.exit(main())
