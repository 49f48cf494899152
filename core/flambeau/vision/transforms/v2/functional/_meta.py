"""Sizes of images, videos and boxes, and formats of boxes. Source: ``torchvision.transforms.v2.functional``."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.ops.creation.data import tensor
from flambeau.vision._images import dimensions
from flambeau.vision.tv_tensors import BoundingBoxes, BoundingBoxFormat, KeyPoints, Video, wrap

from ._boxes import clamped, corners_of, need_upright, numbers_of
from ._kinds import is_pure_tensor

__all__ = [
    "clamp_bounding_boxes", "clamp_keypoints", "convert_bounding_box_format", "get_dimensions",
    "get_image_num_channels", "get_image_size", "get_num_channels", "get_num_frames", "get_size",
    "sanitize_bounding_boxes", "sanitize_keypoints",
]  # fmt: skip

Format = BoundingBoxFormat | str


def get_dimensions(inpt: Any) -> list[int]:
    """The channels, the height and the width. Source: ``torchvision.transforms.v2.functional.get_dimensions``."""
    return list(dimensions(inpt))


def get_num_channels(inpt: Any) -> int:
    """The channels. Source: ``torchvision.transforms.v2.functional.get_num_channels``."""
    return dimensions(inpt).channels


get_image_num_channels = get_num_channels


def get_size(inpt: Any) -> list[int]:
    """The height and the width, of boxes those of their canvas. Source: ``torchvision.transforms.v2.functional.get_size``."""
    return list(inpt.canvas_size) if isinstance(inpt, (BoundingBoxes, KeyPoints)) else list(dimensions(inpt)[1:])


def get_image_size(inpt: Any) -> list[int]:
    """The width and the height; deprecated, and warns. Source: ``torchvision.transforms.v2.functional.get_image_size``."""
    warnings.warn(
        "The function `get_image_size(...)` is deprecated and will be removed in a future release. "
        "Instead, please use `get_size(...)` which returns `[h, w]` instead of `[w, h]`.",
        UserWarning, stacklevel=level_of_caller(),
    )  # fmt: skip
    return get_size(inpt)[::-1]


def get_num_frames(inpt: Any) -> int:
    """How many images a video (..., T, C, H, W) has. Source: ``torchvision.transforms.v2.functional.get_num_frames``."""
    if isinstance(inpt, Video) or is_pure_tensor(inpt):
        return int(inpt.shape[-4])
    raise TypeError(f"Functional F.get_num_frames supports videos and tensors, but got {type(inpt)} instead.")


# -- boxes -------------------------------------------------------------------------------------------------------------


def _format(format: Format) -> BoundingBoxFormat:
    return BoundingBoxFormat[format.upper()] if isinstance(format, str) else format


def convert_bounding_box_format(
    inpt: Any, old_format: Format | None = None, new_format: Format | None = None, inplace: bool = False
) -> Any:
    """Boxes in another format.

    Args:
        inpt: boxes, or a tensor of their numbers.
        old_format: of a tensor, what the numbers are.
        new_format: what they become.
        inplace: write into the tensor.

    Source of the semantics: ``torchvision.transforms.v2.functional.convert_bounding_box_format``. Differs from torchvision:
    boxes that may be turned are not converted.

    Raises:
        TypeError, ValueError: a format is lacking, or given where it is known.
        NotImplementedError: a format is of boxes that may be turned.
    """
    if new_format is None:
        raise TypeError("convert_bounding_box_format() missing 1 required argument: 'new_format'")
    if isinstance(inpt, BoundingBoxes):
        if old_format is not None:
            raise ValueError("For bounding box tv_tensor inputs, `old_format` must not be set.")
        made = _converted(inpt.as_subclass(Tensor), inpt.format, _format(new_format), inplace)
        return wrap(made, like=inpt, format=_format(new_format))
    if not is_pure_tensor(inpt):
        raise TypeError(
            f"Input can either be a plain tensor or a bounding box tv_tensor, but got {type(inpt)} instead."
        )
    if old_format is None:
        raise ValueError("For pure tensor inputs, `old_format` has to be passed.")
    return _converted(inpt, _format(old_format), _format(new_format), inplace)


def _converted(boxes: Tensor, old: BoundingBoxFormat, new: BoundingBoxFormat, inplace: bool) -> Tensor:
    if old is new:
        return boxes
    need_upright(old, "convert_bounding_box_format")
    need_upright(new, "convert_bounding_box_format")
    made = numbers_of(corners_of(boxes, old), new)
    return boxes.copy_(made) if inplace else made


def clamp_bounding_boxes(
    inpt: Any, format: Format | None = None, canvas_size: tuple[int, int] | None = None, clamping_mode: Any = "auto"
) -> Any:
    """Boxes of which no part lies outside the image.

    Args:
        inpt: boxes, or a tensor of their numbers.
        format, canvas_size: of a tensor, what the numbers are, and (height, width).
        clamping_mode: "soft" and "hard" are the same for upright boxes, None changes nothing; "auto" is that of the boxes.

    Source of the semantics: ``torchvision.transforms.v2.functional.clamp_bounding_boxes``.

    Raises:
        TypeError, ValueError: an argument is lacking, or given where it is known.
    """
    if isinstance(inpt, BoundingBoxes):
        if format is not None or canvas_size is not None:
            raise ValueError("For bounding box tv_tensor inputs, `format` and `canvas_size` must not be passed.")
        mode = inpt.clamping_mode if clamping_mode == "auto" else clamping_mode
        return wrap(_clamped(inpt.as_subclass(Tensor), inpt.format, inpt.canvas_size, mode), like=inpt)
    if not is_pure_tensor(inpt):
        raise TypeError(
            f"Input can either be a plain tensor or a bounding box tv_tensor, but got {type(inpt)} instead."
        )
    if format is None or canvas_size is None or clamping_mode == "auto":
        raise ValueError("For pure tensor inputs, `format`, `canvas_size` and `clamping_mode` have to be passed.")
    return _clamped(inpt, _format(format), canvas_size, clamping_mode)


def _clamped(boxes: Tensor, format: BoundingBoxFormat, canvas_size: tuple[int, int], mode: Any) -> Tensor:
    if mode is None:
        return boxes.clone()
    if mode not in ("soft", "hard"):
        raise ValueError(f"clamping_mode must be soft, hard, auto or None, got {mode}")
    need_upright(format, "clamp_bounding_boxes")
    precise = boxes if boxes.dtype.is_floating_point else boxes.to(dtypes.float32)
    return numbers_of(clamped(corners_of(precise, format), canvas_size), format).to(boxes.dtype)


def sanitize_bounding_boxes(
    bounding_boxes: Any, format: Format | None = None, canvas_size: tuple[int, int] | None = None, min_size: float = 1.0,
    min_area: float = 1.0,
) -> tuple[Any, Tensor]:  # fmt: skip
    """The boxes that lie in the image and are not too small, and which of all those are.

    Args:
        bounding_boxes: boxes, or a tensor of their numbers.
        format, canvas_size: of a tensor, what the numbers are, and (height, width).
        min_size: the least width and height.
        min_area: the least area.

    Source of the semantics: ``torchvision.transforms.v2.functional.sanitize_bounding_boxes``.

    Raises:
        ValueError: an argument is lacking, or given where it is known.
    """
    if is_pure_tensor(bounding_boxes):
        if format is None or canvas_size is None:
            raise ValueError(
                "format and canvas_size cannot be None if bounding_boxes is a pure tensor. "
                f"Got format={format} and canvas_size={canvas_size}."
            )
        valid = valid_boxes(bounding_boxes, _format(format), canvas_size, min_size, min_area)
        return bounding_boxes[valid], valid
    if not isinstance(bounding_boxes, BoundingBoxes):
        raise ValueError("bounding_boxes must be a tv_tensors.BoundingBoxes instance or a pure tensor.")
    if format is not None or canvas_size is not None:
        raise ValueError(
            "format and canvas_size must be None if bounding_boxes is a tv_tensors.BoundingBoxes instance."
        )
    plain = bounding_boxes.as_subclass(Tensor)
    valid = valid_boxes(plain, bounding_boxes.format, bounding_boxes.canvas_size, min_size, min_area)
    return wrap(plain[valid], like=bounding_boxes), valid


def valid_boxes(
    boxes: Tensor, format: BoundingBoxFormat, canvas_size: tuple[int, int], min_size: float, min_area: float
) -> Tensor:
    """Which boxes lie in the image and are not too small."""
    need_upright(format, "sanitize_bounding_boxes")
    corners = corners_of(boxes, format)
    height, width = canvas_size
    across, down = (corners[..., 2:] - corners[..., :2]).unbind(-1)
    inside = (corners >= 0).all(-1) & (corners[..., ::2] <= width).all(-1) & (corners[..., 1::2] <= height).all(-1)
    return (across >= min_size) & (down >= min_size) & (across * down >= min_area) & inside


# -- points ------------------------------------------------------------------------------------------------------------


def clamp_keypoints(inpt: Any, canvas_size: tuple[int, int] | None = None) -> Any:
    """Points none of which lies outside the image.

    Args:
        inpt: points, or a tensor of their numbers (..., x/y).
        canvas_size: of a tensor, (height, width).

    Source of the semantics: ``torchvision.transforms.v2.functional.clamp_keypoints``.

    Raises:
        TypeError, ValueError: the canvas is lacking, or given where it is known.
    """
    if isinstance(inpt, KeyPoints):
        if canvas_size is not None:
            raise ValueError("For keypoints tv_tensor inputs, `canvas_size` must not be passed.")
        return wrap(clamp_keypoints(inpt.as_subclass(Tensor), inpt.canvas_size), like=inpt)
    if not is_pure_tensor(inpt):
        raise TypeError(f"Input can either be a plain tensor or a keypoints tv_tensor, but got {type(inpt)} instead.")
    if canvas_size is None:
        raise ValueError("For pure tensor inputs, `canvas_size` has to be passed.")
    height, width = canvas_size
    return inpt.clamp(min=0).minimum(tensor([width - 1, height - 1], dtype=inpt.dtype, device=inpt.device))


def sanitize_keypoints(key_points: Any, canvas_size: tuple[int, int] | None = None) -> tuple[Any, Tensor]:
    """The points in the image, or the groups (N, ..., x/y) all of whose points are, and which of all those are.

    Args:
        key_points: points, or a tensor of their numbers.
        canvas_size: of a tensor, (height, width).

    Source of the semantics: ``torchvision.transforms.v2.functional.sanitize_keypoints``.

    Raises:
        ValueError: the canvas is lacking, or given where it is known.
    """
    if is_pure_tensor(key_points):
        if canvas_size is None:
            raise ValueError(
                "canvas_size cannot be None if key_points is a pure tensor. "
                "Set it to an appropriate value or pass key_points as a tv_tensors.KeyPoints object."
            )
        valid = valid_points(key_points, canvas_size)
        return key_points[valid], valid
    if not isinstance(key_points, KeyPoints):
        raise ValueError("key_points must be a tv_tensors.KeyPoints instance or a pure tensor.")
    if canvas_size is not None:
        raise ValueError(
            "canvas_size must be None when key_points is a tv_tensors.KeyPoints instance. "
            f"Got canvas_size={canvas_size}. Leave it to None or pass key_points as a pure tensor."
        )
    plain = key_points.as_subclass(Tensor)
    valid = valid_points(plain, key_points.canvas_size)
    return wrap(plain[valid], like=key_points), valid


def valid_points(points: Tensor, canvas_size: tuple[int, int]) -> Tensor:
    """Which points, or groups of points, lie in the image."""
    height, width = canvas_size
    across, down = points.unbind(-1)
    valid = (across >= 0) & (across < width) & (down >= 0) & (down < height)
    return valid.flatten(1).all(1) if valid.ndim > 1 else valid
