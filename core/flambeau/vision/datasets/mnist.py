"""MNIST and its relatives: images and labels in IDX files, compressed or not."""

from __future__ import annotations

import os
import string
from math import prod
from typing import IO, Any, ClassVar, NamedTuple
from urllib.error import URLError

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.data import frombuffer

from .._images import image_of
from ._archives import OPENERS, damage_told
from ._places import Path, not_found
from .utils import check_integrity, download_and_extract_archive, download_url, extract_archive, verify_str_arg
from .vision import Transform, VisionDataset

__all__ = ["EMNIST", "KMNIST", "MNIST", "QMNIST", "FashionMNIST", "read_image_file", "read_label_file"]


# -- IDX files ---------------------------------------------------------------------------------------------------------


class _Kind(NamedTuple):
    dtype: Any
    bytes: int


_KINDS = {
    8: _Kind(dtypes.uint8, 1), 9: _Kind(dtypes.int8, 1), 11: _Kind(dtypes.int16, 2), 12: _Kind(dtypes.int32, 4),
    13: _Kind(dtypes.float32, 4), 14: _Kind(dtypes.float64, 8),
}  # fmt: skip
"""The types of elements by their number in the head of a file."""


def _opened(path: str) -> IO[bytes]:
    opener: Any = OPENERS.get(os.path.splitext(path)[1], open)
    return opener(path, "rb")  # type: ignore[no-any-return]


