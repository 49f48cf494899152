"""Whether a parameter still waits for its shape."""

from __future__ import annotations

from typing import Any

__all__ = ["is_uninitialized"]


def is_uninitialized(value: Any) -> bool:
    """Whether ``value`` is a parameter or buffer of a lazy module that has not seen its first input."""
    return any(base.__name__ == "UninitializedTensorMixin" for base in type(value).__mro__)
