"""Transforms of images: tensors (…, height, width), and Pillow's images. Source of the semantics: ``torchvision.transforms``.

Beyond torchvision, random transforms take a ``generator``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn.functional import pad
from flambeau.nn.modules.module import Module
from flambeau.ops.random import randint
from flambeau.shapes import as_ints

__all__ = ["RandomCrop"]

_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}


class RandomCrop(Module):
    """Cut a part of a given size out of an image, at a random place. Source: ``torchvision.transforms.RandomCrop``.

    Args:
        size: (height, width), or one number for both.
        padding: first put this much around the image: one number, (left and right, above and below), or (left, above, right,
            below).
        pad_if_needed: put as much around it as the size takes.
        fill: what is put there with ``padding_mode`` "constant".
        padding_mode: "constant", "edge", "reflect" or "symmetric"; of Pillow's images "constant".
        generator: where the place comes from; the CPU's default generator if None.

    Raises:
        ValueError: the image is smaller than the size, or an option is not what it should be.

    Example:
        >>> import flambeau as torch
        >>> crop = torch.vision.transforms.RandomCrop(2, generator=torch.Generator().manual_seed(0))
        >>> crop(torch.arange(16).reshape(1, 4, 4))
        tensor([[[ 8,  9],
                 [12, 13]]])
    """

    def __init__(
        self, size: int | Sequence[int], padding: int | Sequence[int] | None = None, pad_if_needed: bool = False,
        fill: float = 0, padding_mode: str = "constant", *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if padding_mode not in (*_MODES, "symmetric"):
            raise ValueError(f"Padding mode should be constant, edge, reflect or symmetric, not {padding_mode!r}")
        self.size = _pair(size)
        self.padding = None if padding is None else _sides(padding)
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode
        self.generator = generator

    def forward(self, img: Any) -> Any:
        """Cut out a part."""
        if self.padding is not None:
            img = self._padded(img, self.padding)
        height, width = _size_of(img)
        if self.pad_if_needed and width < self.size[1]:
            img = self._padded(img, (self.size[1] - width, 0, self.size[1] - width, 0))
        if self.pad_if_needed and height < self.size[0]:
            img = self._padded(img, (0, self.size[0] - height, 0, self.size[0] - height))
        top, left, height, width = self.get_params(img, self.size, generator=self.generator)
        if isinstance(img, Tensor):
            return img[..., top : top + height, left : left + width]
        return img.crop((left, top, left + width, top + height))

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int], *, generator: Any = None) -> tuple[int, int, int, int]:
        """Draw where to cut: (top, left, height, width).

        Raises:
            ValueError: the image is smaller than that.
        """
        (height, width), (rows, columns) = _size_of(img), output_size
        if height < rows or width < columns:
            raise ValueError(f"Required crop size {(rows, columns)} is larger than input image size {(height, width)}")
        if (height, width) == (rows, columns):
            return 0, 0, height, width
        top, left = (
            int(randint(0, room + 1, (1,), generator=generator, device="cpu").item())
            for room in (height - rows, width - columns)
        )
        return top, left, rows, columns

    def _padded(self, img: Any, sides: tuple[int, int, int, int]) -> Any:
        left, above, right, below = sides
        if not isinstance(img, Tensor):
            if self.padding_mode != "constant":
                raise ValueError(
                    f"padding_mode {self.padding_mode!r} is not there for Pillow's images: make a tensor of the image first"
                )
            from PIL import ImageOps  # there is an image of Pillow's, so it is installed; others need not have it

            return ImageOps.expand(img, border=sides, fill=self.fill)  # type: ignore[arg-type]
        if self.padding_mode == "symmetric":
            rows, columns = _mirrored(img.shape[-2], above, below), _mirrored(img.shape[-1], left, right)
            return img[..., rows, :][..., columns]
        mode = _MODES[self.padding_mode]
        if mode == "constant":
            return pad(img, [left, right, above, below], mode, self.fill)
        batched = img.reshape(1, -1, *img.shape[-2:])
        made = pad(batched, [left, right, above, below], mode)
        return made.reshape(*img.shape[:-2], *made.shape[-2:])

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


def _pair(size: int | Sequence[int]) -> tuple[int, int]:
    given = as_ints(size, "size")
    pair = given * (2 if len(given) == 1 else 1)
    if len(pair) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    return pair[0], pair[1]


def _sides(padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    given = as_ints(padding, "padding")
    if len(given) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(given)} element tuple")
    left, above, right, below = given * (4 // len(given))
    return left, above, right, below


def _size_of(img: Any) -> tuple[int, int]:
    """Height and width."""
    if isinstance(img, Tensor):
        return int(img.shape[-2]), int(img.shape[-1])
    width, height = img.size
    return height, width


def _mirrored(size: int, before: int, after: int) -> list[int]:
    """Indices of a dimension that is continued by its mirror image, the border included."""
    return [place % (2 * size) if place % (2 * size) < size else 2 * size - 1 - place % (2 * size)
            for place in range(-before, size + after)]  # fmt: skip
