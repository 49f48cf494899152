"""Transforms of sizes and places: resizing, cutting, borders, turning round, warping."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype
from flambeau.errors import level_of_caller
from flambeau.nn.modules.module import Module
from flambeau.ops.creation.data import tensor
from flambeau.ops.movement.joining import cat
from flambeau.ops.random import rand
from flambeau.promotion import get_default_dtype
from flambeau.random._floats import rounded
from flambeau.random._host import draw_integer, draw_number
from flambeau.vision._images import dimensions, is_number

from . import functional
from ._drawing import Chance, Drawing, angles, check_sequence, checked_fill, colours
from ._interpolation import InterpolationMode, interpolation_mode
from .functional._cutting import pair, sides

__all__ = [
    "CenterCrop", "ElasticTransform", "FiveCrop", "Pad", "RandomAffine", "RandomCrop", "RandomHorizontalFlip",
    "RandomPerspective", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip", "Resize", "Scale", "TenCrop",
]  # fmt: skip

Pair = tuple[float, float]


class Resize(Module):
    """The image in another size: see :func:`.functional.resize`.

    Args:
        size: (height, width), or the length of the shorter edge.
        interpolation: how pixels are made of others.
        max_size: how long the longer edge may be at most.
        antialias: of tensors, smooth before the image becomes smaller.

    Source of the semantics: ``torchvision.transforms.Resize``.
    """

    def __init__(
        self, size: int | Sequence[int], interpolation: Any = InterpolationMode.BILINEAR, max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size = size
        self.max_size = max_size
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        """The image in that size."""
        return functional.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, max_size={self.max_size}, "
            f"antialias={self.antialias})"
        )


class Scale(Resize):
    """The old name of :class:`Resize`, which torchvision has no more; it warns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "The use of the transforms.Scale transform is deprecated, please use transforms.Resize instead.",
            DeprecationWarning, stacklevel=level_of_caller(),
        )  # fmt: skip
        super().__init__(*args, **kwargs)


class _Crop(Module):
    """Parts of a given size."""

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = pair(size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class CenterCrop(_Crop):
    """The middle of the image. Source of the semantics: ``torchvision.transforms.CenterCrop``."""

    def forward(self, img: Any) -> Any:
        """The middle of the image, with a black border if it is too small."""
        return functional.center_crop(img, self.size)


class FiveCrop(_Crop):
    """The four corners and the middle of the image. Source of the semantics: ``torchvision.transforms.FiveCrop``."""

    def forward(self, img: Any) -> Any:
        """A tuple of five images."""
        return functional.five_crop(img, self.size)


class TenCrop(_Crop):
    """The four corners and the middle of the image and of its mirror image.

    Source of the semantics: ``torchvision.transforms.TenCrop``.
    """

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> Any:
        """A tuple of ten images."""
        return functional.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"


class Pad(Module):
    """The image with a border: see :func:`.functional.pad`. Source of the semantics: ``torchvision.transforms.Pad``."""

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        sides(padding)
        if not (is_number(fill) or isinstance(fill, (tuple, list))):
            raise TypeError("Got inappropriate fill arg")
        check_padding_mode(padding_mode)
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        """The image with the border."""
        return functional.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


def check_padding_mode(mode: Any) -> None:
    if mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")


# -- random parts ------------------------------------------------------------------------------------------------------


class RandomCrop(Drawing):
    """A part of a given size, at a random place.

    Args:
        size: (height, width), or one number for both.
        padding: first put a border around the image.
        pad_if_needed: put as much around it as the size takes.
        fill: the colour of a "constant" border.
        padding_mode: "constant", "edge", "reflect" or "symmetric".
        generator: where the place comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandomCrop``; ``generator`` is not in it.

    Raises:
        ValueError: the image is smaller than the size, or an option is not what it should be.

    Example:
        >>> import flambeau as torch
        >>> from flambeau.vision import transforms
        >>> crop = transforms.RandomCrop(2, generator=torch.Generator().manual_seed(0))
        >>> crop(torch.arange(16).reshape(1, 4, 4))
        tensor([[[ 8,  9],
                 [12, 13]]])
    """

    def __init__(
        self, size: int | Sequence[int], padding: int | Sequence[int] | None = None, pad_if_needed: bool = False,
        fill: Any = 0, padding_mode: str = "constant", *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator)
        check_padding_mode(padding_mode)
        if padding is not None:
            sides(padding)
        self.size = pair(size)
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int], *, generator: Any = None) -> tuple[int, int, int, int]:
        """Draw where to cut: (top, left, height, width).

        Raises:
            ValueError: the image is smaller than that.
        """
        _, rows, columns = dimensions(img)
        height, width = output_size
        if rows < height or columns < width:
            raise ValueError(f"Required crop size {(height, width)} is larger than input image size {(rows, columns)}")
        if (rows, columns) == (height, width):
            return 0, 0, rows, columns
        top, left = (draw_integer(0, room + 1, generator) for room in (rows - height, columns - width))
        return top, left, height, width

    def forward(self, img: Any) -> Any:
        """The part of the image."""
        if self.padding is not None:
            img = functional.pad(img, self.padding, self.fill, self.padding_mode)
        _, rows, columns = dimensions(img)
        height, width = self.size
        if self.pad_if_needed and columns < width:
            img = functional.pad(img, [width - columns, 0], self.fill, self.padding_mode)
        if self.pad_if_needed and rows < height:
            img = functional.pad(img, [0, height - rows], self.fill, self.padding_mode)
        return functional.crop(img, *self.get_params(img, self.size, generator=self.generator))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(Drawing):
    """A part of random size, proportions and place, brought to a given size.

    Args:
        size: (height, width), or one number for both.
        scale: which share of the image's area the part has, from the least to the most.
        ratio: its width by its height, from the least to the most.
        interpolation, antialias: as for :class:`Resize`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandomResizedCrop``; ``generator`` is not in it.
    """

    def __init__(
        self, size: int | Sequence[int], scale: Any = (0.08, 1.0), ratio: Any = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator)
        self.size = pair(size)
        check_ranges(scale, ratio)
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img: Any, scale: Any, ratio: Any, *, generator: Any = None) -> tuple[int, int, int, int]:
        """Draw where to cut: (top, left, height, width); the middle if ten draws do not fit."""
        return place_of(*dimensions(img)[1:], scale, ratio, generator)

    def forward(self, img: Any) -> Any:
        """The part of the image, in that size."""
        place = self.get_params(img, self.scale, self.ratio, generator=self.generator)
        return functional.resized_crop(img, *place, self.size, self.interpolation, self.antialias)

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(each, 4) for each in pair) for pair in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


