"""Boxes: how large they are, how much of them is shared, and which of those that overlap are kept."""

from __future__ import annotations

from math import pi

from flambeau._tensor import Tensor
from flambeau.autograd import no_grad
from flambeau.dtypes import float32, float64, int32, int64
from flambeau.ops.creation import empty, tensor, zeros, zeros_like
from flambeau.ops.elementwise import maximum, minimum, where
from flambeau.ops.movement import cat, stack
from flambeau.ops.sorting import unique

from ._formats import FORMATS, ROTATED, converted

__all__ = [
    "masks_to_boxes", "nms", "batched_nms", "remove_small_boxes", "clip_boxes_to_image", "box_convert", "box_area", "box_iou",
    "generalized_box_iou", "distance_box_iou", "complete_box_iou",
]  # fmt: skip

_UPRIGHT = ("xyxy", "xywh", "cxcywh")
_ONE_BY_ONE = 4000
"""From so many coordinates on, boxes of one class are compared with those of the same class only."""


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Keep of boxes that overlap the one with the highest score.

    Args:
        boxes: (N, 4), as (x1, y1, x2, y2).
        scores: (N,), of the same dtype.
        iou_threshold: of a box that is kept, none is kept whose intersection with it over their union is greater.

    Returns:
        The indices of those that are kept, int64, by falling scores. Equal scores come in the order of the boxes.

    Raises:
        RuntimeError: the shapes or the dtypes are others.

    Example:
        >>> import flambeau as torch
        >>> boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 1.8], [3, 3, 4, 4]])
        >>> torch.vision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5)
        tensor([1, 2])

    Source of the semantics: ``torchvision.ops.nms``.
    """
    _check_nms(boxes, scores)
    boxes = _upcast(boxes.detach())
    over, areas = _Above(iou_threshold, boxes), box_area(boxes)
    left = scores.detach().sort(descending=True, stable=True)[1]
    kept = []
    while len(left):
        first, rest = left[:1], left[1:]
        kept.append(first)
        shared = _shared(boxes[first], boxes[rest])
        left = rest[~over(shared / (areas[first] + areas[rest] - shared))]
    return cat(kept) if kept else empty((0,), dtype=int64, device=boxes.device)


class _Above:
    """Whether numbers are greater than one of Python's, which their dtype need not have."""

    def __init__(self, threshold: float, like: Tensor) -> None:
        self.bound = tensor(threshold, dtype=like.dtype if like.is_floating_point() else float32, device=like.device)
        self.rounded_up = self.bound.item() > threshold

    def __call__(self, values: Tensor) -> Tensor:
        return values >= self.bound if self.rounded_up else values > self.bound


def _check_nms(boxes: Tensor, scores: Tensor) -> None:
    if boxes.dim() != 2:
        raise RuntimeError(f"boxes should be a 2d tensor, got {boxes.dim()}D")
    if boxes.shape[1] != 4:
        raise RuntimeError(f"boxes should have 4 elements in dimension 1, got {boxes.shape[1]}")
    if scores.dim() != 1:
        raise RuntimeError(f"scores should be a 1d tensor, got {scores.dim()}D")
    if boxes.shape[0] != scores.shape[0]:
        raise RuntimeError(
            "boxes and scores should have same number of elements in dimension 0, "
            f"got {boxes.shape[0]} and {scores.shape[0]}"
        )
    if boxes.dtype is not scores.dtype:
        raise RuntimeError(f"dets should have the same type as scores, got {boxes.dtype} and {scores.dtype}")


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """Apply :func:`nms` to the boxes of each class by themselves.

    Args:
        boxes, scores, iou_threshold: as for ``nms``.
        idxs: (N,), the class of each box.

    Source of the semantics: ``torchvision.ops.batched_nms``.
    """
    if boxes.numel() == 0:
        return empty((0,), dtype=int64, device=boxes.device)
    if boxes.numel() <= _ONE_BY_ONE:  # put the classes where they do not meet
        apart = idxs.to(boxes) * (boxes.max() + 1)
        return nms(boxes + apart[:, None], scores, iou_threshold)
    kept = []
    for one in unique(idxs):
        of_it = where(idxs == one)[0]
        kept.append(of_it[nms(boxes[of_it], scores[of_it], iou_threshold)])
    found = cat(kept).sort()[0]
    return found[scores[found].sort(descending=True)[1]]


