"""The pytest plugin: does nothing unless ``--flambeau-backend`` or ``--flambeau-subject`` is given.

    pytest --pyargs flambeau_conformance.suite --flambeau-backend mybackend
"""

from __future__ import annotations

import pytest

__all__: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("flambeau conformance")
    group.addoption("--flambeau-backend", metavar="NAME", help="run the conformance suite on this backend")
    group.addoption("--flambeau-subject", metavar="MODULE", default="flambeau", help="flambeau, or torch in its place")
    group.addoption("--flambeau-cases", metavar="PATTERN", default="*", help="only cases whose address matches")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item of every case."""
    if "conformance_case" not in metafunc.fixturenames:
        return
    from fnmatch import fnmatchcase

    from .declare import all_cases

    pattern = metafunc.config.getoption("--flambeau-cases")
    cases = [case for case in all_cases() if fnmatchcase(case.address, pattern)]
    metafunc.parametrize("conformance_case", cases, ids=[case.address for case in cases])


@pytest.fixture(scope="session")
def conformance_session(request: pytest.FixtureRequest) -> object:
    """The run that the items belong to."""
    from .manifest import expectations_of
    from .session import Session
    from .subject import subject_of

    existing = getattr(request.config, "flambeau_session", None)
    if existing is not None:
        return existing
    backend = request.config.getoption("--flambeau-backend")
    module = request.config.getoption("--flambeau-subject")
    if backend is None and module == "flambeau":
        pytest.skip("no backend was named: --flambeau-backend NAME")
    subject = subject_of(backend, module)
    expectations = [] if subject.manifest is None else expectations_of(subject.manifest.path.with_name("expectations.toml"))
    return Session(subject, expectations)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object:
    """Show cases that were not run as skipped, with the reason, and failures without a traceback through the suite."""
    if "conformance_case" not in pyfuncitem.fixturenames:
        return (yield)
    from .session import CaseFailed, CaseNotRun

    try:
        return (yield)
    except CaseNotRun as reason:
        pytest.skip(str(reason))
    except CaseFailed as failure:
        pytest.fail(str(failure), pytrace=False)
