"""Dtypes, noise, parts that are erased, and what goes from images to tensors and back.

Source of the semantics: ``torchvision.transforms.v2.functional``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.ops.creation.conversion import from_numpy
from flambeau.ops.creation.filled import empty_like
from flambeau.ops.creation.ranges import linspace
from flambeau.ops.movement.joining import stack
from flambeau.vision._images import is_pillow, pillow
from flambeau.vision.io import decode_jpeg, encode_jpeg
from flambeau.vision.tv_tensors import Image, wrap

from ... import functional as first
from ...functional._color import normalizing
from ...functional._conversion import is_numpy, largest, need_shades
from ._geometry import in_integers
from ._kinds import takes

__all__ = [
    "convert_image_dtype", "erase", "gaussian_blur", "gaussian_noise", "jpeg", "normalize", "pil_to_tensor", "to_dtype",
    "to_image", "to_pil_image", "to_tensor", "uniform_temporal_subsample",
]  # fmt: skip

pil_to_tensor = first.pil_to_tensor
to_pil_image = first.to_pil_image


def to_tensor(inpt: Any) -> Tensor:
    """An image as numbers from 0 to 1; deprecated, and warns: :func:`to_image` and :func:`to_dtype` are newer.

    Source of the semantics: ``torchvision.transforms.v2.functional.to_tensor``.
    """
    warnings.warn(
        "The function `to_tensor(...)` is deprecated and will be removed in a future release. "
        "Instead, please use `to_image(...)` followed by `to_dtype(..., dtype=torch.float32, scale=True)`.",
        UserWarning, stacklevel=level_of_caller(),
    )  # fmt: skip
    return first.to_tensor(inpt)


def to_image(inpt: Any) -> Image:
    """A ``tv_tensors.Image`` of a tensor, of an image of Pillow's or of a NumPy array (H, W, C); no number is scaled.

    Source of the semantics: ``torchvision.transforms.v2.functional.to_image``.

    Raises:
        TypeError: it is none of them.
    """
    if is_pillow(inpt):
        return Image(pil_to_tensor(inpt))
    if isinstance(inpt, Tensor):
        return Image(inpt)
    if not is_numpy(inpt):
        raise TypeError(
            f"Input can either be a pure Tensor, a numpy array, or a PIL image, but got {type(inpt)} instead."
        )
    pixels = from_numpy(inpt)
    if pixels.ndim < 2:
        pixels = pixels.reshape(1, -1)  # a row, as NumPy's atleast_3d has it
    return Image((pixels.unsqueeze(2) if pixels.ndim == 2 else pixels).permute(2, 0, 1).contiguous())


@takes(pictures=False)
def normalize(inpt: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """Each channel less its mean, divided by its deviation. Source: ``torchvision.transforms.v2.functional.normalize``.

    Raises:
        TypeError: it has integers.
        ValueError: it has fewer than three dimensions, or a deviation is 0.
    """
    if not inpt.dtype.is_floating_point:
        raise TypeError(f"Input tensor should be a float tensor. Got {inpt.dtype}.")
    if inpt.ndim < 3:
        raise ValueError(f"Expected tensor to be a tensor image of size (..., C, H, W). Got {inpt.shape}.")
    if not (all(std) if isinstance(std, (tuple, list)) else isinstance(std, Tensor) or std):
        raise ValueError("std evaluated to zero, leading to division by zero.")
    middle, spread, _ = normalizing(inpt, mean, std)
    return (inpt.sub_(middle) if inplace else inpt - middle).div_(spread)


def _converted(inpt: Any, dtype: Any = dtypes.float32, scale: bool = False) -> Any:
    """The numbers in another dtype; what is no image is not scaled."""
    return wrap(inpt.as_subclass(Tensor).to(dtype), like=inpt)


@takes(pictures=False, masks=lambda mask, dtype=dtypes.float32, scale=False: mask.to(dtype), boxes=_converted)
def to_dtype(inpt: Any, dtype: Any = dtypes.float32, scale: bool = False) -> Any:
    """The image in another dtype.

    Args:
        inpt: a tensor; masks and boxes are never scaled.
        dtype: the dtype.
        scale: black stays black and white becomes white: numbers with a point are from 0 to 1.

    Source of the semantics: ``torchvision.transforms.v2.functional.to_dtype``.

    Raises:
        RuntimeError: the dtype has more digits than the image.
        TypeError: truth values are to be scaled to integers, or integers to truth values.
    """
    if inpt.dtype is dtype:
        return inpt
    if not scale:
        return inpt.to(dtype)
    if dtype.is_floating_point and not inpt.dtype.is_floating_point:
        return inpt.to(dtype).mul_(1.0 / largest(inpt.dtype))
    if not (inpt.dtype.is_floating_point or dtype.is_floating_point):
        need_shades(inpt.dtype)
        need_shades(dtype)
    try:
        return first.convert_image_dtype(inpt, dtype)
    except RuntimeError:
        raise RuntimeError(f"The conversion from {inpt.dtype} to {dtype} cannot be performed safely.") from None


def convert_image_dtype(image: Tensor, dtype: Any = dtypes.float32) -> Any:
    """The image in another dtype, scaled: see :func:`to_dtype`. Source: ``torchvision.transforms.v2.functional``."""
    return to_dtype(image, dtype, scale=True)


@takes()
def gaussian_blur(inpt: Any, kernel_size: Sequence[int], sigma: Any = None) -> Any:
    """The image, smoothed by the bell curve. Source: ``torchvision.transforms.v2.functional.gaussian_blur``."""
    return in_integers(first.gaussian_blur, inpt, kernel_size, sigma)


@takes()
def gaussian_noise(
    inpt: Any, mean: float = 0.0, sigma: float = 0.1, clip: bool = True, *, generator: Any = None
) -> Any:
    """The image with normal numbers added.

    Args:
        inpt: a tensor of bytes, or of numbers from 0 to 1.
        mean, sigma: of the normal distribution, where white is 1.
        clip: nothing becomes blacker than black or whiter than white; without it bytes wrap around.
        generator: where the numbers come from; the default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.functional.gaussian_noise``; ``generator`` is not in it.

    Raises:
        ValueError: it is an image of Pillow's, has another dtype, or ``sigma`` is negative.
    """
    if not isinstance(inpt, Tensor):
        raise ValueError("Gaussian Noise is not implemented for PIL images.")
    if sigma < 0:
        raise ValueError(f"sigma shouldn't be negative. Got {sigma}")
    if inpt.dtype.is_floating_point:
        made = inpt + (mean + _normal(inpt, inpt.dtype, generator) * sigma)
        return made.clamp(0, 1) if clip else made
    if inpt.dtype is not dtypes.uint8:
        raise ValueError(f"Input tensor is expected to be in uint8 or float dtype, got dtype={inpt.dtype}")
    noise = (mean * 255 + _normal(inpt, dtypes.float32, generator) * (sigma * 255)).to(dtypes.int16)
    made = inpt + noise
    return (made.clamp(0, 255) if clip else made).to(dtypes.uint8)


def _normal(image: Tensor, dtype: Any, generator: Any) -> Tensor:
    return empty_like(image, dtype=dtype).normal_(generator=generator)


@takes()
def erase(inpt: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """The image with a rectangle filled. Source of the semantics: ``torchvision.transforms.v2.functional.erase``.

    Args:
        inpt: an image.
        i, j, h, w: above, left, height and width of the rectangle.
        v: what is put there, broadcast.
        inplace: write into the tensor.
    """
    if isinstance(inpt, Tensor):
        return first.erase(inpt, i, j, h, w, v, inplace)
    return to_pil_image(first.erase(pil_to_tensor(inpt), i, j, h, w, v), mode=inpt.mode)


@takes(pictures=True)
def jpeg(image: Any, quality: int) -> Any:
    """The image as a JPEG file of a quality from 1 to 100 has it. Source: ``torchvision.transforms.v2.functional.jpeg``.

    Differs from torchvision: Pillow codes tensors, too.
    """
    if isinstance(image, Tensor):
        parts = [decode_jpeg(encode_jpeg(each, quality)) for each in image.reshape(-1, *image.shape[-3:]).unbind(0)]
        return stack(parts).reshape(image.shape) if parts else image.clone()
    file = BytesIO()
    image.save(file, format="JPEG", quality=quality)
    return pillow().open(file).copy()


@takes(images=False, pictures=False, flat=False)
def uniform_temporal_subsample(inpt: Any, num_samples: int) -> Any:
    """So many images of a video (..., T, C, H, W), evenly spread over it. Source: ``torchvision.transforms.v2.functional``."""
    places = linspace(0, inpt.shape[-4] - 1, num_samples, device=inpt.device).to(dtypes.int64)
    return inpt.index_select(-4, places)
