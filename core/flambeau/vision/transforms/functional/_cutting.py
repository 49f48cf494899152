"""Parts of images, borders around them, other sizes. Source of the semantics: ``torchvision.transforms.functional``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.nn.functional import interpolate
from flambeau.nn.functional import pad as pad_tensor
from flambeau.vision._images import bands, dimensions, image_like, is_number, need_pillow, pillow

from .._interpolation import InterpolationMode, interpolation_mode, of_pillow
from ._batches import as_batch, unbatched
from ._conversion import pil_to_tensor

__all__ = [
    "center_crop", "crop", "erase", "five_crop", "hflip", "pad", "resize", "resized_crop", "ten_crop", "vflip",
]  # fmt: skip

_PAIR = "Please provide only two dimensions (h, w) for size."


# -- turning round -----------------------------------------------------------------------------------------------------


def hflip(img: Any) -> Any:
    """The image with left and right exchanged. Source: ``torchvision.transforms.functional.hflip``."""
    if isinstance(img, Tensor):
        dimensions(img)
        return img.flip(-1)
    need_pillow(img)
    return img.transpose(pillow().Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Any) -> Any:
    """The image with above and below exchanged. Source: ``torchvision.transforms.functional.vflip``."""
    if isinstance(img, Tensor):
        dimensions(img)
        return img.flip(-2)
    need_pillow(img)
    return img.transpose(pillow().Transpose.FLIP_TOP_BOTTOM)


# -- parts -------------------------------------------------------------------------------------------------------------


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A part of the image; what lies outside is black. Source: ``torchvision.transforms.functional.crop``."""
    if not isinstance(img, Tensor):
        need_pillow(img)
        return img.crop((left, top, left + width, top + height))
    _, rows, columns = dimensions(img)
    bottom, right = top + height, left + width
    inside = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if top >= 0 and left >= 0 and bottom <= rows and right <= columns:
        return inside
    outside = [
        max(-left + min(0, right), 0), max(-top + min(0, bottom), 0), max(right - max(columns, left), 0),
        max(bottom - max(rows, top), 0),
    ]  # fmt: skip
    return pad(inside, outside, fill=0)


