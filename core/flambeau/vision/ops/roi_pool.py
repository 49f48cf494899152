"""The maxima of regions of images."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, floor

from flambeau._tensor import Tensor
from flambeau.nn import Module
from flambeau.ops.creation import arange, empty, tensor
from flambeau.ops.movement import stack

from ._regions import Regions, as_pair, as_rows

__all__ = ["roi_pool", "RoIPool"]


def roi_pool(input: Tensor, boxes: Regions, output_size: int | Sequence[int], spatial_scale: float = 1.0) -> Tensor:
    """Give the maximum of each cell of each region, whose edges are rounded to pixels (Girshick 2015).

    Args:
        input: (N, C, H, W).
        boxes: (K, 5), each the number of an image and (x1, y1, x2, y2), or for each image a tensor (L, 4).
        output_size: how many cells a region has, (height, width), or one number for both.
        spatial_scale: what the boxes are multiplied with.

    Returns:
        (K, C, height, width), 0 in cells without a pixel. Gradients reach the input, the first of equal maxima.

    Raises:
        AssertionError, ValueError, IndexError: the boxes or the images are of another shape, or there is no such image.

    Example:
        >>> import flambeau as torch
        >>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
        >>> torch.vision.ops.roi_pool(image, torch.tensor([[0.0, 0.0, 0.0, 2.0, 2.0]]), 2)
        tensor([[[[ 5.,  6.],
                  [ 9., 10.]]]])

    Source of the semantics: ``torchvision.ops.roi_pool``.
    """
    height, width = as_pair(output_size)
    regions = as_rows(boxes, input)
    if not len(regions):
        return empty((0, input.shape[1], height, width), dtype=input.dtype, device=input.device) + 0 * input.sum()
    corners = [[_rounded(each) for each in row] for row in (regions[:, 1:] * spatial_scale).tolist()]
    rows = _cells([(top, bottom) for _, top, _, bottom in corners], height, input.shape[-2], input)
    columns = _cells([(left, right) for left, _, right, _ in corners], width, input.shape[-1], input)
    # A pixel's channels lie side by side, so that maxima of pixels are taken of all of them at once.
    images = [image.contiguous() for image in input.permute(0, 2, 3, 1)]
    numbers = [int(image) for image in regions[:, 0].tolist()]
    found = [_maxima(images[number], *cells) for number, *cells in zip(numbers, rows, columns, strict=True)]
    return stack(found).permute(0, 3, 1, 2).contiguous()


def _rounded(value: float) -> int:
    """The nearest integer; of two that are as near, the one that is farther from zero."""
    return int(copysign(floor(abs(value) + 0.5), value))


def _cells(edges: list[tuple[int, int]], cells: int, size: int, like: Tensor) -> list[list[slice]]:
    """Which pixels the cells of each region have."""
    start = tensor([low for low, _ in edges], dtype=like.dtype, device=like.device)[:, None]
    length = tensor([max(high - low + 1, 1) for low, high in edges], dtype=like.dtype, device=like.device)[:, None]
    places = arange(cells, dtype=like.dtype, device=like.device)
    first = ((places * (length / cells)).floor() + start).clamp(0, size).tolist()
    last = (((places + 1) * (length / cells)).ceil() + start).clamp(0, size).tolist()
    return [
        [slice(int(low), int(high)) for low, high in zip(*both, strict=True)] for both in zip(first, last, strict=True)
    ]


def _maxima(image: Tensor, rows: list[slice], columns: list[slice]) -> Tensor:
    """The maxima of (H, W, C) in each cell: (cells, cells, C). Of equal ones it is the first row's, and in it the first."""
    of_columns = stack([_maximum(image[:, each], 1) for each in columns], 1)
    return stack([_maximum(of_columns[each], 0) for each in rows])


def _maximum(part: Tensor, dim: int) -> Tensor:
    return part.max(dim)[0] if part.shape[dim] else part.sum(dim)


class RoIPool(Module):
    """The layer of :func:`roi_pool`. Source of the semantics: ``torchvision.ops.RoIPool``."""

    def __init__(self, output_size: int | Sequence[int], spatial_scale: float) -> None:
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale

    def forward(self, input: Tensor, rois: Regions) -> Tensor:
        """Apply the layer."""
        return roi_pool(input, rois, self.output_size, self.spatial_scale)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(output_size={self.output_size}, spatial_scale={self.spatial_scale})"
