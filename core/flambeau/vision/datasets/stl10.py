"""STL-10: photographs of ten kinds of things, few of them with labels."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.data import frombuffer
from flambeau.ops.creation.filled import full
from flambeau.ops.movement.joining import cat

from .._images import as_numpy, image_of
from ._places import Path, not_found
from .utils import check_integrity, download_and_extract_archive, first_wrong, verify_str_arg
from .vision import Transform, VisionDataset

__all__ = ["STL10"]

_SIZE = 96


class STL10(VisionDataset):
    """Photographs of ten kinds of things, 96×96 RGB: ``root/stl10_binary/train_X.bin`` and its like.

    An item is an RGB image of Pillow's and a number; None in the part without labels alone, -1 where both are together.

    Args:
        root: the folder.
        split: ``"train"`` (5,000 images), ``"test"`` (8,000), ``"unlabeled"`` (100,000) or ``"train+unlabeled"``.
        folds: of the training part, the images of one of ten divisions, 0 to 9.
        transform: applied to the image.
        target_transform: applied to the label.
        download: download what is not there.

    Attributes:
        data: the images, a NumPy array of bytes (N, 3, 96, 96).
        labels: the numbers of the classes, a NumPy array of int64, or None.
        classes: the names of the classes.

    Source of the semantics: ``torchvision.datasets.STL10``.

    Raises:
        ValueError: there is no such division.
        RuntimeError: the files are not there, or damaged.
    """

    base_folder = "stl10_binary"
    url = "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz"
    filename = "stl10_binary.tar.gz"
    tgz_md5 = "91f7769df0f17e558f3565bffb0c7dfb"
    class_names_file = "class_names.txt"
    folds_list_file = "fold_indices.txt"
    train_list: ClassVar[list[list[str]]] = [
        ["train_X.bin", "918c2871b30a85fa023e0c44e0bee87f"],
        ["train_y.bin", "5a34089d4802c674881badbb80307741"],
        ["unlabeled_X.bin", "5242ba1fed5e4be9e1e742405eb56ca4"],
    ]
    test_list: ClassVar[list[list[str]]] = [
        ["test_X.bin", "7f263ba9f9e0b06b93213547f721ac82"],
        ["test_y.bin", "36f9794fa4beb8a2c72628de14fa638e"],
    ]
    splits = ("train", "train+unlabeled", "unlabeled", "test")

    def __init__(
        self, root: Path, split: str = "train", folds: int | None = None,
        transform: Transform | None = None, target_transform: Transform | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.split = verify_str_arg(split, "split", self.splits)
        self.folds = _checked_folds(folds)
        if download:
            self.download()
        elif not self._check_integrity():
            raise not_found(first_wrong(self._files()))
        parts = [part for part in ("train", "test", "unlabeled") if part in split.split("+")]
        images = [self._images(part) for part in parts]
        labels = [self._labels(part, len(own)) for part, own in zip(parts, images, strict=True)]
        data, numbers = cat(images), cat(labels)
        if parts[0] == "train" and self.folds is not None:
            chosen = self._fold(self.folds)
            data, numbers = data[chosen], numbers[chosen]
        self.data = as_numpy(data)
        self.labels = None if split == "unlabeled" else as_numpy(numbers)
        self.classes: list[str] = []
        names = self._path(self.class_names_file)
        if os.path.isfile(names):
            with open(names, encoding="utf-8") as file:
                self.classes = file.read().splitlines()

    def _path(self, name: str) -> str:
        return os.path.join(self.root, self.base_folder, name)

    def _images(self, part: str) -> Tensor:
        """The images of a file: each its three channels, each of these column by column."""
        path = self._path(f"{part}_X.bin")
        count, rest = divmod(os.path.getsize(path), 3 * _SIZE * _SIZE)
        if rest or not count:
            raise RuntimeError(f"{path} is damaged: it does not end with an image. Remove it and download it again")
        return _bytes_of(path).reshape(count, 3, _SIZE, _SIZE).transpose(2, 3).contiguous()

    def _labels(self, part: str, count: int) -> Tensor:
        """The classes of a file, from 1 there, from 0 here; -1 where none is known."""
        if part == "unlabeled":
            return full((count,), -1, dtype=dtypes.int64)
        return _bytes_of(self._path(f"{part}_y.bin")).long() - 1

    def _fold(self, number: int) -> list[int]:
        with open(self._path(self.folds_list_file), encoding="utf-8") as file:
            return [int(each) for each in file.read().splitlines()[number].split()]

    def _files(self) -> list[tuple[str, str | None]]:
        return [(self._path(name), md5) for name, md5 in (*self.train_list, *self.test_list)]

    def _check_integrity(self) -> bool:
        return all(check_integrity(path, md5) for path, md5 in self._files())

    def download(self) -> None:
        """Download the archive and unpack it, unless the files are there."""
        if not self._check_integrity():
            download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.tgz_md5)
            if not self._check_integrity():
                raise RuntimeError(
                    f"the files in {self._path('')} have other checksums: remove them and download them again"
                )

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        label = None if self.labels is None else int(self.labels[index])
        return self._transformed(image_of(_last(self.data[index])), label)

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {self.split}"


def _checked_folds(folds: int | None) -> int | None:
    if folds is None or (isinstance(folds, int) and folds in range(10)):
        return folds
    if isinstance(folds, int):
        raise ValueError(f"Value for argument folds should be in the range [0, 10), but got {folds}.")
    raise ValueError(f"Expected type None or int for argument folds, but got type {type(folds)}.")


def _bytes_of(path: str) -> Tensor:
    with open(path, "rb") as file:
        return frombuffer(bytearray(file.read()), dtype=dtypes.uint8)


def _last(image: Any) -> Any:
    """An image (3, H, W) as (H, W, 3)."""
    return image.permute(1, 2, 0) if isinstance(image, Tensor) else image.transpose(1, 2, 0)
