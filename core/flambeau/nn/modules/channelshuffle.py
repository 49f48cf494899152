"""A layer that interleaves the channels of groups."""

from __future__ import annotations

from typing import ClassVar

from flambeau._tensor import Tensor

from .. import functional
from .module import Module

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """Take channels of (N, C, …) from each group in turn.

    Source of the semantics: ``torch.nn.ChannelShuffle``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ChannelShuffle(2)(torch.ones(1, 4, 2, 3)).shape
        torch.Size([1, 4, 2, 3])
    """

    __constants__: ClassVar = ["groups"]
    groups: int

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The number."""
        return f"groups={self.groups}"
