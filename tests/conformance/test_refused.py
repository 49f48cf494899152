"""What a plugin does before the first case: the run ends at once, and says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from broken_plugin import MANIFEST, install_broken, run_suite
from flambeau_conformance import codes

_SIN = ("-k", "sin/value/*")


def test_all_required_kernels_that_are_missing_are_named_before_the_first_case(tmp_path: Path) -> None:
    install_broken(tmp_path, missing=("sin", "matmul", "gather", "cumsum"))
    run = run_suite(tmp_path, *_SIN)
    assert run.code == codes.USAGE
    assert "backend 'broken' lacks 4 required kernel(s): matmul" not in run.stdout
    for name in ("sin", "matmul", "gather", "cumsum"):
        assert name in run.stderr
    assert "lacks 4 required kernel(s)" in run.stderr
    assert "Traceback" not in run.stderr
    assert run.results == {}


@pytest.mark.parametrize(
    ("imports", "text"),
    [
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt ("),
        ("os._exit(0)", "the process exited with code 0 while plugins were imported (broken, "),
    ],
)
def test_a_plugin_that_fails_at_import(tmp_path: Path, imports: str, text: str) -> None:
    install_broken(tmp_path, imports=imports)
    run = run_suite(tmp_path, *_SIN)
    assert (run.code, text in run.stderr) == (codes.USAGE, True), run.stderr
    assert "Traceback (most recent call last)" not in run.stderr


@pytest.mark.parametrize(
    ("device_count", "text"),
    [
        ("raise SystemExit(4)", "backend 'broken' could not be loaded: SystemExit: 4"),
        ("raise KeyboardInterrupt('mine')", "KeyboardInterrupt: mine ("),
        ("return None", "backend 'broken' cannot be used: its device_count() gave None"),
        ("os._exit(7)", "the process exited with code 7 while the backend was loaded"),
        ("print('no card', flush=True); os.abort()", "while the backend was loaded, before the first case; it said: no card"),
    ],
)  # fmt: skip
def test_a_backend_whose_devices_cannot_be_had(tmp_path: Path, device_count: str, text: str) -> None:
    install_broken(tmp_path, device_count=device_count)
    run = run_suite(tmp_path, *_SIN)
    assert (run.code, text in run.stderr) == (codes.USAGE, True), run.stderr


def test_a_backend_that_never_comes_up(tmp_path: Path) -> None:
    install_broken(tmp_path, device_count="time.sleep(100)")
    run = run_suite(tmp_path, *_SIN, "--start-timeout", "12")
    assert run.code == codes.USAGE
    assert "the process did not go on while the backend was loaded" in run.stderr


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        (MANIFEST + "speed = 9\n", "unknown entries: speed"),
        (MANIFEST.replace('"bool"', '"bool", "float8"'), "claims the dtypes float8, which the capabilities"),
        (MANIFEST + "max_elements = -1\n", "'max_elements' must be a positive integer (got -1)"),
        (MANIFEST.replace('"broken"', '"other"'), "is the manifest of 'other', not of 'broken'"),
    ],
)
def test_a_wrong_manifest(tmp_path: Path, manifest: str, text: str) -> None:
    install_broken(tmp_path, manifest=manifest)
    run = run_suite(tmp_path, *_SIN)
    assert (run.code, text in run.stderr) == (codes.USAGE, True), run.stderr


def test_expectations_without_a_reason(tmp_path: Path) -> None:
    install_broken(tmp_path)
    (tmp_path / "expectations.toml").write_text('[[expect]]\npattern = "sin/*"\ncases = 1\nuntil = "9"\n')
    run = run_suite(tmp_path, *_SIN)
    assert run.code == codes.USAGE
    assert "the entry 'sin/*' lacks reason. The file has entries [[expect]] with four keys" in run.stderr
