"""The command: exit codes, reports, and what becomes of backends that crash or hang."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import flambeau
from broken_plugin import install_broken, run_suite
from flambeau_conformance import cli, codes, golden, record
from flambeau_conformance.inputs import In
from flambeau_conformance.model import Op, Sample
from flambeau_conformance.subject import Subject


def _results(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    about, *results = [json.loads(line) for line in path.read_text().splitlines()]
    return about, {result["address"]: result for result in results}


@pytest.mark.parametrize("backend", ["numpy", "minimal"])
def test_a_part_of_the_suite(backend: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, junit = tmp_path / "report.jsonl", tmp_path / "report.xml"
    code = cli.main(["run", backend, "-k", "cumsum/*", "--json", str(report), "--junit", str(junit)])
    about, results = _results(report)
    assert code == codes.CONFORMANT
    assert set(about["counts"]) == ({"pass"} if backend == "numpy" else {"pass", "not_claimed"})
    assert sum(about["counts"].values()) == len(results) > 250
    assert about["complete"] is False
    assert all(0 < result.get("worst_error", 0.5) <= 1 for result in results.values())
    assert len(ElementTree.parse(junit).findall("testcase")) == len(results)
    assert "%" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["run", "no-such-backend"], codes.USAGE, "no plugin declares a manifest for the backend 'no-such-backend'"),
        (["run", "numpy", "--junit", "/no/such/folder/x"], codes.USAGE, "cannot write /no/such/folder/x: No such file"),
        (["run", "numpy", "--json", "/"], codes.USAGE, "cannot write /: Is a directory"),
        (["run", "numpy", "--expectations", "/none", "-k", "exp/value/plain/*"], codes.USAGE, "there is no file /none"),
        (["run"], codes.USAGE, "no plugin declares a manifest"),
        (["run", "numpy", "-k", "no/such/case/*"], codes.USAGE, "no case matches 'no/such/case/*'"),
        (["run", "numpy", "-k", "exp/*", "-k", "nothing/*"], codes.USAGE, "no case matches 'nothing/*'"),
        (["run", "numpy", "--set", "smoke", "-k", "nothing/*"], codes.USAGE, "no case of the set 'smoke' matches"),
        (["run", "numpy", "-k", ""], codes.USAGE, "no case matches ''"),
        (
            ["run", "-k", "exp/value/plain/*", "--", "--odd"],
            codes.USAGE,
            "no plugin declares a manifest for the backend '--odd'",
        ),
        (["run", "--subject=--odd", "-k", "exp/value/plain/*"], codes.USAGE, "No module named '--odd'"),
        (["explain", "no/such/case/-"], codes.USAGE, "there is no case 'no/such/case/-'"),
        (["explain", "exp/gradient/plain/float64"], codes.CONFORMANT, "builds on: exp/value/plain/float32"),
        (["repro", "numpy", "exp/value/plain/float32"], codes.CONFORMANT, "exp/value/plain/float32 passed on numpy"),
        (["list", "-k", "exp/*"], codes.CONFORMANT, "exp/value/plain/float32\n"),
        (["coverage"], codes.CONFORMANT, "documented behaviours with a case"),
    ],
)
def test_exit_codes(arguments: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == code
    assert text in "".join(capsys.readouterr())


def test_reports_are_not_written_over_one_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known, new = tmp_path / "expectations.toml", tmp_path / "new"
    known.write_text("")
    for one, other, path in (("json", "junit", new), ("json", "expectations", known), ("junit", "expectations", known)):
        assert (
            cli.main(["run", "numpy", f"--{one}", str(tmp_path / "." / path.name), f"--{other}", str(path)])
            == codes.USAGE
        )
        assert f"--{one} and --{other} name the same file: {path}" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["expectations.toml"]


def test_an_error_of_the_suite_itself_has_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("flambeau_conformance.isolation._command", lambda: ["false"])
    assert cli.main(["run", "numpy", "-k", "exp/*"]) == codes.HARNESS
    assert "the suite's process ended with code 1" in capsys.readouterr().err


def test_the_run_goes_on_behind_crashes_and_gives_up_in_the_end(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "os.abort()"})
    run = run_suite(tmp_path, "-k", "[sc][io][ns]/value/*", "-k", "sinh/value/*", "--max-crashes-per-op", "2")
    assert run.code == codes.NOT_CONFORMANT, run.stderr
    assert run.results["sin/value/plain/float32"]["status"] == "crash"
    assert run.results["sin/value/plain/float32"]["detail"].startswith("the process was ended by SIGABRT")
    assert "flambeau-conformance repro broken 'sin/value/plain/float32'" in run.stdout
    given_up = run.results["sin/value/zero-dim/float64"]
    assert given_up["status"] == "blocked"
    assert given_up["detail"] == "the cases of 'sin' were given up after 2 crashes: sin/value/plain/float64"
    assert {each["status"] for address, each in run.results.items() if address.startswith(("cos/", "sinh/"))} == {
        "pass"
    }


def test_a_run_with_too_many_crashes_is_given_up(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "os.abort()", "cos": "os.abort()"})
    run = run_suite(tmp_path, "-k", "[sc][io][ns]/value/*", "-k", "sinh/value/*", "--max-crashes", "2")
    assert run.code == codes.NOT_CONFORMANT
    assert run.about["counts"] == {"blocked": len(run.results) - 2, "crash": 2}
    assert run.results["sinh/value/plain/float32"]["detail"] == "the run was given up after 2 crashes"


def test_results_may_go_where_there_is_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flambeau_conformance", "run", "numpy", "-k", "exp/value/plain/*"]
    done = subprocess.run([*command, "--json", "/dev/stdout"], capture_output=True, text=True, check=True)
    about, *results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert about["state"] == "finished"
    assert len(results) == about["cases"]


def test_recording_without_pytorch_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert cli.main(["record", "nn/loss"]) == codes.USAGE
    assert f"pip install 'torch=={record.RECORDED_WITH}'" in capsys.readouterr().err


def test_recording_an_unknown_section_names_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["record", "nn/lost"]) == codes.USAGE
    message = capsys.readouterr().err
    assert "no op is declared in nn/lost" in message
    assert "nn/loss" in message


def test_recording_what_pytorch_lacks_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Op(
        "wobble", (Sample("plain", lambda t, x: t.wobble(x), (In((2,)),)),), ("float32",), "exact", section="nn/loss"
    )
    pytorch = Subject(flambeau, "torch", "2.13.0", None)  # a module without the function, in PyTorch's place
    written: list[str] = []
    monkeypatch.setattr(record, "ops", lambda: {"wobble": made})
    monkeypatch.setattr(record, "subject_of", lambda backend, module: pytorch)
    monkeypatch.setattr(record, "write", lambda section, results, about: written.append(section))
    assert cli.main(["record", "nn/loss"]) == codes.USAGE
    message = capsys.readouterr().err
    assert "cannot run the sample 'plain' of the op 'wobble'" in message
    assert "declare it with @case(...)" in message
    assert "Traceback" not in message
    assert written == []


def test_the_golden_results_come_from_one_pytorch() -> None:
    assert {golden.provenance(section)["pytorch"].partition("+")[0] for section in golden.sections()} == {
        record.RECORDED_WITH
    }
