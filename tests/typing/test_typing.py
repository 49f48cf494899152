"""Type checkers find in programs what the annotations and the generated stubs promise.

The programs beside this file are checked as a user's would be, strictly, and run. In ``refused.py`` a comment names the
error that each wrong line must give.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="mypy is not installed")

HERE = Path(__file__).parent
PROGRAMS = sorted(path.name for path in HERE.glob("*.py") if path.name != "test_typing.py")
FOUND = re.compile(r"(?P<file>\w+\.py):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]$")
EXPECTED = re.compile(r"# error: (?P<code>[\w-]+)$")


@cache
def _checked() -> dict[str, dict[int, str]]:
    """The errors by program and line, from one run: it is the reading of flambeau that takes time, and mypy keeps it."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *[str(HERE / program) for program in PROGRAMS]]
    run = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    errors: dict[str, dict[int, str]] = {program: {} for program in PROGRAMS}
    for line in run.stdout.splitlines():
        if ": note: " in line:
            continue
        match = FOUND.search(line)
        assert match is not None, line
        errors[match["file"]][int(match["line"])] = match["code"]
    return errors


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_type_checker_finds_the_errors_that_are_there_and_no_others(program: str) -> None:
    expected = {
        number: match["code"]
        for number, line in enumerate((HERE / program).read_text().splitlines(), 1)
        if (match := EXPECTED.search(line))
    }
    assert _checked()[program] == expected
    assert bool(expected) == (program == "refused.py")


@pytest.mark.parametrize("program", [program for program in PROGRAMS if program != "refused.py"])
def test_what_is_checked_runs(program: str) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / program)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