def remove_small_boxes(boxes: Tensor, min_size: float) -> Tensor:
    """Give the indices of boxes (N, 4) whose width and height are ``min_size`` at least.

    Source of the semantics: ``torchvision.ops.remove_small_boxes``.
    """
    width, height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return where((width >= min_size) & (height >= min_size))[0]  # type: ignore[no-any-return]


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut boxes (…, 4) at the borders of an image of a size (height, width).

    Source of the semantics: ``torchvision.ops.clip_boxes_to_image``.
    """
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return stack((x, y), boxes.dim()).reshape(boxes.shape)


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    """Tell boxes in another format.

    "xyxy" are two corners, "xywh" a corner with width and height, "cxcywh" the center with them; "xywhr" and "cxcywhr" have an
    angle in degrees, "xyxyxyxy" four corners.

    Raises:
        ValueError: there is no such format.
        NotImplementedError: one of them is of upright boxes, the other of turned ones.

    Example:
        >>> import flambeau as torch
        >>> torch.vision.ops.box_convert(torch.tensor([1.0, 2.0, 5.0, 4.0]), "xyxy", "cxcywh")
        tensor([3., 3., 4., 2.])

    Source of the semantics: ``torchvision.ops.box_convert``.
    """
    asked = f"in_fmt {in_fmt} and out_fmt {out_fmt}"
    if in_fmt not in FORMATS or out_fmt not in FORMATS:
        raise ValueError(f"Unsupported Bounding Box Conversions for given {asked}")
    if in_fmt == out_fmt:
        return boxes.clone()
    if (in_fmt in ROTATED) != (out_fmt in ROTATED):
        raise NotImplementedError(f"Unsupported Bounding Box Conversions for given {asked}")
    return converted(boxes, in_fmt, out_fmt)


def box_area(boxes: Tensor, fmt: str = "xyxy") -> Tensor:
    """Give the area of each box (…, 4). 16-bit floats become float32, small integers int32.

    Source of the semantics: ``torchvision.ops.box_area``.
    """
    if fmt not in _UPRIGHT:
        raise ValueError(f"Unsupported Bounding Box area for given format {fmt}")
    boxes = _upcast(boxes)
    if fmt == "xyxy":
        return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return boxes[..., 2] * boxes[..., 3]


def box_iou(boxes1: Tensor, boxes2: Tensor, fmt: str = "xyxy") -> Tensor:
    """Give of each two boxes how much they share: the area of their intersection over that of their union.

    Args:
        boxes1, boxes2: (…, N, 4) and (…, M, 4).
        fmt: "xyxy", "xywh" or "cxcywh".

    Returns:
        (…, N, M).

    Raises:
        ValueError: there is no such format.
        NotImplementedError: boxes are turned.

    Source of the semantics: ``torchvision.ops.box_iou``. Differs from torchvision: not of boxes that are turned.
    """
    if fmt in ROTATED:
        raise NotImplementedError(
            f"box_iou of boxes that are turned, in format {fmt}, is not there: upright boxes only"
        )
    shared, union = _shared_and_union(boxes1, boxes2, fmt)
    return shared / union


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Give :func:`box_iou`, less the part of the smallest box around both that is in neither (Rezatofighi et al. 2019).

    Source of the semantics: ``torchvision.ops.generalized_box_iou``.
    """
    shared, union = _shared_and_union(boxes1, boxes2)
    width, height = _around(boxes1, boxes2)
    hull = width * height
    return shared / union - (hull - union) / hull


def distance_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """Give :func:`box_iou`, less the distance of centers over the diagonal of the box around both, squared (Zheng et al. 2020).

    Source of the semantics: ``torchvision.ops.distance_box_iou``.
    """
    return _distance_and_plain(_upcast(boxes1), _upcast(boxes2), eps)[0]


