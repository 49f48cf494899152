"""Reading and writing files of images."""

from __future__ import annotations

from enum import Enum
from io import BytesIO
from os import PathLike, fspath
from typing import Any

from flambeau._tensor import Tensor
from flambeau.dtypes import uint8
from flambeau.ops.creation import frombuffer
from flambeau.ops.movement import stack

from .._images import bytes_of, picture_of, pillow, tensor_of

__all__ = [
    "ImageReadMode", "decode_gif", "decode_image", "decode_jpeg", "decode_png", "decode_webp", "encode_jpeg", "encode_png",
    "read_file", "read_image", "write_file", "write_jpeg", "write_png",
]  # fmt: skip

_Path = str | PathLike[str]


class ImageReadMode(Enum):
    """Which channels are read: those of the file, or what becomes of them. Source: ``torchvision.io.ImageReadMode``."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4
    RGBA = RGB_ALPHA


_PILLOW = {
    ImageReadMode.GRAY: "L",
    ImageReadMode.GRAY_ALPHA: "LA",
    ImageReadMode.RGB: "RGB",
    ImageReadMode.RGB_ALPHA: "RGBA",
}

_AS_THEY_ARE = ("L", "LA", "RGB", "RGBA")


def read_file(path: _Path) -> Tensor:
    """Give the bytes of a file, a tensor of uint8.

    Raises:
        OSError: it cannot be read.

    Source of the semantics: ``torchvision.io.read_file``.
    """
    with open(fspath(path), "rb") as file:  # of a number, `open` takes what file that is of this process
        content = file.read()
    if not content:
        raise ValueError(f"the file {fspath(path)!r} is empty")
    return frombuffer(bytearray(content), dtype=uint8)


def write_file(filename: _Path, data: Tensor) -> None:
    """Write the bytes of a tensor of uint8 to a file.

    Raises:
        RuntimeError: the tensor is of another dtype, or has not one dimension.

    Source of the semantics: ``torchvision.io.write_file``.
    """
    content = _checked_bytes(data)
    with open(fspath(filename), "wb") as file:
        file.write(content)


def _checked_bytes(data: Any) -> bytes:
    if not isinstance(data, Tensor):
        raise TypeError(f"a tensor of the bytes of a file is expected, not {type(data).__name__}")
    if data.dtype is not uint8:
        raise RuntimeError(f"Input tensor must have uint8 data type, got {data.dtype}")
    if data.dim() != 1 or not data.numel():
        raise RuntimeError(
            f"Input tensor must be non-empty and 1-dimensional, got a tensor of shape {list(data.shape)}"
        )
    return bytes_of(data)


def decode_image(
    input: Tensor | _Path, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """Give the pixels of an image: (channels, height, width), uint8.

    Args:
        input: the bytes of a file, a tensor of uint8, or a path.
        mode: which channels; a name such as "RGB" is one, too.
        apply_exif_orientation: turn the image as it says that it was taken.

    Returns:
        The pixels; of a GIF with several images (images, channels, height, width).

    Raises:
        RuntimeError: it is no image that Pillow can read, or is damaged.
        MissingExtraError: Pillow is not installed: ``pip install 'flambeau[vision]'``.

    Source of the semantics: ``torchvision.io.decode_image``. Differs from torchvision: Pillow decodes, so that other formats
    are read, too, and 16 bits are not.
    """
    content = read_file(input) if isinstance(input, (str, PathLike)) else input
    return _decoded(content, mode, apply_exif_orientation, None)


def read_image(
    path: _Path, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """Give the pixels of a file, as :func:`decode_image`. Source of the semantics: ``torchvision.io.read_image``.

    Raises:
        OSError: the file cannot be read.
        RuntimeError: it is no image.
        MissingExtraError: Pillow is not installed.
    """
    try:
        return decode_image(path, mode, apply_exif_orientation)
    except RuntimeError as error:
        raise RuntimeError(f"{fspath(path)}: {error}") from error


def decode_png(
    input: Tensor, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """Give the pixels of a PNG file, as :func:`decode_image`. Source of the semantics: ``torchvision.io.decode_png``."""
    return _decoded(input, mode, apply_exif_orientation, "PNG")


def decode_webp(input: Tensor, mode: ImageReadMode | str = ImageReadMode.UNCHANGED) -> Tensor:
    """Give the pixels of a WebP file, as :func:`decode_image`. Source of the semantics: ``torchvision.io.decode_webp``."""
    return _decoded(input, mode, False, "WEBP")


def decode_gif(input: Tensor) -> Tensor:
    """Give the pixels of a GIF file: (3, height, width), or (images, 3, height, width).

    Source of the semantics: ``torchvision.io.decode_gif``.
    """
    return _decoded(input, ImageReadMode.UNCHANGED, False, "GIF")


def decode_jpeg(
    input: Tensor | list[Tensor], mode: ImageReadMode | str = ImageReadMode.UNCHANGED, device: Any = "cpu",
    apply_exif_orientation: bool = False,
) -> Any:  # fmt: skip
    """Give the pixels of a JPEG file, as :func:`decode_image`, or of a list of them.

    Args:
        input: the bytes of a file, or a list of such tensors.
        mode: which channels.
        device: where the pixels go; they are decoded on the CPU.
        apply_exif_orientation: turn the image as it says that it was taken.

    Source of the semantics: ``torchvision.io.decode_jpeg``.
    """
    if isinstance(input, list):
        if not input:
            raise ValueError("Input list must contain at least one element")
        return [decode_jpeg(each, mode, device, apply_exif_orientation) for each in input]
    pixels = _decoded(input, mode, apply_exif_orientation, "JPEG")
    return pixels if device == "cpu" else pixels.to(device)


def _decoded(data: Any, mode: Any, turned: bool, format: str | None) -> Tensor:
    wanted = ImageReadMode[mode.upper()] if isinstance(mode, str) else mode
    content = _checked_bytes(data)
    images = pillow("Image", "reading an image")
    try:
        image = images.open(BytesIO(content), formats=None if format is None else [format])
        image.load()
    except images.UnidentifiedImageError:
        kind = "an image that Pillow can read" if format is None else f"a {format} file"
        raise RuntimeError(f"the bytes are not {kind}: they begin with {content[:8]!r}") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise RuntimeError(f"the image is damaged: {error}") from error
    if image.format == "GIF":
        return _frames(image)
    if turned:
        image = pillow("ImageOps", "turning an image").exif_transpose(image)
    return _pixels(image, wanted)


def _frames(image: Any) -> Tensor:
    frames = []
    for place in range(image.n_frames):
        image.seek(place)
        frames.append(tensor_of(image.convert("RGB")))
    return stack(frames) if len(frames) > 1 else frames[0]


def _pixels(image: Any, mode: ImageReadMode) -> Tensor:
    if mode is not ImageReadMode.UNCHANGED:
        image = image.convert(_PILLOW[mode])
    elif image.mode.startswith("I;16"):
        raise RuntimeError(
            "the image has 16 bits for each number, of which there is no dtype: give a mode, ImageReadMode.GRAY, for 8 of them"
        )
    elif image.mode not in _AS_THEY_ARE:
        gray = image.mode in ("1", "I", "F")
        image = image.convert("L" if gray else "RGBA" if image.has_transparency_data else "RGB")
    return tensor_of(image)


def encode_png(input: Tensor, compression_level: int = 6) -> Tensor:
    """Give the bytes of a PNG file of an image (1 or 3, height, width) of uint8.

    Args:
        input: the image.
        compression_level: from 0 (large and fast) to 9.

    Raises:
        RuntimeError: the image or the level are not what they should be.
        MissingExtraError: Pillow is not installed.

    Source of the semantics: ``torchvision.io.encode_png``.
    """
    if not 0 <= compression_level <= 9:
        raise RuntimeError("Compression level should be between 0 and 9")
    return _encoded(input, "encode_png", format="PNG", compress_level=compression_level)


def encode_jpeg(input: Tensor | list[Tensor], quality: int = 75) -> Any:
    """Give the bytes of a JPEG file of an image (1 or 3, height, width) of uint8, or of a list of images.

    Args:
        input: the image, or a list of images.
        quality: from 1 (small) to 100.

    Raises:
        ValueError: the quality is another, or the list is empty.
        RuntimeError: the image is not what it should be.
        MissingExtraError: Pillow is not installed.

    Source of the semantics: ``torchvision.io.encode_jpeg``.
    """
    if quality < 1 or quality > 100:
        raise ValueError("Image quality should be a positive number between 1 and 100")
    if isinstance(input, list):
        if not input:
            raise ValueError("encode_jpeg requires at least one input tensor when a list is passed")
        return [encode_jpeg(each, quality) for each in input]
    return _encoded(input, "encode_jpeg", format="JPEG", quality=quality)


def _encoded(input: Tensor, what: str, **options: Any) -> Tensor:
    if input.dtype is not uint8:
        raise RuntimeError("Input tensor dtype should be uint8")
    if input.dim() != 3:
        raise RuntimeError("Input data should be a 3-dimensional tensor")
    if input.shape[0] not in (1, 3):
        raise RuntimeError(f"The number of channels should be 1 or 3, got: {input.shape[0]}")
    written = BytesIO()
    picture_of(input, what).save(written, **options)
    return frombuffer(bytearray(written.getvalue()), dtype=uint8)


def write_png(input: Tensor, filename: _Path, compression_level: int = 6) -> None:
    """Write an image to a PNG file, as :func:`encode_png`. Source of the semantics: ``torchvision.io.write_png``."""
    write_file(filename, encode_png(input, compression_level))


def write_jpeg(input: Tensor, filename: _Path, quality: int = 75) -> None:
    """Write an image to a JPEG file, as :func:`encode_jpeg`. Source of the semantics: ``torchvision.io.write_jpeg``."""
    write_file(filename, encode_jpeg(input, quality))
