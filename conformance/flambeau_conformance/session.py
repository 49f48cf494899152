"""One run of the suite: runs cases, keeps results, and judges them by the manifest and the expectations."""

from __future__ import annotations

import time
import traceback
from collections import Counter

from .manifest import Expectation
from .model import Case, NotClaimed, Result
from .subject import Subject

__all__ = ["CaseFailed", "CaseNotRun", "Session"]


class CaseFailed(AssertionError):
    """A case did not pass; the text says what happened and how to repeat it."""


class CaseNotRun(Exception):
    """A case was not run, or was expected to fail: no failure, and no pass."""


class Session:
    """The state of a run.

    Attributes:
        results: what became of the cases, by address.
    """

    def __init__(self, subject: Subject, expectations: list[Expectation] | None = None) -> None:
        self.subject = subject
        self.expectations = expectations or []
        self.results: dict[str, Result] = {}
        self._covered: Counter[str] = Counter()

    def run(self, case: Case) -> Result:
        """Run one case.

        Raises:
            CaseFailed: it failed although no expectation covers it, or passed although one does.
            CaseNotRun: it was not run, or failed as expected.
        """
        start = time.perf_counter()
        status, detail = self._judged(case, *self._outcome(case))
        result = Result(
            case.address, case.section, status, round(time.perf_counter() - start, 6), detail, self.subject.worst_error
        )
        self.results[case.address] = result
        if status in ("fail", "error", "stale"):
            raise CaseFailed(f"{status}: {detail}\nto repeat: {self.repeat_command(case)}")
        if status != "pass":
            raise CaseNotRun(f"{status}: {detail}")
        return result

    def repeat_command(self, case: Case) -> str:
        """The command that runs a case alone."""
        return f"flambeau-conformance repro {self.subject.name} '{case.address}'"

    def _outcome(self, case: Case) -> tuple[str, str]:
        unclaimed = [dtype for dtype in case.dtypes if not self.subject.claims(dtype)]
        if unclaimed:
            return "not_claimed", f"the backend does not claim {', '.join(unclaimed)}"
        failed = [address for address in case.needs if self._has_failed(address)]
        if failed:
            return "blocked", f"{failed[0]} did not pass"
        self.subject.worst_error = None
        try:
            with self.subject.in_use():
                case.check(self.subject)
        except NotClaimed as reason:
            return "not_claimed", str(reason)
        except AssertionError as error:
            return "fail", str(error)
        except Exception as error:  # whatever a backend raises is its result; the run goes on
            where = traceback.extract_tb(error.__traceback__)[-1]
            return "error", f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
        return "pass", ""

    def _has_failed(self, address: str) -> bool:
        return address in self.results and self.results[address].status in ("fail", "error", "blocked")

    def _judged(self, case: Case, status: str, detail: str) -> tuple[str, str]:
        """The status in the light of the expectations."""
        for expectation in self.expectations:
            if expectation.covers(case.address):
                self._covered[expectation.pattern] += 1
                if status in ("fail", "error"):
                    return "xfail", f"{expectation.reason} ({detail})"
                if status == "pass":
                    return "stale", f"expected to fail ({expectation.reason}), but passed"
        return status, detail

    def wrong_expectations(self) -> list[str]:
        """The expectations that do not cover the number of cases they name."""
        return [
            f"the expectation {each.pattern!r} names {each.cases} case(s) and covers {self._covered[each.pattern]}"
            for each in self.expectations
            if self._covered[each.pattern] != each.cases
        ]

    def counts(self) -> Counter[str]:
        """How many cases came out how."""
        return Counter(result.status for result in self.results.values())
