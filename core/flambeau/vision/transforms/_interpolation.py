"""How pixels are made of others."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = ["InterpolationMode", "interpolation_mode", "of_pillow"]


class InterpolationMode(Enum):
    """How pixels are made of others. Source of the semantics: ``torchvision.transforms.InterpolationMode``.

    ``BOX``, ``HAMMING`` and ``LANCZOS`` are Pillow's alone.
    """

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_NUMBERS = {
    InterpolationMode.NEAREST: 0, InterpolationMode.LANCZOS: 1, InterpolationMode.BILINEAR: 2, InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4, InterpolationMode.HAMMING: 5,
}  # fmt: skip
"""Pillow's numbers."""


def interpolation_mode(given: Any) -> InterpolationMode:
    """A mode, that of one of Pillow's numbers too.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(given, InterpolationMode):
        return given
    found = {number: mode for mode, number in _NUMBERS.items()}.get(given) if isinstance(given, int) else None
    if found is None:
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant"
        )
    return found


def of_pillow(mode: InterpolationMode) -> int:
    """Pillow's number of a mode."""
    return _NUMBERS[InterpolationMode.NEAREST if mode is InterpolationMode.NEAREST_EXACT else mode]
