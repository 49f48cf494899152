"""The cases on trial: PyTorch in flambeau's place passes all of them, but for the departures that are listed."""

from __future__ import annotations

from types import ModuleType

from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.expectations import read_expectations
from flambeau_conformance.session import Session
from flambeau_conformance.subject import subject_of


def test_pytorch_passes_every_case(torch: ModuleType) -> None:
    subject = subject_of(None, "torch")
    session = Session(subject, read_expectations(subject.expectations()))
    for case in all_cases():
        session.run(case)
    assert [f"{each.address}: {each.detail}" for each in session.failures()] == []
    assert session.complaints() == []
