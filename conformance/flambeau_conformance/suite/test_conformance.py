"""One pytest item per case: ``pytest --pyargs flambeau_conformance.suite --flambeau-backend NAME``."""

from __future__ import annotations

import pytest

from ..model import Case
from ..session import Session, repeat_command


def test_case(conformance_case: Case, conformance_session: Session) -> None:
    """Run a case and report what became of it: nothing that was not run, or failed as expected, is a pass."""
    result = conformance_session.run(conformance_case)
    if result.status in ("blocked", "not_claimed"):
        pytest.skip(f"{result.status}: {result.detail}")
    if result.status == "xfail":
        pytest.xfail(result.detail)
    if result.status != "pass":
        facts = {"call": result.call, "inputs": result.inputs, "kernels": result.kernel}
        lines = [f"{result.status}: {result.detail}", *(f"{name}: {fact}" for name, fact in facts.items() if fact)]
        command = repeat_command(conformance_session.subject.name, result.address)
        pytest.fail("\n".join([*lines, f"to repeat: {command}"]), pytrace=False)
