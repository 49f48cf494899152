"""One run of the suite: runs cases, keeps results, and judges them by the manifest and the expectations."""

from __future__ import annotations

import time
import traceback
from collections import Counter

from .expectations import Expectation
from .journal import Journal
from .model import FAILURES, Case, NotClaimedError, Result
from .subject import Subject

__all__ = ["Session", "repeat_command"]

NOT_CONFORMANT = {*FAILURES, "blocked", "stale"}


def repeat_command(subject: str, address: str) -> str:
    """The command that runs a case alone."""
    return f"flambeau-conformance repro {subject} '{address}'"


class Session:
    """The state of a run.

    Attributes:
        subject: what is on trial.
        results: what became of the cases, by address, in the order in which they ran.
    """

    def __init__(self, subject: Subject, expectations: list[Expectation], journal: Journal | None = None) -> None:
        self.subject = subject
        self.results: dict[str, Result] = {} if journal is None else {each.address: each for each in journal.results()}
        self._expectations = expectations
        self._journal = journal

    def run(self, case: Case) -> Result:
        """Run one case; whatever the backend raises is its result."""
        if self._journal is not None:
            self._journal.started(case.address)
        self.subject.worst_error = None
        start = time.perf_counter()
        status, detail = self._outcome(case)
        return self.add(case, status, detail, round(time.perf_counter() - start, 6), self.subject.worst_error)

    def add(
        self, case: Case, status: str, detail: str, seconds: float = 0.0, worst_error: float | None = None
    ) -> Result:
        """Judge what became of a case, and keep it."""
        status, detail = self._judged(case.address, status, detail)
        result = Result(case.address, case.section, status, seconds, detail, worst_error)
        self.results[case.address] = result
        if self._journal is not None:
            self._journal.ended(result)
        return result

    def _outcome(self, case: Case) -> tuple[str, str]:
        unclaimed = self.subject.unclaimed(case.dtypes, case.extensions)
        if unclaimed:
            return "not_claimed", f"the backend does not claim {', '.join(unclaimed)}"
        failed = [address for address in case.needs if self._has_failed(address)]
        if failed:
            return "blocked", f"{failed[0]} did not pass"
        try:
            with self.subject.in_use():
                case.check(self.subject)
        except NotClaimedError as reason:
            return "not_claimed", str(reason)
        except AssertionError as error:
            return "fail", str(error)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            return "error", f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
        return "pass", ""

    def _has_failed(self, address: str) -> bool:
        return address in self.results and self.results[address].status in (*FAILURES, "blocked")

    def _judged(self, address: str, status: str, detail: str) -> tuple[str, str]:
        """The status in the light of the expectations."""
        reason = next((each.reason for each in self._expectations if each.covers(address)), None)
        if reason is not None and status in FAILURES:
            return "xfail", f"{reason} ({detail})"
        if reason is not None and status == "pass":
            return "stale", f"expected to fail ({reason}), but passed"
        return status, detail

    def complaints(self) -> list[str]:
        """What is wrong with the expectations; meaningful after a whole run only."""
        return [
            complaint
            for each in self._expectations
            for complaint in each.complaints(self.results, self.subject.version)
        ]

    def counts(self) -> Counter[str]:
        """How many cases came out how."""
        return Counter(result.status for result in self.results.values())

    def failures(self) -> list[Result]:
        """The results because of which the subject does not conform."""
        return [result for result in self.results.values() if result.status in NOT_CONFORMANT]
