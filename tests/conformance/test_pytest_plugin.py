"""The pytest plugin in somebody else's pytest run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_does_nothing_without_its_options(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\ndef test_other():\n    assert 'flambeau_conformance.declare' not in sys.modules\n"
    )
    done = _pytest(tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_it_makes_an_item_of_every_case(tmp_path: Path) -> None:
    suite = ("--pyargs", "flambeau_conformance.suite")
    done = _pytest(tmp_path, *suite, "--flambeau-backend", "numpy", "--flambeau-cases", "sqrt/value/*", "-rA")
    assert done.returncode == 0, done.stdout
    assert "test_case[sqrt/value/plain/float32]" in done.stdout


def test_it_asks_for_a_backend(tmp_path: Path) -> None:
    done = _pytest(tmp_path, "--pyargs", "flambeau_conformance.suite")
    assert done.returncode != 0
    assert "no plugin declares a manifest" in done.stdout + done.stderr
