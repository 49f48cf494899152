"""Images as Pillow has them and as arrays of bytes; Pillow is an extra."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.errors import MissingExtraError

__all__ = ["as_numpy", "image_of", "open_image", "pillow"]


def pillow() -> Any:
    """The module ``PIL.Image``.

    Raises:
        MissingExtraError: Pillow is not installed.
    """
    try:
        from PIL import Image  # an extra, which nothing but images needs
    except ImportError:
        raise MissingExtraError("an image", "pillow", "vision") from None
    return Image


def open_image(path: Any) -> Any:
    """An image of a file, as RGB."""
    with open(path, "rb") as file:
        return pillow().open(file).convert("RGB")


def image_of(pixels: Any) -> Any:
    """An image of Pillow's of bytes (H, W), grey, or (H, W, 3), RGB: of a tensor or of a NumPy array."""
    content = bytes(pixels.reshape(-1).tolist()) if isinstance(pixels, Tensor) else pixels.tobytes()
    height, width = pixels.shape[:2]
    return pillow().frombytes("L" if len(pixels.shape) == 2 else "RGB", (width, height), content)


def as_numpy(pixels: Tensor) -> Any:
    """The images as a NumPy array, which programs of torchvision's expect; as a tensor where there is no NumPy."""
    try:
        return pixels.cpu().numpy()
    except ImportError:
        return pixels
