"""What a run tells: the call, its arguments, the kernels and the cause of a failure; files, claims and progress."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from broken_plugin import MANIFEST, install_broken, run_suite
from flambeau.backend import Backend
from flambeau_conformance import cli, codes, progress, run_command
from flambeau_conformance.arguments import arguments, run
from flambeau_conformance.catalogue import matching
from flambeau_conformance.checks import expect, expect_equal
from flambeau_conformance.inputs import In
from flambeau_conformance.model import Case, Result, Sample
from flambeau_conformance.report import causes, summary
from flambeau_conformance.results import ResultsFile
from flambeau_conformance.session import Session
from flambeau_conformance.subject import Subject
from flambeau_minimal.backend import MinimalBackend

# -- one failure -------------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(plant: Callable[[type[Backend]], Subject], monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session on a backend with wrong kernels that are checked."""
    monkeypatch.setenv("FLAMBEAU_CHECK_KERNELS", "1")

    class Wrong(MinimalBackend):
        name = device_type = "wrong"

        def kernels(self, device: int) -> Any:
            right = dict(super().kernels(device))

            def raises(*arguments: Any, **keywords: Any) -> Any:
                raise OSError("the device is gone")

            return right | {"concat": raises, "exp": right["expm1"], "flip": lambda a, dims: None}

    return Session(plant(Wrong), [])


def _run(session: Session, address: str) -> Result:
    (case,) = matching(address)
    return session.run(case)


def test_a_wrong_value_shows_the_call_the_inputs_and_the_kernels(broken: Session) -> None:
    result = _run(broken, "exp/value/plain/float32")
    assert result.status == "fail"
    assert "expected" in result.detail
    assert result.call == "torch.exp(...)"
    assert result.inputs.startswith("input 0 = float32[2, 3] (")
    assert "exp" in result.kernel.split(", ")


def test_an_exception_shows_the_kernel_that_raised_and_the_source_of_the_call(broken: Session) -> None:
    case = next(case for case in matching("cat/value/*/float32"))
    result = broken.run(case)
    assert result.status == "error"
    assert result.detail.startswith("OSError: the device is gone (raises, line ")
    assert result.kernel.startswith("concat(arrays=[float32[")
    assert result.call.startswith("t.cat(")
    assert "= float32[" in result.inputs


def test_a_call_shows_what_it_knows_from_around_it(broken: Session) -> None:
    def made(name: str) -> Sample:
        return Sample("plain", lambda t, x, scale=3: getattr(t, name)(x * scale), (In((2,)),))

    def check(subject: Subject) -> None:
        sample, dtype = made("exp"), "float32"
        run(subject, sample, arguments(subject, sample, dtype))
        raise AssertionError("wrong")

    result = broken.run(Case("exp/value/plain/float32", "section", check))
    assert result.call == "getattr(t, name)(x * scale) where name = 'exp', scale = 3"
    assert result.inputs.startswith("x = float32[2] (")


def test_a_result_against_the_contract_names_the_kernel(broken: Session) -> None:
    case = next(case for case in matching("flip/value/*/float32"))
    result = broken.run(case)
    assert (result.status, result.detail.startswith("KernelContractError: backend 'wrong': the kernel flip(")) == (
        "error",
        True,
    )


def test_a_case_that_is_a_function_shows_its_line(make_session: Callable[[], Session]) -> None:
    def check(subject: Subject) -> None:
        x = subject.torch.ones(2)
        expect_equal((x + 1).tolist(), [2.0, 3.0])

    def states(subject: Subject) -> None:
        expect(
            subject.torch.ones(2).sum() == 3,
            "the sum is wrong",
        )  # fmt: skip

    first = make_session().run(Case("op/value/one/-", "section", check))
    assert first.call.startswith("test_reports.py:")
    assert first.call.endswith("expect_equal((x + 1).tolist(), [2.0, 3.0])")
    second = make_session().run(Case("op/value/two/-", "section", states))
    assert second.call.endswith('expect( subject.torch.ones(2).sum() == 3, "the sum is wrong", )  # fmt: skip')


def test_repro_says_the_same_with_the_traceback(
    broken: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "subject_of", lambda backend, module: broken.subject)
    assert cli.main(["repro", "wrong", "exp/value/plain/float32"]) == codes.NOT_CONFORMANT
    told = capsys.readouterr()
    assert "fail: exp/value/plain/float32 on wrong" in told.out
    assert "  call: torch.exp(...)" in told.out
    assert "Traceback" in told.err


# -- many failures -----------------------------------------------------------------------------------------------------


def _failed(address: str, status: str, detail: str, kernel: str = "") -> Result:
    return Result(address, "section", status, detail=detail, kernel=kernel)


