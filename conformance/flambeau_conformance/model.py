"""What a case is, and what can become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .subject import Subject

__all__ = ["FAILURES", "STATUSES", "Case", "NotClaimedError", "Result"]

STATUSES = {
    "pass": "it did what it must",
    "fail": "another result than expected",
    "error": "another exception than expected",
    "crash": "the process died",
    "timeout": "it did not end",
    "blocked": "what the case builds on has failed",
    "xfail": "an expected failure",
    "stale": "an expected failure that passed",
    "not_claimed": "the manifest does not claim what the case needs",
}

FAILURES = ("fail", "error", "crash", "timeout")
"""The statuses that an expectation can cover."""


class NotClaimedError(Exception):
    """Raised by a case that needs what the backend does not claim."""


@dataclass(frozen=True)
class Case:
    """One thing that is checked.

    Attributes:
        address: its unique and stable name, ``exp/value/plain/float32``: op, aspect, sample, variant.
        section: the family it is listed under.
        check: raises if the subject does not do what it must.
        dtypes: the names of the dtypes that the backend must claim.
        extensions: the names of the extensions that it must claim.
        needs: addresses of cases that must have passed; they come earlier.
        anchors: ids of the documented behaviours that it covers.
    """

    address: str
    section: str
    check: Callable[[Subject], None]
    dtypes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()

    @property
    def op(self) -> str:
        """The op, the first part of the address."""
        return self.address.split("/")[0]

    @property
    def aspect(self) -> str:
        """The aspect, the second part of the address."""
        return self.address.split("/")[1]


@dataclass(frozen=True)
class Result:
    """What became of a case.

    Attributes:
        address, section: the case's.
        status: one of :data:`STATUSES`.
        seconds: how long it took.
        detail: why it did not pass.
        worst_error: the largest deviation, as a share of what is tolerated; None if there was none.
    """

    address: str
    section: str
    status: str
    seconds: float = 0.0
    detail: str = ""
    worst_error: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}