def check_ranges(scale: Any, ratio: Any) -> None:
    """Raise or warn unless both are from the least to the most."""
    for name, each in (("Scale", scale), ("Ratio", ratio)):
        if not isinstance(each, Sequence):
            raise TypeError(f"{name} should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", UserWarning, stacklevel=level_of_caller())


def part_of(area: int, scale: Any, ratio: Any, generator: Any) -> tuple[int, int]:
    """Two edges of a rectangle of a random share of an area; the first is so many times the second."""
    share = area * draw_number(scale[0], scale[1], generator)
    dtype = get_default_dtype()
    low, high = _logarithms(dtype, *(float(each) for each in ratio))
    (times,) = rounded([math.exp(draw_number(low, high, generator))], dtype.name)
    return round(math.sqrt(share * times)), round(math.sqrt(share / times))


@lru_cache(maxsize=64)
def _logarithms(dtype: dtype, *numbers: float) -> list[float]:
    """In that precision; of numbers that are the same for all images."""
    found: list[float] = tensor(numbers, dtype=dtype).log().tolist()
    return found


def place_of(rows: int, columns: int, scale: Any, ratio: Any, generator: Any) -> tuple[int, int, int, int]:
    """A random part of an image, (top, left, height, width); the middle if ten draws do not fit."""
    for _ in range(10):
        width, height = part_of(rows * columns, scale, ratio, generator)
        if 0 < width <= columns and 0 < height <= rows:
            top = draw_integer(0, rows - height + 1, generator)
            return top, draw_integer(0, columns - width + 1, generator), height, width
    width, height = columns, rows
    if columns / rows < min(ratio):
        height = round(columns / min(ratio))
    elif columns / rows > max(ratio):
        width = round(rows * max(ratio))
    return (rows - height) // 2, (columns - width) // 2, height, width


# -- random changes ----------------------------------------------------------------------------------------------------


class RandomHorizontalFlip(Chance):
    """Left and right exchanged, with a probability. Source of the semantics: ``torchvision.transforms.RandomHorizontalFlip``."""

    def _changed(self, img: Any) -> Any:
        return functional.hflip(img)


