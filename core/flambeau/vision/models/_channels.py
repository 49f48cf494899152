"""Numbers of channels that hardware likes."""

from __future__ import annotations

__all__ = ["divisible"]


def divisible(channels: float, divisor: int = 8, least: int | None = None) -> int:
    """The nearest number that is divisible, but not more than a tenth less, and not under ``least``."""
    rounded = max(divisor if least is None else least, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded
