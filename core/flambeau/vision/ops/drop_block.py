"""Leaving out blocks of images in training."""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import Module
from flambeau.nn.functional import max_pool2d, max_pool3d, pad
from flambeau.ops.creation import empty

__all__ = ["drop_block2d", "DropBlock2d", "drop_block3d", "DropBlock3d"]


def drop_block2d(
    input: Tensor, p: float, block_size: int, inplace: bool = False, eps: float = 1e-06, training: bool = True,
    *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Set squares of images (N, C, H, W) to zero, and scale the rest so that the mean stays (Ghiasi et al. 2018).

    Args:
        input: images.
        p: what part is left out, about.
        block_size: the side of a square; odd.
        inplace: write into the input.
        eps: what no denominator is less than.
        training: leave it as it is if False.
        generator: where the noise comes from; the default generator of the input's device if None.

    Raises:
        ValueError: ``p`` is not in [0, 1], the block is of an even size, or the input has other dimensions.

    Source of the semantics: ``torchvision.ops.drop_block2d``, which has no ``generator``.
    """
    return _drop_blocks(input, p, block_size, inplace, eps, training, generator, 2)


def drop_block3d(
    input: Tensor, p: float, block_size: int, inplace: bool = False, eps: float = 1e-06, training: bool = True,
    *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Set cubes of volumes (N, C, D, H, W) to zero, as :func:`drop_block2d` does squares.

    Source of the semantics: ``torchvision.ops.drop_block3d``, which has no ``generator``.
    """
    return _drop_blocks(input, p, block_size, inplace, eps, training, generator, 3)


def _drop_blocks(
    input: Tensor, p: float, block_size: int, inplace: bool, eps: float, training: bool, generator: Any, dims: int
) -> Tensor:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"drop probability has to be between 0 and 1, but got {p}.")
    if input.dim() != dims + 2:
        raise ValueError(f"input should be {dims + 2} dimensional. Got {input.dim()} dimensions.")
    if not training or p == 0.0:
        return input
    size = input.shape[2:]
    block = min(block_size, *size)
    if block % 2 == 0:
        raise ValueError(f"block size should be odd. Got {block} which is even.")
    centers = [side - block + 1 for side in size]
    noise = empty((*input.shape[:2], *centers), dtype=input.dtype, device=input.device)
    noise.bernoulli_(p * prod(size) / (block**dims * prod(centers)), generator=generator)
    around = pad(noise, [block // 2] * (2 * dims))
    kept = 1 - (max_pool2d if dims == 2 else max_pool3d)(around, block, 1, block // 2)
    scale = kept.numel() / (eps + kept.sum())
    return input.mul_(kept).mul_(scale) if inplace else input * kept * scale


class DropBlock2d(Module):
    """The layer of :func:`drop_block2d`. Source of the semantics: ``torchvision.ops.DropBlock2d``."""

    def __init__(
        self, p: float, block_size: int, inplace: bool = False, eps: float = 1e-06, *, generator: Any = None
    ) -> None:
        super().__init__()
        self.p = p
        self.block_size = block_size
        self.inplace = inplace
        self.eps = eps
        self.generator = generator

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return drop_block2d(
            input, self.p, self.block_size, self.inplace, self.eps, self.training, generator=self.generator
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p}, block_size={self.block_size}, inplace={self.inplace})"


class DropBlock3d(DropBlock2d):
    """The layer of :func:`drop_block3d`. Source of the semantics: ``torchvision.ops.DropBlock3d``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return drop_block3d(
            input, self.p, self.block_size, self.inplace, self.eps, self.training, generator=self.generator
        )
