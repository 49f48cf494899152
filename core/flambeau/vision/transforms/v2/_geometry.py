"""Transforms of sizes and places. Source of the semantics: ``torchvision.transforms.v2``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import tensor
from flambeau.ops.random import rand
from flambeau.random._host import draw_integer
from flambeau.vision._images import is_pillow
from flambeau.vision.ops import box_iou
from flambeau.vision.tv_tensors import BoundingBoxes, Image, Mask, wrap

from .. import _geometry as first
from .._drawing import check_sequence
from ..functional._cutting import sides
from . import functional
from ._options import check_border, fill_for, fills, size_of
from ._queries import get_bounding_boxes, has_any, query_size
from ._transform import RandomApplyTransform, Transform, warn_if_kept
from .functional._boxes import corners_of, need_upright
from .functional._kinds import is_pure_tensor

__all__ = [
    "CenterCrop", "FiveCrop", "Pad", "RandomCrop", "RandomHorizontalFlip", "RandomIoUCrop", "RandomResize", "RandomResizedCrop",
    "RandomShortestSize", "RandomVerticalFlip", "RandomZoomOut", "Resize", "ScaleJitter", "TenCrop",
]  # fmt: skip


class RandomHorizontalFlip(RandomApplyTransform):
    """Left and right exchanged, with a probability. Source: ``torchvision.transforms.v2.RandomHorizontalFlip``."""

    _first = first.RandomHorizontalFlip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The mirror image."""
        return self._call_kernel(functional.horizontal_flip, inpt)


class RandomVerticalFlip(RandomApplyTransform):
    """Above and below exchanged, with a probability. Source: ``torchvision.transforms.v2.RandomVerticalFlip``."""

    _first = first.RandomVerticalFlip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image upside down."""
        return self._call_kernel(functional.vertical_flip, inpt)


# -- sizes -------------------------------------------------------------------------------------------------------------


class _Resizing(Transform):
    """What brings to another size."""

    def _set(self, interpolation: Any, antialias: bool | None) -> None:
        self.interpolation = interpolation
        self.antialias = antialias

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image in another size."""
        return self._call_kernel(
            functional.resize, inpt, params["size"], interpolation=self.interpolation, antialias=self.antialias
        )


class Resize(Transform):
    """The image in another size: see :func:`.functional.resize`.

    Args:
        size: (height, width), the length of the shorter edge, or None where only ``max_size`` counts.
        interpolation: how pixels are made of others.
        max_size: how long the longer edge may be at most.
        antialias: of tensors, smooth before the image becomes smaller.

    Source of the semantics: ``torchvision.transforms.v2.Resize``.

    Raises:
        ValueError: the size is none.
    """

    _first = first.Resize

    def __init__(
        self, size: Any, interpolation: Any = "bilinear", max_size: int | None = None, antialias: bool | None = True
    ) -> None:
        super().__init__()
        if size is None:
            if not isinstance(max_size, int):
                raise ValueError(f"max_size must be an integer when size is None, but got {max_size} instead.")
        elif not isinstance(size, int) and not (isinstance(size, Sequence) and len(size) in (1, 2)):
            raise ValueError(
                f"size can be an integer, a sequence of one or two integers, or None, but got {size} instead."
            )
        self.size = [size] if isinstance(size, int) else size if size is None else list(size)
        self.interpolation = interpolation
        self.max_size = max_size
        self.antialias = antialias

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image in that size."""
        return self._call_kernel(
            functional.resize,
            inpt,
            self.size,
            interpolation=self.interpolation,
            max_size=self.max_size,
            antialias=self.antialias,
        )


class ScaleJitter(_Resizing):
    """The image as large as fits, times a random factor.

    Args:
        target_size: what it fits in, (width, height).
        scale_range: the factor, from the least to the most.
        interpolation, antialias: as for :class:`Resize`.
        generator: where the factor comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.ScaleJitter``; ``generator`` is not in it.
    """

    def __init__(
        self, target_size: tuple[int, int], scale_range: tuple[float, float] = (0.1, 2.0), interpolation: Any = "bilinear",
        antialias: bool | None = True, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.target_size = target_size
        self.scale_range = scale_range
        self._set(interpolation, antialias)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the size."""
        height, width = query_size(flat_inputs)
        low, high = self.scale_range
        drawn = low + rand(1, generator=self.generator, device="cpu") * (high - low)
        ratio = min(self.target_size[1] / height, self.target_size[0] / width) * drawn
        return {"size": (int((height * ratio).item()), int((width * ratio).item()))}


