"""The pytest plugin in somebody else's pytest run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from broken_plugin import environment, install_broken


def _pytest(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


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


def test_it_takes_several_patterns_and_a_set(tmp_path: Path) -> None:
    suite = ("--pyargs", "flambeau_conformance.suite", "--flambeau-backend", "numpy", "--flambeau-set", "smoke")
    done = _pytest(tmp_path, *suite, "--flambeau-cases", "sqrt/*", "--flambeau-cases", "exp/*", "-rA")
    assert done.returncode == 0, done.stdout
    assert "test_case[sqrt/value/plain/float32]" in done.stdout
    assert "test_case[exp/value/plain/float32]" in done.stdout
    assert "sqrt/value/plain/float64" not in done.stdout


def test_what_kernels_raise_does_not_end_pytest(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "raise KeyboardInterrupt", "cos": "raise SystemExit(0)", "log": "return None"})
    suite = ("--pyargs", "flambeau_conformance.suite", "--flambeau-backend", "broken")
    patterns = [
        word for name in ("sin", "cos", "log", "exp") for word in ("--flambeau-cases", f"{name}/value/plain/float32")
    ]
    done = _pytest(tmp_path, *suite, *patterns, env=environment(tmp_path))
    assert done.returncode == 1, done.stdout
    assert "3 failed, 1 passed" in done.stdout
    assert "error: KeyboardInterrupt (fault_sin, line" in done.stdout
    assert "to repeat: flambeau-conformance repro broken 'log/value/plain/float32'" in done.stdout


def test_missing_kernels_end_it_before_the_first_case(tmp_path: Path) -> None:
    install_broken(tmp_path, missing=("sin", "cos"))
    suite = ("--pyargs", "flambeau_conformance.suite", "--flambeau-backend", "broken")
    done = _pytest(tmp_path, *suite, env=environment(tmp_path))
    assert done.returncode != 0
    assert "lacks 2 required kernel(s)" in done.stdout + done.stderr
    assert "failed" not in done.stdout
