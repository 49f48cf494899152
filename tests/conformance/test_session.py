"""The judging of results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flambeau_conformance.checks import CheckError
from flambeau_conformance.expectations import Expectation
from flambeau_conformance.model import Case, NotClaimedError
from flambeau_conformance.session import Session
from flambeau_conformance.subject import Subject


def _case(check: Any, *, dtypes: tuple[str, ...] = (), needs: tuple[str, ...] = (), name: str = "one") -> Case:
    return Case(f"op/value/{name}/-", "section", check, dtypes, needs)


def _fails(subject: Subject) -> None:
    raise CheckError("wrong number")


def _raises(subject: Subject) -> None:
    raise KeyError("surprise")


def _passes(subject: Subject) -> None:
    pass


def _does_not_apply(subject: Subject) -> None:
    raise NotClaimedError("no such device")


@pytest.mark.parametrize(
    ("check", "status", "detail"),
    [
        (_passes, "pass", ""),
        (_fails, "fail", "wrong number"),
        (_raises, "error", "KeyError: 'surprise' (_raises, line "),
        (_does_not_apply, "not_claimed", "no such device"),
    ],
)
def test_status_follows_from_what_is_raised(
    make_session: Callable[..., Session], check: Any, status: str, detail: str
) -> None:
    session = make_session()
    result = session.run(_case(check))
    assert result.status == status
    assert result.detail.startswith(detail)
    assert session.failures() == ([result] if status in ("fail", "error") else [])


def test_what_is_not_claimed_is_neither_run_nor_passed(make_session: Callable[..., Session]) -> None:
    result = make_session().run(_case(_fails, dtypes=("float64",)))
    assert (result.status, result.detail) == ("not_claimed", "the backend does not claim float64")


def test_cases_that_build_on_a_failure_are_blocked(make_session: Callable[..., Session]) -> None:
    session = make_session()
    session.run(_case(_fails))
    result = session.run(_case(_passes, needs=("op/value/one/-",), name="two"))
    assert (result.status, result.detail) == ("blocked", "op/value/one/- did not pass")
    assert len(session.failures()) == 2


def test_an_expected_failure_is_no_failure_and_no_pass(make_session: Callable[..., Session]) -> None:
    session = make_session(Expectation("op/*", "known", 1, "0.2"))
    assert session.run(_case(_fails)).status == "xfail"
    assert session.failures() == []
    assert session.complaints() == []


def test_an_expected_failure_that_passes_fails_the_run(make_session: Callable[..., Session]) -> None:
    session = make_session(Expectation("op/*", "known", 1, "0.2"))
    assert session.run(_case(_passes)).status == "stale"
    assert len(session.failures()) == 1


@pytest.mark.parametrize(
    ("expectation", "version", "complaints"),
    [
        (Expectation("op/*", "known", 1, "0.2"), "0.2.7", []),
        (Expectation("op/*", "known", 1, "0.2"), "0.3", ["the expectation 'op/*' ended with version 0.2; this is 0.3"]),
        (
            Expectation("op/*", "known", 1, "0.9"),
            "0.10",
            ["the expectation 'op/*' ended with version 0.9; this is 0.10"],
        ),
        (Expectation("op/*", "known", 2, "0.2"), "0.1", ["the expectation 'op/*' names 2 case(s) and covers 1"]),
        (Expectation("no/*", "known", 1, "0.2"), "0.1", ["the expectation 'no/*' names 1 case(s) and covers 0"]),
    ],
)
def test_expectations_must_fit(
    make_session: Callable[..., Session], expectation: Expectation, version: str, complaints: list[str]
) -> None:
    session = make_session(expectation, version=version)
    session.run(_case(_fails))
    assert session.complaints() == complaints
