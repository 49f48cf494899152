"""Which cases run, in which order and where: sets, patterns, the last failures, and several processes."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from broken_plugin import install_broken, run_suite
from flambeau_conformance import cli, codes
from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.model import Case, Result
from flambeau_conformance.results import LastFailed
from flambeau_conformance.schedule import Limits, Schedule
from flambeau_conformance.sets import chosen


def _case(address: str, *needs: str) -> Case:
    return Case(address, "section", lambda subject: None, needs=needs)


# -- sets --------------------------------------------------------------------------------------------------------------


def test_smoke_looks_at_every_op_and_every_aspect() -> None:
    cases = all_cases()
    smoke = chosen(cases, "smoke", [])
    assert {case.op for case in smoke} >= {case.op for case in cases if case.aspect == "value"}
    assert {case.aspect for case in smoke} == {case.aspect for case in cases}
    assert {case.section for case in smoke} == {case.section for case in cases}
    assert len(smoke) < len(cases) / 15


def test_training_has_what_a_training_loop_calls() -> None:
    cases = all_cases()
    training = {case.address for case in chosen(cases, "training", [])}
    for address in ("exp/value/plain/float32", "matmul/value/matrices/float32", "sum/gradient/all/float64"):
        assert address in training or not any(case.address == address for case in cases), address
    sections = Counter(case.section.split("/")[0] for case in cases if case.address in training)
    assert {"elementwise", "reductions", "nn", "random", "creation", "across"} <= set(sections)
    assert {"special", "fft", "sorting"}.isdisjoint(sections)


def test_a_set_stays_when_cases_are_added() -> None:
    cases = list(all_cases())
    more = [*cases, _case("zzz/value/plain/float32"), _case("zzz/out/plain/float32")]
    for name in ("smoke", "training"):
        assert chosen(more, name, [])[: len(chosen(cases, name, []))] == chosen(cases, name, [])


def test_of_several_patterns_any_may_match() -> None:
    found = chosen(all_cases(), "full", ["sin/value/plain/*", "cos/value/plain/float32"])
    assert {case.op for case in found} == {"sin", "cos"}
    assert len([case for case in found if case.op == "cos"]) == 1


def test_the_set_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--set", "smoke", "-k", "exp/*", "-k", "log/*"]) == codes.CONFORMANT
    assert {line.split("/")[0] for line in capsys.readouterr().out.splitlines()[1:]} == {"exp", "log"}


# -- the schedule ------------------------------------------------------------------------------------------------------


def test_cases_of_one_op_stay_together_in_their_order() -> None:
    cases = [
        _case("a/value/1/-"),
        _case("b/value/1/-"),
        _case("a/value/2/-"),
        _case("b/value/2/-"),
        _case("b/value/3/-"),
    ]
    schedule = Schedule(cases, Limits(9, 9, 9))
    assert [case.address for case in schedule.next_group([])] == ["a/value/1/-", "a/value/2/-"]
    assert [case.op for case in schedule.next_group([])] == ["b"] * 3
    assert not schedule
    assert [case.op for case in Schedule(cases, Limits(9, 9, 9), largest_first=True).next_group([])] == ["b"] * 3


def test_each_function_of_sparse_tensors_counts_as_an_op() -> None:
    units: dict[str, int] = {}
    for case in all_cases():
        units[case.unit] = units.get(case.unit, 0) + 1
    assert max(units.values()) < 4000, max(units, key=lambda unit: units[unit])
    crash = next(case for case in all_cases() if case.unit == "sparse/sin")
    reason = Schedule([], Limits(of_one_op=1, crashes=3, timeouts=2)).lost(crash, hung=False)
    assert reason == f"the cases of 'sparse/sin' were given up after 1 crashes: {crash.address}"


def test_a_group_waits_for_the_cases_of_others_that_it_needs() -> None:
    cases = [_case("a/value/1/-"), _case("b/value/1/-", "a/value/1/-"), _case("c/value/1/-", "x/value/1/-")]
    schedule = Schedule(cases, Limits(9, 9, 9))
    first = schedule.next_group([])
    assert [case.op for case in schedule.next_group([case.address for case in first])] == ["c"]
    assert schedule.next_group([case.address for case in first]) == []
    assert [case.op for case in schedule.next_group([])] == ["b"]


def test_groups_that_wait_for_one_another_run_all_the_same() -> None:
    schedule = Schedule([_case("a/value/1/-", "b/value/1/-"), _case("b/value/1/-", "a/value/1/-")], Limits(9, 9, 9))
    assert [case.op for case in schedule.next_group([])] == ["a"]


def test_an_op_is_given_up_after_some_crashes_or_one_timeout() -> None:
    schedule = Schedule([], Limits(of_one_op=2, crashes=3, timeouts=2))
    assert schedule.lost(_case("a/value/1/-"), hung=False) == ""
    assert schedule.lost(_case("a/value/2/-"), hung=False) == (
        "the cases of 'a' were given up after 2 crashes: a/value/2/-"
    )
    assert schedule.lost(_case("b/value/1/-"), hung=True).endswith("after a case that did not end: b/value/1/-")
    assert schedule.given_up == ""
    schedule.lost(_case("c/value/1/-"), hung=False)
    assert schedule.given_up == "the run was given up after 3 crashes"
    schedule.lost(_case("d/value/1/-"), hung=True)
    assert schedule.given_up == "the run was given up after 2 cases that did not end"


# -- runs --------------------------------------------------------------------------------------------------------------


def _written(path: Path) -> list[dict[str, Any]]:
    """The results file without what differs between runs of the same suite: durations and the command."""
    lines = [json.loads(line) for line in re.sub(r', "seconds": [\d.e-]+', "", path.read_text()).splitlines()]
    return [{key: value for key, value in line.items() if key != "command"} for line in lines]


def test_runs_give_the_same_file_however_the_work_is_shared(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "os.abort()", "log": "raise SystemExit(1)", "floor": "return None"})
    options = [each for name in ("sin", "sinh", "log", "log10") for each in ("-k", f"{name}/[vg]*/plain/*")]
    options += ["-k", "floor/*"]
    written = []
    for more in (["--jobs", "1"], ["--jobs", "3"], ["--jobs", "2", "--restart-after", "5"]):
        run_suite(tmp_path, *options, *more)
        written.append(_written(tmp_path / "report.jsonl"))
    assert written[0] == written[1] == written[2]
    addresses = [line["address"] for line in written[0][1:]]
    assert addresses == sorted(addresses)
    assert len({line["status"] for line in written[0][1:]}) >= 3


def test_the_first_failure_may_end_the_run(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "return None"})
    run = run_suite(tmp_path, "-x", "-k", "cos/value/*", "-k", "sin/value/*", "-k", "sinh/value/*")
    assert run.code == codes.NOT_CONFORMANT
    assert run.about["state"] == "stopped at the first failure"
    assert [each["status"] for each in run.results.values()].count("error") == 1
    assert not any(address.startswith("sinh/") for address in run.results)
    assert f"stopped at the first failure after {len(run.results)} of {run.about['cases']} cases" in run.stdout


def test_the_last_failures_may_run_alone(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "return None", "cos": "return None"})
    own = ["-k", "sin/value/plain/*", "-k", "cos/value/plain/*", "-k", "exp/value/plain/*"]
    refused = run_suite(tmp_path, "--last-failed", *own)
    assert (refused.code, "names no such case that failed" in refused.stderr) == (codes.USAGE, True)
    both = run_suite(tmp_path, *own)
    failed = {address for address, result in both.results.items() if result["status"] != "pass"}
    assert {address.split("/")[0] for address in failed} == {"sin", "cos"}
    assert run_suite(tmp_path, "--last-failed", "-k", "sin/*").results.keys() == {
        address for address in failed if address.startswith("sin/")
    }
    plugin = tmp_path / "broken_plugin.py"
    plugin.write_text(plugin.read_text().replace("made['cos'] = fault_cos", ""))
    again = run_suite(tmp_path, "--last-failed")
    assert again.results.keys() == failed
    assert {each.split("/")[0] for each in run_suite(tmp_path, "--last-failed", *own).results} == {"sin"}


def test_what_failed_last_survives_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    noted = LastFailed("some/backend")
    for name, status in (("a", "fail"), ("b", "crash"), ("c", "pass"), ("a", "pass"), ("d", "blocked")):
        noted.note(Result(f"{name}/value/one/-", "section", status))
    assert noted.read() == {"b/value/one/-", "d/value/one/-"}
    lines = noted.path.read_bytes()
    noted.path.write_bytes(b"[" * 200_000 + b'\n3\nnull\n\xff\n["x"]\n{}\n' + lines + b'["b/value/one/-", fal')
    again = LastFailed("some/backend")
    again.note(Result("e/value/one/-", "section", "error"))
    assert again.read() == {"b/value/one/-", "d/value/one/-", "e/value/one/-"}
    again.tidy()
    assert [json.loads(line) for line in again.path.read_text().splitlines()] == [
        [f"{name}/value/one/-", True] for name in "bde"
    ]
    assert [path.name for path in again.path.parent.iterdir()] == ["some%2Fbackend.jsonl"]


def test_where_nothing_can_be_noted_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    noted = LastFailed("backend")
    noted.note(Result("a/value/one/-", "section", "fail"))
    noted.tidy()
    assert noted.read() == set()
