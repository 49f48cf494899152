"""One pytest item per case: ``pytest --pyargs flambeau_conformance.suite --flambeau-backend NAME``."""

from __future__ import annotations

from flambeau_conformance.model import Case
from flambeau_conformance.session import Session


def test_case(conformance_case: Case, conformance_session: Session) -> None:
    """Run a case and report what became of it."""
    conformance_session.run(conformance_case)
