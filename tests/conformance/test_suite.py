"""The suite itself: addresses, coverage, the judging of results, the command, and PyTorch in flambeau's place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import flambeau
from flambeau.backend import manager, selection
from flambeau_conformance import cli
from flambeau_conformance.coverage import uncovered
from flambeau_conformance.declare import all_cases
from flambeau_conformance.manifest import (
    Expectation,
    Manifest,
    ManifestError,
    expectations_of,
    manifest_of,
    read_manifest,
)
from flambeau_conformance.model import Case
from flambeau_conformance.session import CaseFailed, CaseNotRun, Session
from flambeau_conformance.subject import Subject, subject_of


def test_every_op_is_covered() -> None:
    assert uncovered() == []


def test_addresses_have_four_parts_and_name_what_they_need() -> None:
    addresses = {case.address for case in all_cases()}
    for case in all_cases():
        assert case.address.count("/") == 3, case.address
        assert set(case.needs) <= addresses


@pytest.mark.parametrize("backend", ["numpy", "minimal"])
def test_a_part_of_the_suite_runs_from_the_command_line(
    backend: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.jsonl"
    junit = tmp_path / "report.xml"
    code = cli.main(["run", backend, "-k", "cumsum/*", "--json", str(report), "--junit", str(junit)])
    about, *results = [json.loads(line) for line in report.read_text().splitlines()]
    assert code == cli.CONFORMANT
    assert about["counts"] == {"pass": len(results)}
    assert about["complete"] is False
    assert junit.read_text().count("<testcase") == len(results)
    assert "%" not in capsys.readouterr().out  # a part of the suite is no percentage of it


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "no-such-backend"], cli.USAGE),
        (["run"], cli.USAGE),
        (["run", "numpy", "-k", "no/such/case/*"], cli.USAGE),
        (["explain", "no/such/case/-"], cli.USAGE),
        (["explain", "exp/value/plain/float32"], cli.CONFORMANT),
        (["repro", "numpy", "exp/value/plain/float32"], cli.CONFORMANT),
        (["list", "-k", "exp/*"], cli.CONFORMANT),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == code
    assert capsys.readouterr().err or code == cli.CONFORMANT


@pytest.fixture
def faulty_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The minimal backend with one planted fault: exp is off by a thousandth."""
    from flambeau_minimal.backend import MinimalBackend

    class Faulty(MinimalBackend):
        name = "faulty"
        device_type = "faulty"

        def kernels(self, device: int) -> Any:
            table = dict(super().kernels(device))
            exact = table["exp"]

            def exp(a: Any) -> Any:
                result = exact(a)
                return table["mul"](result, table["full"]((), 1.001, result.dtype))

            return table | {"exp": exp}

    manifest = tmp_path / "conformance.toml"
    manifest.write_text('backend = "faulty"\nprofile = "core"\ndtypes = ["float32", "float64", "int64", "bool"]\n')
    plugins = manager.plugin_manager()
    registration = manager.BackendRegistration("faulty", "faulty", 1, Faulty, "minimal")
    monkeypatch.setattr(plugins, "registrations", [*plugins.registrations, registration])
    monkeypatch.setattr("flambeau_conformance.subject.manifest_of", lambda backend: read_manifest(manifest), raising=False)
    monkeypatch.setattr("flambeau_conformance.manifest.manifest_of", lambda backend: read_manifest(manifest))
    yield "faulty"
    selection._backends.pop("faulty", None)
    for place in [place for place in selection._places if place[0] == "faulty"]:
        del selection._places[place]


def test_a_planted_fault_is_caught(faulty_backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", faulty_backend, "-k", "exp/*"]) == cli.NOT_CONFORMANT
    output = capsys.readouterr().out
    assert "exp/value/plain/float32" in output
    assert "flambeau-conformance repro faulty" in output.replace("\n", " ")


def _case(check: Any, *, dtypes: tuple[str, ...] = (), needs: tuple[str, ...] = (), name: str = "one") -> Case:
    return Case(f"op/value/{name}/-", "section", check, dtypes, needs)


def _session(*expectations: Expectation) -> Session:
    manifest = Manifest("numpy", "core", frozenset({"float32"}), frozenset({"strided"}), frozenset(), Path("x"))
    return Session(Subject(flambeau, "numpy", manifest), list(expectations))


def _fails(subject: Subject) -> None:
    raise AssertionError("wrong number")


def _raises(subject: Subject) -> None:
    raise KeyError("surprise")


def _passes(subject: Subject) -> None:
    pass


@pytest.mark.parametrize(("check", "status"), [(_fails, "fail"), (_raises, "error")])
def test_failures_say_how_to_repeat_them(check: Any, status: str) -> None:
    session = _session()
    with pytest.raises(CaseFailed, match="flambeau-conformance repro numpy 'op/value/one/-'"):
        session.run(_case(check))
    assert session.counts() == {status: 1}


def test_what_is_not_claimed_is_neither_run_nor_passed() -> None:
    session = _session()
    with pytest.raises(CaseNotRun, match="does not claim float64"):
        session.run(_case(_fails, dtypes=("float64",)))
    assert session.counts() == {"not_claimed": 1}


def test_cases_that_build_on_a_failure_are_blocked() -> None:
    session = _session()
    with pytest.raises(CaseFailed):
        session.run(_case(_fails))
    with pytest.raises(CaseNotRun, match="op/value/one/- did not pass"):
        session.run(_case(_passes, needs=("op/value/one/-",), name="two"))
    assert session.counts() == {"fail": 1, "blocked": 1}


def test_an_expected_failure_is_no_failure_and_no_pass() -> None:
    session = _session(Expectation("op/*", "known", 1, "0.2"))
    with pytest.raises(CaseNotRun, match="known"):
        session.run(_case(_fails))
    assert session.counts() == {"xfail": 1}
    assert session.wrong_expectations() == []


def test_an_expected_failure_that_passes_fails_the_run() -> None:
    session = _session(Expectation("op/*", "known", 2, "0.2"))
    with pytest.raises(CaseFailed, match="stale"):
        session.run(_case(_passes))
    assert session.wrong_expectations() == ["the expectation 'op/*' names 2 case(s) and covers 1"]


def test_expectations_need_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "expectations.toml"
    path.write_text('[[expect]]\npattern = "op/*"\ncases = 1\nuntil = "0.2"\n')
    with pytest.raises(ManifestError, match="lacks reason"):
        expectations_of(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('backend = "x"', "missing entries: \\['dtypes', 'profile'\\]"),
        ('backend = "x"\nprofile = "core"\ndtypes = []\nspeed = 1', "unknown entries: \\['speed'\\]"),
        ('backend = "x"\nprofile = "half"\ndtypes = []', "unknown profile 'half'"),
        ("backend = ", "Invalid value"),
    ],
)
def test_wrong_manifests_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "conformance.toml"
    path.write_text(text)
    with pytest.raises(ManifestError, match=message):
        read_manifest(path)


def test_shipped_manifests_can_be_read() -> None:
    for backend in ("numpy", "cupy", "minimal"):
        assert manifest_of(backend).backend == backend


@pytest.mark.oracle
def test_pytorch_passes_every_case() -> None:
    pytest.importorskip("torch")
    session = Session(subject_of("torch", "torch"))
    failures = []
    for case in all_cases():
        try:
            session.run(case)
        except CaseFailed as failure:
            failures.append(str(failure))
        except CaseNotRun:
            pass
    assert failures == []
