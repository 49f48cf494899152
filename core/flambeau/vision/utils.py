"""Pictures of tensors: grids of images, and boxes, masks, points and flows in them. Source: ``torchvision.utils``."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from math import atan2, ceil, cos, hypot, pi, sin
from typing import Any

from flambeau._tensor import Tensor
from flambeau.autograd import no_grad
from flambeau.dtypes import bool as bool_
from flambeau.dtypes import float32, int64, uint8
from flambeau.errors import level_of_caller
from flambeau.ops.creation import ones, tensor, zeros_like
from flambeau.ops.elementwise import atan2 as angle_of
from flambeau.ops.elementwise import where
from flambeau.ops.movement import cat, stack
from flambeau.type_info import finfo

from ._images import picture_of, pillow, tensor_of

__all__ = [
    "make_grid", "save_image", "draw_bounding_boxes", "draw_segmentation_masks", "draw_keypoints", "flow_to_image",
]  # fmt: skip

_Color = str | tuple[int, int, int]
_Colors = list[_Color] | _Color | None


# -- grids ---------------------------------------------------------------------------------------------------


@no_grad()
def make_grid(
    tensor: Tensor | list[Tensor], nrow: int = 8, padding: int = 2, normalize: bool = False,
    value_range: tuple[float, float] | None = None, scale_each: bool = False, pad_value: float = 0.0,
) -> Tensor:  # fmt: skip
    """Put images side by side, and in rows below.

    Args:
        tensor: (B, C, H, W), or a list of images of one size; images of one channel become gray ones of three.
        nrow: how many stand in a row.
        padding: how many pixels are between them.
        normalize: bring the values to [0, 1].
        value_range: what becomes 0 and 1; the least and the greatest value by default.
        scale_each: those of each image by itself.
        pad_value: what is between the images.

    Returns:
        (C, height, width); one image alone comes without a border.

    Raises:
        TypeError: it is no tensor and no list of tensors, or ``value_range`` is no tuple.
        ZeroDivisionError: there is no image, or none is to be in a row.

    Example:
        >>> import flambeau as torch
        >>> torch.vision.utils.make_grid(torch.zeros(3, 1, 4, 4), nrow=2).shape
        torch.Size([3, 14, 14])

    Source of the semantics: ``torchvision.utils.make_grid``.
    """
    images = _batch(tensor)
    if len(images) != 1 and not min(nrow, len(images)):
        raise ZeroDivisionError(
            f"a grid has at least one image, and one in a row: there are {len(images)} images, and nrow is {nrow}"
        )
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
        parts = images.unbind() if scale_each else [images]
        images = (stack if scale_each else cat)([_between_0_and_1(part, value_range) for part in parts])
    if len(images) == 1:
        return images[0]
    count, channels, height, width = images.shape
    columns = min(nrow, count)
    rows, down, right = ceil(count / columns), height + padding, width + padding
    grid = images.new_full((channels, rows * down + padding, columns * right + padding), pad_value)
    for place, image in enumerate(images):
        top, left = place // columns * down + padding, place % columns * right + padding
        grid[:, top : top + height, left : left + width] = image
    return grid


def _batch(given: Any) -> Tensor:
    """Images (B, C, H, W), with three channels where there is one."""
    if isinstance(given, list):
        for each in given:
            if not isinstance(each, Tensor):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(each)}")
        given = stack(given)
    if not isinstance(given, Tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(given)}")
    if given.dim() == 2:
        given = given[None]
    if given.dim() == 3:
        given = given[None]
    if given.dim() != 4:
        raise ValueError(f"images have from 2 to 4 dimensions, (B, C, H, W) at most, not {given.dim()}")
    return given.expand(-1, 3, -1, -1) if given.shape[1] == 1 else given  # type: ignore[no-any-return]


def _between_0_and_1(images: Tensor, value_range: tuple[float, float] | None) -> Tensor:
    low, high = (float(images.min()), float(images.max())) if value_range is None else value_range
    return images.clone().clamp_(low, high).sub_(low).div_(max(high - low, 1e-5))


@no_grad()
def save_image(tensor: Tensor | list[Tensor], fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """Write an image, or a grid of several, to a file.

    Args:
        tensor: values in [0, 1]; as for :func:`make_grid`.
        fp: a path, or a file that is open.
        format: "png" and so on; by default what the name of the file ends in.
        **kwargs: the options of ``make_grid``.

    Raises:
        MissingExtraError: Pillow is not installed: ``pip install 'flambeau[vision]'``.

    Source of the semantics: ``torchvision.utils.save_image``.
    """
    grid = make_grid(tensor, **kwargs)
    pixels = grid.mul(255).add_(0.5).clamp_(0, 255).to(uint8)
    picture_of(pixels, "save_image").save(fp, format=format)


# -- drawing -------------------------------------------------------------------------------------------------


@no_grad()
def draw_bounding_boxes(
    image: Tensor, boxes: Tensor, labels: list[str] | None = None, colors: _Colors = None, fill: bool | None = False,
    width: int = 1, font: str | None = None, font_size: int | None = None, label_colors: _Colors = None,
    label_background_colors: _Colors = None, fill_labels: bool = False,
) -> Tensor:  # fmt: skip
    """Draw boxes into an image, with labels.

    Args:
        image: (C, H, W) of 1 or 3 channels, uint8, or floats in [0, 1].
        boxes: (N, 4), as (x1, y1, x2, y2), or (N, 8), the four corners of boxes that are turned.
        labels: of each box; None for none.
        colors: of each box, or of all: names, "#rrggbb", or three numbers.
        fill: fill the boxes with a light shade of their color.
        width: of the lines.
        font: a file of a TrueType font; Pillow's own by default.
        font_size: 10 by default, where there is a font.
        label_colors: of the texts; those of the boxes by default.
        label_background_colors: of what is behind the texts, where they are filled.
        fill_labels: put a colored field behind the texts.

    Returns:
        Another image (3, H, W) of the same dtype.

    Raises:
        TypeError: the image is no tensor.
        ValueError: the image, the boxes, or the numbers of labels and colors are not what they should be.
        MissingExtraError: Pillow is not installed: ``pip install 'flambeau[vision]'``.

    Source of the semantics: ``torchvision.utils.draw_bounding_boxes``.
    """
    if not isinstance(image, Tensor):
        raise TypeError(f"Tensor expected, got {type(image)}")
    _check_image(image)
    if image.shape[0] not in (1, 3):
        raise ValueError("Only grayscale and RGB images are supported")
    if boxes.shape[-1] == 4 and bool((boxes[:, :2] > boxes[:, 2:]).any()):
        raise ValueError(
            "Boxes need to be in (xmin, ymin, xmax, ymax) format. Use torchvision.ops.box_convert to convert them"
        )
    count = len(boxes)
    if count == 0:
        warnings.warn("boxes doesn't contain any box. No box was drawn", stacklevel=level_of_caller())
        return image
    if labels is not None and len(labels) != count:
        raise ValueError(
            f"Number of boxes ({count}) and labels ({len(labels)}) mismatch. Please specify labels for each box."
        )
    shades = _parsed(colors, count)
    inks = _parsed(label_colors or "black", count) if label_colors or fill_labels else shades
    fields = _parsed(label_background_colors, count) if fill_labels and label_background_colors else shades
    picture = picture_of(_in_bytes(image.expand(3, -1, -1)), "draw_bounding_boxes")
    draw = pillow("ImageDraw", "draw_bounding_boxes").Draw(picture, "RGBA" if fill else None)
    letters = _font(font, font_size)
    for place, corners in enumerate(boxes.to(int64).tolist()):
        _outline(draw, corners, shades[place], width, shades[place] + (100,) if fill else None)
        if labels is not None and labels[place] is not None:
            field = fields[place] if fill_labels else None
            at = (corners[0] + width + 1, corners[1] + width + 1)
            _write(draw, labels[place], at, letters, inks[place], field)
    return _in_dtype(tensor_of(picture), image)


def _outline(draw: Any, corners: list[int], color: Any, width: int, inside: Any) -> None:
    if len(corners) == 4:
        draw.rectangle(corners, width=width, outline=color, fill=inside)
        return
    points = list(zip(corners[::2], corners[1::2], strict=True))
    for start, end in _dashes(points[0], points[1]):  # the upper side of a box that is turned
        draw.line([start, end], fill=color, width=width)
    for start, end in zip(points[1:], points[2:] + points[:1], strict=True):
        draw.line((start, end), fill=color, width=width)
    draw.polygon(corners, fill=inside, outline=None, width=0)


def _dashes(start: tuple[float, float], end: tuple[float, float], length: int = 5) -> Iterator[Any]:
    """Every second piece of a line, from its start."""
    (x, y), left, drawn = start, hypot(end[0] - start[0], end[1] - start[1]), True
    while left > 0:
        step, angle = min(left, length), atan2(end[1] - y, end[0] - x)
        after = (x + cos(angle) * step, y + sin(angle) * step)
        if drawn:
            yield (x, y), after
        (x, y), left, drawn = after, left - step, not drawn


def _write(draw: Any, text: str, at: tuple[int, int], font: Any, color: Any, field: Any) -> None:
    if field is not None:
        left, top, right, bottom = draw.textbbox(at, text, font=font)
        draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=field)
    draw.text(at, text, fill=color, font=font)


def _font(font: str | None, size: int | None) -> Any:
    fonts = pillow("ImageFont", "draw_bounding_boxes")
    if font is not None:
        return fonts.truetype(font=font, size=size or 10)
    if size is not None:
        warnings.warn("Argument 'font_size' will be ignored since 'font' is not set.", stacklevel=level_of_caller())
    return fonts.load_default()


@no_grad()
def draw_segmentation_masks(image: Tensor, masks: Tensor, alpha: float = 0.8, colors: _Colors = None) -> Tensor:
    """Color what masks mark in an image; where several do, it becomes black.

    Args:
        image: (3, H, W), uint8, or floats in [0, 1].
        masks: (N, H, W) or (H, W), bool.
        alpha: how much of the color there is; the rest is the image.
        colors: of each mask, or of all: names, "#rrggbb", or three numbers.

    Returns:
        Another image of the same dtype.

    Raises:
        TypeError: the image is no tensor.
        ValueError: the image, the masks, or the number of colors are not what they should be.

    Source of the semantics: ``torchvision.utils.draw_segmentation_masks``.
    """
    _check_rgb(image)
    masks = masks[None] if masks.dim() == 2 else masks
    if masks.dim() != 3:
        raise ValueError("masks must be of shape (H, W) or (batch_size, H, W)")
    if masks.dtype is not bool_:
        raise ValueError(f"The masks must be of dtype bool. Got {masks.dtype}")
    if masks.shape[-2:] != image.shape[-2:]:
        raise ValueError("The image and the masks must have the same height and width")
    if len(masks) == 0:
        warnings.warn("masks doesn't contain any mask. No mask was drawn", stacklevel=level_of_caller())
        return image
    colored = image.detach()
    for mask, color in zip(masks, _parsed(colors, len(masks)), strict=False):
        shade = [part / 255 for part in color] if image.is_floating_point() else color
        colored = where(mask, tensor(shade, dtype=image.dtype, device=image.device)[:, None, None], colored)
    colored = where(masks.sum(0) > 1, zeros_like(colored), colored)
    return (image * (1 - alpha) + colored * alpha).to(image.dtype)  # type: ignore[no-any-return]


@no_grad()
def draw_keypoints(
    image: Tensor, keypoints: Tensor, connectivity: list[tuple[int, int]] | None = None, colors: _Color | None = None,
    radius: int = 2, width: int = 3, visibility: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Draw points into an image, and lines between them.

    Args:
        image: (3, H, W), uint8, or floats in [0, 1].
        keypoints: (instances, K, 2), as (x, y); what a point has beyond that is not drawn.
        connectivity: which of the K points are joined.
        colors: of the points: a name, "#rrggbb", or three numbers.
        radius: of the points.
        width: of the lines.
        visibility: (instances, K) or (instances, K, 1), which points are to be seen; all by default.

    Returns:
        Another image of the same dtype.

    Raises:
        TypeError: the image is no tensor.
        ValueError: the image, the points, or their visibility are not what they should be.
        MissingExtraError: Pillow is not installed: ``pip install 'flambeau[vision]'``.

    Source of the semantics: ``torchvision.utils.draw_keypoints``.
    """
    _check_rgb(image)
    if keypoints.dim() != 3:
        raise ValueError("keypoints must be of shape (num_instances, K, 2)")
    seen = _seen(keypoints, visibility)
    picture = picture_of(_in_bytes(image), "draw_keypoints")
    draw = pillow("ImageDraw", "draw_keypoints").Draw(picture)
    for points, visible in zip(keypoints[..., :2].to(int64).tolist(), seen, strict=True):
        for (x, y), here in zip(points, visible, strict=True):
            if here:
                corners = [x - radius, y - radius, x + radius, y + radius]
                draw.ellipse(corners, fill=colors, outline=None, width=0)
        for start, end in connectivity or ():
            if visible[start] and visible[end]:
                draw.line((tuple(points[start]), tuple(points[end])), width=width)
    return _in_dtype(tensor_of(picture), image)


