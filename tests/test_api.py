"""The lock of the public API: no name and no parameter changes by accident."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _run(*arguments: str, script: str = "") -> subprocess.CompletedProcess[str]:
    """Run the tool, in a process of its own because tests and plugins hang names on flambeau."""
    command = ["-c", script] if script else [str(ROOT / "tools/api.py"), *arguments]
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_public_api_is_the_locked_one() -> None:
    done = _run()
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_change_is_a_readable_difference() -> None:
    script = """
import runpy, sys
import flambeau
def roll(input, shifts, dims=None, *, newcomer=False): ...
roll.__module__ = "flambeau"
flambeau.roll = roll
flambeau.newcomer = 3.5
sys.argv = ["api.py"]
runpy.run_path("tools/api.py", run_name="__main__")
"""
    done = _run(script=script)
    assert done.returncode == 1, done.stderr
    assert "python tools/api.py --write" in done.stdout
    assert "-roll(input, shifts, dims=None)" in done.stdout
    assert "+roll(input, shifts, dims=None, *, newcomer=False)" in done.stdout
    assert "+newcomer = 3.5" in done.stdout
