"""Images of Pillow's, which is the extra ``vision``, and tensors."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flambeau._tensor import Tensor
from flambeau.dtypes import uint8
from flambeau.errors import MissingExtraError
from flambeau.ops.creation import empty, frombuffer

__all__ = ["MODES", "bytes_of", "image_of", "pillow", "tensor_of"]

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""What Pillow calls an image of so many channels."""


def pillow(module: str, what: str) -> Any:
    """A module of Pillow's.

    Raises:
        MissingExtraError: Pillow, which ``what`` needs, is not installed.
    """
    try:
        return import_module(f"PIL.{module}")
    except ModuleNotFoundError:
        raise MissingExtraError(what, "pillow", "vision") from None


def bytes_of(tensor: Tensor) -> bytes:
    """The numbers of a tensor of uint8, one after another."""
    whole = tensor.detach().contiguous()
    return bytes(whole._type.kernels.to_host(whole._array))


def image_of(tensor: Tensor, what: str) -> Any:
    """The image of a tensor (C, H, W) of uint8."""
    channels, height, width = tensor.shape
    if channels not in MODES:
        raise ValueError(f"{what} takes images of 1 to 4 channels, not of {channels}")
    return pillow("Image", what).frombytes(MODES[channels], (width, height), bytes_of(tensor.permute(1, 2, 0)))


def tensor_of(image: Any) -> Tensor:
    """The tensor (C, H, W) of uint8 of an image of bytes."""
    width, height = image.size
    channels = len(image.getbands())
    if not width * height:
        return empty(channels, height, width, dtype=uint8)
    flat = frombuffer(bytearray(image.tobytes()), dtype=uint8)
    return flat.reshape(height, width, channels).permute(2, 0, 1).contiguous()