def _seen(keypoints: Tensor, visibility: Tensor | None) -> Any:
    shape = keypoints.shape[:-1]
    visible = ones(shape, dtype=bool_) if visibility is None else visibility
    if visible.dim() == 3:
        visible = visible.squeeze(-1)
    if visible.dim() != 2:
        raise ValueError(f"visibility must be of shape (num_instances, K). Got ndim={visible.dim()}")
    if visible.shape != shape:
        raise ValueError(
            "keypoints and visibility must have the same dimensionality for num_instances and K. "
            f"Got visibility.shape={visible.shape!r} and keypoints.shape={keypoints.shape!r}"
        )
    return visible.to(bool_).tolist()


def _check_image(image: Tensor) -> None:
    if not (image.dtype is uint8 or image.is_floating_point()):
        raise ValueError(f"The image dtype must be uint8 or float, got {image.dtype}")
    if image.dim() != 3:
        raise ValueError("Pass individual images, not batches")


def _check_rgb(image: Any) -> None:
    if not isinstance(image, Tensor):
        raise TypeError(f"The image must be a tensor, got {type(image)}")
    _check_image(image)
    if image.shape[0] != 3:
        raise ValueError("Pass an RGB image. Other Image formats are not supported")


def _in_bytes(image: Tensor) -> Tensor:
    return image.mul(256.0 - 1e-3).to(uint8) if image.is_floating_point() else image


