"""The command ``python -m benchmarks``: a table of times and of ratios, flambeau's time over PyTorch's."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .case import Case
    from .report import Result
    from .run import Library
    from .timing import Clock

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""By which the libraries are told how many threads to use, before they are loaded."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and save; 1 if ``--check`` finds a ratio that has grown, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    # The libraries read these when they are loaded, so nothing that loads them is imported before.
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(options.threads)))
    return _run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples: for a first look")
    parser.add_argument("--filter", default="", metavar="TEXT", help="only cases whose name contains TEXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the results")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="save the results as a page")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios (needs matplotlib)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of either library (%(default)s)")
    parser.add_argument("--seconds", type=float, metavar="N", help="measure no further case after so long, and save")
    parser.add_argument("--slowest", type=int, default=0, metavar="N", help="afterwards, the N highest ratios in order")
    parser.add_argument(
        "--check", action="store_true", help="fail if a ratio is more than a tenth above the one in figures.json"
    )
    parser.add_argument("--keep", action="store_true", help="write the ratios to figures.json")
    parser.add_argument("--backend", default="numpy", metavar="NAME", help="of flambeau (%(default)s)")
    return parser


def _run(options: argparse.Namespace) -> int:
    from . import figures, plot, tables
    from .report import HEADER, line, machine, slowest, write_json
    from .run import libraries, matching, measure
    from .timing import FULL, QUICK, clock_for

    if (options.check or options.keep) and (options.backend, options.threads) != ("numpy", 1):
        print("figures.json is of one thread and the backend numpy: --check and --keep are for these", file=sys.stderr)
        return 2
    if options.check and not figures.OWN.exists():
        print(f"there are no figures to check against: make {figures.OWN.name} with --keep", file=sys.stderr)
        return 2
    if options.plot and not plot.available():
        print(plot.NEEDED, file=sys.stderr)
        return 2
    # The goals were set for one thread and NumPy.
    cases = matching(options.filter, with_goals=options.backend == "numpy" and options.threads == 1)
    if not cases:
        print(f"no case has {options.filter!r} in its name", file=sys.stderr)
        return 2
    measured = libraries(options.backend, options.threads)
    clock_name, clock = clock_for(options.threads, measured[0].device)
    effort = QUICK if options.quick else FULL
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    how = f"backend {options.backend}, threads {options.threads}; 5th percentile of {effort.samples} samples, {clock_name}"
    print(how)
    print(HEADER)
    results, start = [], time.monotonic()
    for result in measure(cases, measured, clock, effort):
        results.append(result)
        print(line(result), flush=True)
        if options.seconds is not None and time.monotonic() - start > options.seconds:
            print(f"stopped after {options.seconds:.0f} s: {len(results)} of {len(cases)} cases are measured")
            break
    if any(result.missed for result in results):
        print("* above the goal")
    if options.json:
        settings = {
            "backend": options.backend, "threads": options.threads, "clock": clock_name, "samples": effort.samples,
            "quantity": "5th percentile", "compared with": [entry.device for entry in measured],
        }  # fmt: skip
        write_json(options.json, settings, results)
    if options.markdown:
        options.markdown.write_text(tables.page(results, how))
    if options.plot:
        plot.ratios(results, options.plot)
    for result in slowest(results, options.slowest):
        print(line(result))
    if options.keep:
        figures.keep(results)
    return _checked(results, cases, measured, clock) if options.check else 0


def _checked(results: Sequence[Result], cases: Sequence[Case], measured: list[Library], clock: Clock) -> int:
    """1 if a ratio is above the kept one, and is again when it is measured once more."""
    from . import figures
    from .report import line
    from .run import measure
    from .timing import FULL

    kept = figures.read()
    doubtful = {result.name for result in figures.fallen(results, kept)}
    again = measure([case for case in cases if case.name in doubtful], measured, clock, FULL)
    found = figures.fallen(again, kept)
    for result in found:
        print(f"{line(result)}  above the last figure, {kept[result.name]:.2f}")
    print(f"{len(found)} of {len(results)} ratios are more than a tenth above the last figures")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
