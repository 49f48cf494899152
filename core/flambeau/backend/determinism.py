"""Whether results have to be the same each time, also where another order of additions would be faster.

Backends ask it where they have the choice; what they cannot compute so they refuse while it is on.
"""

from __future__ import annotations

__all__ = ["Determinism", "chosen"]


class Determinism:
    """What programs chose.

    Attributes:
        on: whether results have to be the same each time.
        warns: whether what cannot be so only warns.
    """

    __slots__ = ("on", "warns")

    def __init__(self) -> None:
        self.on = self.warns = False


chosen = Determinism()
"""For all threads, as in PyTorch."""
