"""Sizes and places of images, videos, masks and boxes. Source: ``torchvision.transforms.v2.functional``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.nn.functional import interpolate
from flambeau.ops.creation.data import tensor
from flambeau.vision._images import dimensions

from ... import functional as first
from ..._interpolation import InterpolationMode, interpolation_mode
from ...functional._batches import as_batch, unbatched
from ...functional._cutting import sides
from ...functional._warping import coefficients as coefficients_of
from ...functional._warping import of_coefficients
from . import _boxes
from ._kinds import takes
from ._sizes import resized

__all__ = [
    "affine", "center_crop", "crop", "elastic", "elastic_transform", "five_crop", "hflip", "horizontal_flip", "pad",
    "perspective", "resize", "resized_crop", "rotate", "ten_crop", "vertical_flip", "vflip",
]  # fmt: skip

_NEAREST = InterpolationMode.NEAREST
_BILINEAR = InterpolationMode.BILINEAR
_OVERSHOOTING = (InterpolationMode.BICUBIC, InterpolationMode.LANCZOS)
"""Modes that weigh some pixels negatively, so that bytes may leave their range."""


def in_integers(change: Callable[..., Any], inpt: Any, *options: Any) -> Any:
    """What a function makes of an image; truth values are the integers 0 and 1 to it, and what comes of them is rounded."""
    if isinstance(inpt, Tensor) and inpt.dtype is dtypes.bool:
        return change(inpt.to(dtypes.int16), *options).to(dtypes.bool)
    return change(inpt, *options)


def mode_of(interpolation: Any) -> InterpolationMode:
    """How pixels are made of others, of a mode, its name, or Pillow's number of it."""
    return InterpolationMode(interpolation) if isinstance(interpolation, str) else interpolation_mode(interpolation)


# -- turning round and parts -------------------------------------------------------------------------------------------


@takes(masks=True, boxes=_boxes.flip(True))
def horizontal_flip(inpt: Any) -> Any:
    """Left and right exchanged. Source of the semantics: ``torchvision.transforms.v2.functional.horizontal_flip``."""
    return first.hflip(inpt)


@takes(masks=True, boxes=_boxes.flip(False))
def vertical_flip(inpt: Any) -> Any:
    """Above and below exchanged. Source of the semantics: ``torchvision.transforms.v2.functional.vertical_flip``."""
    return first.vflip(inpt)


hflip = horizontal_flip
vflip = vertical_flip


@takes(masks=True, boxes=_boxes.crop)
def crop(inpt: Any, top: int, left: int, height: int, width: int) -> Any:
    """A part; what lies outside is black. Source of the semantics: ``torchvision.transforms.v2.functional.crop``."""
    return first.crop(inpt, top, left, height, width)


@takes(masks=True, boxes=_boxes.center_crop)
def center_crop(inpt: Any, output_size: Any) -> Any:
    """The middle, with a black border if it is too small. Source: ``torchvision.transforms.v2.functional.center_crop``."""
    return first.center_crop(inpt, output_size)


@takes()
def five_crop(inpt: Any, size: Any) -> Any:
    """The four corners and the middle. Source of the semantics: ``torchvision.transforms.v2.functional.five_crop``."""
    return first.five_crop(inpt, size)


@takes()
def ten_crop(inpt: Any, size: Any, vertical_flip: bool = False) -> Any:
    """The corners and the middle, of the mirror image too. Source: ``torchvision.transforms.v2.functional.ten_crop``."""
    return first.ten_crop(inpt, size, vertical_flip)


def _mask_pad(mask: Any, padding: Any, fill: Any = None, padding_mode: str = "constant") -> Any:
    if isinstance(fill, (tuple, list)):
        raise ValueError("Non-scalar fill value is not supported")
    return first.pad(mask, padding, 0 if fill is None else fill, padding_mode)


