"""Apple's GPUs, which no backend of flambeau's serves. Source of the semantics: ``torch.backends.mps``."""

from __future__ import annotations

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """False. Source of the semantics: ``torch.backends.mps.is_available``."""
    return False


def is_built() -> bool:
    """False. Source of the semantics: ``torch.backends.mps.is_built``."""
    return False