def _in_dtype(pixels: Tensor, like: Tensor) -> Tensor:
    pixels = pixels.to(like.device)
    return pixels.to(like.dtype).mul_(1.0 / 255) if like.is_floating_point() else pixels


def _parsed(colors: Any, count: int) -> list[Any]:
    """A color, three numbers, for each of so many things."""
    if colors is None:
        return [tuple(place * seed % 255 for seed in (2**25 - 1, 2**15 - 1, 2**21 - 1)) for place in range(count)]
    if isinstance(colors, list):
        if len(colors) < count:
            raise ValueError(
                f"Number of colors must be equal or larger than the number of objects, but got {len(colors)} < {count}."
            )
    elif not isinstance(colors, (tuple, str)):
        raise ValueError(f"colors must be a tuple or a string, or a list thereof, but got {colors}.")
    elif isinstance(colors, tuple) and len(colors) != 3:
        raise ValueError(f"If passed as tuple, colors should be an RGB triplet, but got {colors}.")
    listed: Sequence[Any] = colors if isinstance(colors, list) else [colors] * count
    return [pillow("ImageColor", "a color's name").getrgb(each) if isinstance(each, str) else each for each in listed]


# -- flows ---------------------------------------------------------------------------------------------------

_ARCS = (
    (15, (255, None, 0), 1),
    (6, (None, 255, 0), -1),
    (4, (0, 255, None), 1),
    (11, (0, None, 255), -1),
    (13, (None, 0, 255), 1),
    (6, (255, 0, None), -1),
)
"""The wheel of colors of Baker et al. (2011): of each arc how many steps it has, and red, green and blue, one of which rises
(1) or falls (-1)."""