class RandomShortestSize(_Resizing):
    """The image with a shorter edge of a length that is drawn from a list.

    Args:
        min_size: the lengths, or one.
        max_size: how long the longer edge may be at most.
        interpolation, antialias: as for :class:`Resize`.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomShortestSize``; ``generator`` is not in it.
    """

    def __init__(
        self, min_size: Any, max_size: int | None = None, interpolation: Any = "bilinear", antialias: bool | None = True,
        *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.min_size = [min_size] if isinstance(min_size, int) else list(min_size)
        self.max_size = max_size
        self._set(interpolation, antialias)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the size."""
        height, width = query_size(flat_inputs)
        ratio = self.min_size[draw_integer(0, len(self.min_size), self.generator)] / min(height, width)
        if self.max_size is not None:
            ratio = min(ratio, self.max_size / max(height, width))
        return {"size": (int(height * ratio), int(width * ratio))}


class RandomResize(_Resizing):
    """The image with a shorter edge of a random length, from ``min_size`` to below ``max_size``.

    Source of the semantics: ``torchvision.transforms.v2.RandomResize``; ``generator`` is not in it.
    """

    def __init__(
        self, min_size: int, max_size: int, interpolation: Any = "bilinear", antialias: bool | None = True, *,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.min_size = min_size
        self.max_size = max_size
        self._set(interpolation, antialias)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the length."""
        return {"size": [draw_integer(self.min_size, self.max_size, self.generator)]}


# -- parts and borders -------------------------------------------------------------------------------------------------


class CenterCrop(Transform):
    """The middle of the image. Source of the semantics: ``torchvision.transforms.v2.CenterCrop``."""

    _first = first.CenterCrop

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = size_of(size)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The middle of the image, with a black border if it is too small."""
        return self._call_kernel(functional.center_crop, inpt, output_size=self.size)


class _Crops(Transform):
    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = size_of(size)

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Raise if there are boxes or masks."""
        if has_any(flat_inputs, BoundingBoxes, Mask):
            raise TypeError(f"BoundingBoxes'es and Mask's are not supported by {type(self).__name__}()")


class FiveCrop(_Crops):
    """The four corners and the middle of the image. Source of the semantics: ``torchvision.transforms.v2.FiveCrop``."""

    _first = first.FiveCrop

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """A tuple of five images; points as they are, with a warning."""
        warn_if_kept(self, inpt)
        return self._call_kernel(functional.five_crop, inpt, self.size)


class TenCrop(_Crops):
    """The corners and the middle of the image and of its mirror image. Source: ``torchvision.transforms.v2.TenCrop``."""

    _first = first.TenCrop

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """A tuple of ten images; points as they are, with a warning."""
        warn_if_kept(self, inpt)
        return self._call_kernel(functional.ten_crop, inpt, self.size, vertical_flip=self.vertical_flip)


class Pad(Transform):
    """The image with a border: see :func:`.functional.pad`.

    Args:
        padding: how wide.
        fill: the colour, or a dictionary of colours by the class of what is changed, "others" for the rest.
        padding_mode: "constant", "edge", "reflect" or "symmetric".

    Source of the semantics: ``torchvision.transforms.v2.Pad``.
    """

    _first = first.Pad

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        check_border(padding, padding_mode)
        self.padding = padding if isinstance(padding, int) else list(padding)
        self.fill = fill
        self._fill = fills(fill)
        self.padding_mode = padding_mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image with the border."""
        fill = fill_for(self._fill, inpt)
        return self._call_kernel(functional.pad, inpt, padding=self.padding, fill=fill, padding_mode=self.padding_mode)


class RandomZoomOut(RandomApplyTransform):
    """The image at a random place of a larger canvas, with a probability.

    Args:
        fill: as for :class:`Pad`.
        side_range: how many times larger, from the least to the most.
        p: the probability.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomZoomOut``; ``generator`` is not in it.

    Raises:
        TypeError, ValueError: an option is not what it should be.
    """

    def __init__(
        self, fill: Any = 0, side_range: Sequence[float] = (1.0, 4.0), p: float = 0.5, *, generator: Any = None
    ) -> None:
        super().__init__(p, generator=generator)
        self.fill = fill
        self._fill = fills(fill)
        check_sequence(side_range, "side_range", (2,))
        self.side_range = side_range
        if side_range[0] < 1.0 or side_range[0] > side_range[1]:
            raise ValueError(f"Invalid side range provided {side_range}.")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the border."""
        rows, columns = query_size(flat_inputs)
        low, high = self.side_range
        times = low + rand(1, generator=self.generator, device="cpu") * (high - low)
        width, height = (int((size * times).item()) for size in (columns, rows))
        across, down = rand(2, generator=self.generator, device="cpu")
        left, top = int(((width - columns) * across).item()), int(((height - rows) * down).item())
        return {"padding": [left, top, width - left - columns, height - top - rows]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image on its canvas."""
        return self._call_kernel(functional.pad, inpt, **params, fill=fill_for(self._fill, inpt))


class RandomCrop(Transform):
    """A part of a given size, at a random place.

    Args:
        size: (height, width), or one number for both.
        padding: first put a border around the image.
        pad_if_needed: put as much around it as the size takes.
        fill, padding_mode: as for :class:`Pad`.
        generator: where the place comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomCrop``; ``generator`` is not in it.

    Raises:
        ValueError: the image is smaller than the size, or an option is not what it should be.
    """

    _first = first.RandomCrop

    def __init__(
        self, size: Any, padding: Any = None, pad_if_needed: bool = False, fill: Any = 0, padding_mode: str = "constant",
        *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.size = size_of(size)
        if pad_if_needed or padding is not None:
            check_border(0 if padding is None else padding, padding_mode)
        left, above, right, below = sides(padding or 0)
        self.padding = [left, right, above, below] if padding else None
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self._fill = fills(fill)
        self.padding_mode = padding_mode

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw where to cut.

        Raises:
            ValueError: the image is smaller than that.
        """
        rows, columns = query_size(flat_inputs)
        left, right, above, below = self.padding or [0, 0, 0, 0]
        rows, columns = rows + above + below, columns + left + right
        height, width = self.size
        if self.pad_if_needed:
            down, across = max(height - rows, 0), max(width - columns, 0)
            above, below, left, right = above + down, below + down, left + across, right + across
            rows, columns = rows + 2 * down, columns + 2 * across
        if rows < height or columns < width:
            raise ValueError(
                f"Required crop size {(height, width)} is larger than {'padded ' if self.padding is not None else ''}input "
                f"image size {(rows, columns)}."
            )
        top, start = (
            draw_integer(0, room + 1, self.generator) if room else 0 for room in (rows - height, columns - width)
        )
        needs_crop = (rows, columns) != (height, width)
        padding = [left, above, right, below]
        return {
            "needs_crop": needs_crop, "top": top, "left": start, "height": height, "width": width, "needs_pad": any(padding),
            "padding": padding,
        }  # fmt: skip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The part of the image."""
        if params["needs_pad"]:
            fill = fill_for(self._fill, inpt)
            inpt = self._call_kernel(
                functional.pad, inpt, padding=params["padding"], fill=fill, padding_mode=self.padding_mode
            )
        if not params["needs_crop"]:
            return inpt
        return self._call_kernel(functional.crop, inpt, *(params[name] for name in ("top", "left", "height", "width")))


class RandomResizedCrop(Transform):
    """A part of random size, proportions and place, brought to a given size.

    Args:
        size: (height, width), or one number for both.
        scale: which share of the image's area the part has, from the least to the most.
        ratio: its width by its height, from the least to the most.
        interpolation, antialias: as for :class:`Resize`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomResizedCrop``; ``generator`` is not in it.
    """

    _first = first.RandomResizedCrop

    def __init__(
        self, size: Any, scale: Any = (0.08, 1.0), ratio: Any = (3.0 / 4.0, 4.0 / 3.0), interpolation: Any = "bilinear",
        antialias: bool | None = True, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.size = size_of(size)
        for name, each in (("Scale", scale), ("Ratio", ratio)):
            if not isinstance(each, Sequence) or len(each) != 2:
                raise TypeError(f"{name} should be a sequence of two floats.")
        first.check_ranges(scale, ratio)
        self.scale = scale
        self.ratio = ratio
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw where to cut."""
        drawn = first.place_of(*query_size(flat_inputs), self.scale, self.ratio, self.generator)
        return dict(zip(("top", "left", "height", "width"), drawn, strict=True))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The part of the image, in that size."""
        return self._call_kernel(
            functional.resized_crop,
            inpt,
            **params,
            size=self.size,
            interpolation=self.interpolation,
            antialias=self.antialias,
        )


class RandomIoUCrop(Transform):
    """A random part that some of the boxes overlap enough; the image as it is if that was drawn.

    Of boxes whose middle lies outside all numbers become 0: :class:`SanitizeBoundingBoxes` takes them out.

    Args:
        min_scale, max_scale: how large the part is, as shares of the width and the height.
        min_aspect_ratio, max_aspect_ratio: its width by its height.
        sampler_options: the overlaps (intersection over union) that one is drawn from; 1 and more is the whole image.
        trials: how many parts are tried with each of them.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomIoUCrop``; ``generator`` is not in it.

    Raises:
        TypeError: the sample has no image or no boxes.
    """

    def __init__(
        self, min_scale: float = 0.3, max_scale: float = 1.0, min_aspect_ratio: float = 0.5, max_aspect_ratio: float = 2.0,
        sampler_options: list[float] | None = None, trials: int = 40, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.min_scale = min_scale
        self.max_scale = max_scale
        self.min_aspect_ratio = min_aspect_ratio
        self.max_aspect_ratio = max_aspect_ratio
        self.options = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0] if sampler_options is None else sampler_options
        self.trials = trials

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Raise unless there are an image and boxes."""
        if not (has_any(flat_inputs, BoundingBoxes) and has_any(flat_inputs, is_pillow, Image, is_pure_tensor)):
            raise TypeError(
                f"{type(self).__name__}() requires input sample to contain tensor or PIL images and bounding boxes. "
                "Sample can also contain masks."
            )

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the part; nothing for the whole image."""
        boxes = get_bounding_boxes(flat_inputs)
        need_upright(boxes.format, "RandomIoUCrop")
        corners = corners_of(boxes.as_subclass(Tensor), boxes.format)
        size = query_size(flat_inputs)
        while (least := self.options[draw_integer(0, len(self.options), self.generator)]) < 1.0:
            for _ in range(self.trials):
                place = self._place(*size)
                inside = None if place is None else _middles_inside(corners, place)
                if place is None or inside is None or not inside.any():
                    continue
                top, left, height, width = place
                part = tensor([[left, top, left + width, top + height]], dtype=corners.dtype, device=corners.device)
                if box_iou(corners[inside], part).max() >= least:
                    names = ("top", "left", "height", "width")
                    return {**dict(zip(names, place, strict=True)), "is_within_crop_area": inside}
        return {}

    def _place(self, rows: int, columns: int) -> tuple[int, int, int, int] | None:
        """A random part, (top, left, height, width); None if its proportions are too far from a square's."""
        shares = self.min_scale + (self.max_scale - self.min_scale) * rand(2, generator=self.generator, device="cpu")
        width, height = int((columns * shares[0]).item()), int((rows * shares[1]).item())
        if not (width and height and self.min_aspect_ratio <= width / height <= self.max_aspect_ratio):
            return None
        shares = rand(2, generator=self.generator, device="cpu")
        left, top = int(((columns - width) * shares[0]).item()), int(((rows - height) * shares[1]).item())
        return top, left, height, width

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The part of the image."""
        if not params:
            return inpt
        made = self._call_kernel(functional.crop, inpt, *(params[name] for name in ("top", "left", "height", "width")))
        if not isinstance(made, BoundingBoxes):
            return made
        return wrap(made.as_subclass(Tensor).masked_fill(~params["is_within_crop_area"].unsqueeze(-1), 0), like=made)


def _middles_inside(corners: Tensor, place: tuple[int, int, int, int]) -> Tensor:
    """Which boxes have their middle in a part of the image."""
    top, left, height, width = place
    across, down = (0.5 * (corners[..., :2] + corners[..., 2:])).unbind(-1)
    return (left < across) & (across < left + width) & (top < down) & (down < top + height)
