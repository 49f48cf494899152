"""The loss of boxes by their intersection, the distance of their centers, and their shape."""

from __future__ import annotations

from math import pi

from flambeau._tensor import Tensor
from flambeau.autograd import no_grad

from ._losses import as_floats, reduced_of_boxes
from .diou_loss import _loss_and_iou

__all__ = ["complete_box_iou_loss"]


def complete_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """Give :func:`distance_box_iou_loss`, and how much the ratios of width to height differ (Zheng et al. 2020).

    Args:
        boxes1, boxes2: (…, 4), as (x1, y1, x2, y2), one by one.
        reduction: "none", "mean" or "sum".
        eps: what no denominator is less than.

    Source of the semantics: ``torchvision.ops.complete_box_iou_loss``.
    """
    boxes1, boxes2 = as_floats(boxes1), as_floats(boxes2)
    distance, iou = _loss_and_iou(boxes1, boxes2, 1e-7)  # torchvision's has that number whatever eps is
    unlike = 4 / pi**2 * (_slope(boxes2) - _slope(boxes1)) ** 2
    with no_grad():
        weight = unlike / (1 - iou + unlike + eps)
    return reduced_of_boxes(distance + weight * unlike, reduction)


def _slope(boxes: Tensor) -> Tensor:
    return ((boxes[..., 2] - boxes[..., 0]) / (boxes[..., 3] - boxes[..., 1])).atan()
