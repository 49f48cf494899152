"""The one command for a GPU: it writes its files, goes on after a failure, and stops what takes too long."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from benchmarks import device, gpu
from benchmarks.gpu import Part

import flambeau
from standin_backend import cupy_on_standin


def _part(name: str, script: str, limit: float = 20, **options: Any) -> Part:
    return Part(
        name, limit, lambda options, folder, seconds: ["-c", script], lambda folder, text: {"printed": text}, **options
    )


def test_a_part_that_fails_or_hangs_is_said_to_have_and_the_next_one_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = (
        _part("falls", "import sys; print('half', flush=True); sys.exit(3)"),
        _part("hangs", "import time\nprint('so far', flush=True)\nwhile True: time.sleep(1)", limit=0.8),
        _part("dies", "import os; os.abort()"),
        _part("runs", "print('whole')", more=True),
    )
    monkeypatch.setattr(gpu, "PARTS", parts)
    start = time.monotonic()
    assert gpu.main(["--out", str(tmp_path)]) == 1
    assert time.monotonic() - start < 30
    written = {each["name"]: each for each in json.loads((tmp_path / "gpu.json").read_text())["parts"]}
    assert {name: each["status"] for name, each in written.items()} == {
        "falls": "failed", "hangs": "stopped at its limit", "dies": "failed", "runs": "ok",
    }  # fmt: skip
    assert written["falls"]["code"] == 3
    assert written["hangs"]["figures"] == {"printed": "so far\n"}
    assert "| hangs | stopped at its limit |" in (tmp_path / "gpu.md").read_text()
    assert "fell: falls, hangs, dies" in capsys.readouterr().out


def test_what_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    part = Part(
        "odd", 20, lambda options, folder, seconds: ["-c", "print('no figures')"], lambda folder, text: json.loads(text)
    )
    outcome = gpu.run_part(part, argparse.Namespace(), 20, gpu._environment(None))
    assert outcome.status == "failed"
    assert "its results cannot be read" in outcome.tail


def test_no_part_takes_what_later_ones_need() -> None:
    parts = (_part("one", "", limit=10), _part("two", "", limit=30), _part("three", "", limit=20, more=True))
    limit = gpu._limits(parts, 60)
    assert limit(parts[0], 0) == 10
    assert limit(parts[1], 10) == 30
    assert limit(parts[2], 15) == 45
    assert limit(parts[2], 70) == 1
    assert gpu._limits(parts, 2 * gpu.BUDGET)(parts[0], 0) == 20
    assert sum(part.limit for part in gpu.PARTS) <= gpu.BUDGET < 480


def test_an_unknown_part_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["--parts", "sound"]) == 2
    assert "there is no part sound: the parts are about, streams" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_it_runs_on_the_stand_in(tmp_path: Path) -> None:
    arguments = [
        "--stand-in",
        "--out",
        str(tmp_path),
        "--cases",
        "exp/value/*",
        "--filter",
        "launch/",
        "--jobs",
        "1",
    ]
    assert gpu.main([*arguments, "--parts", "about,benchmarks,conformance"]) == 0, (tmp_path / "gpu.md").read_text()
    about, benchmarks, conformance = (
        each["figures"] for each in json.loads((tmp_path / "gpu.json").read_text())["parts"]
    )
    assert about["device"] == "stand-in"
    assert conformance["cases"] > 0
    assert set(conformance["counts"]) == {"pass"}
    assert [row["name"] for row in benchmarks["rows"]] == ["launch/add", "launch/matmul", "launch/trained"]
    assert all("seconds" in row["flambeau"] for row in benchmarks["rows"])
    assert "0 of 0 goals are met" in (tmp_path / "gpu.md").read_text()
    assert "nothing is measured" in (tmp_path / "gpu.md").read_text()


# -- the rows beside PyTorch ---------------------------------------------------------------------------------------------


def test_every_row_runs_on_the_stand_in() -> None:
    with cupy_on_standin():
        for row in device.ROWS:
            found = device.measured(row, [flambeau], device.TINY)["flambeau"]
            assert "error" not in found, (row.name, found)
            assert found.get("seconds", 1) > 0
            assert "lacking" not in found


def test_a_sample_begins_and_ends_with_a_device_that_is_done() -> None:
    done: list[str] = []
    device.seconds_of(lambda: done.append("work"), lambda: done.append("wait"), 0.0)
    waits = [place for place, each in enumerate(done) if each == "wait"]
    assert done[-1] == "wait"
    assert len(waits) % 2 == 0
    assert all(other - one > 1 for one, other in zip(waits[::2], waits[1::2], strict=True))  # there is work between two


def _library(seconds: float, error: Exception | None = None) -> Any:
    """A library whose work takes so long, or that fails."""

    def setup() -> Any:
        if error is not None:
            raise error
        return lambda: seconds

    cuda = SimpleNamespace(empty_cache=lambda: None, synchronize=lambda: None, memory_reserved=lambda: 1024)
    return SimpleNamespace(manual_seed=lambda seed: None, cuda=cuda, setup=setup)


@pytest.fixture
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock: the work says how long it takes."""
    monkeypatch.setattr(device, "seconds_of", lambda work, synchronize, sample: work())


@pytest.mark.usefixtures("_told")
@pytest.mark.parametrize(("goal", "met"), [(0.2, True), (0.9, False)])
def test_a_goal_is_a_share_of_the_others_speed(goal: float, met: bool) -> None:
    row = device.Row("row", goal, lambda torch, sizes: torch.setup(), lambda sizes: 8.0, "B/s")
    found = device.measured(row, [_library(0.004), _library(0.002)], device.TINY)
    assert found["speed"] == 0.5
    assert found["met"] is met
    assert found["flambeau"]["rate"] == 2000
    assert gpu._row(found).startswith("| row | ")


@pytest.mark.usefixtures("_told")
def test_a_row_that_fails_is_a_row() -> None:
    row = device.Row("row", 0.5, lambda torch, sizes: torch.setup())
    found = device.measured(row, [_library(0, RuntimeError("no memory")), _library(0.001)], device.TINY)
    assert found["flambeau"] == {"error": "RuntimeError: no memory"}
    assert "speed" not in found
    assert "| RuntimeError: no memory |" in gpu._row(found)
