"""Runs that are stopped: results are kept, and no process stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from broken_plugin import environment, install_broken
from flambeau_conformance import cli
from flambeau_conformance.isolation import IsolatedRun
from flambeau_conformance.model import Case
from flambeau_conformance.session import Session

_SLOW = "Path({place!r}).write_text(str(os.getpid())); time.sleep(1000)"


def _lines(path: Path) -> list[Any]:
    found = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in found if line]


def _until(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def _is_there(pid: int) -> bool:
    """Whether a process runs; one that nobody has asked about since it ended does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_what_was_found_out_is_kept_and_the_children_end(tmp_path: Path, number: int, code: int) -> None:
    place, report = tmp_path / "pid", tmp_path / "report.jsonl"
    install_broken(tmp_path, {"sin": "return None", "sinh": _SLOW.format(place=str(place))})
    command = [
        sys.executable, "-m", "flambeau_conformance", "run", "broken", "-k", "sin/value/*", "-k", "sinh/*",
        "--json", str(report),
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
    _until(place.exists)
    child = int(place.read_text() or 0)
    _until(lambda: len(_lines(report)) > 1)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code
    about, *results = _lines(report)
    assert {result["address"].split("/")[0] for result in results} == {"sin"}
    failed = {result["address"] for result in results if result["status"] != "pass"}
    noted = {address for address, _ in _lines(tmp_path / "cache/flambeau/conformance/broken.jsonl")}
    assert noted == failed != set()
    assert about["state"] == ("running" if number == signal.SIGKILL else "interrupted")
    assert about["complete"] is False
    if number != signal.SIGKILL:
        assert f"interrupted after {len(results)} of {about['cases']} cases" in output
        assert "%" not in output
    _until(lambda: not _is_there(child))


def test_an_interrupt_before_the_first_case_is_no_error_of_the_suite(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(run: IsolatedRun) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)

    monkeypatch.setattr(IsolatedRun, "begin", interrupted)
    assert cli.main(["run", "numpy", "-k", "exp/value/plain/float32"]) == 143
    assert capsys.readouterr().err == "flambeau-conformance: interrupted\n"


def test_the_users_interrupt_is_no_result(make_session: Any) -> None:
    def interrupted(subject: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            make_session().run(Case("op/value/one/-", "section", interrupted))
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_a_kernel_raises_is_one(make_session: Any) -> None:
    def raises(subject: object) -> None:
        raise KeyboardInterrupt

    session: Session = make_session()
    assert session.run(Case("op/value/one/-", "section", raises)).status == "error"
