"""Layers that exchange channels and places."""

from __future__ import annotations

from typing import ClassVar

from flambeau._tensor import Tensor

from .. import functional
from .module import Module

__all__ = ["PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """Make places of channels: (…, C * r * r, H, W) gives (…, C, H * r, W * r).

    Source of the semantics: ``torch.nn.PixelShuffle``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.PixelShuffle(2)(torch.ones(1, 8, 2, 3)).shape
        torch.Size([1, 2, 4, 6])
    """

    __constants__: ClassVar = ["upscale_factor"]
    upscale_factor: int

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The number."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Make channels of places: (…, C, H * r, W * r) gives (…, C * r * r, H, W).

    Source of the semantics: ``torch.nn.PixelUnshuffle``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.PixelUnshuffle(2)(torch.ones(1, 2, 4, 6)).shape
        torch.Size([1, 8, 2, 3])
    """

    __constants__: ClassVar = ["downscale_factor"]
    downscale_factor: int

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The number."""
        return f"downscale_factor={self.downscale_factor}"