def test_failures_are_grouped_by_cause_the_largest_group_first() -> None:
    results = [
        _failed("sin/value/a/-", "fail", "element 3 is 1.5, expected 2.5 ± 1e-05"),
        _failed("sin/value/b/-", "fail", "element 0 is 7.25, expected -3.0 ± 2e-05"),
        _failed("cos/value/a/-", "fail", "element 0 is 1.5, expected 2.5 ± 1e-05"),
        _failed("cos/out/a/-", "blocked", "cos/value/a/- did not pass"),
        *(_failed(f"{op}/value/a/-", "error", "OSError: gone", "mul(a=float32[2])") for op in "xyz"),
    ]
    groups = [[result.address for result in group] for group in causes(results)]
    assert groups == [
        ["x/value/a/-", "y/value/a/-", "z/value/a/-"], ["sin/value/a/-", "sin/value/b/-"], ["cos/value/a/-"], ["cos/out/a/-"]
    ]  # fmt: skip


def test_the_report_counts_a_cause_and_gives_one_command(tmp_path: Path) -> None:
    install_broken(tmp_path, {"mul": "raise OSError('gone')"})
    run = run_suite(
        tmp_path,
        "-k",
        "mul/value/*",
        "-k",
        "square/value/*",
        "-k",
        "cumsum/value/*",
        "--junit",
        str(tmp_path / "junit.xml"),
    )
    failed = [each for each in run.results.values() if each["status"] == "error"]
    assert f"error ({len(failed)} cases): {failed[0]['address']}: TypeError" in run.stdout
    assert run.stdout.count("to repeat:") == 1
    assert f"and {len(failed) - 4} more" in run.stdout
    assert "%" not in run.stdout
    _check_about(run.about)
    _check_junit(ElementTree.parse(tmp_path / "junit.xml").getroot(), len(failed), run.about)


def _check_about(about: dict[str, Any]) -> None:
    assert about["subject"] == "broken"
    assert about["version"] == "3.1"
    assert about["python"] == platform.python_version()
    assert about["platform"] == platform.platform()
    assert about["claims"]["profile"] == "core"
    assert about["claims"]["dtypes"] == ["bool", "float32", "float64", "int32", "int64", "uint8"]
    assert {"flambeau", "suite_version", "libraries", "optional_kernels_lacking"} <= about.keys()
    assert about["command"].startswith("flambeau-conformance run broken --json ")
    assert (about["set"], about["complete"], about["state"]) == ("full", False, "finished")
    assert about["patterns"] == ["mul/value/*", "square/value/*", "cumsum/value/*"]


def _check_junit(suite: ElementTree.Element, errors: int, about: dict[str, Any]) -> None:
    assert (suite.get("failures"), suite.get("errors")) == ("0", str(errors))
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties.keys() == about.keys()
    assert properties["version"] == "3.1"
    assert len(suite.findall("testcase/error")) == errors
    error = suite.find("testcase/error")
    assert error is not None
    assert "flambeau-conformance repro broken 'cumsum/value/" in (error.text or "")


def test_a_value_that_is_wrong_is_a_failure_in_junit(tmp_path: Path) -> None:
    install_broken(tmp_path, {"exp": "return right['expm1'](a)"})
    path = tmp_path / "junit.xml"
    run = run_suite(tmp_path, "-k", "exp/value/plain/*", "--junit", str(path))
    suite = ElementTree.parse(path).getroot()
    assert (suite.get("failures"), suite.get("errors")) == (str(run.about["counts"]["fail"]), "0")


# -- claims ------------------------------------------------------------------------------------------------------------


def test_what_is_claimed_and_not_tried_is_a_complaint(make_session: Callable[[], Session]) -> None:
    session = make_session()
    tries = Case("op/value/one/-", "section", lambda subject: None, ("float32",))
    session.run(tries)
    assert session.complaints([tries]) == []
    other = Case("op/value/two/-", "section", lambda subject: None)
    session = make_session()
    session.run(other)
    assert session.complaints([other]) == ["the manifest claims the dtypes float32, for which no case ran"]


@pytest.mark.parametrize(("kind", "name"), [("extensions", "fft"), ("layouts", "sparse_csr")])
def test_the_same_of_extensions_and_layouts(plant: Callable[[type[Backend]], Subject], kind: str, name: str) -> None:
    from dataclasses import replace

    session = Session(plant(type("Other", (MinimalBackend,), {"name": "other", "device_type": "other"})), [])
    assert session.subject.manifest is not None
    session.subject.manifest = replace(
        session.subject.manifest, dtypes=frozenset(), **{kind: getattr(session.subject.manifest, kind) | {name}}
    )
    cases = [
        Case("op/value/one/-", "section", lambda subject: None),
        Case("op/value/sparse_csr-two/-", "section", lambda subject: None, extensions=_claimed(kind)),
    ]
    for case in cases[:1]:
        session.run(case)
    assert session.complaints(cases) == [f"the manifest claims the {kind} {name}, for which no case ran"]
    session.run(cases[1])
    assert session.complaints(cases) == []