class RandomVerticalFlip(Chance):
    """Above and below exchanged, with a probability. Source of the semantics: ``torchvision.transforms.RandomVerticalFlip``."""

    def _changed(self, img: Any) -> Any:
        return functional.vflip(img)


class RandomRotation(Drawing):
    """The image turned by a random angle.

    Args:
        degrees: from which angle to which, or the same in both directions.
        interpolation, expand, center, fill: as for :func:`.functional.rotate`.
        generator: where the angle comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandomRotation``; ``generator`` is not in it.
    """

    def __init__(
        self, degrees: Any, interpolation: Any = InterpolationMode.NEAREST, expand: bool = False, center: Any = None,
        fill: Any = 0, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator)
        self.degrees = angles(degrees, "degrees")
        if center is not None:
            check_sequence(center, "center", (2,))
        self.center = center
        self.interpolation = interpolation_mode(interpolation)
        self.expand = expand
        self.fill = checked_fill(fill)

    @staticmethod
    def get_params(degrees: Sequence[float], *, generator: Any = None) -> float:
        """Draw an angle."""
        return draw_number(float(degrees[0]), float(degrees[1]), generator)

    def forward(self, img: Any) -> Any:
        """The image, turned."""
        fill = colours(self.fill, img, dimensions(img).channels)
        angle = self.get_params(self.degrees, generator=self.generator)
        return functional.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill})"
        )


