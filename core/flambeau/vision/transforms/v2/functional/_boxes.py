"""What becomes of boxes and points when their image is changed. Source: ``torchvision.transforms.v2.functional``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.data import tensor
from flambeau.ops.movement.joining import cat, stack
from flambeau.vision.tv_tensors import BoundingBoxes, BoundingBoxFormat, KeyPoints, is_rotated_bounding_format, wrap

from ...functional._cutting import pair, sides
from ...functional._warping import check_displacement, expanded, inverse_matrix, slants_of
from ._sizes import resized

__all__ = ["affine", "center_crop", "corners_of", "crop", "elastic", "flip", "moved", "numbers_of", "pad", "perspective",
           "resize", "resized_crop", "rotate"]  # fmt: skip

Corners = Callable[[Tensor], Tensor]


def corners_of(boxes: Tensor, format: BoundingBoxFormat) -> Tensor:
    """Left, above, right and below of upright boxes (..., 4), cut to integers where the numbers are."""
    if format is BoundingBoxFormat.XYXY:
        return boxes
    precise = boxes if boxes.dtype.is_floating_point else boxes.to(dtypes.float32)
    place, size = precise[..., :2], precise[..., 2:]
    if format is BoundingBoxFormat.CXCYWH:
        place = place - size / 2
    return cat((place, place + size), -1).to(boxes.dtype)


def numbers_of(corners: Tensor, format: BoundingBoxFormat) -> Tensor:
    """The numbers of a format of left, above, right and below (..., 4)."""
    if format is BoundingBoxFormat.XYXY:
        return corners
    place, size = corners[..., :2], corners[..., 2:] - corners[..., :2]
    if format is BoundingBoxFormat.CXCYWH:
        whole = not corners.dtype.is_floating_point
        place = (place * 2 + size).div(2, rounding_mode="floor" if whole else None)
    return cat((place, size), -1)


def need_upright(format: BoundingBoxFormat, what: str) -> None:
    """Raise for boxes that may be turned."""
    if is_rotated_bounding_format(format):
        raise NotImplementedError(
            f"{what} takes upright boxes (XYXY, XYWH, CXCYWH), not those of the format {format.value}: convert them first"
        )


Places = BoundingBoxes | KeyPoints


def moved(
    boxes: Places, what: str, change: Corners, canvas_size: tuple[int, int] | None = None, clamp: bool = True,
    whole: bool = False,
) -> Any:  # fmt: skip
    """Boxes whose corners were changed, within their canvas, which may be a new one; a point is a box without size.

    ``whole``: the corners of boxes of integers are cut to integers before they are changed.
    """
    height, width = canvas = canvas_size or boxes.canvas_size
    plain = boxes.as_subclass(Tensor)
    precise = plain if plain.dtype.is_floating_point else plain.to(dtypes.float32)
    if isinstance(boxes, KeyPoints):
        made = change(cat((precise, precise), -1))[..., :2]
        return wrap(made.to(plain.dtype), like=boxes, canvas_size=canvas)
    need_upright(boxes.format, what)
    corners = change(corners_of(plain if whole else precise, boxes.format).to(precise.dtype))
    if clamp and boxes.clamping_mode is not None:
        corners = clamped(corners, (height, width))
    return wrap(numbers_of(corners, boxes.format).to(plain.dtype), like=boxes, canvas_size=canvas)


def clamped(corners: Tensor, canvas_size: tuple[int, int]) -> Tensor:
    """Corners of which none lies outside."""
    height, width = canvas_size
    limits = tensor([width, height, width, height], dtype=corners.dtype, device=corners.device)
    return corners.clamp(min=0).minimum(limits)


def _shifted(across: float, down: float) -> Corners:
    return lambda corners: corners + tensor([across, down] * 2, dtype=corners.dtype, device=corners.device)


def flip(horizontally: bool) -> Callable[[Places], Any]:
    """What exchanges left and right, or above and below."""

    def kernel(boxes: Places) -> Any:
        last = int(isinstance(boxes, KeyPoints))  # a point is a pixel, which has a width
        height, width = (size - last for size in boxes.canvas_size)

        def change(corners: Tensor) -> Tensor:
            left, above, right, below = corners.unbind(-1)
            turned = (
                (width - right, above, width - left, below)
                if horizontally
                else (left, height - below, right, height - above)
            )
            return stack(turned, -1)

        return moved(boxes, "a flip", change, clamp=False)

    return kernel


def crop(inpt: Places, top: int, left: int, height: int, width: int) -> Any:
    """Boxes in a part of the image."""
    return moved(inpt, "crop", _shifted(-left, -top), (height, width))


def center_crop(inpt: Places, output_size: Any) -> Any:
    """Boxes in the middle of the image."""
    height, width = pair(output_size)
    rows, columns = inpt.canvas_size
    return crop(inpt, round((rows - height) / 2.0), round((columns - width) / 2.0), height, width)


def pad(inpt: Places, padding: Any, fill: Any = None, padding_mode: str = "constant") -> Any:
    """Boxes in an image with a border."""
    if padding_mode != "constant":
        kind = "KeyPoints (supported modes are constant)" if isinstance(inpt, KeyPoints) else "bounding boxes"
        raise ValueError(f"Padding mode '{padding_mode}' is not supported with {kind}")
    left, above, right, below = sides(padding)
    rows, columns = inpt.canvas_size
    return moved(inpt, "pad", _shifted(left, above), (rows + above + below, columns + left + right))


def resize(
    inpt: Places, size: Any, interpolation: Any = None, max_size: int | None = None, antialias: Any = None
) -> Any:
    """Boxes in an image of another size; what lies outside stays there."""
    rows, columns = inpt.canvas_size
    height, width = resized(rows, columns, size, max_size)
    if isinstance(inpt, BoundingBoxes):
        need_upright(inpt.format, "resize")
    plain = inpt.as_subclass(Tensor)
    ratios = tensor([width / columns, height / rows] * (plain.shape[-1] // 2), device=plain.device)
    return wrap((plain * ratios).to(plain.dtype), like=inpt, canvas_size=(height, width))


def resized_crop(
    inpt: Places, top: int, left: int, height: int, width: int, size: Any, interpolation: Any = None,
    antialias: Any = None,
) -> Any:  # fmt: skip
    """Boxes in a part of the image in another size."""
    return resize(crop(inpt, top, left, height, width), size)


# -- what is turned and stretched --------------------------------------------------------------------------------------


def _around(corners: Tensor, change: Corners) -> Tensor:
    """The boxes around the four corners of each, after a change of points (N, x/y)."""
    points = corners.reshape(-1, 4)[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)
    found = change(points).reshape(-1, 4, 2)
    return cat((found.amin(1), found.amax(1)), -1).reshape(corners.shape)


def _linear(points: Tensor, rows: Sequence[Sequence[float]]) -> Tensor:
    matrix = tensor(rows, dtype=points.dtype, device=points.device)
    return points @ matrix[:, :2].t() + matrix[:, 2]


def _inverse(matrix: Sequence[float]) -> list[list[float]]:
    a, b, c, d, e, f = matrix
    scale = a * e - b * d
    return [
        [e / scale, -b / scale, (b * f - c * e) / scale], [-d / scale, a / scale, (c * d - a * f) / scale]
    ]  # fmt: skip


def affine(
    inpt: Places, angle: float, translate: Sequence[float], scale: float, shear: Any, interpolation: Any = None,
    fill: Any = None, center: Sequence[float] | None = None,
) -> Any:  # fmt: skip
    """Boxes around what is turned, moved, scaled and sheared."""
    rows, columns = inpt.canvas_size
    matrix = inverse_matrix(center or [columns * 0.5, rows * 0.5], angle, translate, scale, slants_of(shear))
    return moved(inpt, "affine", lambda corners: _around(corners, lambda each: _linear(each, _inverse(matrix))))


def rotate(
    inpt: Places, angle: float, interpolation: Any = None, expand: bool = False,
    center: Sequence[float] | None = None, fill: Any = None,
) -> Any:  # fmt: skip
    """Boxes around what is turned."""
    rows, columns = inpt.canvas_size
    matrix = inverse_matrix(center or [columns * 0.5, rows * 0.5], -angle, [0.0, 0.0], 1.0, [0.0, 0.0])
    if not expand:
        return moved(inpt, "rotate", lambda corners: _around(corners, lambda each: _linear(each, _inverse(matrix))))
    width, height = expanded(matrix, columns, rows)

    def change(corners: Tensor) -> Tensor:
        whole = tensor(
            [[0.0, 0.0], [0.0, rows], [columns, rows], [columns, 0.0]], dtype=corners.dtype, device=corners.device
        )
        first = _linear(whole, _inverse(matrix)).amin(0)
        return _around(corners, lambda each: _linear(each, _inverse(matrix)) - first)

    return moved(inpt, "rotate", change, (height, width))


def perspective(inpt: Places, numbers: Sequence[float]) -> Any:
    """Boxes around what is seen from another point, of the eight numbers by which pixels are found."""
    a, b, c, d, e, f, g, h = numbers
    if not a * e - b * d:
        raise RuntimeError(
            f"Provided perspective_coeffs {list(numbers)} can not be inverted to transform bounding boxes."
        )
    over = [[e - f * h, c * h - b, b * f - c * e], [f * g - d, a - c * g, c * d - a * f]]
    under = [[d * h - e * g, b * g - a * h, a * e - b * d]]
    change: Corners = lambda points: _linear(points, over) / _linear(points, under)  # noqa: E731
    return moved(inpt, "perspective", lambda corners: _around(corners, change), whole=True)


def elastic(inpt: Places, displacement: Tensor, interpolation: Any = None, fill: Any = None) -> Any:
    """Boxes around what is bent: a corner goes about as far the other way as the pixel there comes from."""
    rows, columns = inpt.canvas_size
    check_displacement(displacement, (1, rows, columns, 2))

    def change(points: Tensor) -> Tensor:
        size = tensor([columns, rows], dtype=points.dtype, device=points.device)
        whole = points.trunc() if isinstance(inpt, KeyPoints) else points.ceil()
        across, down = whole.clamp(min=0).minimum(size - 1).to(dtypes.int64).unbind(-1)
        shift = displacement.to(points.device, points.dtype)[0][down, across]
        return stack((across, down), -1) - shift * 0.5 * size

    def bent(corners: Tensor) -> Tensor:
        return _around(corners, change).to(inpt.dtype)

    return moved(inpt, "elastic", bent, whole=True)
