"""What a mutant is, and what can become of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

__all__ = ["CAUGHT", "OUTCOMES", "Mutant", "Verdict", "rank"]

OUTCOMES = {
    "killed": "a case failed",
    "hung": "a case did not end",
    "crashed": "the process died",
    "survived": "no case failed",
    "unreached": "no case reaches the place of the fault",
    "equivalent": "the fault changes nothing on any argument that was tried",
    "explained": "no case failed, and the list of survivors says why none can",
}

CAUGHT = ("killed", "hung", "crashed")


@dataclass(frozen=True)
class Mutant:
    """One fault at one place.

    Attributes:
        kind: what it is planted in: ``"kernel"``, ``"core"`` or ``"source"``.
        place: the kernel, row or function; the row of the matrix.
        fault: what is wrong.
        family: the column of the matrix.
        plant: makes the fault, in a process of its own; what it gives, if anything, ends it.
        reached: the addresses of cases, each with whether it is about the place itself.
        chance: whether it is a fault only if what it changes occurs there at all: where nothing makes it show, it is none.
    """

    kind: str
    place: str
    fault: str
    family: str
    plant: Callable[[], Callable[[], None] | None] = field(compare=False)
    reached: Callable[[], Mapping[str, bool]] = field(compare=False)
    chance: bool = False

    @property
    def address(self) -> str:
        """Its name: ``kernel/exp/last element wrong``."""
        return f"{self.kind}/{self.place}/{self.fault}"

    @property
    def rank(self) -> str:
        """Its place in the order in which samples are taken: the same everywhere, and without a pattern."""
        return rank(self.address)


def rank(address: str) -> str:
    """The place of an address in an order that is the same everywhere, and without a pattern."""
    return sha256(address.encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant.

    Attributes:
        outcome: one of :data:`OUTCOMES`.
        case: the address of the case that caught it.
        detail: how that failed, or why it is equivalent.
        ran, reached: how many cases ran, and how many reach the place.
        nearest: the addresses of cases about the place, for a survivor.
        seconds: how long it took.
    """

    mutant: str
    place: str
    family: str
    outcome: str
    case: str = ""
    detail: str = ""
    ran: int = 0
    reached: int = 0
    nearest: Sequence[str] = ()
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in ("", (), [], 0)}