@no_grad()
def flow_to_image(flow: Tensor) -> Tensor:
    """Show a flow as colors: the direction is the hue, the speed how strong it is.

    Args:
        flow: (N, 2, H, W) or (2, H, W), float32.

    Returns:
        (N, 3, H, W) or (3, H, W), uint8.

    Raises:
        ValueError: the dtype or the shape are others.

    Source of the semantics: ``torchvision.utils.flow_to_image``.
    """
    if flow.dtype is not float32:
        raise ValueError(f"Flow should be of dtype torch.float, got {flow.dtype}.")
    batch = flow[None] if flow.dim() == 3 else flow
    if batch.dim() != 4 or batch.shape[1] != 2:
        raise ValueError(f"Input flow should have shape (2, H, W) or (N, 2, H, W), got {flow.shape}.")
    scaled = batch / (batch.pow(2).sum(1).sqrt().max() + finfo(float32).eps)
    wheel = tensor(list(_wheel()), dtype=float32, device=flow.device)
    speed = scaled.pow(2).sum(1).sqrt()[..., None]
    at = (angle_of(-scaled[:, 1], -scaled[:, 0]) / pi + 1) / 2 * (len(wheel) - 1)
    before = at.floor().to(int64)
    part = (at - before)[..., None]
    color = (1 - part) * (wheel[before] / 255.0) + part * (wheel[(before + 1) % len(wheel)] / 255.0)
    images = (255 * (1 - speed * (1 - color))).floor().to(uint8).permute(0, 3, 1, 2).contiguous()
    return images[0] if flow.dim() == 3 else images


def _wheel() -> Iterator[list[float]]:
    for steps, color, sign in _ARCS:
        for step in range(steps):
            moving = 255 * step // steps
            yield [(moving if sign > 0 else 255 - moving) if part is None else part for part in color]
