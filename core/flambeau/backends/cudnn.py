"""NVIDIA's library of layers, which no backend uses. Source of the semantics: ``torch.backends.cudnn``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["allow_tf32", "benchmark", "benchmark_limit", "deterministic", "enabled", "flags", "is_available", "version"]

enabled = True
"""Kept, as the next ones: they change no number."""
benchmark = False
benchmark_limit: int | None = None
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """False. Source of the semantics: ``torch.backends.cudnn.is_available``."""
    return False


def version() -> int | None:
    """None, as there is none. Source of the semantics: ``torch.backends.cudnn.version``."""
    return None


@contextmanager
def flags(
    enabled: bool = False, benchmark: bool = False, benchmark_limit: int = 10, deterministic: bool = False,
    allow_tf32: bool = True,
) -> Iterator[None]:  # fmt: skip
    """A block with other switches, which are set back behind it. Source: ``torch.backends.cudnn.flags``.

    Example:
        >>> import flambeau as torch
        >>> with torch.backends.cudnn.flags(enabled=True, benchmark=True):
        ...     torch.backends.cudnn.benchmark
        True
        >>> torch.backends.cudnn.benchmark
        False
    """
    given = {
        "enabled": enabled, "benchmark": benchmark, "benchmark_limit": benchmark_limit, "deterministic": deterministic,
        "allow_tf32": allow_tf32,
    }  # fmt: skip
    switches = globals()
    before = {name: switches[name] for name in given}
    switches.update(given)
    try:
        yield
    finally:
        switches.update(before)
