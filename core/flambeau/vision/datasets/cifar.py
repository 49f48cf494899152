"""CIFAR-10 and CIFAR-100: small photographs, in pickled batches."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.movement.joining import cat

from .._images import as_numpy, image_of
from ._pickled import read_pickle
from ._places import Path, not_found
from .utils import check_integrity, download_and_extract_archive, first_wrong
from .vision import Transform, VisionDataset

__all__ = ["CIFAR10", "CIFAR100"]


class CIFAR10(VisionDataset):
    """Photographs of ten kinds of things: 50,000 for training and 10,000 for testing, 32×32 RGB.

    The files are ``root/cifar-10-batches-py/data_batch_1`` and its like, the Python version of the authors' page. They are
    pickles; nothing in them is run. An item is an RGB image of Pillow's and a number.

    Args:
        root: the folder.
        train: the training part, or the test part.
        transform: applied to the image.
        target_transform: applied to the label.
        download: download what is not there.

    Attributes:
        data: the images, a NumPy array of bytes (N, 32, 32, 3).
        targets: the labels, a list.
        classes: the names of the classes.
        class_to_idx: the number of each.

    Source of the semantics: ``torchvision.datasets.CIFAR10``.

    Raises:
        RuntimeError: the files are not there, or damaged.
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list: ClassVar[list[list[Any]]] = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list: ClassVar[list[list[Any]]] = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta: ClassVar[dict[str, Any]] = {
        "filename": "batches.meta", "key": "label_names", "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }  # fmt: skip

    def __init__(
        self, root: Path, train: bool = True, transform: Transform | None = None,
        target_transform: Transform | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        if not self._check_integrity():
            raise not_found(first_wrong(self._files()))
        batches = [self._batch(name) for name, _ in (self.train_list if train else self.test_list)]
        pixels = cat([images for images, _ in batches])
        self.data = as_numpy(pixels.reshape(-1, 3, 32, 32).permute(0, 2, 3, 1).contiguous())
        self.targets: list[int] = [label for _, labels in batches for label in labels]
        self.classes: list[str] = self._read(self.meta["filename"])[self.meta["key"]]
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}

    def _read(self, name: str) -> dict[str, Any]:
        path = os.path.join(self.root, self.base_folder, name)
        with open(path, "rb") as file:
            return read_pickle(file, path)

    def _batch(self, name: str) -> tuple[Tensor, list[int]]:
        """The images of a file, bytes (N, 3072), and their labels."""
        found = self._read(name)
        images, labels = found.get("data"), found.get("labels", found.get("fine_labels"))
        if not (isinstance(images, Tensor) and isinstance(labels, list) and images.shape == (len(labels), 3 * 32 * 32)):
            path = os.path.join(self.root, self.base_folder, name)
            raise RuntimeError(
                f"{path} is no file of this data set: it has not 3,072 bytes under 'data' for each label"
            )
        return images, labels

    def _files(self) -> list[tuple[str, str | None]]:
        """All files and their checksums; a class that is derived from this one may have None there."""
        files = [*self.train_list, *self.test_list, [self.meta["filename"], self.meta["md5"]]]
        return [(os.path.join(self.root, self.base_folder, name), md5) for name, md5 in files]

    def _check_integrity(self) -> bool:
        return all(check_integrity(path, md5) for path, md5 in self._files())

    def download(self) -> None:
        """Download the archive and unpack it, unless the files are there."""
        if not self._check_integrity():
            download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.tgz_md5)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(image_of(self.data[index]), self.targets[index])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {'Train' if self.train else 'Test'}"


class CIFAR100(CIFAR10):
    """Photographs of a hundred kinds of things, as :class:`CIFAR10`.

    Source of the semantics: ``torchvision.datasets.CIFAR100``.
    """

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list: ClassVar[list[list[Any]]] = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list: ClassVar[list[list[Any]]] = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta: ClassVar[dict[str, Any]] = {
        "filename": "meta", "key": "fine_label_names", "md5": "7973b15100ade9c7d40fb424638fde48",
    }  # fmt: skip
