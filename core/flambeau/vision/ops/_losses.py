"""What the losses of boxes and of classes share."""

from __future__ import annotations

from flambeau._tensor import Tensor
from flambeau.dtypes import float32, float64
from flambeau.ops.creation import zeros_like
from flambeau.ops.elementwise import maximum, minimum, where

__all__ = ["areas_shared", "around", "as_floats", "reduced", "reduced_of_boxes"]


def as_floats(boxes: Tensor) -> Tensor:
    """Boxes in float32, or in float64 if they are."""
    return boxes if boxes.dtype in (float32, float64) else boxes.to(float32)


def areas_shared(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
    """The areas of intersection and union of boxes (…, 4), one by one."""
    width, height = (minimum(boxes1, boxes2)[..., 2:] - maximum(boxes1, boxes2)[..., :2]).unbind(-1)
    product = width * height
    shared = where((width > 0) & (height > 0), product, zeros_like(product))
    areas = ((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]) for boxes in (boxes1, boxes2))
    return shared, next(areas) + next(areas) - shared


def around(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height of the box around both, one by one."""
    width, height = (maximum(boxes1, boxes2)[..., 2:] - minimum(boxes1, boxes2)[..., :2]).unbind(-1)
    return width, height


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """All losses, their mean or their sum."""
    if reduction == "none":
        return loss
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    raise ValueError(
        f"Invalid Value for arg 'reduction': '{reduction} \n Supported reduction modes: 'none', 'mean', 'sum'"
    )


def reduced_of_boxes(loss: Tensor, reduction: str) -> Tensor:
    """The same, where the mean of no boxes is 0."""
    return 0.0 * loss.sum() if reduction == "mean" and not loss.numel() else reduced(loss, reduction)
