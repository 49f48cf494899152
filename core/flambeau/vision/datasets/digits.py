"""The handwritten digits of the UCI repository; ``digits.md`` beside this file says where they come from."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from flambeau._tensor import Tensor
from flambeau.dtypes import float32, int64, uint8
from flambeau.ops.creation.data import tensor
from flambeau.utils.data import Dataset

__all__ = ["Digits"]

_COUNT = 1797


class Digits(Dataset[tuple[Any, Any]]):
    """1,797 images of handwritten digits, 8×8 pixels with 17 shades of grey.

    Every fifth image, in the order of the original file, is for testing (359 of them), the others for training.
    An item is a float32 tensor (1, 8, 8) from 0 to 1 and a label.

    Attributes:
        data: all images of the part, uint8 (N, 8, 8) from 0 to 16.
        targets: the labels, int64 (N,).

    Args:
        root: taken for compatibility with torchvision's data sets; the images come with the library.
        train: the training part, or the test part.
        transform: applied to every image.
        target_transform: applied to every label.

    Example:
        >>> import flambeau as torch
        >>> from flambeau.vision.datasets import Digits
        >>> image, label = Digits(train=True)[0]
        >>> image.shape, label
        (torch.Size([1, 8, 8]), 0)
    """

    classes = tuple(str(digit) for digit in range(10))

    def __init__(
        self, root: Any = None, train: bool = True, transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:  # fmt: skip
        pixels, labels = _load()
        chosen = [number for number in range(_COUNT) if (number % 5 != 4) == train]
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        self._labels = [labels[number] for number in chosen]
        self.data = _tensor_of(b"".join(pixels[64 * number : 64 * number + 64] for number in chosen)).reshape(-1, 8, 8)
        self.targets = tensor(self._labels, dtype=int64)
        self._images = (self.data.to(float32) / 16).unsqueeze(1)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = self._images[index]
        label: Any = self._labels[index]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __len__(self) -> int:
        return len(self._labels)

    def __repr__(self) -> str:
        part = "Train" if self.train else "Test"
        return f"Dataset {type(self).__name__}\n    Number of datapoints: {len(self)}\n    Split: {part}"


def _load() -> tuple[bytes, bytes]:
    """The pixels of all images, a byte each, and the labels."""
    data = zlib.decompress(files(__package__).joinpath("digits.bin").read_bytes())
    return data[_COUNT:], data[:_COUNT]


def _tensor_of(values: bytes) -> Tensor:
    return tensor(memoryview(values), dtype=uint8)
