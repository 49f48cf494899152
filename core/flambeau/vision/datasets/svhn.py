"""Street View House Numbers: digits on photographs of houses, in MATLAB's files."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, ClassVar

from .._images import image_of
from ._places import Path, not_found
from .utils import check_integrity, download_url, first_wrong, verify_str_arg
from .vision import Transform, VisionDataset

__all__ = ["SVHN"]


class SVHN(VisionDataset):
    """Digits on photographs of houses, 32×32 RGB: ``root/train_32x32.mat`` and its like.

    An item is an RGB image of Pillow's and a number; the files call the digit 0 ten.

    Args:
        root: the folder.
        split: ``"train"`` (73,257 images), ``"test"`` (26,032) or ``"extra"`` (531,131).
        transform: applied to the image.
        target_transform: applied to the label.
        download: download what is not there.

    Attributes:
        data: the images, a NumPy array of bytes (N, 3, 32, 32).
        labels: the digits, a NumPy array of int64.

    Source of the semantics: ``torchvision.datasets.SVHN``.

    Raises:
        ImportError: SciPy, which reads the files, is not installed.
        RuntimeError: the file is not there, or damaged.
    """

    _home = "http://ufldl.stanford.edu/housenumbers"
    split_list: ClassVar[dict[str, list[str]]] = {
        "train": [f"{_home}/train_32x32.mat", "train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"],
        "test": [f"{_home}/test_32x32.mat", "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"],
        "extra": [f"{_home}/extra_32x32.mat", "extra_32x32.mat", "a93ce644f1a588dc4d68dda5feec44a7"],
    }  # fmt: skip

    def __init__(
        self, root: Path, split: str = "train", transform: Transform | None = None,
        target_transform: Transform | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.split = verify_str_arg(split, "split", tuple(self.split_list))
        self.url, self.filename, self.file_md5 = self.split_list[split]
        if download:
            self.download()
        if not self._check_integrity():
            raise not_found(first_wrong([(os.path.join(self.root, self.filename), self.file_md5)]))
        read = import_module("scipy.io")  # only this data set's files are MATLAB's
        found = read.loadmat(os.path.join(self.root, self.filename))
        self.data = found["X"].transpose(3, 2, 0, 1)
        labels = found["y"].astype("int64").squeeze(1)
        labels[labels == 10] = 0
        self.labels = labels

    def _check_integrity(self) -> bool:
        return check_integrity(os.path.join(self.root, self.filename), self.file_md5)

    def download(self) -> None:
        """Download the file, unless it is there."""
        download_url(self.url, self.root, self.filename, self.file_md5)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(image_of(self.data[index].transpose(1, 2, 0)), int(self.labels[index]))

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {self.split.capitalize()}"
