"""Where the files of data sets are, and what is said where they are not."""

from __future__ import annotations

import os
from typing import TypeAlias

__all__ = ["Path", "not_found"]

Path: TypeAlias = str | os.PathLike[str]


def not_found(looked_for: str, what: str = "not found or corrupted") -> RuntimeError:
    """The error of a data set whose files are not there; ``looked_for`` is a clause that says where they should be."""
    return RuntimeError(f"Dataset {what}. You can use download=True to download it; {looked_for}")
