"""What a benchmark is: a statement, and what it is a statement about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Case", "NotThereError", "Setup"]

Setup = Callable[[Any, str], dict[str, Any]]
"""From a library (flambeau, or PyTorch) and a device to the names that a statement uses."""


class NotThereError(Exception):
    """A library has not what a statement calls."""


@dataclass(frozen=True)
class Case:
    """One benchmark.

    Attributes:
        name: its address, ``"arrays/exp/10000"``.
        statement: the Python that is timed, the same for both libraries.
        setup: makes the names that it uses.
        goal: the ratio to reach with one thread on the NumPy backend; None where none is set.
        per: by how much a time is divided: the nodes of a chain.
        waits: whether other processes work for it, so that the clock has to be the wall's.
    """

    name: str
    statement: str
    setup: Setup
    goal: float | None = None
    per: int = 1
    waits: bool = False
