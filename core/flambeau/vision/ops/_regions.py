"""Regions of interest: rectangles of the images of a batch."""

from __future__ import annotations

from collections.abc import Sequence

from flambeau._tensor import Tensor
from flambeau.ops.creation import full_like
from flambeau.ops.movement import cat
from flambeau.shapes import as_ints

__all__ = ["Regions", "as_pair", "as_rows"]

Regions = Tensor | list[Tensor] | tuple[Tensor, ...]
"""(K, 5), whose first column is the number of the image, or for each image a tensor (L, 4)."""


def as_rows(boxes: Regions, input: Tensor) -> Tensor:
    """Regions of the images (N, C, H, W) as one tensor (K, 5), without history.

    Raises:
        AssertionError: they are of another shape.
        ValueError: the images are, or a number is infinite or nan.
        IndexError: there is no such image.
    """
    if input.dim() != 4:
        raise ValueError(f"regions are of a batch of images (N, C, H, W), not of a tensor of shape {list(input.shape)}")
    rows = _joined(boxes).detach()
    if not bool(rows.isfinite().all()):
        raise ValueError(f"regions have finite corners, but some are not:\n{rows}")
    if len(rows) and not bool(((rows[:, 0] >= 0) & (rows[:, 0] < len(input))).all()):
        raise IndexError(
            f"regions are of the images from 0 to {len(input) - 1}, but found {rows[:, 0].unique().tolist()}"
        )
    return rows


def _joined(boxes: Regions) -> Tensor:
    if isinstance(boxes, (list, tuple)):
        if not all(each.dim() == 2 and each.shape[1] == 4 for each in boxes):
            raise AssertionError("The shape of the tensor in the boxes list is not correct as List[Tensor[L, 4]]")
        rows = [cat([full_like(each[:, :1], image), each], 1) for image, each in enumerate(boxes)]
        return cat(rows)
    if not isinstance(boxes, Tensor):
        raise AssertionError("boxes is expected to be a Tensor[L, 5] or a List[Tensor[K, 4]]")
    if boxes.dim() != 2 or boxes.shape[1] != 5:
        raise AssertionError("The boxes tensor shape is not correct as Tensor[K, 5]")
    return boxes


def as_pair(output_size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width of what comes out."""
    height, width = as_ints(output_size, "output_size") * (2 if isinstance(output_size, int) else 1)
    if height < 1 or width < 1:
        raise ValueError(f"output_size should be positive, but got {output_size}")
    return height, width
