"""Colours and sharpness of images and videos. Source of the semantics: ``torchvision.transforms.v2.functional``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.vision._images import is_pillow, pillow

from ... import functional as first
from ...functional._batches import precise
from ...functional._color import blurred, negative, powered, with_other_hue
from ...functional._conversion import largest, need_shades
from ._kinds import takes
from ._misc import to_dtype

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "adjust_sharpness",
    "autocontrast", "equalize", "grayscale_to_rgb", "invert", "permute_channels", "posterize", "rgb_to_grayscale",
    "solarize", "to_grayscale",
]  # fmt: skip


@takes()
def rgb_to_grayscale(inpt: Any, num_output_channels: int = 1) -> Any:
    """The image in shades of grey, with one channel or with three equal ones.

    Source of the semantics: ``torchvision.transforms.v2.functional.rgb_to_grayscale``.

    Raises:
        ValueError: there are to be other channels.
    """
    if num_output_channels not in (1, 3):
        raise ValueError(f"num_output_channels must be 1 or 3, got {num_output_channels}.")
    return first.rgb_to_grayscale(inpt, num_output_channels)


to_grayscale = rgb_to_grayscale


@takes()
def grayscale_to_rgb(inpt: Any) -> Any:
    """The image with three channels, as it is if it has them. Source: ``torchvision.transforms.v2.functional``."""
    if is_pillow(inpt):
        return inpt.convert("RGB")
    if inpt.shape[-3] >= 3:
        return inpt
    return first.rgb_to_grayscale(inpt).repeat(*[1] * (inpt.ndim - 3), 3, 1, 1)


def _check_colours(image: Tensor) -> None:
    if (channels := image.shape[-3]) not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are 1 or 3, but found {channels}")


def _check_factor(value: float, name: str) -> None:
    if value < 0:
        raise ValueError(f"{name} ({value}) is not non-negative.")


def _blended(image: Tensor, other: Tensor, ratio: float) -> Tensor:
    """So much of an image, and the rest of another one: in floats, of which integers are what is before the point."""
    made = image.mul(float(ratio)).add_(other, alpha=1.0 - ratio).clamp_(0, largest(image.dtype))
    return made.to(image.dtype)


def _shades(image: Tensor) -> Tensor:
    """An image of three channels in grey, as floats; without what is behind the point where the image has integers."""
    red, green, blue = image.unbind(-3)
    grey = red.mul(0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114).unsqueeze(-3)
    return grey if image.dtype.is_floating_point else grey.floor_()


@takes()
def adjust_brightness(inpt: Any, brightness_factor: float) -> Any:
    """The image with so much of its brightness: 0 is black. Source: ``torchvision.transforms.v2.functional``."""
    if not isinstance(inpt, Tensor):
        return first.adjust_brightness(inpt, brightness_factor)
    _check_factor(brightness_factor, "brightness_factor")
    _check_colours(inpt)
    return inpt.mul(brightness_factor).clamp_(0, largest(inpt.dtype)).to(inpt.dtype)


@takes()
def adjust_contrast(inpt: Any, contrast_factor: float) -> Any:
    """The image with so much of its contrast: 0 is grey. Source: ``torchvision.transforms.v2.functional``."""
    if not isinstance(inpt, Tensor):
        return first.adjust_contrast(inpt, contrast_factor)
    _check_factor(contrast_factor, "contrast_factor")
    _check_colours(inpt)
    grey = _shades(inpt) if inpt.shape[-3] == 3 else inpt.to(precise(inpt))
    return _blended(inpt, grey.mean((-3, -2, -1), keepdim=True), contrast_factor)


@takes()
def adjust_saturation(inpt: Any, saturation_factor: float) -> Any:
    """The image with so much of its colour: 0 is grey. Source: ``torchvision.transforms.v2.functional``."""
    if not isinstance(inpt, Tensor):
        return first.adjust_saturation(inpt, saturation_factor)
    _check_factor(saturation_factor, "saturation_factor")
    _check_colours(inpt)
    return inpt if inpt.shape[-3] == 1 else _blended(inpt, _shades(inpt), saturation_factor)


@takes()
def adjust_sharpness(inpt: Any, sharpness_factor: float) -> Any:
    """The image with so much of its sharpness: 0 is smooth. Source: ``torchvision.transforms.v2.functional``."""
    if not isinstance(inpt, Tensor):
        return first.adjust_sharpness(inpt, sharpness_factor)
    channels, height, width = inpt.shape[-3:]
    if channels not in (1, 3):
        raise TypeError(f"Input image tensor can have 1 or 3 channels, but found {channels}")
    _check_factor(sharpness_factor, "sharpness_factor")
    if not inpt.numel() or height <= 2 or width <= 2:
        return inpt
    made = inpt.to(precise(inpt), copy=True)
    smooth = blurred(made)
    if not inpt.dtype.is_floating_point:
        smooth = smooth.round_()
    inner = made[..., 1:-1, 1:-1]
    inner.add_(smooth - inner, alpha=1.0 - sharpness_factor)
    return made.clamp_(0, largest(inpt.dtype)).to(inpt.dtype)


@takes()
def adjust_hue(inpt: Any, hue_factor: float) -> Any:
    """The image with other hues, from -0.5 to 0.5 beside its own. Source: ``torchvision.transforms.v2.functional``."""
    if not isinstance(inpt, Tensor):
        return first.adjust_hue(inpt, hue_factor)
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    _check_colours(inpt)
    if inpt.shape[-3] == 1 or not inpt.numel():
        return inpt
    return to_dtype(with_other_hue(to_dtype(inpt, dtypes.float32, True), hue_factor), inpt.dtype, True)


@takes()
def adjust_gamma(inpt: Any, gamma: float, gain: float = 1) -> Any:
    """Each number, from 0 to 1, raised to a power. Source: ``torchvision.transforms.v2.functional.adjust_gamma``."""
    if isinstance(inpt, Tensor) and gamma >= 0:
        return powered(inpt, gamma, gain)
    return first.adjust_gamma(inpt, gamma, gain)


@takes()
def autocontrast(inpt: Any) -> Any:
    """Each channel from black to white. Source: ``torchvision.transforms.v2.functional.autocontrast``."""
    if not isinstance(inpt, Tensor):
        return first.autocontrast(inpt)
    _check_colours(inpt)
    if inpt.dtype is dtypes.bool or not inpt.numel():
        return inpt  # from false to true already
    white, numbers = largest(inpt.dtype), inpt.to(precise(inpt))
    least, most = numbers.amin((-2, -1), True), numbers.amax((-2, -1), True)
    flat = most == least
    scale = ((most - least) * (1.0 / white)).masked_fill(flat, 1)
    return (numbers - least.masked_fill(flat, 0)).div_(scale).clamp_(0, white).to(inpt.dtype)


@takes()
def invert(inpt: Any) -> Any:
    """The negative, of images of any channels. Source: ``torchvision.transforms.v2.functional.invert``."""
    if not isinstance(inpt, Tensor):
        return first.invert(inpt)
    need_shades(inpt.dtype)
    return negative(inpt)


@takes()
def solarize(inpt: Any, threshold: float) -> Any:
    """The image with the negative of what is as bright as a threshold. Source: ``torchvision.transforms.v2.functional``.

    Raises:
        TypeError: the threshold is beyond white.
    """
    if not isinstance(inpt, Tensor):
        return first.solarize(inpt, threshold)
    if threshold > largest(inpt.dtype):
        raise TypeError(f"Threshold should be less or equal the maximum value of the dtype, but got {threshold}")
    return invert(inpt).where(inpt >= threshold, inpt)


@takes()
def posterize(inpt: Any, bits: int) -> Any:
    """The image of whose numbers so many bits are kept. Source: ``torchvision.transforms.v2.functional.posterize``.

    Raises:
        TypeError: it is not from 0 to 8.
    """
    if not isinstance(inpt, Tensor):
        return first.posterize(inpt, bits)
    if not isinstance(bits, int) or not 0 <= bits <= 8:
        raise TypeError(f"bits must be a positive integer in the range [0, 8], got {bits} instead.")
    levels = 1 << bits
    if inpt.dtype.is_floating_point:
        return inpt.mul(levels).floor().clamp(0, levels - 1) / levels
    need_shades(inpt.dtype)
    given = largest(inpt.dtype).bit_length()
    return inpt if bits >= given else inpt & ((levels - 1) << (given - bits))


@takes()
def equalize(inpt: Any) -> Any:
    """Each channel so that all shades are about as frequent. Source: ``torchvision.transforms.v2.functional.equalize``."""
    if not isinstance(inpt, Tensor):
        return first.equalize(inpt)
    if not inpt.numel():
        return inpt
    need_shades(inpt.dtype)
    shades = first.convert_image_dtype(inpt, dtypes.uint8)
    made = first.equalize(shades.reshape(-1, 1, *inpt.shape[-2:])).reshape(inpt.shape)
    return first.convert_image_dtype(made, inpt.dtype)


@takes()
def permute_channels(inpt: Any, permutation: Sequence[int]) -> Any:
    """The image with its channels in another order. Source: ``torchvision.transforms.v2.functional.permute_channels``.

    Raises:
        ValueError: it has another number of channels.
    """
    order = [int(place) for place in permutation]
    count = inpt.shape[-3] if isinstance(inpt, Tensor) else len(inpt.getbands())
    if len(order) != count:
        raise ValueError(f"Length of permutation does not match number of channels: {len(order)} != {count}")
    if isinstance(inpt, Tensor):
        return inpt[..., order, :, :]
    bands = inpt.split()
    return pillow().merge(inpt.mode, [bands[place] for place in order])