@takes(masks=_mask_pad, boxes=_boxes.pad)
def pad(inpt: Any, padding: Any, fill: Any = None, padding_mode: str = "constant") -> Any:
    """The image with a border.

    Args:
        inpt: an image, a video, a mask or boxes.
        padding: how wide: one number, (left and right, above and below), or (left, above, right, below); negative cuts off.
        fill: the colour of a "constant" border, a number or one for each channel; None is black.
        padding_mode: "constant", "edge", "reflect" or "symmetric".

    Source of the semantics: ``torchvision.transforms.v2.functional.pad``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    border = list(padding) if isinstance(padding, tuple) else padding
    if not isinstance(inpt, Tensor) or not isinstance(fill, (list, tuple)):
        return first.pad(inpt, border, 0 if fill is None else fill, padding_mode)
    if len(fill) == 1:
        return first.pad(inpt, border, fill[0], padding_mode)
    if padding_mode != "constant":
        raise ValueError(f"Padding mode '{padding_mode}' is not supported if fill is not scalar")
    made = first.pad(inpt, border)
    colour = tensor(list(fill), device=inpt.device).to(inpt.dtype).reshape(-1, 1, 1)
    left, above, right, below = sides(border)
    parts = (
        (above, made[..., :above, :]),
        (left, made[..., :left]),
        (below, made[..., -below:, :]),
        (right, made[..., -right:]),
    )
    for width, part in parts:
        if width > 0:
            part[...] = colour
    return made


# -- sizes -------------------------------------------------------------------------------------------------------------


def _mask_resize(
    mask: Any, size: Any, interpolation: Any = _BILINEAR, max_size: int | None = None, antialias: bool | None = None
) -> Any:
    mode = mode_of(interpolation)
    return _resized(mask, size, mode if mode is InterpolationMode.NEAREST_EXACT else _NEAREST, max_size, False)


@takes(masks=_mask_resize, boxes=_boxes.resize)
def resize(
    inpt: Any, size: Any, interpolation: Any = _BILINEAR, max_size: int | None = None, antialias: bool | None = True
) -> Any:
    """The image in another size; bytes stay bytes all the way.

    Args:
        inpt: an image, a video, a mask or boxes.
        size: (height, width), the length of the shorter edge, or None where only ``max_size`` counts.
        interpolation: how pixels are made of others, a mode or its name; of masks always the nearest.
        max_size: how long the longer edge may be at most.
        antialias: of tensors, smooth before the image becomes smaller.

    Source of the semantics: ``torchvision.transforms.v2.functional.resize``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    mode = mode_of(interpolation)
    if isinstance(inpt, Tensor):
        return _resized(inpt, size, mode, max_size, bool(antialias))
    _, rows, columns = dimensions(inpt)
    return first.resize(inpt, resized(rows, columns, size, max_size), mode, antialias=antialias)


def _resized(image: Tensor, size: Any, mode: InterpolationMode, max_size: int | None, antialias: bool) -> Tensor:
    _, rows, columns = dimensions(image)
    height, width = resized(rows, columns, size, max_size)
    if (height, width) == (rows, columns):
        return image
    if mode is InterpolationMode.LANCZOS and not antialias:
        raise ValueError("InterpolationMode.LANCZOS requires antialias=True")
    if not image.numel():
        return image.reshape((*image.shape[:-2], height, width))
    smooth = mode in (_BILINEAR, *_OVERSHOOTING)
    kept = (dtypes.float32, dtypes.float64, *([dtypes.uint8] if image.device.type == "cpu" or not smooth else []))
    made = interpolate(
        as_batch(image, kept), (height, width), mode=mode.value, align_corners=False if smooth else None,
        antialias=antialias and smooth,
    )  # fmt: skip
    if mode in _OVERSHOOTING and image.dtype is dtypes.uint8:
        made = made.clamp(min=0, max=255)
    return unbatched(made, image)


def _mask_resized_crop(
    mask: Any, top: int, left: int, height: int, width: int, size: Any, interpolation: Any = _NEAREST,
    antialias: bool | None = None,
) -> Any:  # fmt: skip
    return _mask_resize(first.crop(mask, top, left, height, width), size, _NEAREST)


@takes(masks=_mask_resized_crop, boxes=_boxes.resized_crop)
def resized_crop(
    inpt: Any, top: int, left: int, height: int, width: int, size: Any, interpolation: Any = _BILINEAR,
    antialias: bool | None = True,
) -> Any:  # fmt: skip
    """A part in another size: see :func:`crop` and :func:`resize`.

    Source of the semantics: ``torchvision.transforms.v2.functional.resized_crop``.
    """
    return resize(first.crop(inpt, top, left, height, width), size, interpolation, antialias=antialias)


# -- what is turned, stretched and bent --------------------------------------------------------------------------------


def _mask_affine(
    mask: Any, angle: float, translate: Any, scale: float, shear: Any, interpolation: Any = _NEAREST, fill: Any = None,
    center: Any = None,
) -> Any:  # fmt: skip
    return first.affine(mask, angle, translate, scale, shear, _NEAREST, fill, center)