def read_sn3_pascalvincent_tensor(path: str, strict: bool = True) -> Tensor:
    """Read an IDX file: two zeros, the type, the number of dimensions, the sizes, and the elements, high byte first.

    Args:
        path: of the file, which may be compressed (``.gz``, ``.bz2``, ``.xz``).
        strict: there must be nothing behind the elements.

    Source of the format: the page of the MNIST database; of the semantics: ``torchvision.datasets.mnist``.

    Raises:
        RuntimeError: it is no such file, or too short or too long.
    """
    again = "Remove it and download it again"
    with damage_told(f"{path} is damaged", again), _opened(path) as file:
        head = file.read(4)
        kind = _KINDS.get(head[2]) if len(head) == 4 and head[:2] == b"\0\0" else None
        if kind is None or not 1 <= head[3] <= 3:
            raise RuntimeError(
                f"{path} is no IDX file: it {f'begins with {head.hex(chr(32))}' if head else 'is empty'}. {again}"
            )
        sizes = file.read(4 * head[3])
        if len(sizes) != 4 * head[3]:
            raise RuntimeError(f"{path} is damaged: it ends within its head. {again}")
        shape = tuple(int.from_bytes(sizes[4 * at : 4 * at + 4], "big") for at in range(head[3]))
        expected = prod(shape) * kind.bytes
        content = bytearray(file.read(expected))
        longer = len(content) == expected and bool(file.read(1))
    if len(content) != expected or (strict and longer):
        raise RuntimeError(
            f"{path} is damaged: its head announces {'×'.join(map(str, shape))} elements, and there are "
            f"{'more' if longer else 'fewer'}. {again}"
        )
    if not expected:
        return frombuffer(bytearray(1), dtype=dtypes.uint8)[:0].to(kind.dtype).reshape(shape)
    for at in range(kind.bytes // 2):  # the first byte of each element changes its place with the last, and so on
        content[at :: kind.bytes], content[kind.bytes - 1 - at :: kind.bytes] = (
            content[kind.bytes - 1 - at :: kind.bytes], content[at :: kind.bytes],
        )  # fmt: skip
    return frombuffer(content, dtype=kind.dtype).reshape(shape)


def read_label_file(path: str) -> Tensor:
    """The labels of an IDX file, int64 (N,). Source of the semantics: ``torchvision.datasets.mnist``."""
    labels = read_sn3_pascalvincent_tensor(path, strict=False)
    if labels.dtype is not dtypes.uint8 or labels.ndim != 1:
        raise TypeError(
            f"labels should be of dtype torch.uint8 and one-dimensional, {path} has {labels.dtype} {labels.shape}"
        )
    return labels.long()


def read_image_file(path: str) -> Tensor:
    """The images of an IDX file, uint8 (N, H, W). Source of the semantics: ``torchvision.datasets.mnist``."""
    images = read_sn3_pascalvincent_tensor(path, strict=False)
    if images.dtype is not dtypes.uint8 or images.ndim != 3:
        raise TypeError(
            f"images should be of dtype torch.uint8 and three-dimensional, {path} has {images.dtype} {images.shape}"
        )
    return images


# -- data sets ---------------------------------------------------------------------------------------------------------


class MNIST(VisionDataset):
    """Handwritten digits: 60,000 for training and 10,000 for testing, images of 28×28 grey pixels.

    The files are ``root/MNIST/raw/train-images-idx3-ubyte`` and its like, or the same with ``.gz``. An item is a grey
    image of Pillow's and a number.

    Args:
        root: the folder.
        train: the training part, or the test part.
        transform: applied to the image.
        target_transform: applied to the label.
        download: download what is not there.

    Attributes:
        data: the images, uint8 (N, 28, 28).
        targets: the labels, int64 (N,).
        classes: the names of the classes.

    Source of the semantics: ``torchvision.datasets.MNIST``.

    Raises:
        RuntimeError: the files are not there, or damaged.
    """

    mirrors: ClassVar[tuple[str, ...]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
    resources: ClassVar[Any] = (
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    )
    classes: Any = [  # noqa: RUF012 (torchvision has a list)
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
    ]  # fmt: skip

    def __init__(
        self, root: Path, train: bool = True, transform: Transform | None = None,
        target_transform: Transform | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        if not self._check_exists():
            raise not_found(f"the files are looked for in {self.raw_folder}", "not found")
        self.data, self.targets = self._load_data()

    @property
    def raw_folder(self) -> str:
        """Where the files are: ``root/MNIST/raw``, with the name of the class."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: number for number, name in enumerate(self.classes)}

    def _names(self) -> tuple[str, str]:
        """The files of the images and of the labels, without ``.gz``."""
        part = "train" if self.train else "t10k"
        return f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"

    def _found(self, name: str) -> str | None:
        """A file as it is, or compressed."""
        path = os.path.join(self.raw_folder, name)
        return next((each for each in (path, f"{path}.gz", f"{path}.xz") if os.path.isfile(each)), None)

    def _check_exists(self) -> bool:
        return all(self._found(name) is not None for name in self._names())

    def _paths(self) -> tuple[str, str]:
        images, labels = (str(self._found(name)) for name in self._names())
        return images, labels

    def _load_data(self) -> tuple[Tensor, Tensor]:
        images, labels = self._paths()
        return _of_one_length(images, read_image_file(images), labels, read_label_file(labels))

    def download(self) -> None:
        """Download what is not there, from the first mirror that has it."""
        if self._check_exists():
            return
        for name, md5 in self.resources:
            if check_integrity(os.path.join(self.raw_folder, name.removesuffix(".gz"))):
                continue
            failures = []
            for mirror in self.mirrors:
                try:
                    download_and_extract_archive(f"{mirror}{name}", self.raw_folder, filename=name, md5=md5)
                except (URLError, RuntimeError) as error:
                    failures.append(f"{mirror}: {error}")
                else:
                    break
            else:
                raise RuntimeError(f"Error downloading {name}: " + "; ".join(failures))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(image_of(self.data[index]), int(self.targets[index]))

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {'Train' if self.train else 'Test'}"


def _of_one_length(images: str, data: Tensor, labels: str, targets: Tensor) -> tuple[Tensor, Tensor]:
    if len(data) != len(targets):
        raise RuntimeError(
            f"{images} has {len(data)} images and {labels} {len(targets)} labels: they are of different data sets"
        )
    return data, targets


class FashionMNIST(MNIST):
    """Pieces of clothing, in the files and sizes of MNIST. Source of the semantics: ``torchvision.datasets.FashionMNIST``."""

    mirrors = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
    resources = (
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    )
    classes: Any = [  # noqa: RUF012
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]


class KMNIST(MNIST):
    """Japanese characters, in the files and sizes of MNIST. Source of the semantics: ``torchvision.datasets.KMNIST``."""

    mirrors = ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    resources = (
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    )
    classes: Any = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]  # noqa: RUF012


_MERGED = frozenset("cijklmopsuvwxyz")
"""The small letters that look like their capitals, with which some parts of EMNIST put them together."""
_CHARACTERS = frozenset(string.digits + string.ascii_letters)


class EMNIST(MNIST):
    """Handwritten characters, in six divisions. Source of the semantics: ``torchvision.datasets.EMNIST``.

    Args:
        root: the folder.
        split: ``"byclass"``, ``"bymerge"``, ``"balanced"``, ``"letters"``, ``"digits"`` or ``"mnist"``.
        kwargs: as for :class:`MNIST`.
    """

    url = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    md5 = "58c8d27c78d21e728a6bc7b3cc06412e"
    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict: ClassVar[dict[str, list[str]]] = {
        "byclass": sorted(_CHARACTERS), "bymerge": sorted(_CHARACTERS - _MERGED), "balanced": sorted(_CHARACTERS - _MERGED),
        "letters": ["N/A", *string.ascii_lowercase], "digits": list(string.digits), "mnist": list(string.digits),
    }  # fmt: skip

    def __init__(self, root: Path, split: str, **kwargs: Any) -> None:
        self.split = verify_str_arg(split, "split", self.splits)
        super().__init__(root, **kwargs)
        self.classes = self.classes_split_dict[split]

    def _names(self) -> tuple[str, str]:
        part = f"emnist-{self.split}-{'train' if self.train else 'test'}"
        return f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"

    def download(self) -> None:
        """Download the archive of all divisions, and unpack it."""
        if self._check_exists():
            return
        archive = os.path.join(self.raw_folder, "gzip.zip")
        download_url(self.url, self.raw_folder, "gzip.zip", self.md5)
        extract_archive(archive, self.raw_folder)
        folder = os.path.join(self.raw_folder, "gzip")
        for name in os.listdir(folder):
            if name.endswith(".gz"):
                extract_archive(os.path.join(folder, name), self.raw_folder)


class QMNIST(MNIST):
    """MNIST with all 60,000 images for testing and with what is known of each image.

    Args:
        root: the folder.
        what: ``"train"``, ``"test"``, ``"test10k"``, ``"test50k"`` or ``"nist"``; by default what ``train`` says.
        compat: the label is the digit; otherwise all eight numbers, int64 (8,).
        train: used without ``what``.
        kwargs: as for :class:`MNIST`.

    Source of the semantics: ``torchvision.datasets.QMNIST``.
    """

    _home = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"
    subsets: ClassVar[dict[str, str]] = {
        "train": "train",
        "test": "test",
        "test10k": "test",
        "test50k": "test",
        "nist": "nist",
    }
    resources: ClassVar[Any] = {
        "train": [
            (f"{_home}qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
            (f"{_home}qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
        ],
        "test": [
            (f"{_home}qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
            (f"{_home}qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
        ],
        "nist": [
            (f"{_home}xnist-images-idx3-ubyte.xz", "7f124b3b8ab81486c9d8c2749c17f834"),
            (f"{_home}xnist-labels-idx2-int.xz", "5ed0e788978e45d4a8bd4b7caec3d79d"),
        ],
    }

    def __init__(
        self, root: Path, what: str | None = None, compat: bool = True, train: bool = True, **kwargs: Any
    ) -> None:
        self.what = verify_str_arg(
            ("train" if train else "test") if what is None else what, "what", tuple(self.subsets)
        )
        self.compat = compat
        super().__init__(root, train, **kwargs)

    def _files(self) -> Any:
        return self.resources[self.subsets[self.what]]

    def _names(self) -> tuple[str, str]:
        images, labels = (os.path.splitext(os.path.basename(url))[0] for url, _ in self._files())
        return images, labels

    def _load_data(self) -> tuple[Tensor, Tensor]:
        images, labels = self._paths()
        data, targets = read_image_file(images), read_sn3_pascalvincent_tensor(labels)
        if targets.dtype is not dtypes.int32 or targets.ndim != 2:
            raise TypeError(
                f"labels should be of dtype torch.int32 and two-dimensional, {labels} has {targets.dtype} {targets.shape}"
            )
        data, targets = _of_one_length(images, data, labels, targets.long())
        chosen = {"test10k": slice(0, 10000), "test50k": slice(10000, None)}.get(self.what, slice(None))
        return data[chosen].clone(), targets[chosen].clone()

    def download(self) -> None:
        """Download what is not there."""
        if self._check_exists():
            return
        for url, md5 in self._files():
            name = os.path.basename(url)
            download_and_extract_archive(url, self.raw_folder, filename=name, md5=md5)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        label = self.targets[index]
        return self._transformed(image_of(self.data[index]), int(label[0]) if self.compat else label)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {self.what}"
