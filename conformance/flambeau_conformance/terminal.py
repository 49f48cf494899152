"""The terminal that a run is shown on."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console

__all__ = ["Terminal"]


class Terminal(Console):
    """Rich's console, which leaves the end of the command to the command when nobody reads its output any more."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise what a plain ``print`` raises. Rich would exit with 1, which says that a backend does not conform."""
        raise BrokenPipeError