def pair(size: Any) -> tuple[int, int]:
    """A height and a width, or one number for both.

    Raises:
        ValueError: there are other numbers of them.
    """
    if is_number(size):
        return int(size), int(size)
    if len(size) not in (1, 2):
        raise ValueError(_PAIR)
    return size[0], size[-1]


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """The middle of the image, with a black border if it is too small.

    Source of the semantics: ``torchvision.transforms.functional.center_crop``.
    """
    height, width = pair(output_size)
    _, rows, columns = dimensions(img)
    across, down = max(width - columns, 0), max(height - rows, 0)
    if across or down:
        img = pad(img, [across // 2, down // 2, (across + 1) // 2, (down + 1) // 2], fill=0)
        _, rows, columns = dimensions(img)
    if (rows, columns) == (height, width):
        return img
    return crop(img, round((rows - height) / 2.0), round((columns - width) / 2.0), height, width)


def five_crop(img: Any, size: int | Sequence[int]) -> tuple[Any, ...]:
    """The four corners and the middle. Source: ``torchvision.transforms.functional.five_crop``.

    Raises:
        ValueError: the image is smaller.
    """
    height, width = pair(size)
    _, rows, columns = dimensions(img)
    if width > columns or height > rows:
        raise ValueError(f"Requested crop size {(height, width)} is bigger than input size {(rows, columns)}")
    corners = [(top, left) for top in (0, rows - height) for left in (0, columns - width)]
    return *(crop(img, top, left, height, width) for top, left in corners), center_crop(img, [height, width])


def ten_crop(img: Any, size: int | Sequence[int], vertical_flip: bool = False) -> tuple[Any, ...]:
    """The four corners and the middle, of the image and of its mirror image. Source: ``torchvision.transforms.functional``."""
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Tensor:
    """The image with a rectangle filled by ``v``. Source: ``torchvision.transforms.functional.erase``.

    Args:
        img: a tensor.
        i, j, h, w: above, left, height and width of the rectangle.
        v: what is put there, broadcast.
        inplace: write into the tensor.
    """
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    dimensions(img)
    changed = img if inplace else img.clone()
    changed[..., i : i + h, j : j + w] = v
    return changed


# -- borders -----------------------------------------------------------------------------------------------------------

_KEPT = (
    dtypes.float32, dtypes.float64, dtypes.uint8, dtypes.int8, dtypes.int16, dtypes.bool, dtypes.float16, dtypes.bfloat16,
)  # fmt: skip
"""What a border is made of as it is; in torchvision all but the first two go through float32, which holds them exactly."""

_PADDINGS = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "symmetric": "symmetric"}


def pad(
    img: Any, padding: int | Sequence[int], fill: float | Sequence[float] | None = 0, padding_mode: str = "constant"
) -> Any:
    """The image with a border.

    Args:
        img: a tensor (..., H, W) or an image of Pillow's.
        padding: how wide: one number, (left and right, above and below), or (left, above, right, below); negative cuts off.
        fill: the colour of a "constant" border.
        padding_mode: "constant", "edge", "reflect" (the border is not repeated) or "symmetric" (it is).

    Source of the semantics: ``torchvision.transforms.functional.pad``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    left, above, right, below = sides(padding)
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    if padding_mode not in _PADDINGS:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    if not isinstance(img, Tensor):
        return _pad_image(img, (left, above, right, below), fill, padding_mode)
    dimensions(img)
    if not is_number(fill) and fill is not None:
        raise TypeError("Got inappropriate fill arg")
    if padding_mode == "symmetric":
        return _continued(img, (left, above, right, below), padding_mode)
    batch = as_batch(img, () if padding_mode == "constant" else _KEPT)
    value = float(fill or 0) if padding_mode == "constant" else None
    return unbatched(pad_tensor(batch, [left, right, above, below], _PADDINGS[padding_mode], value), img)


def sides(padding: Any) -> tuple[int, int, int, int]:
    """How wide a border is on the left, above, on the right and below."""
    if isinstance(padding, (int, Integral)):
        return (int(padding),) * 4
    if not isinstance(padding, (tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if len(padding) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple")
    left, above, right, below = tuple(padding) * (4 // len(padding))
    return left, above, right, below


def _pad_image(img: Any, border: tuple[int, int, int, int], fill: Any, mode: str) -> Any:
    need_pillow(img)
    if fill is not None and not (is_number(fill) or isinstance(fill, (tuple, list))):
        raise TypeError("Got inappropriate fill arg")
    if mode != "constant":
        return image_like(img, _continued(pil_to_tensor(img), border, mode).permute(1, 2, 0))
    from PIL import ImageOps  # there is an image, so Pillow is there

    made = ImageOps.expand(img, border=border, fill=bands(fill, img))
    if img.mode == "P":
        made.putpalette(img.getpalette())
    return made


def _continued(img: Tensor, border: tuple[int, int, int, int], mode: str) -> Tensor:
    """The image with a border of its own pixels, as often as it takes."""
    left, above, right, below = border
    rows = _places(img.shape[-2], above, below, mode)
    columns = _places(img.shape[-1], left, right, mode)
    return img[..., rows, :][..., columns]


def _places(size: int, before: int, after: int, mode: str) -> list[int]:
    """The places of a dimension that is continued on both sides, or cut off where a number is negative."""
    wanted = range(-before, size + after)
    if not size and wanted:
        raise IndexError(f"an image without pixels cannot be continued: padding_mode='{mode}' needs at least one")
    if mode == "edge" or size == 1:
        return [min(max(place, 0), size - 1) for place in wanted]
    period = 2 * size - (2 if mode == "reflect" else 0)
    turned = [place % period for place in wanted]
    return [place if place < size else period - place - (mode == "symmetric") for place in turned]


# -- sizes -------------------------------------------------------------------------------------------------------------


def resize(
    img: Any, size: int | Sequence[int], interpolation: Any = InterpolationMode.BILINEAR, max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:  # fmt: skip
    """The image in another size.

    Args:
        img: a tensor (..., H, W) or an image of Pillow's.
        size: (height, width), or the length of the shorter edge, whose longer edge then keeps the proportion.
        interpolation: how pixels are made of others.
        max_size: how long the longer edge may be at most; the shorter one becomes shorter then.
        antialias: of tensors, smooth before the image becomes smaller (bilinear and bicubic); Pillow's always are.

    Source of the semantics: ``torchvision.transforms.functional.resize``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    mode = interpolation_mode(interpolation)
    wanted = [size] if isinstance(size, int) else list(size)
    if len(wanted) not in (1, 2):
        raise ValueError(f"Size must be an int or a 1 or 2 element tuple/list, not a {len(wanted)} element tuple/list")
    if max_size is not None and len(wanted) != 1:
        raise ValueError(
            "max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be an int or a "
            "sequence of length 1 in torchscript mode."
        )
    _, rows, columns = dimensions(img)
    height, width = resized(rows, columns, wanted, max_size)
    if (height, width) == (rows, columns):
        return img
    if isinstance(img, Tensor):
        return _resize_tensor(img, (height, width), mode, bool(antialias))
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", UserWarning,
            stacklevel=level_of_caller(),
        )  # fmt: skip
    return img.resize((width, height), of_pillow(mode))


def resized(rows: int, columns: int, size: list[int], max_size: int | None) -> tuple[int, int]:
    """The height and the width that a size asks for."""
    if len(size) == 2:
        return size[0], size[1]
    short, long = sorted((rows, columns))
    shorter, longer = size[0], int(size[0] * long / short)
    if max_size is not None:
        if max_size <= shorter:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge size = {size}"
            )
        if longer > max_size:
            shorter, longer = int(max_size * shorter / longer), max_size
    return (longer, shorter) if columns <= rows else (shorter, longer)


def _resize_tensor(img: Tensor, size: tuple[int, int], mode: InterpolationMode, antialias: bool) -> Tensor:
    smooth = mode in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC)
    batch = as_batch(img, (dtypes.float32, dtypes.float64))
    made = interpolate(
        batch, list(size), mode=mode.value, align_corners=False if smooth else None, antialias=antialias and smooth
    )
    if mode is InterpolationMode.BICUBIC and img.dtype is dtypes.uint8:
        made = made.clamp(min=0, max=255)
    return unbatched(made, img)


def resized_crop(
    img: Any, top: int, left: int, height: int, width: int, size: int | Sequence[int],
    interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
) -> Any:  # fmt: skip
    """A part of the image in another size: see :func:`crop` and :func:`resize`.

    Source of the semantics: ``torchvision.transforms.functional.resized_crop``.
    """
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)
