"""The pytest plugin: does nothing unless one of its options is given.

pytest --pyargs flambeau_conformance.suite --flambeau-backend mybackend
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .session import Session

__all__: list[str] = []

_session_key: pytest.StashKey[Session] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("flambeau conformance")
    group.addoption("--flambeau-backend", metavar="NAME", help="run the conformance suite on this backend")
    group.addoption("--flambeau-subject", metavar="MODULE", default="flambeau", help="what is on trial")
    group.addoption(
        "--flambeau-cases", metavar="PATTERN", action="append", default=[], help="only cases whose address matches"
    )
    group.addoption("--flambeau-set", default="full", help="smoke, training or full")
    group.addoption("--flambeau-expectations", metavar="FILE", type=Path, help="expected failures (TOML)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item of every case that is chosen."""
    if "conformance_case" not in metafunc.fixturenames:
        return
    from .catalogue import selected

    config = metafunc.config
    _session_of(config)
    cases = selected(config.getoption("--flambeau-set"), config.getoption("--flambeau-cases"))
    metafunc.parametrize("conformance_case", cases, ids=[case.address for case in cases])


def _session_of(config: pytest.Config) -> Session:
    """The run that the items belong to.

    Raises:
        UsageError: no backend was named, or it, its manifest or its expectations are not there or wrong.
    """
    if _session_key not in config.stash:
        from flambeau.errors import BackendError

        from .manifest import ManifestError

        try:
            config.stash[_session_key] = _new_session(config)
        except (ManifestError, BackendError, ImportError) as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[_session_key]


def _new_session(config: pytest.Config) -> Session:
    from .examine import facts_about
    from .expectations import read_expectations
    from .session import Session
    from .subject import check_kernels, subject_of

    check_kernels()
    subject = subject_of(config.getoption("--flambeau-backend"), config.getoption("--flambeau-subject"))
    facts_about(subject)  # raises where it cannot be tried
    expectations = config.getoption("--flambeau-expectations") or subject.expectations()
    return Session(subject, read_expectations(expectations))


@pytest.fixture(scope="session")
def conformance_session(pytestconfig: pytest.Config) -> Session:
    """The run that the items belong to."""
    return _session_of(pytestconfig)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the run fail if it was a whole one and an expectation does not fit."""
    run = session.config.stash.get(_session_key, None)
    if run is None or session.config.getoption("--flambeau-cases"):
        return
    from .catalogue import all_cases

    if len(run.results) < len(all_cases()):
        return
    for complaint in run.complaints(all_cases()):
        print(complaint)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
