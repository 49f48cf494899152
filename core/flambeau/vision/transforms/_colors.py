"""Transforms of colours, of sharpness, and of parts that are erased."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.nn.modules.module import Module
from flambeau.ops.creation.data import tensor
from flambeau.ops.creation.filled import empty
from flambeau.ops.random import randperm
from flambeau.random._host import draw_integer, draw_number
from flambeau.vision._images import dimensions, is_number

from . import functional
from ._drawing import Chance, Drawing
from ._geometry import check_ranges, part_of
from .functional._cutting import pair

__all__ = [
    "ColorJitter", "GaussianBlur", "Grayscale", "RandomAdjustSharpness", "RandomAutocontrast", "RandomEqualize",
    "RandomErasing", "RandomGrayscale", "RandomInvert", "RandomPosterize", "RandomSolarize",
]  # fmt: skip

Range = tuple[float, float]


class ColorJitter(Drawing):
    """Brightness, contrast, saturation and hue changed at random, in a random order.

    Args:
        brightness, contrast, saturation: from which factor to which; one number is so much around 1.
        hue: from which shift to which, within -0.5 and 0.5; one number is so much around 0.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.ColorJitter``; ``generator`` is not in it.

    Raises:
        TypeError, ValueError: a range is none, or reaches too far.
    """

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0, *, generator: Any = None
    ) -> None:
        super().__init__(generator)
        self.brightness = range_of(brightness, "brightness")
        self.contrast = range_of(contrast, "contrast")
        self.saturation = range_of(saturation, "saturation")
        self.hue = range_of(hue, "hue", 0, (-0.5, 0.5))

    @staticmethod
    def get_params(
        brightness: Any, contrast: Any, saturation: Any, hue: Any, *, generator: Any = None
    ) -> tuple[Tensor, float | None, float | None, float | None, float | None]:
        """Draw the order, and each factor; None where nothing changes."""
        order = randperm(4, generator=generator, device="cpu")
        ranges = (brightness, contrast, saturation, hue)
        drawn = [None if each is None else draw_number(each[0], each[1], generator) for each in ranges]
        return order, drawn[0], drawn[1], drawn[2], drawn[3]

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        order, *factors = self.get_params(
            self.brightness, self.contrast, self.saturation, self.hue, generator=self.generator
        )
        changes = (
            functional.adjust_brightness,
            functional.adjust_contrast,
            functional.adjust_saturation,
            functional.adjust_hue,
        )
        for place in order.tolist():
            factor = factors[place]
            if factor is not None:
                img = changes[place](img, factor)
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, saturation={self.saturation}, "
            f"hue={self.hue})"
        )


def range_of(value: Any, name: str, center: float = 1, bound: Range = (0, inf)) -> Range | None:
    """From which number to which; None if both are the one that changes nothing."""
    if is_number(value):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        low, high = center - float(value), center + float(value)
        low = max(low, 0.0) if bound[0] == 0 else low
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not bound[0] <= low <= high <= bound[1]:
        raise ValueError(f"{name} values should be between {bound}, but got {[low, high]}.")
    return None if low == high == center else (low, high)


class Grayscale(Module):
    """Shades of grey. Source of the semantics: ``torchvision.transforms.Grayscale``."""

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """The image in grey, with one channel or three."""
        return functional.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class RandomGrayscale(Chance):
    """Shades of grey, with a probability, and as many channels as before.

    Source of the semantics: ``torchvision.transforms.RandomGrayscale``; ``generator`` is not in it.
    """

    def __init__(self, p: float = 0.1, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)

    def _changed(self, img: Any) -> Any:
        return functional.rgb_to_grayscale(img, dimensions(img).channels)


class RandomInvert(Chance):
    """The negative, with a probability. Source of the semantics: ``torchvision.transforms.RandomInvert``."""

    def _changed(self, img: Any) -> Any:
        return functional.invert(img)


class RandomAutocontrast(Chance):
    """Each channel from black to white, with a probability. Source: ``torchvision.transforms.RandomAutocontrast``."""

    def _changed(self, img: Any) -> Any:
        return functional.autocontrast(img)


class RandomEqualize(Chance):
    """All shades about as frequent, with a probability. Source: ``torchvision.transforms.RandomEqualize``."""

    def _changed(self, img: Any) -> Any:
        return functional.equalize(img)


class RandomPosterize(Chance):
    """So many bits of each number, with a probability. Source: ``torchvision.transforms.RandomPosterize``."""

    def __init__(self, bits: int, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        self.bits = bits

    def _changed(self, img: Any) -> Any:
        return functional.posterize(img, self.bits)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(bits={self.bits},p={self.p})"


class RandomSolarize(Chance):
    """The negative of what is bright, with a probability. Source: ``torchvision.transforms.RandomSolarize``."""

    def __init__(self, threshold: float, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        self.threshold = threshold

    def _changed(self, img: Any) -> Any:
        return functional.solarize(img, self.threshold)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(threshold={self.threshold},p={self.p})"


class RandomAdjustSharpness(Chance):
    """Another sharpness, with a probability. Source: ``torchvision.transforms.RandomAdjustSharpness``."""

    def __init__(self, sharpness_factor: float, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        self.sharpness_factor = sharpness_factor

    def _changed(self, img: Any) -> Any:
        return functional.adjust_sharpness(img, self.sharpness_factor)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(sharpness_factor={self.sharpness_factor},p={self.p})"


class GaussianBlur(Drawing):
    """The image, smoothed by the bell curve of a random width.

    Args:
        kernel_size: over how many pixels, odd: (width, height), or one number.
        sigma: the width of the curve in pixels, from the least to the most, or one number.
        generator: where the width comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.GaussianBlur``; ``generator`` is not in it.
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0), *, generator: Any = None) -> None:
        super().__init__(generator)
        if not is_number(kernel_size) and len(kernel_size) not in (1, 2):
            raise ValueError("Kernel size should be a tuple/list of two integers")
        self.kernel_size = pair(kernel_size)
        if any(size <= 0 or size % 2 == 0 for size in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        if is_number(sigma):
            if sigma <= 0:
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)
        elif not isinstance(sigma, Sequence) or len(sigma) != 2:
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError("sigma values should be positive and of the form (min, max).")
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float, *, generator: Any = None) -> float:
        """Draw a width."""
        return draw_number(sigma_min, sigma_max, generator)

    def forward(self, img: Any) -> Any:
        """The image, smoothed."""
        width = self.get_params(self.sigma[0], self.sigma[1], generator=self.generator)
        return functional.gaussian_blur(img, self.kernel_size, [width, width])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"


