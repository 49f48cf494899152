"""Which ways of computing attention are allowed. There is one here, so what is chosen is kept and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

__all__ = ["CUDNN", "EFFICIENT", "FLASH", "MATH", "allow", "allowed", "only"]

MATH, FLASH, EFFICIENT, CUDNN, _OVERRIDEABLE = _ALL = tuple(range(5))
"""PyTorch's numbers of the ways (``torch.nn.attention.SDPBackend``)."""

_allowed = _ALL


def allowed() -> tuple[int, ...]:
    """The ways that are allowed."""
    return _allowed


def allow(way: int, enabled: bool) -> None:
    """Allow a way, or no longer, in the whole process.

    Raises:
        RuntimeError: it is no bool.
    """
    global _allowed
    if not isinstance(enabled, bool):
        raise RuntimeError(f"set_sdp_use_math expects a bool, but got {type(enabled).__name__}")  # so PyTorch for each
    _allowed = tuple(each for each in _ALL if (enabled if each == way else each in _allowed))


@contextmanager
def only(ways: Iterable[int]) -> Iterator[None]:
    """A block in which these ways are allowed, and no others."""
    global _allowed
    before, _allowed = _allowed, tuple(dict.fromkeys(ways))
    try:
        yield
    finally:
        _allowed = before