@takes(masks=_mask_affine, boxes=_boxes.affine)
def affine(
    inpt: Any, angle: float, translate: Any, scale: float, shear: Any, interpolation: Any = _NEAREST, fill: Any = None,
    center: Any = None,
) -> Any:  # fmt: skip
    """The image turned clockwise, moved, scaled and sheared; a mask by the nearest pixels.

    Source of the semantics: ``torchvision.transforms.v2.functional.affine``.
    """
    return in_integers(first.affine, inpt, angle, translate, scale, shear, mode_of(interpolation), fill, center)


def _mask_rotate(
    mask: Any, angle: float, interpolation: Any = _NEAREST, expand: bool = False, center: Any = None, fill: Any = None
) -> Any:
    return _rotated(mask, angle, _NEAREST, expand, center, fill)


@takes(masks=_mask_rotate, boxes=_boxes.rotate)
def rotate(
    inpt: Any, angle: float, interpolation: Any = _NEAREST, expand: bool = False, center: Any = None, fill: Any = None
) -> Any:
    """The image turned counter-clockwise; a mask by the nearest pixels.

    Source of the semantics: ``torchvision.transforms.v2.functional.rotate``.
    """
    return _rotated(inpt, angle, mode_of(interpolation), expand, center, fill)


def _rotated(inpt: Any, angle: float, mode: InterpolationMode, expand: bool, center: Any, fill: Any) -> Any:
    if not isinstance(inpt, Tensor):
        return first.rotate(inpt, angle, mode, expand, center, fill)
    turn = float(angle % 360)  # also of a number of NumPy's, or a tensor of one
    quarters, rest = divmod(turn, 90)
    if center is None and not rest and (quarters % 2 == 0 or expand or inpt.shape[-1] == inpt.shape[-2]):
        return inpt.rot90(int(quarters), (-2, -1))  # no pixel is made of others
    return in_integers(first.rotate, inpt, turn, mode, expand, center, fill)


def _numbers(startpoints: Any, endpoints: Any, coefficients: Any) -> list[float]:
    if coefficients is not None:
        if startpoints is not None and endpoints is not None:
            raise ValueError("The startpoints/endpoints and the coefficients shouldn't be defined concurrently.")
        if len(coefficients) != 8:
            raise ValueError("Argument coefficients should have 8 float values")
        return list(coefficients)
    if startpoints is None or endpoints is None:
        raise ValueError("Either the startpoints/endpoints or the coefficients must have non `None` values.")
    return coefficients_of(startpoints, endpoints)


def _mask_perspective(
    mask: Any,
    startpoints: Any,
    endpoints: Any,
    interpolation: Any = _BILINEAR,
    fill: Any = None,
    coefficients: Any = None,
) -> Any:
    return of_coefficients(mask, _numbers(startpoints, endpoints, coefficients), _NEAREST, fill)


def _boxes_perspective(
    inpt: Any, startpoints: Any, endpoints: Any, interpolation: Any = None, fill: Any = None, coefficients: Any = None
) -> Any:
    return _boxes.perspective(inpt, _numbers(startpoints, endpoints, coefficients))


@takes(masks=_mask_perspective, boxes=_boxes_perspective)
def perspective(
    inpt: Any, startpoints: Sequence[Sequence[int]] | None, endpoints: Sequence[Sequence[int]] | None,
    interpolation: Any = _BILINEAR, fill: Any = None, coefficients: Sequence[float] | None = None,
) -> Any:  # fmt: skip
    """The image as from another point of view; a mask by the nearest pixels.

    Args:
        inpt: an image, a video, a mask or boxes.
        startpoints: four points (x, y), from the upper left one clockwise.
        endpoints: where they come to lie.
        interpolation: how pixels are made of others, a mode or its name.
        fill: the colour of what comes from outside.
        coefficients: instead of the points, the eight numbers by which pixels are found.

    Source of the semantics: ``torchvision.transforms.v2.functional.perspective``.

    Raises:
        ValueError: the points or the numbers are not what they should be.
    """
    numbers = _numbers(startpoints, endpoints, coefficients)
    return in_integers(of_coefficients, inpt, numbers, mode_of(interpolation), fill)


def _mask_elastic(mask: Any, displacement: Any, interpolation: Any = _NEAREST, fill: Any = None) -> Any:
    return first.elastic_transform(mask, displacement, _NEAREST, fill)


@takes(masks=_mask_elastic, boxes=_boxes.elastic)
def elastic(inpt: Any, displacement: Tensor, interpolation: Any = _BILINEAR, fill: Any = None) -> Any:
    """The image whose every pixel comes from beside its place. Source: ``torchvision.transforms.v2.functional.elastic``."""
    return in_integers(first.elastic_transform, inpt, displacement, mode_of(interpolation), fill)


elastic_transform = elastic
