"""One run of the suite: runs cases, keeps results, and judges them by the manifest and the expectations."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from .describe import Failure
from .expectations import Expectation
from .model import FAILURES, Case, Result
from .outcome import Outcome, run_case
from .sparse import LAYOUTS
from .state import State
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
        spoiled: whether a case left something changed that could not be set back.
    """

    def __init__(self, subject: Subject, expectations: list[Expectation]) -> None:
        self.subject = subject
        self.results: dict[str, Result] = {}
        self.spoiled = False
        self._expectations = expectations

    @cached_property
    def _state(self) -> State:
        return State(self.subject.torch)

    def run(self, case: Case) -> Result:
        """Run one case; whatever the backend raises is its result.

        Raises:
            KeyboardInterrupt: the user interrupted.
        """
        self.subject.worst_error = None
        start = time.perf_counter()
        outcome = self._outcome(case)
        self.spoiled = self.spoiled or outcome.spoiled
        seconds = round(time.perf_counter() - start, 6)
        return self.add(case, outcome.status, outcome.detail, seconds, self.subject.worst_error, outcome.failure)

    def add(
        self, case: Case, status: str, detail: str, seconds: float = 0.0, worst_error: float | None = None,
        failure: Failure | None = None,
    ) -> Result:  # fmt: skip
        """Judge what became of a case, and keep it."""
        status, detail = self._judged(case.address, status, detail)
        about = failure or Failure()
        result = Result(
            case.address, case.section, status, seconds, detail, worst_error, about.call, about.inputs, about.kernel
        )
        return self.keep(result)

    def keep(self, result: Result) -> Result:
        """Keep a result that has been judged."""
        self.results[result.address] = result
        return result

    def _outcome(self, case: Case) -> Outcome:
        unclaimed = self.subject.unclaimed(case.dtypes, case.extensions)
        if unclaimed:
            return Outcome("not_claimed", f"the backend does not claim {', '.join(unclaimed)}")
        limit = self.subject.manifest.max_elements if self.subject.manifest else None
        if limit is not None and case.elements > limit:
            return Outcome("not_claimed", f"{case.elements} elements; the backend claims max_elements = {limit}")
        return self.blocked(case) or run_case(self.subject, case, self._state)

    def blocked(self, case: Case) -> Outcome | None:
        """The outcome of a case that is not to be run, because what it builds on has failed."""
        failed = [address for address in case.needs if self._has_failed(address)]
        return Outcome("blocked", f"{failed[0]} did not pass") if failed else None

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

    def complaints(self, cases: Iterable[Case] = ()) -> list[str]:
        """What is wrong with the expectations, and with the claims for ``cases``; meaningful after a whole run only."""
        found = [
            complaint
            for each in self._expectations
            for complaint in each.complaints(self.results, self.subject.version)
        ]
        return found + self._untried(list(cases))

    def _untried(self, cases: list[Case]) -> list[str]:
        """What is claimed although no case tried it."""
        if self.subject.manifest is None or not cases:
            return []
        ran = [case for case in cases if self._ran(case.address)]
        tried = {
            "dtypes": {name for case in ran for name in case.dtypes},
            "extensions": {name for case in ran for name in case.extensions},
            "layouts": {name for case in ran for name in _layouts(case)},
        }
        return [
            f"the manifest claims the {kind} {', '.join(missing)}, for which no case ran"
            for kind, names in tried.items()
            if (missing := sorted(getattr(self.subject.manifest, kind) - names))
        ]

    def _ran(self, address: str) -> bool:
        return address in self.results and self.results[address].status not in ("not_claimed", "blocked")

    def counts(self) -> Counter[str]:
        """How many cases came out how."""
        return Counter(result.status for result in self.results.values())

    def failures(self) -> list[Result]:
        """The results because of which the subject does not conform."""
        return [result for result in self.results.values() if result.status in NOT_CONFORMANT]


def _layouts(case: Case) -> set[str]:
    """The layouts that a case tries: those that its address names; strided tensors are everywhere."""
    return {"strided", *(layout for layout in LAYOUTS if layout in case.address)}
