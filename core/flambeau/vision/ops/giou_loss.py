"""The loss of boxes by their intersection, their union, and the box around both."""

from __future__ import annotations

from flambeau._tensor import Tensor

from ._losses import areas_shared, around, as_floats, reduced_of_boxes

__all__ = ["generalized_box_iou_loss"]


def generalized_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """Give 1 less the generalized intersection over union of boxes (…, 4), one by one (Rezatofighi et al. 2019).

    Args:
        boxes1, boxes2: as (x1, y1, x2, y2).
        reduction: "none", "mean" or "sum".
        eps: what no denominator is less than.

    Source of the semantics: ``torchvision.ops.generalized_box_iou_loss``.
    """
    boxes1, boxes2 = as_floats(boxes1), as_floats(boxes2)
    shared, union = areas_shared(boxes1, boxes2)
    width, height = around(boxes1, boxes2)
    hull = width * height
    return reduced_of_boxes(1 - (shared / (union + eps) - (hull - union) / (hull + eps)), reduction)
