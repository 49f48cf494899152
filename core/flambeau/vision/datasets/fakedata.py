"""Images of noise, for trying programs."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.random import randint, randn
from flambeau.random import Generator

from .._images import image_of
from .vision import Transform, VisionDataset

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """Images of noise with random labels, the same each time that they are asked for.

    Args:
        size: how many.
        image_size: channels, height and width.
        num_classes: how many classes.
        transform: applied to the image, one of Pillow's.
        target_transform: applied to the label.
        random_offset: added to the number of an image to give the seed that it is drawn with.

    Source of the semantics: ``torchvision.datasets.FakeData``.
    """

    def __init__(
        self, size: int = 1000, image_size: tuple[int, int, int] = (3, 224, 224), num_classes: int = 10,
        transform: Transform | None = None, target_transform: Transform | None = None, random_offset: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        noise, label = _drawn(index + self.random_offset, self.image_size, self.num_classes)
        pixels = (noise * 255).to(dtypes.uint8)
        image, target = self._transformed(image_of(pixels[0] if len(pixels) == 1 else pixels.permute(1, 2, 0)), label)
        return image, target.item() if isinstance(target, Tensor) else target

    def __len__(self) -> int:
        return self.size


def _drawn(seed: int, shape: tuple[int, ...], classes: int) -> tuple[Tensor, Tensor]:
    """An image and a label from a seed; the program's own stream goes on as if nothing had been drawn."""
    generator = Generator().manual_seed(seed)
    return randn(shape, generator=generator), randint(0, classes, (), generator=generator)
