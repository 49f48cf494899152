"""Regions of images, resampled to one size."""

from __future__ import annotations

from collections.abc import Sequence

from flambeau._tensor import Tensor
from flambeau.dtypes import float32, float64, int64
from flambeau.nn import Module
from flambeau.ops.creation import arange, empty
from flambeau.ops.elementwise import where
from flambeau.ops.movement import cat

from ._regions import Regions, as_pair, as_rows

__all__ = ["roi_align", "RoIAlign"]


def roi_align(
    input: Tensor, boxes: Regions, output_size: int | Sequence[int], spatial_scale: float = 1.0, sampling_ratio: int = -1,
    aligned: bool = False,
) -> Tensor:  # fmt: skip
    """Give the mean of each cell of each region, by bilinear interpolation (He et al. 2017).

    Args:
        input: (N, C, H, W).
        boxes: (K, 5), each the number of an image and (x1, y1, x2, y2), or for each image a tensor (L, 4).
        output_size: how many cells a region has, (height, width), or one number for both.
        spatial_scale: what the boxes are multiplied with.
        sampling_ratio: how many places of a cell are read along each dimension; from 0 down, as many as it has pixels.
        aligned: whether the middle of the first pixel is at 0.5, as it should be, rather than at 0.

    Returns:
        (K, C, height, width). Gradients reach the input, not the boxes.

    Raises:
        AssertionError, ValueError, IndexError: the boxes or the images are of another shape, or there is no such image.

    Example:
        >>> import flambeau as torch
        >>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
        >>> torch.vision.ops.roi_align(image, [torch.tensor([[0.0, 0.0, 2.0, 2.0]])], 1)
        tensor([[[[5.]]]])

    Source of the semantics: ``torchvision.ops.roi_align``.
    """
    height, width = as_pair(output_size)
    regions = as_rows(boxes, input)
    wide = input if input.dtype in (float32, float64) else input.to(float32)
    edges = regions[:, 1:].to(wide.dtype) * spatial_scale - (0.5 if aligned else 0.0)
    rows = _weights(edges[:, 1], edges[:, 3], height, input.shape[-2], sampling_ratio, aligned)
    columns = _weights(edges[:, 0], edges[:, 2], width, input.shape[-1], sampling_ratio, aligned)
    # A place is read along one dimension after the other, so a cell is a product of two matrices with the image.
    order, parts = _by_image(regions[:, 0])
    made = [
        (rows[part][:, None] @ wide[image]) @ columns[part][:, None].transpose(-1, -2) for image, part in parts.items()
    ]
    if not made:
        return empty((0, input.shape[1], height, width), dtype=input.dtype, device=input.device) + 0 * input.sum()
    return cat(made)[order].to(input.dtype)


def _by_image(images: Tensor) -> tuple[Tensor, dict[int, Tensor]]:
    """The places of the regions of each image, and where each region is when they are put one after another."""
    numbers = images.to(int64)
    places = {image: where(numbers == image)[0] for image in sorted(set(numbers.tolist()))}
    together = cat([*places.values()]) if places else numbers
    return together.argsort(), places


def _weights(start: Tensor, end: Tensor, cells: int, size: int, ratio: int, aligned: bool) -> Tensor:
    """How much each of ``size`` pixels counts in each cell of each region: (K, cells, size)."""
    length = end - start if aligned else (end - start).clamp(min=1.0)
    cell = length / cells
    if ratio > 0:
        count, most = cell * 0 + ratio, ratio
    else:
        count = cell.ceil().clamp(min=0)
        most = int(count.max().item()) if count.numel() else 0
    options = {"dtype": start.dtype, "device": start.device}
    place = arange(most, **options)
    step = cell / count.clamp(min=1)
    first = start[:, None] + arange(cells, **options) * cell[:, None]
    at = first[:, :, None] + (place + 0.5) * step[:, None, None]
    read = (place < count[:, None])[:, None] & (at >= -1.0) & (at <= size)
    away = (at.clamp(0, size - 1)[..., None] - arange(size, **options)).abs()
    weight = where(read[..., None], (1 - away).clamp(min=0), away.new_zeros(()))
    return weight.sum(2) / count.clamp(min=1)[:, None, None]  # type: ignore[no-any-return]


class RoIAlign(Module):
    """The layer of :func:`roi_align`. Source of the semantics: ``torchvision.ops.RoIAlign``."""

    def __init__(
        self, output_size: int | Sequence[int], spatial_scale: float, sampling_ratio: int, aligned: bool = False
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale
        self.sampling_ratio = sampling_ratio
        self.aligned = aligned

    def forward(self, input: Tensor, rois: Regions) -> Tensor:
        """Apply the layer."""
        return roi_align(input, rois, self.output_size, self.spatial_scale, self.sampling_ratio, self.aligned)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(output_size={self.output_size}, spatial_scale={self.spatial_scale}, "
            f"sampling_ratio={self.sampling_ratio}, aligned={self.aligned})"
        )
