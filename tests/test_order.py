"""The option ``--shuffle``: the same tests, files kept together, in an order that follows from the seed alone."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path

TESTS = Path(__file__).parent


def _order(*options: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *options, "optim", "func", "vision"]
    run = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=True)
    return [line for line in run.stdout.splitlines() if "::" in line]


def test_a_seed_gives_an_order_in_which_files_stay_together() -> None:
    plain, shuffled = _order(), _order("--shuffle", "word")
    assert plain != shuffled == _order("--shuffle", "word")
    assert sorted(plain) == sorted(shuffled)
    files = [file for file, _ in groupby(shuffled, key=lambda line: line.partition("::")[0])]
    assert len(files) == len(set(files)) > 2
