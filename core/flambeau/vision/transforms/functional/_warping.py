"""Images that are turned, moved, stretched and bent. Source of the semantics: ``torchvision.transforms.functional``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.nn.functional import grid_sample
from flambeau.ops.creation.data import tensor
from flambeau.ops.creation.filled import ones
from flambeau.ops.creation.ranges import linspace
from flambeau.ops.linalg.solving import solve
from flambeau.ops.movement.grids import meshgrid
from flambeau.ops.movement.joining import cat, stack
from flambeau.vision._images import bands, dimensions, is_number, is_pillow, pillow

from .._interpolation import InterpolationMode, interpolation_mode, of_pillow
from ._batches import as_batch, precise, unbatched
from ._conversion import pil_to_tensor, to_pil_image

__all__ = ["affine", "elastic_transform", "perspective", "rotate"]

Fill = float | Sequence[float] | None


# -- what is computed from what is asked -------------------------------------------------------------------------------


def inverse_matrix(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """Where each pixel of the result comes from, as the six numbers of a matrix.

    The image is sheared, turned and scaled about the centre, and moved: the matrix is the inverse of that. Angles are in
    degrees.
    """
    turn, across, down = (math.radians(each) for each in (angle, *shear))
    a = math.cos(turn - down) / math.cos(down)
    b = -math.cos(turn - down) * math.tan(across) / math.cos(down) - math.sin(turn)
    c = math.sin(turn - down) / math.cos(down)
    d = -math.sin(turn - down) * math.tan(across) / math.cos(down) + math.cos(turn)
    x, y = (-middle - step for middle, step in zip(center, translate, strict=True))
    rows = [(d / scale, -b / scale), (-c / scale, a / scale)]
    found = []
    for (first, second), middle in zip(rows, center, strict=True):
        found += [first, second, first * x + second * y + middle]
    return found


def slants_of(shear: Any) -> list[float]:
    """How far an image is sheared along x and y: one number alone is that along x, one in a sequence that along both."""
    if is_number(shear):
        return [shear, 0.0]
    return list(shear) * (2 if len(shear) == 1 else 1)


def _mode(interpolation: Any) -> InterpolationMode:
    return interpolation_mode(interpolation)


def _of_tensor(mode: InterpolationMode) -> str:
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"Interpolation mode '{mode.value}' is unsupported with Tensor input")
    return str(mode.value)


def _need_sequence(value: Any, name: str) -> None:
    if value is not None and not isinstance(value, (list, tuple)):
        raise TypeError(f"Argument {name} should be a sequence")


def _from_middle(center: Sequence[float] | None, img: Any) -> list[float]:
    """A centre as its distance from the middle of the image."""
    if center is None:
        return [0.0, 0.0]
    if len(center) != 2:
        raise ValueError(f"Argument center should be a sequence of length 2, got {len(center)} numbers")
    _, height, width = dimensions(img)
    return [place - size * 0.5 for place, size in zip(center, (width, height), strict=True)]


# -- what is asked -----------------------------------------------------------------------------------------------------


def rotate(
    img: Any, angle: float, interpolation: Any = InterpolationMode.NEAREST, expand: bool = False,
    center: Sequence[float] | None = None, fill: Fill = None,
) -> Any:  # fmt: skip
    """The image turned counter-clockwise.

    Args:
        img: a tensor (..., C, H, W) or an image of Pillow's.
        angle: in degrees.
        interpolation: nearest or bilinear; of Pillow's images bicubic as well.
        expand: make the result so large that all of the image is in it.
        center: (x, y) about which it is turned, the middle by default.
        fill: the colour of what comes from outside.

    Source of the semantics: ``torchvision.transforms.functional.rotate``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    mode = _mode(interpolation)
    if not is_number(angle):
        raise TypeError("Argument angle should be int or float")
    _need_sequence(center, "center")
    if not isinstance(img, Tensor):
        dimensions(img)
        return img.rotate(angle, of_pillow(mode), expand, center, fillcolor=bands(fill, img))
    matrix = inverse_matrix(_from_middle(center, img), -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    _, height, width = dimensions(img)
    size = expanded(matrix, width, height) if expand else (width, height)
    return _sampled(img, _affine_grid(matrix, img, size), _of_tensor(mode), fill)


def affine(
    img: Any, angle: float, translate: Sequence[float], scale: float, shear: float | Sequence[float],
    interpolation: Any = InterpolationMode.NEAREST, fill: Fill = None, center: Sequence[float] | None = None,
) -> Any:  # fmt: skip
    """The image turned clockwise, moved, scaled and sheared.

    Args:
        img: a tensor (..., C, H, W) or an image of Pillow's.
        angle: in degrees.
        translate: how far to the right and down, in pixels.
        scale: how much larger.
        shear: in degrees, along x, or along x and y.
        interpolation: nearest or bilinear; of Pillow's images bicubic as well.
        fill: the colour of what comes from outside.
        center: (x, y) of what stays in its place, the middle by default.

    Source of the semantics: ``torchvision.transforms.functional.affine``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    mode = _mode(interpolation)
    if not is_number(angle):
        raise TypeError("Argument angle should be int or float")
    _need_sequence(translate, "translate")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not (is_number(shear) or isinstance(shear, (list, tuple))):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    slants = slants_of(shear)
    if len(slants) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    _need_sequence(center, "center")
    _, height, width = dimensions(img)
    if not isinstance(img, Tensor):
        middle = (width * 0.5, height * 0.5) if center is None else center
        matrix = inverse_matrix(middle, angle, translate, scale, slants)
        return img.transform(img.size, pillow().Transform.AFFINE, matrix, of_pillow(mode), fillcolor=bands(fill, img))
    matrix = inverse_matrix(_from_middle(center, img), angle, translate, scale, slants)
    return _sampled(img, _affine_grid(matrix, img, (width, height)), _of_tensor(mode), fill)


def perspective(
    img: Any, startpoints: Sequence[Sequence[int]], endpoints: Sequence[Sequence[int]],
    interpolation: Any = InterpolationMode.BILINEAR, fill: Fill = None,
) -> Any:  # fmt: skip
    """The image as from another point of view: four of its points come to lie elsewhere.

    Args:
        img: a tensor (..., C, H, W) or an image of Pillow's.
        startpoints: four points (x, y), from the upper left one clockwise.
        endpoints: where they come to lie.
        interpolation: nearest or bilinear; of Pillow's images bicubic as well.
        fill: the colour of what comes from outside.

    Source of the semantics: ``torchvision.transforms.functional.perspective``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    return of_coefficients(img, coefficients(startpoints, endpoints), _mode(interpolation), fill)


def of_coefficients(img: Any, numbers: list[float], mode: InterpolationMode, fill: Fill) -> Any:
    """The image as from the point of view that eight numbers say: see :func:`coefficients`."""
    if isinstance(img, Tensor):
        return _sampled(img, _perspective_grid(numbers, img), _of_tensor(mode), fill)
    dimensions(img)
    return img.transform(img.size, pillow().Transform.PERSPECTIVE, numbers, of_pillow(mode), fillcolor=bands(fill, img))


def coefficients(starts: Sequence[Sequence[int]], ends: Sequence[Sequence[int]]) -> list[float]:
    """The eight numbers by which each pixel (x, y) of the result comes from ``(ax + by + c, dx + ey + f) / (gx + hy + 1)``."""
    if len(starts) != 4 or len(ends) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(starts)} startpoints and {len(ends)} endpoints."
        )
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(ends, starts, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    known = tensor([float(each) for point in starts for each in point], dtype=dtypes.float64)
    return solve(tensor(rows, dtype=dtypes.float64), known).to(dtypes.float32).tolist()


def elastic_transform(
    img: Any, displacement: Any, interpolation: Any = InterpolationMode.BILINEAR, fill: Fill = None
) -> Any:
    """The image whose every pixel comes from beside its place.

    Args:
        img: a tensor (..., C, H, W) or an image of Pillow's.
        displacement: how far beside, (1, H, W, 2), across and down, in halves of the image's sizes.
        interpolation: nearest or bilinear.
        fill: the colour of what comes from outside.

    Source of the semantics: ``torchvision.transforms.functional.elastic_transform``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    if isinstance(interpolation, int):
        warnings.warn(
            "Argument interpolation should be of type InterpolationMode instead of int. Please, use InterpolationMode enum.",
            UserWarning, stacklevel=level_of_caller(),
        )  # fmt: skip
    mode = _mode(interpolation)
    if not isinstance(img, Tensor) and not is_pillow(img):
        raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
    pixels = img if isinstance(img, Tensor) else pil_to_tensor(img)
    check_displacement(displacement, (1, *pixels.shape[-2:], 2))
    across, down = (
        linspace((1 - size) / size, (size - 1) / size, size) for size in (pixels.shape[-1], pixels.shape[-2])
    )
    rows, columns = meshgrid(down, across, indexing="ij")
    grid = stack([columns, rows], -1).unsqueeze(0).to(pixels.device) + displacement.to(pixels.device)
    made = _sampled(pixels, grid, mode.value, fill)
    return made if isinstance(img, Tensor) else to_pil_image(made, mode=img.mode)


def check_displacement(displacement: Any, expected: tuple[int, ...]) -> None:
    """Raise unless it is a tensor of that shape."""
    if not isinstance(displacement, Tensor):
        raise TypeError("Argument displacement should be a Tensor")
    if displacement.shape != expected:
        raise ValueError(f"Argument displacement shape should be {expected}, but given {displacement.shape}")


# -- the pixels of tensors ---------------------------------------------------------------------------------------------


def _places(size: int, first: float, img: Tensor) -> Tensor:
    return linspace(first, first + size - 1, size, device=img.device).to(precise(img))


def _base(size: tuple[int, int], across: float, down: float, img: Tensor) -> Tensor:
    """(x, y, 1) of every pixel, (height · width, 3)."""
    width, height = size
    rows, columns = meshgrid(_places(height, down, img), _places(width, across, img), indexing="ij")
    return stack([columns, rows, rows.new_ones(rows.shape)], -1).reshape(1, -1, 3)


def _affine_grid(matrix: list[float], img: Tensor, size: tuple[int, int]) -> Tensor:
    """Where the pixels of a result of a size come from, from -1 to 1 in each direction of the image."""
    _, height, width = dimensions(img)
    base = _base(size, -size[0] * 0.5 + 0.5, -size[1] * 0.5 + 0.5, img)
    theta = tensor(matrix, dtype=base.dtype, device=img.device).reshape(1, 2, 3)
    halves = tensor([0.5 * width, 0.5 * height], dtype=base.dtype, device=img.device)
    return base.bmm(theta.transpose(1, 2) / halves).reshape(1, size[1], size[0], 2)


def expanded(matrix: list[float], width: int, height: int) -> tuple[int, int]:
    """How large a result must be for all of the image to be in it."""
    corners = [(x, y, 1.0) for x in (-0.5 * width, 0.5 * width) for y in (-0.5 * height, 0.5 * height)]
    moved = tensor(corners).matmul(tensor(matrix).reshape(2, 3).t())
    middle = tensor([width * 0.5, height * 0.5])
    step = 1e-4  # what is nearer to an integer than that is one
    least, most = ((each / step).trunc() * step for each in (moved.amin(0) + middle, moved.amax(0) + middle))
    across, down = (most.ceil() - least.floor()).tolist()
    return int(across), int(down)


def _perspective_grid(numbers: list[float], img: Tensor) -> Tensor:
    _, height, width = dimensions(img)
    base = _base((width, height), 0.5, 0.5, img)
    a, b, c, d, e, f, g, h = numbers
    over = tensor([[[a, b, c], [d, e, f]]], dtype=base.dtype, device=img.device).transpose(1, 2)
    under = tensor([[[g, h, 1.0], [g, h, 1.0]]], dtype=base.dtype, device=img.device).transpose(1, 2)
    halves = tensor([0.5 * width, 0.5 * height], dtype=base.dtype, device=img.device)
    return (base.bmm(over / halves) / base.bmm(under) - 1.0).reshape(1, height, width, 2)


def _sampled(img: Tensor, grid: Tensor, mode: str, fill: Fill) -> Tensor:
    """The image at the places of a grid; what comes from outside is black, or the colour to fill with."""
    channels, *_ = dimensions(img)
    if isinstance(fill, (list, tuple)) and len(fill) not in (1, channels):
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of the image "
            f"({len(fill)} != {channels})"
        )
    if 0 in img.shape[-2:]:
        return img
    batch = as_batch(img, (grid.dtype,))
    many = grid.expand(len(batch), -1, -1, -1)
    if fill is None:
        return unbatched(grid_sample(batch, many, mode, "zeros", align_corners=False), img)
    covered = ones((len(batch), 1, *batch.shape[2:]), dtype=batch.dtype, device=batch.device)
    sampled = grid_sample(cat((batch, covered), 1), many, mode, "zeros", align_corners=False)
    found, share = sampled[:, :-1], sampled[:, -1:]
    colours = [float(each) for each in fill] if isinstance(fill, (list, tuple)) else [float(fill)]  # type: ignore[arg-type]
    colour = tensor(colours, dtype=batch.dtype, device=batch.device).reshape(1, -1, 1, 1)
    made = found.where(share >= 0.5, colour) if mode == "nearest" else found * share + (1.0 - share) * colour
    return unbatched(made, img)