def check_erasing(scale: Any, ratio: Any, value: Any) -> None:
    """Raise unless these are shares, proportions and a filling of rectangles.

    Raises:
        TypeError, ValueError: one of them is not.
    """
    if not (is_number(value) or isinstance(value, (str, tuple, list))):
        raise TypeError("Argument value should be either a number or str or a sequence")
    if isinstance(value, str) and value != "random":
        raise ValueError("If value is str, it should be 'random'")
    check_ranges(scale, ratio)
    if scale[0] < 0 or scale[1] > 1:
        raise ValueError("Scale should be between 0 and 1")


class RandomErasing(Chance):
    """A rectangle of a tensor filled, with a probability, of random size, proportions and place.

    Args:
        p: the probability.
        scale: which share of the image's area it has, from the least to the most.
        ratio: its height by its width, from the least to the most.
        value: what is put there: a number, one for each channel, or "random" for normal numbers.
        inplace: write into the tensor.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandomErasing``; ``generator`` is not in it.

    Raises:
        TypeError, ValueError: an option is not what it should be.
    """

    def __init__(
        self, p: float = 0.5, scale: Any = (0.02, 0.33), ratio: Any = (0.3, 3.3), value: Any = 0, inplace: bool = False,
        *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(p, generator=generator)
        check_erasing(scale, ratio, value)
        if not 0 <= p <= 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Tensor, scale: Any, ratio: Any, value: list[float] | None = None, *, generator: Any = None
    ) -> tuple[int, int, int, int, Tensor]:
        """Draw what is erased, (top, left, height, width), and what is put there; the image itself if ten draws do not fit."""
        channels, height, width = img.shape[-3:]
        drawn = erased_of(channels, height, width, scale, ratio, value, generator)
        return drawn or (0, 0, height, width, img)

    def _changed(self, img: Any) -> Any:
        value = None
        if not isinstance(self.value, str):
            given = [self.value] if is_number(self.value) else self.value
            value = [float(each) for each in given]
            if len(value) not in (1, img.shape[-3]):
                raise ValueError(
                    "If value is a sequence, it should have either a single value or "
                    f"{img.shape[-3]} (number of input channels)"
                )
        drawn = self.get_params(img, self.scale, self.ratio, value, generator=self.generator)
        return functional.erase(img, *drawn, self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, "
            f"inplace={self.inplace})"
        )


def erased_of(
    channels: int, rows: int, columns: int, scale: Any, ratio: Any, value: list[float] | None, generator: Any
) -> tuple[int, int, int, int, Tensor] | None:
    """A random rectangle, (top, left, height, width), and what is put there; None if ten draws do not fit."""
    for _ in range(10):
        height, width = part_of(rows * columns, scale, ratio, generator)
        if not (height < rows and width < columns):
            continue
        if value is None:
            filling = empty(channels, height, width, dtype=dtypes.float32).normal_(generator=generator)
        else:
            filling = tensor(value).reshape(-1, 1, 1)
        top = draw_integer(0, rows - height + 1, generator)
        return top, draw_integer(0, columns - width + 1, generator), height, width, filling
    return None
