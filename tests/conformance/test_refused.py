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


@pytest.mark.parametrize(
    "imports",
    [
        "sys.stdout = sys.stderr = None",
        "os.closerange(0, 3)",
        "import atexit; atexit.register(os._exit, 0)",
        "os.fork(); print('x' * 10**6); os.chdir('/'); os.environ.clear()",
    ],
)
def test_what_a_plugin_does_to_its_process_at_import_does_not_hinder_the_run(tmp_path: Path, imports: str) -> None:
    install_broken(tmp_path, {"cos": "os.abort()"}, imports=imports)
    run = run_suite(tmp_path, "-k", "[sc][io][ns]/value/plain/float32")
    assert {address: each["status"] for address, each in run.results.items()} == {
        "cos/value/plain/float32": "crash", "sin/value/plain/float32": "pass"
    }, run.stderr  # fmt: skip


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
        (MANIFEST + "# \udcff", "conformance.toml is not UTF-8"),
        ("", "missing entries: backend, dtypes"),
        (None, "there is no file"),
    ],
)
def test_a_wrong_manifest(tmp_path: Path, manifest: str | None, text: str) -> None:
    install_broken(tmp_path)
    path = tmp_path / "conformance.toml"
    path.unlink()
    if manifest is not None:
        path.write_bytes(manifest.encode(errors="surrogateescape"))
    run = run_suite(tmp_path, *_SIN)
    assert (run.code, text in run.stderr) == (codes.USAGE, True), run.stderr


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("manifest(None, 'x')", "TypeError: manifest() takes the name of a backend (got None)"),
        ("manifest('broken', None)", "TypeError: expected str, bytes or os.PathLike object, not NoneType"),
        ("cases(3)", "TypeError: cases() takes the name of a module (got 3)"),
        ("manifest('numpy', 'x')", "ValueError: the manifest of the backend 'numpy' is already declared"),
        ("no_such_thing()", "AttributeError: "),
    ],
)
def test_a_hook_that_declares_nonsense_costs_its_own_plugin_alone(tmp_path: Path, call: str, text: str) -> None:
    install_broken(tmp_path)
    plugin = tmp_path / "broken_plugin.py"
    plugin.write_text(plugin.read_text().replace("    context.manifest(", f"    context.{call}\n    context.manifest("))
    run = run_suite(tmp_path, *_SIN)
    assert run.code == codes.USAGE
    assert f"(flambeau-broken 3.1) does not work: its hook flambeau_conformance raised {text}" in run.stderr
    assert run_suite(tmp_path, "-k", "sin/value/plain/float32", backend="minimal").code == codes.CONFORMANT


def test_expectations_without_a_reason(tmp_path: Path) -> None:
    install_broken(tmp_path)
    (tmp_path / "expectations.toml").write_text('[[expect]]\npattern = "sin/*"\ncases = 1\nuntil = "9"\n')
    run = run_suite(tmp_path, *_SIN)
    assert run.code == codes.USAGE
    assert "the entry 'sin/*' lacks reason. The file has entries [[expect]] with four keys" in run.stderr