def complete_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """Give :func:`distance_box_iou`, less how much the ratios of width to height differ (Zheng et al. 2020).

    Source of the semantics: ``torchvision.ops.complete_box_iou``.
    """
    boxes1, boxes2 = _upcast(boxes1), _upcast(boxes2)
    distance, plain = _distance_and_plain(boxes1, boxes2, eps)
    unlike = 4 / pi**2 * (_slope(boxes1)[..., :, None] - _slope(boxes2)[..., None, :]) ** 2
    with no_grad():
        weight = unlike / (1 - plain + unlike + eps)
    return distance - weight * unlike


def masks_to_boxes(masks: Tensor) -> Tensor:
    """Give the smallest box around what is not zero in each mask (N, H, W): (N, 4), float32. Of an empty mask it is zeros.

    Source of the semantics: ``torchvision.ops.masks_to_boxes``.
    """
    if masks.numel() == 0:
        return zeros((0, 4), dtype=float32, device=masks.device)
    there = masks != 0
    rows, columns = there.any(2), there.any(1)
    (top, bottom), (left, right) = _first_and_last(rows), _first_and_last(columns)
    boxes = stack((left, top, right, bottom), 1).to(float32)
    return where(rows.any(1)[:, None], boxes, zeros_like(boxes))  # type: ignore[no-any-return]


def _first_and_last(there: Tensor) -> tuple[Tensor, Tensor]:
    marks = there.to(float32)
    return marks.argmax(1), there.shape[1] - 1 - marks.flip(1).argmax(1)


def _upcast(boxes: Tensor) -> Tensor:
    """Boxes in a dtype whose products do not overflow."""
    wide, else_ = ((float32, float64), float32) if boxes.is_floating_point() else ((int32, int64), int32)
    return boxes if boxes.dtype in wide else boxes.to(else_)


def _corners(boxes: Tensor, fmt: str) -> tuple[Tensor, Tensor]:
    if fmt == "xyxy":
        return boxes[..., :2], boxes[..., 2:]
    start, size = boxes[..., :2], boxes[..., 2:]
    return (start, start + size) if fmt == "xywh" else (start - size / 2, start + size / 2)


def _shared(boxes1: Tensor, boxes2: Tensor, fmt: str = "xyxy") -> Tensor:
    """The area that each two boxes share; broadcast."""
    (start1, end1), (start2, end2) = _corners(boxes1, fmt), _corners(boxes2, fmt)
    size = _upcast(minimum(end1, end2) - maximum(start1, start2)).clamp(min=0)
    return size[..., 0] * size[..., 1]


def _shared_and_union(boxes1: Tensor, boxes2: Tensor, fmt: str = "xyxy") -> tuple[Tensor, Tensor]:
    if fmt not in _UPRIGHT:
        raise ValueError(
            f"Unsupported format '{fmt}'. Supported axis-aligned formats: {_UPRIGHT}. Rotated boxes are not supported."
        )
    shared = _shared(boxes1[..., :, None, :], boxes2[..., None, :, :], fmt)
    return shared, box_area(boxes1, fmt)[..., :, None] + box_area(boxes2, fmt)[..., None, :] - shared


def _around(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height of the box around each two."""
    one, other = boxes1[..., :, None, :], boxes2[..., None, :, :]
    size = _upcast(maximum(one[..., 2:], other[..., 2:]) - minimum(one[..., :2], other[..., :2])).clamp(min=0)
    return size[..., 0], size[..., 1]


def _distance_and_plain(boxes1: Tensor, boxes2: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    plain = box_iou(boxes1, boxes2)
    width, height = _around(boxes1, boxes2)
    centers1, centers2 = ((boxes[..., :2] + boxes[..., 2:]) / 2 for boxes in (boxes1, boxes2))
    apart = _upcast(centers1[..., :, None, :] - centers2[..., None, :, :]) ** 2
    return plain - (apart[..., 0] + apart[..., 1]) / (width**2 + height**2 + eps), plain


def _slope(boxes: Tensor) -> Tensor:
    return ((boxes[..., 2] - boxes[..., 0]) / (boxes[..., 3] - boxes[..., 1])).atan()
