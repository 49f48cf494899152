"""Layers that take blocks of images as columns, and back."""

from __future__ import annotations

from typing import ClassVar

from flambeau._tensor import Tensor

from .. import functional
from .module import Module

__all__ = ["Fold", "Unfold"]

Numbers = int | tuple[int, ...]


class Unfold(Module):
    """Take blocks of (N, C, H, W) or (C, H, W) as columns; see :func:`flambeau.nn.functional.unfold`.

    Source of the semantics: ``torch.nn.Unfold``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Unfold((2, 3))(torch.ones(2, 5, 3, 4)).shape
        torch.Size([2, 30, 4])
    """

    __constants__: ClassVar = ["kernel_size", "dilation", "padding", "stride"]
    kernel_size: Numbers
    dilation: Numbers
    padding: Numbers
    stride: Numbers

    def __init__(self, kernel_size: Numbers, dilation: Numbers = 1, padding: Numbers = 0, stride: Numbers = 1) -> None:
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The options."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Add columns to the blocks of an image; see :func:`flambeau.nn.functional.fold`.

    Source of the semantics: ``torch.nn.Fold``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Fold((4, 5), (2, 2))(torch.ones(1, 12, 12)).shape
        torch.Size([1, 3, 4, 5])
    """

    __constants__: ClassVar = ["output_size", "kernel_size", "dilation", "padding", "stride"]
    output_size: Numbers
    kernel_size: Numbers
    dilation: Numbers
    padding: Numbers
    stride: Numbers

    def __init__(
        self,
        output_size: Numbers,
        kernel_size: Numbers,
        dilation: Numbers = 1,
        padding: Numbers = 0,
        stride: Numbers = 1,
    ) -> None:
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )
