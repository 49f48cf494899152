"""The colours of images, their sharpness. Source of the semantics: ``torchvision.transforms.functional``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau._tensor.modes import inference_mode
from flambeau.backend.types import TensorType
from flambeau.nn.functional import conv2d
from flambeau.nn.functional import pad as pad_tensor
from flambeau.ops.creation.data import as_tensor, tensor
from flambeau.ops.creation.ranges import linspace
from flambeau.ops.movement.joining import stack
from flambeau.shapes import output_error
from flambeau.vision._images import dimensions, is_number, is_pillow, need_pillow, pillow

from ._batches import as_batch, precise, unbatched
from ._conversion import convert_image_dtype, largest, pil_to_tensor, to_pil_image

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "adjust_sharpness",
    "autocontrast", "equalize", "gaussian_blur", "invert", "normalize", "posterize", "rgb_to_grayscale", "solarize",
    "to_grayscale",
]  # fmt: skip


# -- what an image must be ---------------------------------------------------------------------------------------------


def _need_colours(img: Tensor, permitted: Sequence[int] = (1, 3)) -> None:
    channels = dimensions(img).channels
    if channels not in permitted:
        raise TypeError(f"Input image tensor permitted channel values are {[*permitted]}, but found {channels}")


def _need_channels(img: Tensor) -> None:
    dimensions(img)
    if img.ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.ndim}")
    _need_colours(img)


def _need_bytes(img: Tensor) -> None:
    if img.dtype is not dtypes.uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")


def _need_factor(value: float, name: str) -> None:
    if value < 0:
        raise ValueError(f"{name} ({value}) is not non-negative.")


# -- blending ----------------------------------------------------------------------------------------------------------


def _blend(first: Tensor, second: Tensor | float, ratio: float) -> Tensor:
    """So much of the first image, and the rest of the second."""
    share = float(ratio)
    return (share * first + (1.0 - share) * second).clamp(0, largest(first.dtype)).to(first.dtype)


def _enhanced(img: Any, name: str, factor: float) -> Any:
    """An image of Pillow's, by one of its own enhancements."""
    need_pillow(img)
    from PIL import ImageEnhance  # there is an image, so Pillow is there

    return getattr(ImageEnhance, name)(img).enhance(factor)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """The image with so much of its brightness: 0 is black, 1 as it is.

    Source of the semantics: ``torchvision.transforms.functional.adjust_brightness``.
    """
    if not isinstance(img, Tensor):
        return _enhanced(img, "Brightness", brightness_factor)
    _need_factor(brightness_factor, "brightness_factor")
    _need_colours(img)
    return _blend(img, img.new_zeros(()), brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """The image with so much of its contrast: 0 is grey, 1 as it is.

    Source of the semantics: ``torchvision.transforms.functional.adjust_contrast``.
    """
    if not isinstance(img, Tensor):
        return _enhanced(img, "Contrast", contrast_factor)
    _need_factor(contrast_factor, "contrast_factor")
    _need_colours(img, (3, 1))
    grey = rgb_to_grayscale(img) if dimensions(img).channels == 3 else img
    return _blend(img, grey.to(precise(img)).mean((-3, -2, -1), keepdim=True), contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """The image with so much of its colour: 0 is grey, 1 as it is.

    Source of the semantics: ``torchvision.transforms.functional.adjust_saturation``.
    """
    if not isinstance(img, Tensor):
        return _enhanced(img, "Color", saturation_factor)
    _need_factor(saturation_factor, "saturation_factor")
    _need_colours(img)
    return img if dimensions(img).channels == 1 else _blend(img, rgb_to_grayscale(img), saturation_factor)


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """The image with so much of its sharpness: 0 is smooth, 1 as it is.

    Source of the semantics: ``torchvision.transforms.functional.adjust_sharpness``.
    """
    if not isinstance(img, Tensor):
        return _enhanced(img, "Sharpness", sharpness_factor)
    _need_factor(sharpness_factor, "sharpness_factor")
    _need_colours(img)
    _, height, width = dimensions(img)
    return img if height <= 2 or width <= 2 else _blend(img, _smooth(img), sharpness_factor)


def _smooth(img: Tensor) -> Tensor:
    """The image :func:`blurred` but for its border."""
    made = img.clone()
    made[..., 1:-1, 1:-1] = unbatched(blurred(as_batch(img, (precise(img),))), img)
    return made


def blurred(batch: Tensor) -> Tensor:
    """Of each pixel but those of the border a mean of the nine around it, in which its own weighs five times."""
    weights = tensor([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]], dtype=batch.dtype, device=batch.device)
    return _convolved(batch, weights / weights.sum())


def _convolved(batch: Tensor, weights: Tensor) -> Tensor:
    """Every channel by itself."""
    channels = batch.shape[-3]
    return conv2d(batch, weights.expand(channels, 1, *weights.shape), groups=channels)


# -- colours -----------------------------------------------------------------------------------------------------------


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """The image with other hues: 0.5 and -0.5 are the complementary colours, 0 is as it is.

    Source of the semantics: ``torchvision.transforms.functional.adjust_hue``.

    Raises:
        ValueError: it is not from -0.5 to 0.5.
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if not isinstance(img, Tensor):
        return _shifted_hue(img, hue_factor)
    _need_colours(img)
    if dimensions(img).channels == 1:
        return img
    return convert_image_dtype(with_other_hue(convert_image_dtype(img, dtypes.float32), hue_factor), img.dtype)


def with_other_hue(img: Tensor, hue_factor: float) -> Tensor:
    """:func:`adjust_hue` of numbers with a point in three channels."""
    hue, saturation, value = _hsv(img)
    return _rgb((hue + hue_factor) % 1.0, saturation, value)


def _shifted_hue(img: Any, factor: float) -> Any:
    need_pillow(img)
    if img.mode in ("L", "1", "I", "F"):
        return img
    hue, saturation, value = img.convert("HSV").split()
    shift = int(factor * 255)
    turned = hue.point([(each + shift) % 256 for each in range(256)])
    return pillow().merge("HSV", (turned, saturation, value)).convert(img.mode)


def _hsv(img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and value from 0 to 1 of red, green and blue; a grey pixel's hue and saturation are 0."""
    red, green, blue = img.unbind(-3)
    most, least = img.amax(-3), img.amin(-3)
    grey = most == least
    spread = most - least
    one = spread.new_ones(())
    divisor = spread.where(~grey, one)
    from_red, from_green, from_blue = ((most - each) / divisor for each in (red, green, blue))
    is_red = most == red
    is_green = (most == green) & ~is_red
    hue = (
        is_red * (from_blue - from_green)
        + is_green * (2.0 + from_red - from_blue)
        + (~is_red & (most != green)) * (4.0 + from_green - from_red)
    )
    return (hue / 6.0 + 1.0).fmod(1.0), spread / most.where(~grey, one), most


def _rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Red, green and blue of hue, saturation and value."""
    sixth = (hue * 6.0).floor()
    rest = hue * 6.0 - sixth
    low = (value * (1.0 - saturation)).clamp(0.0, 1.0)
    falling = (value * (1.0 - saturation * rest)).clamp(0.0, 1.0)
    rising = (value * (1.0 - saturation * (1.0 - rest))).clamp(0.0, 1.0)
    sector = sixth.to(dtypes.int64) % 6
    orders = (
        (value, falling, low, low, rising, value),
        (rising, value, value, falling, low, low),
        (low, low, rising, value, value, falling),
    )
    chosen = sector.unsqueeze(-3)
    return stack([stack(order, -3).gather(-3, chosen).squeeze(-3) for order in orders], -3)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """Each number, from 0 to 1, raised to a power: ``gain · x ** gamma``.

    Source of the semantics: ``torchvision.transforms.functional.adjust_gamma``.

    Raises:
        ValueError: ``gamma`` is negative.
    """
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if not isinstance(img, Tensor):
        need_pillow(img)
        table = [int((255 + 1 - 1e-3) * gain * pow(each / 255.0, gamma)) for each in range(256)]
        return img.convert("RGB").point(table * 3).convert(img.mode)
    _need_colours(img)
    return powered(img, gamma, gain)


def powered(img: Tensor, gamma: float, gain: float) -> Tensor:
    """:func:`adjust_gamma` of a tensor with any channels."""
    numbers = img if img.dtype.is_floating_point else convert_image_dtype(img, dtypes.float32)
    return convert_image_dtype((gain * numbers.pow(gamma)).clamp(0, 1), img.dtype)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The image in shades of grey, with one channel or with three equal ones.

    Source of the semantics: ``torchvision.transforms.functional.rgb_to_grayscale``.

    Raises:
        ValueError: there are to be other channels.
    """
    if not isinstance(img, Tensor):
        return to_grayscale(img, num_output_channels)
    if img.ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.ndim}")
    _need_colours(img)
    _need_grey(num_output_channels)
    if img.shape[-3] == 3:
        red, green, blue = img.unbind(-3)
        grey = (0.2989 * red + 0.587 * green + 0.114 * blue).to(img.dtype).unsqueeze(-3)
    else:
        grey = img.clone()
    return grey.expand(*img.shape[:-3], 3, *img.shape[-2:]) if num_output_channels == 3 else grey


def _need_grey(channels: int) -> None:
    if channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image of Pillow's in shades of grey. Source: ``torchvision.transforms.functional.to_grayscale``."""
    if not is_pillow(img):
        raise TypeError("Input should be PIL Image")
    _need_grey(num_output_channels)
    grey = img.convert("L")
    return grey if num_output_channels == 1 else pillow().merge("RGB", (grey, grey, grey))


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """Each channel less its mean, divided by its deviation.

    Args:
        tensor: (..., C, H, W), of numbers with a point.
        mean: a number for each channel, or one.
        std: the same.
        inplace: write into the tensor.

    Source of the semantics: ``torchvision.transforms.functional.normalize``.

    Raises:
        TypeError: it is no tensor, or has integers.
        ValueError: it has fewer dimensions, or a deviation is 0.
        RuntimeError: there are more numbers than channels.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    dimensions(tensor)
    if not tensor.dtype.is_floating_point:
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.shape}"
        )
    middle, spread, divides = normalizing(tensor, mean, std)
    if not divides:
        raise ValueError(f"std evaluated to zero after conversion to {tensor.dtype}, leading to division by zero.")
    made = (tensor.sub_(middle) if inplace else tensor - middle).div_(spread)
    if made.shape != tensor.shape:
        raise output_error(tensor.shape, made.shape)
    return made


def normalizing(img: Tensor, mean: Any, std: Any) -> tuple[Tensor, Tensor, bool]:
    """What normalizes an image, to be broadcast along it, and whether no deviation is 0."""
    if _are_plain(mean) and _are_plain(std):  # as they are for image after image
        return _kept_numbers(tuple(mean), tuple(std), img._type)
    return _numbers(mean, std, img._type)


def _are_plain(numbers: Any) -> bool:
    return numbers.__class__ in (list, tuple) and {*map(type, numbers)} == {float}


def _numbers(mean: Any, std: Any, type_: TensorType) -> tuple[Tensor, Tensor, bool]:
    middle, spread = (as_tensor(each, dtype=type_.dtype, device=type_.place.device) for each in (mean, std))
    divides = not (spread == 0).any()
    middle, spread = (each.reshape(-1, 1, 1) if each.ndim == 1 else each for each in (middle, spread))
    return middle, spread, divides


@lru_cache(maxsize=64)
def _kept_numbers(mean: tuple[float, ...], std: tuple[float, ...], type_: TensorType) -> tuple[Tensor, Tensor, bool]:
    with inference_mode(False):  # they serve for images of a graph, too
        return _numbers(mean, std, type_)


# -- single colours ----------------------------------------------------------------------------------------------------


def _by_pillow(img: Any, name: str, *arguments: Any) -> Any:
    need_pillow(img)
    from PIL import ImageOps  # there is an image, so Pillow is there

    return getattr(ImageOps, name)(img, *arguments)


def invert(img: Any) -> Any:
    """The negative. Source: ``torchvision.transforms.functional.invert``."""
    if not isinstance(img, Tensor):
        return _by_pillow(img, "invert")
    _need_channels(img)
    return negative(img)


def negative(img: Tensor) -> Tensor:
    """White less every number; of bytes that is the other bits."""
    return ~img if img.dtype is dtypes.uint8 else largest(img.dtype) - img


def posterize(img: Any, bits: int) -> Any:
    """An image of bytes of which so many bits are kept. Source: ``torchvision.transforms.functional.posterize``.

    Raises:
        ValueError: it is not from 0 to 8.
    """
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    if not isinstance(img, Tensor):
        return _by_pillow(img, "posterize", bits)
    dimensions(img)
    if img.ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.ndim}")
    _need_bytes(img)
    _need_colours(img)
    return img & (256 - int(2 ** (8 - bits)))


def solarize(img: Any, threshold: float) -> Any:
    """The image with the negative of what is as bright as a threshold. Source: ``torchvision.transforms.functional.solarize``.

    Raises:
        TypeError: the threshold is beyond white.
    """
    if not isinstance(img, Tensor):
        return _by_pillow(img, "solarize", threshold)
    _need_channels(img)
    if threshold > largest(img.dtype):
        raise TypeError("Threshold should be less than bound of img.")
    return invert(img).where(img >= threshold, img)


def autocontrast(img: Any) -> Any:
    """Each channel from black to white. Source: ``torchvision.transforms.functional.autocontrast``."""
    if not isinstance(img, Tensor):
        return _by_pillow(img, "autocontrast")
    _need_channels(img)
    white = largest(img.dtype)
    least, most = (each.to(precise(img)) for each in (img.amin((-2, -1), True), img.amax((-2, -1), True)))
    scale = white / (most - least)
    flat = ~scale.isfinite()
    least, scale = least.masked_fill(flat, 0), scale.masked_fill(flat, 1)
    return ((img - least) * scale).clamp(0, white).to(img.dtype)


def equalize(img: Any) -> Any:
    """Each channel of bytes so that all shades are about as frequent. Source: ``torchvision.transforms.functional.equalize``."""
    if not isinstance(img, Tensor):
        return _by_pillow(img, "equalize")
    dimensions(img)
    if img.ndim not in (3, 4):
        raise TypeError(f"Input image tensor should have 3 or 4 dimensions, but found {img.ndim}")
    _need_bytes(img)
    _need_colours(img)
    if not img.numel():
        return img
    channels = img.reshape(-1, *img.shape[-2:])
    return stack([_equalized(each) for each in channels.unbind(0)]).reshape(img.shape)


def _equalized(channel: Tensor) -> Tensor:
    counts: Tensor = channel.reshape(-1).bincount(minlength=256)
    present = [count for count in counts.tolist() if count]
    step = sum(present[:-1]) // 255
    if not step:
        return channel
    darker = counts.cumsum(0) - counts
    table: Tensor = ((darker + step // 2) // step).clamp(max=255).to(dtypes.uint8)
    return table[channel.to(dtypes.int64)]


def gaussian_blur(img: Any, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None) -> Any:
    """The image, smoothed by the bell curve.

    Args:
        img: a tensor (..., C, H, W) or an image of Pillow's.
        kernel_size: over how many pixels: (width, height), both odd, or one number.
        sigma: the width of the curve, in pixels, or both widths; by default by the number of pixels.

    Source of the semantics: ``torchvision.transforms.functional.gaussian_blur``.

    Raises:
        TypeError, ValueError: an argument is not what it should be.
    """
    sizes = _kernel_sizes(kernel_size)
    widths = [size * 0.15 + 0.35 for size in sizes] if sigma is None else _widths(sigma)
    if not isinstance(img, Tensor) and not is_pillow(img):
        raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
    pixels = img if isinstance(img, Tensor) else pil_to_tensor(img)
    dimensions(pixels)
    if not pixels.numel():
        return img
    across, down = (_bell(size, width, pixels) for size, width in zip(sizes, widths, strict=True))
    batch = as_batch(pixels, (across.dtype,))
    border = [sizes[0] // 2, sizes[0] // 2, sizes[1] // 2, sizes[1] // 2]
    made = unbatched(_convolved(pad_tensor(batch, border, "reflect"), down.unsqueeze(1) @ across.unsqueeze(0)), pixels)
    return made if isinstance(img, Tensor) else to_pil_image(made, mode=img.mode)


def _kernel_sizes(given: Any) -> list[int]:
    if not isinstance(given, (int, list, tuple)):
        raise TypeError(f"kernel_size should be int or a sequence of integers. Got {type(given)}")
    sizes = [given, given] if isinstance(given, int) else list(given)
    if len(sizes) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}")
    if any(size % 2 == 0 or size < 0 for size in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {sizes}")
    return sizes


def _widths(given: Any) -> list[float]:
    if not (is_number(given) or isinstance(given, (list, tuple))):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(given)}")
    widths = list(given) * (2 if len(given) == 1 else 1) if isinstance(given, (list, tuple)) else [float(given)] * 2
    if len(widths) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(widths)}")
    if any(width <= 0.0 for width in widths):
        raise ValueError(f"sigma should have positive values. Got {widths}")
    return widths


def _bell(size: int, width: float, img: Tensor) -> Tensor:
    half = (size - 1) * 0.5
    places = linspace(-half, half, size, dtype=precise(img), device=img.device)
    heights = (-0.5 * (places / width).pow(2)).exp()
    return heights / heights.sum()
