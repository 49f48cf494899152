"""The cases on trial: PyTorch in flambeau's place passes them, but for the departures that are listed.

What generated cases expect was recorded from PyTorch, so that a fixed sample of them is enough here; all of them run with
``flambeau-conformance run --subject torch``.
"""

from __future__ import annotations

from types import ModuleType

from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.expectations import read_expectations
from flambeau_conformance.golden import recorded
from flambeau_conformance.probes import ASPECTS
from flambeau_conformance.session import Session
from flambeau_conformance.subject import subject_of

_EVERY = 20


def test_pytorch_passes_every_case(torch: ModuleType) -> None:
    subject = subject_of(None, "torch")
    session = Session(subject, read_expectations(subject.expectations()))
    generated = [case for case in all_cases() if case.aspect in ASPECTS and case.address in recorded(case.section)]
    skipped = set(generated) - set(generated[::_EVERY])
    for case in all_cases():
        if case not in skipped:
            session.run(case)
    assert [f"{each.address}: {each.detail}" for each in session.failures()] == []
    assert session.complaints() == []
