"""From images to tensors and back, and from one dtype to another.

Source of the semantics: ``torchvision.transforms.functional``.
"""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.conversion import from_numpy
from flambeau.promotion import get_default_dtype
from flambeau.vision._images import dimensions, image_of, is_pillow, pixels_of

__all__ = [
    "convert_image_dtype", "get_dimensions", "get_image_num_channels", "get_image_size", "largest", "pil_to_tensor",
    "to_pil_image", "to_tensor",
]  # fmt: skip


def get_dimensions(img: Any) -> list[int]:
    """The channels, the height and the width of an image. Source: ``torchvision.transforms.functional``."""
    return list(dimensions(img))


def get_image_size(img: Any) -> list[int]:
    """The width and the height of an image. Source: ``torchvision.transforms.functional``."""
    size = dimensions(img)
    return [size.width, size.height]


def get_image_num_channels(img: Any) -> int:
    """The channels of an image. Source: ``torchvision.transforms.functional``."""
    return dimensions(img).channels


# -- images and tensors ------------------------------------------------------------------------------------------------


def is_numpy(value: Any) -> bool:
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def to_tensor(pic: Any) -> Tensor:
    """A tensor (C, H, W) of an image of Pillow's or of a NumPy array (H, W, C) or (H, W).

    Bytes become numbers from 0 to 1 of the default dtype; other numbers stay as they are.
    Source of the semantics: ``torchvision.transforms.functional.to_tensor``.

    Raises:
        TypeError: it is neither.
        ValueError: the array has other dimensions.

    Example:
        >>> from PIL import Image
        >>> from flambeau.vision.transforms import functional
        >>> functional.to_tensor(Image.new("RGB", (1, 1), (0, 51, 255))).tolist()
        [[[0.0]], [[0.20000000298023224]], [[1.0]]]
    """
    if is_numpy(pic):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        tensor = from_numpy(pic)
        pixels = tensor.unsqueeze(2) if pic.ndim == 2 else tensor
    elif is_pillow(pic):
        pixels = pixels_of(pic)
        if pixels.dtype is dtypes.bool:
            pixels = pixels.to(dtypes.uint8) * 255
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    image = pixels.permute(2, 0, 1).contiguous()
    return image.to(get_default_dtype()).div(255) if image.dtype is dtypes.uint8 else image


def pil_to_tensor(pic: Any) -> Tensor:
    """The pixels of an image of Pillow's as they are, (C, H, W). Source: ``torchvision.transforms.functional.pil_to_tensor``.

    Raises:
        TypeError: it is no image.
    """
    if not is_pillow(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return pixels_of(pic).permute(2, 0, 1)


_MODES = {
    2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX"),
}  # fmt: skip
"""The modes of images of bytes with several channels; the first is the usual one."""

_GREY = {dtypes.uint8: "L", dtypes.int16: "I;16", dtypes.int32: "I", dtypes.float32: "F"}


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """An image of Pillow's of a tensor (C, H, W) or of a NumPy array (H, W, C), or of either (H, W).

    Numbers with a point are taken to be from 0 to 1, unless the mode is ``"F"``.
    Source of the semantics: ``torchvision.transforms.functional.to_pil_image``.

    Raises:
        TypeError: it is neither, or of a dtype that images do not have.
        ValueError: it has other dimensions, more than four channels, or the mode does not fit.
    """
    if isinstance(pic, Tensor):
        pixels = pic.permute(1, 2, 0) if pic.ndim == 3 else pic
    elif is_numpy(pic):
        pixels = from_numpy(pic)
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    pixels = pixels.unsqueeze(2) if pixels.ndim == 2 else pixels
    if pixels.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    channels = pixels.shape[2]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if not channels:
        raise ValueError("pic should have 1 to 4 channels. Got 0 channels.")
    if pixels.dtype.is_floating_point and mode != "F":
        pixels = (pixels * 255).to(dtypes.uint8)
    chosen = _mode(channels, pixels.dtype, mode)
    return image_of(pixels.squeeze(2) if channels == 1 else pixels, chosen)


def _mode(channels: int, dtype: Any, given: str | None) -> str:
    if channels == 1:
        expected = _GREY.get(dtype)
        if given is not None and given != expected:
            raise ValueError(f"Incorrect mode ({given}) supplied for input type {dtype}. Should be {expected}")
    else:
        permitted = _MODES[channels]
        if given is not None and given not in permitted:
            raise ValueError(f"Only modes {list(permitted)} are supported for {channels}D inputs")
        expected = given or (permitted[0] if dtype is dtypes.uint8 else None)
    if expected is None:
        raise TypeError(f"Input type {dtype.name} is not supported")
    return expected


# -- dtypes ------------------------------------------------------------------------------------------------------------

_LARGEST = {dtypes.uint8: 255, dtypes.int8: 127, dtypes.int16: 32767, dtypes.int32: 2**31 - 1, dtypes.int64: 2**63 - 1}


def largest(dtype: Any) -> int:
    """What white is in a dtype: the largest integer, or 1."""
    return _LARGEST.get(dtype, 1)


def need_shades(dtype: dtypes.dtype) -> None:
    """Raise of truth values and complex numbers, which have no shades to count."""
    if dtype is dtypes.bool or dtype.is_complex:
        raise TypeError(f"Number of value bits is only defined for integer dtypes, but got {dtype}.")


def convert_image_dtype(image: Any, dtype: Any = dtypes.float32) -> Tensor:
    """The same image in another dtype: black stays black, and white white.

    Source of the semantics: ``torchvision.transforms.functional.convert_image_dtype``.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: the dtype has more digits than the image.

    Example:
        >>> import flambeau as torch
        >>> from flambeau.vision.transforms import functional
        >>> functional.convert_image_dtype(torch.tensor([0, 51, 255], dtype=torch.uint8))
        tensor([0.0000, 0.2000, 1.0000])
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    given = image.dtype
    if given is dtype:
        return image
    if given.is_floating_point:
        if dtype.is_floating_point:
            return image.to(dtype)
        if (given, dtype) in _UNSAFE:
            raise RuntimeError(f"The cast from {given} to {dtype} cannot be performed safely.")
        return image.mul(largest(dtype) + 1.0 - 1e-3).to(dtype)  # so that each integer has as many numbers
    if dtype.is_floating_point:
        return image.to(dtype) / largest(given)
    if largest(given) > largest(dtype):
        return image.div((largest(given) + 1) // (largest(dtype) + 1), rounding_mode="floor").to(dtype)
    return image.to(dtype) * ((largest(dtype) + 1) // (largest(given) + 1))


_UNSAFE = {(dtypes.float32, dtypes.int32), (dtypes.float32, dtypes.int64), (dtypes.float64, dtypes.int64)}