class RandomAffine(Drawing):
    """The image turned, moved, scaled and sheared at random.

    Args:
        degrees: from which angle to which, or the same in both directions.
        translate: how far at most, across and down, as shares of the width and the height.
        scale: how many times larger, from the least to the most.
        shear: in degrees, along x, or along x and along y.
        interpolation, fill, center: as for :func:`.functional.affine`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandomAffine``; ``generator`` is not in it.
    """

    def __init__(
        self, degrees: Any, translate: Any = None, scale: Any = None, shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST, fill: Any = 0, center: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator)
        self.degrees = angles(degrees, "degrees")
        if translate is not None:
            check_sequence(translate, "translate", (2,))
            if not all(0.0 <= each <= 1.0 for each in translate):
                raise ValueError("translation values should be between 0 and 1")
        if scale is not None:
            check_sequence(scale, "scale", (2,))
            if not all(each > 0 for each in scale):
                raise ValueError("scale values should be positive")
        if center is not None:
            check_sequence(center, "center", (2,))
        self.translate = translate
        self.scale = scale
        self.shear = None if shear is None else angles(shear, "shear", (2, 4))
        self.interpolation = interpolation_mode(interpolation)
        self.fill = checked_fill(fill)
        self.center = center

    @staticmethod
    def get_params(
        degrees: Sequence[float], translate: Sequence[float] | None, scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None, img_size: Sequence[int], *, generator: Any = None,
    ) -> tuple[float, tuple[int, int], float, Pair]:  # fmt: skip
        """Draw an angle, how far to move, a scale, and how much to shear."""
        angle = draw_number(float(degrees[0]), float(degrees[1]), generator)
        across, down = 0, 0
        if translate is not None:
            limits = [float(share * size) for share, size in zip(translate, img_size, strict=True)]
            across, down = (round(draw_number(-limit, limit, generator)) for limit in limits)
        scale = 1.0 if scale_ranges is None else draw_number(scale_ranges[0], scale_ranges[1], generator)
        slants = [0.0, 0.0]
        for place in range(0, 0 if shears is None else len(shears), 2):
            slants[place // 2] = draw_number(shears[place], shears[place + 1], generator)  # type: ignore[index]
        return angle, (across, down), scale, (slants[0], slants[1])

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        channels, height, width = dimensions(img)
        fill = colours(self.fill, img, channels)
        drawn = self.get_params(
            self.degrees, self.translate, self.scale, self.shear, [width, height], generator=self.generator
        )
        return functional.affine(img, *drawn, interpolation=self.interpolation, fill=fill, center=self.center)

    def __repr__(self) -> str:
        given = {name: getattr(self, name) for name in ("degrees", "translate", "scale", "shear")}
        shown = [f"{name}={value}" for name, value in given.items() if value is not None]
        if self.interpolation is not InterpolationMode.NEAREST:
            shown.append(f"interpolation={self.interpolation.value}")
        if self.fill != 0:
            shown.append(f"fill={self.fill}")
        if self.center is not None:
            shown.append(f"center={self.center}")
        return f"{type(self).__name__}({', '.join(shown)})"


class RandomPerspective(Chance):
    """The image as from another point of view, with a probability.

    Args:
        distortion_scale: how far the corners move at most, from 0 to 1.
        p: the probability.
        interpolation, fill: as for :func:`.functional.perspective`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandomPerspective``; ``generator`` is not in it.
    """

    def __init__(
        self, distortion_scale: float = 0.5, p: float = 0.5, interpolation: Any = InterpolationMode.BILINEAR,
        fill: Any = 0, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(p, generator=generator)
        self.interpolation = interpolation_mode(interpolation)
        self.distortion_scale = distortion_scale
        self.fill = checked_fill(fill)

    @staticmethod
    def get_params(
        width: int, height: int, distortion_scale: float, *, generator: Any = None
    ) -> tuple[list[list[int]], list[list[int]]]:
        """The corners of the image, from the upper left one clockwise, and draw where they come to lie."""
        across, down = (int(distortion_scale * (size // 2)) for size in (width, height))
        left, right = (0, across + 1), (width - across - 1, width)
        above, below = (0, down + 1), (height - down - 1, height)
        ends = [
            [draw_integer(*place, generator) for place in corner]
            for corner in ((left, above), (right, above), (right, below), (left, below))
        ]
        return [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], ends

    def _changed(self, img: Any) -> Any:
        channels, height, width = dimensions(img)
        points = self.get_params(width, height, self.distortion_scale, generator=self.generator)
        return functional.perspective(img, *points, self.interpolation, colours(self.fill, img, channels))


class ElasticTransform(Drawing):
    """The image whose every pixel comes from a random place nearby.

    Args:
        alpha: how far, across and down.
        sigma: how smoothly that changes, across and down.
        interpolation, fill: as for :func:`.functional.elastic_transform`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.ElasticTransform``; ``generator`` is not in it.
    """

    def __init__(
        self, alpha: Any = 50.0, sigma: Any = 5.0, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = 0,
        *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator)
        self.alpha = _two(alpha, "alpha")
        self.sigma = _two(sigma, "sigma")
        self.interpolation = interpolation_mode(interpolation)
        self.fill = [float(fill)] if is_number(fill) else _numbers(fill)

    @staticmethod
    def get_params(
        alpha: Sequence[float], sigma: Sequence[float], size: Sequence[int], *, generator: Any = None
    ) -> Any:
        """Draw how far beside its place each pixel comes from, (1, H, W, 2)."""
        return displacement_of(alpha, sigma, size, generator)

    def forward(self, tensor: Any) -> Any:
        """The image, bent."""
        _, height, width = dimensions(tensor)
        displacement = self.get_params(self.alpha, self.sigma, [height, width], generator=self.generator)
        return functional.elastic_transform(tensor, displacement, self.interpolation, self.fill)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(alpha={self.alpha}, sigma={self.sigma}, interpolation={self.interpolation}, "
            f"fill={self.fill})"
        )


def displacement_of(alpha: Sequence[float], sigma: Sequence[float], size: Sequence[int], generator: Any) -> Tensor:
    """For each direction random numbers from -1 to 1, smoothed, times how far."""
    found = []
    for far, width, extent in zip(alpha, sigma, reversed(size), strict=True):
        noise = rand((1, 1, *size), generator=generator, device="cpu") * 2 - 1
        if width > 0.0:
            count = int(8 * width + 1)
            noise = functional.gaussian_blur(noise, [count + (count % 2 == 0)] * 2, list(sigma))
        found.append(noise * far / extent)
    return cat(found, 1).permute(0, 2, 3, 1)


def _two(value: Any, name: str) -> list[float]:
    """A number for each direction."""
    if isinstance(value, float):
        return [value, value]
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be float or a sequence of floats. Got {type(value)}")
    if len(value) != 2:
        raise ValueError(f"If {name} is a sequence its length should be 2. Got {len(value)}")
    for each in value:
        if not isinstance(each, float):
            raise TypeError(f"{name} should be a sequence of floats. Got {type(each)}")
    return list(value)


def _numbers(fill: Any) -> list[float]:
    if not isinstance(fill, (list, tuple)):
        raise TypeError(f"fill should be int or float or a list or tuple of them. Got {type(fill)}")
    return [float(each) for each in fill]
