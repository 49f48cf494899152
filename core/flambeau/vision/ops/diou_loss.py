"""The loss of boxes by their intersection and the distance of their centers."""

from __future__ import annotations

from flambeau._tensor import Tensor

from ._losses import areas_shared, around, as_floats, reduced_of_boxes

__all__ = ["distance_box_iou_loss"]


def distance_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """Give 1 less the intersection over union, and the squared distance of centers over that of the corners of the hull.

    Args:
        boxes1, boxes2: (…, 4), as (x1, y1, x2, y2), one by one.
        reduction: "none", "mean" or "sum".
        eps: what no denominator is less than.

    Source of the semantics: ``torchvision.ops.distance_box_iou_loss`` (Zheng et al. 2020).
    """
    return reduced_of_boxes(_loss_and_iou(as_floats(boxes1), as_floats(boxes2), eps)[0], reduction)


def _loss_and_iou(boxes1: Tensor, boxes2: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    shared, union = areas_shared(boxes1, boxes2)
    iou = shared / (union + eps)
    width, height = around(boxes1, boxes2)
    (x1, y1), (x2, y2) = (((boxes[..., :2] + boxes[..., 2:]) / 2).unbind(-1) for boxes in (boxes1, boxes2))
    apart = (x1 - x2) ** 2 + (y1 - y2) ** 2
    return 1 - iou + apart / (width**2 + height**2 + eps), iou
