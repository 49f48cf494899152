"""Images as Pillow has them, and as tensors of their pixels. Pillow is an extra, imported when an image is touched."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from math import prod
from numbers import Real
from typing import Any, NamedTuple, TypeGuard

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.errors import MissingExtraError
from flambeau.ops.creation.data import frombuffer

__all__ = [
    "Size", "as_numpy", "bands", "bytes_of", "dimensions", "image_like", "image_of", "is_number", "is_pillow", "need_pillow",
    "open_image", "picture_of", "pillow", "pixels_of", "tensor_of",
]  # fmt: skip

_LITTLE = sys.byteorder == "little"
_SHORTS = {"I;16": True, "I;16L": True, "I;16B": False, "I;16N": _LITTLE}
"""The modes of pixels of two bytes, and whether their lower byte comes first."""

_DTYPES = {"I": dtypes.int32, "F": dtypes.float32} | dict.fromkeys(_SHORTS, dtypes.int16)
"""The dtypes of pixels by the modes of images; all others have bytes."""

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""What Pillow calls an image of so many channels of bytes."""


class Size(NamedTuple):
    """The sizes of an image."""

    channels: int
    height: int
    width: int


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is taken for a number, as by torchvision: NumPy's are, too."""
    return isinstance(value, (int, float, Real))


def pillow(module: str = "Image", what: str = "an image") -> Any:
    """A module of Pillow's.

    Raises:
        MissingExtraError: Pillow, which ``what`` needs, is not installed.
    """
    try:
        return import_module(f"PIL.{module}")
    except ModuleNotFoundError:
        raise MissingExtraError(what, "pillow", "vision") from None


def is_pillow(image: Any) -> bool:
    """Whether something is one of Pillow's images; where Pillow was never imported, nothing is."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def need_pillow(image: Any) -> None:
    """Raise unless something is one of Pillow's images.

    Raises:
        TypeError: it is not.
    """
    if not is_pillow(image):
        raise TypeError(f"img should be PIL Image. Got {type(image)}")


def open_image(path: Any) -> Any:
    """An image of a file, as RGB.

    Raises:
        OSError: the file is no image, or a damaged one; the message names it.
    """
    with open(path, "rb") as file:
        image = pillow().open(file)
        try:
            return image.convert("RGB")
        except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's decoders say names no file
            raise OSError(f"{path} cannot be read: {error}") from error


def dimensions(image: Any) -> Size:
    """The channels, the height and the width of an image or of a tensor (..., C, H, W) or (H, W).

    Raises:
        TypeError: it is neither, or has fewer dimensions.
    """
    if isinstance(image, Tensor):
        shape = image._array.shape
        if len(shape) < 2:
            raise TypeError("Tensor is not a torch image.")
        return Size(1 if len(shape) == 2 else shape[-3], shape[-2], shape[-1])
    if not is_pillow(image):
        raise TypeError(f"Unexpected type {type(image)}")
    return Size(len(image.getbands()), image.height, image.width)


def pixels_of(image: Any) -> Tensor:
    """The pixels of an image, (H, W, C): bytes, or what the mode has."""
    if image.mode == "1":
        return pixels_of(image.convert("L")) > 0
    content = bytearray(image.tobytes()) or bytearray(4)
    if _SHORTS.get(image.mode, _LITTLE) is not _LITTLE:
        content[::2], content[1::2] = content[1::2], content[::2]
    shape = image.height, image.width, len(image.getbands())
    return frombuffer(content, dtype=_DTYPES.get(image.mode, dtypes.uint8))[: prod(shape)].reshape(shape)


def tensor_of(image: Any) -> Tensor:
    """The pixels of an image as a tensor of its own, (C, H, W)."""
    return pixels_of(image).permute(2, 0, 1).contiguous()


def image_of(pixels: Any, mode: str | None = None) -> Any:
    """An image of a tensor or of a NumPy array (H, W) or (H, W, C), by default of bytes, with 1 to 4 channels."""
    height, width, *channels = pixels.shape
    chosen = mode or _MODES[channels[0] if channels else 1]
    content = bytes_of(pixels) if isinstance(pixels, Tensor) else pixels.tobytes()
    return pillow().frombytes(chosen, (width, height), content)


def image_like(image: Any, pixels: Tensor) -> Any:
    """An image of the pixels (H, W, C), of the mode and with the palette of another: see :func:`pixels_of`."""
    if image.mode == "1":
        return image_of(pixels.to(dtypes.uint8).mul(255).squeeze(2), "L").convert("1")
    if _SHORTS.get(image.mode, _LITTLE) is not _LITTLE:
        return image_of(pixels.squeeze(2), "I;16" if _LITTLE else "I;16B")
    made = image_of(pixels, image.mode)
    if image.mode == "P":
        made.putpalette(image.getpalette())
    return made


def picture_of(tensor: Tensor, what: str) -> Any:
    """The image of a tensor (C, H, W) of bytes, for ``what``.

    Raises:
        ValueError: there are other than 1 to 4 channels.
        MissingExtraError: Pillow is not installed.
    """
    pillow(what=what)
    if tensor.shape[0] not in _MODES:
        raise ValueError(f"{what} takes images of 1 to 4 channels, not of {tensor.shape[0]}")
    return image_of(tensor.permute(1, 2, 0))


def bytes_of(tensor: Tensor) -> bytes:
    """The elements of a tensor, one after another, as they lie in memory."""
    whole = tensor.detach().contiguous()
    return bytes(whole._type.kernels.to_host(whole._array))


def as_numpy(pixels: Tensor) -> Any:
    """The images as a NumPy array, which programs of torchvision's expect; as a tensor where there is no NumPy."""
    try:
        return pixels.cpu().numpy()
    except ImportError:
        return pixels


def bands(fill: float | Sequence[float] | None, image: Any) -> Any:
    """A colour for an image of Pillow's: a number for each of its bands, or one if it has one."""
    count = len(image.getbands())
    chosen: Any = 0 if fill is None else fill
    if is_number(chosen) and count > 1:
        chosen = (chosen,) * count
    if isinstance(chosen, (list, tuple)):
        if len(chosen) not in (1, count):
            raise ValueError(
                "The number of elements in 'fill' does not match the number of channels of the image "
                f"({len(chosen)} != {count})"
            )
        chosen = tuple(chosen) * (count // len(chosen))
    if image.mode == "F":
        return chosen
    return tuple(map(int, chosen)) if isinstance(chosen, tuple) else int(chosen)
