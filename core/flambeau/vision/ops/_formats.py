"""The ways in which four, five or eight numbers tell a box, and how one becomes another."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

from flambeau._tensor import Tensor
from flambeau.ops.movement import stack

__all__ = ["FORMATS", "ROTATED", "converted"]

ROTATED = ("xywhr", "cxcywhr", "xyxyxyxy")
"""Formats of boxes that are turned, by an angle in degrees."""

FORMATS = ("xyxy", "xywh", "cxcywh", *ROTATED)


def converted(boxes: Tensor, source: str, target: str) -> Tensor:
    """Boxes of one format in another one; both are upright, or both turned."""
    for step in _STEPS[source, target]:
        boxes = step(boxes)
    return boxes


def _corners_of_size(boxes: Tensor) -> Tensor:
    x, y, w, h = boxes.unbind(-1)
    return stack((x, y, x + w, y + h), -1)


def _corners_of_center(boxes: Tensor) -> Tensor:
    cx, cy, w, h = boxes.unbind(-1)
    return stack((cx - 0.5 * w, cy - 0.5 * h, cx + 0.5 * w, cy + 0.5 * h), -1)


def _size_of_corners(boxes: Tensor) -> Tensor:
    x1, y1, x2, y2 = boxes.unbind(-1)
    return stack((x1, y1, x2 - x1, y2 - y1), -1)


def _center_of_corners(boxes: Tensor) -> Tensor:
    x1, y1, x2, y2 = boxes.unbind(-1)
    return stack(((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1), -1)


def _in_own_dtype(convert: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Boxes of integers stay such: rounded."""

    def rounded(boxes: Tensor) -> Tensor:
        made = convert(boxes)
        return made if boxes.is_floating_point() else made.round().to(boxes.dtype)

    return rounded


def _turned(angle: Tensor) -> tuple[Tensor, Tensor]:
    radians = angle * pi / 180.0
    return radians.cos(), radians.sin()


@_in_own_dtype
def _corner_of_turned_center(boxes: Tensor) -> Tensor:
    cx, cy, w, h, r = boxes.unbind(-1)
    cos, sin = _turned(r)
    return stack((cx - w / 2 * cos - h / 2 * sin, cy - h / 2 * cos + w / 2 * sin, w, h, r), -1)


@_in_own_dtype
def _center_of_turned_corner(boxes: Tensor) -> Tensor:
    x, y, w, h, r = boxes.unbind(-1)
    cos, sin = _turned(r)
    return stack((x + w / 2 * cos + h / 2 * sin, y - w / 2 * sin + h / 2 * cos, w, h, r), -1)


@_in_own_dtype
def _four_corners(boxes: Tensor) -> Tensor:
    x, y, w, h, r = boxes.unbind(-1)
    cos, sin = _turned(r)
    x2, y2 = x + w * cos, y - w * sin
    x4, y4 = x + h * sin, y + h * cos
    return stack((x, y, x2, y2, x2 + h * sin, y2 + h * cos, x4, y4), -1)


@_in_own_dtype
def _size_of_four_corners(boxes: Tensor) -> Tensor:
    x1, y1, x2, y2, x3, y3, _, _ = boxes.unbind(-1)
    angle = (y1 - y2).atan2(x2 - x1) * 180 / pi
    return stack((x1, y1, _between(x1 - x2, y1 - y2), _between(x3 - x2, y3 - y2), angle), -1)


def _between(x: Tensor, y: Tensor) -> Tensor:
    return (x**2 + y**2).sqrt()


_STEPS: dict[tuple[str, str], tuple[Callable[[Tensor], Tensor], ...]] = {
    ("xywh", "xyxy"): (_corners_of_size,),
    ("cxcywh", "xyxy"): (_corners_of_center,),
    ("xyxy", "xywh"): (_size_of_corners,),
    ("xyxy", "cxcywh"): (_center_of_corners,),
    ("xywh", "cxcywh"): (_corners_of_size, _center_of_corners),
    ("cxcywh", "xywh"): (_corners_of_center, _size_of_corners),
    ("cxcywhr", "xywhr"): (_corner_of_turned_center,),
    ("xywhr", "cxcywhr"): (_center_of_turned_corner,),
    ("xywhr", "xyxyxyxy"): (_four_corners,),
    ("xyxyxyxy", "xywhr"): (_size_of_four_corners,),
    ("cxcywhr", "xyxyxyxy"): (_corner_of_turned_center, _four_corners),
    ("xyxyxyxy", "cxcywhr"): (_size_of_four_corners, _center_of_turned_corner),
}