def _claimed(kind: str) -> tuple[str, ...]:
    return ("fft",) if kind == "extensions" else ()


def test_cases_beyond_the_cap_of_a_manifest_are_not_claimed(make_session: Callable[[], Session]) -> None:
    from dataclasses import replace

    session = make_session()
    assert session.subject.manifest is not None
    session.subject.manifest = replace(session.subject.manifest, max_elements=2000)
    large = session.run(Case("op/value/large/-", "section", lambda subject: None, elements=2001))
    assert (large.status, large.detail) == ("not_claimed", "2001 elements; the backend claims max_elements = 2000")
    assert session.run(Case("op/value/small/-", "section", lambda subject: None, elements=2000)).status == "pass"
    about = {"state": "finished", "complete": True, "claims": session.subject.manifest.as_dict(), "complaints": []}
    assert summary(session, about) == (
        "1 of 1 cases that are claimed passed (100.00 %); cases with more than 2000 elements are not claimed"
    )
    assert summary(session, about | {"complaints": ["an expectation ended"]}).endswith(
        "; 1 complaint(s) about claims and expectations above"
    )


def test_the_cap_is_in_the_reports(tmp_path: Path) -> None:
    install_broken(tmp_path, manifest=MANIFEST + "max_elements = 50\n")
    run = run_suite(tmp_path, "-k", "sin/value/plain/*")
    assert run.about["claims"]["max_elements"] == 50
    assert "cases with more than 50 elements are not claimed" in run.stdout


# -- progress ----------------------------------------------------------------------------------------------------------


def test_progress_is_shown_in_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 1.0, 6.0, 7.0, 12.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with progress.progress(10) as advance:
        for status in ("pass", "fail", "pass", "pass"):
            advance(Result("op/value/one/-", "linalg/lu", status))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "2 of 10 cases, 1 failures, 6 s, at linalg/lu", "4 of 10 cases, 1 failures, 12 s, at linalg/lu"
    ]  # fmt: skip


def test_options_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--jobs", "--restart-after", "--max-crashes", "--max-crashes-per-op"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["run", "numpy", option, "0"])
        assert ended.value.code == codes.USAGE
        assert "must be a whole number and at least 1 (got 0)" in capsys.readouterr().err
    for option in ("--timeout", "--start-timeout", "--memory"):
        for value in ("0", "-1", "nan", "long"):
            with pytest.raises(SystemExit) as ended:
                cli.main(["run", "numpy", f"{option}={value}"])
            assert ended.value.code == codes.USAGE
            assert f"must be a number above 0 (got {value})" in capsys.readouterr().err
    assert run_command.NOT_CONFORMANT == codes.NOT_CONFORMANT


def test_every_text_of_a_kernel_can_stand_in_every_report(tmp_path: Path) -> None:
    """Control characters, halves of pairs, what XML has no words for, and texts without end."""
    install_broken(tmp_path, {"exp": r"raise ValueError('\udcff \x00 \x1b[31m [red] \uffff é' + 'x' * 10**6)"})
    path = tmp_path / "junit.xml"
    run = run_suite(tmp_path, "-k", "exp/value/plain/float32", "--junit", str(path))
    said = run.results["exp/value/plain/float32"]["detail"]
    assert r"ValueError: \udcff \x00 \x1b[31m [red] \uffff é" in said
    assert len(said) < 10_000
    assert r"\udcff \x00 \x1b[31m [red] \uffff" in run.stdout
    (message,) = [entry.get("message") or "" for entry in ElementTree.parse(path).iter("error")]
    assert said in message


# -- where nothing more can be written ---------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("option", ["--json", "--junit"])
def test_a_full_disk_costs_the_file_and_not_the_report(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "numpy", "-k", "exp/value/plain/*", option, "/dev/full"]) == codes.HARNESS
    out, err = capfd.readouterr()
    assert "cases passed; this was a part of the suite" in out
    assert "cannot write /dev/full: No space left on device" in err
    assert "Traceback" not in err


def test_lines_that_find_no_room_end_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    results = ResultsFile(tmp_path / "results.json", {"subject": "numpy"})
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        results.finish({"subject": "numpy"}, [])
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_a_report_that_nobody_reads_to_its_end_is_no_verdict() -> None:
    command = [sys.executable, "-m", "flambeau_conformance", "run", "numpy", "-k", "exp/value/plain/*"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 141
