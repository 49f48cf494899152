"""Whether something is to be said where the host waits for a device. Backends whose kernels return earlier ask it there."""

from __future__ import annotations

import sys
import warnings

from flambeau.errors import level_of_caller

__all__ = ["ERROR", "SILENT", "WARN", "Waiting", "chosen", "host_waits"]

SILENT, WARN, ERROR = range(3)

_WORDS = "called a synchronizing CUDA operation"


class Waiting:
    """What programs chose.

    Attributes:
        mode: whether waiting is passed over in silence, warns, or is refused.
    """

    __slots__ = ("mode",)

    def __init__(self) -> None:
        self.mode = SILENT


chosen = Waiting()
"""For all threads, as in PyTorch."""


def host_waits() -> None:
    """Say what the program wants to hear, before the host waits for what was given to a device.

    Raises:
        RuntimeError: the program forbids it.
    """
    if chosen.mode == ERROR:
        raise RuntimeError(_WORDS)
    if chosen.mode == WARN:
        backend = sys._getframe(1).f_globals["__name__"].partition(".")[0]
        warnings.warn(_WORDS, UserWarning, level_of_caller(backend))
